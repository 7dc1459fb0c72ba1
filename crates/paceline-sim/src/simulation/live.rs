//! Live traffic: the next plausible change, at the moment the caller names.
//!
//! A demo wants several changes a second at any hour, far more than forty people make. So live traffic does not follow
//! the queue: it picks records at random, keeps the number of open deals where it found it, and lets bookings oscillate
//! around each rep's form, winning for those behind and reopening for those ahead. Numbers move all the time and stay
//! believable for hours.

use jiff::Timestamp;

use super::Simulation;
use crate::{Change, Id, Opportunity, Stage, calendar, organisation::user};

/// How often a move that turns out impossible is replaced by another before a new deal is made instead.
const TRIES: u32 = 12;
/// How many deals are looked at to find one of a given rep.
const SEARCH: usize = 4000;

impl Simulation {
    /// Makes one change happen at `now`, or at the time of the last change if that is later. Records that are alive on the
    /// first day and have not been told yet come before anything else.
    pub fn live(&mut self, now: Timestamp) -> Change {
        if let Some(change) = self.load_next() {
            return change;
        }
        self.clock = self.clock.max(now.as_millisecond());
        let time = self.clock;
        let change = (0..TRIES).find_map(|_| self.live_move(time));
        change.unwrap_or_else(|| self.live_create(time))
    }

    fn live_move(&mut self, time: i64) -> Option<Change> {
        match self.rng.below(100) {
            0..6 => self.balance(time),
            6..38 => self.open.draw(&mut self.rng).map(|deal| self.shift(deal, time)),
            38..52 => self.open.draw(&mut self.rng).map(|deal| self.resize(deal, time)),
            52..59 => self.open.draw(&mut self.rng).map(|deal| self.slip(deal, time)),
            59..76 => self.steer(time),
            76..94 => self.live_activity(time),
            94..96 => self.open.draw(&mut self.rng).map(|deal| self.hand_over(deal, time)),
            96 => self.mass_reassign(time),
            97 => self.open.draw(&mut self.rng).map(|deal| self.delete(deal, time)),
            98 => self.deleted.draw(&mut self.rng).map(|deal| self.live_undelete(deal, time)),
            _ => self.open.draw(&mut self.rng).map(|deal| self.set_next_step(deal, time)),
        }
    }

    fn live_create(&mut self, time: i64) -> Change {
        let rep = self.rng.below(self.organisation.reps().len() as u32);
        self.create(rep, time)
    }

    /// Creates a deal when there are fewer than at the start of live traffic, otherwise loses one.
    fn balance(&mut self, time: i64) -> Option<Change> {
        let target = *self.live_open.get_or_insert(self.open.len());
        if self.open.len() <= target || self.rng.chance(200) {
            return Some(self.live_create(time));
        }
        self.open.draw(&mut self.rng).map(|deal| self.lose(deal, time))
    }

    /// Moves a deal on or, late in its life, mostly back, so that live traffic does not use up the pipeline.
    fn shift(&mut self, deal: u32, time: i64) -> Change {
        let late = self.deals[deal as usize].row.stage == Stage::Negotiation;
        if late && self.rng.chance(800) {
            self.step_back(deal, time)
        } else {
            self.move_on(deal, time)
        }
    }

    /// Moves a random rep's bookings towards the rep's form, by the first deal found that brings them closer.
    fn steer(&mut self, time: i64) -> Option<Change> {
        let rep = self.rng.below(self.organisation.reps().len() as u32);
        let owner = user(rep);
        self.quotas[rep as usize].wander(&mut self.rng);
        let lead = self.lead(owner, time);
        if lead < 0 {
            let deal =
                self.find(true, owner, |row| row.amount.is_some_and(|cents| cents < -2 * lead))?;
            return Some(self.win(deal, time));
        }
        let (first, next) = calendar::quarter(self.today(owner, time));
        let fits = |row: &Opportunity| row.amount.is_some_and(|cents| cents < 2 * lead);
        let deal =
            self.find(false, owner, |row| (first..next).contains(&row.close_day) && fits(row))?;
        let change = self.reopen(deal, time);
        self.continue_deal(deal, time, 2000);
        Some(change)
    }

    /// An open or a won deal of this owner that is as wanted.
    fn find(
        &mut self,
        open: bool,
        owner: Id,
        wanted: impl Fn(&Opportunity) -> bool,
    ) -> Option<u32> {
        let pool = if open { &self.open } else { &self.won };
        let mut deals = pool.stroll(SEARCH, &mut self.rng);
        deals.find(|deal| {
            let row = &self.deals[*deal as usize].row;
            row.owner == owner && wanted(row)
        })
    }

    fn live_undelete(&mut self, deal: u32, time: i64) -> Change {
        let change = self.undelete(deal, time);
        self.continue_deal(deal, time, 2000);
        change
    }

    fn live_activity(&mut self, time: i64) -> Option<Change> {
        if !self.organisation.options().activities {
            return None;
        }
        match self.rng.below(20) {
            0..6 => self.open.draw(&mut self.rng).and_then(|deal| self.book(deal, time)),
            6..10 => self.planned.draw(&mut self.rng).map(|meeting| self.hold(meeting, time)),
            10..12 => self.planned.draw(&mut self.rng).map(|meeting| self.cancel(meeting, time)),
            12..16 => self.open.draw(&mut self.rng).and_then(|deal| self.note(deal, time)),
            _ => self.to_do.draw(&mut self.rng).map(|task| self.complete(task, time)),
        }
    }
}
