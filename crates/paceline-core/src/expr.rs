//! Expressions of the config: CEL, type-checked against an entity when the config is loaded, and compiled to
//! a tree that compares integers. Formulas over KPIs are CEL too, with names and rules of their own.
//!
//! The language is the part of CEL (<https://github.com/google/cel-spec>) that a filter over one record needs:
//! comparisons, `in`, `&&`, `||`, `!`, arithmetic, `?:`, null tests, `date("…")` and `timestamp("…")`,
//! `states.<set>`, fields of the record that a field names (`account.type`), what a record remembers (`first(…)`,
//! `since(…)`), `days(…)` between two points in time, and comparisons with the clock: `age(…) > duration("14d")`,
//! `age(…, "working") > duration("3d")`, `… <= now()`, `… < today()`. Logic is three-valued: a field that was never seen is
//! *unknown*, and so is what depends on it. A comparison with null is false, except the test for null itself.

mod check;
mod clock;
mod dimension;
mod eval;
mod formula;
mod scope;
mod syntax;
#[cfg(test)]
mod tests;
mod walk;

use crate::entity::{FieldId, FieldType};
use crate::moment::{Kind, Moment};
use crate::rational::Rational;
use crate::spread::Bound;
use crate::symbol::Intern;

pub(crate) use clock::Now;
pub(crate) use eval::contributed;
pub use eval::{Cell, Outcome, Row, Tri};
pub use formula::{Condition, Formula, Lack, Operand};
pub use scope::{Linked, Scope, States};

/// Why an expression is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExprError {
    /// Where in the expression's text, as a byte offset.
    pub at: usize,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: String,
}

/// A condition over one record.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// Always the same.
    Const(bool),
    /// A field of type bool.
    Flag(FieldId),
    /// Whether a field is null.
    IsNull(FieldId),
    /// The opposite.
    Not(Box<Self>),
    /// All of them.
    All(Box<[Self]>),
    /// At least one of them.
    Any(Box<[Self]>),
    /// Two cells of one type.
    Compare {
        /// How.
        op: Comparison,
        /// The left side.
        left: Word,
        /// The right side.
        right: Word,
    },
    /// A field among constants.
    OneOf {
        /// The field.
        field: FieldId,
        /// The constants, as cells.
        members: Box<[i128]>,
    },
    /// Whether an instant that follows from a field has come, or is yet to come.
    Clock {
        /// The instant.
        from: Threshold,
        /// Whether it must have come.
        reached: bool,
    },
    /// Whether one instant lies no more than so many nanoseconds after another.
    Within {
        /// The instant from which time is counted.
        from: FieldId,
        /// The instant that must not be later.
        to: FieldId,
        /// How much later it may be.
        nanos: i128,
    },
    /// Two computed numbers.
    Numbers {
        /// How.
        op: Comparison,
        /// The left side.
        left: Number,
        /// The right side.
        right: Number,
    },
}

/// An instant at which a record's membership changes by the clock alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threshold {
    /// So many nanoseconds after the timestamp of a field or moment.
    After(FieldId, i128),
    /// The beginning, where the rep is, of the day so many days after the date of a field.
    Day(FieldId, i32),
    /// When at least, or more than, so many of the rep's working days have passed since the timestamp of a field or moment.
    Worked(FieldId, u16, Bound),
}

/// An operand that needs no computing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// A field.
    Field(FieldId),
    /// A constant, as the cell a field of the same type would hold.
    Const(i128),
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say all")]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A number computed from one record.
#[derive(Clone, Debug, PartialEq)]
pub enum Number {
    /// A constant.
    Const(Rational),
    /// A field of type int or decimal.
    Field(FieldId),
    /// The negative.
    Negate(Box<Self>),
    /// Two numbers combined.
    Combine(Operator, Box<Self>, Box<Self>),
    /// One of two, by a condition.
    If(Box<Test>, Box<Self>, Box<Self>),
    /// The days from one point in time to another, less than 0 when the other comes first.
    Days(Box<Span>),
}

/// From one point in time to another, both dates or both timestamps.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// The point from which days are counted.
    pub from: Word,
    /// The point to which they are.
    pub to: Word,
    /// How many of the cells' units make a day.
    pub unit: i128,
}

/// A number that a KPI aggregates.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// The number.
    pub number: Number,
    /// If it is money, the field that holds the code of its currency.
    pub currency: Option<FieldId>,
}

/// An arithmetic operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say all")]
pub enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
}

/// Compiles a condition.
///
/// # Errors
/// [`ExprError`] with the place, when the text does not parse or its types do not fit.
pub fn test(text: &str, scope: Scope<'_>, symbols: &mut dyn Intern) -> Result<Test, ExprError> {
    let node = syntax::parse(text)?;
    let test = check::test(&node, scope, symbols)?;
    dimension::of(&node, scope)?;
    Ok(test)
}

/// Compiles a condition of which `kind` is to be remembered.
///
/// # Errors
/// [`ExprError`] with the place, when the text does not parse or its types do not fit.
pub fn moment(
    kind: Kind,
    text: &str,
    scope: Scope<'_>,
    symbols: &mut dyn Intern,
) -> Result<Moment, ExprError> {
    let node = syntax::parse(text)?;
    let moment = check::moment(&node, kind, scope, symbols)?;
    dimension::of(&node, scope)?;
    Ok(moment)
}

/// Compiles a number.
///
/// # Errors
/// [`ExprError`] with the place, when the text does not parse or its types do not fit.
pub fn number(
    text: &str,
    scope: Scope<'_>,
    symbols: &mut dyn Intern,
) -> Result<Measured, ExprError> {
    let node = syntax::parse(text)?;
    let number = check::number(&node, scope, symbols)?;
    let currency = dimension::of(&node, scope)?.currency();
    Ok(Measured { number, currency })
}

/// Compiles the name of a field, be it of the record that another field names, to its cell and what it holds.
///
/// # Errors
/// [`ExprError`] with the place, when there is no such field.
pub fn field(
    text: &str,
    scope: Scope<'_>,
    symbols: &mut dyn Intern,
) -> Result<(FieldId, FieldType), ExprError> {
    check::field(&syntax::parse(text)?, scope, symbols)
}

/// Compiles a formula over KPIs; a name's place among `kpis` is its [`KpiId`](crate::kpi::KpiId).
///
/// # Errors
/// [`ExprError`] with the place, when the text does not parse, its types do not fit, or a KPI is not known.
pub fn formula(text: &str, kpis: &[&str]) -> Result<Formula, ExprError> {
    formula::compile(text, kpis)
}
