//! What counts from an instant on: taken when it is due, and looked at ahead for the next change of a status.

use std::borrow::Cow;

use jiff::Timestamp;

use super::accumulator::{Value, Window, counts};
use super::live::{State, case};
use super::past::Sums;
use super::{Board, Touched};
use crate::day::Day;
use crate::entry::{Entry, NO_DAY};
use crate::period::Period;
use crate::schedule::Schedule;
use crate::standing::{Case, Status};

/// The sources of a standing as they will be if nothing but time happens.
pub(super) struct Outlook<'a> {
    sources: Vec<Source<'a>>,
}

/// One of them: what it adds up to, and what is ahead of it.
struct Source<'a> {
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
        self.each_state(entry, time, touched, |state| state.schedule(at, entry));
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
            for scope in self.roster.path(owner) {
                for slot in self.slots.of(kpi) {
                    let live = scope.0 as usize * self.slots.len() + slot;
                    if let Some(state) = self.live[live].state.as_mut().filter(|_| wanted[live]) {
                        state.schedule(at, &Entry { owner, kpi, part });
                    }
                }
            }
        }
    }

    /// The first instant at which the status in a running period that does not move is another, if nothing but time
    /// happens.
    pub(super) fn next_period_change(
        &self,
        live: u32,
        case: &Case,
        status: Status,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let sources = self.sources(live);
        let states = sources.iter().map(|live| self.live[*live as usize].state.as_ref());
        if states.flatten().all(|state| state.ahead.first().is_none()) {
            return case.next_change(&self.rules, status, now);
        }
        let (scope, _) = self.place(live);
        let end = self.period_end(scope, &self.live[live as usize].state.as_ref()?.period);
        self.next_change_in(live, self.outlook(live)?, case, status, now, Some(end))
    }

    /// The same in a period that is not running, of which the sources add up to `sums`. A stock has no value there, and
    /// will have none.
    pub(super) fn next_past_change(
        &self,
        live: u32,
        sums: &Sums,
        case: &Case,
        status: Status,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let is_stock =
            |live: &u32| self.model.kpi(self.slots.get(self.place(*live).1).kpi).is_stock();
        if self.sources(live).iter().any(is_stock) {
            return case.next_change(&self.rules, status, now);
        }
        let source = |live: u32| {
            let (period, sum) = sums.get(&live)?;
            let ahead = Cow::Owned(self.ahead_in(live, period));
            Some(Source { live, ahead, window: sum.window(period) })
        };
        let sources = self.sources(live).into_iter().map(source).collect::<Option<_>>()?;
        let end = case.end.filter(|end| *end > now);
        self.next_change_in(live, Outlook { sources }, case, status, now, end)
    }

    /// What is ahead of a standing in any period.
    fn ahead_in(&self, live: u32, period: &Period) -> Schedule<()> {
        let (scope, slot) = self.place(live);
        let mut ahead = Schedule::default();
        for (at, (_, owner, kpi), part) in self.schedule.iter() {
            let counts = kpi == self.slots.get(slot).kpi && counts(part.day(), period);
            if counts && self.roster.path(owner).contains(&scope) {
                ahead.add(at, (), part);
            }
        }
        ahead
    }

    /// Goes from change to change of what the sources add up to; between them it is the clock that counts. With `end`
    /// the standing is gone.
    fn next_change_in(
        &self,
        live: u32,
        mut outlook: Outlook<'_>,
        now_case: &Case,
        status: Status,
        now: Timestamp,
        end: Option<Timestamp>,
    ) -> Option<Timestamp> {
        let kpi = self.model.kpi(self.slots.get(self.place(live).1).kpi);
        let mut ahead = now_case.clone();
        let mut from = now;
        loop {
            let change = ahead.next_change(&self.rules, status, from);
            let next = outlook.next(from).filter(|at| end.is_none_or(|end| *at < end));
            let Some(at) = next else { return change };
            if change.is_some_and(|change| change < at) {
                return change;
            }
            outlook.take(at);
            from = at;
            let value = self.value(live, |live| outlook.total(live))?;
            ahead = case(kpi, value, now_case.aim.clone(), now_case.end);
            if ahead.status(&self.rules, status, at) != status {
                return Some(at);
            }
        }
    }

    /// What the sources of a standing add up to in the running period, to be looked at ahead.
    pub(super) fn outlook(&self, live: u32) -> Option<Outlook<'_>> {
        let source = |live: u32| {
            let state = self.live[live as usize].state.as_ref()?;
            let window = state.accumulator.window(&state.period);
            Some(Source { live, ahead: Cow::Borrowed(&state.ahead), window })
        };
        let sources = self.sources(live).into_iter().map(source).collect::<Option<_>>()?;
        Some(Outlook { sources })
    }
}

impl State {
    /// Notes what counts from an instant on, if it does in the period. Answers whether it does.
    fn schedule(&mut self, at: Timestamp, entry: &Entry) -> bool {
        let counts = counts(entry.part.day(), &self.period);
        if counts {
            self.ahead.add(at, (), entry.part);
        }
        counts
    }
}

impl Outlook<'_> {
    /// The first instant after another at which a record's membership changes.
    pub(super) fn next(&self, instant: Timestamp) -> Option<Timestamp> {
        self.sources.iter().filter_map(|source| source.ahead.after(instant)).min()
    }

    /// Adds what counts from an instant on.
    pub(super) fn take(&mut self, at: Timestamp) {
        for Source { ahead, window, .. } in &mut self.sources {
            ahead.at(at).for_each(|part| window.add(part));
        }
    }

    /// Moves rolling windows on.
    pub(super) fn move_to(&mut self, period: &Period) {
        for source in &mut self.sources {
            source.window.moved_to(period);
        }
    }

    /// What a source adds up to.
    pub(super) fn total(&self, live: u32) -> Option<&Value> {
        self.sources.iter().find(|source| source.live == live).map(|source| source.window.total())
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
