//! Standings of periods that are not running, added up from the ledger when asked for.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::Board;
use super::accumulator::Accumulator;
use super::ahead::Ahead;
use super::live::case;
use super::view::{Key, Reading};
use crate::day::Day;
use crate::period::Period;
use crate::roster::{Scope, ScopeId};
use crate::standing::Status;
use crate::symbol::Symbol;

/// The accumulators of standings in periods that are not running.
pub(super) type Sums = HashMap<u32, (Period, Accumulator)>;

impl Board {
    /// The standings of `lives` in the periods that hold a day.
    pub(super) fn readings_on(&mut self, lives: &[u32], on: Day, now: Timestamp) -> Vec<Reading> {
        let sums = self.sums_on(lives, on);
        lives.iter().filter_map(|live| self.reading_on(*live, on, &sums, now)).collect()
    }

    fn reading_on(&mut self, live: u32, on: Day, sums: &Sums, now: Timestamp) -> Option<Reading> {
        let (scope, slot) = self.place(live);
        let (kpi, kind) = (self.slots.get(slot).kpi, self.slots.get(slot).kind);
        let period = kind.holding(on, self.calendar(scope));
        if self.live[live as usize].state.as_ref().is_some_and(|state| *state.period == period) {
            return self.reading(live);
        }
        let period = Arc::new(period);
        let (case, status, next_change, load) = self.with_times(|board, times| {
            let end = (!kind.is_rolling()).then(|| board.period_end(scope, &period));
            let mut ahead = Ahead {
                live,
                period: &period,
                goals: board.past_goals(times, live, &period, now),
                outlook: board.past_outlook(live, sums),
                // There is no memory of a status that nobody watched: the bands start in the middle.
                status: Status::OnTrack,
                after: now,
            };
            let case = case(board.model.kpi(kpi), board.worth_ahead(&ahead), ahead.aim(), end);
            ahead.status = case.status(&board.rules, ahead.status, now);
            let status = ahead.status;
            let end = end.filter(|end| *end > now);
            let next_change = board.next_change_within(times, ahead, &case, end);
            (case, status, next_change, board.load(times, scope, kpi, &period))
        });
        Some(Reading {
            since: case.end.filter(|end| *end <= now).unwrap_or(now),
            lags: self.lagging.contains(&kpi),
            key: Key { scope, kpi, period },
            status,
            next_change,
            revision: self.revision,
            load,
            case: Arc::new(case),
        })
    }

    /// Adds up what `lives`, and the leaves of those among them that are made of others, have in the periods that
    /// hold a day.
    fn sums_on(&self, lives: &[u32], on: Day) -> Sums {
        let mut sums = Sums::new();
        for live in lives.iter().flat_map(|live| self.leaves(*live)) {
            let (scope, slot) = self.place(live);
            let period = self.slots.get(slot).kind.holding(on, self.calendar(scope));
            sums.entry(live).or_insert_with(|| (period.clone(), Accumulator::new(&period)));
        }
        self.add_up(lives, &mut sums);
        sums
    }

    /// Adds up in `sums`, which are of the leaves of `lives`, all that is in the ledger.
    pub(super) fn add_up(&self, lives: &[u32], sums: &mut Sums) {
        match self.own_symbols(lives) {
            Some(owners) => self.sum_of(&owners, sums),
            None => self.sum_of_all(sums),
        }
    }

    /// The reps that `lives` are of, and the joint owners that count for them, when they are of single reps only.
    fn own_symbols(&self, lives: &[u32]) -> Option<Vec<Symbol>> {
        let mut scopes: Vec<_> = lives.iter().map(|live| self.place(*live).0).collect();
        scopes.dedup();
        let rep = |scope: &ScopeId| match self.roster.scope(*scope) {
            Scope::Rep(rep) => Some(self.roster.symbol(*rep)),
            Scope::Org | Scope::Unassigned | Scope::Team(_) | Scope::Ended => None,
        };
        // What may be anyone's counts for each of them.
        let own: Option<Vec<Symbol>> =
            scopes.iter().map(rep).chain([Some(Symbol::UNKNOWN)]).collect();
        own.map(|own| own.into_iter().chain(self.joints.of(&scopes)).collect())
    }

    fn sum_of(&self, owners: &[Symbol], sums: &mut Sums) {
        for owner in owners {
            for kpi in self.model.kpi_ids() {
                self.ledger
                    .tallies(*owner, kpi)
                    .for_each(|tally| self.add_past(*owner, kpi, tally, sums));
            }
        }
    }

    fn sum_of_all(&self, sums: &mut Sums) {
        for (owner, kpi, tally) in self.ledger.iter() {
            self.add_past(owner, kpi, tally, sums);
        }
    }

    fn add_past(
        &self,
        owner: Symbol,
        kpi: crate::kpi::KpiId,
        tally: &crate::ledger::Tally,
        sums: &mut Sums,
    ) {
        for scope in self.joints.path(owner, &self.roster) {
            for slot in self.slots.of(kpi) {
                if let Some((period, sum)) = sums.get_mut(&self.live_id(*scope, *slot)) {
                    sum.add_tally(tally, period, 1);
                }
            }
        }
    }
}
