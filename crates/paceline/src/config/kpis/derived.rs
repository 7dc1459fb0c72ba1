//! Derived KPIs: formulas over other KPIs, none of which is made of itself.

use paceline_core::expr;
use paceline_core::kpi::{Derived, Measure, OnZero};
use paceline_core::period::PeriodKind;

use super::simple::told;
use super::{Draft, RawKpi};
use crate::config::report::Report;

/// Compiles the measure of a derived KPI; what is wrong with its expression is told.
pub(super) fn compile(kpi: &RawKpi, all: &[RawKpi], report: &mut Report) -> Option<Derived> {
    let names: Vec<&str> = all.iter().map(|kpi| kpi.name.as_str()).collect();
    let text = kpi.expr.as_ref()?;
    let formula = told(text, expr::formula(text.as_str(), &names), report)?;
    if formula.actuals().is_empty() && formula.goals().is_empty() {
        let remedy =
            "name the KPIs that it is computed from, such as `pipeline / remaining(bookings)`";
        report.error(text.at, "no KPI is named here", remedy);
    }
    if let Some(on_zero) = kpi.on_zero_denominator.filter(|_| !formula.divides()) {
        report.error(on_zero.at, "nothing is divided in `expr`", "leave it out");
    }
    let on_zero =
        kpi.on_zero_denominator.map_or(OnZero::NoValue, |on_zero| on_zero.value.compile());
    Some(Derived { formula, on_zero })
}

/// A goal is for a kind of period that its KPI is shown for. Where a derived KPI asks for goals that can never be, it has no
/// value, which is to be known.
pub(in crate::config) fn goals_that_cannot_be(
    raw: &[RawKpi],
    drafts: &[Draft],
    report: &Report,
) -> Vec<String> {
    let mut notes = Vec::new();
    for (kpi, draft) in raw.iter().zip(drafts) {
        let Some(Measure::Derived(derived)) = draft.kpi.as_ref().map(|kpi| &kpi.measure) else {
            continue;
        };
        let goals = derived.formula.goals().into_iter().map(|goal| &drafts[usize::from(goal.0)]);
        for goal in goals.filter(|goal| !goal.periods.is_empty()) {
            let lacks = |period: &&PeriodKind| !goal.periods.contains(period);
            let lacking: Vec<&PeriodKind> = draft.periods.iter().filter(lacks).collect();
            let (Some(text), false) = (&kpi.expr, lacking.is_empty()) else { continue };
            notes.push(format!(
                "{}: `{}` asks for goals of `{}`, which is not shown for {}: none can be in force there",
                report.places.shown(text.at),
                draft.name,
                goal.name,
                listed(&lacking)
            ));
        }
    }
    notes
}

fn listed(periods: &[&PeriodKind]) -> String {
    let words: Vec<String> = periods.iter().map(ToString::to_string).collect();
    words.join(", ")
}

/// No KPI's value may need itself. Its own goal it may: a goal follows from no value.
pub(super) fn check_cycles(raw: &[RawKpi], drafts: &[Draft], report: &mut Report) {
    for first in 0..raw.len() {
        let Some(cycle) = cycle(first, drafts) else { continue };
        // Each cycle is told once, by the first of its KPIs.
        if cycle.iter().any(|kpi| *kpi < first) {
            continue;
        }
        let names: Vec<&str> =
            cycle.iter().chain([&first]).map(|kpi| raw[*kpi].name.as_str()).collect();
        let Some(text) = &raw[first].expr else { continue };
        let message = format!("`{}` is made of itself: {}", names[0], names.join(" → "));
        report.error(text.at, message, "take one of these names out of the expression before it");
    }
}

/// The shortest way from a KPI over the KPIs it is made of back to itself, that one left out at the end.
fn cycle(first: usize, drafts: &[Draft]) -> Option<Vec<usize>> {
    let mut ways: Vec<Vec<usize>> = vec![vec![first]];
    let mut seen = vec![false; drafts.len()];
    let mut next = 0;
    while let Some(way) = ways.get(next).cloned() {
        next += 1;
        for part in way.last().into_iter().flat_map(|last| parts(*last, drafts)) {
            if part == first {
                return Some(way);
            }
            if !std::mem::replace(&mut seen[part], true) {
                ways.push(way.iter().copied().chain([part]).collect());
            }
        }
    }
    None
}

/// The KPIs whose values a derived KPI names.
fn parts(kpi: usize, drafts: &[Draft]) -> Vec<usize> {
    match drafts[kpi].kpi.as_ref().map(|kpi| &kpi.measure) {
        Some(Measure::Derived(derived)) => {
            derived.formula.actuals().into_iter().map(|kpi| usize::from(kpi.0)).collect()
        }
        Some(Measure::Simple(_) | Measure::Ratio { .. }) | None => Vec::new(),
    }
}
