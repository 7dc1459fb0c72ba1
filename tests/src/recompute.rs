//! The oracle: every number recomputed from scratch, in the simplest way that can be right.
//!
//! The engine keeps its numbers up to date change by change. This module keeps all changes, and when asked works out
//! each record by definition, filters all records and adds up, walks over all days, and rounds only at the end. It
//! shares no line with the engine, so that a mistake is not made twice; it is slow, and that is its merit. Where
//! both agree to the last digit, both are right or the documentation is wrong.
//!
//! Simple KPIs, ratios, conversions and derived KPIs are known, with moments and membership by the clock, each rep's own
//! calendar and time zone, and goals with ramps, presence and curves.

pub mod calendar;
pub mod config;
pub mod facts;
pub mod filter;
pub mod formula;
pub mod goal;
pub mod moment;
pub mod native;
pub mod number;
pub mod records;
pub mod scope;
pub mod status;
#[cfg(test)]
mod tests;

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use jiff::{Timestamp, civil::Date};
use num_traits::{ToPrimitive, Zero};

use calendar::Period;
use config::{Better, Config, GoalKind, Kpi, PeriodKind};
use facts::{Facts, Total};
use goal::Standard;
use number::Exact;
use records::Records;
use scope::Scope;
use status::{Case, Status};

/// The last status of each (scope, KPI, period) by name, and since when.
pub type StatusMemory = BTreeMap<(String, String, String), (Status, Timestamp)>;

/// Where one scope stands on one KPI in one period.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The scope, as `rep:U1`.
    pub scope: String,
    /// The KPI.
    pub kpi: String,
    /// The period; its end is its last day.
    pub period: Period,
    /// The number. Like the following ones a decimal of at most six places, empty when there is none.
    pub actual: String,
    /// The goal.
    pub goal: String,
    /// What is due of it.
    pub expected: String,
    /// What is missing.
    pub remaining: String,
    /// What it will be by the end, going on as until now.
    pub projected: String,
    /// What is needed on each working day left.
    pub required_per_day: String,
    /// The number by the goal, exactly.
    pub attainment: Option<Exact>,
    /// The number by what is due, exactly; the inverse where less is better.
    pub pace: Option<Exact>,
    /// How many records are behind the number; see [`Total::sample`].
    pub sample: usize,
    /// How it is doing.
    pub status: Status,
    /// Since when.
    pub since: Timestamp,
    /// Whether a record that might belong to it is incomplete or was missed.
    pub in_doubt: bool,
}

impl Row {
    /// The attainment as it is on the wire.
    #[must_use]
    pub fn attainment_float(&self) -> Option<f64> {
        self.attainment.as_ref().and_then(ToPrimitive::to_f64)
    }

    /// The pace as it is on the wire.
    #[must_use]
    pub fn pace_float(&self) -> Option<f64> {
        self.pace.as_ref().and_then(ToPrimitive::to_f64)
    }
}

/// All standings in the periods that hold `now`. The statuses found are remembered in `memory`.
///
/// # Panics
/// On a config that `paceline check` refuses.
#[must_use]
pub fn standings(
    config: &Config,
    records: &Records,
    now: Timestamp,
    memory: &mut StatusMemory,
) -> Vec<Row> {
    standings_on(config, records, now, None, memory)
}

/// All standings in the periods that hold the day `on`, seen from `now`; without a day, in those that hold `now`.
///
/// # Panics
/// On a config that `paceline check` refuses.
#[must_use]
pub fn standings_on(
    config: &Config,
    records: &Records,
    now: Timestamp,
    on: Option<Date>,
    memory: &mut StatusMemory,
) -> Vec<Row> {
    Board::new(config, records).rows(now, on, memory, |_, _, _| true)
}

/// The facts of all KPIs, worked out once and looked at from as many instants as a test likes; those that the clock
/// changes are worked out for every instant.
pub struct Board<'a> {
    config: &'a Config,
    records: &'a Records,
    facts: Vec<(&'a Kpi, Facts)>,
    scopes: Vec<(Scope, BTreeSet<String>)>,
}

impl<'a> Board<'a> {
    /// What the records say about every KPI.
    ///
    /// # Panics
    /// On a config that `paceline check` refuses.
    #[must_use]
    pub fn new(config: &'a Config, records: &'a Records) -> Self {
        let of = |kpi: &'a Kpi| Some((kpi, facts::facts(config, records, kpi, Timestamp::MIN)?));
        let with_members = |scope: Scope| (scope.clone(), scope.members(config));
        Self {
            config,
            records,
            facts: config.kpis.iter().filter_map(of).collect(),
            scopes: Scope::all(config).into_iter().map(with_members).collect(),
        }
    }

    /// The standings that are `wanted`, as of [`standings_on`].
    pub fn rows(
        &self,
        now: Timestamp,
        on: Option<Date>,
        memory: &mut StatusMemory,
        wanted: impl Fn(&Scope, &Kpi, PeriodKind) -> bool,
    ) -> Vec<Row> {
        let mut rows = Vec::new();
        for (kpi, facts) in &self.facts {
            let places = self.scopes.iter().flat_map(|(scope, members)| {
                let kinds = kpi.periods.iter().filter(|kind| wanted(scope, kpi, **kind));
                kinds.map(|kind| self.place(scope, members, kpi, *kind, now, on))
            });
            let places: Vec<Place<'_>> = places.collect();
            if places.is_empty() {
                continue;
            }
            let facts = self.facts_at(kpi, facts, now);
            rows.extend(places.iter().map(|place| place.row(&facts, now, memory)));
        }
        rows
    }

    /// As [`status_at`], by the names of the scope and the KPI.
    ///
    /// # Panics
    /// When there is no such scope or KPI.
    #[must_use]
    pub fn status_at(
        &self,
        (scope, kpi, kind): (&str, &str, PeriodKind),
        on: Option<Date>,
        instant: Timestamp,
        last: Option<Status>,
    ) -> Status {
        let (scope, members) =
            self.scopes.iter().find(|(known, _)| known.to_string() == scope).expect("a scope");
        let (kpi, facts) = self.facts.iter().find(|(known, _)| known.name == kpi).expect("a KPI");
        let facts = &*self.facts_at(kpi, facts, instant);
        let place = self.place(scope, members, kpi, kind, instant, on);
        place.judge(&place.total(facts, instant), place.standard(instant).as_ref(), instant, last)
    }

    fn facts_at<'f>(&self, kpi: &Kpi, facts: &'f Facts, now: Timestamp) -> Cow<'f, Facts> {
        if !facts::is_timed(self.config, kpi) {
            return Cow::Borrowed(facts);
        }
        let facts = facts::facts(self.config, self.records, kpi, now);
        Cow::Owned(facts.expect("the KPI is known"))
    }

    fn place<'p>(
        &'p self,
        scope: &'p Scope,
        members: &'p BTreeSet<String>,
        kpi: &'p Kpi,
        kind: PeriodKind,
        now: Timestamp,
        on: Option<Date>,
    ) -> Place<'p> {
        let day = on.unwrap_or_else(|| calendar::day_of(now, scope.zone(self.config)));
        let period = Period::holding(scope.calendar(self.config), kind, day);
        Place { config: self.config, scope, members, kpi, period }
    }
}

/// What is due at an instant of a scope's goal in the period of this kind that holds `day`; `None` when nothing is
/// said about that. Evaluated at an instant and one nanosecond before, it shows where a status has to change.
#[must_use]
pub fn expected_at(
    config: &Config,
    scope: &Scope,
    kpi: &Kpi,
    kind: PeriodKind,
    day: Date,
    instant: Timestamp,
) -> Option<Exact> {
    let period = Period::holding(scope.calendar(config), kind, day);
    goal::standard(config, scope, kpi, &period, instant)?.expected
}

/// The status a scope would have at an instant, if nothing happened before but the clock running; `last` is the status
/// until then. The period is the one of this kind that holds the instant, or that holds `on`.
///
/// # Panics
/// On a config that `paceline check` refuses, and on a KPI that this recompute does not know.
#[must_use]
#[expect(clippy::too_many_arguments, reason = "a case is named by all of them")]
pub fn status_at(
    config: &Config,
    records: &Records,
    scope: &Scope,
    kpi: &Kpi,
    kind: PeriodKind,
    on: Option<Date>,
    instant: Timestamp,
    last: Option<Status>,
) -> Status {
    let names = (scope.to_string(), kpi.name.clone());
    Board::new(config, records).status_at((&names.0, &names.1, kind), on, instant, last)
}

/// One scope, KPI and period.
struct Place<'a> {
    config: &'a Config,
    scope: &'a Scope,
    members: &'a BTreeSet<String>,
    kpi: &'a Kpi,
    period: Period,
}

impl Place<'_> {
    fn row(&self, facts: &Facts, now: Timestamp, memory: &mut StatusMemory) -> Row {
        let total = self.total(facts, now);
        let standard = self.standard(now);
        let (status, since) = self.remember(&total, standard.as_ref(), now, memory);
        let goal = standard.as_ref().map(|standard| standard.goal.clone());
        let expected = standard.as_ref().and_then(|standard| standard.expected.clone());
        let actual = total.actual;
        let both = actual.as_ref().zip(goal.as_ref());
        let remaining = both.map(|(actual, goal)| (goal - actual).max(Exact::zero()));
        Row {
            scope: self.scope.to_string(),
            kpi: self.kpi.name.clone(),
            period: self.period.clone(),
            attainment: both.and_then(|(actual, goal)| number::divided(actual, goal)),
            pace: self.pace(actual.as_ref(), goal.as_ref(), expected.as_ref()),
            projected: text(self.projected(both, expected.as_ref()).as_ref()),
            required_per_day: text(self.required_per_day(remaining.as_ref(), now).as_ref()),
            remaining: text(remaining.as_ref()),
            actual: text(actual.as_ref()),
            goal: text(goal.as_ref()),
            expected: text(expected.as_ref()),
            sample: total.sample,
            status,
            since,
            in_doubt: total.in_doubt,
        }
    }

    fn total(&self, facts: &Facts, now: Timestamp) -> Total {
        let goal = |name: &str| self.goal_of(name, now);
        facts.total(self.scope, self.members, &self.period, self.is_over(now), &goal)
    }

    /// The goal in force for a KPI here, unless nothing is left of it.
    fn goal_of(&self, kpi: &str, now: Timestamp) -> Option<Exact> {
        let kpi = self.config.kpi(kpi)?;
        let standard = goal::standard(self.config, self.scope, kpi, &self.period, now)?;
        (!standard.is_void).then_some(standard.goal)
    }

    fn standard(&self, now: Timestamp) -> Option<Standard> {
        goal::standard(self.config, self.scope, self.kpi, &self.period, now)
    }

    /// Whether the last day of the period has ended where the scope is.
    fn is_over(&self, now: Timestamp) -> bool {
        calendar::day_of(now, self.scope.zone(self.config)) > self.period.end
    }

    /// Whether the goal is to be reached by an end that comes.
    fn ends(&self) -> bool {
        self.kpi.goal_kind() == GoalKind::Reach && !self.period.is_rolling()
    }

    fn remember(
        &self,
        total: &Total,
        standard: Option<&Standard>,
        now: Timestamp,
        memory: &mut StatusMemory,
    ) -> (Status, Timestamp) {
        let names = (self.scope.to_string(), self.kpi.name.clone(), self.period.name.clone());
        let last = memory.get(&names).copied();
        let status = self.judge(total, standard, now, last.map(|(status, _)| status));
        let found = last.filter(|(last, _)| *last == status).unwrap_or((status, now));
        memory.insert(names, found);
        found
    }

    fn judge(
        &self,
        total: &Total,
        standard: Option<&Standard>,
        now: Timestamp,
        last: Option<Status>,
    ) -> Status {
        status::judge(&Case {
            better: self.kpi.better,
            goal_kind: self.kpi.goal_kind(),
            rolling: self.period.is_rolling(),
            over: self.is_over(now),
            actual: total.actual.as_ref(),
            is_met: total.is_met,
            sample: total.sample,
            min_sample: self.kpi.min_sample.unwrap_or(1),
            standard,
            bands: &self.config.status,
            last,
            in_doubt: total.in_doubt,
        })
    }

    /// The number by its reference: what is due of a goal to be reached, else the goal.
    fn pace(
        &self,
        actual: Option<&Exact>,
        goal: Option<&Exact>,
        expected: Option<&Exact>,
    ) -> Option<Exact> {
        let (actual, reference) = (actual?, expected.or(goal)?);
        match self.kpi.better {
            Better::Higher => number::divided(actual, reference),
            Better::Lower => number::divided(reference, actual),
        }
    }

    fn projected(
        &self,
        actual_and_goal: Option<(&Exact, &Exact)>,
        expected: Option<&Exact>,
    ) -> Option<Exact> {
        let (actual, goal) = actual_and_goal.filter(|_| self.ends())?;
        number::divided(&(actual * goal), expected?)
    }

    /// By the working days left where the scope is.
    fn required_per_day(&self, remaining: Option<&Exact>, now: Timestamp) -> Option<Exact> {
        let remaining = remaining.filter(|_| self.ends())?;
        let left = goal::work_left(self.config, self.scope, self.kpi, &self.period, now);
        number::divided(remaining, &left)
    }
}

fn text(number: Option<&Exact>) -> String {
    number.map(number::text).unwrap_or_default()
}
