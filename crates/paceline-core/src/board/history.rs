//! History: what a standing comes to day by day, by what is known today.
//!
//! Nothing is remembered for it. A contribution has a day, so what a KPI had reached when a day was over is what the
//! contributions up to that day add up to; and what was due then are the shares of the working days up to it. Both go by days
//! and not by instants: each member's are those where the member is.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Board;
use super::accumulator::{Accumulator, Value};
use super::ahead::Moving;
use super::past::Sums;
use super::selection::Subject;
use super::view::Reading;
use super::working_times::WorkingTimes;
use super::worth::Parts;
use crate::day::Day;
use crate::decimal::Decimal;
use crate::kpi::GoalKind;
use crate::period::Period;
use crate::rational::Rational;
use crate::spread;

/// A standing, and what it came to day by day.
#[derive(Clone, Debug)]
pub struct History {
    /// The standing.
    pub reading: Reading,
    /// Every day of its period.
    pub days: Vec<HistoryDay>,
}

/// What a standing comes to when a day is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryDay {
    /// The day.
    pub day: Day,
    /// The KPI's value by what counts up to this day; none beyond today and the last day on which anything counts.
    pub actual: Option<Decimal>,
    /// What is due by the end of this day of a goal to be reached.
    pub expected: Option<Decimal>,
}

/// The contributions of one leaf, of which those up to some day are added up.
struct Course {
    days: BTreeMap<Day, Value>,
    total: Value,
}

/// What of a goal is due when a day is over.
enum Plan {
    /// There is no goal to be reached.
    Nothing,
    /// All of it, on every day.
    Always(Rational),
    /// Shares of it, each by the days of a time zone.
    ByDays(Vec<(TimeZone, spread::Part)>),
}

impl Board {
    /// What a standing comes to day by day, in the period that is running or holds `on`; `None` when there is no such scope
    /// that is seen, or the KPI is not shown for such periods. A [stock](crate::model::Model::is_of_now) has no days, and nothing comes of
    /// it here. Time must have been advanced to `now`.
    pub fn history(
        &mut self,
        subject: &Subject,
        on: Option<Day>,
        now: Timestamp,
    ) -> Option<History> {
        let scope = subject.sight.named(&subject.scope, &self.roster)?;
        let live = self.live_id(scope, self.slots.find(subject.kpi, subject.kind)?);
        let reading = self.readings_of(&[live], on, now).pop()?;
        let period = reading.key.period.clone();
        let (goals, plan) = self.with_times(|board, times| {
            let goals = board.past_goals(times, live, &period, now);
            let plan = board.plan(times, live, &period, &goals);
            (goals, plan)
        });
        let days = self.days(live, &period, &goals, &plan);
        Some(History { reading, days })
    }

    fn days(&self, live: u32, period: &Period, goals: &[Moving], plan: &Plan) -> Vec<HistoryDay> {
        let mut courses = self.courses(live, period);
        let today = self.face(self.place(live).0).today;
        let last = courses.values().filter_map(|course| course.last(period)).max();
        let known = last.unwrap_or(today).max(today);
        let aim_of = |live: u32| goals.iter().find(|goal| goal.live == live)?.aim.as_ref();
        let mut actual_on = |day: Day| {
            courses.values_mut().for_each(|course| course.take(day));
            let parts = Parts {
                total: &|leaf| courses.get(&leaf).map(|course| &course.total),
                goal: &|live| aim_of(live)?.left().cloned(),
            };
            self.worth(live, parts).actual?.to_decimal()
        };
        let day = |day: Day| HistoryDay {
            day,
            actual: if day <= known { actual_on(day) } else { None },
            expected: plan.by_the_end_of(day).and_then(|due| due.to_decimal()),
        };
        period.days().map(day).collect()
    }

    /// What the leaves of a standing have on each day of a period.
    fn courses(&self, live: u32, period: &Period) -> HashMap<u32, Course> {
        let daily = |leaf| (leaf, (period.clone(), Accumulator::daily()));
        let mut sums: Sums = self.leaves(live).map(daily).collect();
        self.add_up(&[live], &mut sums);
        let course = |(leaf, (_, sum)): (u32, (Period, Accumulator))| {
            (leaf, Course { days: sum.into_days(), total: Value::default() })
        };
        sums.into_iter().map(course).collect()
    }

    /// How what is due of the goal of a standing grows, day by day.
    fn plan(
        &self,
        times: &mut WorkingTimes,
        live: u32,
        period: &Arc<Period>,
        goals: &[Moving],
    ) -> Plan {
        let (scope, slot) = self.place(live);
        let kpi = self.slots.get(slot).kpi;
        let aim = goals.iter().find(|goal| goal.live == live).and_then(|goal| goal.aim.as_ref());
        let Some(aim) = aim.filter(|_| self.model.kpi(kpi).goal_kind == GoalKind::Reach) else {
            return Plan::Nothing;
        };
        if aim.due.is_none() {
            return Plan::Always(aim.goal.clone());
        }
        let parts = self.falls_due(times, scope, kpi, period).into_iter();
        Plan::ByDays(parts.map(|(face, part)| (self.faces[face].zone.clone(), part)).collect())
    }
}

impl Course {
    /// The last day of a period on which any record counts.
    fn last(&self, period: &Period) -> Option<Day> {
        let counts = |(_, value): &(&Day, &Value)| value.has_records();
        self.days.range(period.start..=period.end).rev().find(counts).map(|(day, _)| *day)
    }

    /// Adds what a day has.
    fn take(&mut self, day: Day) {
        if let Some(value) = self.days.remove(&day) {
            self.total.merge(&value, 1);
        }
    }
}

impl Plan {
    fn by_the_end_of(&self, day: Day) -> Option<Rational> {
        match self {
            Self::Nothing => None,
            Self::Always(goal) => Some(goal.clone()),
            Self::ByDays(parts) => {
                let passed = |(zone, (target, spread)): &(TimeZone, spread::Part)| {
                    target * &spread.passed(day.plus(1).start(zone))
                };
                Some(parts.iter().map(passed).sum())
            }
        }
    }
}
