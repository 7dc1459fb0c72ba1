//! Topics: which partitions they have, how far these go, and making those that are missing.

use std::time::Duration;

use rdkafka::TopicPartitionList;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::types::RDKafkaErrorCode;

use crate::Error;
use crate::client::Settings;
use crate::quiet::Quiet;

/// How long one question to the brokers may take.
const ANSWER: Duration = Duration::from_secs(10);
/// The setting of a topic that says what becomes of its old records.
pub const POLICY: &str = "cleanup.policy";
/// Only records with a newer one of the same key are forgotten.
pub const COMPACT: &str = "compact";
/// Records are forgotten when they are old.
pub const DELETE: &str = "delete";
/// The setting of a topic that says when its records are old, in milliseconds.
pub const RETENTION: &str = "retention.ms";

/// A topic and its partitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// Its name.
    pub name: String,
    /// The offsets of its partitions, in their order.
    pub partitions: Vec<Offsets>,
}

/// How far a partition goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offsets {
    /// The offset of its first record.
    pub low: i64,
    /// The offset after its last record.
    pub high: i64,
    /// The position committed under the consumer group, if any.
    pub committed: Option<i64>,
}

/// Asks the brokers about topics.
pub struct Topics {
    consumer: BaseConsumer<Quiet>,
    admin: AdminClient<Quiet>,
    brokers: String,
}

impl Topics {
    /// A client that asks.
    ///
    /// # Errors
    /// [`Error::Settings`].
    pub fn new(settings: &Settings) -> Result<Self, Error> {
        Ok(Self {
            consumer: settings
                .consumer()
                .create_with_context(Quiet::default())
                .map_err(Error::settings)?,
            admin: settings
                .admin()
                .create_with_context(Quiet::default())
                .map_err(Error::settings)?,
            brokers: settings.brokers.clone(),
        })
    }

    /// The partitions of a topic and how far they go. Blocks.
    ///
    /// # Errors
    /// [`Error::Unreachable`], [`Error::NoTopic`] and [`Error::Offsets`].
    pub fn describe(&self, topic: &str) -> Result<Topic, Error> {
        let count =
            self.partitions(topic)?.ok_or_else(|| Error::NoTopic { topic: topic.to_owned() })?;
        let mut partitions = Vec::new();
        for partition in 0..count {
            partitions.push(self.offsets(topic, partition)?);
        }
        Ok(Topic { name: topic.to_owned(), partitions })
    }

    /// Whether a topic exists. Blocks.
    ///
    /// # Errors
    /// [`Error::Unreachable`].
    pub fn exists(&self, topic: &str) -> Result<bool, Error> {
        Ok(self.partitions(topic)?.is_some())
    }

    /// Makes a topic with `partitions` partitions and the brokers' defaults; one that exists is left as it is.
    ///
    /// # Errors
    /// [`Error::MakeTopic`].
    pub async fn make(&self, topic: &str, partitions: i32) -> Result<(), Error> {
        self.create(&NewTopic::new(topic, partitions, TopicReplication::Fixed(-1))).await
    }

    /// Makes a topic of one partition with settings; one that exists is left as it is.
    ///
    /// # Errors
    /// [`Error::MakeTopic`].
    pub async fn make_log(&self, topic: &str, settings: &[(&str, &str)]) -> Result<(), Error> {
        let new = NewTopic::new(topic, 1, TopicReplication::Fixed(-1));
        let new = settings.iter().fold(new, |new, (key, value)| new.set(key, value));
        self.create(&new).await
    }

    /// How far a log goes. Blocks.
    ///
    /// # Errors
    /// [`Error::NoLog`], [`Error::Unreachable`], [`Error::NoTopic`] and [`Error::Offsets`].
    pub fn describe_log(&self, topic: &str) -> Result<Offsets, Error> {
        let partitions = self.describe(topic)?.partitions;
        match partitions.as_slice() {
            [only] => Ok(*only),
            several => Err(Error::NoLog { topic: topic.to_owned(), partitions: several.len() }),
        }
    }

    /// A setting of a topic, where the brokers tell it.
    pub async fn setting(&self, topic: &str, setting: &str) -> Option<String> {
        let options = AdminOptions::new().request_timeout(Some(ANSWER));
        let asked = [ResourceSpecifier::Topic(topic)];
        let told = self.admin.describe_configs(&asked, &options).await.ok()?;
        told.into_iter().next()?.ok()?.get(setting)?.value.clone()
    }

    async fn create(&self, new: &NewTopic<'_>) -> Result<(), Error> {
        let refused = |reason: String| Error::MakeTopic { topic: new.name.to_owned(), reason };
        let options = AdminOptions::new().operation_timeout(Some(ANSWER));
        let made = self
            .admin
            .create_topics([new], &options)
            .await
            .map_err(|error| refused(error.to_string()))?;
        match made.into_iter().next() {
            None | Some(Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists))) => Ok(()),
            Some(Err((_, code))) => Err(refused(code.to_string())),
        }
    }

    fn partitions(&self, topic: &str) -> Result<Option<i32>, Error> {
        let unreachable = |source| Error::Unreachable { brokers: self.brokers.clone(), source };
        let metadata = self.consumer.fetch_metadata(Some(topic), ANSWER).map_err(unreachable)?;
        let known =
            metadata.topics().iter().find(|known| known.name() == topic && known.error().is_none());
        Ok(known.map(|known| known.partitions().len() as i32).filter(|count| *count > 0))
    }

    fn offsets(&self, topic: &str, partition: i32) -> Result<Offsets, Error> {
        let failed = |source| Error::Offsets { topic: topic.to_owned(), partition, source };
        let (low, high) =
            self.consumer.fetch_watermarks(topic, partition, ANSWER).map_err(failed)?;
        let mut list = TopicPartitionList::new();
        list.add_partition(topic, partition);
        let committed = self.consumer.committed_offsets(list, ANSWER).map_err(failed)?;
        let committed = committed.elements().first().and_then(|element| element.offset().to_raw());
        Ok(Offsets { low, high, committed: committed.filter(|offset| *offset >= 0) })
    }
}
