//! Dead letters: messages that could not be decoded, put aside with where they stood and why.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use metrics::counter;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer as _, ProducerContext, ThreadedProducer};

use crate::client::Settings;
use crate::quiet::Quiet;
use crate::{Error, Record, metric};

/// How long to wait when the client's queue is full; the lane waits with it, so nothing is dropped.
const QUEUE_FULL: Duration = Duration::from_millis(10);

/// A message to be put aside.
#[derive(Clone, Copy, Debug)]
pub struct Letter<'a> {
    /// The dead-letter topic.
    pub to: &'a str,
    /// The topic it stood on.
    pub topic: &'a str,
    /// The partition it stood on.
    pub partition: i32,
    /// The message itself.
    pub record: Record<'a>,
    /// Why it could not be decoded.
    pub reason: &'a str,
}

/// The producer of dead letters.
pub struct DeadLetters {
    producer: ThreadedProducer<Deliveries>,
}

#[derive(Default)]
struct Deliveries {
    pending: AtomicU64,
    quiet: Quiet,
}

impl ClientContext for Deliveries {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.quiet.log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.quiet.error(&error, reason);
    }
}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        match result {
            Ok(_) => {
                self.pending.fetch_sub(1, Ordering::AcqRel);
                counter!(metric::DEAD_LETTERS).increment(1);
            }
            // It stays pending: no position may pass it, and the next start tries it again.
            Err((error, _)) => {
                counter!(metric::DEAD_LETTERS_LOST).increment(1);
                tracing::error!(%error, "dead letter was not delivered");
            }
        }
    }
}

impl DeadLetters {
    /// A producer of dead letters.
    ///
    /// # Errors
    /// [`Error::Settings`].
    pub fn new(settings: &Settings) -> Result<Self, Error> {
        let producer = settings
            .producer()
            .create_with_context(Deliveries::default())
            .map_err(Error::settings)?;
        Ok(Self { producer })
    }

    /// Puts a message aside: key, value and timestamp as they were, with `topic`, `partition`, `offset` and
    /// `reason` as headers. Waits while the client's queue is full, until `given_up`.
    ///
    /// # Errors
    /// [`Error::Produce`] when the client refuses it for good; it counts as not delivered from then on.
    pub fn send(&self, letter: &Letter<'_>, given_up: impl Fn() -> bool) -> Result<(), Error> {
        let (partition, offset) = (letter.partition.to_string(), letter.record.offset.to_string());
        let header = |key, value| Header { key, value: Some(value) };
        let headers = OwnedHeaders::new()
            .insert(header("topic", letter.topic))
            .insert(header("partition", &partition))
            .insert(header("offset", &offset))
            .insert(header("reason", letter.reason));
        let mut record: BaseRecord<'_, [u8], [u8]> = BaseRecord::to(letter.to).headers(headers);
        (record.key, record.payload) = (letter.record.key, letter.record.value);
        record.timestamp = letter.record.timestamp_ms;
        self.producer.context().pending.fetch_add(1, Ordering::AcqRel);
        loop {
            let Err((error, refused)) = self.producer.send(record) else { return Ok(()) };
            if error != KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull) || given_up() {
                return Err(Error::Produce { topic: letter.to.to_owned(), source: error });
            }
            record = refused;
            std::thread::sleep(QUEUE_FULL);
        }
    }

    /// Whether every letter so far is on its topic.
    pub fn all_delivered(&self) -> bool {
        self.producer.context().pending.load(Ordering::Acquire) == 0
    }

    /// Waits up to `wait` for all letters to be on their topic.
    pub fn flush(&self, wait: Duration) {
        if let Err(error) = self.producer.flush(wait) {
            tracing::warn!(%error, "dead letters are still undelivered");
        }
    }
}
