//! What each record says about a KPI, and what all of them together come to.

mod aggregate;
mod credit;
mod fact;
mod reading;
mod seen;
mod splits;

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{
    basis::Basis,
    config::{Aggregate, Config, Credit, Kpi, KpiType},
    filter::V,
    formula::{F, Formula, Look},
    number::{self, Exact},
};
use aggregate::aggregated;
pub use fact::{Fact, Known, Mark, Part, Within};
use reading::Reading;

/// The facts of a KPI: its own, for a ratio those above and below the line, for a derived one those of all it names.
#[derive(Clone, Debug)]
pub enum Facts {
    /// Of a simple KPI.
    Simple(Aggregate, Vec<Fact>, IsStock),
    /// Above and below the line.
    Ratio(Box<Self>, Box<Self>),
    /// The expression, whether a zero denominator is met, and by name the facts of what it names.
    Derived(Formula, IsMet, BTreeMap<String, Self>),
}

/// Whether a denominator of zero means that nothing is left to do.
pub type IsMet = bool;

/// Whether a KPI is the state right now instead of what happened in a period.
pub type IsStock = bool;

/// What the facts come to in one scope and period.
#[derive(Clone, Debug, PartialEq)]
pub struct Total {
    /// The number, if there is one.
    pub actual: Option<Exact>,
    /// Whether there is none because nothing is left to do.
    pub is_met: bool,
    /// How many records are behind it; of a ratio, below the line; of a derived one, behind what has the fewest of what
    /// tells.
    pub sample: usize,
    /// Why it is in doubt, if it is.
    pub doubt: Doubt,
}

/// Why a number is in doubt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Doubt {
    /// Something is not known, or does not add up, of a record that might belong to it.
    pub incomplete: bool,
    /// Changes were missed of such a record.
    pub missed: bool,
}

impl Doubt {
    /// Whether there is any reason.
    #[must_use]
    pub fn is_any(self) -> bool {
        self.incomplete || self.missed
    }

    fn or(self, other: Self) -> Self {
        Self {
            incomplete: self.incomplete || other.incomplete,
            missed: self.missed || other.missed,
        }
    }
}

/// Whether the clock alone changes the facts of a KPI.
#[must_use]
pub fn is_timed(config: &Config, kpi: &Kpi) -> bool {
    let by_clock = |text: &String| ["age(", "now()", "today()"].iter().any(|it| text.contains(it));
    let ratio = [&kpi.numerator, &kpi.denominator].into_iter().flatten().cloned();
    let formula = kpi.expr.as_ref().filter(|_| kpi.kind == KpiType::Derived);
    let named = formula.map(|expr| Formula::compile(expr).named()).unwrap_or_default();
    let is_timed = |name: String| config.kpi(&name).is_some_and(|kpi| is_timed(config, kpi));
    // What is open is worth what it is worth today.
    let daily =
        kpi.kind == KpiType::Simple && kpi.at.is_none() && reading::currency(config, kpi).is_some();
    daily || kpi.filter.as_ref().is_some_and(by_clock) || ratio.chain(named).any(is_timed)
}

/// The facts of a KPI at an instant; `None` for one that this recompute does not know.
#[must_use]
pub fn facts(basis: &Basis<'_>, kpi: &Kpi, now: Timestamp) -> Option<Facts> {
    match kpi.kind {
        KpiType::Simple | KpiType::Conversion => {
            let facts = Reading::new(basis, kpi, now)?.facts();
            // Of what is split, shares are counted: they add up.
            let split = matches!(kpi.credit, Some(Credit::Splits(_)));
            let aggregate = if split { Aggregate::Sum } else { kpi.agg? };
            Some(Facts::Simple(aggregate, facts, kpi.at.is_none()))
        }
        KpiType::Ratio => {
            let part = |name: &Option<String>| {
                facts(basis, basis.config.kpi(name.as_ref()?)?, now).map(Box::new)
            };
            Some(Facts::Ratio(part(&kpi.numerator)?, part(&kpi.denominator)?))
        }
        KpiType::Derived => {
            let formula = Formula::compile(kpi.expr.as_ref()?);
            let part = |name: String| {
                let facts = facts(basis, basis.config.kpi(&name)?, now)?;
                Some((name, facts))
            };
            let parts = formula.named().into_iter().map(part).collect::<Option<_>>()?;
            let is_met = kpi.on_zero_denominator.as_deref() == Some("met");
            Some(Facts::Derived(formula, is_met, parts))
        }
        KpiType::Other => None,
    }
}

impl Facts {
    /// Whether any record counts there.
    #[must_use]
    pub fn count(&self, within: &Within<'_>) -> bool {
        match self {
            Self::Simple(_, facts, _) => facts.iter().any(|fact| fact.sample(within) > 0),
            Self::Ratio(above, below) => above.count(within) || below.count(within),
            Self::Derived(_, _, parts) => parts.values().any(|facts| facts.count(within)),
        }
    }

    /// What they come to, given the goals of KPIs by name. A period that is `over` has no stock.
    #[must_use]
    pub fn total(&self, within: &Within<'_>, over: bool, goal: Look<'_>) -> Total {
        let total = |facts: &Self| facts.total(within, over, goal);
        match self {
            Self::Simple(_, _, true) if over => {
                Total { actual: None, is_met: false, sample: 0, doubt: Doubt::default() }
            }
            Self::Simple(aggregate, facts, _) => {
                let values: Vec<&V> = facts.iter().flat_map(|fact| fact.values(within)).collect();
                Total {
                    actual: aggregated(*aggregate, &values),
                    is_met: false,
                    sample: facts.iter().map(|fact| fact.sample(within)).sum(),
                    doubt: together(facts.iter().map(|fact| fact.doubt(within))),
                }
            }
            Self::Ratio(above, below) => {
                let (above, below) = (total(above), total(below));
                let both = above.actual.zip(below.actual);
                let actual = both.and_then(|(above, below)| number::divided(&above, &below));
                let doubt = above.doubt.or(below.doubt);
                Total { actual, is_met: false, sample: below.sample, doubt }
            }
            Self::Derived(formula, is_met, parts) => {
                let totals: BTreeMap<&str, Total> =
                    parts.iter().map(|(name, facts)| (name.as_str(), total(facts))).collect();
                derived(formula, *is_met, &totals, goal)
            }
        }
    }
}

fn together(doubts: impl Iterator<Item = Doubt>) -> Doubt {
    doubts.fold(Doubt::default(), Doubt::or)
}

fn derived(
    formula: &Formula,
    is_met: IsMet,
    totals: &BTreeMap<&str, Total>,
    goal: Look<'_>,
) -> Total {
    let value = formula.value(&|name| totals[name].actual.clone(), goal);
    let samples = formula.sampled().into_iter().map(|name| totals[name.as_str()].sample);
    Total {
        is_met: is_met && value == F::OverZero,
        sample: samples.min().unwrap_or(0),
        doubt: together(totals.values().map(|total| total.doubt)),
        actual: if let F::Num(number) = value { Some(number) } else { None },
    }
}
