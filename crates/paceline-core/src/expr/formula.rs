//! Formulas: numbers computed from KPIs and goals, for KPIs that are made of others.
//!
//! A formula names KPIs (their values), takes goals with `goal(kpi)`, what is left of one with `remaining(kpi)`, and
//! combines them with arithmetic, `max(a, b)`, `min(a, b)` and `condition ? a : b`. It is evaluated exactly. What it
//! needs and is not there makes it *missing*; only where nothing is missing is a denominator of 0 a finding of its own.

mod check;
mod eval;
#[cfg(test)]
mod tests;

use super::{Comparison, Operator};
use crate::kpi::KpiId;
use crate::rational::Rational;

pub(super) use check::compile;
pub use eval::Lack;

/// A number computed from KPIs and goals.
#[derive(Clone, Debug, PartialEq)]
pub enum Formula {
    /// A constant.
    Const(Rational),
    /// A KPI's value or goal.
    Operand(Operand),
    /// The negative.
    Negate(Box<Self>),
    /// Two numbers combined.
    Combine(Operator, Box<Self>, Box<Self>),
    /// The greater of two.
    Max(Box<Self>, Box<Self>),
    /// The lesser of two.
    Min(Box<Self>, Box<Self>),
    /// One of two, by a condition; the other is not looked at.
    If(Box<Condition>, Box<Self>, Box<Self>),
}

/// What a formula takes from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operand {
    /// The value of a KPI.
    Actual(KpiId),
    /// The goal in force for a KPI.
    Goal(KpiId),
}

/// A condition over numbers computed from KPIs and goals.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// Always the same.
    Const(bool),
    /// Two numbers compared.
    Compare(Comparison, Formula, Formula),
    /// The opposite.
    Not(Box<Self>),
    /// Both of them; false when one is, whatever the other.
    Both(Box<[Self; 2]>),
    /// At least one of them; true when one is, whatever the other.
    Either(Box<[Self; 2]>),
}

impl Formula {
    /// The KPIs whose values it names, each once.
    pub fn actuals(&self) -> Vec<KpiId> {
        self.kpis(|operand| match operand {
            Operand::Actual(kpi) => Some(kpi),
            Operand::Goal(_) => None,
        })
    }

    /// The KPIs whose goals it takes, each once.
    pub fn goals(&self) -> Vec<KpiId> {
        self.kpis(|operand| match operand {
            Operand::Goal(kpi) => Some(kpi),
            Operand::Actual(_) => None,
        })
    }

    /// The KPIs whose samples say how much stands behind the result, which is as much as behind the weakest of them:
    /// of a division those whose values the denominator names, if any; of anything else all.
    pub fn sampled(&self) -> Vec<KpiId> {
        let below = match self {
            Self::Combine(Operator::Divide, _, below) => below.actuals(),
            _ => Vec::new(),
        };
        if below.is_empty() { self.actuals() } else { below }
    }

    /// Whether a denominator in it may be 0.
    pub fn divides(&self) -> bool {
        match self {
            Self::Combine(Operator::Divide, ..) => true,
            Self::Const(_) | Self::Operand(_) => false,
            Self::Negate(number) => number.divides(),
            Self::Combine(_, left, right) | Self::Max(left, right) | Self::Min(left, right) => {
                left.divides() || right.divides()
            }
            Self::If(test, yes, no) => test.divides() || yes.divides() || no.divides(),
        }
    }

    fn kpis(&self, pick: impl Fn(Operand) -> Option<KpiId>) -> Vec<KpiId> {
        let mut kpis = Vec::new();
        self.visit(&mut |operand| kpis.extend(pick(operand)));
        kpis.sort_unstable();
        kpis.dedup();
        kpis
    }

    fn visit(&self, see: &mut impl FnMut(Operand)) {
        match self {
            Self::Const(_) => {}
            Self::Operand(operand) => see(*operand),
            Self::Negate(number) => number.visit(see),
            Self::Combine(_, left, right) | Self::Max(left, right) | Self::Min(left, right) => {
                left.visit(see);
                right.visit(see);
            }
            Self::If(test, yes, no) => {
                test.visit(see);
                yes.visit(see);
                no.visit(see);
            }
        }
    }
}

impl Condition {
    fn divides(&self) -> bool {
        match self {
            Self::Const(_) => false,
            Self::Compare(_, left, right) => left.divides() || right.divides(),
            Self::Not(test) => test.divides(),
            Self::Both(tests) | Self::Either(tests) => tests.iter().any(Self::divides),
        }
    }

    fn visit(&self, see: &mut impl FnMut(Operand)) {
        match self {
            Self::Const(_) => {}
            Self::Compare(_, left, right) => {
                left.visit(see);
                right.visit(see);
            }
            Self::Not(test) => test.visit(see),
            Self::Both(tests) | Self::Either(tests) => {
                tests.iter().for_each(|test| test.visit(see))
            }
        }
    }
}
