//! What a scope came to day by day: each day counted as if the period ended with it.

use jiff::{Timestamp, civil::Date};

use super::{
    board::Board,
    calendar::{self, Period},
    config::{GoalKind, PeriodKind},
    facts::{Facts, Within},
    goal, number,
    row::Place,
};

/// What a number comes to when a day is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    /// The day.
    pub day: Date,
    /// The number by what counts on the days up to this one. Like the next one a decimal, empty when there is none.
    pub actual: String,
    /// What is due of a goal to be reached.
    pub expected: String,
}

impl Board<'_> {
    /// Every day of the period of this kind that holds `now`, or `on`, by what is known at `now`.
    ///
    /// # Panics
    /// When there is no such scope or KPI, and on a KPI that this recompute does not know.
    #[must_use]
    pub fn history(
        &self,
        (scope, kpi, kind): (&str, &str, PeriodKind),
        now: Timestamp,
        on: Option<Date>,
    ) -> Vec<Day> {
        let company = self.company(now);
        let (scope, members) = company.scope(scope);
        let kpi = company.config.kpi(kpi).expect("a KPI");
        let facts = self.facts(&company, kpi, now).expect("a KPI that is known");
        let place = company.place(scope, members, kpi, kind, now, on);
        let today = calendar::day_of(now, scope.zone(&company.config));
        let days = place.period.days();
        let counts = |day: &&Date| place.counts(&facts, **day, **day);
        let last = days.iter().filter(counts).max().copied();
        let known = last.map_or(today, |last| last.max(today));
        let of = |day: Date| Day {
            day,
            actual: if day > known { String::new() } else { place.reached(&facts, day, now) },
            expected: place.due_after(day),
        };
        days.into_iter().map(of).collect()
    }
}

impl Place<'_> {
    /// Whether any record counts on the days from one to another.
    fn counts(&self, facts: &Facts, start: Date, end: Date) -> bool {
        let period = Period { start, end, ..self.period.clone() };
        facts.count(&self.within(&period))
    }

    fn reached(&self, facts: &Facts, end: Date, now: Timestamp) -> String {
        let period = Period { end, ..self.period.clone() };
        let goal = |name: &str| self.goal_of(name, now);
        let total = facts.total(&self.within(&period), false, &goal);
        total.actual.as_ref().map(number::text).unwrap_or_default()
    }

    fn due_after(&self, day: Date) -> String {
        if self.kpi.goal_kind() != GoalKind::Reach {
            return String::new();
        }
        let standard = goal::standard_after(self.config, self.scope, self.kpi, &self.period, day);
        let expected = standard.and_then(|standard| standard.expected);
        expected.as_ref().map(number::text).unwrap_or_default()
    }

    fn within<'p>(&'p self, period: &'p Period) -> Within<'p> {
        Within { config: self.config, scope: self.scope, members: self.members, period }
    }
}
