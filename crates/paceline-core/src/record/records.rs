//! The records of one shard: the images of all entities, kept in step with the records that they name.
//!
//! What a record borrows of another stands in cells of its own, so whoever folds it need not know. When the other
//! changes, each record that names it is told of as if it had changed itself; and likewise the record whose splits change.
//! So a change of one record may be told of as the transitions of many, each from what was told of it last.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use smallvec::SmallVec;

use super::merge::difference;
use super::named::symbol;
use super::ties::{SplitTie, Tie, Ties, ties};
use super::{Applied, Images, Life, Place, Scratch, Transition};
use crate::change::{Change, Mention, Value};
use crate::entity::{EntityId, FieldId};
use crate::expr::{Cell, Row};
use crate::extra::Splits;
use crate::model::Model;
use crate::shares::{Shares, Split};
use crate::symbol::{Intern, Symbol};

/// The records of one shard.
#[derive(Debug)]
pub struct Records {
    /// By entity.
    images: Vec<Images>,
    /// By entity; none for one that names no other and is named by none, so that it pays nothing.
    ties: Vec<Option<Box<Ties>>>,
    owners: Owners,
    /// The record that is told of beside the one that changed. Kept for its memory.
    near: Scratch,
}

/// The ids of the reps that splits name, for their order.
#[derive(Debug, Default)]
struct Owners(HashMap<Symbol, Box<str>, FixedState>);

/// A split as one record has it.
#[derive(Clone, Copy, Debug)]
struct Said {
    slot: u32,
    life: Life,
    split: Split,
}

type AllSaid = SmallVec<[Said; 4]>;

impl Records {
    /// No records.
    pub fn new(model: &Model) -> Self {
        Self {
            images: model.entities.iter().map(Images::new).collect(),
            ties: ties(model),
            owners: Owners::default(),
            near: Scratch::default(),
        }
    }

    /// How many records were ever seen, the deleted included.
    pub fn len(&self) -> usize {
        self.images.iter().map(Images::len).sum()
    }

    /// Whether no record was ever seen.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The place of a record; see [`Images::place`].
    pub fn place(&mut self, entity: EntityId, id: &str) -> Place {
        self.images[usize::from(entity.0)].place(id)
    }

    /// Notes that any record of an entity may have changed in a way that was not told. Answers whether that is new.
    pub fn overflow(&mut self, entity: EntityId) -> bool {
        self.images[usize::from(entity.0)].overflow()
    }

    /// Applies a change to the record at a place. `tell` is called for it, if it has become another, and for each record
    /// that thereby has become another too: with its entity, from what to what it went, and its cells before and after.
    pub fn change<I: Intern>(
        &mut self,
        place: Place,
        change: &Change<'_>,
        symbols: &mut I,
        scratch: &mut Scratch,
        mut tell: impl FnMut(EntityId, Transition, &Scratch, &mut I),
    ) -> Applied {
        let (at, slot) = (usize::from(change.entity.0), place.slot);
        let applied = self.images[at].merge(place, change, symbols, scratch);
        let Applied::Changed(mut transition) = applied else { return applied };
        if self.ties[at].is_none() {
            tell(change.entity, transition, scratch, symbols);
            return applied;
        }
        self.owners.note(self.ties[at].as_deref(), &self.ties, change, symbols);
        let own = self.own_symbol(at, slot, symbols);
        transition.changed |= self.follow_links(at, slot, scratch);
        transition.changed |= self.share(at, slot, scratch);
        tell(change.entity, transition, scratch, symbols);
        // The splits come first: whatever is told of a record that they split takes them as they are now.
        self.resplit(at, slot, transition, scratch, symbols, &mut tell);
        if let Some((own, is_new)) = own {
            let borrowed = self.ties[at].as_ref().map_or(0, |ties| ties.borrowed);
            let differs = transition.was != transition.is || transition.changed & borrowed != 0;
            // What is first heard of a record may be that it is dead, which is more than was known of it.
            if is_new || differs {
                self.lend(at, own, transition, scratch, symbols, &mut tell);
            }
        }
        Applied::Changed(transition)
    }

    /// All records of an entity: a number by which [its id](Self::id) is found, whether they count, and their cells and shares as
    /// they are, in `scratch.new` and after.
    pub fn for_each(
        &self,
        entity: EntityId,
        scratch: &mut Scratch,
        mut visit: impl FnMut(u32, Life, &Scratch),
    ) {
        let Self { images, ties, owners, .. } = self;
        let at = usize::from(entity.0);
        for slot in 0..images[at].len() as u32 {
            let life = images[at].read(slot, &mut scratch.new);
            share(images, ties, owners, at, slot, scratch);
            visit(slot, life, scratch);
        }
    }

    /// The id of a record of an entity.
    pub fn id(&self, entity: EntityId, slot: u32) -> String {
        self.images[usize::from(entity.0)].with_id(slot, str::to_owned)
    }

    /// The symbol of a record's id and whether the record is first seen, if others may name it.
    fn own_symbol(
        &mut self,
        at: usize,
        slot: u32,
        symbols: &mut impl Intern,
    ) -> Option<(Symbol, bool)> {
        let images = &self.images[at];
        let named = self.ties[at].as_mut()?.named.as_mut()?;
        let is_new = named.known(slot).is_none();
        let symbol = named.symbol(slot, || images.with_id(slot, |id| symbols.intern(id)));
        Some((symbol, is_new))
    }

    /// Borrows anew where a record names others than before. Answers which cells are others.
    fn follow_links(&mut self, at: usize, slot: u32, scratch: &mut Scratch) -> u64 {
        let mut ties = self.ties[at].take();
        let mut changed = 0;
        for tie in ties.iter_mut().flat_map(|ties| &mut ties.links) {
            let field = usize::from(tie.link.field.0);
            let (old, new) = (scratch.old[field], scratch.new[field]);
            if old == new {
                continue;
            }
            symbol(old).into_iter().for_each(|old| tie.namers.remove(slot, old));
            symbol(new).into_iter().for_each(|new| tie.namers.insert(slot, new));
            let named = self.named(tie, new);
            for (cell, value) in tie.borrowed(&named) {
                changed |= u64::from(scratch.new[usize::from(cell.0)] != value) << cell.0;
                scratch.new[usize::from(cell.0)] = value;
            }
        }
        self.ties[at] = ties;
        self.images[at].write(slot, &scratch.new, changed);
        changed
    }

    /// What a link that holds a cell leads to.
    fn named(&self, tie: &Tie, cell: Cell) -> Lent<impl Fn(FieldId) -> Cell> {
        let at = usize::from(tie.link.entity.0);
        let named = self.ties[at].as_ref().and_then(|ties| ties.named.as_ref());
        let slot = symbol(cell).and_then(|symbol| named?.slot(symbol));
        let life = slot.map(|slot| self.images[at].life(slot)).unwrap_or_default();
        let lent = move |field| match slot {
            Some(slot) if life.alive => self.images[at].cell(slot, field),
            Some(_) => Cell::Null,
            None if cell == Cell::Null => Cell::Null,
            None => Cell::Unknown,
        };
        Lent { in_doubt: life.in_doubt, cell: lent }
    }

    /// Works out who shares in a record, the same before and after. Answers whether the cell that stands for it is
    /// another.
    fn share(&mut self, at: usize, slot: u32, scratch: &mut Scratch) -> u64 {
        let Self { images, ties, owners, .. } = self;
        let changed = share(images, ties, owners, at, slot, scratch);
        self.images[at].write(slot, &scratch.new, changed);
        changed
    }

    /// Tells of the records that a split of another cell shares in.
    fn resplit<I: Intern>(
        &mut self,
        at: usize,
        slot: u32,
        transition: Transition,
        scratch: &Scratch,
        symbols: &mut I,
        tell: &mut impl FnMut(EntityId, Transition, &Scratch, &mut I),
    ) {
        let Self { images, ties, owners, near } = self;
        let Some(own) = &ties[at] else { return };
        for (record, nth) in &own.splits_of {
            let Some(theirs) = &ties[*record] else { continue };
            let SplitTie { cell, splits, link } = theirs.splits[*nth];
            if transition.was == transition.is && transition.changed & fields(&splits) == 0 {
                continue;
            }
            let before = Said::new(slot, transition.was, &scratch.old, &splits);
            let after = Said::new(slot, transition.is, &scratch.new, &splits);
            let was = symbol(scratch.old[usize::from(splits.record.0)]);
            let is = symbol(scratch.new[usize::from(splits.record.0)]);
            let targets = was.into_iter().chain(is.filter(|is| Some(*is) != was));
            for target in targets {
                let found = theirs.named.as_ref().and_then(|named| named.slot(target));
                let Some(found) = found else { continue };
                let namers = own.links[link].namers.of(target).filter(|namer| *namer != slot);
                let others = said(&images[at], namers, &splits);
                let with = |own: Option<Said>| {
                    let mut all = others.clone();
                    all.extend(own);
                    (is_doubtful(&all), shares(all, &images[at], owners))
                };
                let (_, old) = with((was == Some(target)).then_some(before));
                let (in_doubt, new) = with((is == Some(target)).then_some(after));
                let life = images[*record].read(found, &mut near.old);
                near.new.clone_from(&near.old);
                near.new[usize::from(cell.0)] = Cell::Known(in_doubt.into());
                images[*record].write(found, &near.new, cell.bit());
                near.shares.clear();
                near.shares.push((cell, [old, new]));
                let resplit = Transition { was: life, is: life, changed: cell.bit() };
                tell(EntityId(*record as u16), resplit, near, symbols);
            }
        }
    }

    /// Tells of the records that borrow of one that has become another.
    fn lend<I: Intern>(
        &mut self,
        at: usize,
        own: Symbol,
        transition: Transition,
        scratch: &Scratch,
        symbols: &mut I,
        tell: &mut impl FnMut(EntityId, Transition, &Scratch, &mut I),
    ) {
        let Self { images, ties, owners, near } = self;
        let Some(lender) = &ties[at] else { return };
        let cell = |field: FieldId| match transition.is.alive {
            true => scratch.new[usize::from(field.0)],
            false => Cell::Null,
        };
        let lent = Lent { in_doubt: transition.is.in_doubt, cell };
        for (borrower, nth) in &lender.borrowers {
            let Some(theirs) = &ties[*borrower] else { continue };
            for slot in theirs.links[*nth].namers.of(own) {
                let life = images[*borrower].read(slot, &mut near.old);
                near.new.clone_from(&near.old);
                for (cell, value) in theirs.links[*nth].borrowed(&lent) {
                    near.new[usize::from(cell.0)] = value;
                }
                let changed = difference(&near.old, &near.new);
                if changed == 0 {
                    continue;
                }
                images[*borrower].write(slot, &near.new, changed);
                share(images, ties, owners, *borrower, slot, near);
                let revalued = Transition { was: life, is: life, changed };
                tell(EntityId(*borrower as u16), revalued, near, symbols);
            }
        }
    }
}

/// What a record lends to those that name it.
struct Lent<C> {
    in_doubt: bool,
    cell: C,
}

impl Tie {
    /// The borrowed cells with what they hold.
    fn borrowed<C: Fn(FieldId) -> Cell>(
        &self,
        lent: &Lent<C>,
    ) -> impl Iterator<Item = (FieldId, Cell)> {
        let doubt = self.doubt.map(|cell| (cell, Cell::Known(lent.in_doubt.into())));
        let cells = self.cells.iter();
        cells.map(move |(cell, field)| (*cell, (lent.cell)(*field))).chain(doubt)
    }
}

/// Works out who shares in a record; see [`Records::share`].
fn share(
    images: &[Images],
    ties: &[Option<Box<Ties>>],
    owners: &Owners,
    at: usize,
    slot: u32,
    scratch: &mut Scratch,
) -> u64 {
    scratch.shares.clear();
    let Some(own) = &ties[at] else { return 0 };
    let symbol = own.named.as_ref().and_then(|named| named.known(slot));
    let mut changed = 0;
    for SplitTie { cell, splits, link } in &own.splits {
        let by = usize::from(splits.entity.0);
        let Some((theirs, symbol)) = ties[by].as_ref().zip(symbol) else { continue };
        let all = said(&images[by], theirs.links[*link].namers.of(symbol), splits);
        let in_doubt = Cell::Known(is_doubtful(&all).into());
        changed |= u64::from(scratch.new[usize::from(cell.0)] != in_doubt) << cell.0;
        scratch.new[usize::from(cell.0)] = in_doubt;
        let shares = shares(all, &images[by], owners);
        scratch.shares.push((*cell, [shares.clone(), shares]));
    }
    changed
}

/// What the records at some slots say as splits.
fn said(images: &Images, slots: impl Iterator<Item = u32>, splits: &Splits) -> AllSaid {
    let mut row = Vec::new();
    let said = slots.map(|slot| {
        let life = images.read(slot, &mut row);
        Said::new(slot, life, &row, splits)
    });
    said.collect()
}

/// Whether one of the living among splits is in doubt.
fn is_doubtful(all: &[Said]) -> bool {
    all.iter().any(|said| said.life.alive && said.life.in_doubt)
}

/// The shares that the living among splits say, which come in any order.
fn shares(mut all: AllSaid, images: &Images, owners: &Owners) -> Shares {
    all.retain(|said| said.life.alive);
    all.sort_by(|one, other| images.compare_ids(one.slot, other.slot));
    Shares::of(all.iter().map(|said| said.split), |one, other| owners.compare(one, other))
}

/// The fields of a split that say something, as a bit mask.
fn fields(splits: &Splits) -> u64 {
    let overlay = splits.overlay.map_or(0, FieldId::bit);
    splits.record.bit() | splits.who.bit() | splits.share.bit() | overlay
}

impl Said {
    fn new(slot: u32, life: Life, row: &Row, splits: &Splits) -> Self {
        let cell = |field: FieldId| row[usize::from(field.0)];
        let overlay = splits.overlay.map_or(Cell::Null, cell);
        let split = Split { who: cell(splits.who), share: cell(splits.share), overlay };
        Self { slot, life, split }
    }
}

impl Owners {
    /// Notes the ids of the reps that a change of a split names.
    fn note(
        &mut self,
        own: Option<&Ties>,
        ties: &[Option<Box<Ties>>],
        change: &Change<'_>,
        symbols: &mut impl Intern,
    ) {
        for (record, nth) in own.into_iter().flat_map(|own| &own.splits_of) {
            let Some(theirs) = &ties[*record] else { continue };
            let who = theirs.splits[*nth].splits.who;
            for (field, mention) in &change.fields {
                if let (true, Mention::Set(Value::Text(id))) = (*field == who, mention) {
                    self.0.entry(symbols.intern(id)).or_insert_with(|| id.as_ref().into());
                }
            }
        }
    }

    /// The order of owners by their ids, nobody first.
    fn compare(&self, one: Symbol, other: Symbol) -> std::cmp::Ordering {
        let id = |symbol| (symbol != Symbol::NONE).then(|| self.0.get(&symbol));
        id(one).cmp(&id(other))
    }
}

#[cfg(test)]
mod tests;
