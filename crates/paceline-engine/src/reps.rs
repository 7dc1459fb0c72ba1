//! The log of reps: what is told of them while running, followed like the log of goals.

use std::sync::Arc;

use jiff::Timestamp;
use paceline_core::facts::Told;
use paceline_core::moves::Origin;

use crate::live::Live;
use crate::log::Log;

/// A record of the log of reps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepRecord {
    /// Its offset.
    pub offset: i64,
    /// Its key: the newest record of a key counts.
    pub key: Vec<u8>,
    /// What it says.
    pub told: Told,
}

/// Follows the log of reps.
#[derive(Debug)]
pub struct RepFollower {
    live: Arc<Live>,
    log: Log,
}

impl RepFollower {
    /// A follower of `topic`, whose index is `source` among the topics the board is made of.
    pub fn new(live: Arc<Live>, source: usize, topic: String) -> Self {
        Self { live, log: Log::new(source, topic) }
    }

    /// Takes records in their order, and has the board count by what they come to, in one revision.
    pub fn take(&mut self, records: Vec<RepRecord>, now: Timestamp) {
        if records.is_empty() {
            return;
        }
        for RepRecord { offset, key, told } in &records {
            self.log.note(*offset, key, *told == Told::Malformed);
        }
        let source = self.log.source() as u16;
        let told = records.into_iter().map(|RepRecord { offset, key, told }| {
            (key, told, Origin { source, partition: 0, offset, time: None, actor: None })
        });
        self.live.tell_reps(told, now);
        self.log.counted(&self.live);
    }

    /// Tells that all that was there at start is counted.
    pub fn caught_up(&mut self, now: Timestamp) {
        self.log.caught_up(&self.live, now);
    }
}
