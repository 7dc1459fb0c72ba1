//! One row of the board: what a scope, a KPI and a period come to, and how that is judged.

use std::collections::BTreeSet;

use jiff::Timestamp;
use num_traits::{ToPrimitive, Zero};

use super::{
    StatusMemory,
    calendar::{self, Period},
    config::{Better, Config, GoalKind, Kpi},
    facts::{Doubt, Facts, Total, Within},
    goal::{self, Standard},
    number::{self, Exact},
    scope::Scope,
    status::{self, Case, Status},
};

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
    /// The number, exactly.
    pub exact: Option<Exact>,
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
    /// Whether it is in doubt.
    pub in_doubt: bool,
    /// Why, if it is.
    pub doubt: Doubt,
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

/// One scope, KPI and period.
pub(super) struct Place<'a> {
    pub(super) config: &'a Config,
    pub(super) scope: &'a Scope,
    pub(super) members: &'a BTreeSet<String>,
    pub(super) kpi: &'a Kpi,
    pub(super) period: Period,
}

impl Place<'_> {
    pub(super) fn row(&self, facts: &Facts, now: Timestamp, memory: &mut StatusMemory) -> Row {
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
            exact: actual,
            sample: total.sample,
            status,
            since,
            in_doubt: total.doubt.is_any(),
            doubt: total.doubt,
        }
    }

    fn total(&self, facts: &Facts, now: Timestamp) -> Total {
        let goal = |name: &str| self.goal_of(name, now);
        facts.total(
            &Within {
                config: self.config,
                scope: self.scope,
                members: self.members,
                period: &self.period,
            },
            self.is_over(now),
            &goal,
        )
    }

    /// The goal in force for a KPI here, unless nothing is left of it.
    pub(super) fn goal_of(&self, kpi: &str, now: Timestamp) -> Option<Exact> {
        let kpi = self.config.kpi(kpi)?;
        let standard = goal::standard(self.config, self.scope, kpi, &self.period, now)?;
        (!standard.is_void).then_some(standard.goal)
    }

    pub(super) fn standard(&self, now: Timestamp) -> Option<Standard> {
        goal::standard(self.config, self.scope, self.kpi, &self.period, now)
    }

    /// Whether the last day of the period has ended where the scope is.
    pub(super) fn is_over(&self, now: Timestamp) -> bool {
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

    /// The status at an instant, after the last one.
    pub(super) fn status(&self, facts: &Facts, now: Timestamp, last: Option<Status>) -> Status {
        self.judge(&self.total(facts, now), self.standard(now).as_ref(), now, last)
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
            in_doubt: total.doubt.is_any(),
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
