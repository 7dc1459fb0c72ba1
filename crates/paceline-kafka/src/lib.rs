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
