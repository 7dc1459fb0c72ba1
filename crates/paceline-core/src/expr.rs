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
mod syntax;
#[cfg(test)]
mod tests;

use std::cell::RefCell;

use crate::entity::{Entity, EntityId, FieldId, FieldType};
use crate::extra::{Extra, Link, Splits};
use crate::moment::{Kind, Moment, Order};
use crate::rational::Rational;
use crate::spread::Bound;
use crate::symbol::Intern;

pub(crate) use clock::Now;
pub(crate) use eval::contributed;
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
    /// The extras of its records; expressions add those they need.
    pub extras: &'a RefCell<Vec<Extra>>,
    /// Beside the entity's fields: which record each of them names. What is left out names none.
    pub links: &'a [Option<Linked<'a>>],
}

/// The entity of the records that a field names.
#[derive(Clone, Copy, Debug)]
pub struct Linked<'a> {
    /// Which entity.
    pub id: EntityId,
    /// The entity, whose fields are visible behind the name of the field.
    pub entity: &'a Entity,
    /// Its states, if it has any.
    pub states: Option<&'a States>,
    /// Whether anything is ever known of its records: whether some source feeds it.
    pub fed: bool,
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

impl Scope<'_> {
    /// The cell of a moment, which all that need it share.
    pub fn remember(self, moment: Moment) -> FieldId {
        self.extra(Extra::Moment(moment))
    }

    /// The cell that stands for how records are split.
    pub fn split(self, splits: Splits) -> FieldId {
        self.extra(Extra::Splits(splits))
    }

    /// The cell of a field of the record that a link names.
    fn look(self, link: Link, field: FieldId, kind: FieldType) -> FieldId {
        self.extra(Extra::Doubt(link));
        self.extra(Extra::Borrowed { link, field, kind })
    }

    /// Whether a cell is that of a field of another record.
    pub fn is_borrowed(self, cell: FieldId) -> bool {
        let at = usize::from(cell.0).checked_sub(self.entity.fields.len());
        let extras = self.extras.borrow();
        let extra = at.and_then(|at| extras.get(at));
        matches!(extra, Some(Extra::Borrowed { .. }))
    }

    /// The cell of an extra, which all that need it share.
    fn extra(self, extra: Extra) -> FieldId {
        let mut extras = self.extras.borrow_mut();
        let known = extras.iter().position(|known| *known == extra);
        let at = known.unwrap_or(extras.len());
        if known.is_none() {
            extras.push(extra);
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

    /// Whether the clock may change the result when a day begins, which is not everywhere at once.
    pub(crate) fn is_timed_by_day(&self) -> bool {
        let mut by_day = false;
        self.for_each_threshold(&mut |threshold| by_day |= matches!(threshold, Threshold::Day(..)));
        by_day
    }

    /// Whether the clock may change the result while somebody works.
    pub(crate) fn is_timed_by_work(&self) -> bool {
        let mut by_work = false;
        self.for_each_threshold(&mut |threshold| {
            by_work |= matches!(threshold, Threshold::Worked(..));
        });
        by_work
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
