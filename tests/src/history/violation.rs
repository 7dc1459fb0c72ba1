//! A broken clause, and how it is shown to somebody who has to find out why.

use std::{collections::BTreeMap, fmt::Write as _};

use super::{Alerts, History, Place, Standings, Watch};

/// How much of a message is shown: a snapshot of everything would bury the rest.
const SHOWN: usize = 1_500;

/// How many violations of each clause are shown. The first is mostly the cause of the others.
const MOST: usize = 3;

/// A clause of the contract that a history breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The clause, by number and name.
    pub clause: &'static str,
    /// What is wrong.
    pub says: String,
    /// Of which streams the messages are that show it.
    pub of: Of,
    /// The messages that show it.
    pub places: Vec<Place>,
}

/// What streams are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// Standings.
    Standings,
    /// Alerts.
    Alerts,
}

/// Violations in words, with the messages that show them.
#[must_use]
pub fn report(history: &History, violations: &[Violation]) -> String {
    let mut clauses: BTreeMap<&str, Vec<&Violation>> = BTreeMap::new();
    for violation in violations {
        clauses.entry(violation.clause).or_default().push(violation);
    }
    let counts = clauses.iter().map(|(clause, all)| format!("{} of {clause}", all.len()));
    let mut text = format!("broken: {}", counts.collect::<Vec<_>>().join(", "));
    for violation in clauses.values().flat_map(|all| all.iter().take(MOST)) {
        write!(text, "\n\nclause {}: {}", violation.clause, violation.says)
            .expect("a string takes any text");
        for place in &violation.places {
            let shown = match violation.of {
                Of::Standings => shown::<Standings>(history, *place),
                Of::Alerts => shown::<Alerts>(history, *place),
            };
            write!(text, "\n  {shown}").expect("a string takes any text");
        }
    }
    text
}

fn shown<W: Watch>(history: &History, place: Place) -> String {
    let Some(stream) = W::streams(history).get(place.stream) else { return format!("{place:?}") };
    let asked = &stream.asked;
    let whose = format!(
        "stream {} of client {} with process {} on {:?}, opened at {:?} with {:?}",
        place.stream,
        stream.client,
        asked.server,
        asked.view(),
        stream.opened,
        asked.token,
    );
    match place.message.and_then(|message| stream.told.get(message)) {
        Some(told) => {
            let message = cut(format!("{:?}", told.message));
            format!("{whose}\n    message {} at {:?}: {message}", told.order, told.at)
        }
        None => format!("{whose}\n    end: {}", cut(format!("{:?}", stream.end))),
    }
}

fn cut(mut text: String) -> String {
    if let Some((at, _)) = text.char_indices().nth(SHOWN) {
        text.truncate(at);
        text.push('…');
    }
    text
}
