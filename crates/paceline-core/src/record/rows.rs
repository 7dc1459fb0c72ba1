//! Rows of cells in few bytes: two bits of state a field, eight bytes a value, and a side table for the rare
//! value that needs more.

use crate::expr::Cell;
use crate::version::Version;

/// Rows per chunk; growing by chunks never copies what is there.
const CHUNK: usize = 1024;

/// Words before the fields: the version of the newest full image, low half first.
const VERSION_WORDS: usize = 2;

const UNKNOWN: u64 = 0;
const NULL: u64 = 1;
const KNOWN: u64 = 2;
/// Known, and the word is an index into the side table.
const WIDE: u64 = 3;

#[derive(Debug)]
pub(super) struct Rows {
    fields: usize,
    state_words: usize,
    len: usize,
    chunks: Vec<Vec<u64>>,
    wide: Vec<i128>,
    wide_free: Vec<u32>,
}

impl Rows {
    pub(super) fn new(fields: usize) -> Self {
        let state_words = (fields * 2).div_ceil(64);
        Self {
            fields,
            state_words,
            len: 0,
            chunks: Vec::new(),
            wide: Vec::new(),
            wide_free: Vec::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Adds a row of unknown cells without a full image and answers its slot.
    pub(super) fn push(&mut self) -> u32 {
        let stride = self.stride();
        if self.len.is_multiple_of(CHUNK) {
            self.chunks.push(Vec::with_capacity(CHUNK * stride));
        }
        if let Some(chunk) = self.chunks.last_mut() {
            chunk.resize(chunk.len() + stride, 0);
        }
        self.len += 1;
        (self.len - 1) as u32
    }

    /// The version of the newest full image; [`Version::MIN`] before the first.
    pub(super) fn full_version(&self, slot: u32) -> Version {
        let row = self.row(slot);
        Version::from_bits(u128::from(row[1]) << 64 | u128::from(row[0]))
    }

    pub(super) fn set_full_version(&mut self, slot: u32, version: Version) {
        let row = self.row_mut(slot);
        row[0] = version.bits() as u64;
        row[1] = (version.bits() >> 64) as u64;
    }

    /// The cells of a row.
    pub(super) fn read(&self, slot: u32, cells: &mut Vec<Cell>) {
        let row = self.row(slot);
        let (states, words) = row[VERSION_WORDS..].split_at(self.state_words);
        cells.clear();
        cells.extend(words.iter().enumerate().map(|(field, word)| match state(states, field) {
            UNKNOWN => Cell::Unknown,
            NULL => Cell::Null,
            KNOWN => Cell::Known(i128::from(*word as i64)),
            _ => Cell::Known(self.wide[*word as usize]),
        }));
    }

    /// Writes the cells whose bit is set in `changed`.
    pub(super) fn write(&mut self, slot: u32, cells: &[Cell], changed: u64) {
        for (field, cell) in cells.iter().enumerate().filter(|(field, _)| changed >> field & 1 == 1)
        {
            self.free_wide(slot, field);
            let (state, word) = match cell {
                Cell::Unknown => (UNKNOWN, 0),
                Cell::Null => (NULL, 0),
                Cell::Known(value) => match i64::try_from(*value) {
                    Ok(value) => (KNOWN, value as u64),
                    Err(_) => (WIDE, self.store_wide(*value)),
                },
            };
            self.set(slot, field, state, word);
        }
    }

    fn set(&mut self, slot: u32, field: usize, state: u64, word: u64) {
        let at = VERSION_WORDS + self.state_words + field;
        let row = self.row_mut(slot);
        let shift = field * 2 % 64;
        let states = &mut row[VERSION_WORDS + field * 2 / 64];
        *states = *states & !(3 << shift) | state << shift;
        row[at] = word;
    }

    fn store_wide(&mut self, value: i128) -> u64 {
        if let Some(at) = self.wide_free.pop() {
            self.wide[at as usize] = value;
            return u64::from(at);
        }
        self.wide.push(value);
        self.wide.len() as u64 - 1
    }

    fn free_wide(&mut self, slot: u32, field: usize) {
        let row = self.row(slot);
        let (states, words) = row[VERSION_WORDS..].split_at(self.state_words);
        if state(states, field) == WIDE {
            let at = words[field] as u32;
            self.wide_free.push(at);
        }
    }

    fn stride(&self) -> usize {
        VERSION_WORDS + self.state_words + self.fields
    }

    fn row(&self, slot: u32) -> &[u64] {
        let (chunk, at) = (slot as usize / CHUNK, slot as usize % CHUNK * self.stride());
        &self.chunks[chunk][at..at + self.stride()]
    }

    fn row_mut(&mut self, slot: u32) -> &mut [u64] {
        let stride = self.stride();
        let (chunk, at) = (slot as usize / CHUNK, slot as usize % CHUNK * stride);
        &mut self.chunks[chunk][at..at + stride]
    }
}

fn state(states: &[u64], field: usize) -> u64 {
    states[field * 2 / 64] >> (field * 2 % 64) & 3
}
