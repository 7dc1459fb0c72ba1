//! Which records are behind a number: each record that says something about it, one by one.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};

use super::{
    board::Board,
    config::{KpiType, PeriodKind},
    facts::{Doubt, Fact, Facts, Within},
    filter::V,
    formula::Formula,
    goal::Standard,
};

/// What one record has to do with a number.
#[derive(Clone, Debug, PartialEq)]
pub struct Behind {
    /// Its id.
    pub id: String,
    /// What it adds by the days on which it counts: the values that are aggregated.
    pub days: BTreeMap<Option<Date>, Vec<V>>,
    /// Why it is in doubt, if it is.
    pub doubt: Doubt,
}

impl Board<'_> {
    /// The simple KPIs and conversions that a KPI comes down to, each once and by name.
    ///
    /// # Panics
    /// When there is no such KPI.
    #[must_use]
    pub fn comes_down_to(&self, kpi: &str, now: Timestamp) -> Vec<String> {
        let company = self.company(now);
        let (mut todo, mut found) = (vec![kpi.to_owned()], Vec::new());
        while let Some(name) = todo.pop() {
            let kpi = company.config.kpi(&name).expect("a KPI");
            match kpi.kind {
                KpiType::Simple | KpiType::Conversion => found.push(name),
                KpiType::Ratio => {
                    todo.extend(kpi.numerator.iter().chain(&kpi.denominator).cloned());
                }
                KpiType::Derived => {
                    let expr = kpi.expr.as_ref().expect("a formula");
                    todo.extend(Formula::compile(expr).named());
                }
                KpiType::Other => {}
            }
        }
        found.sort();
        found.dedup();
        found
    }

    /// The goal of a scope in the period that holds `on`, or `now` without, exactly.
    ///
    /// # Panics
    /// When there is no such scope or KPI.
    #[must_use]
    pub fn exact_goal(
        &self,
        (scope, kpi, kind): (&str, &str, PeriodKind),
        now: Timestamp,
        on: Option<Date>,
    ) -> Option<Standard> {
        let company = self.company(now);
        let (scope, members) = company.scope(scope);
        let kpi = company.config.kpi(kpi).expect("a KPI");
        company.place(scope, members, kpi, kind, now, on).standard(now)
    }

    /// The records behind a simple KPI or conversion of a scope, in the period that holds `on`, or `now` without.
    ///
    /// # Panics
    /// When there is no such scope or KPI.
    #[must_use]
    pub fn behind(
        &self,
        (scope, kpi, kind): (&str, &str, PeriodKind),
        now: Timestamp,
        on: Option<Date>,
    ) -> Vec<Behind> {
        let company = self.company(now);
        let (scope, members) = company.scope(scope);
        let kpi = company.config.kpi(kpi).expect("a KPI");
        let place = company.place(scope, members, kpi, kind, now, on);
        let facts = self.facts(&company, kpi, now).expect("a KPI that is known");
        let Facts::Simple(_, facts, is_stock) = &*facts else { return Vec::new() };
        if *is_stock && place.is_over(now) {
            return Vec::new();
        }
        let within = Within { config: place.config, scope, members, period: &place.period };
        facts.iter().filter_map(|fact| behind(fact, &within)).collect()
    }
}

fn behind(fact: &Fact, within: &Within<'_>) -> Option<Behind> {
    let doubt = fact.doubt(within);
    let days = fact.by_day(within);
    let nothing = days.is_empty() && !doubt.is_any();
    (!nothing).then(|| Behind { id: fact.id.clone(), days, doubt })
}
