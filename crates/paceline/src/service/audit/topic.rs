//! The topic of the audit log: made when missing, and looked at for what was written last.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use paceline_kafka::{DELETE, Error, Log, Offsets, POLICY, RETENTION, Settings, Topics};
use tokio_util::sync::CancellationToken;

use super::super::intake::{ask, patiently};
use crate::audit_log::record::{NONE_BEFORE, read};

/// What the topic is to be like: nothing is forgotten, however old it is or how much there is.
const KEPT: [(&str, &str); 3] = [(POLICY, DELETE), (RETENTION, "-1"), ("retention.bytes", "-1")];
/// How far back the last record is looked for: what others put there is passed over.
const TAIL: i64 = 256;
/// How long a poll waits for records; also how soon a stop is noticed.
const POLL: Duration = Duration::from_millis(100);

/// Has the topic be there, and answers the hash of its last record, as soon as the brokers tell.
///
/// # Errors
/// It cannot be made, or has several partitions.
pub(super) async fn prepare(
    settings: &Settings,
    topic: &str,
    stop: &CancellationToken,
) -> anyhow::Result<String> {
    let topics = Arc::new(Topics::new(settings)?);
    if patiently(|| ask(&topics, topic, Topics::exists)).await? {
        tokio::spawn(tell_if_different(topics.clone(), topic.to_owned()));
    } else {
        topics.make_log(topic, &KEPT).await?;
    }
    let offsets = patiently(|| ask(&topics, topic, Topics::describe_log)).await?;
    let (settings, topic, stop) = (settings.clone(), topic.to_owned(), stop.clone());
    let last = tokio::task::spawn_blocking(move || last(&settings, &topic, offsets, &stop));
    Ok(last.await.context("the reading of the audit log panicked")??)
}

/// The hash of the last record.
fn last(
    settings: &Settings,
    topic: &str,
    offsets: Offsets,
    stop: &CancellationToken,
) -> Result<String, Error> {
    let mut log = Log::tail(settings, topic, offsets, TAIL)?;
    let mut last = NONE_BEFORE.to_owned();
    while !log.is_read() && !stop.is_cancelled() {
        let errors = log.poll(POLL, |records| {
            let found = records.iter().rev().find_map(|record| read(record.value?));
            if let Some(link) = found {
                last = link.hash;
            }
        });
        for error in errors {
            tracing::error!(%error, topic, "the audit log cannot be read");
        }
    }
    Ok(last)
}

/// Says so if a topic that exists forgets what the log must not.
async fn tell_if_different(topics: Arc<Topics>, topic: String) {
    for (setting, wanted) in KEPT {
        let found = topics.setting(&topic, setting).await;
        if let Some(found) = found.filter(|found| found != wanted) {
            tracing::warn!(topic, setting, found, wanted, "the audit log's topic forgets records");
        }
    }
}
