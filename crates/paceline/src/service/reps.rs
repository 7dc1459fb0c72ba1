//! What is told of reps while the service runs: their topic is read by a thread of its own.

use jiff::Timestamp;
use paceline_core::facts::Told;
use paceline_engine::{RepFollower, RepRecord};
use paceline_kafka::Record;

use super::log::Followed;
use crate::reps;

/// What follows the topic.
pub(super) struct Follower(pub(super) RepFollower);

impl Followed for Follower {
    const WHAT: &str = "reps";

    fn take(&mut self, records: &[Record<'_>], topic: &str, now: Timestamp) {
        self.0.take(records.iter().map(|record| read(record, topic)).collect(), now);
    }

    fn caught_up(&mut self, now: Timestamp) {
        self.0.caught_up(now);
    }
}

/// What a record says; one that says nothing is told of with where it stands, and stops nothing.
fn read(record: &Record<'_>, topic: &str) -> RepRecord {
    let told = reps::decode(record.value).unwrap_or_else(|reason| {
        let offset = record.offset;
        tracing::warn!(topic, partition = 0, offset, reason, "row of a rep cannot be understood");
        Told::Malformed
    });
    RepRecord { offset: record.offset, key: record.key.unwrap_or_default().to_vec(), told }
}
