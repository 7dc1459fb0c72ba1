//! The numbers of paceline as pure values and arithmetic: changes, records, KPIs, calendars, goals,
//! tallies, standings and the board.
//!
//! Nothing here does I/O, takes a lock, knows a wire format or reads a clock: data and time come in as
//! arguments, answers go out as values.

pub mod alert;
pub mod basis;
pub mod board;
pub mod calendar;
pub mod change;
pub mod contributor;
pub mod day;
pub mod decimal;
pub mod entity;
pub mod entry;
pub mod expr;
pub mod extra;
pub mod facts;
pub mod fold;
pub mod goal;
pub mod joint;
pub mod kpi;
pub mod ledger;
pub mod model;
pub mod moment;
pub mod moves;
pub mod period;
pub mod ranks;
pub mod rates;
pub mod rational;
pub mod record;
pub mod roster;
mod schedule;
pub mod shares;
pub mod sight;
pub mod spread;
pub mod standing;
pub mod suggest;
pub mod symbol;
pub mod version;
pub mod workdays;
mod working_age;
