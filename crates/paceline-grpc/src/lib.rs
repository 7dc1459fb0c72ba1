//! Frames out: the gRPC services, and the conversion of the core's values at the wall.
//!
//! Everything is answered from the live board, under its lock and without a queue: of a watch is kept up to which revision it
//! has everything, and what changed since is asked for when its client is ready to take it. So a slow client gets newer
//! values, not older ones, and costs nothing but its own freshness; and what many watch is asked for and encoded once.

// Tests share files with those that go over a connection, which name the crate from without.
#[cfg(test)]
extern crate self as paceline_grpc;

mod admission;
mod alerts;
mod aside;
mod audit;
mod call;
mod catalog;
mod coaching;
mod codec;
mod contributors;
mod convert;
mod driven;
mod errors;
mod expiry;
mod explain;
mod goals;
mod history;
mod jitter;
mod leaderboard;
mod limits;
mod metric;
mod moves;
mod open;
mod places;
pub mod proto;
mod selector;
mod served;
mod server;
mod standings;
mod subject;
mod token;
mod watch;
mod who;

pub use audit::{About, AuditLog, Auditing, GoalChange, Refusal, Step};
pub use call::{Call, REQUEST_ID};
pub use codec::Encoded;
pub use convert::alert_message;
pub use limits::{Allowance, Limits, Rate};
pub use metric::describe;
pub use served::{AppendGoal, Appending, Clock, Served};
pub use server::{Error, Origin, OriginError, Secured, Server};
pub use watch::TOKEN_TRAILER;
pub use who::{Credentials, Identify, Identifying, Principal, Role, Unidentified};
