//! Goals that are set while running: their topic is read by a thread of its own, and written to by the gRPC service.

pub mod record;

use std::sync::Arc;

use jiff::Timestamp;
use paceline_core::goal::Edit;
use paceline_engine::{GoalFollower, GoalRecord, Told};
use paceline_grpc::{AppendGoal, Appending};
use paceline_kafka::{Appender, Error, Record, Settings};

use super::log::Followed;

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

/// What follows the topic.
pub(super) struct Follower(pub(super) GoalFollower);

impl Followed for Follower {
    const WHAT: &str = "goals";

    fn take(&mut self, records: &[Record<'_>], topic: &str, now: Timestamp) {
        self.0.take(records.iter().map(|record| read(record, topic)).collect(), now);
    }

    fn caught_up(&mut self, now: Timestamp) {
        self.0.caught_up(now);
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
