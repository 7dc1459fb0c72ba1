//! What counts from an instant on: taken when it is due, and looked at ahead for the next change of a status.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::accumulator::{Value, Window, counts};
use super::live::State;
use super::past::Sums;
use super::{Board, Touched};
use crate::day::Day;
use crate::entry::{Entry, NO_DAY, Part};
use crate::period::Period;
use crate::schedule::Schedule;

/// The leaves of a standing as they will be if nothing but time happens.
pub(super) struct Outlook<'a> {
    leaves: Vec<Leaf<'a>>,
}

/// One of them: what it adds up to, and what is ahead of it.
struct Leaf<'a> {
    live: u32,
    ahead: Cow<'a, Schedule<()>>,
    window: Window<'a>,
}

impl Board {
    /// Notes an entry that counts from an instant on.
    pub(super) fn schedule(
        &mut self,
        shard: usize,
        at: Timestamp,
        entry: &Entry,
        time: Timestamp,
        touched: &mut Touched,
    ) {
        self.schedule.add(at, (shard, entry.owner, entry.kpi), entry.part);
        self.each_state(entry, time, touched, |state| state.schedule(at, entry.part));
    }

    /// Counts what is due by now.
    pub(super) fn take_due(&mut self, now: Timestamp, touched: &mut Touched) {
        for (at, (shard, owner, kpi), part) in self.schedule.take(now) {
            let entry = Entry { owner, kpi, part };
            self.count(shard, &entry, at, touched);
            // What was due at earlier instants was taken with them.
            self.each_state(&entry, at, touched, |state| !state.ahead.take(at).is_empty());
        }
    }

    /// Fills in what is ahead of the wanted standings.
    pub(super) fn refill_ahead(&mut self, wanted: &[bool]) {
        for (at, (_, owner, kpi), part) in self.schedule.iter() {
            for scope in self.joints.path(owner, &self.roster) {
                for slot in self.slots.of(kpi) {
                    let live = scope.0 as usize * self.slots.len() + slot;
                    if let Some(state) = self.live[live].state.as_mut().filter(|_| wanted[live]) {
                        state.schedule(at, part);
                    }
                }
            }
        }
    }

    /// What is ahead of a standing in any period.
    fn ahead_in(&self, live: u32, period: &Period) -> Schedule<()> {
        let (scope, slot) = self.place(live);
        let mut ahead = Schedule::default();
        for (at, (_, owner, kpi), part) in self.schedule.iter() {
            let counts = kpi == self.slots.get(slot).kpi && counts(part.day(), period);
            if counts && self.joints.path(owner, &self.roster).contains(&scope) {
                ahead.add(at, (), part);
            }
        }
        ahead
    }

    /// What the leaves of a standing add up to in the running period, to be looked at ahead.
    pub(super) fn outlook(&self, live: u32) -> Outlook<'_> {
        let leaf = |live: u32| {
            let state = self.state(live)?;
            let window = state.accumulator.window(&state.period);
            Some(Leaf { live, ahead: Cow::Borrowed(&state.ahead), window })
        };
        Outlook { leaves: self.leaves(live).filter_map(leaf).collect() }
    }

    /// The same in a period that is not running, of which the leaves add up to `sums`. A stock has no value in one that
    /// is over, and will have none; in one that is to come it has that of now.
    pub(super) fn past_outlook<'a>(&self, live: u32, sums: &'a Sums) -> Outlook<'a> {
        let today = self.face(self.place(live).0).today;
        let leaf = |live: u32| {
            let (period, sum) = sums.get(&live)?;
            let ahead = Cow::Owned(self.ahead_in(live, period));
            Some(Leaf { live, ahead, window: sum.window(period) })
        };
        let is_stock =
            |live: u32| self.model.kpi(self.slots.get(self.place(live).1).kpi).is_stock();
        let is_over = |live| sums.get(&live).is_some_and(|(period, _)| period.end < today);
        let valued = self.leaves(live).filter(|live| !(is_stock(*live) && is_over(*live)));
        Outlook { leaves: valued.filter_map(leaf).collect() }
    }
}

impl State {
    /// Notes what counts from an instant on, if it does in the period. Answers whether it does.
    pub(super) fn schedule(&mut self, at: Timestamp, part: Part) -> bool {
        let counts = counts(part.day(), &self.period);
        if counts {
            self.ahead.add(at, (), part);
        }
        counts
    }
}

impl Outlook<'_> {
    /// The first instant after another at which a record's membership changes.
    pub(super) fn next(&self, instant: Timestamp) -> Option<Timestamp> {
        self.leaves.iter().filter_map(|leaf| leaf.ahead.after(instant)).min()
    }

    /// Adds what counts from an instant on.
    pub(super) fn take(&mut self, at: Timestamp) {
        for Leaf { ahead, window, .. } in &mut self.leaves {
            ahead.at(at).for_each(|part| window.add(part));
        }
    }

    /// Moves rolling windows on.
    pub(super) fn move_to(&mut self, period: &Period) {
        for leaf in &mut self.leaves {
            leaf.window.move_to(period);
        }
    }

    /// What a leaf adds up to.
    pub(super) fn total(&self, live: u32) -> Option<&Value> {
        self.leaves.iter().find(|leaf| leaf.live == live).map(|leaf| leaf.window.total())
    }
}

/// The days, after a rolling window's last, on which something scheduled enters or leaves it.
pub(super) fn days_of(ahead: &Schedule<()>, period: &Period) -> Vec<Day> {
    let length = period.end.0 - period.start.0 + 1;
    let dated = ahead.iter().map(|(_, (), part)| part.day()).filter(|day| *day != NO_DAY);
    let mut days: Vec<Day> = dated.flat_map(|day| [day, day.plus(length)]).collect();
    days.retain(|day| *day > period.end);
    days
}

/// The days, after a rolling window's last, on which something scheduled takes effect where a scope is.
pub(super) fn days_of_effect(ahead: &Schedule<()>, period: &Period, zone: &TimeZone) -> Vec<Day> {
    let mut days = Vec::new();
    // Until then it is the window's last day.
    let mut until = period.end.plus(1).start(zone);
    for (at, (), _) in ahead.iter() {
        if at >= until {
            let day = Day::of(at, zone);
            until = day.plus(1).start(zone);
            days.push(day);
        }
    }
    days
}
