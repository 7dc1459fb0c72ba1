//! Expressions of the config: CEL, type-checked against an entity when the config is loaded, and compiled to
//! a tree that compares integers. Formulas over KPIs are CEL too, with names and rules of their own.
//!
//! The language is the part of CEL (<https://github.com/google/cel-spec>) that a filter over one record needs:
//! comparisons, `in`, `&&`, `||`, `!`, arithmetic, `?:`, null tests, `date("…")` and `timestamp("…")`,
//! `states.<set>`, what a record remembers (`first(…)`, `since(…)`), `days(…)` between two points in time, and comparisons
//! with the clock: `age(…) > duration("14d")`, `age(…, "working") > duration("3d")`, `… <= now()`, `… < today()`. Logic is
//! three-valued: a field that was never seen is *unknown*, and so is what depends on it. A comparison with null is false,
//! except the test for null itself.

mod check;
mod clock;
mod eval;
mod formula;
mod syntax;
#[cfg(test)]
mod tests;

use std::cell::RefCell;

use crate::entity::{Entity, FieldId};
use crate::moment::{Kind, Moment, Order};
use crate::rational::Rational;
use crate::spread::Bound;
use crate::symbol::Intern;

pub(crate) use clock::Now;
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
    /// The moments of its records; expressions add those they need.
    pub moments: &'a RefCell<Vec<Moment>>,
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
    check::moment(&syntax::parse(text)?, kind, scope, symbols)
}

impl Scope<'_> {
    /// The cell of a moment, which all that need it share.
    pub fn remember(self, moment: Moment) -> FieldId {
        let mut moments = self.moments.borrow_mut();
        let known = moments.iter().position(|known| *known == moment);
        let at = known.unwrap_or(moments.len());
        if known.is_none() {
            moments.push(moment);
        }
        FieldId((self.entity.fields.len() + at) as u8)
    }

    /// The states in their order, if there are any.
    fn order(self, symbols: &mut dyn Intern) -> Option<Order> {
        let states = self.states?;
        let (field, _) = self.entity.field(&states.field)?;
        let cell = |state: &String| Cell::Known(symbols.intern(state).0.into());
        let cells: Vec<Cell> = states.order.iter().map(cell).collect();
        let open = states.order.iter().map(|state| states.is_open(state));
        Some(Order { field, states: cells.into_iter().zip(open).collect() })
    }
}

impl States {
    /// Whether a state is among the `open` ones; without a set of that name, whether it is neither won nor lost.
    pub fn is_open(&self, state: &str) -> bool {
        let set = |name: &str| self.sets.iter().find(|(set, _)| set == name);
        let holds = |name| set(name).is_some_and(|(_, members)| members.iter().any(|m| m == state));
        if set("open").is_some() { holds("open") } else { !holds("won") && !holds("lost") }
    }
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
        let mut mask = 0;
        self.for_each_field(&mut |field| mask |= field.bit());
        mask
    }

    /// Visits the fields the result depends on, some more than once.
    pub fn for_each_field(&self, visit: &mut dyn FnMut(FieldId)) {
        match self {
            Self::Const(_) => {}
            Self::Flag(field) | Self::IsNull(field) | Self::OneOf { field, .. } => visit(*field),
            Self::Not(test) => test.for_each_field(visit),
            Self::All(tests) | Self::Any(tests) => {
                tests.iter().for_each(|test| test.for_each_field(visit));
            }
            Self::Compare { left, right, .. } => {
                [left, right].into_iter().filter_map(|word| word.field()).for_each(visit);
            }
            Self::Clock { from, .. } => visit(from.field()),
            Self::Within { from, to, .. } => [*from, *to].into_iter().for_each(visit),
            Self::Numbers { left, right, .. } => {
                [left, right].into_iter().for_each(|number| number.for_each_field(visit));
            }
        }
    }

    /// Whether the clock alone may change the result.
    pub fn is_timed(&self) -> bool {
        let mut timed = false;
        self.for_each_threshold(&mut |_| timed = true);
        timed
    }

    /// Visits the instants at which the clock may change the result.
    pub(crate) fn for_each_threshold(&self, visit: &mut dyn FnMut(Threshold)) {
        match self {
            Self::Clock { from, .. } => visit(*from),
            Self::Not(test) => test.for_each_threshold(visit),
            Self::All(tests) | Self::Any(tests) => {
                tests.iter().for_each(|test| test.for_each_threshold(visit));
            }
            Self::Const(_)
            | Self::Flag(_)
            | Self::IsNull(_)
            | Self::Compare { .. }
            | Self::OneOf { .. }
            | Self::Within { .. }
            | Self::Numbers { .. } => {}
        }
    }
}

impl Threshold {
    /// The field or moment from which it follows.
    pub(crate) const fn field(self) -> FieldId {
        let (Self::After(field, _) | Self::Day(field, _) | Self::Worked(field, ..)) = self;
        field
    }
}

impl Word {
    fn field(self) -> Option<FieldId> {
        match self {
            Self::Field(field) => Some(field),
            Self::Const(_) => None,
        }
    }
}

impl Number {
    /// The fields the result depends on, as a bit mask by [`FieldId`].
    pub fn fields(&self) -> u64 {
        let mut mask = 0;
        self.for_each_field(&mut |field| mask |= field.bit());
        mask
    }

    /// Visits the fields the result depends on, some more than once.
    pub fn for_each_field(&self, visit: &mut dyn FnMut(FieldId)) {
        match self {
            Self::Const(_) => {}
            Self::Field(field) => visit(*field),
            Self::Negate(number) => number.for_each_field(visit),
            Self::Combine(_, left, right) => {
                [left, right].into_iter().for_each(|number| number.for_each_field(visit));
            }
            Self::If(test, yes, no) => {
                test.for_each_field(visit);
                [yes, no].into_iter().for_each(|number| number.for_each_field(visit));
            }
            Self::Days(span) => {
                [span.from, span.to].into_iter().filter_map(|word| word.field()).for_each(visit);
            }
        }
    }
}
