//! Rolling windows looked at ahead: when the days that enter and leave one change its status.

use std::sync::Arc;

use jiff::Timestamp;

use super::Board;
use super::live::case;
use crate::day::Day;
use crate::kpi::KpiId;
use crate::period::Period;
use crate::roster::ScopeId;
use crate::standing::{Aim, Case, Status};

/// The goal of a window as it moves on; worked out anew only where another may be in force.
struct Moving {
    period: Arc<Period>,
    aim: Option<Aim>,
}

impl Board {
    /// The first midnight at which the status of a rolling window is another, if nothing but time happens.
    pub(super) fn next_window_change(
        &self,
        live: u32,
        now: &Case,
        status: Status,
    ) -> Option<Timestamp> {
        let (scope, slot) = self.place(live);
        let (kpi, kind) = (self.slots.get(slot).kpi, self.slots.get(slot).kind);
        let period = self.live[live as usize].state.as_ref()?.period.clone();
        if now.aim.is_none() && self.goals.edges(kpi, &period).is_empty() {
            return None;
        }
        let sources = self.sources(live);
        let mut windows: Vec<_> = sources
            .iter()
            .filter_map(|live| {
                Some(self.live[*live as usize].state.as_ref()?.accumulator.window(&period))
            })
            .collect();
        let mut moving = Moving { period: period.clone(), aim: now.aim.clone() };
        self.days_ahead(kpi, &sources, &period).into_iter().find_map(|today| {
            let period = Arc::new(kind.holding(today, &self.model.calendar));
            let totals: Vec<_> =
                windows.iter_mut().map(|window| window.moved_to(&period)).collect();
            let total =
                |live: u32| Some(*totals.get(sources.iter().position(|source| *source == live)?)?);
            let value = self.value(live, total)?;
            self.move_aim(&mut moving, scope, kpi, period);
            let start = today.start(&self.face(scope).zone);
            let case = case(self.model.kpi(kpi), value, moving.aim.clone(), None);
            (case.status(&self.rules, status, start) != status).then_some(start)
        })
    }

    /// The days on which anything of a window changes, the first first.
    fn days_ahead(&self, kpi: KpiId, sources: &[u32], period: &Period) -> Vec<Day> {
        let calendar = &self.model.calendar;
        let goals = sorted(self.goals.edges(kpi, period));
        // A goal that comes into force while the window holds no working day counts from the next one on.
        let rests: Vec<Day> = goals
            .iter()
            .flat_map(|day| calendar.rest_edges(&period.kind.holding(*day, calendar)))
            .chain(calendar.rest_edges(period))
            .collect();
        let states = sources.iter().filter_map(|live| self.live[*live as usize].state.as_ref());
        let contributions = states.flat_map(|state| state.accumulator.days_ahead(period));
        sorted(contributions.chain(goals).chain(rests).collect())
    }

    fn move_aim(&self, moving: &mut Moving, scope: ScopeId, kpi: KpiId, period: Arc<Period>) {
        let calendar = &self.model.calendar;
        let same = self.goals.same(kpi, &moving.period, &period)
            && calendar.rests(&moving.period) == calendar.rests(&period);
        if !same {
            moving.aim = self.flat_aim(scope, kpi, &period);
        }
        moving.period = period;
    }
}

fn sorted(mut days: Vec<Day>) -> Vec<Day> {
    days.sort_unstable();
    days.dedup();
    days
}
