//! What follows the topics of statuses and of alerts.

use std::time::Duration;

use jiff::Timestamp;
use paceline_engine::{AlertFollower, AlertRecord, Live, MemoryFollower, MemoryRecord, MemorySaid};
use paceline_kafka::Record;

use super::event::Events;
use super::record;
use crate::clock::Clock;
use crate::service::log::Followed;

/// Follows the status memory.
pub(in crate::service) struct Remembering(pub(in crate::service) MemoryFollower);

impl Followed for Remembering {
    const WHAT: &str = "statuses";

    fn take(&mut self, records: &[Record<'_>], topic: &str, _: Timestamp) {
        self.0.take(records.iter().map(|record| remembered(record, topic)).collect());
    }

    fn caught_up(&mut self, now: Timestamp) {
        self.0.caught_up(now);
    }
}

fn remembered(record: &Record<'_>, topic: &str) -> MemoryRecord {
    let said = record::decode(record.key, record.value).unwrap_or_else(|reason| {
        let offset = record.offset;
        tracing::warn!(topic, partition = 0, offset, reason, "status cannot be understood");
        MemorySaid::Malformed
    });
    MemoryRecord { offset: record.offset, key: record.key.unwrap_or_default().to_vec(), said }
}

/// Follows the alerts that stand on their topic.
pub(in crate::service) struct Telling {
    follower: AlertFollower,
    live: std::sync::Arc<Live>,
    events: Events,
    retention: Duration,
}

impl Telling {
    /// One that lets go of alerts when they have stood there for `retention`.
    pub(in crate::service) fn new(
        follower: AlertFollower,
        live: std::sync::Arc<Live>,
        retention: Duration,
    ) -> anyhow::Result<Self> {
        Ok(Self { follower, live, events: Events::new()?, retention })
    }

    fn told(&self, record: &Record<'_>, topic: &str) -> AlertRecord {
        let offset = record.offset;
        let read = self.events.read(offset, record.timestamp_ms, record.value, Clock::System.now());
        let warn = |reason: &String| {
            tracing::warn!(topic, partition = 0, offset, reason, "alert cannot be understood");
        };
        AlertRecord { offset, alert: read.inspect_err(warn).ok() }
    }
}

impl Followed for Telling {
    const WHAT: &str = "alerts";

    fn take(&mut self, records: &[Record<'_>], topic: &str, _: Timestamp) {
        let records = records.iter().map(|record| self.told(record, topic)).collect();
        self.follower.take(records);
    }

    fn caught_up(&mut self, now: Timestamp) {
        self.follower.caught_up(now);
        // What is old is so by the brokers' clocks, whatever instant the engine stands at.
        let oldest = Clock::System.now().checked_sub(self.retention).unwrap_or(Timestamp::MIN);
        self.live.alerts().forget_before(oldest);
    }
}
