//! A log: a compacted topic of one partition, in which the service keeps records of its own.
//!
//! It is made when missing, read from its beginning at every start, followed from then on, and appended to with the
//! word of all in-sync replicas. One partition, so that the offset is the one order of all records; compacted, so that
//! nothing ages away, and keys say what may be forgotten.

use std::time::Duration;

use rdkafka::Offset;

use crate::client::Settings;
use crate::topics::Offsets;
use crate::{Assigned, Error, Leader, Reader, Record};

/// The most records that are handed over at once.
const MOST: usize = 1_024;

/// Reads a log from its beginning, and follows it.
pub struct Log {
    reader: Reader,
    leader: Leader,
    /// The offset after the last record that was there when the log was opened.
    target: i64,
    /// The offset after the last record that was handed over.
    next: i64,
    end: i64,
    read: bool,
}

impl Log {
    /// A reader that begins at the beginning of a log, which ended at `offsets` when it was looked up.
    ///
    /// # Errors
    /// [`Error::Settings`] and [`Error::Assign`].
    pub fn open(settings: &Settings, topic: &str, offsets: Offsets) -> Result<Self, Error> {
        Self::starting_at(settings, topic, offsets, Offset::Beginning)
    }

    /// A reader that begins so many offsets before the end of a log, for who needs to know what stands there last.
    ///
    /// # Errors
    /// [`Error::Settings`] and [`Error::Assign`].
    pub fn tail(
        settings: &Settings,
        topic: &str,
        offsets: Offsets,
        count: i64,
    ) -> Result<Self, Error> {
        let low = offsets.low.max(offsets.high - count);
        Self::starting_at(settings, topic, Offsets { low, ..offsets }, Offset::Offset(low))
    }

    fn starting_at(
        settings: &Settings,
        topic: &str,
        offsets: Offsets,
        start: Offset,
    ) -> Result<Self, Error> {
        let assigned = vec![Assigned { topic: topic.to_owned(), partition: 0 }];
        let reader = Reader::starting_at(settings, assigned, start)?;
        Ok(Self {
            reader,
            leader: Leader::default(),
            target: offsets.high,
            next: offsets.low,
            end: offsets.high,
            read: offsets.low >= offsets.high,
        })
    }

    /// Waits up to `wait` for records, and hands over what is there. Answers what does not mend itself, in the client's
    /// words.
    pub fn poll(&mut self, wait: Duration, mut take: impl FnMut(&[Record<'_>])) -> Vec<String> {
        let Self { reader, next, .. } = self;
        let polled = reader.poll(wait, MOST, |records| {
            take(records);
            *next = records.last().map_or(*next, |record| record.offset + 1);
        });
        self.end = self.end.max(self.next);
        self.read |= self.next >= self.target;
        if let Some(health) = self.reader.health()
            && let Some(partition) = health.partitions.first().copied()
        {
            self.leader = self.leader.after(partition);
            self.end = self.end.max(partition.end_offset.unwrap_or_default());
            // The last offsets may be of markers of transactions, which are never handed over.
            self.read |= partition.drained && partition.reachable;
        }
        polled.errors
    }

    /// Whether all that was there when it was opened has been handed over.
    pub fn is_read(&self) -> bool {
        self.read
    }

    /// The offset after the last record that was handed over.
    pub fn next_offset(&self) -> i64 {
        self.next
    }

    /// The offset after the last record there is, as last heard of.
    pub fn end_offset(&self) -> i64 {
        self.end
    }

    /// How the connection to the log has gone.
    pub fn leader(&self) -> Leader {
        self.leader
    }
}
