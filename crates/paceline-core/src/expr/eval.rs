//! Running compiled expressions over a row of cells.

use std::cmp::Ordering;

use super::clock::Now;
use super::{Comparison, Number, Operator, Test, Word};
use crate::decimal::Decimal;
use crate::entity::FieldId;
use crate::rational::Rational;

/// One field of one record. Every type is an integer: text its symbol, a bool 0 or 1, numbers millionths, a
/// date its day, a timestamp nanoseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Cell {
    /// Never seen.
    #[default]
    Unknown,
    /// Empty.
    Null,
    /// This value.
    Known(i128),
}

/// The cells of one record, by [`FieldId`].
pub type Row = [Cell];

/// Truth with a third value for what depends on an unknown field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say all")]
pub enum Tri {
    False,
    True,
    Unknown,
}

/// A computed value, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<T> {
    /// It depends on a field that was never seen.
    Unknown,
    /// It is empty: an operand is null, or a denominator 0.
    Null,
    /// This value.
    Known(T),
}

impl Test {
    /// The truth of a condition without a clock for a record; with one, as if time had not begun.
    pub fn eval(&self, row: &Row) -> Tri {
        self.eval_at(row, &Now { instant: i128::MIN, place: None })
    }

    /// The truth of the condition for a record at an instant.
    pub(crate) fn eval_at(&self, row: &Row, now: &Now<'_>) -> Tri {
        match self {
            Self::Const(value) => Tri::from(*value),
            Self::Flag(field) => cell(row, *field).is(|value| value != 0),
            Self::IsNull(field) => match cell(row, *field) {
                Cell::Unknown => Tri::Unknown,
                other => Tri::from(other == Cell::Null),
            },
            Self::Not(test) => test.eval_at(row, now).not(),
            Self::All(tests) => {
                tests.iter().fold(Tri::True, |all, test| all.and(|| test.eval_at(row, now)))
            }
            Self::Any(tests) => tests.iter().fold(Tri::False, |none, test| {
                none.not().and(|| test.eval_at(row, now).not()).not()
            }),
            Self::Compare { op, left, right } => {
                compare_words(*op, left.cell(row), right.cell(row))
            }
            Self::OneOf { field, members } => {
                cell(row, *field).is(|value| members.contains(&value))
            }
            Self::Clock { from, reached } => match from.instant(row, now.place) {
                Outcome::Unknown => Tri::Unknown,
                Outcome::Null => Tri::False,
                Outcome::Known(from) => Tri::from((now.instant >= from) == *reached),
            },
            Self::Within { from, to, nanos } => match (cell(row, *from), cell(row, *to)) {
                (Cell::Unknown, _) | (_, Cell::Unknown) => Tri::Unknown,
                (Cell::Known(from), Cell::Known(to)) => Tri::from(to - from <= *nanos),
                _ => Tri::False,
            },
            Self::Numbers { op, left, right } => {
                compare_numbers(*op, &left.eval(row), &right.eval(row))
            }
        }
    }
}

impl Number {
    /// The number for a record.
    pub fn eval(&self, row: &Row) -> Outcome<Rational> {
        match self {
            Self::Const(value) => Outcome::Known(value.clone()),
            Self::Field(field) => {
                Outcome::from(cell(row, *field)).map(|micros| Decimal::from_micros(micros).into())
            }
            Self::Negate(number) => number.eval(row).and_then(|value| Some(-&value)),
            Self::Combine(op, left, right) => combine(*op, left.eval(row), right.eval(row)),
            Self::If(test, yes, no) => match test.eval(row) {
                Tri::True => yes.eval(row),
                Tri::False => no.eval(row),
                Tri::Unknown => Outcome::Unknown,
            },
            Self::Days(span) => match (span.from.cell(row), span.to.cell(row)) {
                (Cell::Unknown, _) | (_, Cell::Unknown) => Outcome::Unknown,
                (Cell::Known(from), Cell::Known(to)) => {
                    Rational::new(to - from, span.unit).map_or(Outcome::Null, Outcome::Known)
                }
                _ => Outcome::Null,
            },
        }
    }

    /// The number rounded half-even to six places: what a record contributes.
    pub fn contribution(&self, row: &Row) -> Outcome<Decimal> {
        if let Self::Field(field) = self {
            return Outcome::from(cell(row, *field)).map(Decimal::from_micros);
        }
        match self.eval(row) {
            Outcome::Unknown => Outcome::Unknown,
            Outcome::Null => Outcome::Null,
            Outcome::Known(value) => value
                .to_decimal()
                .filter(|decimal| decimal.abs() <= Decimal::MAX)
                .map_or(Outcome::Unknown, Outcome::Known),
        }
    }
}

impl<T> Outcome<T> {
    /// The value turned into another.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Outcome<U> {
        self.and_then(|value| Some(f(value)))
    }

    fn and_then<U>(self, f: impl FnOnce(T) -> Option<U>) -> Outcome<U> {
        match self {
            Self::Unknown => Outcome::Unknown,
            Self::Null => Outcome::Null,
            Self::Known(value) => f(value).map_or(Outcome::Null, Outcome::Known),
        }
    }
}

impl Tri {
    fn not(self) -> Self {
        match self {
            Self::False => Self::True,
            Self::True => Self::False,
            Self::Unknown => Self::Unknown,
        }
    }

    fn and(self, other: impl FnOnce() -> Self) -> Self {
        if self == Self::False {
            return Self::False;
        }
        match (self, other()) {
            (_, Self::False) => Self::False,
            (Self::True, other) => other,
            _ => Self::Unknown,
        }
    }
}

impl From<bool> for Tri {
    fn from(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
}

impl Cell {
    /// A condition on the value; null fails it.
    fn is(self, condition: impl FnOnce(i128) -> bool) -> Tri {
        match self {
            Self::Unknown => Tri::Unknown,
            Self::Null => Tri::False,
            Self::Known(value) => Tri::from(condition(value)),
        }
    }
}

impl From<Cell> for Outcome<i128> {
    fn from(cell: Cell) -> Self {
        match cell {
            Cell::Unknown => Self::Unknown,
            Cell::Null => Self::Null,
            Cell::Known(value) => Self::Known(value),
        }
    }
}

impl Word {
    fn cell(self, row: &Row) -> Cell {
        match self {
            Self::Field(field) => cell(row, field),
            Self::Const(value) => Cell::Known(value),
        }
    }
}

impl Comparison {
    pub(super) fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::NotEqual => ordering.is_ne(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

pub(super) fn cell(row: &Row, field: FieldId) -> Cell {
    row[usize::from(field.0)]
}

fn compare_words(op: Comparison, left: Cell, right: Cell) -> Tri {
    match (left, right) {
        (Cell::Unknown, _) | (_, Cell::Unknown) => Tri::Unknown,
        (Cell::Known(left), Cell::Known(right)) => Tri::from(op.holds(left.cmp(&right))),
        _ => Tri::False,
    }
}

fn compare_numbers(op: Comparison, left: &Outcome<Rational>, right: &Outcome<Rational>) -> Tri {
    match (left, right) {
        (Outcome::Unknown, _) | (_, Outcome::Unknown) => Tri::Unknown,
        (Outcome::Known(left), Outcome::Known(right)) => Tri::from(op.holds(left.cmp(right))),
        _ => Tri::False,
    }
}

fn combine(op: Operator, left: Outcome<Rational>, right: Outcome<Rational>) -> Outcome<Rational> {
    match (left, right) {
        (Outcome::Unknown, _) | (_, Outcome::Unknown) => Outcome::Unknown,
        (Outcome::Known(left), Outcome::Known(right)) => {
            arithmetic(op, &left, &right).map_or(Outcome::Null, Outcome::Known)
        }
        _ => Outcome::Null,
    }
}

fn arithmetic(op: Operator, left: &Rational, right: &Rational) -> Option<Rational> {
    Some(match op {
        Operator::Add => left + right,
        Operator::Subtract => left - right,
        Operator::Multiply => left * right,
        Operator::Divide => return left.checked_div(right),
    })
}
