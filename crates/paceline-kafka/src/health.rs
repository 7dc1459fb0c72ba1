//! What librdkafka's statistics tell once a second: whether partitions can be read, and how far they go.
//!
//! Fields by librdkafka's STATISTICS.md. The position of a message alone cannot tell that everything was
//! read: control records of transactions take offsets and never arrive.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use rdkafka::Statistics;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::KafkaError;
use rdkafka::statistics::{Partition, Topic};

use crate::quiet::Quiet;
use crate::reader::Assigned;

/// The state of a reader's partitions at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// By the index of the assignment.
    pub partitions: Vec<PartitionHealth>,
    /// How many partitions each topic has now, by topic.
    pub counts: BTreeMap<String, usize>,
}

/// The state of one partition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PartitionHealth {
    /// Whether the connection to its leader is up.
    pub reachable: bool,
    /// The offset after the last that a reader may see now, once known.
    pub end_offset: Option<i64>,
    /// Whether everything before `end_offset` was handed over when this was written.
    pub drained: bool,
}

impl Health {
    fn new(statistics: &Statistics, assigned: &[Assigned]) -> Self {
        // Negative ids are of connections that lead nothing: to bootstrap addresses and the group's coordinator.
        let up: HashMap<i32, bool> = statistics
            .brokers
            .values()
            .filter(|broker| broker.nodeid >= 0)
            .map(|broker| (broker.nodeid, broker.state == "UP"))
            .collect();
        let partition = |assigned: &Assigned| {
            let topic = statistics.topics.get(&assigned.topic);
            let partition = topic.and_then(|topic| topic.partitions.get(&assigned.partition));
            partition.map_or_else(PartitionHealth::default, |partition| {
                PartitionHealth::new(partition, &up)
            })
        };
        Self { partitions: assigned.iter().map(partition).collect(), counts: counts(statistics) }
    }
}

/// Partition −1 is librdkafka's own, for messages without one.
fn counts(statistics: &Statistics) -> BTreeMap<String, usize> {
    let known = |partition: &&Partition| partition.partition >= 0 && !partition.unknown;
    let count = |topic: &Topic| topic.partitions.values().filter(known).count();
    statistics.topics.iter().map(|(name, topic)| (name.clone(), count(topic))).collect()
}

impl PartitionHealth {
    fn new(partition: &Partition, up: &HashMap<i32, bool>) -> Self {
        let end_offset = Some(partition.ls_offset).filter(|offset| *offset >= 0);
        let fetched = end_offset.is_some_and(|end| partition.next_offset >= end);
        Self {
            reachable: up.get(&partition.leader).copied().unwrap_or(false),
            end_offset,
            drained: fetched && partition.fetchq_cnt == 0,
        }
    }
}

/// Keeps the newest statistics until the reader's thread asks.
#[derive(Debug, Default)]
pub(crate) struct Listener {
    assigned: Vec<Assigned>,
    newest: Mutex<Option<Health>>,
    quiet: Quiet,
}

impl Listener {
    pub(crate) fn new(assigned: Vec<Assigned>) -> Self {
        Self { assigned, newest: Mutex::default(), quiet: Quiet::default() }
    }

    pub(crate) fn take(&self) -> Option<Health> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl ClientContext for Listener {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.quiet.log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.quiet.error(&error, reason);
    }

    fn stats(&self, statistics: Statistics) {
        let health = Health::new(&statistics, &self.assigned);
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) = Some(health);
    }
}

impl ConsumerContext for Listener {}
