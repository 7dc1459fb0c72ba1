//! The standings of the periods that are running now: accumulating, judging, and beginning new periods.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use super::accumulator::Accumulator;
use super::view::Removal;
use super::{Board, Revision};
use crate::decimal::Decimal;
use crate::entry::Entry;
use crate::kpi::{Kpi, Measure};
use crate::ledger::Doubt;
use crate::period::Period;
use crate::rational::Rational;
use crate::roster::ScopeId;
use crate::spread::Spread;
use crate::standing::{Aim, Case, Status};

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
    pub(super) aim: Option<Aim>,
    pub(super) spread: Option<Arc<Spread>>,
    pub(super) status: Status,
    pub(super) since: Timestamp,
    pub(super) shown: Shown,
}

/// What of a standing a watcher is told when it changes; the rest follows from it and the clock.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Shown {
    pub(super) actual: Option<Rational>,
    pub(super) sample: u64,
    pub(super) doubt: Doubt,
    pub(super) next_change: Option<Timestamp>,
    pub(super) rate: Option<(Decimal, Timestamp)>,
}

impl Board {
    /// Which scope and slot a live standing is of.
    pub(super) fn place(&self, live: u32) -> (ScopeId, usize) {
        let slots = self.slots.len() as u32;
        (ScopeId(live / slots), (live % slots) as usize)
    }

    pub(super) fn live_id(&self, scope: ScopeId, slot: usize) -> u32 {
        scope.0 * self.slots.len() as u32 + slot as u32
    }

    /// Adds an entry to every standing that counts it; notes which of them and of the ratios made of them are
    /// to be judged again, and the newest change that touched each.
    pub(super) fn accumulate(
        &mut self,
        entry: &Entry,
        time: Timestamp,
        touched: &mut BTreeSet<u32>,
        newest: &mut HashMap<u32, Timestamp>,
    ) {
        for scope in self.roster.path(entry.owner) {
            for slot in self.slots.of(entry.kpi) {
                let live = scope.0 * self.slots.len() as u32 + *slot as u32;
                let Some(state) = &mut self.live[live as usize].state else { continue };
                if !state.accumulator.add(entry.part, &state.period) {
                    continue;
                }
                for slot in [*slot].iter().chain(&self.slots.get(*slot).ratios) {
                    let live = scope.0 * self.slots.len() as u32 + *slot as u32;
                    touched.insert(live);
                    newest
                        .entry(live)
                        .and_modify(|newest| *newest = time.max(*newest))
                        .or_insert(time);
                }
            }
        }
    }

    /// Judges a standing at `now`; a new status has begun with the change of time `cause`, as far as that lies
    /// between the former beginning and now.
    pub(super) fn judge(&mut self, live: u32, now: Timestamp, cause: Timestamp) {
        let Some((case, shown)) = self.case(live) else { return };
        let Some(state) = &self.live[live as usize].state else { return };
        let status = case.status(&self.rules, state.status, now);
        let next_change = match state.period.kind.is_rolling() {
            true => self.next_rolling_change(live, &case, status),
            false => case.next_change(&self.rules, status, now),
        };
        let rate = case.aim.as_ref().and_then(|aim| aim.due.as_ref()?.rate(now));
        let rate = rate.and_then(|(rate, until)| Some((rate.to_decimal()?, until)));
        let shown = Shown { next_change, rate, ..shown };
        self.settle(live, status, shown, now, cause);
    }

    /// Stores a judgement, and stamps the standing with the revision if anything of it changed.
    fn settle(
        &mut self,
        live: u32,
        status: Status,
        shown: Shown,
        now: Timestamp,
        cause: Timestamp,
    ) {
        let at = live as usize;
        let timer = [shown.next_change, shown.rate.as_ref().map(|(_, until)| *until)]
            .into_iter()
            .flatten()
            .min();
        if let Some(timer) = std::mem::replace(&mut self.live[at].timer, timer) {
            self.timers.remove(&(timer, live));
        }
        self.timers.extend(timer.map(|timer| (timer, live)));
        let published = self.live[at].revision != Revision::default();
        let Some(state) = &mut self.live[at].state else { return };
        if state.status == status && state.shown == shown && published {
            return;
        }
        if state.status != status {
            (state.status, state.since) = (status, cause.max(state.since).min(now));
        }
        state.shown = shown;
        self.stamp(live);
    }

    fn stamp(&mut self, live: u32) {
        let (_, slot) = self.place(live);
        let standing = &mut self.live[live as usize];
        self.changed.remove(&(standing.revision, live));
        standing.revision = self.revision;
        if self.slots.get(slot).shown {
            self.changed.insert((self.revision, live));
        }
    }

    /// The case of a standing as it is, and what of it is shown.
    pub(super) fn case(&self, live: u32) -> Option<(Case, Shown)> {
        let (scope, slot) = self.place(live);
        let state = self.live[live as usize].state.as_ref()?;
        let kpi = self.model.kpi(self.slots.get(slot).kpi);
        let (actual, sample, doubt) = self.value(live, |live| self.accumulator(live))?;
        let end = (!state.period.kind.is_rolling()).then(|| self.period_end(scope, &state.period));
        let case = case(kpi, (actual.clone(), sample, doubt), state.aim.clone(), end);
        Some((case, Shown { actual, sample, doubt, ..Shown::default() }))
    }

    /// The value of a standing from the accumulators of a moment: of its own, or of a ratio's parts.
    fn value<'a>(
        &self,
        live: u32,
        accumulator: impl Fn(u32) -> Option<Cow<'a, Accumulator>>,
    ) -> Option<(Option<Rational>, u64, Doubt)> {
        let (scope, slot) = self.place(live);
        let simple = |slot: usize| {
            let kpi = self.model.kpi(self.slots.get(slot).kpi);
            let accumulator = accumulator(self.live_id(scope, slot))?;
            let (value, sample) = accumulator.value(&kpi.simple()?.aggregate);
            Some((value, sample, accumulator.doubt()))
        };
        match (&self.model.kpi(self.slots.get(slot).kpi).measure, self.slots.get(slot).parts) {
            (Measure::Ratio { .. }, Some((above, below))) => {
                Some(ratio(simple(above)?, simple(below)?))
            }
            _ => simple(slot),
        }
    }

    fn accumulator(&self, live: u32) -> Option<Cow<'_, Accumulator>> {
        self.live[live as usize].state.as_ref().map(|state| Cow::Borrowed(&state.accumulator))
    }

    /// For a rolling window: the first midnight at which the days that enter and leave it change the status.
    fn next_rolling_change(&self, live: u32, case: &Case, status: Status) -> Option<Timestamp> {
        let (scope, slot) = self.place(live);
        let state = self.live[live as usize].state.as_ref()?;
        if !state.period.kind.is_rolling() {
            return None;
        }
        let kpi = self.slots.get(slot).kpi;
        let parts = self.slots.get(slot).parts;
        let lives = parts.map_or_else(
            || vec![live],
            |(a, b)| vec![self.live_id(scope, a), self.live_id(scope, b)],
        );
        let mut days: Vec<_> = lives
            .iter()
            .filter_map(|live| self.live[*live as usize].state.as_ref())
            .flat_map(|state| state.accumulator.days_ahead(&state.period))
            .chain(self.goals.edges(kpi, &state.period))
            .chain(self.model.calendar.rest_edges(&state.period))
            .collect();
        days.sort_unstable();
        days.dedup();
        let mut aims = (state.period.clone(), case.aim.clone());
        days.into_iter().find_map(|today| {
            let period = state.period.kind.holding(today, &self.model.calendar);
            let moved = |live: u32| {
                let state = self.live[live as usize].state.as_ref()?;
                Some(Cow::Owned(state.accumulator.moved(&period)))
            };
            let (actual, sample, doubt) = self.value(live, moved)?;
            let calendar = &self.model.calendar;
            let same = self.goals.same(kpi, &aims.0, &period)
                && calendar.rests(&aims.0) == calendar.rests(&period);
            let aim = if same { aims.1.clone() } else { self.flat_aim(scope, kpi, &period) };
            aims = (Arc::new(period), aim.clone());
            let start = today.start(&self.face(scope).zone);
            let case = self::case(self.model.kpi(kpi), (actual, sample, doubt), aim, None);
            (case.status(&self.rules, status, start) != status).then_some(start)
        })
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

    /// Begins the running period of standings: at opening, and when the former period is over.
    pub(super) fn begin_periods(&mut self, lives: Vec<u32>, now: Timestamp) {
        for live in &lives {
            self.begin_period(*live, now);
        }
        self.refill(&lives);
        for live in lives {
            self.judge(live, now, now);
        }
    }

    fn begin_period(&mut self, live: u32, now: Timestamp) {
        let (scope, slot) = self.place(live);
        let slot = self.slots.get(slot).clone();
        let period = slot.kind.holding(self.face(scope).today, &self.model.calendar);
        let aim = self.aim(scope, slot.kpi, &period);
        let model = self.model.clone();
        let spread = self.own_spread(scope, model.kpi(slot.kpi), &period);
        let former = self.live[live as usize].state.take();
        // A rolling window moves on; any other period ends, and its standing leaves the board.
        let same = former.as_ref().filter(|former| former.period.name == period.name);
        let (status, since) =
            same.map_or((Status::OnTrack, now), |former| (former.status, former.since));
        if let Some(ended) = former.filter(|former| former.period.name != period.name && slot.shown)
        {
            let key = self.key(scope, slot.kpi, &ended.period);
            self.remember(Removal { key });
        }
        let accumulator = Accumulator::new(&period);
        let state = State {
            period: Arc::new(period),
            accumulator,
            aim,
            spread,
            status,
            since,
            shown: Shown::default(),
        };
        self.live[live as usize].state = Some(state);
    }

    /// Fills the accumulators of standings from the ledger, in one pass over it.
    fn refill(&mut self, lives: &[u32]) {
        let mut wanted = vec![false; self.live.len()];
        for live in lives {
            wanted[*live as usize] = true;
        }
        for (owner, kpi, tally) in self.ledger.iter() {
            for scope in self.roster.path(owner) {
                for slot in self.slots.of(kpi) {
                    let live = scope.0 as usize * self.slots.len() + slot;
                    if let Some(state) = self.live[live].state.as_mut().filter(|_| wanted[live]) {
                        state.accumulator.add_tally(tally, &state.period);
                    }
                }
            }
        }
    }

    fn remember(&mut self, removal: Removal) {
        self.removals.push_back((self.revision, removal));
        if self.removals.len() > super::REMOVALS {
            self.removals.pop_front();
        }
    }
}

/// A case of a KPI.
pub(super) fn case(
    kpi: &Kpi,
    (actual, sample, doubt): (Option<Rational>, u64, Doubt),
    aim: Option<Aim>,
    end: Option<Timestamp>,
) -> Case {
    Case {
        goal_kind: kpi.goal_kind,
        better: kpi.better,
        min_sample: kpi.min_sample,
        actual,
        sample,
        aim,
        end,
        in_doubt: doubt != Doubt::default(),
    }
}

/// A ratio of two values; its sample is the denominator's.
pub(super) fn ratio(
    (above, _, left): (Option<Rational>, u64, Doubt),
    (below, sample, right): (Option<Rational>, u64, Doubt),
) -> (Option<Rational>, u64, Doubt) {
    let value = above.zip(below).and_then(|(above, below)| above.checked_div(&below));
    let doubt = Doubt { incomplete: left.incomplete + right.incomplete, gap: left.gap + right.gap };
    (value, sample, doubt)
}
