//! Reading all that a topic holds.

use std::{collections::BTreeSet, time::Duration};

use rdkafka::{
    Message as _, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer as _},
    error::KafkaError,
    message::{BorrowedMessage, Headers as _},
};

use super::Broker;
use crate::wait;

/// How long one request to the broker may take.
const REQUEST: Duration = Duration::from_secs(30);

/// A record as the broker holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The partition it is on.
    pub partition: i32,
    /// Where on the partition.
    pub offset: i64,
    /// The time it is stamped with, in milliseconds since 1970.
    pub timestamp_ms: Option<i64>,
    /// Its key, if it has one.
    pub key: Option<Vec<u8>>,
    /// Its value; a deletion in a compacted topic has none.
    pub value: Option<Vec<u8>>,
    /// Its headers in their order.
    pub headers: Vec<(String, Option<Vec<u8>>)>,
}

impl Record {
    /// The key as text; empty without one.
    ///
    /// # Panics
    ///
    /// When it is not UTF-8.
    pub fn key_text(&self) -> &str {
        text(self.key.as_deref())
    }

    /// The value as text; empty without one.
    ///
    /// # Panics
    ///
    /// When it is not UTF-8.
    pub fn value_text(&self) -> &str {
        text(self.value.as_deref())
    }
}

impl Broker {
    /// Reads all committed records that the topic holds at this moment, ordered by partition and offset.
    ///
    /// Offsets may have gaps, left by compaction and by the markers of transactions.
    ///
    /// # Panics
    ///
    /// When there is no such topic, or the broker does not answer.
    pub fn read_all(&self, topic: &str) -> Vec<Record> {
        let consumer: BaseConsumer = self
            .client()
            .set("group.id", "never-joined")
            .set("enable.auto.commit", "false")
            .set("enable.partition.eof", "true")
            .create()
            .expect("a consumer can be made");
        let mut reading = Reading::start(&consumer, topic);
        wait::until("the topic is read to its end", || {
            reading.step(&consumer);
            reading.open.is_empty().then_some(())
        });
        reading.records.sort_by_key(|record| (record.partition, record.offset));
        reading.records
    }
}

/// How far the reading of a topic has come.
struct Reading {
    /// The end of each partition when the reading started; what is written later is not awaited, and left out.
    ends: Vec<i64>,
    /// The partitions not yet read to their end.
    open: BTreeSet<i32>,
    records: Vec<Record>,
}

impl Reading {
    /// Points the consumer at the beginning of every partition that holds anything.
    fn start(consumer: &BaseConsumer, topic: &str) -> Self {
        let ends: Vec<i64> = (0..partitions(consumer, topic))
            .map(|partition| {
                let (low, high) =
                    consumer.fetch_watermarks(topic, partition, REQUEST).unwrap_or_else(|e| {
                        panic!("failed to read the end of {topic}/{partition}: {e}")
                    });
                if low == high { 0 } else { high }
            })
            .collect();
        let open: BTreeSet<i32> =
            (0..).zip(&ends).filter(|(_, end)| **end > 0).map(|(p, _)| p).collect();
        let mut assignment = TopicPartitionList::new();
        for &partition in &open {
            let added = assignment.add_partition_offset(topic, partition, Offset::Beginning);
            added.expect("the beginning is an offset");
        }
        consumer.assign(&assignment).expect("partitions that exist can be assigned");
        Self { ends, open, records: Vec::new() }
    }

    /// Takes in what the consumer has next, if anything comes within a moment.
    fn step(&mut self, consumer: &BaseConsumer) {
        while let Some(next) =
            (!self.open.is_empty()).then(|| consumer.poll(Duration::from_millis(100))).flatten()
        {
            match next {
                Ok(message) => self.take(&message),
                Err(KafkaError::PartitionEOF(partition)) => {
                    self.open.remove(&partition);
                }
                Err(e) => panic!("failed to read: {e}"),
            }
        }
    }

    fn take(&mut self, message: &BorrowedMessage<'_>) {
        let (partition, end) = (message.partition(), self.ends[message.partition() as usize]);
        if message.offset() < end {
            self.records.push(record(message));
        }
        if message.offset() + 1 >= end {
            self.open.remove(&partition);
        }
    }
}

/// How many partitions the topic has.
fn partitions(consumer: &BaseConsumer, topic: &str) -> i32 {
    let metadata = consumer.fetch_metadata(Some(topic), REQUEST);
    let metadata = metadata.unwrap_or_else(|e| panic!("failed to look up topic {topic}: {e}"));
    let count: usize = metadata.topics().iter().map(|topic| topic.partitions().len()).sum();
    assert!(count > 0, "there is no topic {topic}");
    i32::try_from(count).expect("Kafka counts partitions in an i32")
}

fn record(message: &BorrowedMessage<'_>) -> Record {
    let headers = message.headers().into_iter().flat_map(|headers| headers.iter());
    Record {
        partition: message.partition(),
        offset: message.offset(),
        timestamp_ms: message.timestamp().to_millis(),
        key: message.key().map(<[u8]>::to_vec),
        value: message.payload().map(<[u8]>::to_vec),
        headers: headers.map(|h| (h.key.to_owned(), h.value.map(<[u8]>::to_vec))).collect(),
    }
}

fn text(bytes: Option<&[u8]>) -> &str {
    std::str::from_utf8(bytes.unwrap_or_default()).expect("a text is UTF-8")
}
