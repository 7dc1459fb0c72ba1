//! How fresh the numbers are: what of each partition is counted, and what is known to be missing.
//!
//! Causes of incompleteness are derived from what is known of the partitions, so that what one lane knows
//! cannot clear what another has found. Readers get a summary that is made once a change, not once a reader.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use paceline_core::entity::EntityId;
use paceline_core::facts::Finding;

/// How many facts that cannot hold are told one by one: every frame tells of them.
const FINDINGS: usize = 20;

/// What of the sources is counted.
#[derive(Debug)]
pub struct Freshness {
    topics: Vec<String>,
    /// How many of the topics are sources; those after them hold the service's own records.
    sources: usize,
    /// Held for a handful of words; no other lock is taken meanwhile.
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    sources: Vec<BTreeMap<i32, PartitionFreshness>>,
    /// Records of each entity that changed in a way that was not told.
    gaps: BTreeMap<EntityId, i64>,
    raised: BTreeSet<Cause>,
    /// Facts of reps that cannot hold.
    findings: BTreeSet<Finding>,
    open: bool,
    summary: Arc<Summary>,
}

/// What readers are told of all sources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Per topic up to which CRM time its changes are counted: the newest, or while partitions lag behind the
    /// oldest that such a partition has come to.
    pub covered: Vec<(String, Option<Timestamp>)>,
    /// Everything that makes the numbers incomplete; nothing when they are complete.
    pub causes: BTreeSet<Cause>,
    /// The sources that lag behind by more than they may, by their indexes.
    pub(crate) lagging: BTreeSet<usize>,
}

/// What of one partition is counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartitionFreshness {
    /// The offset up to which everything is counted, exclusive.
    pub next_offset: i64,
    /// The offset up to which there was something when last heard, exclusive.
    pub end_offset: i64,
    /// How many messages were taken since the start.
    pub taken: u64,
    /// The newest CRM time of a change that is counted.
    pub event_time: Option<Timestamp>,
    /// How many messages could not be decoded.
    pub rejected: u64,
    /// Messages that could not be decoded, and whose key no later full image has come on.
    pub quarantined: u64,
    /// Records that changed in a way the source did not tell, less those whose full image came since.
    pub gaps: i64,
    /// Whether all that was there at start is counted.
    pub caught_up: bool,
    /// How its connection is.
    pub link: Link,
    /// What has come and is not counted, and since when that was known.
    pub owed: Option<Owed>,
    /// Whether that is longer than it may be.
    pub lags: bool,
}

/// Messages that have come and are not counted yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owed {
    /// The offset up to which they go, exclusive.
    pub until: i64,
    /// When they were first heard of.
    pub since: Timestamp,
}

/// How the connection to a partition's leader is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Link {
    /// Up, and nothing is owed.
    #[default]
    Up,
    /// Down.
    Down,
    /// Up again, and what has come meanwhile is not all counted.
    Recovering,
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
    /// Records changed in a way that the source did not tell, and their full image has not come since.
    Gapped {
        /// Their entity.
        entity: EntityId,
    },
    /// The source lost changes of records it did not name.
    Overflow {
        /// Their entity.
        entity: EntityId,
    },
    /// Messages could not be decoded, and no full image has come on their key since.
    Quarantined {
        /// The topic.
        topic: String,
    },
    /// A topic did not begin at its beginning when it was read: what retention took is not counted.
    Truncated {
        /// The topic.
        topic: String,
    },
    /// Keys are not the ids of the records, so that a record may be counted in several partitions.
    Misplaced {
        /// The topic.
        topic: String,
    },
    /// A topic has more partitions than it was read with: they are not read before the next start, and records
    /// whose keys moved to them may be counted twice after it.
    PartitionsAdded {
        /// The topic.
        topic: String,
    },
    /// Time zones, calendars or time off of reps are others, or rates of currencies are, and the records that are counted
    /// by them are not all counted anew yet.
    Revaluing,
    /// A fact of a rep cannot hold, and another stands for it.
    WrongFact {
        /// Whose it is, and what is wrong with it; or how many more there are.
        problem: String,
    },
    /// What has come on a topic was not counted for longer than it may take.
    Lagging {
        /// The topic.
        topic: String,
    },
    /// A topic of the service's own records takes nothing: statuses are not remembered, and alerts wait.
    Unwritable {
        /// The topic.
        topic: String,
    },
    /// A topic of the service's own records is kept otherwise than it must be: some of them may be lost without a word.
    Miskept {
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
    /// Notes how far the partition goes now; `drained` says that it was read to its end, where the last offsets may be no
    /// messages. `patience` is for how long what has come may stay uncounted.
    pub fn hear(
        &mut self,
        end_offset: i64,
        drained: bool,
        now: Timestamp,
        patience: SignedDuration,
    ) {
        self.end_offset = self.end_offset.max(end_offset);
        self.owed = self.owed.filter(|_| !drained);
        self.settle();
        if self.owed.is_none() && self.lag() > 0 && !drained {
            self.owed = Some(Owed { until: self.end_offset, since: now });
        }
        self.lags = self.owed.is_some_and(|owed| now.duration_since(owed.since) > patience);
    }

    /// What is counted is owed no longer. What came after it is heard of when it is heard of next.
    fn settle(&mut self) {
        self.owed = self.owed.filter(|owed| self.next_offset < owed.until);
        self.lags &= self.owed.is_some();
    }

    /// How many offsets are not counted yet.
    pub fn lag(&self) -> i64 {
        (self.end_offset - self.next_offset).max(0)
    }
}

impl Freshness {
    /// Nothing counted yet of topics, all of them catching up.
    pub fn new(topics: Vec<String>) -> Self {
        let sources = topics.iter().map(|_| BTreeMap::new()).collect();
        let (count, known) = (topics.len(), Known { sources, ..Known::default() });
        let freshness = Self { topics, sources: count, known: Mutex::new(known) };
        freshness.change(|_| {});
        freshness
    }

    /// Counts a topic of the service's own records too, whose index is that after the last. It is waited for and tells
    /// of causes like a source, and covers no time of a CRM.
    pub(crate) fn add_own(&mut self, topic: String) {
        self.topics.push(topic);
        self.change(|known| known.sources.push(BTreeMap::new()));
    }

    /// The topic of an index among those that the board is made of.
    pub fn topic(&self, source: usize) -> &str {
        self.topics.get(source).map(String::as_str).unwrap_or_default()
    }

    /// Changes what is known of a partition. Answers whether the causes are others than before.
    pub fn update(
        &self,
        source: usize,
        partition: i32,
        update: impl FnOnce(&mut PartitionFreshness),
    ) -> bool {
        self.change(|known| update(known.sources[source].entry(partition).or_default()))
    }

    /// Changes what is known of several partitions and of the gaps of entities, at once.
    pub(crate) fn commit(
        &self,
        partitions: impl IntoIterator<Item = (usize, i32, PartitionFreshness)>,
        gaps: &BTreeMap<EntityId, i64>,
    ) -> bool {
        self.change(|known| {
            for (source, partition, taken) in partitions {
                known.sources[source].entry(partition).or_default().take(taken);
            }
            for (entity, gaps) in gaps {
                *known.gaps.entry(*entity).or_default() += gaps;
            }
        })
    }

    /// Raises or clears a cause that does not follow from the partitions. Answers whether the causes are others
    /// than before.
    pub fn set_cause(&self, cause: Cause, raised: bool) -> bool {
        self.change(|known| {
            known.raised.remove(&cause);
            known.raised.extend(raised.then_some(cause));
        })
    }

    /// Sets the facts of reps that cannot hold.
    pub(crate) fn set_findings(&self, findings: BTreeSet<Finding>) {
        self.change(|known| known.findings = findings);
    }

    /// Notes that everything there was at start is counted.
    pub(crate) fn open(&self) {
        self.change(|known| known.open = true);
    }

    /// What readers are told.
    pub fn summary(&self) -> Arc<Summary> {
        self.known().summary.clone()
    }

    /// Everything that makes the numbers incomplete; nothing when they are complete.
    pub fn causes(&self) -> BTreeSet<Cause> {
        self.summary().causes.clone()
    }

    /// All sources.
    pub fn sources(&self) -> Vec<SourceFreshness> {
        let known = self.known();
        let sources = self.topics.iter().zip(&known.sources);
        let source =
            |(topic, partitions): (&String, &BTreeMap<i32, PartitionFreshness>)| SourceFreshness {
                topic: topic.clone(),
                partitions: partitions
                    .iter()
                    .map(|(number, known)| (*number, known.clone()))
                    .collect(),
            };
        sources.map(source).collect()
    }

    fn change(&self, change: impl FnOnce(&mut Known)) -> bool {
        let mut known = self.known();
        change(&mut known);
        let summary = known.summarise(&self.topics, self.sources);
        let others = summary.causes != known.summary.causes;
        known.summary = Arc::new(summary);
        others
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Every change is of single words, so a panic in between leaves nothing that contradicts itself.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PartitionFreshness {
    /// Takes over what a lane has counted; how far the partition goes and how its link is, others know.
    fn take(&mut self, taken: Self) {
        let end_offset = self.end_offset.max(taken.next_offset);
        let Self { link, caught_up, owed, lags, .. } = *self;
        *self = Self { end_offset, link, caught_up, owed, lags, ..taken };
        self.settle();
    }
}

impl Known {
    fn summarise(&self, topics: &[String], sources: usize) -> Summary {
        let mut causes = self.raised.clone();
        let lags = |partitions: &BTreeMap<_, PartitionFreshness>| {
            self.open && partitions.values().any(|known| known.lags)
        };
        let of_sources = self.sources.iter().take(sources).enumerate();
        let lagging: BTreeSet<usize> =
            of_sources.filter(|(_, known)| lags(known)).map(|(at, _)| at).collect();
        causes.extend(lagging.iter().map(|at| Cause::Lagging { topic: topics[*at].clone() }));
        for (topic, partitions) in topics.iter().zip(&self.sources) {
            let any =
                |condition: fn(&PartitionFreshness) -> bool| partitions.values().any(condition);
            let topic = || topic.clone();
            let behind = partitions.is_empty() || any(|known| !known.caught_up);
            causes.extend((!self.open && behind).then(|| Cause::CatchingUp { topic: topic() }));
            causes.extend(
                any(|known| known.link == Link::Down)
                    .then(|| Cause::BrokerUnreachable { topic: topic() }),
            );
            causes.extend(
                any(|known| known.link == Link::Recovering)
                    .then(|| Cause::Recovering { topic: topic() }),
            );
            causes.extend(
                any(|known| known.quarantined > 0).then(|| Cause::Quarantined { topic: topic() }),
            );
        }
        causes.extend(
            self.gaps
                .iter()
                .filter(|(_, gaps)| **gaps > 0)
                .map(|(entity, _)| Cause::Gapped { entity: *entity }),
        );
        causes.extend(wrong_facts(&self.findings));
        let covered = topics
            .iter()
            .zip(&self.sources)
            .take(sources)
            .map(|(topic, partitions)| (topic.clone(), covered(partitions)));
        Summary { covered: covered.collect(), causes, lagging }
    }
}

fn wrong_facts(findings: &BTreeSet<Finding>) -> impl Iterator<Item = Cause> {
    let named = findings.iter().take(FINDINGS).map(ToString::to_string);
    let more = findings.len().saturating_sub(FINDINGS);
    let others = (more > 0).then(|| format!("{more} more facts of reps cannot hold"));
    named.chain(others).map(|problem| Cause::WrongFact { problem })
}

fn covered(partitions: &BTreeMap<i32, PartitionFreshness>) -> Option<Timestamp> {
    let lagging = partitions.values().filter(|known| known.lag() > 0);
    let newest = || partitions.values().filter_map(|known| known.event_time).max();
    lagging.map(|known| known.event_time).min().unwrap_or_else(newest)
}
