//! Alerts: changes of status that have held for as long as is asked.
//!
//! What is to be raised when is decided by [`Machine`], a state machine of (transitions, clock) without a clock of its own. The
//! same change gets the same id in every life of the service, so whoever keeps the ids that were dealt with sees each once.

mod machine;
#[cfg(test)]
mod tests;

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::board::{Key, Standing};
use crate::day::Day;
use crate::kpi::KpiId;
use crate::period::{Period, PeriodKind};
use crate::roster::ScopeId;
use crate::standing::{Held, Status, Statuses};

pub use machine::{Machine, Owed};

/// For how long a status must hold before it raises an alert.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hold {
    /// One that is worse than the last that was alerted.
    pub enter: Duration,
    /// Any other.
    pub leave: Duration,
}

/// What kind of thing brought a status about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trigger {
    /// Records changed.
    Records,
    /// A goal was set, edited or deleted.
    Goal,
    /// Reps changed.
    Reps,
    /// Nothing but time has passed.
    Clock,
    /// It was found when the board opened, and came about before.
    Start,
}

/// An alert, whose content never changes once it is raised.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// The standing when it was raised, with the status that has held and since when.
    pub standing: Standing,
    /// The status of the alert before, or that the period began with.
    pub from: Status,
    /// What brought the status about.
    pub trigger: Trigger,
    /// The instant of the judgement that found it.
    pub judged: Timestamp,
}

/// What is remembered of the status of one standing, so that it goes on after a restart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// The status.
    pub status: Status,
    /// Since when.
    pub since: Timestamp,
    /// The statuses that have begun at that instant, this one among them.
    pub had: Statuses,
    /// The status that the last alert told of; before the first one that the period began with.
    pub settled: Status,
    /// What brought the status about.
    pub trigger: Trigger,
    /// The instant of the judgement that found it.
    pub judged: Timestamp,
    /// The last day of the period.
    pub last_day: Day,
    /// Whether the period is over, and the status the last that it had.
    pub is_over: bool,
}

impl Remembered {
    /// The status as it is held.
    pub fn held(&self) -> Held {
        let Self { status, since, had, .. } = *self;
        Held { status, since, had }
    }
}

/// What a status is remembered of. A rolling window is one subject, whatever days it holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject {
    /// Whom.
    pub scope: ScopeId,
    /// Which KPI.
    pub kpi: KpiId,
    /// In which kind of period.
    pub kind: PeriodKind,
    /// The period's name.
    pub period: String,
}

impl From<&Key> for Subject {
    fn from(Key { scope, kpi, period }: &Key) -> Self {
        Self { scope: *scope, kpi: *kpi, kind: period.kind, period: period.name.clone() }
    }
}

/// The id of an alert: 32 hexadecimal digits when it is shown.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlertId(pub [u8; 16]);

impl AlertId {
    /// The id of a status that a scope has in a KPI and a period since an instant.
    ///
    /// It is the first 16 bytes of the SHA-256 of seven lines, joined by line feeds: `paceline.alert.v1`, the scope, the KPI,
    /// the kind of the period and its name, the status, and the instant in nanoseconds since 1970. Only a scope may hold a line
    /// feed, and it is followed by a fixed number of lines that cannot, so no two alerts have the same text.
    pub fn of(scope: &str, kpi: &str, period: &Period, status: Status, since: Timestamp) -> Self {
        let Period { kind, name, .. } = period;
        let (status, since) = (status.name(), since.as_nanosecond());
        let text = format!("paceline.alert.v1\n{scope}\n{kpi}\n{kind}\n{name}\n{status}\n{since}");
        let mut id = [0; 16];
        id.copy_from_slice(&Sha256::digest(text)[..16]);
        Self(id)
    }

    /// The id that a text shows.
    pub fn parse(text: &str) -> Option<Self> {
        let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() != 32 || !text.bytes().all(is_hex) {
            return None;
        }
        u128::from_str_radix(text, 16).ok().map(|number| Self(number.to_be_bytes()))
    }
}

impl fmt::Display for AlertId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for AlertId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
