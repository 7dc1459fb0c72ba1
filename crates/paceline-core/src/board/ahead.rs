//! Rolling windows looked at ahead: when the days that enter and leave one change its status.

use std::sync::Arc;

use jiff::Timestamp;

use super::Board;
use super::live::{State, case};
use super::worth::Parts;
use crate::day::Day;
use crate::kpi::KpiId;
use crate::period::Period;
use crate::roster::ScopeId;
use crate::standing::{Aim, Case, Status};

/// The goal of a window as it moves on; worked out anew only where another may be in force.
struct Moving {
    live: u32,
    kpi: KpiId,
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
        let period = self.state(live)?.period.clone();
        if now.aim.is_none() && self.goals.edges(kpi, &period).is_empty() {
            return None;
        }
        let window = |leaf| Some((leaf, self.state(leaf)?.accumulator.window(&period)));
        let mut windows: Vec<_> = self.leaves(live).filter_map(window).collect();
        let mut own = self.moving(live)?;
        let mut goals: Vec<Moving> =
            self.goals_within(live).filter_map(|live| self.moving(live)).collect();
        self.days_ahead(live, &period).into_iter().find_map(|today| {
            let period = Arc::new(kind.holding(today, &self.model.calendar));
            windows.iter_mut().for_each(|(_, window)| window.move_to(&period));
            goals.iter_mut().chain([&mut own]).for_each(|goal| self.move_on(goal, scope, &period));
            let found = |live| goals.iter().find(|goal| goal.live == live);
            let parts = Parts {
                total: &|leaf| {
                    windows.iter().find(|(live, _)| *live == leaf).map(|(_, window)| window.total())
                },
                goal: &|live| found(live)?.aim.as_ref()?.left().cloned(),
            };
            let start = today.start(&self.face(scope).zone);
            let case = case(self.model.kpi(kpi), self.worth(live, parts), own.aim.clone(), None);
            (case.status(&self.rules, status, start) != status).then_some(start)
        })
    }

    /// The days on which anything of a window changes, the first first.
    fn days_ahead(&self, live: u32, period: &Period) -> Vec<Day> {
        let calendar = &self.model.calendar;
        let kpi_of = |live| self.slots.get(self.place(live).1).kpi;
        let with_goals = self.goals_within(live).chain([live]);
        let goals =
            sorted(with_goals.flat_map(|live| self.goals.edges(kpi_of(live), period)).collect());
        // A goal that comes into force while the window holds no working day counts from the next one on.
        let rests: Vec<Day> = goals
            .iter()
            .flat_map(|day| calendar.rest_edges(&period.kind.holding(*day, calendar)))
            .chain(calendar.rest_edges(period))
            .collect();
        let states = self.leaves(live).filter_map(|leaf| self.state(leaf));
        let contributions = states.flat_map(|state| state.accumulator.days_ahead(period));
        sorted(contributions.chain(goals).chain(rests).collect())
    }

    fn state(&self, live: u32) -> Option<&State> {
        self.live[live as usize].state.as_ref()
    }

    /// A standing's goal as it is now, to be moved on.
    fn moving(&self, live: u32) -> Option<Moving> {
        let state = self.state(live)?;
        let kpi = self.slots.get(self.place(live).1).kpi;
        Some(Moving { live, kpi, period: state.period.clone(), aim: state.aim.clone() })
    }

    fn move_on(&self, moving: &mut Moving, scope: ScopeId, period: &Arc<Period>) {
        let calendar = &self.model.calendar;
        let same = self.goals.same(moving.kpi, &moving.period, period)
            && calendar.rests(&moving.period) == calendar.rests(period);
        if !same {
            moving.aim = self.flat_aim(scope, moving.kpi, period);
        }
        moving.period = period.clone();
    }
}

fn sorted(mut days: Vec<Day>) -> Vec<Day> {
    days.sort_unstable();
    days.dedup();
    days
}
