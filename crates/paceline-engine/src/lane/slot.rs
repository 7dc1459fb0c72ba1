//! A partition of a lane: how far it was taken, and what of it could not be decoded.

use std::collections::HashSet;

use super::Partition;
use crate::freshness::PartitionFreshness;

/// The most keys of a partition that are remembered; messages beyond stay quarantined for good.
const QUARANTINE: usize = 100_000;

/// A partition and what of it was taken since the last commit.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) partition: Partition,
    /// The index of its shard among the lane's.
    pub(super) shard: usize,
    pub(super) taken: PartitionFreshness,
    /// The keys of messages that could not be decoded, as far as they are remembered.
    quarantine: HashSet<Box<[u8]>>,
    pub(super) moved: bool,
}

impl Slot {
    pub(super) fn new(partition: Partition, shard: usize) -> Self {
        Self {
            partition,
            shard,
            taken: PartitionFreshness::default(),
            quarantine: HashSet::new(),
            moved: false,
        }
    }

    /// Notes that the message at an offset is being taken.
    pub(super) fn pass(&mut self, offset: i64) {
        self.moved = true;
        self.taken.next_offset = offset + 1;
        self.taken.taken += 1;
    }

    /// Notes that a message could not be decoded: what it said of the record on its key is missing.
    pub(super) fn quarantine(&mut self, key: Option<&[u8]>) {
        self.taken.rejected += 1;
        let known = key.is_some_and(|key| self.quarantine.contains(key));
        self.taken.quarantined += u64::from(!known);
        if let Some(key) = key.filter(|_| self.quarantine.len() < QUARANTINE) {
            self.quarantine.insert(key.into());
        }
    }

    /// Notes that a full image came on a key: it says all that a message before it could have.
    pub(super) fn release(&mut self, key: Option<&[u8]>) {
        if !self.quarantine.is_empty() && key.is_some_and(|key| self.quarantine.remove(key)) {
            self.taken.quarantined -= 1;
        }
    }
}
