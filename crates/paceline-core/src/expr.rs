//! Expressions of the config: CEL, type-checked against an entity when the config is loaded, and compiled to
//! a tree that compares integers. Formulas over KPIs are CEL too, with names and rules of their own.
//!
//! The language is the part of CEL (<https://github.com/google/cel-spec>) that a filter over one record needs:
//! comparisons, `in`, `&&`, `||`, `!`, arithmetic, `?:`, null tests, `date("…")` and `timestamp("…")`, and
//! `states.<set>`. Logic is three-valued: a field that was never seen is *unknown*, and so is what depends on
//! it. A comparison with null is false, except the test for null itself.

mod check;
mod eval;
mod formula;
mod syntax;
#[cfg(test)]
mod tests;

use crate::entity::{Entity, FieldId};
use crate::rational::Rational;
use crate::symbol::Intern;

pub use eval::{Cell, Outcome, Row, Tri};
pub use formula::{Condition, Formula, Lack, Operand};

/// The ordered states of an entity (the stages of an opportunity) and their named sets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct States {
    /// The field that holds the state.
    pub field: String,
    /// All states in their order.
    pub order: Vec<String>,
    /// The named sets, such as `open` and `won`.
    pub sets: Vec<(String, Vec<String>)>,
}

/// What names mean in an expression.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// The entity whose fields are visible.
    pub entity: &'a Entity,
    /// Its states, if it has any.
    pub states: Option<&'a States>,
}

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
    check::test(&syntax::parse(text)?, scope, symbols)
}

/// Compiles a number.
///
/// # Errors
/// [`ExprError`] with the place, when the text does not parse or its types do not fit.
pub fn number(text: &str, scope: Scope<'_>, symbols: &mut dyn Intern) -> Result<Number, ExprError> {
    check::number(&syntax::parse(text)?, scope, symbols)
}

/// Compiles a formula over KPIs; a name's place among `kpis` is its [`KpiId`](crate::kpi::KpiId).
///
/// # Errors
/// [`ExprError`] with the place, when the text does not parse, its types do not fit, or a KPI is not known.
pub fn formula(text: &str, kpis: &[&str]) -> Result<Formula, ExprError> {
    formula::compile(text, kpis)
}

impl Test {
    /// The fields the result depends on, as a bit mask by [`FieldId`].
    pub fn fields(&self) -> u64 {
        match self {
            Self::Const(_) => 0,
            Self::Flag(field) | Self::IsNull(field) | Self::OneOf { field, .. } => field.bit(),
            Self::Not(test) => test.fields(),
            Self::All(tests) | Self::Any(tests) => {
                tests.iter().fold(0, |mask, test| mask | test.fields())
            }
            Self::Compare { left, right, .. } => left.fields() | right.fields(),
            Self::Numbers { left, right, .. } => left.fields() | right.fields(),
        }
    }
}

impl Word {
    fn fields(self) -> u64 {
        match self {
            Self::Field(field) => field.bit(),
            Self::Const(_) => 0,
        }
    }
}

impl Number {
    /// The fields the result depends on, as a bit mask by [`FieldId`].
    pub fn fields(&self) -> u64 {
        match self {
            Self::Const(_) => 0,
            Self::Field(field) => field.bit(),
            Self::Negate(number) => number.fields(),
            Self::Combine(_, left, right) => left.fields() | right.fields(),
            Self::If(test, yes, no) => test.fields() | yes.fields() | no.fields(),
        }
    }
}
