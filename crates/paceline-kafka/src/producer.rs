//! A plain producer, for the demo's traffic.

use std::time::Duration;

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer as _, ThreadedProducer};

use crate::Error;
use crate::client::Settings;

/// A producer that waits when the client's queue is full.
pub struct Producer {
    producer: ThreadedProducer<DefaultProducerContext>,
}

impl Producer {
    /// A producer.
    ///
    /// # Errors
    /// [`Error::Settings`].
    pub fn new(settings: &Settings) -> Result<Self, Error> {
        Ok(Self { producer: settings.producer().create().map_err(Error::settings)? })
    }

    /// Produces a record; a value of `None` is a tombstone.
    ///
    /// # Errors
    /// [`Error::Produce`] when the client refuses it for good.
    pub fn send(
        &self,
        topic: &str,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        time_ms: i64,
    ) -> Result<(), Error> {
        let mut record: BaseRecord<'_, [u8], [u8]> = BaseRecord::to(topic).timestamp(time_ms);
        (record.key, record.payload) = (key, value);
        loop {
            let Err((error, refused)) = self.producer.send(record) else { return Ok(()) };
            if error != KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull) {
                return Err(Error::Produce { topic: topic.to_owned(), source: error });
            }
            record = refused;
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Waits until everything is on its topic.
    ///
    /// # Errors
    /// [`Error::Produce`] when it is not within `wait`.
    pub fn flush(&self, wait: Duration) -> Result<(), Error> {
        self.producer
            .flush(wait)
            .map_err(|source| Error::Produce { topic: "any".to_owned(), source })
    }
}
