//! Where in a row what stands: the id, the states, the values and the version, in words of 32 bits.
//!
//! A value takes as much as values of its field's type usually need: texts are symbols and days are small, numbers
//! and instants are not. What does not fit is kept elsewhere, so the widths decide on size only, never on range.

use super::rows::ID_WORDS;
use crate::entity::FieldType;

/// States of two bits in a word.
const STATES: usize = 16;
/// Words of a version: most sources count, and 64 bits hold that.
const SHORT_VERSION: usize = 2;
const LONG_VERSION: usize = 4;

/// The layout of the rows of one entity.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    fields: Vec<Place>,
    version: usize,
    version_words: usize,
}

/// Where a field stands in a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    state: u16,
    shift: u16,
    value: u16,
    /// Whether the value has two words.
    double: bool,
}

impl Layout {
    pub(super) fn new(cells: &[FieldType]) -> Self {
        let mut next = ID_WORDS + cells.len().div_ceil(STATES);
        let place = |(number, kind): (usize, &FieldType)| {
            let place = Place {
                state: (ID_WORDS + number / STATES) as u16,
                shift: (number % STATES * 2) as u16,
                value: next as u16,
                double: is_double(*kind),
            };
            next += if place.double { 2 } else { 1 };
            place
        };
        let fields = cells.iter().enumerate().map(place).collect();
        Self { fields, version: next, version_words: SHORT_VERSION }
    }

    /// Words of a row.
    pub(super) fn stride(&self) -> usize {
        self.version + self.version_words
    }

    /// Where the version starts, which is the last in the row, the low word first.
    pub(super) fn version(&self) -> usize {
        self.version
    }

    pub(super) fn has_short_versions(&self) -> bool {
        self.version_words == SHORT_VERSION
    }

    pub(super) fn lengthen_versions(&mut self) {
        self.version_words = LONG_VERSION;
    }

    pub(super) fn fields(&self) -> impl Iterator<Item = &Place> {
        self.fields.iter()
    }

    pub(super) fn field(&self, number: usize) -> Place {
        self.fields[number]
    }
}

fn is_double(kind: FieldType) -> bool {
    match kind {
        FieldType::Text | FieldType::Bool | FieldType::Date => false,
        FieldType::Int | FieldType::Decimal | FieldType::Timestamp => true,
    }
}

impl Place {
    pub(super) fn state(self, row: &[u32]) -> u32 {
        row[usize::from(self.state)] >> self.shift & 3
    }

    pub(super) fn value(self, row: &[u32]) -> i64 {
        let at = usize::from(self.value);
        if self.double {
            return (u64::from(row[at + 1]) << 32 | u64::from(row[at])) as i64;
        }
        (row[at] as i32).into()
    }

    /// A value as it is stored; `None` when it does not fit.
    pub(super) fn fit(self, value: i128) -> Option<i64> {
        if self.double {
            i64::try_from(value).ok()
        } else {
            i32::try_from(value).ok().map(i64::from)
        }
    }

    /// Stores a state and a value that fits.
    pub(super) fn set(self, row: &mut [u32], state: u32, value: i64) {
        let states = &mut row[usize::from(self.state)];
        *states = *states & !(3 << self.shift) | state << self.shift;
        let at = usize::from(self.value);
        row[at] = value as u32;
        if self.double {
            row[at + 1] = (value >> 32) as u32;
        }
    }
}
