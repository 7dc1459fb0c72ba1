//! Kafka at the door: records in, offsets and dead letters out, and the embedded broker of the demo.
//!
//! This is the only room that knows librdkafka. It decodes nothing and keeps no state but positions.

mod append;
mod client;
mod dead_letters;
mod embedded;
mod health;
mod leader;
mod log;
mod metric;
mod producer;
mod queue;
mod quiet;
mod reader;
mod topics;

pub use append::{APPEND, Appender};
pub use client::{Settings, overruled};
pub use dead_letters::{DeadLetters, Letter};
pub use embedded::Cluster;
pub use health::{Health, PartitionHealth};
pub use leader::Leader;
pub use log::Log;
pub use metric::describe;
pub use producer::Producer;
pub use reader::{Assigned, Polled, Reader, Record};
pub use topics::{COMPACT, DELETE, Offsets, POLICY, RETENTION, Topic, Topics};

/// A failure of the Kafka client.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A client could not be made: a setting is wrong.
    #[error("kafka client refused its settings")]
    Settings(#[source] rdkafka::error::KafkaError),
    /// A setting is refused. Its value is not told, for it may be a secret: of a name that is misspelt nobody knows.
    #[error("the kafka client refuses the setting `{key}`: {reason}")]
    Setting {
        /// The setting.
        key: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// No broker answered.
    #[error("no answer from the brokers {brokers}")]
    Unreachable {
        /// The brokers asked.
        brokers: String,
        /// What the client said.
        #[source]
        source: rdkafka::error::KafkaError,
    },
    /// A topic of a source does not exist.
    #[error("topic `{topic}` does not exist")]
    NoTopic {
        /// The topic.
        topic: String,
    },
    /// A topic could not be made.
    #[error("topic `{topic}` could not be made: {reason}")]
    MakeTopic {
        /// The topic.
        topic: String,
        /// Why.
        reason: String,
    },
    /// A topic that is to be a log has several partitions, over which there is no one order.
    #[error("topic `{topic}` has {partitions} partitions, and a log has one")]
    NoLog {
        /// The topic.
        topic: String,
        /// How many partitions it has.
        partitions: usize,
    },
    /// The offsets of a partition could not be asked for.
    #[error("no offsets of `{topic}` partition {partition}")]
    Offsets {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// What the client said.
        #[source]
        source: rdkafka::error::KafkaError,
    },
    /// Partitions could not be assigned to a reader, or their positions not be committed.
    #[error("partitions could not be assigned or committed")]
    Assign(#[source] rdkafka::error::KafkaError),
    /// A record could not be produced.
    #[error("record for `{topic}` could not be produced")]
    Produce {
        /// The topic.
        topic: String,
        /// What the client said.
        #[source]
        source: rdkafka::error::KafkaError,
    },
    /// The embedded broker failed.
    #[error("embedded broker failed")]
    Embedded(#[source] rdkafka::error::KafkaError),
}

impl Error {
    /// Why a client could not be made.
    pub(crate) fn settings(error: rdkafka::error::KafkaError) -> Self {
        match error {
            // What the client says quotes the value, or a part of it.
            rdkafka::error::KafkaError::ClientConfig(outcome, _, key, _) => {
                let is_unknown = outcome == rdkafka::types::RDKafkaConfRes::RD_KAFKA_CONF_UNKNOWN;
                let reason =
                    if is_unknown { "it has none of that name" } else { "its value cannot be" };
                Self::Setting { key, reason }
            }
            other => Self::Settings(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::error::Error as _;

    use crate::{Producer, Settings};

    #[test]
    fn a_setting_that_is_refused_is_told_without_its_value() {
        for (key, value) in [
            ("sasl.pasword", "hunter2"),
            ("socket.timeout.ms", "hunter2"),
            ("sasl.mechanism", "hunter2"),
            ("acks", "hunter2"),
            ("ssl.key.pem", "-----BEGIN hunter2-----"),
        ] {
            let settings = BTreeMap::from([
                ("security.protocol".to_owned(), "ssl".into()),
                (key.to_owned(), value.into()),
            ]);
            let settings =
                Settings { brokers: "127.0.0.1:1".to_owned(), group_id: "g".to_owned(), settings };
            let Err(error) = Producer::new(&settings) else { continue };
            let source = error.source().map(ToString::to_string).unwrap_or_default();
            let shown = format!("{error} {error:?} {source} {settings:?}");
            assert!(!shown.contains("hunter2"), "{shown}");
            assert!(shown.contains(key), "{shown}");
        }
    }
}
