//! Derived KPIs: expressions over other KPIs and their goals.

use std::fmt::{self, Write as _};

use proptest::prelude::*;

use super::{World, kpis::Shown};

/// A KPI over the others, which it chooses by number.
#[derive(Clone, Debug)]
pub(super) struct Derived {
    formula: u8,
    one: u8,
    other: u8,
    met: bool,
    goal_kind: u8,
    lower: bool,
    min_sample: u8,
}

pub(super) fn derived() -> impl Strategy<Value = Derived> {
    let chosen = (any::<u8>(), any::<u8>(), any::<u8>());
    (chosen, any::<bool>(), any::<u8>(), prop::bool::weighted(0.3), 1..3_u8).prop_map(
        |((formula, one, other), met, goal_kind, lower, min_sample)| Derived {
            formula,
            one,
            other,
            met,
            goal_kind,
            lower,
            min_sample,
        },
    )
}

impl World {
    /// Writes a KPI over some of those that are shown already, derived ones too, and adds it to them.
    pub(super) fn write_derived(&mut self, at: usize, derived: &Derived) -> fmt::Result {
        let Derived { formula, one, other, met, goal_kind, lower, min_sample } = derived;
        let shown = &self.shown;
        let one = &shown[usize::from(*one) % shown.len()];
        let other = &shown[usize::from(*other) % shown.len()];
        let formulas: [(&str, &str); 15] = [
            ("{a} / max(goal({b}) - {b}, 0)", "goal of another"),
            ("{a} / remaining({b})", "what remains of another"),
            ("{a} / remaining({a})", "what remains of another"),
            ("{a} + {b} * 0.333333", "sum of others"),
            ("{a} / {b}", "quotient of others"),
            ("{a} > {b} ? {a} - {b} : {b} / 3", "choice between others"),
            ("{b} == 0 ? {a} : {a} / {b}", "choice between others"),
            ("min({a}, goal({a})) - max({b}, 1)", "goal of another"),
            ("goal({a}) / goal({b})", "goal of another"),
            ("{a} > 10 || {b} / {a} > 2 ? 1 : -{a}", "choice between others"),
            ("!({a} >= 2 && {b} <= 3) ? {b} : 2.5 - {a}", "choice between others"),
            ("-{a} / ({b} - 1)", "quotient of others"),
            ("{a} * {a}", "sum of others"),
            ("1 / ({a} - {b}) + {b}", "quotient of others"),
            ("1 / {a} + {b}", "quotient of others"),
        ];
        let (formula, feature) = formulas[usize::from(*formula) % formulas.len()];
        let expr = formula.replace("{a}", &one.name).replace("{b}", &other.name);
        let (name, periods) = (format!("derived{at}"), other.periods.clone());
        let names = [one.name.clone(), other.name.clone()];
        let goal_kind = ["hold", "hold", "reach", "rate"][usize::from(*goal_kind) % 4];
        let better = if *lower { "lower" } else { "higher" };
        write!(self.yaml, "  - {{name: {name}, type: derived, expr: \"{expr}\", better: {better}")?;
        if *met && expr.contains('/') {
            self.yaml.push_str(", on_zero_denominator: met");
            self.features.push("zero denominator met");
        }
        write!(self.yaml, ", goal_kind: {goal_kind}")?;
        if goal_kind == "rate" {
            write!(self.yaml, ", min_sample: {min_sample}")?;
        }
        writeln!(self.yaml, ", periods: [{}]}}", periods.join(", "))?;
        self.features.extend(["derived", feature]);
        self.features.extend(
            names.iter().any(|name| name.starts_with("derived")).then_some("derived of a derived"),
        );
        self.features
            .extend(names.iter().any(|name| *name == "share").then_some("derived of a ratio"));
        let rolls = periods.iter().any(|kind| kind.starts_with("rolling"));
        self.features.extend(rolls.then_some("derived in a rolling window"));
        self.shown.push(Shown { name, periods, lower: *lower, goal_kind });
        Ok(())
    }
}
