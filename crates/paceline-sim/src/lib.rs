//! A sales organisation that behaves like one, for demos, tests and benches.
//!
//! Real CRM traffic is private and never the same twice. This crate invents it: an [`Organisation`] of reps and managers,
//! and a [`Simulation`] of their deals, meetings and tasks that yields one [`Change`] after another. The module [`mod@format`]
//! writes a change as a CRM pipeline would put it on Kafka, [`config`] writes the `paceline.yaml` that reads it back, and
//! [`garbage`] writes messages that no decoder should accept.
//!
//! Everything follows from [`Options::seed`]: the same options give the same bytes on every machine. Nothing here reads the
//! clock or the environment; time comes in as an argument.
//!
//! ```
//! use paceline_sim::{format::{Format, Messages}, Options, Organisation, Simulation};
//!
//! let organisation = Organisation::new(Options::new(7, 40, 5, jiff::civil::date(2026, 10, 1)));
//! let mut simulation = Simulation::new(organisation);
//! let mut messages = Messages::default();
//! for change in simulation.history_until("2026-10-02T12:00:00Z".parse()?) {
//!     Format::debezium().write(&change, &mut messages);
//! }
//! assert!(!messages.is_empty());
//! # Ok::<(), jiff::Error>(())
//! ```

mod calendar;
mod change;
pub mod config;
mod field;
pub mod format;
pub mod garbage;
mod id;
mod organisation;
mod rng;
mod row;
mod simulation;
mod words;

pub use change::{Change, Entity, Op};
pub use field::{Field, Fields, Value};
pub use id::Id;
pub use organisation::{Options, Organisation, Rep, Role};
pub use row::{Meeting, MeetingStatus, Opportunity, Row, Stage, Task};
pub use simulation::Simulation;
