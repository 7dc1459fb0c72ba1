//! The bands of the status.

use serde::Deserialize;

use super::read::exact;
use crate::recompute::number::Exact;

/// The bands of the status.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct Bands {
    /// Of BEHIND.
    pub behind: Band,
    /// Of AHEAD.
    pub ahead: Band,
    /// The share of the goal that must be due before a status is given.
    #[serde(deserialize_with = "exact")]
    pub grace: Exact,
}

impl Default for Bands {
    fn default() -> Self {
        let percent = |percent: u32| Exact::new(percent.into(), 100.into());
        Self {
            behind: Band { enter: percent(90), leave: percent(95) },
            ahead: Band { enter: percent(110), leave: percent(105) },
            grace: percent(5),
        }
    }
}

/// Where a status is entered and where it is left, as shares of the reference.
#[derive(Clone, Debug, Deserialize)]
pub struct Band {
    /// Entered here.
    #[serde(deserialize_with = "exact")]
    pub enter: Exact,
    /// Left here.
    #[serde(deserialize_with = "exact")]
    pub leave: Exact,
}
