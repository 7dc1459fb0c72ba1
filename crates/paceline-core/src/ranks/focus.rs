//! Focus: of all that is behind, what to look at first.

use jiff::Timestamp;

use crate::board::Reading;
use crate::kpi::Role;
use crate::model::Model;
use crate::rational::Rational;
use crate::roster::Roster;
use crate::standing::Status;

/// A standing that is behind, and its place among all that are.
#[derive(Clone, Debug)]
pub struct Focus {
    /// Its place, from 1.
    pub rank: u32,
    /// The role of its KPI.
    pub role: Role,
    /// The standing.
    pub reading: Reading,
}

/// Of these standings those that are behind, in the order in which to look at them: inputs before outputs, then who is
/// farthest behind. Without a pace nothing is known to have been done, which is the farthest. Then they are in the order of
/// the names of scopes and KPIs, and from the shortest kind of period to the longest.
pub fn focus(readings: Vec<Reading>, model: &Model, roster: &Roster, at: Timestamp) -> Vec<Focus> {
    let is_behind = |reading: &Reading| reading.status() == Status::Behind;
    let mut behind: Vec<Reading> = readings.into_iter().filter(is_behind).collect();
    behind.sort_by_cached_key(|reading| {
        let (key, kpi) = (reading.key(), model.kpi(reading.key().kpi));
        // No pace is less than any.
        let pace: Option<Rational> = reading.case().pace(at);
        let name = roster.name(key.scope);
        (kpi.role == Role::Output, pace, name, kpi.name.clone(), key.period.kind)
    });
    let ranks = (1..).zip(behind);
    ranks
        .map(|(rank, reading)| Focus { rank, role: model.kpi(reading.key().kpi).role, reading })
        .collect()
}
