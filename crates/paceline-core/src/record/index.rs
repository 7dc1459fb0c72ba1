//! From record ids to slots. Ids are never forgotten: a deleted record keeps the version of its delete.

use std::hash::BuildHasher;

use compact_str::CompactString;
use foldhash::fast::FixedState;
use hashbrown::HashTable;

/// Ids per chunk; growing by chunks never copies what is there.
const CHUNK: usize = 1024;

#[derive(Debug, Default)]
pub(super) struct Index {
    table: HashTable<u32>,
    chunks: Vec<Vec<CompactString>>,
    hasher: FixedState,
}

impl Index {
    pub(super) fn find(&self, id: &str) -> Option<u32> {
        self.table.find(self.hasher.hash_one(id), |slot| id_at(&self.chunks, *slot) == id).copied()
    }

    /// Adds an id that is not there yet; slots count up from 0.
    pub(super) fn insert(&mut self, id: &str, slot: u32) -> u32 {
        let Self { table, chunks, hasher } = self;
        if (slot as usize).is_multiple_of(CHUNK) {
            chunks.push(Vec::with_capacity(CHUNK));
        }
        if let Some(chunk) = chunks.last_mut() {
            chunk.push(CompactString::from(id));
        }
        table
            .insert_unique(hasher.hash_one(id), slot, |slot| hasher.hash_one(id_at(chunks, *slot)));
        slot
    }
}

fn id_at(chunks: &[Vec<CompactString>], slot: u32) -> &str {
    &chunks[slot as usize / CHUNK][slot as usize % CHUNK]
}
