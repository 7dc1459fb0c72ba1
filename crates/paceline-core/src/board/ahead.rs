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
            return self.next_window_change(times, live, case, status, &period);
        }
        let level = self.next_level_change(times, live, case, status, &period);
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
    ) -> Option<Timestamp> {
        if now.goal_kind != GoalKind::Hold || now.aim.is_none() {
            return None;
        }
        let (scope, slot) = self.place(live);
        let kpi = self.slots.get(slot).kpi;
        let days = self.scaling_days(scope, kpi, period, self.face(scope).today);
        days.into_iter().take_while(|day| *day <= period.end).find_map(|today| {
            let start = today.start(&self.face(scope).zone);
            let aim = self.aim(times, scope, kpi, period, today);
            let case = Case { aim, ..now.clone() };
            (case.status(&self.rules, status, start) != status).then_some(start)
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
    ) -> Option<Timestamp> {
        let (scope, slot) = self.place(live);
        let (kpi, kind) = (self.slots.get(slot).kpi, self.slots.get(slot).kind);
        if now.aim.is_none() && self.goals.edges(kpi, period).is_empty() {
            return None;
        }
        let sources = self.sources(live);
        let mut windows: Vec<_> = sources
            .iter()
            .filter_map(|live| {
                Some(self.live[*live as usize].state.as_ref()?.accumulator.window(period))
            })
            .collect();
        let scaled = self.scaled_windows(scope, kpi, period);
        let mut moving =
            Moving { period: period.clone(), aim: now.aim.clone(), scaled: !scaled.is_empty() };
        let days = self.days_ahead(kpi, &sources, period).into_iter().chain(scaled);
        sorted(days.collect()).into_iter().find_map(|today| {
            let period = Arc::new(kind.holding(today, self.calendar(scope)));
            let totals: Vec<_> =
                windows.iter_mut().map(|window| window.moved_to(&period)).collect();
            let total =
                |live: u32| Some(*totals.get(sources.iter().position(|source| *source == live)?)?);
            let value = self.value(live, total)?;
            self.move_aim(times, &mut moving, scope, kpi, period);
            let start = today.start(&self.face(scope).zone);
            let case = case(self.model.kpi(kpi), value, moving.aim.clone(), None);
            (case.status(&self.rules, status, start) != status).then_some(start)
        })
    }

    /// The days on which contributions, the goals in force and the presence of working days change in a window.
    fn days_ahead(&self, kpi: KpiId, sources: &[u32], period: &Period) -> Vec<Day> {
        let goals = sorted(self.goals.edges(kpi, period));
        // A goal that comes into force while the window holds no working day counts from the next one on.
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
        let edges = self.scaling_days(scope, kpi, period, period.start);
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
    ) {
        let rests = |period: &Period| {
            self.model.calendars.iter().map(|calendar| calendar.rests(period)).collect::<Vec<_>>()
        };
        let same = !moving.scaled
            && self.goals.same(kpi, &moving.period, &period)
            && rests(&moving.period) == rests(&period);
        if !same {
            moving.aim = self.aim(times, scope, kpi, &period, period.end);
        }
        moving.period = period;
    }
}

fn sorted(mut days: Vec<Day>) -> Vec<Day> {
    days.sort_unstable();
    days.dedup();
    days
}
