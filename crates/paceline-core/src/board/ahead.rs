//! Days looked at ahead: when what enters and leaves a rolling window, or what is to be held, changes a status.

use std::sync::Arc;

use jiff::Timestamp;

use super::Board;
use super::live::case;
use super::working_times::WorkingTimes;
use crate::day::Day;
use crate::kpi::{GoalKind, KpiId};
use crate::period::Period;
use crate::roster::ScopeId;
use crate::standing::{Aim, Case, Status};

/// The goal of a window as it moves on; worked out anew only where another may be in force.
struct Moving {
    period: Arc<Period>,
    aim: Option<Aim>,
    /// Whether the goal is scaled by ramps or presence, so that it may move with every day.
    scaled: bool,
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
        let period = self.live[live as usize].state.as_ref()?.period.clone();
        if period.kind.is_rolling() {
            return self.next_window_change(times, live, case, status, &period, now);
        }
        let level = self.next_level_change(times, live, case, status, &period, now);
        case.next_change(&self.rules, status, now).into_iter().chain(level).min()
    }

    /// The first midnight of a period at which what is to be held is scaled so that the status is another.
    fn next_level_change(
        &self,
        times: &mut WorkingTimes,
        live: u32,
        now: &Case,
        status: Status,
        period: &Period,
        after: Timestamp,
    ) -> Option<Timestamp> {
        let (scope, slot) = self.place(live);
        let kpi = self.slots.get(slot).kpi;
        let end = self.period_end(scope, period);
        let midnights = self.scaling_midnights(scope, kpi, period, after);
        midnights.into_iter().take_while(|at| *at < end).find(|at| {
            let aim = self.aim(times, scope, kpi, period, *at);
            let case = Case { aim, ..now.clone() };
            case.status(&self.rules, status, *at) != status
        })
    }

    /// The first midnight at which the status of a rolling window is another.
    fn next_window_change(
        &self,
        times: &mut WorkingTimes,
        live: u32,
        now: &Case,
        status: Status,
        period: &Arc<Period>,
        after: Timestamp,
    ) -> Option<Timestamp> {
        let (scope, slot) = self.place(live);
        let (kpi, kind) = (self.slots.get(slot).kpi, self.slots.get(slot).kind);
        let scaled = self.scales(kpi, kind);
        if now.aim.is_none() && !scaled && self.goals.edges(kpi, period).is_empty() {
            return None;
        }
        let sources = self.sources(live);
        let mut windows: Vec<_> = sources
            .iter()
            .filter_map(|live| {
                Some(self.live[*live as usize].state.as_ref()?.accumulator.window(period))
            })
            .collect();
        let mut moving = Moving { period: period.clone(), aim: now.aim.clone(), scaled };
        let zone = &self.face(scope).zone;
        let days = self.days_ahead(scope, kpi, &sources, period).into_iter();
        let midnights = days
            .chain(self.scaled_windows(scope, kpi, period))
            .map(|day| day.start(zone))
            .chain(self.scaling_midnights(scope, kpi, period, after));
        sorted(midnights.collect()).into_iter().find(|at| {
            let period = Arc::new(kind.holding(Day::of(*at, zone), self.calendar(scope)));
            let totals: Vec<_> =
                windows.iter_mut().map(|window| window.moved_to(&period)).collect();
            let total =
                |live: u32| Some(*totals.get(sources.iter().position(|source| *source == live)?)?);
            let Some(value) = self.value(live, total) else { return false };
            self.move_aim(times, &mut moving, scope, kpi, period, *at);
            let case = case(self.model.kpi(kpi), value, moving.aim.clone(), None);
            case.status(&self.rules, status, *at) != status
        })
    }

    /// The midnights of members after an instant at which what they have to hold is scaled otherwise.
    fn scaling_midnights(
        &self,
        scope: ScopeId,
        kpi: KpiId,
        period: &Period,
        after: Timestamp,
    ) -> Vec<Timestamp> {
        if self.model.kpi(kpi).goal_kind != GoalKind::Hold {
            return Vec::new();
        }
        let midnight =
            |(rep, day): (usize, Day)| day.start(self.roster.zone(self.roster.rep_scope(rep)));
        let midnights = self.scaling_days(scope, kpi, period.kind).map(midnight);
        sorted(midnights.filter(|at| *at > after).collect())
    }

    /// The days on which contributions, the goals in force and the presence of working days change in a window.
    fn days_ahead(&self, scope: ScopeId, kpi: KpiId, sources: &[u32], period: &Period) -> Vec<Day> {
        let scaling = self.scaling_days(scope, kpi, period.kind).map(|(_, day)| day);
        let scaling = scaling.filter(|day| *day > period.end);
        let goals = sorted(self.goals.edges(kpi, period).into_iter().chain(scaling).collect());
        // What comes into force while the window holds no working day counts from the next one on.
        let rests = self.model.calendars.iter().flat_map(|calendar| {
            let moved = goals.iter().map(|day| period.kind.holding(*day, calendar));
            let rests: Vec<Day> = moved.flat_map(|period| calendar.rest_edges(&period)).collect();
            rests.into_iter().chain(calendar.rest_edges(period))
        });
        let rests: Vec<Day> = rests.collect();
        let states = sources.iter().filter_map(|live| self.live[*live as usize].state.as_ref());
        let contributions = states.flat_map(|state| state.accumulator.days_ahead(period));
        contributions.chain(goals).chain(rests).collect()
    }

    /// The days after a window's last on which it holds days of different scales, or no longer does.
    fn scaled_windows(&self, scope: ScopeId, kpi: KpiId, period: &Period) -> Vec<Day> {
        let length = period.end.0 - period.start.0 + 1;
        let edges = self.scaling_days(scope, kpi, period.kind).map(|(_, day)| day);
        let edges = sorted(edges.filter(|day| *day > period.start).collect());
        let windows = edges.into_iter().flat_map(|edge| (edge.0..edge.0 + length).map(Day));
        windows.filter(|day| *day > period.end).collect()
    }

    fn move_aim(
        &self,
        times: &mut WorkingTimes,
        moving: &mut Moving,
        scope: ScopeId,
        kpi: KpiId,
        period: Arc<Period>,
        at: Timestamp,
    ) {
        let rests = |period: &Period| {
            self.model.calendars.iter().map(|calendar| calendar.rests(period)).collect::<Vec<_>>()
        };
        let same = !moving.scaled
            && self.goals.same(kpi, &moving.period, &period)
            && rests(&moving.period) == rests(&period);
        if !same {
            moving.aim = self.aim(times, scope, kpi, &period, at);
        }
        moving.period = period;
    }
}

fn sorted<T: Ord>(mut all: Vec<T>) -> Vec<T> {
    all.sort_unstable();
    all.dedup();
    all
}
