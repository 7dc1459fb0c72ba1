//! Rolling windows looked at ahead: when the days that enter and leave one, and the records whose membership changes by
//! the clock, change its status.

use std::sync::Arc;

use jiff::Timestamp;

use super::Board;
use super::live::case;
use super::timed::days_of;
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
    /// The first instant at which the status of a rolling window is another, if nothing but time happens: a midnight, or
    /// when a record's membership changes.
    pub(super) fn next_window_change(
        &self,
        live: u32,
        case_now: &Case,
        status: Status,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let (scope, slot) = self.place(live);
        let (kpi, kind) = (self.slots.get(slot).kpi, self.slots.get(slot).kind);
        let period = self.live[live as usize].state.as_ref()?.period.clone();
        if case_now.aim.is_none() && self.goals.edges(kpi, &period).is_empty() {
            return None;
        }
        let mut outlook = self.outlook(live)?;
        let mut moving = Moving { period: period.clone(), aim: case_now.aim.clone() };
        let zone = &self.face(scope).zone;
        let days = self.days_ahead(kpi, &self.sources(live), &period).into_iter();
        let mut days = days.map(|today| (today.start(zone), today)).peekable();
        let mut from = now;
        loop {
            let midnight = days.peek().map(|(start, _)| *start);
            let at = midnight.into_iter().chain(outlook.next(from)).min()?;
            if let Some((_, today)) = days.next_if(|(start, _)| *start == at) {
                let period = Arc::new(kind.holding(today, &self.model.calendar));
                outlook.move_to(&period);
                self.move_aim(&mut moving, scope, kpi, period);
            }
            outlook.take(at);
            from = at;
            let value = self.value(live, |live| outlook.total(live))?;
            let case = case(self.model.kpi(kpi), value, moving.aim.clone(), None);
            if case.status(&self.rules, status, at) != status {
                return Some(at);
            }
        }
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
        let contributions = states.flat_map(|state| {
            let scheduled = days_of(&state.ahead, period);
            state.accumulator.days_ahead(period).into_iter().chain(scheduled)
        });
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
