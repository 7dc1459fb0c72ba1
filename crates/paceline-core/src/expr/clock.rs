//! The clock in conditions: from what is compared to the instant at which the result changes.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::eval::{Cell, Outcome, Row, cell};
use super::{Comparison, Test, Threshold};
use crate::day::Day;
use crate::entity::FieldId;

const SECOND: i128 = 1_000_000_000;

/// When and where a condition is looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now<'a> {
    /// Nanoseconds since 1970.
    pub(crate) instant: i128,
    /// Where the rep is; none when that is not known.
    pub(crate) zone: Option<&'a TimeZone>,
}

impl Threshold {
    /// The instant in nanoseconds since 1970. A day's beginning is known only where the rep is.
    pub(crate) fn instant(self, row: &Row, zone: Option<&TimeZone>) -> Outcome<i128> {
        let (Self::After(field, _) | Self::Day(field, _)) = self;
        // As in any comparison, what is not known outweighs null.
        let place = match (self, zone) {
            (Self::After(_, nanos), _) => Place::Instant(nanos),
            (Self::Day(_, days), Some(zone)) => Place::Day(days, zone),
            (Self::Day(..), None) => return Outcome::Unknown,
        };
        match (cell(row, field), place) {
            (Cell::Unknown, _) => Outcome::Unknown,
            (Cell::Null, _) => Outcome::Null,
            (Cell::Known(value), Place::Instant(nanos)) => {
                Outcome::Known(value.saturating_add(nanos))
            }
            (Cell::Known(value), Place::Day(days, zone)) => {
                Outcome::Known(Day(value as i32).plus(days).start(zone).as_nanosecond())
            }
        }
    }
}

/// How an instant follows from a cell.
enum Place<'a> {
    Instant(i128),
    Day(i32, &'a TimeZone),
}

/// A timestamp compared with so long before now: `field op now - age`.
pub(super) fn before_now(op: Comparison, field: FieldId, age: i128) -> Option<Test> {
    let test = |nanos, reached| Test::Clock { from: Threshold::After(field, nanos), reached };
    match op {
        Comparison::LessOrEqual => Some(test(age, true)),
        Comparison::Less => Some(test(age + 1, true)),
        Comparison::Greater => Some(test(age, false)),
        Comparison::GreaterOrEqual => Some(test(age + 1, false)),
        Comparison::Equal | Comparison::NotEqual => None,
    }
}

/// A date compared with today.
pub(super) fn with_today(op: Comparison, field: FieldId) -> Test {
    let test = |days, reached| Test::Clock { from: Threshold::Day(field, days), reached };
    match op {
        Comparison::LessOrEqual => test(0, true),
        Comparison::Less => test(1, true),
        Comparison::Greater => test(0, false),
        Comparison::GreaterOrEqual => test(1, false),
        Comparison::Equal => Test::All([test(0, true), test(1, false)].into()),
        Comparison::NotEqual => Test::Any([test(0, false), test(1, true)].into()),
    }
}

/// The comparison with its sides exchanged.
pub(super) fn turned(op: Comparison) -> Comparison {
    match op {
        Comparison::Equal | Comparison::NotEqual => op,
        Comparison::Less => Comparison::Greater,
        Comparison::LessOrEqual => Comparison::GreaterOrEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterOrEqual => Comparison::LessOrEqual,
    }
}

/// Reads a duration such as `14d`, `36h` or `1h30m`, in nanoseconds. A day has 24 hours.
pub(super) fn duration(text: &str) -> Option<i128> {
    let mut rest = text;
    let mut nanos = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: u32 = rest[..digits].parse().ok()?;
        let unit = match rest.as_bytes()[digits] {
            b'd' => 86_400,
            b'h' => 3_600,
            b'm' => 60,
            b's' => 1,
            _ => return None,
        };
        nanos += i128::from(number) * unit * SECOND;
        rest = &rest[digits + 1..];
    }
    let longest = Timestamp::MAX.as_nanosecond() - Timestamp::MIN.as_nanosecond();
    (!text.is_empty() && nanos <= longest).then_some(nanos)
}
