//! Record images: the state of which every number is a fold.
//!
//! Changes merge by field, the last version wins, so that neither order nor duplicates nor replays matter.
//! An image keeps one version for its newest full image; only fields that something else set keep a version
//! of their own, in marks that most records never need.

mod index;
mod layout;
mod marks;
mod merge;
mod rows;

use crate::entity::Entity;
use crate::expr::Cell;
use crate::moment::Moment;

use index::Index;
use marks::Marks;
use rows::Rows;

/// The images of one entity's records, in one shard.
#[derive(Debug)]
pub struct Images {
    index: Index,
    rows: Rows,
    marks: Marks,
    /// How many cells are fields, before those of the moments.
    fields: usize,
    moments: Box<[Moment]>,
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
}

impl Images {
    /// No records of an entity.
    pub fn new(entity: &Entity) -> Self {
        Self {
            index: Index::default(),
            rows: Rows::new(&entity.cell_types()),
            marks: Marks::default(),
            fields: entity.fields.len(),
            moments: entity.moments.clone().into(),
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

    fn life(&self, slot: u32) -> Life {
        if !self.rows.is_marked(slot) {
            return Life { alive: true, in_doubt: false };
        }
        self.marks.life(slot, self.rows.full_version(slot))
    }
}

#[cfg(test)]
mod tests;
