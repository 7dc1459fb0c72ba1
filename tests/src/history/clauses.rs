//! The clauses of the contract between the service and its subscribers, each a small function over a recorded history.
//!
//! Each is in the file of its name, and shown there to find a history that breaks it: a clause that holds whatever
//! happens would prove nothing. The number is that of the contract in the documentation of watching.

mod atomic;
mod authorised;
mod backwards;
mod bank;
mod below;
mod bookmarkable;
mod bounded;
mod chunks;
mod convergent;
mod expired;
mod explicit_removal;
mod explicit_reset;
mod honest;
mod one_body;
mod ordered;
mod reasons;
mod reliable;
mod resumable;
mod snapshot;
mod tokens;
mod unique;

use super::{Alerts, History, Place, Standings, Violation, violation::Of};

pub use bank::compared as banked;
pub use below::looked_at as rights_looked_at;
pub use reliable::behind;

/// A clause: what of a history breaks it.
type Clause = fn(&History) -> Vec<(String, Vec<Place>)>;

const ALL: [(&str, Clause); 18] = [
    ("1 ordered", ordered::broken),
    ("2 unique", unique::broken),
    ("3 atomic", atomic::broken),
    ("3 atomic, by the sum over all", bank::broken),
    ("4 convergent", convergent::broken),
    ("5 consistent snapshot", snapshot::broken),
    ("6 bookmarkable", bookmarkable::broken),
    ("7 resumable", resumable::broken),
    ("8 never backwards", backwards::broken),
    ("9 explicit reset", explicit_reset::broken),
    ("10 explicit removal", explicit_removal::broken),
    ("11 bounded", bounded::broken),
    ("12 honest freshness", honest::broken),
    ("13 authorised", authorised::broken),
    ("13 authorised, by what was said of managers", below::broken),
    ("13 authorised, while credentials are good", expired::broken::<Standings>),
    ("14 ends with a reason", reasons::broken::<Standings>),
    ("15 tokens", tokens::broken),
];

/// Those that streams of alerts are held to.
const OF_ALERTS: [(&str, Clause); 6] = [
    ("6 bookmarkable, of alerts", bookmarkable::missed::<Alerts>),
    ("13 authorised, while credentials are good, of alerts", expired::broken::<Alerts>),
    ("14 ends with a reason, of alerts", reasons::broken::<Alerts>),
    ("15 tokens, of alerts", tokens::broken_of_alerts),
    ("16 reliable", reliable::broken),
    ("17 one body", one_body::broken),
];

/// What a history breaks of the contract: nothing, if all is well.
#[must_use]
pub fn judge(history: &History) -> Vec<Violation> {
    let broken = |of: Of, (clause, find): &(&'static str, Clause)| {
        let clause = *clause;
        let found = find(history).into_iter();
        found.map(|(says, places)| Violation { clause, says, of, places }).collect::<Vec<_>>()
    };
    let of_standings = ALL.iter().flat_map(|clause| broken(Of::Standings, clause));
    let of_alerts = OF_ALERTS.iter().flat_map(|clause| broken(Of::Alerts, clause));
    of_standings.chain(of_alerts).collect()
}

/// Where a message is.
fn at(stream: usize, message: usize) -> Place {
    Place { stream, message: Some(message) }
}

/// Where a stream ended.
fn end_of(stream: usize) -> Place {
    Place { stream, message: None }
}

/// The messages that show each finding of a clause, for tests.
#[cfg(test)]
fn places(found: &[(String, Vec<Place>)]) -> Vec<Vec<Place>> {
    found.iter().map(|(_, places)| places.clone()).collect()
}
