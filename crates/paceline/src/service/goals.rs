//! Goals that are set while running: their topic is read by a thread of its own, and written to by the gRPC service.

mod record;

use std::sync::Arc;
use std::time::Duration;

use paceline_core::goal::Edit;
use paceline_engine::{Cause, GoalFollower, GoalRecord, Live, Told};
use paceline_grpc::{AppendGoal, Appending};
use paceline_kafka::{Appender, COMPACT, Error, Log, Offsets, Record, Settings, Topics};
use tokio_util::sync::CancellationToken;

use super::lane;
use crate::clock::Clock;

/// How long a poll waits for a first record; also how soon a stop is noticed.
const WAIT: Duration = Duration::from_millis(100);

/// What appends edits to the topic.
///
/// # Errors
/// [`Error::Settings`].
pub(super) fn appender(settings: &Settings, topic: &str) -> Result<AppendGoal, Error> {
    let appender = Arc::new(Appender::new(settings, topic)?);
    Ok(Arc::new(move |edit: Edit| -> Appending {
        let appender = appender.clone();
        Box::pin(async move {
            let (key, value) = record::encode(&edit).map_err(|error| error.to_string())?;
            let offset = appender.append(&key, &value).await.map_err(|error| told(&error))?;
            Ok(offset as u64)
        })
    }))
}

fn told(error: &Error) -> String {
    let source = std::error::Error::source(error);
    source.map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}

/// Says so if the topic is one that forgets. Not every broker tells, and some let one wait for that.
pub(super) async fn warn_if_forgetful(topics: Arc<Topics>, topic: String) {
    if let Some(policy) = topics.policy(&topic).await.filter(|policy| policy != COMPACT) {
        tracing::warn!(
            topic,
            policy,
            "the goals topic forgets goals: its cleanup.policy is to be `compact`"
        );
    }
}

/// Follows the topic.
pub(super) struct Runner {
    live: Arc<Live>,
    source: usize,
    topic: String,
    log: Log,
    follower: GoalFollower,
    clock: Clock,
}

impl Runner {
    /// A runner for the topic of index `source` of those that the board is made of.
    ///
    /// # Errors
    /// [`Error::Settings`] and [`Error::Assign`].
    pub(super) fn new(
        live: Arc<Live>,
        source: usize,
        topic: String,
        settings: &Settings,
        offsets: Offsets,
        clock: Clock,
    ) -> Result<Self, Error> {
        let log = Log::open(settings, &topic, offsets)?;
        let follower = GoalFollower::new(live.clone(), source, topic.clone());
        Ok(Self { live, source, topic, log, follower, clock })
    }

    pub(super) fn run(mut self, stop: &CancellationToken) {
        tracing::info!(topic = self.topic, "goals are followed");
        while !stop.is_cancelled() {
            self.turn();
        }
    }

    fn turn(&mut self) {
        let Self { log, follower, clock, topic, .. } = self;
        let errors = log.poll(WAIT, |records| {
            let records = records.iter().map(|record| read(record, topic)).collect();
            follower.take(records, clock.now());
        });
        if self.log.is_read() && self.follower.caught_up(self.clock.now()) {
            tracing::info!("caught up with all sources");
        }
        let (link, end) = (lane::link(self.log.leader()), self.log.end_offset());
        self.live.update_partition(self.source, 0, |known| {
            known.link = link;
            known.end_offset = known.end_offset.max(end);
        });
        for error in errors {
            tracing::error!(%error, topic = self.topic, "goals cannot be read");
            self.live.set_cause(Cause::Unreadable { error }, true);
        }
    }
}

/// What a record says; one that says nothing is told of with where it stands, and stops nothing.
fn read(record: &Record<'_>, topic: &str) -> GoalRecord {
    let told = record::decode(record.key, record.value).unwrap_or_else(|reason| {
        let offset = record.offset;
        tracing::warn!(topic, partition = 0, offset, reason, "goal edit cannot be understood");
        Told::Malformed
    });
    GoalRecord { offset: record.offset, key: record.key.unwrap_or_default().to_vec(), told }
}
