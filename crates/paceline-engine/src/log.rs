//! How far a log of the service's own records is counted: what the followers of all such logs keep alike.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use metrics::counter;

use crate::freshness::PartitionFreshness;
use crate::live::Live;
use crate::metric;

/// What is known of a log, which is the one partition of a topic that no lane drives.
#[derive(Debug)]
pub(crate) struct Log {
    /// Its index among the topics the board is made of.
    source: usize,
    topic: String,
    known: PartitionFreshness,
    /// Keys whose newest record says nothing that can be understood.
    malformed: BTreeSet<Vec<u8>>,
}

impl Log {
    pub(crate) fn new(source: usize, topic: String) -> Self {
        let (known, malformed) = (PartitionFreshness::default(), BTreeSet::new());
        Self { source, topic, known, malformed }
    }

    /// Its index among the topics the board is made of.
    pub(crate) fn source(&self) -> usize {
        self.source
    }

    /// Notes that the record at an offset is being taken, and whether it can be understood.
    pub(crate) fn note(&mut self, offset: i64, key: &[u8], is_malformed: bool) {
        self.known.next_offset = offset + 1;
        self.known.taken += 1;
        if !is_malformed {
            self.malformed.remove(key);
            return;
        }
        let labels = [("topic", self.topic.clone()), ("reason", "malformed".to_owned())];
        counter!(metric::REJECTED, &labels).increment(1);
        self.known.rejected += 1;
        self.malformed.insert(key.to_vec());
    }

    /// Tells that what was noted is counted.
    pub(crate) fn counted(&mut self, live: &Live) {
        self.known.quarantined = self.malformed.len() as u64;
        live.update_counted([(self.source, 0, self.known.clone())], &BTreeMap::new());
    }

    /// Tells that all that was there at start is counted.
    pub(crate) fn caught_up(&mut self, live: &Live, now: Timestamp) {
        if std::mem::replace(&mut self.known.caught_up, true) {
            return;
        }
        live.update_partition(self.source, 0, |known| known.caught_up = true);
        live.partition_caught_up(now);
    }
}
