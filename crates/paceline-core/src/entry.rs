//! Entries: what one change of a record adds to and takes from the numbers.

use crate::day::Day;
use crate::decimal::Decimal;
use crate::kpi::KpiId;
use crate::symbol::Symbol;

/// The day of what has none: a stock's contributions.
pub const NO_DAY: Day = Day(i32::MIN);

/// A signed contribution of one record to one KPI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Who is credited.
    pub owner: Symbol,
    /// With what.
    pub kpi: KpiId,
    /// What changes.
    pub part: Part,
}

/// What an entry changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A sum and a number of records, on a day ([`NO_DAY`] for stocks).
    Amount {
        /// The day.
        day: Day,
        /// Added to the sum.
        amount: Decimal,
        /// Added to the number of records.
        records: i32,
    },
    /// How often a value occurs on a day, for aggregates that are no sums.
    Member {
        /// The day.
        day: Day,
        /// The value, as a cell.
        value: i128,
        /// Added to its number of occurrences.
        records: i32,
    },
    /// How many records are incomplete for the KPI, and how many are in doubt.
    Doubt {
        /// The day the records would count on; [`NO_DAY`] when it is not known, so that it may be any.
        day: Day,
        /// Added to the number of records with an unknown field that is needed.
        incomplete: i32,
        /// Added to the number of records that changed in a way that was not told.
        gap: i32,
    },
}

impl Part {
    /// The opposite, which takes away what this adds.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::Amount { day, amount, records } => {
                Self::Amount { day, amount: -amount, records: -records }
            }
            Self::Member { day, value, records } => Self::Member { day, value, records: -records },
            Self::Doubt { day, incomplete, gap } => {
                Self::Doubt { day, incomplete: -incomplete, gap: -gap }
            }
        }
    }
}

/// What a part changes, apart from by how much: its kind, its day, and the value of a member.
pub(crate) type PartKey = (u8, Day, i128);

impl Part {
    /// What it changes, apart from by how much: parts that agree in this add up to one.
    pub(crate) fn key(&self) -> PartKey {
        match self {
            Self::Amount { day, .. } => (0, *day, 0),
            Self::Member { day, value, .. } => (1, *day, *value),
            Self::Doubt { day, .. } => (2, *day, 0),
        }
    }

    /// The day on which it counts.
    pub(crate) fn day(&self) -> Day {
        self.key().1
    }

    /// This and another part of the same key.
    #[must_use]
    pub(crate) fn plus(self, other: Self) -> Self {
        match (self, other) {
            (
                Self::Amount { day, amount, records },
                Self::Amount { amount: more, records: others, .. },
            ) => Self::Amount { day, amount: amount + more, records: records + others },
            (Self::Member { day, value, records }, Self::Member { records: others, .. }) => {
                Self::Member { day, value, records: records + others }
            }
            (
                Self::Doubt { day, incomplete, gap },
                Self::Doubt { incomplete: more, gap: others, .. },
            ) => Self::Doubt { day, incomplete: incomplete + more, gap: gap + others },
            (part, _) => part,
        }
    }

    /// Whether it changes nothing.
    pub fn is_nothing(&self) -> bool {
        match self {
            Self::Amount { amount, records, .. } => *amount == Decimal::ZERO && *records == 0,
            Self::Member { records, .. } => *records == 0,
            Self::Doubt { incomplete, gap, .. } => *incomplete == 0 && *gap == 0,
        }
    }
}
