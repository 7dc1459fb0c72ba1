//! The oracle: every number recomputed from scratch, in the simplest way that can be right.
//!
//! The engine keeps its numbers up to date change by change. This module keeps all changes, and when asked works out
//! each record by definition, filters all records and adds up, walks over all days, and rounds only at the end. It
//! shares no line with the engine, so that a mistake is not made twice; it is slow, and that is its merit. Where
//! both agree to the last digit, both are right or the documentation is wrong.
//!
//! Simple KPIs, ratios, conversions and derived KPIs are known, with moments and membership by the clock, also by
//! working days, looks across to
//! the records of other entities, credit that is split, other currencies, reps whose
//! facts change from day to day, each with the own calendar and time zone, and goals with ramps, presence and curves.

pub mod basis;
pub mod board;
pub mod calendar;
pub mod config;
pub mod contributors;
pub mod facts;
pub mod filter;
pub mod formula;
pub mod goal;
pub mod history;
pub mod moment;
pub mod native;
pub mod number;
mod parsed;
pub mod ranks;
pub mod rates;
pub mod records;
pub mod roster;
mod row;
pub mod scope;
pub mod status;
#[cfg(test)]
mod tests;
pub mod working;

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};

pub use board::Board;
use calendar::Period;
use config::{Config, Kpi, PeriodKind};
use number::Exact;
use records::Records;
pub use row::Row;
use scope::Scope;
use status::Status;

/// The last status of each (scope, KPI, period) by name, and since when.
pub type StatusMemory = BTreeMap<(String, String, String), (Status, Timestamp)>;

/// All standings in the periods that hold `now`, with the reps in force at `now`. The statuses found are remembered in
/// `memory`; those of scopes that there are no more are forgotten.
///
/// # Panics
/// On a config that `paceline check` refuses.
#[must_use]
pub fn standings(
    config: &Config,
    records: &Records,
    now: Timestamp,
    memory: &mut StatusMemory,
) -> Vec<Row> {
    standings_on(config, records, now, None, memory)
}

/// All standings in the periods that hold the day `on`, seen from `now`; without a day, in those that hold `now`.
///
/// # Panics
/// On a config that `paceline check` refuses.
#[must_use]
pub fn standings_on(
    config: &Config,
    records: &Records,
    now: Timestamp,
    on: Option<Date>,
    memory: &mut StatusMemory,
) -> Vec<Row> {
    Board::new(config, records).rows(now, on, memory, |_, _, _| true)
}

/// What is due at an instant of a scope's goal in the period of this kind that holds `day`; `None` when nothing is
/// said about that. The reps are those of the config as they stand there. Evaluated at an instant and one nanosecond before, it shows where a status has to change.
#[must_use]
pub fn expected_at(
    config: &Config,
    scope: &Scope,
    kpi: &Kpi,
    kind: PeriodKind,
    day: Date,
    instant: Timestamp,
) -> Option<Exact> {
    let period = Period::holding(scope.calendar(config), kind, day);
    goal::standard(config, scope, kpi, &period, instant)?.expected
}

/// The status a scope would have at an instant, if nothing happened before but the clock running; `last` is the status
/// until then. The period is the one of this kind that holds the instant, or that holds `on`.
///
/// # Panics
/// On a config that `paceline check` refuses, and on a KPI that this recompute does not know.
#[must_use]
#[expect(clippy::too_many_arguments, reason = "a case is named by all of them")]
pub fn status_at(
    config: &Config,
    records: &Records,
    scope: &Scope,
    kpi: &Kpi,
    kind: PeriodKind,
    on: Option<Date>,
    instant: Timestamp,
    last: Option<Status>,
) -> Status {
    let names = (scope.to_string(), kpi.name.clone());
    Board::new(config, records).status_at((&names.0, &names.1, kind), on, instant, last)
}
