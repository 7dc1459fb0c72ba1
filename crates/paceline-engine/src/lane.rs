//! A lane: one thread's share of the partitions, with the record images that only it may touch.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use metrics::{counter, histogram};
use paceline_core::board::{Batch, Revision};
use paceline_core::change::{Change, Op};
use paceline_core::entity::EntityId;
use paceline_core::entry::Entry;
use paceline_core::fold::Fold;
use paceline_core::ledger::Tallies;
use paceline_core::record::{Applied, Images, Scratch};
use paceline_core::roster::Roster;
use paceline_crm::{DecodeError, Decoded, Decoder, Message};

use crate::freshness::{Cause, PartitionFreshness};
use crate::live::Live;
use crate::metric;
use crate::symbols::LaneSymbols;

/// A source, as a lane needs to know it.
#[derive(Debug)]
pub struct Source {
    /// Its topic.
    pub topic: String,
    /// What reads its messages.
    pub decoder: Decoder,
    /// Whether a message's key must be its record's id, because its partitions have images of their own.
    pub keyed: bool,
}

/// A partition of a source that a lane drives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partition {
    /// The index of the source.
    pub source: usize,
    /// The partition's number.
    pub number: i32,
    /// Its shard.
    pub shard: usize,
    /// The offset that must be counted before it has caught up, exclusive.
    pub target: i64,
}

/// A message that could not be decoded.
#[derive(Debug)]
pub struct Rejected {
    /// Why.
    pub error: DecodeError,
}

/// What taking a message did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// Records changed.
    Changed,
    /// Nothing new.
    Nothing,
}

/// One thread's share of the partitions.
#[derive(Debug)]
pub struct Lane {
    live: Arc<Live>,
    roster: Arc<Roster>,
    sources: Vec<Source>,
    partitions: Vec<Slot>,
    shards: Vec<Shard>,
    folds: Vec<Fold>,
    symbols: LaneSymbols,
    scratch: Scratch,
    counted: Counted,
    /// By how much the number of records with an open gap changed since the last commit, by entity.
    gaps: BTreeMap<EntityId, i64>,
}

/// What was taken since the last commit. Metrics are told once a commit: a counter costs as much as a fold.
#[derive(Debug, Default)]
struct Counted {
    messages: u32,
    changed: u64,
    stale: u64,
    ignored: u64,
}

/// A partition and what of it was taken since the last commit.
#[derive(Debug)]
struct Slot {
    partition: Partition,
    shard: usize,
    taken: PartitionFreshness,
    /// The keys of messages that could not be decoded, as far as they are remembered.
    quarantine: HashSet<Box<[u8]>>,
    moved: bool,
}

/// The most keys of a partition that are remembered; messages beyond stay quarantined for good.
const QUARANTINE: usize = 100_000;

/// The images and the uncommitted entries of one shard.
#[derive(Debug)]
struct Shard {
    id: usize,
    images: Vec<Images>,
    /// What the records add up to, until the lane has caught up: while the board is closed nobody looks, and
    /// nothing needs to be locked.
    early: Option<Tallies>,
    batch: Batch,
}

impl Shard {
    fn add(&mut self, entry: &Entry, time: Timestamp) {
        match &mut self.early {
            Some(tallies) => tallies.add(entry),
            None => self.batch.add(entry, time),
        }
    }
}

impl Lane {
    /// A lane over partitions. `sources` are all sources of the config, in their order.
    pub fn new(live: Arc<Live>, sources: Vec<Source>, partitions: &[Partition]) -> Self {
        let model = live.model().clone();
        let mut shards: Vec<Shard> = Vec::new();
        let mut slots = Vec::new();
        for partition in partitions {
            let known = shards.iter().position(|shard| shard.id == partition.shard);
            slots.push(Slot {
                partition: *partition,
                shard: known.unwrap_or(shards.len()),
                taken: PartitionFreshness::default(),
                quarantine: HashSet::new(),
                moved: false,
            });
            if known.is_none() {
                let images = model.entities.iter().map(Images::new).collect();
                shards.push(Shard {
                    id: partition.shard,
                    images,
                    early: Some(Tallies::default()),
                    batch: Batch::default(),
                });
            }
        }
        Self {
            folds: (0..model.entities.len() as u16)
                .map(|entity| Fold::new(&model, EntityId(entity)))
                .collect(),
            symbols: LaneSymbols::new(live.symbols().clone()),
            roster: live.roster().clone(),
            live,
            sources,
            partitions: slots,
            shards,
            scratch: Scratch::default(),
            counted: Counted::default(),
            gaps: BTreeMap::new(),
        }
    }

    /// The partitions it drives; the index into them names a partition in the other calls.
    pub fn partitions(&self) -> impl Iterator<Item = (usize, &Partition)> {
        self.partitions.iter().map(|slot| &slot.partition).enumerate()
    }

    /// How many records it holds, the deleted included.
    pub fn records(&self) -> usize {
        self.shards.iter().flat_map(|shard| &shard.images).map(Images::len).sum()
    }

    /// Takes one message of its partition `at`: decodes, merges and folds it. Nothing is visible before the
    /// commit.
    ///
    /// # Errors
    /// [`Rejected`] when the message cannot be decoded; nothing of it is counted then.
    pub fn take(&mut self, at: usize, message: &Message<'_>) -> Result<Taken, Rejected> {
        self.counted.messages += 1;
        let slot = &mut self.partitions[at];
        slot.moved = true;
        slot.taken.next_offset = message.offset + 1;
        slot.taken.taken += 1;
        let source = &mut self.sources[slot.partition.source];
        let change = match source.decoder.decode(message) {
            Ok(Decoded::Change(change)) => change,
            Ok(Decoded::Ignored(_)) => {
                self.counted.ignored += 1;
                return Ok(Taken::Nothing);
            }
            Err(error) => {
                counter!(metric::REJECTED, "topic" => source.topic.clone(), "reason" => error.reason()).increment(1);
                slot.quarantine(message.key);
                return Err(Rejected { error });
            }
        };
        slot.taken.event_time = slot.taken.event_time.max(Some(change.time));
        if source.keyed && change.ids.iter().any(|id| message.key != Some(id.as_bytes())) {
            self.live.set_cause(Cause::Misplaced { topic: source.topic.clone() }, true);
            // It is told once, and stays.
            source.keyed = false;
        }
        if change.op == Op::Full {
            slot.release(message.key);
        }
        Ok(self.apply(at, &change))
    }

    /// Commits what was taken since the last commit, and says what of the partitions is counted now.
    pub fn commit(&mut self, now: Timestamp) -> Option<Revision> {
        let counted = std::mem::take(&mut self.counted);
        if counted.messages == 0 {
            return None;
        }
        counted.publish();
        let filled = self.shards.iter().any(|shard| !shard.batch.is_empty());
        let batches = self.shards.iter().map(|shard| (shard.id, &shard.batch));
        let revision = filled.then(|| self.live.commit(batches, now));
        self.shards.iter_mut().for_each(|shard| shard.batch.clear());
        self.publish_freshness();
        revision
    }

    /// Tells that a partition has caught up with what was there at start; what was taken is committed first.
    /// Answers whether the board opened.
    pub fn caught_up(&mut self, at: usize, now: Timestamp) -> bool {
        self.commit(now);
        let Slot { partition, taken, .. } = &mut self.partitions[at];
        if std::mem::replace(&mut taken.caught_up, true) {
            return false;
        }
        let Partition { source, number, .. } = *partition;
        self.live.update_partition(source, number, |known| known.caught_up = true);
        if self.partitions.iter().all(|slot| slot.taken.caught_up) {
            self.hand_over();
        }
        self.live.partition_caught_up(now)
    }

    fn hand_over(&mut self) {
        for shard in &mut self.shards {
            if let Some(tallies) = shard.early.take() {
                self.live.adopt(shard.id, tallies);
            }
        }
    }

    /// The partitions whose target is reached and that were not told to have caught up yet.
    pub fn reached(&self) -> Vec<usize> {
        let reached =
            |slot: &Slot| !slot.taken.caught_up && slot.taken.next_offset >= slot.partition.target;
        self.partitions
            .iter()
            .enumerate()
            .filter(|(_, slot)| reached(slot))
            .map(|(at, _)| at)
            .collect()
    }

    fn apply(&mut self, at: usize, change: &Change<'_>) -> Taken {
        let Self {
            live, roster, partitions, shards, folds, symbols, scratch, counted, gaps, ..
        } = self;
        let shard = &mut shards[partitions[at].shard];
        let entity = usize::from(change.entity.0);
        if change.op == Op::Overflow {
            live.set_cause(Cause::Overflow { entity: change.entity }, true);
            if shard.images[entity].overflow() {
                folds[entity].overflow(|entry| shard.add(&entry, change.time));
            }
            return Taken::Changed;
        }
        let mut taken = Taken::Nothing;
        for id in &change.ids {
            let Applied::Changed(transition) =
                shard.images[entity].apply(change, id, symbols, scratch)
            else {
                continue;
            };
            taken = Taken::Changed;
            let opened = i64::from(transition.is.in_doubt) - i64::from(transition.was.in_doubt);
            if opened != 0 {
                partitions[at].taken.gaps += opened;
                *gaps.entry(change.entity).or_default() += opened;
            }
            folds[entity]
                .transition(transition, scratch, roster, |entry| shard.add(&entry, change.time));
        }
        match taken {
            Taken::Changed => counted.changed += 1,
            Taken::Nothing => counted.stale += 1,
        }
        taken
    }

    fn publish_freshness(&mut self) {
        let taken = self.partitions.iter_mut().filter_map(|slot| {
            let Partition { source, number, .. } = slot.partition;
            std::mem::take(&mut slot.moved).then(|| (source, number, slot.taken.clone()))
        });
        self.live.update_counted(taken, &std::mem::take(&mut self.gaps));
    }
}

impl Slot {
    /// Notes that a message could not be decoded: what it said of the record on its key is missing.
    fn quarantine(&mut self, key: Option<&[u8]>) {
        self.taken.rejected += 1;
        let known = key.is_some_and(|key| self.quarantine.contains(key));
        self.taken.quarantined += u64::from(!known);
        if let Some(key) = key.filter(|_| self.quarantine.len() < QUARANTINE) {
            self.quarantine.insert(key.into());
        }
    }

    /// Notes that a full image came on a key: it says all that a message before it could have.
    fn release(&mut self, key: Option<&[u8]>) {
        if !self.quarantine.is_empty() && key.is_some_and(|key| self.quarantine.remove(key)) {
            self.taken.quarantined -= 1;
        }
    }
}

impl Counted {
    fn publish(&self) {
        histogram!(metric::BATCH).record(self.messages);
        counter!(metric::CHANGES, "effect" => "changed").increment(self.changed);
        counter!(metric::CHANGES, "effect" => "stale").increment(self.stale);
        counter!(metric::IGNORED).increment(self.ignored);
    }
}
