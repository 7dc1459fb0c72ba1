//! What one goal comes to for one rep or team, and how much of that is due: part by part, step by step, day by day.

use std::collections::BTreeMap;

use jiff::{Timestamp, ToSpan, civil::Date};
use num_traits::{One, Zero};

use crate::recompute::{
    calendar::{self, Period},
    config::{Better, Config, Goal, GoalKind, Kpi, Rep},
    number::Exact,
    scope::Scope,
};

/// Where a goal applies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) config: &'a Config,
    pub(super) scope: &'a Scope,
    pub(super) kpi: &'a Kpi,
    pub(super) period: &'a Period,
}

/// What a goal comes to.
#[derive(Clone, Debug)]
pub(super) struct Due {
    /// By the end.
    pub(super) goal: Exact,
    /// By now.
    pub(super) expected: Exact,
}

/// Some days of a period, and the share of the target that falls on them together.
struct Share {
    share: Exact,
    days: Vec<Date>,
}

impl Place<'_> {
    /// What a goal comes to. What is not to be reached by an end that comes is due at every moment; what is to be held, by
    /// the step of the ramp on the day that it is now where the rep is.
    pub(super) fn due(&self, goal: &Goal, now: Timestamp) -> Due {
        let at_every_moment = |goal: Exact| Due { expected: goal.clone(), goal };
        // Of another period than the running one, the day of it that is nearest to today.
        let today = calendar::day_of(now, self.scope.zone(self.config));
        let today = today.clamp(self.period.start, self.period.end);
        let of_today = || &goal.target * ramp_share(goal, step(&self.ends_of_steps(goal), today));
        match self.kpi.goal_kind() {
            GoalKind::Rate => at_every_moment(goal.target.clone()),
            GoalKind::Hold => at_every_moment(of_today()),
            GoalKind::Reach if !self.period.is_rolling() => self.spread(goal, now),
            GoalKind::Reach => at_every_moment(self.spread(goal, now).goal),
        }
    }

    /// The days of the period.
    pub(super) fn days(&self) -> Vec<Date> {
        calendar::existing(self.scope.zone(self.config), self.period.days())
    }

    /// Whether a day counts for a goal.
    pub(super) fn is_present(&self, goal: &Goal, day: Date) -> bool {
        !goal.presence || self.rep().is_none_or(|rep| rep.is_present(day))
    }

    /// The sum of `target × share × weight / weight of the part × ramp` over the days of each part that count; those that
    /// are in the same step of the ramp are added up first.
    fn spread(&self, goal: &Goal, now: Timestamp) -> Due {
        let (calendar, zone) = (self.scope.calendar(self.config), self.scope.zone(self.config));
        let mut due = Due { goal: Exact::zero(), expected: Exact::zero() };
        for part in self.parts(goal) {
            let a_day = &goal.target * part.share / self.work(&part.days);
            for (step, days) in self.by_step(goal, &part.days) {
                let a_day = &a_day * ramp_share(goal, step);
                due.goal += &a_day * self.work(&days);
                due.expected += a_day * calendar::work_done(calendar, zone, &days, now);
            }
        }
        due
    }

    /// Those of these days that count, by the step of the ramp that holds on them.
    fn by_step(&self, goal: &Goal, days: &[Date]) -> BTreeMap<usize, Vec<Date>> {
        let ends = self.ends_of_steps(goal);
        let mut by_step: BTreeMap<usize, Vec<Date>> = BTreeMap::new();
        for day in days.iter().filter(|day| self.is_present(goal, **day)) {
            by_step.entry(step(&ends, *day)).or_default().push(*day);
        }
        by_step
    }

    /// The parts that have working days, with their shares of the target: a part without any passes its share on to the next
    /// one that has, the last ones back.
    fn parts(&self, goal: &Goal) -> Vec<Share> {
        let mut found: Vec<Share> = Vec::new();
        let mut passed_on = Exact::zero();
        for Share { share, days } in self.parts_as_given(goal) {
            if self.work(&days).is_zero() {
                passed_on += share;
            } else {
                let share = share + std::mem::replace(&mut passed_on, Exact::zero());
                found.push(Share { share, days });
            }
        }
        if let Some(last) = found.last_mut() {
            last.share += passed_on;
        }
        found
    }

    fn parts_as_given(&self, goal: &Goal) -> Vec<Share> {
        let Some(curve) = &goal.curve else {
            return vec![Share { share: Exact::one(), days: self.days() }];
        };
        let parts = self.period.parts(self.scope.calendar(self.config), curve.by);
        assert_eq!(parts.len(), curve.shares.len(), "a share for each part of {:?}", self.period);
        let zone = self.scope.zone(self.config);
        let shares = curve.shares.iter().cloned().zip(parts);
        shares.map(|(share, days)| Share { share, days: calendar::existing(zone, days) }).collect()
    }

    /// Of each step of the ramp the first day on which it holds no more. None where there is no ramp: where a rep's start is
    /// not known, and where less is better.
    ///
    /// Fewer than n months are completed as long as the day n months after the start (in a shorter month its last day)
    /// has not come.
    fn ends_of_steps(&self, goal: &Goal) -> Option<Vec<Date>> {
        let start = self.rep()?.start.filter(|_| self.kpi.better == Better::Higher)?;
        let months = goal.ramp.iter().map(|step| i64::from(step.until_month).months());
        let ends = months.map(|months| start.checked_add(months));
        Some(ends.map(|end| end.expect("a ramp of a sales team ends in some years")).collect())
    }

    fn work(&self, days: &[Date]) -> Exact {
        calendar::work(self.scope.calendar(self.config), days)
    }

    /// The rep whose days and tenure count; a team as such has neither.
    fn rep(&self) -> Option<&Rep> {
        match self.scope {
            Scope::Rep(id) => self.config.rep(id),
            _ => None,
        }
    }
}

/// The step that holds on a day; beyond the last one where none does.
fn step(ends: &Option<Vec<Date>>, day: Date) -> usize {
    let Some(ends) = ends else { return usize::MAX };
    ends.iter().position(|end| day < *end).unwrap_or(usize::MAX)
}

/// The share of the target in a step; beyond the last one the whole.
fn ramp_share(goal: &Goal, step: usize) -> Exact {
    goal.ramp.get(step).map_or_else(Exact::one, |step| step.share.clone())
}
