//! Running a formula on the values and goals of one scope in one period.

use std::cmp::Ordering;

use super::super::Operator;
use super::{Condition, Formula, Operand};
use crate::rational::Rational;

/// Why a formula has no value. What is missing wins over a zero denominator: of what is not known in full, nobody
/// can say that nothing is left to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lack {
    /// Everything is known, and a denominator is 0.
    ZeroDenominator,
    /// A value or a goal that is needed is missing.
    Missing,
}

/// Looks up a value or a goal; `None` when it is missing.
type Lookup<'a> = &'a dyn Fn(Operand) -> Option<Rational>;

impl Formula {
    /// The number.
    ///
    /// # Errors
    /// [`Lack`] when it has none.
    pub fn eval(&self, lookup: Lookup<'_>) -> Result<Rational, Lack> {
        match self {
            Self::Const(value) => Ok(value.clone()),
            Self::Operand(operand) => lookup(*operand).ok_or(Lack::Missing),
            Self::Negate(number) => number.eval(lookup).map(|value| -&value),
            Self::Combine(op, left, right) => {
                let (left, right) = both(left.eval(lookup), right.eval(lookup))?;
                combine(*op, &left, &right)
            }
            Self::Max(left, right) => {
                both(left.eval(lookup), right.eval(lookup)).map(|(left, right)| left.max(right))
            }
            Self::Min(left, right) => {
                both(left.eval(lookup), right.eval(lookup)).map(|(left, right)| left.min(right))
            }
            Self::If(test, yes, no) => {
                if test.eval(lookup)? {
                    yes.eval(lookup)
                } else {
                    no.eval(lookup)
                }
            }
        }
    }
}

impl Condition {
    fn eval(&self, lookup: Lookup<'_>) -> Result<bool, Lack> {
        match self {
            Self::Const(value) => Ok(*value),
            Self::Compare(op, left, right) => {
                let (left, right) = both(left.eval(lookup), right.eval(lookup))?;
                let ordering: Ordering = left.cmp(&right);
                Ok(op.holds(ordering))
            }
            Self::Not(test) => test.eval(lookup).map(|truth| !truth),
            Self::Both(tests) => decided(tests, lookup, false),
            Self::Either(tests) => decided(tests, lookup, true),
        }
    }
}

/// Two conditions of which one with the value `decisive` decides alone.
fn decided(tests: &[Condition; 2], lookup: Lookup<'_>, decisive: bool) -> Result<bool, Lack> {
    let [left, right] = tests.each_ref().map(|test| test.eval(lookup));
    if left == Ok(decisive) || right == Ok(decisive) {
        return Ok(decisive);
    }
    both(left, right).map(|_| !decisive)
}

fn both<T, U>(left: Result<T, Lack>, right: Result<U, Lack>) -> Result<(T, U), Lack> {
    match (left, right) {
        (Ok(left), Ok(right)) => Ok((left, right)),
        (Err(left), Err(right)) => Err(left.max(right)),
        (Err(lack), Ok(_)) | (Ok(_), Err(lack)) => Err(lack),
    }
}

fn combine(op: Operator, left: &Rational, right: &Rational) -> Result<Rational, Lack> {
    match op {
        Operator::Add => Ok(left + right),
        Operator::Subtract => Ok(left - right),
        Operator::Multiply => Ok(left * right),
        Operator::Divide => left.checked_div(right).ok_or(Lack::ZeroDenominator),
    }
}
