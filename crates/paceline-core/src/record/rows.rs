//! Rows in few bytes: the record's id, two bits of state a field, four or eight bytes a value by the field's type,
//! the version of its newest full image, and side tables for the rare id or value that needs more.

use super::layout::{Layout, Place};
use crate::entity::FieldType;
use crate::expr::Cell;
use crate::version::Version;

/// Rows per chunk; growing by chunks never copies what is there.
const CHUNK: usize = 1024;

/// Words of the id: its length in the first byte, then its text. The ids of CRMs have up to 18 characters.
pub(super) const ID_WORDS: usize = 5;
/// The longest id that a row holds itself.
const ID_MAX: usize = ID_WORDS * 4 - 1;
/// In place of a length: the next word is an index into the side table.
const LONG: u32 = 0x7F;
/// Beside the length: the record has marks.
const MARKED: u32 = 0x80;

/// An id as a row holds it.
pub(super) type PackedId = [u32; ID_WORDS];

const UNKNOWN: u32 = 0;
const NULL: u32 = 1;
const KNOWN: u32 = 2;
/// Known, and the word is an index into the side table.
const WIDE: u32 = 3;

#[derive(Debug)]
pub(super) struct Rows {
    layout: Layout,
    len: usize,
    chunks: Vec<Vec<u32>>,
    wide: Vec<i128>,
    wide_free: Vec<u32>,
    long_ids: Vec<Box<str>>,
}

impl Rows {
    pub(super) fn new(cells: &[FieldType]) -> Self {
        Self {
            layout: Layout::new(cells),
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
        let mut bytes = [0; ID_WORDS * 4];
        bytes.get_mut(1..=id.len()).filter(|_| id.len() <= ID_MAX)?.copy_from_slice(id.as_bytes());
        bytes[0] = id.len() as u8;
        let mut words = [0; ID_WORDS];
        for (word, bytes) in words.iter_mut().zip(bytes.as_chunks().0) {
            *word = u32::from_le_bytes(*bytes);
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
        let mut bytes = [0; ID_WORDS * 4];
        for (bytes, word) in bytes.chunks_exact_mut(4).zip(words) {
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
        let words = Self::pack(id).unwrap_or_else(|| {
            self.long_ids.push(id.into());
            [LONG, self.long_ids.len() as u32 - 1, 0, 0, 0]
        });
        let stride = self.layout.stride();
        if self.len.is_multiple_of(CHUNK) {
            self.chunks.push(Vec::with_capacity(CHUNK * stride));
        }
        if let Some(chunk) = self.chunks.last_mut() {
            chunk.extend(words);
            chunk.resize(chunk.len() + stride - ID_WORDS, 0);
        }
        self.len += 1;
        (self.len - 1) as u32
    }

    /// The version of the newest full image; [`Version::MIN`] before the first.
    pub(super) fn full_version(&self, slot: u32) -> Version {
        let words = &self.row(slot)[self.layout.version()..];
        let bits = words.iter().rev().fold(0, |bits, word| bits << 32 | u128::from(*word));
        Version::from_bits(bits)
    }

    pub(super) fn set_full_version(&mut self, slot: u32, version: Version) {
        let bits = version.bits();
        if bits > u64::MAX.into() && self.layout.has_short_versions() {
            self.lengthen_versions();
        }
        let at = self.layout.version();
        for (word, nth) in self.row_mut(slot)[at..].iter_mut().zip(0..) {
            *word = (bits >> (32 * nth)) as u32;
        }
    }

    /// Makes room for versions of more than 64 bits, which most sources never have.
    fn lengthen_versions(&mut self) {
        let short = self.layout.stride();
        self.layout.lengthen_versions();
        let (long, rest) = (self.layout.stride(), self.layout.stride() - short);
        for chunk in &mut self.chunks {
            let mut longer = Vec::with_capacity(CHUNK * long);
            for row in chunk.chunks_exact(short) {
                longer.extend_from_slice(row);
                longer.resize(longer.len() + rest, 0);
            }
            *chunk = longer;
        }
    }

    /// The cells of a row.
    pub(super) fn read(&self, slot: u32, cells: &mut Vec<Cell>) {
        let row = self.row(slot);
        cells.clear();
        cells.extend(self.layout.fields().map(|field| self.value(*field, row)));
    }

    /// One cell of a row.
    pub(super) fn cell(&self, slot: u32, number: usize) -> Cell {
        self.value(self.layout.field(number), self.row(slot))
    }

    fn value(&self, field: Place, row: &[u32]) -> Cell {
        match field.state(row) {
            UNKNOWN => Cell::Unknown,
            NULL => Cell::Null,
            KNOWN => Cell::Known(field.value(row).into()),
            _ => Cell::Known(self.wide[field.value(row) as u32 as usize]),
        }
    }

    /// Writes the cells whose bit is set in `changed`.
    pub(super) fn write(&mut self, slot: u32, cells: &[Cell], changed: u64) {
        for (number, cell) in cells.iter().enumerate() {
            if changed >> number & 1 == 1 {
                self.write_cell(slot, number, *cell);
            }
        }
    }

    fn write_cell(&mut self, slot: u32, number: usize, cell: Cell) {
        let field = self.layout.field(number);
        let row = self.row(slot);
        if field.state(row) == WIDE {
            let at = field.value(row) as u32;
            self.wide_free.push(at);
        }
        let (state, word) = match cell {
            Cell::Unknown => (UNKNOWN, 0),
            Cell::Null => (NULL, 0),
            Cell::Known(value) => match field.fit(value) {
                Some(word) => (KNOWN, word),
                None => (WIDE, self.store_wide(value)),
            },
        };
        field.set(self.row_mut(slot), state, word);
    }

    fn store_wide(&mut self, value: i128) -> i64 {
        if let Some(at) = self.wide_free.pop() {
            self.wide[at as usize] = value;
            return at.into();
        }
        self.wide.push(value);
        self.wide.len() as i64 - 1
    }

    fn row(&self, slot: u32) -> &[u32] {
        let stride = self.layout.stride();
        let (chunk, at) = (slot as usize / CHUNK, slot as usize % CHUNK * stride);
        &self.chunks[chunk][at..at + stride]
    }

    fn row_mut(&mut self, slot: u32) -> &mut [u32] {
        let stride = self.layout.stride();
        let (chunk, at) = (slot as usize / CHUNK, slot as usize % CHUNK * stride);
        &mut self.chunks[chunk][at..at + stride]
    }
}
