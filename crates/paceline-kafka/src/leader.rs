//! How the connection to a partition's leader has gone, and whether what came during an interruption is read.

use crate::health::PartitionHealth;

/// How a partition's connection to its leader has gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Leader {
    /// The connection is up, and nothing is owed.
    #[default]
    Up,
    /// The connection is down.
    Down,
    /// Up again; what came meanwhile is not all read. Statistics of one more second must say so, since those
    /// of the first may be older than the first answer.
    Back,
    /// Up again since more than one report; what came meanwhile is not all read.
    Recovering,
}

impl Leader {
    /// How it has gone once there is a newer report.
    #[must_use]
    pub fn after(self, health: PartitionHealth) -> Self {
        match self {
            _ if !health.reachable => Self::Down,
            Self::Down => Self::Back,
            Self::Back => Self::Recovering,
            Self::Recovering if !health.drained => Self::Recovering,
            Self::Recovering | Self::Up => Self::Up,
        }
    }
}
