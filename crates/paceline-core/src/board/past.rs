//! Standings of periods that are not running, added up from the ledger when asked for.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::Board;
use super::accumulator::Accumulator;
use super::live::case;
use super::view::{Key, Reading};
use crate::day::Day;
use crate::ledger::Doubt;
use crate::period::Period;
use crate::rational::Rational;
use crate::roster::Scope;
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
        let period = kind.holding(on, &self.model.calendar);
        if self.live[live as usize].state.as_ref().is_some_and(|state| *state.period == period) {
            return self.reading(live);
        }
        let aim = self.aim(scope, kpi, &period);
        let model = self.model.clone();
        let spread = self.own_spread(scope, model.kpi(kpi), &period);
        let end = (!kind.is_rolling()).then(|| self.period_end(scope, &period));
        let case = case(model.kpi(kpi), self.past_value(live, sums), aim, end);
        // There is no memory of a status that nobody watched: the bands start in the middle.
        let status = case.status(&self.rules, Status::OnTrack, now);
        Some(Reading {
            key: Key { scope, kpi, period: Arc::new(period) },
            status,
            since: end.filter(|end| *end <= now).unwrap_or(now),
            next_change: self.next_past_change(live, sums, &case, status, now),
            revision: self.revision,
            spread,
            case: Arc::new(case),
        })
    }

    fn past_value(&self, live: u32, sums: &Sums) -> (Option<Rational>, u64, Doubt) {
        // A stock is the state right now and has no past.
        let missing = (None, 0, Doubt::default());
        self.value(live, |live| {
            let (scope, slot) = self.place(live);
            let stock = self.model.kpi(self.slots.get(slot).kpi).is_stock();
            sums.get(&self.live_id(scope, slot)).filter(|_| !stock).map(|(_, sums)| sums.total())
        })
        .unwrap_or(missing)
    }

    /// Adds up what `lives`, and the parts of ratios among them, have in the periods that hold a day.
    fn sums_on(&self, lives: &[u32], on: Day) -> Sums {
        let mut sums = Sums::new();
        for live in lives.iter().flat_map(|live| self.sources(*live)) {
            let kind = self.slots.get(self.place(live).1).kind;
            let period = kind.holding(on, &self.model.calendar);
            sums.entry(live).or_insert_with(|| (period.clone(), Accumulator::new(&period)));
        }
        match self.own_symbols(lives) {
            Some(owners) => self.sum_of(&owners, &mut sums),
            None => self.sum_of_all(&mut sums),
        }
        sums
    }

    /// The reps that `lives` are of, when they are of single reps only.
    fn own_symbols(&self, lives: &[u32]) -> Option<Vec<Symbol>> {
        let mut scopes: Vec<_> = lives.iter().map(|live| self.place(*live).0).collect();
        scopes.dedup();
        let rep = |scope| match self.roster.scope(scope) {
            Scope::Rep(rep) => Some(self.roster.symbol(*rep)),
            Scope::Org | Scope::Unassigned | Scope::Team(_) => None,
        };
        // What may be anyone's counts for each of them.
        scopes.into_iter().map(rep).chain([Some(Symbol::UNKNOWN)]).collect()
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
        for scope in self.roster.path(owner) {
            for slot in self.slots.of(kpi) {
                if let Some((period, sum)) = sums.get_mut(&self.live_id(*scope, *slot)) {
                    sum.add_tally(tally, period);
                }
            }
        }
    }
}
