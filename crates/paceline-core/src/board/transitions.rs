//! Transitions: what becomes of statuses, noted in its order for who raises alerts and remembers statuses.
//!
//! Only what is shown has any. The board keeps the notes until they are asked for; where no status changes there are none.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use super::Board;
use super::view::{Key, Reading, Standing};
use crate::alert::{Subject, Trigger};
use crate::day::Day;
use crate::kpi::{GoalKind, KpiId};
use crate::period::PeriodKind;
use crate::roster::ScopeId;
use crate::standing::{Held, Status, Statuses};

/// What became of the status of one standing.
#[derive(Clone, Debug, PartialEq)]
pub struct Transition {
    /// What the standing is about.
    pub key: Key,
    /// What happened.
    pub step: Step,
    /// The status it has from then on, or had last.
    pub status: Status,
    /// Since when.
    pub since: Timestamp,
    /// The statuses that have begun at that instant.
    pub had: Statuses,
    /// What brought it about.
    pub trigger: Trigger,
    /// The instant of the judgement.
    pub judged: Timestamp,
}

/// What can become of a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It is the first of a period.
    Began,
    /// It is another.
    Changed,
    /// It is the same, of a period that has other days under the same name now.
    Moved,
    /// It is the last of a period that is over, and may be another than before.
    Ended,
    /// Its standing is no more: the scope has ended, or has another period now.
    Left,
}

/// A status from before the board was opened.
#[derive(Debug)]
pub(super) struct Recalled {
    key: Key,
    held: Held,
}

impl Board {
    /// What a scope, a KPI and the period of a kind that holds a day are together; nothing when the board shows none such.
    pub fn key(&self, scope: ScopeId, kpi: KpiId, kind: PeriodKind, day: Day) -> Option<Key> {
        let slot = self.slots.find(kpi, kind)?;
        let shown = self.slots.get(slot).shown && self.roster.is_in_force(scope);
        let period = || Arc::new(kind.holding(day, self.calendar(scope)));
        shown.then(|| Key { scope, kpi, period: period() })
    }

    /// Recalls the status that a standing had before, by which it goes on when the board opens: with its dead zone, and since
    /// when it holds. Where the period is over by then, its last status is found. What is of no use any longer leaves.
    pub fn recall(&mut self, key: Key, held: Held) {
        self.recalled.push(Recalled { key, held });
    }

    /// What became of statuses since the last call, in its order.
    pub fn transitions(&mut self) -> Vec<Transition> {
        std::mem::take(&mut self.transitions)
    }

    /// Standings as they are; of periods that are not running as they add up to. What has no scope any longer is left out.
    /// Time must have been advanced to `now`.
    pub fn standings_of(&mut self, keys: &[Key], now: Timestamp) -> HashMap<Subject, Standing> {
        let mut standings = HashMap::new();
        let mut past = Vec::new();
        for key in keys.iter().filter(|key| self.roster.is_in_force(key.scope)) {
            let Some(slot) = self.slots.find(key.kpi, key.period.kind) else { continue };
            let live = self.live_id(key.scope, slot);
            match self.state(live) {
                Some(state) if state.period.name == key.period.name => {
                    let reading = self.reading(live).map(|reading| reading.at(now));
                    standings.extend(reading.map(|standing| (Subject::from(key), standing)));
                }
                _ => past.push((live, key.period.end)),
            }
        }
        let past = self.past_readings(past, now);
        standings.extend(past.into_iter().map(|(subject, reading)| (subject, reading.at(now))));
        standings
    }

    /// What standings add up to in the periods that hold a day, each with a day of its own.
    fn past_readings(
        &mut self,
        lives: impl IntoIterator<Item = (u32, Day)>,
        now: Timestamp,
    ) -> HashMap<Subject, Reading> {
        let mut by_day = BTreeMap::<Day, BTreeSet<u32>>::new();
        for (live, day) in lives {
            by_day.entry(day).or_default().insert(live);
        }
        let mut readings = HashMap::new();
        for (day, lives) in by_day {
            let lives: Vec<u32> = lives.into_iter().collect();
            let found = self.readings_on(&lives, day, now);
            readings.extend(found.into_iter().map(|found| (Subject::from(&found.key), found)));
        }
        readings
    }

    /// Notes what became of the status of a standing.
    pub(super) fn note(&mut self, live: u32, step: Step, trigger: Trigger, judged: Timestamp) {
        let (scope, slot) = self.place(live);
        let kpi = self.slots.get(slot).kpi;
        let Some(state) = self.state(live).filter(|_| self.slots.get(slot).shown) else { return };
        let Held { status, since, had } = state.held;
        let key = Key { scope, kpi, period: state.period.clone() };
        self.transitions.push(Transition { key, step, status, since, had, trigger, judged });
    }

    /// Notes that a standing leaves the board, with the last status of its period if that is over.
    pub(super) fn note_leaving(&mut self, live: u32, verdict: Option<Held>, now: Timestamp) {
        let step = if verdict.is_some() { Step::Ended } else { Step::Left };
        if let (Some(state), Some(verdict)) = (&mut self.live[live as usize].state, verdict) {
            state.held = verdict;
        }
        self.note(live, step, Trigger::Clock, now);
    }

    /// The last status of a period that is over, and since when. What is to be reached is judged at the end, whatever is held
    /// has the status it had.
    pub(super) fn verdict(&self, live: u32, now: Timestamp) -> Option<Held> {
        let (scope, slot) = self.place(live);
        let state = self.state(live).filter(|state| !state.period.kind.is_rolling())?;
        let end = self.period_end(scope, &state.period);
        if end > now {
            return None;
        }
        if self.model.kpi(self.slots.get(slot).kpi).goal_kind != GoalKind::Reach {
            return Some(state.held);
        }
        let status = self.case(live)?.status(&self.rules, state.held.status, end);
        let is_same = status == state.held.status;
        Some(if is_same { state.held } else { state.held.then(status, end.min(now)) })
    }

    /// Has standings go on by what is recalled of them, before they are judged for the first time.
    pub(super) fn go_on(&mut self, now: Timestamp) {
        let mut over = Vec::new();
        for recalled in std::mem::take(&mut self.recalled) {
            let Recalled { key, held } = &recalled;
            let Some(slot) = self.slots.find(key.kpi, key.period.kind) else { continue };
            let live = self.live_id(key.scope, slot);
            let today = self.face(key.scope).today;
            match &mut self.live[live as usize].state {
                Some(state) if state.period.name == key.period.name => {
                    (state.held, state.is_new) = (*held, false);
                }
                _ if key.period.end < today => over.push((live, recalled)),
                _ => self.note_recalled(recalled, Step::Left, now),
            }
        }
        self.end_recalled(over, now);
    }

    /// Finds the last statuses of periods that have ended since they were remembered.
    fn end_recalled(&mut self, over: Vec<(u32, Recalled)>, now: Timestamp) {
        let lives = over.iter().map(|(live, recalled)| (*live, recalled.key.period.end));
        let found = self.past_readings(lives.collect::<Vec<_>>(), now);
        for (_, mut recalled) in over {
            let Recalled { key, held } = &mut recalled;
            let found = found.get(&Subject::from(&*key)).map(|reading| reading.status);
            // What has a value only while it lasts, like what is open right now, is not judged afterwards.
            let judged = found.filter(|found| {
                let is_reach = self.model.kpi(key.kpi).goal_kind == GoalKind::Reach;
                is_reach && *found != Status::NotEnoughData && *found != held.status
            });
            if let Some(judged) = judged {
                let end = self.period_end(key.scope, &key.period);
                *held = held.then(judged, end.min(now));
            }
            self.note_recalled(recalled, Step::Ended, now);
        }
    }

    fn note_recalled(&mut self, recalled: Recalled, step: Step, judged: Timestamp) {
        let Recalled { key, held: Held { status, since, had } } = recalled;
        let trigger = Trigger::Start;
        self.transitions.push(Transition { key, step, status, since, had, trigger, judged });
    }
}
