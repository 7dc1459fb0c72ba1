//! Logs: the topics of the service's own records, each of one partition, read by a thread of its own.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use paceline_engine::{Cause, Live};
use paceline_kafka::{Error, Log, Record, Settings, Topic};
use tokio_util::sync::CancellationToken;

use super::lane;
use crate::clock::Clock;

/// How long a poll waits for a first record; also how soon a stop is noticed.
const WAIT: Duration = Duration::from_millis(100);

/// What follows a log.
pub(super) trait Followed {
    /// What its records are of, for people.
    const WHAT: &str;

    /// Takes records in their order.
    fn take(&mut self, records: &[Record<'_>], topic: &str, now: Timestamp);

    /// Is told that all there was at start is taken.
    fn caught_up(&mut self, now: Timestamp);
}

/// Follows a log.
pub(super) struct Runner<F> {
    live: Arc<Live>,
    source: usize,
    topic: String,
    log: Log,
    follower: F,
    clock: Clock,
}

impl<F: Followed> Runner<F> {
    /// A runner for the topic of index `source` of those that the board is made of.
    ///
    /// # Errors
    /// [`Error::Settings`] and [`Error::Assign`].
    pub(super) fn new(
        live: Arc<Live>,
        (source, topic): (usize, Topic),
        settings: &Settings,
        follower: F,
        clock: Clock,
    ) -> Result<Self, Error> {
        let Topic { name: topic, partitions } = topic;
        let offsets = *partitions.first().expect("a log has a partition");
        let log = Log::open(settings, &topic, offsets)?;
        Ok(Self { live, source, topic, log, follower, clock })
    }

    pub(super) fn run(mut self, stop: &CancellationToken) {
        tracing::info!(topic = self.topic, "{} are followed", F::WHAT);
        while !stop.is_cancelled() {
            self.turn();
        }
    }

    fn turn(&mut self) {
        let Self { log, follower, clock, topic, .. } = self;
        let errors = log.poll(WAIT, |records| follower.take(records, topic, clock.now()));
        if self.log.is_read() {
            self.follower.caught_up(self.clock.now());
        }
        let (link, end) = (lane::link(self.log.leader()), self.log.end_offset());
        self.live.update_partition(self.source, 0, |known| {
            known.link = link;
            known.end_offset = known.end_offset.max(end);
        });
        for error in errors {
            tracing::error!(%error, topic = self.topic, "{} cannot be read", F::WHAT);
            self.live.set_cause(Cause::Unreadable { error }, true);
        }
    }
}
