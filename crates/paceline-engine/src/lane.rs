//! A lane: one thread's share of the partitions, with the record images that only it may touch.

mod answer;
mod rates;
mod reps;
mod said;
mod shard;
mod slot;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use metrics::{counter, histogram};
use paceline_core::basis::{Basis, Difference};
use paceline_core::board::Revision;
use paceline_core::change::{Change, Op};
use paceline_core::entity::EntityId;
use paceline_core::fold::Fold;
use paceline_core::record::{Applied, Place, Scratch};
use paceline_crm::{DecodeError, Decoded, Decoder, Message};
use smallvec::SmallVec;

use crate::freshness::Cause;
use crate::live::Live;
use crate::metric;
use crate::symbols::LaneSymbols;
use answer::Answered;
use rates::Rates;
use reps::Reps;
use said::Said;
use shard::Shard;
use slot::Slot;

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

/// How many messages walk through the rooms together. All are decoded, then all their records are found, then all are
/// merged and folded, then all entries are added: steps of one kind wait for memory at the same time rather than one
/// after the other. More would not stay in the nearest cache meanwhile.
const GROUP: usize = 16;

/// Changes of a group, each with the index of its partition and its offset in it.
type Group<'a> = SmallVec<[(usize, i64, Change<'a>); GROUP]>;

/// One thread's share of the partitions.
#[derive(Debug)]
pub struct Lane {
    live: Arc<Live>,
    /// Its number among the lanes.
    number: usize,
    basis: Arc<Basis>,
    /// The number of the basis, and the last that was told to be folded by.
    version: u64,
    told: u64,
    reps: Option<Reps>,
    rates: Option<Rates>,
    sources: Vec<Source>,
    partitions: Vec<Slot>,
    shards: Vec<Shard>,
    folds: Vec<Fold>,
    /// The records of a group. Kept between groups for its memory.
    places: Vec<Place>,
    symbols: LaneSymbols,
    scratch: Scratch,
    counted: Counted,
    /// By how much the number of records with an open gap changed since the last commit, by entity.
    gaps: BTreeMap<EntityId, i64>,
    answered: Answered,
}

/// What was taken since the last commit. Metrics are told once a commit: a counter costs as much as a fold.
#[derive(Debug, Default)]
struct Counted {
    messages: u32,
    changed: u64,
    stale: u64,
    ignored: u64,
}

impl Lane {
    /// A lane over partitions. `sources` are all sources of the config, in their order.
    pub fn new(live: Arc<Live>, sources: Vec<Source>, partitions: &[Partition]) -> Self {
        let model = live.model().clone();
        let (number, version) = live.bases().join();
        let mut shards: Vec<Shard> = Vec::new();
        let mut slots = Vec::new();
        for partition in partitions {
            let known = shards.iter().position(|shard| shard.id == partition.shard);
            slots.push(Slot::new(*partition, known.unwrap_or(shards.len())));
            if known.is_none() {
                shards.push(Shard::new(partition.shard, &model));
            }
        }
        Self {
            folds: (0..model.entities.len() as u16)
                .map(|entity| Fold::new(&model, EntityId(entity)))
                .collect(),
            places: Vec::new(),
            symbols: LaneSymbols::new(live.symbols().clone()),
            number,
            basis: version.basis,
            version: version.number,
            told: version.number,
            reps: live.reps_from().cloned().map(Reps::new),
            rates: model.rates.map(Rates::new),
            live,
            sources,
            partitions: slots,
            shards,
            scratch: Scratch::default(),
            counted: Counted::default(),
            gaps: BTreeMap::new(),
            answered: Answered::default(),
        }
    }

    /// The partitions it drives; the index into them names a partition in the other calls.
    pub fn partitions(&self) -> impl Iterator<Item = (usize, &Partition)> {
        self.partitions.iter().map(|slot| &slot.partition).enumerate()
    }

    /// How many records it holds, the deleted included.
    pub fn records(&self) -> usize {
        self.shards.iter().map(|shard| shard.records.len()).sum()
    }

    /// Takes messages, each of the partition with the index beside it: decodes, merges and folds them. Nothing is
    /// visible before the commit. Of a message that cannot be decoded nothing is counted; `rejected` is told the place
    /// it has among the messages, and why.
    pub fn take<'a>(
        &mut self,
        messages: impl IntoIterator<Item = (usize, Message<'a>)>,
        mut rejected: impl FnMut(usize, DecodeError),
    ) {
        self.follow();
        let mut group = Group::new();
        for (nth, (at, message)) in messages.into_iter().enumerate() {
            match self.decode(at, &message) {
                Ok(Some(change)) => group.push((at, message.offset, change)),
                Ok(None) => {}
                Err(error) => rejected(nth, error),
            }
            if group.len() == GROUP {
                self.apply(&group);
                group.clear();
            }
        }
        self.apply(&group);
    }

    /// The change that a message says, unless it concerns nothing of the model.
    fn decode<'a>(
        &mut self,
        at: usize,
        message: &Message<'a>,
    ) -> Result<Option<Change<'a>>, DecodeError> {
        self.counted.messages += 1;
        let slot = &mut self.partitions[at];
        slot.pass(message.offset);
        let source = &mut self.sources[slot.partition.source];
        let change = match source.decoder.decode(message) {
            Ok(Decoded::Change(change)) => change,
            Ok(Decoded::Ignored(_)) => {
                self.counted.ignored += 1;
                return Ok(None);
            }
            Err(error) => {
                counter!(metric::REJECTED, "topic" => source.topic.clone(), "reason" => error.reason()).increment(1);
                slot.quarantine(message.key);
                return Err(error);
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
        Ok(Some(change))
    }

    /// Folds by the newest basis: what records contribute by it is to be committed in place of what they did before.
    fn follow(&mut self) {
        if self.live.bases().newest() == self.version {
            return;
        }
        let newest = self.live.bases().current();
        let difference = Difference::new(&self.basis, &newest.basis);
        let Self { folds, shards, symbols, scratch, .. } = self;
        for (entity, fold) in folds.iter().enumerate() {
            if fold.is_concerned(&difference) {
                let entity = EntityId(entity as u16);
                for shard in shards.iter_mut() {
                    let with = (&mut *symbols, &mut *scratch);
                    let versions = (self.version, newest.number);
                    shard.refold(entity, fold, &difference, with, (newest.since, versions));
                }
            }
        }
        drop(difference);
        (self.basis, self.version) = (newest.basis, newest.number);
    }

    /// Commits what was taken since the last commit, and says what of the partitions is counted now. What became of the
    /// reps and rates meanwhile is followed, also where nothing was taken. Who asks for records is answered then; until they
    /// have it from all lanes there is no commit.
    pub fn commit(&mut self, now: Timestamp) -> Option<Revision> {
        if self.is_held() {
            return None;
        }
        if let Some(reps) = &mut self.reps {
            let said = reps.take();
            if !said.is_empty() {
                self.live.say_reps(said, now);
            }
        }
        if let Some(rates) = &mut self.rates {
            let said = rates.take();
            if !said.is_empty() {
                self.live.say_rates(said, now);
            }
        }
        self.follow();
        let revision = self.commit_batches(now);
        let counted = std::mem::take(&mut self.counted);
        if counted.messages > 0 {
            counted.publish();
            self.publish_freshness();
        }
        if self.told != self.version {
            self.told = self.version;
            self.live.followed(self.number, self.version, now);
        }
        self.answer();
        revision
    }

    fn commit_batches(&mut self, now: Timestamp) -> Option<Revision> {
        // They may be of any shard, and the board does not ask.
        if let Some(shard) = self.shards.first_mut() {
            self.symbols.met().for_each(|(symbol, joint)| shard.batch.define(symbol, joint));
        }
        let filled = self.shards.iter().any(|shard| !shard.batch.is_empty());
        let batches = self.shards.iter().map(|shard| (shard.id, &shard.batch));
        let revision = filled.then(|| self.live.commit(batches, now));
        self.shards.iter_mut().for_each(|shard| shard.batch.clear());
        revision
    }

    /// Tells that a partition has caught up with what was there at start; what was taken is committed first.
    pub fn caught_up(&mut self, at: usize, now: Timestamp) {
        self.commit(now);
        let Slot { partition, taken, .. } = &mut self.partitions[at];
        if std::mem::replace(&mut taken.caught_up, true) {
            return;
        }
        let Partition { source, number, .. } = *partition;
        self.live.update_partition(source, number, |known| known.caught_up = true);
        if self.partitions.iter().all(|slot| slot.taken.caught_up) {
            self.hand_over();
        }
        self.live.partition_caught_up(now);
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

    /// Merges and folds a group: first finds all its records, then changes them, then adds to the tallies.
    fn apply(&mut self, group: &[(usize, i64, Change<'_>)]) {
        self.find(group);
        let mut places = std::mem::take(&mut self.places);
        for (at, offset, change) in group {
            let own = places.drain(..records(change).len());
            self.change((*at, *offset), change, own);
        }
        self.places = places;
        self.shards.iter_mut().for_each(Shard::add_entries);
    }

    /// Finds the records of a group, in the order of its changes.
    fn find(&mut self, group: &[(usize, i64, Change<'_>)]) {
        for (at, _, change) in group {
            let shard = &mut self.shards[self.partitions[*at].shard];
            let places = records(change).iter().map(|id| shard.records.place(change.entity, id));
            self.places.extend(places);
        }
    }

    fn change(
        &mut self,
        (at, offset): (usize, i64),
        change: &Change<'_>,
        places: impl Iterator<Item = Place>,
    ) {
        let Self {
            live,
            basis,
            partitions,
            shards,
            folds,
            symbols,
            scratch,
            counted,
            gaps,
            reps,
            rates,
            ..
        } = self;
        let Shard { records: kept, entries, batch, early, .. } = &mut shards[partitions[at].shard];
        let said = Said::of(&partitions[at].partition, offset, change);
        let is_noted = early.is_none();
        if change.op == Op::Overflow {
            live.set_cause(Cause::Overflow { entity: change.entity }, true);
            if kept.overflow(change.entity) {
                let fold = &folds[usize::from(change.entity.0)];
                let of = batch.notes().next();
                fold.overflow(|entry| entries.push((entry, change.time, of)));
                if is_noted && !entries.is_empty() {
                    batch.notes().close(said.source(""));
                }
            }
            counted.changed += 1;
            return;
        }
        let mut reps = reps.as_mut().and_then(|reps| reps.learning(change, symbols));
        let mut rates = rates.as_mut().and_then(|rates| rates.of(change.entity));
        let mut changed = false;
        for (place, id) in places.zip(records(change)) {
            let of = batch.notes().next();
            let noted = (entries.len(), batch.notes().scheduled());
            let tell = |entity: EntityId, transition, scratch: &Scratch, symbols: &mut _| {
                let fold = &folds[usize::from(entity.0)];
                fold.transition(transition, scratch, basis, symbols, |entry| {
                    entries.push((entry, change.time, of));
                });
                fold.schedule(transition, scratch, basis, symbols, |at, entry| {
                    batch.schedule(at, &entry, change.time);
                    if is_noted {
                        batch.notes().schedule(of, at, &entry);
                    }
                });
            };
            let applied = kept.change(place, change, symbols, scratch, tell);
            if is_noted && noted != (entries.len(), batch.notes().scheduled()) {
                batch.notes().close(said.source(id));
            }
            let Applied::Changed(transition) = applied else { continue };
            changed = true;
            let opened = i64::from(transition.is.in_doubt) - i64::from(transition.was.in_doubt);
            if opened != 0 {
                partitions[at].taken.gaps += opened;
                *gaps.entry(change.entity).or_default() += opened;
            }
            if let Some(reps) = &mut reps {
                reps.note(id, transition.is, &scratch.new, said.origin());
            }
            if let Some(rates) = &mut rates {
                rates.note(id, transition.is, &scratch.new, said.origin());
            }
        }
        if changed { counted.changed += 1 } else { counted.stale += 1 }
    }

    fn publish_freshness(&mut self) {
        let taken = self.partitions.iter_mut().filter_map(|slot| {
            let Partition { source, number, .. } = slot.partition;
            std::mem::take(&mut slot.moved).then(|| (source, number, slot.taken.clone()))
        });
        self.live.update_counted(taken, &std::mem::take(&mut self.gaps));
    }
}

/// The records that a change speaks of one by one; an overflow may be of any.
fn records<'c, 'a>(change: &'c Change<'a>) -> &'c [Cow<'a, str>] {
    if change.op == Op::Overflow { &[] } else { &change.ids }
}

impl Counted {
    fn publish(&self) {
        histogram!(metric::BATCH).record(self.messages);
        counter!(metric::CHANGES, "effect" => "changed").increment(self.changed);
        counter!(metric::CHANGES, "effect" => "stale").increment(self.stale);
        counter!(metric::IGNORED).increment(self.ignored);
    }
}
