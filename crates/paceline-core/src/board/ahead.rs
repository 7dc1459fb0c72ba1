//! Days looked at ahead: when what enters and leaves a rolling window, or what is to be held, changes a status.

use std::sync::Arc;

use jiff::Timestamp;

use super::Board;
use super::live::{State, case};
use super::working_times::WorkingTimes;
use super::worth::Parts;
use crate::day::Day;
use crate::kpi::{GoalKind, KpiId};
use crate::period::Period;
use crate::roster::ScopeId;
use crate::standing::{Aim, Case, Status};

/// A goal as time moves on; worked out anew only where it may be another.
struct Moving {
    live: u32,
    kpi: KpiId,
    period: Arc<Period>,
    aim: Option<Aim>,
    /// Whether ramps or presence scale it, so that it may be another on any day.
    scaled: bool,
}

/// What is looked at ahead.
#[derive(Clone, Copy)]
struct Ahead<'a> {
    live: u32,
    scope: ScopeId,
    kpi: KpiId,
    period: &'a Arc<Period>,
    status: Status,
    after: Timestamp,
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
        let (scope, slot) = self.place(live);
        let (kpi, period) = (self.slots.get(slot).kpi, self.state(live)?.period.clone());
        let ahead = Ahead { live, scope, kpi, period: &period, status, after: now };
        if period.kind.is_rolling() {
            return self.next_window_change(times, &ahead, case);
        }
        self.next_change_within(times, &ahead, case)
    }

    /// The first instant of a period that does not move: by what is due, between the midnights at which what is to be
    /// held is scaled otherwise, or at one of these.
    fn next_change_within(
        &self,
        times: &mut WorkingTimes,
        ahead: &Ahead<'_>,
        now: &Case,
    ) -> Option<Timestamp> {
        let Ahead { live, scope, kpi, period, status, .. } = *ahead;
        let end = self.period_end(scope, period);
        let mut goals: Vec<Moving> = self.moving_goals(live).collect();
        let midnights = self.scaling_midnights(&goals, scope, ahead.after);
        let (mut case_then, mut from) = (now.clone(), ahead.after);
        for at in midnights.into_iter().take_while(|at| *at < end) {
            let change = case_then.next_change(&self.rules, status, from);
            if change.is_some_and(|change| change < at) {
                return change;
            }
            for goal in &mut goals {
                goal.aim = self.aim(times, scope, goal.kpi, period, at);
            }
            let found = |live| goals.iter().find(|goal| goal.live == live);
            let parts = Parts {
                total: &|leaf| Some(self.state(leaf)?.accumulator.total()),
                goal: &|live| found(live)?.aim.as_ref()?.left().cloned(),
            };
            let own = found(live).and_then(|own| own.aim.clone());
            case_then = case(self.model.kpi(kpi), self.worth(live, parts), own, Some(end));
            if case_then.status(&self.rules, status, at) != status {
                return Some(at);
            }
            from = at;
        }
        case_then.next_change(&self.rules, status, from)
    }

    /// The first midnight at which the status of a rolling window is another.
    fn next_window_change(
        &self,
        times: &mut WorkingTimes,
        ahead: &Ahead<'_>,
        now: &Case,
    ) -> Option<Timestamp> {
        let Ahead { live, scope, kpi, period, status, after } = *ahead;
        let mut goals: Vec<Moving> = self.moving_goals(live).collect();
        let own_moves = goals.iter().any(|goal| goal.live == live && goal.scaled)
            || !self.goals.edges(kpi, period).is_empty();
        if now.aim.is_none() && !own_moves {
            return None;
        }
        let window = |leaf| Some((leaf, self.state(leaf)?.accumulator.window(period)));
        let mut windows: Vec<_> = self.leaves(live).filter_map(window).collect();
        let zone = &self.face(scope).zone;
        let days = self.days_ahead(live, &goals, scope, period).into_iter();
        let midnights = days
            .chain(self.scaled_windows(&goals, scope, period))
            .map(|day| day.start(zone))
            .chain(self.scaling_midnights(&goals, scope, after));
        sorted(midnights.collect()).into_iter().find(|at| {
            let period = Arc::new(period.kind.holding(Day::of(*at, zone), self.calendar(scope)));
            windows.iter_mut().for_each(|(_, window)| window.move_to(&period));
            goals.iter_mut().for_each(|goal| self.move_on(times, goal, scope, &period, *at));
            let found = |live| goals.iter().find(|goal| goal.live == live);
            let parts = Parts {
                total: &|leaf| {
                    windows.iter().find(|(live, _)| *live == leaf).map(|(_, window)| window.total())
                },
                goal: &|live| found(live)?.aim.as_ref()?.left().cloned(),
            };
            let own = found(live).and_then(|own| own.aim.clone());
            let case = case(self.model.kpi(kpi), self.worth(live, parts), own, None);
            case.status(&self.rules, status, *at) != status
        })
    }

    /// The days on which contributions, the goals in force and the presence of working days change in a window.
    fn days_ahead(&self, live: u32, goals: &[Moving], scope: ScopeId, period: &Period) -> Vec<Day> {
        let edges = goals.iter().flat_map(|goal| {
            let scaling = self.scaling_days(scope, goal.kpi, period.kind).map(|(_, day)| day);
            let scaling = scaling.filter(|day| *day > period.end);
            self.goals.edges(goal.kpi, period).into_iter().chain(scaling)
        });
        let edges = sorted(edges.collect());
        // What comes into force while the window holds no working day counts from the next one on.
        let rests: Vec<Day> = self
            .model
            .calendars
            .iter()
            .flat_map(|calendar| {
                let moved = edges.iter().map(|day| period.kind.holding(*day, calendar));
                let rests: Vec<Day> =
                    moved.flat_map(|period| calendar.rest_edges(&period)).collect();
                rests.into_iter().chain(calendar.rest_edges(period))
            })
            .collect();
        let states = self.leaves(live).filter_map(|leaf| self.state(leaf));
        let contributions = states.flat_map(|state| state.accumulator.days_ahead(period));
        contributions.chain(edges).chain(rests).collect()
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

    fn state(&self, live: u32) -> Option<&State> {
        self.live[live as usize].state.as_ref()
    }

    /// The goal of a standing, and those that its value is computed from, as they are now.
    fn moving_goals(&self, live: u32) -> impl Iterator<Item = Moving> + '_ {
        let others = self.goals_within(live).filter(move |other| *other != live);
        [live].into_iter().chain(others).filter_map(|live| {
            let state = self.state(live)?;
            let (kpi, period) = (self.slots.get(self.place(live).1).kpi, state.period.clone());
            let scaled = self.scales(kpi, period.kind);
            Some(Moving { live, kpi, period, aim: state.aim.clone(), scaled })
        })
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
            && rests(&moving.period) == rests(period);
        if !same {
            moving.aim = self.aim(times, scope, moving.kpi, period, at);
        }
        moving.period = period.clone();
    }
}

fn sorted<T: Ord>(mut all: Vec<T>) -> Vec<T> {
    all.sort_unstable();
    all.dedup();
    all
}
