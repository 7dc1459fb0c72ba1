//! Merging a change into an image, field by field: the newest version wins.

use super::marks::{Delete, Mark};
use super::{Applied, Images, Life, Place, Scratch, Transition};
use crate::change::{Change, Fields, Mention, Op, Value};
use crate::entity::FieldId;
use crate::expr::Cell;
use crate::symbol::Intern;
use crate::version::Version;

impl Images {
    /// Applies a change to the record at a place, leaving its cells before and after in `scratch`. An overflow names no
    /// record and changes none; see [`Self::overflow`].
    pub fn merge(
        &mut self,
        Place { slot, seen }: Place,
        change: &Change<'_>,
        symbols: &mut impl Intern,
        scratch: &mut Scratch,
    ) -> Applied {
        self.rows.read(slot, &mut scratch.old);
        let full = self.rows.full_version(slot);
        let was = if seen { self.life(slot) } else { Life::default() };
        let plain = change.op == Op::Full && change.version > full && is_plain(&change.fields);
        if plain && !self.rows.is_marked(slot) {
            return self.replace(slot, was, change, symbols, scratch);
        }
        scratch.new.clone_from(&scratch.old);
        let before = self.marks.get(slot).cloned();
        let mut mark = self.marks.take(slot);
        let newest_full =
            merge_marked(&mut mark, full, change, symbols, &mut scratch.new[..self.fields]);
        self.remember(change, scratch);
        let is = mark.life(newest_full);
        self.rows.set_full_version(slot, newest_full);
        let marked = self.marks.put(slot, mark, newest_full);
        self.rows.set_marked(slot, marked);
        let changed = difference(&scratch.old, &scratch.new);
        self.rows.write(slot, &scratch.new, changed);
        let same = newest_full == full && before.as_ref() == self.marks.get(slot) && changed == 0;
        if same && seen {
            Applied::Stale
        } else {
            Applied::Changed(Transition { was, is, changed })
        }
    }

    /// The usual case: a newer full image of a record that has nothing but full images.
    fn replace(
        &mut self,
        slot: u32,
        was: Life,
        change: &Change<'_>,
        symbols: &mut impl Intern,
        scratch: &mut Scratch,
    ) -> Applied {
        scratch.new.clear();
        scratch.new.resize(self.fields, Cell::Null);
        for (field, mention) in &change.fields {
            scratch.new[usize::from(field.0)] = cell(mention, symbols);
        }
        scratch.new.extend_from_slice(&scratch.old[self.fields..]);
        self.remember(change, scratch);
        let changed = difference(&scratch.old, &scratch.new);
        self.rows.write(slot, &scratch.new, changed);
        self.rows.set_full_version(slot, change.version);
        Applied::Changed(Transition { was, is: Life { alive: true, in_doubt: false }, changed })
    }

    /// Sets the moments that a change of fields moves.
    fn remember(&self, change: &Change<'_>, scratch: &mut Scratch) {
        if self.moments.is_empty() || !matches!(change.op, Op::Full | Op::Patch) {
            return;
        }
        let Scratch { old, new, .. } = scratch;
        for (at, moment) in &self.moments {
            new[*at] = moment.after(old[*at], old, new, change.time);
        }
    }
}

/// Whether a full image speaks of every field.
fn is_plain(fields: &Fields<'_>) -> bool {
    fields.iter().all(|(_, mention)| *mention != Mention::Kept)
}

/// Merges a change and answers the version of the newest full image after it.
fn merge_marked(
    mark: &mut Mark,
    full: Version,
    change: &Change<'_>,
    symbols: &mut impl Intern,
    cells: &mut [Cell],
) -> Version {
    match change.op {
        Op::Full => return merge_full(mark, full, change, symbols, cells),
        Op::Patch => merge_patch(mark, full, change, symbols, cells),
        Op::Delete => {
            mark.deleted =
                mark.deleted.max(Some(Delete { version: change.version, wins_tie: false }))
        }
        Op::Tombstone => {
            mark.deleted =
                mark.deleted.max(Some(Delete { version: mark.newest(full), wins_tie: true }));
        }
        Op::Gap => mark.gap = mark.gap.max(Some(change.version)),
        Op::Overflow => {}
    }
    full
}

fn merge_full(
    mark: &mut Mark,
    full: Version,
    change: &Change<'_>,
    symbols: &mut impl Intern,
    cells: &mut [Cell],
) -> Version {
    let newest_full = full.max(change.version);
    for (at, cell) in cells.iter_mut().enumerate() {
        let field = FieldId(at as u8);
        let own = mark.version(field, full);
        let mention = change.fields.iter().find(|(id, _)| *id == field).map(|(_, mention)| mention);
        if mention == Some(&Mention::Kept) || own >= change.version && own != Version::MIN {
            // What stands is kept, at the version it has: that of the former full image becomes its own.
            mark.set_version(field, own);
            continue;
        }
        *cell = mention.map_or(Cell::Null, |mention| self::cell(mention, symbols));
        mark.set_version(field, change.version);
    }
    newest_full
}

fn merge_patch(
    mark: &mut Mark,
    full: Version,
    change: &Change<'_>,
    symbols: &mut impl Intern,
    cells: &mut [Cell],
) {
    mark.patched = mark.patched.max(Some(change.version));
    for (field, mention) in &change.fields {
        if *mention == Mention::Kept || mark.version(*field, full) >= change.version {
            continue;
        }
        cells[usize::from(field.0)] = cell(mention, symbols);
        mark.set_version(*field, change.version);
    }
}

pub(super) fn difference(old: &[Cell], new: &[Cell]) -> u64 {
    let bits =
        old.iter().zip(new).enumerate().map(|(field, (old, new))| u64::from(old != new) << field);
    bits.fold(0, |mask, bit| mask | bit)
}

/// A mention as a cell. Numbers of both types are millionths, so that they compare with each other.
fn cell(mention: &Mention<'_>, symbols: &mut impl Intern) -> Cell {
    let value = match mention {
        Mention::Null | Mention::Kept => return Cell::Null,
        Mention::Set(value) => value,
    };
    Cell::Known(match value {
        Value::Text(text) => symbols.intern(text).0.into(),
        Value::Bool(value) => (*value).into(),
        Value::Int(value) => crate::decimal::Decimal::from_int(*value).micros(),
        Value::Decimal(value) => value.micros(),
        Value::Date(day) => day.0.into(),
        Value::Timestamp(instant) => instant.as_nanosecond(),
    })
}
