//! Rows in few bytes: the record's id, the version of its newest full image, two bits of state a field, eight
//! bytes a value, and side tables for the rare id or value that needs more.

use crate::expr::Cell;
use crate::version::Version;

/// Rows per chunk; growing by chunks never copies what is there.
const CHUNK: usize = 1024;

/// Words of the id: its length in the first byte, then its text.
const ID_WORDS: usize = 3;
/// The longest id that a row holds itself.
const ID_MAX: usize = ID_WORDS * 8 - 1;
/// In place of a length: the next word is an index into the side table.
const LONG: u64 = 0x7F;
/// Beside the length: the record has marks.
const MARKED: u64 = 0x80;

/// Words before the states: the id, then the version of the newest full image, low half first.
const HEAD_WORDS: usize = ID_WORDS + 2;

/// An id as a row holds it.
pub(super) type PackedId = [u64; ID_WORDS];

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
    long_ids: Vec<Box<str>>,
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
            long_ids: Vec::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// An id as a row holds it; `None` when it is too long for that.
    pub(super) fn pack(id: &str) -> Option<PackedId> {
        let mut bytes = [0; ID_WORDS * 8];
        bytes.get_mut(1..=id.len()).filter(|_| id.len() <= ID_MAX)?.copy_from_slice(id.as_bytes());
        bytes[0] = id.len() as u8;
        let mut words = [0; ID_WORDS];
        for (word, bytes) in words.iter_mut().zip(bytes.chunks_exact(8)) {
            *word = bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
        }
        Some(words)
    }

    /// Whether a row is of the record `id`, which is `packed` if that fits.
    pub(super) fn has_id(&self, slot: u32, packed: Option<PackedId>, id: &str) -> bool {
        let words = &self.row(slot)[..ID_WORDS];
        match packed {
            Some(packed) => words[0] & !MARKED == packed[0] && words[1..] == packed[1..],
            None => words[0] & !MARKED == LONG && *self.long_ids[words[1] as usize] == *id,
        }
    }

    /// Hands the bytes of a row's id to `f`.
    pub(super) fn with_id<T>(&self, slot: u32, f: impl FnOnce(&[u8]) -> T) -> T {
        let words = &self.row(slot)[..ID_WORDS];
        if words[0] & !MARKED == LONG {
            return f(self.long_ids[words[1] as usize].as_bytes());
        }
        let mut bytes = [0; ID_WORDS * 8];
        for (bytes, word) in bytes.chunks_exact_mut(8).zip(words) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        f(&bytes[1..=usize::from(bytes[0] & !(MARKED as u8))])
    }

    /// Whether a record has marks. Most have none, and need not be looked for among those that do.
    pub(super) fn is_marked(&self, slot: u32) -> bool {
        self.row(slot)[0] & MARKED != 0
    }

    pub(super) fn set_marked(&mut self, slot: u32, marked: bool) {
        let word = &mut self.row_mut(slot)[0];
        *word = *word & !MARKED | if marked { MARKED } else { 0 };
    }

    /// Adds a row of unknown cells without a full image and answers its slot.
    pub(super) fn push(&mut self, id: &str) -> u32 {
        let stride = self.stride();
        if self.len.is_multiple_of(CHUNK) {
            self.chunks.push(Vec::with_capacity(CHUNK * stride));
        }
        let words = Self::pack(id).unwrap_or_else(|| {
            self.long_ids.push(id.into());
            [LONG, self.long_ids.len() as u64 - 1, 0]
        });
        if let Some(chunk) = self.chunks.last_mut() {
            chunk.extend(words);
            chunk.resize(chunk.len() + stride - ID_WORDS, 0);
        }
        self.len += 1;
        (self.len - 1) as u32
    }

    /// The version of the newest full image; [`Version::MIN`] before the first.
    pub(super) fn full_version(&self, slot: u32) -> Version {
        let row = self.row(slot);
        Version::from_bits(u128::from(row[ID_WORDS + 1]) << 64 | u128::from(row[ID_WORDS]))
    }

    pub(super) fn set_full_version(&mut self, slot: u32, version: Version) {
        let row = self.row_mut(slot);
        row[ID_WORDS] = version.bits() as u64;
        row[ID_WORDS + 1] = (version.bits() >> 64) as u64;
    }

    /// The cells of a row.
    pub(super) fn read(&self, slot: u32, cells: &mut Vec<Cell>) {
        let row = self.row(slot);
        let (states, words) = row[HEAD_WORDS..].split_at(self.state_words);
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
        let at = HEAD_WORDS + self.state_words + field;
        let row = self.row_mut(slot);
        let shift = field * 2 % 64;
        let states = &mut row[HEAD_WORDS + field * 2 / 64];
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
        let (states, words) = row[HEAD_WORDS..].split_at(self.state_words);
        if state(states, field) == WIDE {
            let at = words[field] as u32;
            self.wide_free.push(at);
        }
    }

    fn stride(&self) -> usize {
        HEAD_WORDS + self.state_words + self.fields
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
