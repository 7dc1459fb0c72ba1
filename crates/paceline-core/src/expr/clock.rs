//! The clock in conditions: from what is compared to the instant at which the result changes.

use jiff::Timestamp;

use super::eval::{Outcome, Row, cell};
use super::{Comparison, Test, Threshold};
use crate::day::Day;
use crate::entity::FieldId;
use crate::spread::Bound;
use crate::working_age::Workplace;

const SECOND: i128 = 1_000_000_000;
const DAY: i128 = 86_400 * SECOND;

/// An instant after all time.
const NEVER: i128 = i128::MAX;

/// When and where a condition is looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now<'a> {
    /// Nanoseconds since 1970.
    pub(crate) instant: i128,
    /// Where the rep works; none when it is not known who that is.
    pub(crate) place: Option<Workplace<'a>>,
}

impl Threshold {
    /// The instant in nanoseconds since 1970. Days and working days are known only where the rep is.
    pub(crate) fn instant(self, row: &Row, place: Option<Workplace<'_>>) -> Outcome<i128> {
        let value = Outcome::from(cell(row, self.field()));
        match (self, place) {
            (Self::After(_, nanos), _) => value.map(|value| value.saturating_add(nanos)),
            // As in any comparison, what is not known outweighs null.
            (Self::Day(..) | Self::Worked(..), None) => Outcome::Unknown,
            (Self::Day(_, days), Some(place)) => {
                value.map(|value| Day(value as i32).plus(days).start(place.zone).as_nanosecond())
            }
            (Self::Worked(_, days, bound), Some(place)) => {
                value.map(|value| place.instant(value, days, bound).unwrap_or(NEVER))
            }
        }
    }
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

/// A working age compared with so many days.
pub(super) fn worked(op: Comparison, field: FieldId, days: u16) -> Option<Test> {
    let test =
        |bound, reached| Test::Clock { from: Threshold::Worked(field, days, bound), reached };
    match op {
        Comparison::Greater => Some(test(Bound::Above, true)),
        Comparison::GreaterOrEqual => Some(test(Bound::AtLeast, true)),
        Comparison::Less => Some(test(Bound::AtLeast, false)),
        Comparison::LessOrEqual => Some(test(Bound::Above, false)),
        Comparison::Equal | Comparison::NotEqual => None,
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

/// A constant duration.
#[derive(Clone, Copy, Debug)]
pub(super) struct Duration {
    pub(super) nanos: i128,
    /// How many days it is, if it is written in days alone.
    pub(super) days: Option<i128>,
}

/// Reads a duration such as `14d`, `36h` or `1h30m`. A day has 24 hours.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut nanos = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: u32 = rest[..digits].parse().ok()?;
        let unit = match rest.as_bytes()[digits] {
            b'd' => DAY,
            b'h' => 3_600 * SECOND,
            b'm' => 60 * SECOND,
            b's' => SECOND,
            _ => return None,
        };
        nanos += i128::from(number) * unit;
        rest = &rest[digits + 1..];
    }
    let longest = Timestamp::MAX.as_nanosecond() - Timestamp::MIN.as_nanosecond();
    let days = (!text.contains(['h', 'm', 's'])).then_some(nanos / DAY);
    (!text.is_empty() && nanos <= longest).then_some(Duration { nanos, days })
}
