//! Writing records to a test broker, each acknowledged or the test fails.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use rdkafka::{
    ClientContext, Message as _,
    error::{KafkaError, RDKafkaErrorCode},
    message::{DeliveryResult, Header, OwnedHeaders},
    producer::{BaseProducer, BaseRecord, Producer as _, ProducerContext},
};

use super::Broker;

/// How long all outstanding acknowledgements may take together.
const ACKNOWLEDGED: Duration = Duration::from_secs(60);

/// A record to be written.
#[derive(Clone, Debug, Default)]
pub struct Message {
    key: Option<Vec<u8>>,
    value: Option<Vec<u8>>,
    partition: Option<i32>,
    timestamp_ms: Option<i64>,
    headers: Vec<(String, Option<Vec<u8>>)>,
}

impl Message {
    /// A record with a key and a value, on the partition that its key hashes to, stamped with the time of writing.
    pub fn new(key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) -> Self {
        Self { key: Some(key.into()), value: Some(value.into()), ..Self::default() }
    }

    /// A record with a key and no value: the deletion of that key in a compacted topic.
    pub fn tombstone(key: impl Into<Vec<u8>>) -> Self {
        Self { key: Some(key.into()), ..Self::default() }
    }

    /// A record with a value and no key.
    pub fn keyless(value: impl Into<Vec<u8>>) -> Self {
        Self { value: Some(value.into()), ..Self::default() }
    }

    /// On this partition, whatever the key.
    pub fn partition(self, partition: i32) -> Self {
        Self { partition: Some(partition), ..self }
    }

    /// Stamped with this time, in milliseconds since 1970.
    pub fn timestamp_ms(self, timestamp_ms: i64) -> Self {
        Self { timestamp_ms: Some(timestamp_ms), ..self }
    }

    /// With one more header.
    pub fn header(mut self, name: &str, value: Option<&[u8]>) -> Self {
        self.headers.push((name.to_owned(), value.map(<[u8]>::to_vec)));
        self
    }

    fn as_record<'a>(&'a self, topic: &'a str) -> BaseRecord<'a, [u8], [u8]> {
        let mut record = BaseRecord::to(topic);
        record.key = self.key.as_deref();
        record.payload = self.value.as_deref();
        record.partition = self.partition;
        record.timestamp = self.timestamp_ms;
        let headers = self.headers.iter().fold(OwnedHeaders::new(), |headers, (key, value)| {
            headers.insert(Header { key, value: value.as_ref() })
        });
        if self.headers.is_empty() { record } else { record.headers(headers) }
    }
}

impl<K: Into<Vec<u8>>, V: Into<Vec<u8>>> From<(K, V)> for Message {
    fn from((key, value): (K, V)) -> Self {
        Self::new(key, value)
    }
}

impl Broker {
    /// Writes the messages to the topic in their order and waits until every one is acknowledged by all replicas.
    ///
    /// # Panics
    ///
    /// When any is not.
    pub fn produce(&self, topic: &str, messages: impl IntoIterator<Item = impl Into<Message>>) {
        self.writer().write(topic, messages);
    }

    /// Something to write with many times: what is slow about writing is getting acquainted with the broker.
    pub fn writer(&self) -> Writer {
        let producer = self
            .client()
            .set("enable.idempotence", "true")
            .set("message.timeout.ms", "30000")
            .set("linger.ms", "1")
            .create_with_context(Refusals::default());
        Writer { producer: producer.expect("a producer can be made") }
    }
}

/// A producer that stays connected.
pub struct Writer {
    producer: BaseProducer<Refusals>,
}

impl Writer {
    /// Writes as [`Broker::produce`] does.
    ///
    /// # Panics
    ///
    /// When any message is not acknowledged.
    pub fn write(&self, topic: &str, messages: impl IntoIterator<Item = impl Into<Message>>) {
        for message in messages {
            send(&self.producer, message.into().as_record(topic));
        }
        let flushed = self.producer.flush(ACKNOWLEDGED);
        flushed.unwrap_or_else(|e| panic!("failed to write to {topic}: {e}"));
        let refusals = self.producer.context().take();
        assert!(refusals.is_empty(), "failed to write to {topic}: {}", refusals.join("; "));
    }
}

/// Queues one record, making room first when the queue is full.
fn send(producer: &BaseProducer<Refusals>, mut record: BaseRecord<'_, [u8], [u8]>) {
    loop {
        match producer.send(record) {
            Ok(()) => break,
            Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back)) => {
                record = back;
                producer.poll(Duration::from_millis(100));
            }
            Err((e, record)) => panic!("failed to queue a record for {}: {e}", record.topic),
        }
    }
    producer.poll(Duration::ZERO);
}

/// The records that were not acknowledged, in words.
#[derive(Default)]
struct Refusals(Mutex<Vec<String>>);

impl Refusals {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl ClientContext for Refusals {}

impl ProducerContext for Refusals {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if let Err((e, message)) = result {
            let partition = message.partition();
            let refusal = format!("partition {partition}: {e}");
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(refusal);
        }
    }
}
