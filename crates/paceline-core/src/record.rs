//! Record images: the state of which every number is a fold.
//!
//! Changes merge by field, the last version wins, so that neither order nor duplicates nor replays matter.
//! An image keeps one version for its newest full image; only fields that something else set keep a version
//! of their own, in marks that most records never need.

mod index;
mod layout;
mod marks;
mod merge;
mod named;
mod records;
mod rows;
mod ties;

use crate::entity::{Entity, FieldId};
use crate::expr::Cell;
use crate::extra::Extra;
use crate::moment::Moment;
use crate::shares::Shares;

use index::Index;
use marks::Marks;
use rows::Rows;

pub use records::Records;

/// The images of one entity's records, in one shard.
#[derive(Debug)]
pub struct Images {
    index: Index,
    rows: Rows,
    marks: Marks,
    /// How many cells are fields, before the extras.
    fields: usize,
    /// The moments, each with its cell.
    moments: Box<[(usize, Moment)]>,
    in_doubt: bool,
}

/// What a change did to one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// Nothing: it repeats or precedes what is known.
    Stale,
    /// The image is another one.
    Changed(Transition),
}

/// From which life to which, and what is different.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// Whether the record counted before.
    pub was: Life,
    /// Whether it counts after.
    pub is: Life,
    /// The fields with another cell than before, as a bit mask.
    pub changed: u64,
}

/// Whether a record counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Life {
    /// Seen, and not deleted.
    pub alive: bool,
    /// Known to have changed in a way that was not told.
    pub in_doubt: bool,
}

/// Where a record stands among the images of its entity, for one change of it.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub struct Place {
    slot: u32,
    /// Whether something was said of it before.
    seen: bool,
}

/// The cells of the record a change is applied to, before and after. Kept between changes for its memory.
#[derive(Debug, Default)]
pub struct Scratch {
    /// The cells before; all unknown for a new record.
    pub old: Vec<Cell>,
    /// The cells after.
    pub new: Vec<Cell>,
    /// Who shares in the record, before and after, by the cell of its splits.
    pub shares: Vec<(FieldId, [Shares; 2])>,
}

impl Scratch {
    /// Who shares in the record by the splits of a cell, before and after.
    pub fn shares(&self, cell: FieldId) -> Option<&[Shares; 2]> {
        self.shares.iter().find(|(known, _)| *known == cell).map(|(_, shares)| shares)
    }
}

impl Images {
    /// No records of an entity.
    pub fn new(entity: &Entity) -> Self {
        Self {
            index: Index::default(),
            rows: Rows::new(&entity.cell_types()),
            marks: Marks::default(),
            fields: entity.fields.len(),
            moments: moments(entity),
            in_doubt: false,
        }
    }

    /// How many records were ever seen, the deleted included.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether no record was ever seen.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Notes that any record may have changed in a way that was not told. Answers whether that is new.
    pub fn overflow(&mut self) -> bool {
        !std::mem::replace(&mut self.in_doubt, true)
    }

    /// The place of the record `id`, which is made when it was never seen. A change must follow: it is what makes the
    /// record one that was seen.
    pub fn place(&mut self, id: &str) -> Place {
        let known = self.index.find(id, &self.rows);
        let slot = known.unwrap_or_else(|| self.index.insert(id, &mut self.rows));
        Place { slot, seen: known.is_some() }
    }

    /// All records: whether they count, and their cells.
    pub fn for_each(&self, mut visit: impl FnMut(Life, &[Cell])) {
        let mut cells = Vec::new();
        for slot in 0..self.rows.len() as u32 {
            self.rows.read(slot, &mut cells);
            visit(self.life(slot), &cells);
        }
    }

    /// Reads the cells of a record, and whether it counts.
    fn read(&self, slot: u32, cells: &mut Vec<Cell>) -> Life {
        self.rows.read(slot, cells);
        self.life(slot)
    }

    /// Writes the cells whose bit is set in `changed`, which no change has said.
    fn write(&mut self, slot: u32, cells: &[Cell], changed: u64) {
        self.rows.write(slot, cells, changed);
    }

    fn cell(&self, slot: u32, field: FieldId) -> Cell {
        self.rows.cell(slot, usize::from(field.0))
    }

    /// Hands the id of a record to `f`.
    fn with_id<T>(&self, slot: u32, f: impl FnOnce(&str) -> T) -> T {
        self.rows.with_id(slot, |id| f(str::from_utf8(id).expect("an id is text")))
    }

    /// The order of two records by the bytes of their ids.
    fn compare_ids(&self, one: u32, other: u32) -> std::cmp::Ordering {
        self.rows.with_id(one, |one| self.rows.with_id(other, |other| one.cmp(other)))
    }

    fn life(&self, slot: u32) -> Life {
        if !self.rows.is_marked(slot) {
            return Life { alive: true, in_doubt: false };
        }
        self.marks.life(slot, self.rows.full_version(slot))
    }
}

fn moments(entity: &Entity) -> Box<[(usize, Moment)]> {
    let moment = |(cell, extra): (FieldId, &Extra)| match extra {
        Extra::Moment(moment) => Some((usize::from(cell.0), moment.clone())),
        Extra::Borrowed { .. } | Extra::Doubt(_) | Extra::Splits(_) => None,
    };
    entity.extra_cells().filter_map(moment).collect()
}

#[cfg(test)]
mod tests;
