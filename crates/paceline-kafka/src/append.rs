//! Appending to a topic of the service's own records, with the word of all in-sync replicas.

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::util::Timeout;

use crate::Error;
use crate::client::Settings;
use crate::quiet::Quiet;

/// For how long the brokers may keep an appended record waiting. What becomes of it afterwards is not known: it may
/// stand on the log nonetheless.
pub const APPEND: Duration = Duration::from_secs(10);

/// Appends to a topic of one partition.
pub struct Appender {
    producer: FutureProducer<Quiet>,
    topic: String,
}

impl Appender {
    /// An appender for who waits for each record. Whatever the config's settings say, it waits for all in-sync replicas, and
    /// gives up after [`APPEND`].
    ///
    /// # Errors
    /// [`Error::Settings`].
    pub fn new(settings: &Settings, topic: &str) -> Result<Self, Error> {
        let mut config = settings.producer();
        config.set("linger.ms", "0").set("message.timeout.ms", APPEND.as_millis().to_string());
        Self::of(config, topic)
    }

    /// An appender of many records, that never gives up while brokers cannot be reached: they stand on the topic in the order
    /// in which they were queued.
    ///
    /// # Errors
    /// [`Error::Settings`].
    pub fn lasting(settings: &Settings, topic: &str) -> Result<Self, Error> {
        let mut config = settings.producer();
        config.set("message.timeout.ms", "0");
        Self::of(config, topic)
    }

    fn of(mut config: ClientConfig, topic: &str) -> Result<Self, Error> {
        config.set("acks", "all").set("enable.idempotence", "true");
        let producer = config.create_with_context(Quiet::default()).map_err(Error::settings)?;
        Ok(Self { producer, topic: topic.to_owned() })
    }

    /// Appends a record, and answers its offset once all in-sync replicas have it.
    ///
    /// # Errors
    /// [`Error::Produce`]: the record may stand on the log, or come to stand on it, nonetheless.
    pub async fn append(&self, key: &str, value: &str) -> Result<i64, Error> {
        let record = FutureRecord::to(&self.topic).partition(0).key(key).payload(value);
        let sent = self.producer.send(record, Timeout::After(APPEND)).await;
        sent.map(|delivery| delivery.offset).map_err(|(source, _)| self.failed(source))
    }

    /// Queues a record, a tombstone without a value, and answers what ends once all in-sync replicas have it.
    ///
    /// # Errors
    /// [`Error::Produce`] now when the client does not take it, later when the record may not stand on the topic.
    pub fn queue(
        &self,
        key: &str,
        value: Option<&str>,
        content_type: Option<&str>,
    ) -> Result<impl Future<Output = Result<(), Error>> + Send + 'static, Error> {
        let mut record: FutureRecord<'_, str, str> =
            FutureRecord::to(&self.topic).partition(0).key(key);
        record.payload = value;
        if let Some(content_type) = content_type {
            let header = Header { key: "content-type", value: Some(content_type) };
            record = record.headers(OwnedHeaders::new().insert(header));
        }
        let queued =
            self.producer.send_result(record).map_err(|(source, _)| self.failed(source))?;
        let topic = self.topic.clone();
        Ok(async move {
            match queued.await {
                Ok(Ok(_)) => Ok(()),
                Ok(Err((source, _))) => Err(Error::Produce { topic, source }),
                // The producer is gone, and with it whatever it had queued.
                Err(_) => {
                    Err(Error::Produce { topic, source: rdkafka::error::KafkaError::Canceled })
                }
            }
        })
    }

    fn failed(&self, source: rdkafka::error::KafkaError) -> Error {
        Error::Produce { topic: self.topic.clone(), source }
    }
}
