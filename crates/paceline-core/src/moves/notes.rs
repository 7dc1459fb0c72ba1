//! Notes: of which changes the entries of a batch are.
//!
//! This lies on the way of every change. So it is three flat arrays that grow at their ends, and nothing is looked up: a few
//! dozen bytes are copied for an entry, and once more when the board takes them.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use foldhash::fast::FixedState;
use jiff::Timestamp;

use super::Origin;
use crate::day::Day;
use crate::decimal::Decimal;
use crate::entity::EntityId;
use crate::entry::{Entry, Part, PartKey};
use crate::kpi::KpiId;
use crate::symbol::Symbol;

/// The number of what is no change of a record, but its being folded anew.
pub(crate) const REFOLD: u32 = u32::MAX;

/// How many entries of one batch are noted, and of how many in all the notes are kept. There are as many when a lane was kept
/// from committing for seconds: to note them all would leave no room for what others did.
pub(crate) const PIECES: usize = 100_000;

/// The most bytes of ids that are noted in one batch, whatever a source calls its records.
const TEXTS: usize = 8 << 20;

/// How much of its memory a batch goes on with: for that many entries, which are more than of an ordinary one, and as many bytes
/// of ids for each.
const ROOM: usize = 32_768;
const TEXT: usize = 48;

/// What the notes of a commit take beside their contents, in bytes: what holds them, and what the allocator adds.
const BESIDE: usize = 192;

/// Of which change an entry is: its number among those of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoteOf(u32);

/// A change of a record, and where it was said.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The index of the topic.
    pub source: u16,
    /// The partition.
    pub partition: i32,
    /// The offset.
    pub offset: i64,
    /// When it happened.
    pub time: Timestamp,
    /// Who did it, where the message tells.
    pub actor: Option<&'a str>,
    /// The record's entity.
    pub entity: EntityId,
    /// The record's id; empty where it may be any.
    pub record: &'a str,
}

/// Of which changes the entries of a batch are. Kept between commits for its memory.
#[derive(Debug, Default)]
pub struct Notes {
    changes: Vec<Noted>,
    /// Ids of records and of who did it, one after the other.
    texts: String,
    pieces: Vec<Piece>,
    /// What counts from an instant on.
    timed: Vec<(Timestamp, Piece)>,
    /// What was folded anew, added up: that may be all records there are.
    refolded: HashMap<(Option<Timestamp>, Symbol, KpiId, PartKey), Part, FixedState>,
    versions: Option<(u64, u64)>,
    /// Whether there was too much to note it: nothing is then, for a part would tell a wrong story.
    overflowed: bool,
}

/// A change, with the texts it has in those of its notes.
#[derive(Clone, Copy, Debug)]
struct Noted {
    time: Timestamp,
    offset: i64,
    partition: i32,
    start: u32,
    record: u16,
    actor: u16,
    source: u16,
    entity: EntityId,
}

/// What one entry changed, in as few bytes as that takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece {
    /// Added to a sum; of a member its value; of a doubt the records in doubt.
    pub(crate) amount: Decimal,
    pub(crate) owner: Symbol,
    pub(crate) day: Day,
    /// Added to the records, or to the incomplete ones.
    pub(crate) records: i32,
    /// Of which change it is.
    pub(crate) change: u32,
    pub(crate) kpi: KpiId,
    pub(crate) kind: Kind,
}

/// What an entry changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Amount,
    Member,
    Doubt,
}

/// The notes of a commit, as the board keeps them.
#[derive(Debug)]
pub(crate) struct Kept {
    changes: Box<[Noted]>,
    texts: Box<str>,
    pub(crate) pieces: Box<[Piece]>,
    pub(crate) versions: Option<(u64, u64)>,
}

impl Notes {
    /// The number of the next change to be [closed](Self::close), by which its entries are noted before.
    pub fn next(&self) -> NoteOf {
        NoteOf(self.changes.len() as u32)
    }

    /// Notes an entry of a change.
    pub fn note(&mut self, of: NoteOf, entry: &Entry) {
        if self.has_room() {
            self.pieces.push(Piece::new(entry, of.0));
        }
    }

    /// Notes an entry of a change that counts from an instant on.
    pub fn schedule(&mut self, of: NoteOf, at: Timestamp, entry: &Entry) {
        if self.has_room() {
            self.timed.push((at, Piece::new(entry, of.0)));
        }
    }

    /// How many entries are scheduled.
    pub fn scheduled(&self) -> usize {
        self.timed.len()
    }

    /// Says what the next change is, of which there are entries.
    pub fn close(&mut self, change: Source<'_>) {
        if self.overflowed {
            return;
        }
        let Source { source, partition, offset, time, actor, entity, record } = change;
        let start = self.texts.len() as u32;
        let mut add = |text: &str| {
            let most = text.len().min(u16::MAX.into());
            let end = (0..=most).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
            let text = &text[..end];
            self.texts.push_str(text);
            text.len() as u16
        };
        let (record, actor) = (add(record), add(actor.unwrap_or_default()));
        let noted = Noted { time, offset, partition, start, record, actor, source, entity };
        self.changes.push(noted);
        if self.texts.len() > TEXTS {
            self.overflow();
        }
    }

    /// Notes an entry of a record that is folded by another version of the basis, and from when on it counts.
    pub fn refold(&mut self, (from, to): (u64, u64), at: Option<Timestamp>, entry: &Entry) {
        if !self.has_room() {
            return;
        }
        let versions = self.versions.get_or_insert((from, to));
        *versions = (versions.0.min(from), versions.1.max(to));
        let Entry { owner, kpi, part } = *entry;
        self.refolded
            .entry((at, owner, kpi, part.key()))
            .and_modify(|sum| *sum = sum.plus(part))
            .or_insert(part);
    }

    /// Whether another entry may be noted.
    fn has_room(&mut self) -> bool {
        if self.pieces.len() + self.timed.len() + self.refolded.len() >= PIECES {
            self.overflow();
        }
        !self.overflowed
    }

    fn overflow(&mut self) {
        self.clear();
        self.overflowed = true;
    }

    /// Whether there was too much to note it.
    pub(crate) fn overflowed(&self) -> bool {
        self.overflowed
    }

    /// Forgets everything, and gives back the memory that only an uncommon batch needs.
    pub(crate) fn clear(&mut self) {
        self.changes.clear();
        self.changes.shrink_to(ROOM);
        self.texts.clear();
        self.texts.shrink_to(ROOM * TEXT);
        self.pieces.clear();
        self.pieces.shrink_to(ROOM);
        self.timed.clear();
        self.timed.shrink_to(ROOM);
        self.refolded.clear();
        self.refolded.shrink_to(ROOM);
        self.versions = None;
        self.overflowed = false;
    }

    /// What the board keeps of it: what counts by an instant.
    pub(crate) fn keep(&self, now: Timestamp) -> Option<Kept> {
        let due = self.timed.iter().filter(|(at, _)| *at <= now).map(|(_, piece)| *piece);
        let refolded = self
            .refolded
            .iter()
            .filter(|((at, ..), part)| at.is_none_or(|at| at <= now) && !part.is_nothing());
        let refolded = refolded.map(|((_, owner, kpi, _), part)| {
            Piece::new(&Entry { owner: *owner, kpi: *kpi, part: *part }, REFOLD)
        });
        let mut pieces: Box<[Piece]> =
            self.pieces.iter().copied().chain(due).chain(refolded).collect();
        if pieces.is_empty() {
            return None;
        }
        let (changes, texts) = self.changes_of(&mut pieces);
        Some(Kept { changes, texts, pieces, versions: self.versions })
    }

    /// The changes that pieces are of, which are given their numbers among these, and the texts. A change may only schedule what is
    /// yet to come: of that there is no piece.
    fn changes_of(&self, pieces: &mut [Piece]) -> (Box<[Noted]>, Box<str>) {
        if self.timed.is_empty() {
            return (self.changes.as_slice().into(), self.texts.as_str().into());
        }
        let mut is_kept = vec![false; self.changes.len()];
        for piece in &*pieces {
            is_kept.get_mut(piece.change as usize).into_iter().for_each(|is_kept| *is_kept = true);
        }
        let (mut changes, mut texts) = (Vec::new(), String::new());
        let mut numbers = Vec::with_capacity(is_kept.len());
        for (noted, is_kept) in self.changes.iter().zip(is_kept) {
            numbers.push(changes.len() as u32);
            if is_kept {
                changes.push(Noted { start: texts.len() as u32, ..*noted });
                texts.push_str(&self.texts[noted.text()]);
            }
        }
        for piece in pieces {
            piece.change = numbers.get(piece.change as usize).copied().unwrap_or(piece.change);
        }
        (changes.into(), texts.into())
    }
}

impl Noted {
    /// Where its texts are: the record's id, then who did it.
    fn text(&self) -> Range<usize> {
        let start = self.start as usize;
        start..start + usize::from(self.record) + usize::from(self.actor)
    }
}

impl Piece {
    fn new(entry: &Entry, change: u32) -> Self {
        let Entry { owner, kpi, part } = *entry;
        let (kind, day, amount, records) = match part {
            Part::Amount { day, amount, records } => (Kind::Amount, day, amount, records),
            Part::Member { day, value, records } => {
                (Kind::Member, day, Decimal::from_micros(value), records)
            }
            Part::Doubt { day, incomplete, gap } => {
                (Kind::Doubt, day, Decimal::from_int(gap.into()), incomplete)
            }
        };
        Self { amount, owner, day, records, change, kpi, kind }
    }
}

impl Kept {
    /// How much memory it takes, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        size_of_val(&*self.changes) + size_of_val(&*self.pieces) + self.texts.len() + BESIDE
    }

    /// A change, where it was said, and its record.
    pub(crate) fn change(&self, number: u32) -> Option<(Origin, EntityId, String)> {
        let noted = self.changes.get(number as usize)?;
        let Noted { time, offset, partition, source, entity, .. } = *noted;
        let (record, actor) =
            self.texts.get(noted.text())?.split_at_checked(noted.record.into())?;
        let record = record.to_owned();
        let actor = (!actor.is_empty()).then(|| Arc::from(actor));
        let time = Some(time);
        Some((Origin { source, partition, offset, time, actor }, entity, record))
    }
}

#[cfg(test)]
mod tests;
