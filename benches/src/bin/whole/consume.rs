//! Consumers as all contenders have them: the same settings, partitions assigned from their beginning.

use std::time::Duration;

use anyhow::{Context as _, bail};
use paceline_benches::config::CONSUMER;
use paceline_benches::events::{PARTITIONS, TOPIC};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::BorrowedMessage;
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

/// How long the broker may leave a request, or a reader, without an answer.
const ANSWER: Duration = Duration::from_secs(30);

/// A consumer of some partitions that reads nothing yet.
pub(crate) struct Reader {
    pub(crate) consumer: BaseConsumer,
    partitions: Vec<i32>,
    /// How many events are on its partitions.
    pub(crate) events: u64,
}

impl Reader {
    /// A consumer of the partitions whose number leaves the rest `part` when divided by `parts`.
    pub(crate) fn new(brokers: &str, part: usize, parts: usize) -> anyhow::Result<Self> {
        let partitions: Vec<i32> =
            (0..PARTITIONS).filter(|number| *number as usize % parts == part).collect();
        let events = held(&consumer(brokers)?, &partitions)?;
        // A consumer that was asked is connected already; paceline's lanes begin with one that is not.
        Ok(Self { consumer: consumer(brokers)?, partitions, events })
    }

    /// Begins to fetch.
    pub(crate) fn start(&self) -> anyhow::Result<()> {
        let mut list = TopicPartitionList::new();
        for partition in &self.partitions {
            list.add_partition_offset(TOPIC, *partition, Offset::Beginning)?;
        }
        Ok(self.consumer.assign(&list)?)
    }

    /// Hands over every event there is.
    pub(crate) fn read(
        &self,
        mut take: impl FnMut(&BorrowedMessage<'_>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        for _ in 0..self.events {
            let message = self.consumer.poll(ANSWER).context("the broker fell silent")??;
            take(&message)?;
        }
        Ok(())
    }
}

fn consumer(brokers: &str) -> anyhow::Result<BaseConsumer> {
    let mut settings = ClientConfig::new();
    settings.set("bootstrap.servers", brokers).set("group.id", "bench");
    for (name, value) in CONSUMER {
        settings.set(name, value);
    }
    Ok(settings.create()?)
}

/// How many events are on partitions.
fn held(consumer: &BaseConsumer, partitions: &[i32]) -> anyhow::Result<u64> {
    let mut events = 0;
    for partition in partitions {
        let (low, high) = consumer.fetch_watermarks(TOPIC, *partition, ANSWER)?;
        events += u64::try_from(high - low)?;
    }
    Ok(events)
}

/// Fails unless everything was read.
pub(crate) fn check(read: u64, expected: u64) -> anyhow::Result<()> {
    if read != expected {
        bail!("{read} of {expected} events were read");
    }
    Ok(())
}
