//! Worth: what a KPI comes to in a scope and a period, from what its leaves add up to and the goals it is computed
//! from. The same for periods that run, rolling windows looked at ahead, and periods that are over.

use super::Board;
use super::accumulator::Value as Total;
use crate::expr::{Lack, Operand};
use crate::kpi::{Derived, KpiId, Measure, OnZero};
use crate::ledger::Doubt;
use crate::period::PeriodKind;
use crate::rational::Rational;
use crate::roster::ScopeId;

/// What a KPI comes to.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Worth {
    /// Its value, if it has one.
    pub(super) actual: Option<Rational>,
    /// The records behind it. Of a ratio those of the denominator, of a formula the fewest of
    /// [its sampled KPIs](crate::expr::Formula::sampled).
    pub(super) sample: u64,
    /// The records whose contribution is not known, of all the leaves together: one that is in doubt for several of
    /// them counts for each.
    pub(super) doubt: Doubt,
    /// Whether there is no value because nothing is left to do.
    pub(super) met: bool,
}

/// Where the parts of a KPI are looked up, by the live standings they are of. What is not found has no value.
#[derive(Clone, Copy)]
pub(super) struct Parts<'a> {
    /// What a leaf adds up to.
    pub(super) total: &'a dyn Fn(u32) -> Option<&'a Total>,
    /// The goal in force.
    pub(super) goal: &'a dyn Fn(u32) -> Option<Rational>,
}

/// A worth without its doubt.
#[derive(Clone, Debug, Default)]
struct Value {
    actual: Option<Rational>,
    sample: u64,
    met: bool,
}

/// One scope and kind of period.
struct Place<'a> {
    board: &'a Board,
    scope: ScopeId,
    kind: PeriodKind,
    parts: Parts<'a>,
    /// What was worked out already: formulas may name each other in many ways.
    known: Vec<(KpiId, Value)>,
}

impl Board {
    /// What the KPI of a standing comes to, given its parts.
    pub(super) fn worth<'a>(&'a self, live: u32, parts: Parts<'a>) -> Worth {
        let (scope, slot) = self.place(live);
        let slot = self.slots.get(slot);
        let mut doubt = Doubt::default();
        let totals = self.leaves(live).filter_map(parts.total);
        totals.for_each(|total| doubt.add(total.doubt()));
        let mut place = Place { board: self, scope, kind: slot.kind, parts, known: Vec::new() };
        let Value { actual, sample, met } = place.value(slot.kpi);
        Worth { actual, sample, doubt, met }
    }

    /// The live standings whose contributions make up a value: itself, or what a ratio or a formula comes down to.
    pub(super) fn leaves(&self, live: u32) -> impl Iterator<Item = u32> + '_ {
        let (scope, slot) = self.place(live);
        self.slots.get(slot).leaves.iter().map(move |slot| self.live_id(scope, *slot))
    }

    /// The live standings whose goals a value is computed from.
    pub(super) fn goals_within(&self, live: u32) -> impl Iterator<Item = u32> + '_ {
        let (scope, slot) = self.place(live);
        self.slots.get(slot).goals.iter().map(move |slot| self.live_id(scope, *slot))
    }
}

impl Place<'_> {
    fn value(&mut self, kpi: KpiId) -> Value {
        let board = self.board;
        match &board.model.kpi(kpi).measure {
            Measure::Simple(simple) => {
                let total = self.live(kpi).and_then(self.parts.total);
                let Some(total) = total else { return Value::default() };
                let (actual, sample) = total.of(&simple.aggregate);
                Value { actual, sample, met: false }
            }
            Measure::Ratio { numerator, denominator } => {
                ratio(self.value(*numerator), self.value(*denominator))
            }
            Measure::Derived(derived) => self.derived(derived),
        }
    }

    fn derived(&mut self, derived: &Derived) -> Value {
        let Derived { formula, on_zero } = derived;
        for kpi in formula.actuals() {
            if self.part(kpi).is_none() {
                let value = self.value(kpi);
                self.known.push((kpi, value));
            }
        }
        let result = formula.eval(&|operand| match operand {
            Operand::Actual(kpi) => self.part(kpi)?.actual.clone(),
            Operand::Goal(kpi) => self.live(kpi).and_then(self.parts.goal),
        });
        let samples = formula.sampled().into_iter().filter_map(|kpi| Some(self.part(kpi)?.sample));
        Value {
            sample: samples.min().unwrap_or(0),
            met: *on_zero == OnZero::Met && result == Err(Lack::ZeroDenominator),
            actual: result.ok(),
        }
    }

    fn part(&self, kpi: KpiId) -> Option<&Value> {
        self.known.iter().find(|(known, _)| *known == kpi).map(|(_, value)| value)
    }

    fn live(&self, kpi: KpiId) -> Option<u32> {
        let slot = self.board.slots.find(kpi, self.kind)?;
        Some(self.board.live_id(self.scope, slot))
    }
}

fn ratio(above: Value, below: Value) -> Value {
    let both = above.actual.zip(below.actual);
    let actual = both.and_then(|(above, below)| above.checked_div(&below));
    Value { actual, sample: below.sample, met: false }
}
