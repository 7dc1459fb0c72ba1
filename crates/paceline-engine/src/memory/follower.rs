//! The follower of the status memory's log: what is remembered is read before the board opens, like all other logs.

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::Timestamp;
use paceline_core::alert::Remembered;

use super::About;
use crate::live::Live;
use crate::log::Log;

/// What the status memory holds of one standing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recalled {
    /// Its status; nothing of one that is forgotten, but for its alerts.
    pub remembered: Option<Remembered>,
    /// Its alerts that may not stand on their topic, as they are written, in their order.
    pub alerts: VecDeque<String>,
}

/// What a record of the log says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemorySaid {
    /// What is remembered of a standing.
    Standing(About, Box<Recalled>),
    /// Nothing is remembered of a standing any longer.
    Forgotten(About),
    /// What resume tokens of alerts are authenticated by.
    Secret([u8; 32]),
    /// A null value under a key that nothing can have: what stood there is gone.
    Nothing,
    /// Nothing that can be understood.
    Malformed,
}

/// A record of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryRecord {
    /// Its offset.
    pub offset: i64,
    /// Its key: the newest record of a key counts.
    pub key: Vec<u8>,
    /// What it says.
    pub said: MemorySaid,
}

/// Follows the log of the status memory.
#[derive(Debug)]
pub struct MemoryFollower {
    live: Arc<Live>,
    log: Log,
}

impl MemoryFollower {
    /// A follower of `topic`, whose index is `source` among the topics the board is made of.
    pub fn new(live: Arc<Live>, source: usize, topic: String) -> Self {
        Self { live, log: Log::new(source, topic) }
    }

    /// Takes records in their order.
    pub fn take(&mut self, records: Vec<MemoryRecord>) {
        if records.is_empty() {
            return;
        }
        for MemoryRecord { offset, key, said } in records {
            self.log.note(offset, &key, said == MemorySaid::Malformed);
            let memory = self.live.memory();
            match said {
                MemorySaid::Standing(about, recalled) => memory.kept().read(about, Some(*recalled)),
                MemorySaid::Forgotten(about) => memory.kept().read(about, None),
                MemorySaid::Secret(secret) => self.live.alerts().agree_on(secret),
                MemorySaid::Nothing | MemorySaid::Malformed => {}
            }
        }
        self.log.counted(&self.live);
    }

    /// Tells that all that was there at start is read.
    pub fn caught_up(&mut self, now: Timestamp) {
        let memory = self.live.memory();
        if !std::mem::replace(&mut memory.kept().is_read, true) {
            memory.wake();
        }
        self.log.caught_up(&self.live, now);
    }
}
