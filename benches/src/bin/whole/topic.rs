//! The topic: one real broker, and all events on it before anything is measured.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{bail, ensure};
use paceline_benches::events::{Events, PARTITIONS, TOPIC};
use paceline_sim::format::{Message, Messages};
use paceline_tests::kafka::Broker;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::DeliveryResult;
use rdkafka::producer::{BaseRecord, Producer as _, ProducerContext, ThreadedProducer};
use rdkafka::{ClientConfig, ClientContext};

/// How many messages are generated at a time.
const CHUNK: usize = 10_000;
/// How long the broker may take to acknowledge what is queued.
const ACKNOWLEDGED: Duration = Duration::from_secs(120);

/// A broker with the events.
pub(crate) struct Topic {
    /// Ends, with its data, when it is dropped.
    pub(crate) broker: Broker,
    pub(crate) events: u64,
    pub(crate) opportunities: u64,
    pub(crate) bytes: u64,
}

impl Topic {
    /// Starts a broker and fills the topic.
    pub(crate) fn fill(events: u64) -> anyhow::Result<Self> {
        let broker = Broker::start();
        // Nothing may be deleted or compacted while it is read again and again.
        let settings =
            [("cleanup.policy", "delete"), ("retention.ms", "-1"), ("retention.bytes", "-1")];
        broker.create_topic(TOPIC, PARTITIONS, &settings);
        let mut topic = Self { broker, events: 0, opportunities: 0, bytes: 0 };
        topic.produce(events)?;
        Ok(topic)
    }

    fn produce(&mut self, count: u64) -> anyhow::Result<()> {
        let mut settings = ClientConfig::new();
        settings
            .set("bootstrap.servers", self.broker.bootstrap())
            .set("enable.idempotence", "true");
        let producer: ThreadedProducer<Failures> =
            settings.create_with_context(Failures::default())?;
        let (mut events, mut messages) = (Events::default(), Messages::default());
        while self.events < count {
            let rest = usize::try_from(count - self.events)?;
            events.next_into(&mut messages, rest.min(CHUNK));
            messages.iter().try_for_each(|message| send(&producer, &message))?;
            self.events += messages.len() as u64;
            self.bytes += messages.size() as u64;
        }
        self.opportunities = events.opportunities();
        producer.flush(ACKNOWLEDGED)?;
        let failed = producer.context().0.load(Ordering::Relaxed);
        ensure!(failed == 0, "{failed} events were not acknowledged");
        Ok(())
    }
}

fn send(producer: &ThreadedProducer<Failures>, message: &Message<'_>) -> anyhow::Result<()> {
    let mut record: BaseRecord<'_, [u8], [u8]> = BaseRecord::to(TOPIC);
    (record.key, record.payload) = (message.key, message.value);
    loop {
        match producer.send(record) {
            Ok(()) => return Ok(()),
            Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back)) => {
                record = back
            }
            Err((error, _)) => bail!("an event was refused: {error}"),
        }
        thread::sleep(Duration::from_millis(1));
    }
}

/// Counts the events that were not acknowledged.
#[derive(Default)]
struct Failures(AtomicU64);

impl ClientContext for Failures {}

impl ProducerContext for Failures {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if result.is_err() {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}
