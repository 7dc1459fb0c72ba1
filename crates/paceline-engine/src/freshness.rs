//! How fresh the numbers are: what of each partition is counted, and what is known to be missing.

use std::collections::BTreeSet;

use dashmap::DashMap;
use jiff::Timestamp;
use paceline_core::entity::EntityId;

/// What of the sources is counted. Lanes write it at every commit, readers copy it.
#[derive(Debug)]
pub struct Freshness {
    topics: Vec<String>,
    partitions: DashMap<(usize, i32), PartitionFreshness>,
    causes: DashMap<Cause, ()>,
}

/// What of one partition is counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartitionFreshness {
    /// The offset up to which everything is counted, exclusive.
    pub next_offset: i64,
    /// The offset up to which there was something when last heard, exclusive.
    pub end_offset: i64,
    /// The newest CRM time of a change that is counted.
    pub event_time: Option<Timestamp>,
    /// How many messages could not be decoded.
    pub rejected: u64,
    /// Records that changed in a way the source did not tell, and events that say so of a whole entity.
    pub gaps: u64,
    /// Whether all that was there at start is counted.
    pub caught_up: bool,
}

/// The freshness of one source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFreshness {
    /// Its topic.
    pub topic: String,
    /// Its partitions, in their order.
    pub partitions: Vec<(i32, PartitionFreshness)>,
}

/// Why the numbers are not complete.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// What was on the topic at start is not all counted yet.
    CatchingUp {
        /// The topic.
        topic: String,
    },
    /// The leader of some partition of a topic cannot be reached.
    BrokerUnreachable {
        /// The topic.
        topic: String,
    },
    /// After an interruption, what has come meanwhile is not all counted yet.
    Recovering {
        /// The topic.
        topic: String,
    },
    /// The source lost changes of records it did not name.
    Overflow {
        /// Their entity.
        entity: EntityId,
    },
    /// A topic has more partitions than at start: they are not read before the next, and if keys moved to
    /// them, records are in two shards.
    PartitionsAdded {
        /// The topic.
        topic: String,
    },
    /// Reading failed in a way that does not mend itself.
    Unreadable {
        /// What the client said.
        error: String,
    },
}

impl PartitionFreshness {
    /// How many offsets are not counted yet.
    pub fn lag(&self) -> i64 {
        (self.end_offset - self.next_offset).max(0)
    }
}

impl Freshness {
    /// Nothing counted yet of topics, all of them catching up.
    pub fn new(topics: Vec<String>) -> Self {
        let causes =
            topics.iter().map(|topic| (Cause::CatchingUp { topic: topic.clone() }, ())).collect();
        Self { topics, partitions: DashMap::new(), causes }
    }

    /// Changes what is known of a partition.
    pub fn update(
        &self,
        source: usize,
        partition: i32,
        update: impl FnOnce(&mut PartitionFreshness),
    ) {
        update(&mut self.partitions.entry((source, partition)).or_default());
    }

    /// What is known of a partition.
    pub fn partition(&self, source: usize, partition: i32) -> PartitionFreshness {
        self.partitions.get(&(source, partition)).map(|known| known.clone()).unwrap_or_default()
    }

    /// All sources.
    pub fn sources(&self) -> Vec<SourceFreshness> {
        let mut sources: Vec<_> = self
            .topics
            .iter()
            .map(|topic| SourceFreshness { topic: topic.clone(), partitions: Vec::new() })
            .collect();
        for entry in &self.partitions {
            let (source, partition) = *entry.key();
            sources[source].partitions.push((partition, entry.value().clone()));
        }
        sources
            .iter_mut()
            .for_each(|source| source.partitions.sort_by_key(|(partition, _)| *partition));
        sources
    }

    /// Per topic the newest CRM time that is counted.
    pub fn covered(&self) -> Vec<(String, Option<Timestamp>)> {
        let newest = |source: SourceFreshness| {
            let times = source.partitions.iter().filter_map(|(_, partition)| partition.event_time);
            (source.topic, times.max())
        };
        self.sources().into_iter().map(newest).collect()
    }

    /// Raises or clears a cause. Answers whether that changed anything.
    pub fn set_cause(&self, cause: Cause, raised: bool) -> bool {
        if raised {
            self.causes.insert(cause, ()).is_none()
        } else {
            self.causes.remove(&cause).is_some()
        }
    }

    /// Everything that makes the numbers incomplete; nothing when they are complete.
    pub fn causes(&self) -> BTreeSet<Cause> {
        self.causes.iter().map(|entry| entry.key().clone()).collect()
    }
}
