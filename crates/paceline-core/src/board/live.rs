//! The standings of the periods that are running now: accumulating, judging, and beginning new periods.

use std::sync::Arc;

use jiff::Timestamp;

use super::accumulator::Accumulator;
use super::moves::Why;
use super::slots::Slot;
use super::transitions::Step;
use super::view::{Key, Left, Reason, Removal};
use super::worth::{Parts, Worth};
use super::{Board, Revision, Touched};
use crate::alert::Trigger;
use crate::decimal::Decimal;
use crate::entry::Entry;
use crate::kpi::{GoalKind, Kpi};
use crate::period::Period;
use crate::roster::{ScopeId, UNASSIGNED};
use crate::schedule::Schedule;
use crate::spread::Spread;
use crate::standing::{Aim, Case, Held, Status};
use crate::symbol::Symbol;

/// A standing of a running period.
#[derive(Debug, Default)]
pub(super) struct Live {
    /// What is filled in when the board opens.
    pub(super) state: Option<State>,
    /// The revision at which it last changed.
    pub(super) revision: Revision,
    timer: Option<Timestamp>,
}

/// A standing's state in one period.
#[derive(Debug)]
pub(super) struct State {
    pub(super) period: Arc<Period>,
    pub(super) accumulator: Accumulator,
    /// What will count in the period from an instant on.
    pub(super) ahead: Schedule<()>,
    pub(super) aim: Option<Aim>,
    /// The working days by which what is left is counted.
    pub(super) load: Option<Arc<Spread>>,
    pub(super) held: Held,
    /// The revision at which the period began on the board.
    pub(super) entered: Revision,
    /// When that was, and by what.
    pub(super) began: (Timestamp, Why),
    /// What happened up to this revision counted by other days.
    pub(super) other_days: Revision,
    /// Whether it has had no status of its own in the period yet.
    pub(super) is_new: bool,
    /// What it was judged by last; none before it was.
    pub(super) case: Option<Arc<Case>>,
    /// What it came to before its period was begun anew, or something else moved it, without having been judged since.
    pub(super) former: Option<Arc<Case>>,
    /// Whether what is left is counted by other working days since it was judged last.
    reloaded: bool,
    pub(super) next_change: Option<Timestamp>,
    /// By how much what is due grows per second, and until when.
    rate: Option<(Decimal, Timestamp)>,
}

impl Board {
    /// Which scope and slot a live standing is of.
    pub(super) fn place(&self, live: u32) -> (ScopeId, usize) {
        let slots = self.slots.len() as u32;
        (ScopeId(live / slots), (live % slots) as usize)
    }

    pub(super) fn live_id(&self, scope: ScopeId, slot: usize) -> u32 {
        self.slots.live(scope, slot)
    }

    /// Adds an entry to every standing that counts it; notes which of them and of those made of them are
    /// to be judged again.
    pub(super) fn accumulate(&mut self, entry: &Entry, time: Timestamp, touched: &mut Touched) {
        self.each_state(entry, time, touched, |state| {
            state.accumulator.add(entry.part, &state.period)
        });
    }

    /// Changes the state of every standing that may count an entry; those that do are touched. Before the
    /// board is opened there are none.
    pub(super) fn each_state(
        &mut self,
        entry: &Entry,
        time: Timestamp,
        touched: &mut Touched,
        mut change: impl FnMut(&mut State) -> bool,
    ) {
        if !self.is_open() {
            return;
        }
        for scope in self.joints.path(entry.owner, &self.roster) {
            for slot in self.slots.of(entry.kpi) {
                let live = scope.0 * self.slots.len() as u32 + *slot as u32;
                let Some(state) = &mut self.live[live as usize].state else { continue };
                if !change(state) {
                    continue;
                }
                for slot in [*slot].iter().chain(&self.slots.get(*slot).dependents) {
                    let live = scope.0 * self.slots.len() as u32 + *slot as u32;
                    touched
                        .entry(live)
                        .and_modify(|newest| *newest = time.max(*newest))
                        .or_insert(time);
                }
            }
        }
    }

    /// Judges a standing at `now`; a new status has begun with the change of time `cause`, as far as that lies
    /// between the former beginning and now.
    pub(super) fn judge(&mut self, live: u32, now: Timestamp, cause: Timestamp, why: Why) {
        let Some(case) = self.case(live) else { return };
        let Some(state) = &self.live[live as usize].state else { return };
        let status = case.status(&self.rules, state.held.status, now);
        let next_change =
            self.with_times(|board, times| board.next_change(times, live, &case, status, now));
        let rate = case.aim.as_ref().and_then(|aim| aim.due.as_ref()?.rate(now));
        let rate = rate.and_then(|(rate, until)| Some((rate.to_decimal()?, until)));
        self.set_timer(live, next_change, rate.map(|(_, until)| until));
        let Some(state) = &mut self.live[live as usize].state else { return };
        let same = state.case.as_deref() == Some(&case);
        let reloaded = std::mem::take(&mut state.reloaded);
        if same && (state.held.status, state.next_change, state.rate) == (status, next_change, rate)
        {
            if reloaded && why.is_noted() {
                self.note_move(live, now, why, (&case, &case));
            }
            return;
        }
        let former = state.former.take();
        let former = if why.is_noted() { former.or_else(|| state.case.clone()) } else { None };
        let is_case = former.as_deref() == Some(&case);
        // Reps of whom all comes to the same have not moved it: if its status is another, that was due.
        let why = if why == Why::Reps && is_case && !reloaded { Why::Due } else { why };
        let step = match (std::mem::take(&mut state.is_new), state.held.status != status) {
            (true, _) => Some(Step::Began),
            (false, true) => Some(Step::Changed),
            (false, false) => None,
        };
        if state.held.status != status {
            let held = state.held.then(status, cause.min(now));
            // What a period begins with before it is judged is no status of its own.
            let began = step == Some(Step::Began);
            state.held = if began { Held::new(status, held.since) } else { held };
        }
        (state.next_change, state.rate) = (next_change, rate);
        let is_moved =
            why.is_noted() && step != Some(Step::Began) && (step.is_some() || reloaded || !is_case);
        if !same {
            state.case = Some(Arc::new(case));
        }
        self.stamp(live);
        if let Some(step) = step {
            self.note(live, step, why.trigger(), now);
        }
        if is_moved && let Some(case) = self.state(live).and_then(|state| state.case.clone()) {
            let before = former.as_ref().unwrap_or(&case);
            self.note_move(live, now, why, (before, &case));
        }
    }

    /// Sets when a standing is to be judged again, if nothing but time happens.
    fn set_timer(
        &mut self,
        live: u32,
        next_change: Option<Timestamp>,
        rate_until: Option<Timestamp>,
    ) {
        let timer = next_change.into_iter().chain(rate_until).min();
        if let Some(former) = std::mem::replace(&mut self.live[live as usize].timer, timer) {
            self.timers.remove(&(former, live));
        }
        self.timers.extend(timer.map(|timer| (timer, live)));
    }

    pub(super) fn stamp(&mut self, live: u32) {
        let (_, slot) = self.place(live);
        let standing = &mut self.live[live as usize];
        self.changed.remove(&(standing.revision, live));
        standing.revision = self.revision;
        if self.slots.get(slot).shown {
            self.changed.insert((self.revision, live));
        }
    }

    /// The case of a standing as it is.
    pub(super) fn case(&self, live: u32) -> Option<Case> {
        let (scope, slot) = self.place(live);
        let state = self.live[live as usize].state.as_ref()?;
        let state_of = |live: u32| self.live[live as usize].state.as_ref();
        let parts = Parts {
            total: &|live| Some(state_of(live)?.accumulator.total()),
            goal: &|live| state_of(live)?.aim.as_ref()?.left().cloned(),
        };
        let worth = self.worth(live, parts);
        let end = (!state.period.kind.is_rolling()).then(|| self.period_end(scope, &state.period));
        Some(case(self.model.kpi(self.slots.get(slot).kpi), worth, state.aim.clone(), end))
    }

    /// The first instant after a period, in a scope's zone.
    pub(super) fn period_end(&self, scope: ScopeId, period: &Period) -> Timestamp {
        period.end.plus(1).start(&self.face(scope).zone)
    }

    /// Whether a live standing's period is over, or a rolling window has moved on.
    pub(super) fn outlived(&self, live: u32) -> bool {
        let (scope, _) = self.place(live);
        let today = self.face(scope).today;
        self.live[live as usize].state.as_ref().is_some_and(|state| state.period.end < today)
    }

    /// Begins the running period of standings, without judging them: at opening, when the former period is over, and when
    /// another roster changes whose or which it is.
    pub(super) fn begin_periods(&mut self, lives: &[u32], now: Timestamp, why: Why) {
        // What one standing is judged by a last time may be of others, so all are before the first of them begins.
        let verdicts: Vec<_> = lives.iter().map(|live| self.verdict(*live, now)).collect();
        for (live, verdict) in lives.iter().zip(verdicts) {
            self.begin_period(*live, now, verdict, why);
        }
        self.refill(lives);
    }

    /// Takes a standing off the board because its scope is no more.
    pub(super) fn end(&mut self, live: u32) {
        self.set_timer(live, None, None);
        self.note(live, Step::Left, Trigger::Reps, self.clock);
        let (scope, slot) = self.place(live);
        let Slot { kpi, shown, .. } = *self.slots.get(slot);
        let standing = &mut self.live[live as usize];
        self.changed.remove(&(standing.revision, live));
        if let Some(ended) = standing.state.take().filter(|_| shown) {
            let key = Key { scope, kpi, period: ended.period };
            self.remember(ended.entered, Removal { key, reason: Reason::Deleted });
        }
    }

    /// All live standings of a scope.
    pub(super) fn lives(&self, scope: ScopeId) -> impl Iterator<Item = u32> + use<> {
        let slots = self.slots.len() as u32;
        (0..slots).map(move |slot| scope.0 * slots + slot)
    }

    /// `verdict` is the last status of the former period, if that is over, and since when.
    fn begin_period(&mut self, live: u32, now: Timestamp, verdict: Option<Held>, why: Why) {
        let (scope, slot) = self.place(live);
        let Slot { kpi, kind, shown, .. } = *self.slots.get(slot);
        let period = kind.holding(self.face(scope).today, self.calendar(scope));
        let (aim, load) = self.with_times(|board, times| {
            let aim = board.aim(times, scope, kpi, &period, now);
            (aim, board.load(times, scope, kpi, &period))
        });
        // A rolling window moves on; any other period ends, and its standing leaves the board.
        let goes_on = self.state(live).is_some_and(|former| former.period.name == period.name);
        let is_moved = !kind.is_rolling()
            && self.state(live).is_some_and(|former| goes_on && *former.period != period);
        if !goes_on {
            self.note_leaving(live, verdict, now);
        }
        let former = self.live[live as usize].state.take();
        let same = former.as_ref().filter(|_| goes_on);
        let begins = || (Held::new(Status::OnTrack, now), self.revision, (now, why));
        let (held, entered, began) =
            same.map_or_else(begins, |former| (former.held, former.entered, former.began));
        let has_other_days = same
            .is_some_and(|former| why == Why::Reps && *former.period != period)
            || same.is_some() && why == Why::Reps && kind.is_rolling();
        let other_days = match same {
            _ if has_other_days => Revision(self.revision.0.saturating_sub(1)),
            Some(former) => former.other_days,
            None => Revision::default(),
        };
        let former_case = same.and_then(|former| former.case.clone());
        if let Some(ended) = former.filter(|_| !goes_on && shown) {
            let key = Key { scope, kpi, period: ended.period };
            self.remember(ended.entered, Removal { key, reason: Reason::OutOfFilter });
        }
        let state = State {
            accumulator: Accumulator::new(&period),
            ahead: Schedule::default(),
            period: Arc::new(period),
            aim,
            load,
            held,
            entered,
            began,
            other_days,
            is_new: !goes_on,
            case: None,
            former: former_case,
            reloaded: false,
            next_change: None,
            rate: None,
        };
        self.live[live as usize].state = Some(state);
        if is_moved {
            self.note(live, Step::Moved, Trigger::Reps, now);
        }
    }

    /// Works out anew what is owed under other goals, without judging it.
    pub(super) fn renew_goal(&mut self, live: u32, now: Timestamp) {
        let (scope, slot) = self.place(live);
        let kpi = self.slots.get(slot).kpi;
        let Some(state) = &self.live[live as usize].state else { return };
        let period = state.period.clone();
        let (aim, load) = self.with_times(|board, times| {
            let aim = board.aim(times, scope, kpi, &period, now);
            (aim, board.load(times, scope, kpi, &period))
        });
        let Some(state) = &mut self.live[live as usize].state else { return };
        // What is left to do a day follows from the working days alone, which no case tells of.
        let load_differs = state.load.as_deref() != load.as_deref();
        state.load = load;
        state.reloaded |= load_differs;
        // One that is the same stays the same in memory, so that later comparisons take no time.
        if state.aim != aim {
            state.aim = aim;
        }
        if load_differs {
            self.stamp(live);
        }
    }

    /// Works out anew what is to be held on a new day of a period that goes on. Answers whether it is another.
    pub(super) fn renew_aim(&mut self, live: u32, now: Timestamp) -> bool {
        let (scope, slot) = self.place(live);
        let Slot { kpi, kind, .. } = *self.slots.get(slot);
        if self.model.kpi(kpi).goal_kind != GoalKind::Hold || !self.scales(kpi, kind) {
            return false;
        }
        let Some(state) = &self.live[live as usize].state else { return false };
        let period = state.period.clone();
        let aim = self.with_times(|board, times| board.aim(times, scope, kpi, &period, now));
        let Some(state) = &mut self.live[live as usize].state else { return false };
        let another = state.aim != aim;
        state.aim = aim;
        another
    }

    /// Fills the accumulators of standings from the ledger.
    fn refill(&mut self, lives: &[u32]) {
        let mut wanted = vec![false; self.live.len()];
        for live in lives {
            wanted[*live as usize] = true;
        }
        // What counts for everyone, or for who is no rep, is found by a look at all there is.
        if lives.iter().any(|live| self.place(*live).0 <= UNASSIGNED) {
            self.refill_from_all(&wanted);
        } else {
            let mut scopes: Vec<ScopeId> = lives.iter().map(|live| self.place(*live).0).collect();
            scopes.sort_unstable();
            scopes.dedup();
            let joints = self.joints.by_scope(&scopes);
            for live in lives {
                let joints = joints.get(&self.place(*live).0).map_or(&[][..], Vec::as_slice);
                self.refill_from_members(*live, joints);
            }
        }
        self.refill_ahead(&wanted);
    }

    fn refill_from_all(&mut self, wanted: &[bool]) {
        for (owner, kpi, tally) in self.ledger.iter() {
            for scope in self.joints.path(owner, &self.roster) {
                for slot in self.slots.of(kpi) {
                    let live = scope.0 as usize * self.slots.len() + slot;
                    if let Some(state) = self.live[live].state.as_mut().filter(|_| wanted[live]) {
                        state.accumulator.add_tally(tally, &state.period, 1);
                    }
                }
            }
        }
    }

    /// `joints` are the joint owners that its scope counts.
    fn refill_from_members(&mut self, live: u32, joints: &[Symbol]) {
        let (scope, slot) = self.place(live);
        let kpi = self.slots.get(slot).kpi;
        let Some(state) = &mut self.live[live as usize].state else { return };
        let members = self.roster.members(scope).map(|rep| self.roster.symbol(rep));
        for owner in members.chain([Symbol::UNKNOWN]).chain(joints.iter().copied()) {
            for tally in self.ledger.tallies(owner, kpi) {
                state.accumulator.add_tally(tally, &state.period, 1);
            }
        }
    }

    fn remember(&mut self, entered: Revision, removal: Removal) {
        self.removals.allow(TURNS * self.live.len());
        self.removals.note(self.revision, removal.key.scope, Left { entered, removal });
    }
}

/// How many times all periods may end before the first end is forgotten. They may all end at one instant, as at the end of a
/// year, and then again with another calendar.
const TURNS: usize = 4;

/// A case of a KPI.
pub(super) fn case(kpi: &Kpi, worth: Worth, aim: Option<Aim>, end: Option<Timestamp>) -> Case {
    let Worth { actual, sample, doubt, met } = worth;
    Case {
        goal_kind: kpi.goal_kind,
        better: kpi.better,
        min_sample: kpi.min_sample,
        actual,
        met,
        sample,
        aim,
        end,
        doubt,
    }
}
