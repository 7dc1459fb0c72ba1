//! Time looked at ahead: when what enters and leaves a rolling window, what is to be held, or a record whose membership
//! changes by the clock, changes a status.

use std::sync::Arc;

use jiff::Timestamp;

use super::Board;
use super::live::{State, case};
use super::timed::{Outlook, days_of, days_of_effect};
use super::working_times::WorkingTimes;
use super::worth::{Parts, Worth};
use crate::day::Day;
use crate::kpi::{GoalKind, KpiId};
use crate::period::Period;
use crate::roster::ScopeId;
use crate::standing::{Aim, Case, Status};

/// A goal as time moves on; worked out anew only where it may be another.
pub(super) struct Moving {
    pub(super) live: u32,
    pub(super) kpi: KpiId,
    pub(super) period: Arc<Period>,
    pub(super) aim: Option<Aim>,
    /// Whether ramps or presence scale it, so that it may be another on any day.
    pub(super) scaled: bool,
}

/// What is looked at ahead.
pub(super) struct Ahead<'a> {
    pub(super) live: u32,
    pub(super) period: &'a Arc<Period>,
    /// The goal of the standing, and those that its value is computed from.
    pub(super) goals: Vec<Moving>,
    pub(super) outlook: Outlook<'a>,
    pub(super) status: Status,
    pub(super) after: Timestamp,
}

impl Board {
    /// The first instant after `now` at which a status is another, if nothing but time happens.
    pub(super) fn next_change(
        &self,
        times: &mut WorkingTimes,
        live: u32,
        case: &Case,
        status: Status,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let period = &self.state(live)?.period;
        let goals = self.moving_goals(live).collect();
        let outlook = self.outlook(live);
        let ahead = Ahead { live, period, goals, outlook, status, after: now };
        if period.kind.is_rolling() {
            return self.next_window_change(times, ahead, case);
        }
        self.next_change_within(times, ahead, case, case.end)
    }

    /// The first instant in a period that does not move: by what is due, between the instants at which what is to be
    /// held is scaled otherwise or a record's membership changes, or at one of these. With `end` the standing is gone,
    /// but what is to be reached is judged a last time then, by what counts from that instant on too.
    pub(super) fn next_change_within(
        &self,
        times: &mut WorkingTimes,
        mut ahead: Ahead<'_>,
        now: &Case,
        end: Option<Timestamp>,
    ) -> Option<Timestamp> {
        let (scope, slot) = self.place(ahead.live);
        let kpi = self.model.kpi(self.slots.get(slot).kpi);
        let last_judged = kpi.goal_kind == GoalKind::Reach;
        let midnights = self.scaling_midnights(&ahead.goals, scope, ahead.after);
        let mut midnights = midnights.into_iter().peekable();
        let (mut case_then, mut from) = (now.clone(), ahead.after);
        loop {
            let change = case_then.next_change(&self.rules, ahead.status, from);
            let next = midnights.peek().copied().into_iter().chain(ahead.outlook.next(from)).min();
            let ends = |at| end.is_some_and(|end| if last_judged { at > end } else { at >= end });
            let Some(at) = next.filter(|at| !ends(*at)) else { return change };
            if change.is_some_and(|change| change < at) {
                return change;
            }
            if midnights.next_if_eq(&at).is_some() {
                for goal in &mut ahead.goals {
                    goal.aim = self.aim(times, scope, goal.kpi, ahead.period, at);
                }
            }
            ahead.outlook.take(at);
            let worth = self.worth_ahead(&ahead);
            case_then = case(kpi, worth, ahead.aim(), now.end);
            if case_then.status(&self.rules, ahead.status, at) != ahead.status {
                return Some(at);
            }
            from = at;
        }
    }

    /// The first instant at which the status of a rolling window is another: a midnight, or when a record's membership
    /// changes.
    fn next_window_change(
        &self,
        times: &mut WorkingTimes,
        mut ahead: Ahead<'_>,
        now: &Case,
    ) -> Option<Timestamp> {
        let (live, former) = (ahead.live, ahead.period);
        let (scope, slot) = self.place(live);
        let kpi = self.slots.get(slot).kpi;
        let own_moves = ahead.goals.iter().any(|goal| goal.live == live && goal.scaled)
            || !self.goals.edges(kpi, former).is_empty();
        if now.aim.is_none() && !own_moves {
            return None;
        }
        let zone = &self.face(scope).zone;
        let days = self.days_ahead(times, live, &ahead.goals, scope, former).into_iter();
        let midnights = days.map(|day| day.start(zone)).chain(self.scaling_midnights(
            &ahead.goals,
            scope,
            ahead.after,
        ));
        let mut midnights = sorted(midnights.collect()).into_iter().peekable();
        let mut from = ahead.after;
        loop {
            let next = midnights.peek().copied().into_iter().chain(ahead.outlook.next(from)).min();
            let at = next?;
            if midnights.next_if_eq(&at).is_some() {
                let today = Day::of(at, zone);
                let period = Arc::new(former.kind.holding(today, self.calendar(scope)));
                ahead.outlook.move_to(&period);
                for goal in &mut ahead.goals {
                    self.move_on(times, goal, scope, &period, at);
                }
            }
            ahead.outlook.take(at);
            let worth = self.worth_ahead(&ahead);
            let case = case(self.model.kpi(kpi), worth, ahead.aim(), None);
            if case.status(&self.rules, ahead.status, at) != ahead.status {
                return Some(at);
            }
            from = at;
        }
    }

    /// The days on which contributions, the goals in force, the presence of working days and scales change in a window.
    fn days_ahead(
        &self,
        times: &mut WorkingTimes,
        live: u32,
        goals: &[Moving],
        scope: ScopeId,
        period: &Period,
    ) -> Vec<Day> {
        let edges = goals.iter().flat_map(|goal| {
            let scaling = self.scaling_days(scope, goal.kpi, period.kind).map(|(_, day)| day);
            let scaling = scaling.filter(|day| *day > period.end);
            self.goals.edges(goal.kpi, period).into_iter().chain(scaling)
        });
        let edges = sorted(edges.collect());
        let states = self.leaves(live).filter_map(|leaf| self.state(leaf));
        let contributions = states.flat_map(|state| {
            let scheduled = days_of(&state.ahead, period);
            state.accumulator.days_ahead(period).into_iter().chain(scheduled)
        });
        let left_out = self.windows_around_left_out(period);
        let scaled = self.scaled_windows(goals, scope, period);
        // What comes into force while the window holds no working day counts from the next one on.
        let rests = times.rests(&self.model.calendars, period);
        // What takes effect on a day is judged by what is owed on it.
        let zone = &self.face(scope).zone;
        let states =
            self.leaves(live).filter(|_| !rests.is_steady()).filter_map(|leaf| self.state(leaf));
        let effects = states.flat_map(|state| days_of_effect(&state.ahead, period, zone));
        let events = contributions.chain(edges.iter().copied()).chain(left_out).chain(scaled);
        let events = sorted(events.chain(effects).collect());
        let far = edges.iter().filter(|edge| **edge > rests.until());
        let around = far.flat_map(|edge| {
            let calendars = &self.model.calendars;
            times.rests(calendars, &period.kind.holding(*edge, &calendars[0])).days(&[])
        });
        let around: Vec<Day> = around.collect();
        rests.days(&events).into_iter().chain(around).chain(events).collect()
    }

    /// The days after a window's last on which it holds, or no longer does, a day that there is not for some.
    fn windows_around_left_out(&self, period: &Period) -> impl Iterator<Item = Day> {
        let (length, last) = (period.end.0 - period.start.0 + 1, period.end);
        let days = self.roster.left_out().iter();
        let windows = days.flat_map(move |day| (day.0..=day.0 + length).map(Day));
        windows.filter(move |day| *day > last)
    }

    /// The midnights of members after an instant at which what they have to hold is scaled otherwise.
    fn scaling_midnights(
        &self,
        goals: &[Moving],
        scope: ScopeId,
        after: Timestamp,
    ) -> Vec<Timestamp> {
        let held = goals.iter().filter(|goal| self.model.kpi(goal.kpi).goal_kind == GoalKind::Hold);
        let days = held.flat_map(|goal| self.scaling_days(scope, goal.kpi, goal.period.kind));
        let midnight =
            |(rep, day): (usize, Day)| day.start(self.roster.zone(self.roster.rep_scope(rep)));
        sorted(days.map(midnight).filter(|at| *at > after).collect())
    }

    /// The days after a window's last on which it holds days of different scales, or no longer does.
    fn scaled_windows(&self, goals: &[Moving], scope: ScopeId, period: &Period) -> Vec<Day> {
        let length = period.end.0 - period.start.0 + 1;
        let days = goals.iter().flat_map(|goal| self.scaling_days(scope, goal.kpi, period.kind));
        let edges = days.map(|(_, day)| day).filter(|day| *day > period.start);
        let edges = sorted(edges.collect()).into_iter();
        let windows = edges.flat_map(|edge| (edge.0..edge.0 + length).map(Day));
        windows.filter(|day| *day > period.end).collect()
    }

    /// What a standing comes to by its goals and leaves ahead.
    pub(super) fn worth_ahead(&self, ahead: &Ahead<'_>) -> Worth {
        let parts = Parts {
            total: &|leaf| ahead.outlook.total(leaf),
            goal: &|live| ahead.found(live)?.aim.as_ref()?.left().cloned(),
        };
        self.worth(ahead.live, parts)
    }

    pub(super) fn state(&self, live: u32) -> Option<&State> {
        self.live[live as usize].state.as_ref()
    }

    /// The goal of a standing, and those that its value is computed from, as they are now.
    fn moving_goals(&self, live: u32) -> impl Iterator<Item = Moving> + '_ {
        self.own_and_goals_within(live).filter_map(|live| {
            let state = self.state(live)?;
            Some(self.moving(live, state.period.clone(), state.aim.clone()))
        })
    }

    /// The same in a period that is not running.
    pub(super) fn past_goals(
        &self,
        times: &mut WorkingTimes,
        live: u32,
        period: &Arc<Period>,
        now: Timestamp,
    ) -> Vec<Moving> {
        let goal = |live: u32| {
            let (scope, slot) = self.place(live);
            let aim = self.aim(times, scope, self.slots.get(slot).kpi, period, now);
            self.moving(live, period.clone(), aim)
        };
        self.own_and_goals_within(live).map(goal).collect()
    }

    fn own_and_goals_within(&self, live: u32) -> impl Iterator<Item = u32> + '_ {
        let others = self.goals_within(live).filter(move |other| *other != live);
        [live].into_iter().chain(others)
    }

    fn moving(&self, live: u32, period: Arc<Period>, aim: Option<Aim>) -> Moving {
        let kpi = self.slots.get(self.place(live).1).kpi;
        let scaled = self.scales(kpi, period.kind);
        Moving { live, kpi, period, aim, scaled }
    }

    fn move_on(
        &self,
        times: &mut WorkingTimes,
        moving: &mut Moving,
        scope: ScopeId,
        period: &Arc<Period>,
        at: Timestamp,
    ) {
        let rests = |period: &Period| {
            self.model.calendars.iter().map(|calendar| calendar.rests(period)).collect::<Vec<_>>()
        };
        let same = !moving.scaled
            && self.goals.same(moving.kpi, &moving.period, period)
            && rests(&moving.period) == rests(period)
            && !self
                .roster
                .left_out()
                .iter()
                .any(|day| moving.period.holds(*day) || period.holds(*day));
        if !same {
            moving.aim = self.aim(times, scope, moving.kpi, period, at);
        }
        moving.period = period.clone();
    }
}

impl Ahead<'_> {
    /// The goal of the standing itself.
    pub(super) fn aim(&self) -> Option<Aim> {
        self.found(self.live)?.aim.clone()
    }

    fn found(&self, live: u32) -> Option<&Moving> {
        self.goals.iter().find(|goal| goal.live == live)
    }
}

fn sorted<T: Ord>(mut all: Vec<T>) -> Vec<T> {
    all.sort_unstable();
    all.dedup();
    all
}
