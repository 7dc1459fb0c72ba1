//! From record ids to slots. Ids are never forgotten: a deleted record keeps the version of its delete.
//!
//! The table holds slots only. The ids themselves stand in the rows, so that looking a record up brings its row
//! into the processor's cache.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;
use hashbrown::HashTable;

use super::rows::Rows;

#[derive(Debug, Default)]
pub(super) struct Index {
    table: HashTable<u32>,
    hasher: FixedState,
}

impl Index {
    pub(super) fn find(&self, id: &str, rows: &Rows) -> Option<u32> {
        let packed = Rows::pack(id);
        self.table
            .find(self.hasher.hash_one(id.as_bytes()), |slot| rows.has_id(*slot, packed, id))
            .copied()
    }

    /// Adds an id that is not there yet, with a row of unknown cells.
    pub(super) fn insert(&mut self, id: &str, rows: &mut Rows) -> u32 {
        let Self { table, hasher } = self;
        let slot = rows.push(id);
        let hash_of = |slot: &u32| rows.with_id(*slot, |id| hasher.hash_one(id));
        table.insert_unique(hasher.hash_one(id.as_bytes()), slot, hash_of);
        slot
    }
}
