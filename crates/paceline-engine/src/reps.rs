//! The log of reps: what is told of them while running, followed like the log of goals.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use metrics::counter;
use paceline_core::facts::Told;

use crate::freshness::PartitionFreshness;
use crate::live::Live;
use crate::metric;

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
    source: usize,
    topic: String,
    known: PartitionFreshness,
    /// Keys whose newest record says nothing that can be understood.
    malformed: BTreeSet<Vec<u8>>,
}

impl RepFollower {
    /// A follower of `topic`, whose index is `source` among the topics the board is made of.
    pub fn new(live: Arc<Live>, source: usize, topic: String) -> Self {
        let (known, malformed) = (PartitionFreshness::default(), BTreeSet::new());
        Self { live, source, topic, known, malformed }
    }

    /// Takes records in their order, and has the board count by what they come to, in one revision.
    pub fn take(&mut self, records: Vec<RepRecord>, now: Timestamp) {
        if records.is_empty() {
            return;
        }
        for record in &records {
            self.note(record);
        }
        let told = records.into_iter().map(|RepRecord { key, told, .. }| (key, told));
        self.live.tell_reps(told, now);
        self.known.quarantined = self.malformed.len() as u64;
        self.live.update_counted([(self.source, 0, self.known.clone())], &BTreeMap::new());
    }

    /// Tells that all that was there at start is counted.
    pub fn caught_up(&mut self, now: Timestamp) {
        if std::mem::replace(&mut self.known.caught_up, true) {
            return;
        }
        self.live.update_partition(self.source, 0, |known| known.caught_up = true);
        self.live.partition_caught_up(now);
    }

    fn note(&mut self, record: &RepRecord) {
        self.known.next_offset = record.offset + 1;
        self.known.taken += 1;
        if record.told != Told::Malformed {
            self.malformed.remove(&record.key);
            return;
        }
        let labels = [("topic", self.topic.clone()), ("reason", "malformed".to_owned())];
        counter!(metric::REJECTED, &labels).increment(1);
        self.known.rejected += 1;
        self.malformed.insert(record.key.clone());
    }
}
