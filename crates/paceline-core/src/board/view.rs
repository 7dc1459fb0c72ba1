//! What readers of the board get: standings of a selection, and what changed since a revision.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::lineage::Moved;
use super::selection::{Selection, Subject, View};
use super::{Board, Revision};
use crate::day::Day;
use crate::kpi::KpiId;
use crate::ledger::Doubt;
use crate::period::Period;
use crate::roster::ScopeId;
use crate::spread::Spread;
use crate::standing::{Case, Numbers, Status};

/// What a standing is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Whom.
    pub scope: ScopeId,
    /// Which KPI.
    pub kpi: KpiId,
    /// In which period.
    pub period: Arc<Period>,
}

/// Where one scope stands on one KPI in one period, at an instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// What it is about.
    pub key: Key,
    /// Its numbers.
    pub numbers: Numbers,
    /// The records behind it; of a ratio those of the denominator, of a derived KPI the fewest of its
    /// [sampled](crate::expr::Formula::sampled) KPIs.
    pub sample: u64,
    /// Where actual stands to goal.
    pub status: Status,
    /// Since when.
    pub since: Timestamp,
    /// When the status changes if nothing but time happens.
    pub next_change: Option<Timestamp>,
    /// The records whose contribution is not known.
    pub doubt: Doubt,
    /// Whether a source of its records lags behind by more than it may.
    pub lags: bool,
    /// The revision at which it last changed.
    pub revision: Revision,
}

/// A standing as the board keeps it, from which its numbers at any instant follow. Taking one costs no
/// arithmetic, so the board is locked for no longer than it takes to copy a few words.
#[derive(Clone, Debug)]
pub struct Reading {
    pub(super) key: Key,
    pub(super) case: Arc<Case>,
    pub(super) load: Option<Arc<Spread>>,
    pub(super) status: Status,
    pub(super) since: Timestamp,
    pub(super) next_change: Option<Timestamp>,
    pub(super) lags: bool,
    pub(super) revision: Revision,
}

impl Reading {
    /// What it is about.
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// What it is judged by.
    pub fn case(&self) -> &Case {
        &self.case
    }

    /// Where actual stands to goal.
    pub fn status(&self) -> Status {
        self.status
    }

    /// The revision at which it last changed.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// The standing at an instant up to which the board was advanced.
    pub fn at(self, now: Timestamp) -> Standing {
        Standing {
            numbers: self.case.numbers(now, self.load.as_deref()),
            key: self.key,
            sample: self.case.sample,
            status: self.status,
            since: self.since,
            next_change: self.next_change,
            doubt: self.case.doubt,
            lags: self.lags,
            revision: self.revision,
        }
    }
}

/// A standing that left a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    /// What it was about.
    pub key: Key,
    /// Why it left.
    pub reason: Reason,
}

/// Why a standing left a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Its scope is no more.
    Deleted,
    /// Its period is over, or its scope is no longer part of the one that was asked for.
    OutOfFilter,
    /// Its scope is seen no longer by whoever asks, whatever became of it since.
    OutOfScope,
}

/// A standing that left the board, and when it had come.
#[derive(Debug)]
pub(super) struct Left {
    pub(super) entered: Revision,
    pub(super) removal: Removal,
}

/// The standings of the reps in a scope.
#[derive(Clone, Debug)]
pub struct OfReps {
    /// The standings.
    pub readings: Vec<Reading>,
    /// The only one among the reps whose standing may be told of; nothing when all may.
    pub only: Option<ScopeId>,
}

/// What changed between two revisions.
#[derive(Clone, Debug)]
pub struct Update<S = Standing> {
    /// The standings that changed, as they are now.
    pub standings: Vec<S>,
    /// The standings that left.
    pub removed: Vec<Removal>,
}

/// Nothing changed.
impl<S> Default for Update<S> {
    fn default() -> Self {
        Self { standings: Vec::new(), removed: Vec::new() }
    }
}

impl Update<Reading> {
    /// The update with its standings at an instant.
    pub fn at(self, now: Timestamp) -> Update {
        let standings = self.standings.into_iter().map(|reading| reading.at(now)).collect();
        Update { standings, removed: self.removed }
    }
}

/// What changed on the board after a revision, scope by scope.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// The scopes of which standings changed or left, each with the newest revision at which any did.
    pub scopes: BTreeMap<ScopeId, Revision>,
    /// Whether any view may have changed: who is part of whom is another, or it is not known any longer what left.
    pub all: bool,
}

/// What became of a scope in a view since a revision.
enum Course {
    /// It was there and is.
    Stayed,
    /// It came at a revision.
    Entered(Revision),
    /// It was there and is not; whether it was in force still when it was first not seen any longer.
    Left { unseen: bool },
    /// It was not there and is not.
    Outside,
}

impl Board {
    /// The standings of a selection in the periods that are running, or on `on` in those that hold that day.
    /// Time must have been advanced to `now`.
    pub fn readings(
        &mut self,
        selection: &Selection,
        on: Option<Day>,
        now: Timestamp,
    ) -> Vec<Reading> {
        let lives = self.selected(&View::new(selection, &self.roster));
        self.readings_of(&lives, on, now)
    }

    /// The standings of the reps in the scope that is asked for, in the same periods, if all of them are seen; `None` when
    /// there is no such scope. Whoever is given as `own` may ask about any scope that the rep is part of: where not all are
    /// seen, only that rep's standing may be told of. Time must have been advanced to `now`.
    pub fn readings_of_reps(
        &mut self,
        subject: &Subject,
        own: Option<&str>,
        on: Option<Day>,
        now: Timestamp,
    ) -> Option<OfReps> {
        let scope = self.roster.named(&subject.scope)?;
        let only = if subject.sight.horizon(&self.roster).sees_all_of(scope, &self.roster) {
            None
        } else {
            Some(self.part_of(scope, own?)?)
        };
        let Some(slot) = self.slots.find(subject.kpi, subject.kind) else {
            return Some(OfReps { readings: Vec::new(), only });
        };
        let live = |rep| self.live_id(self.roster.rep_scope(rep), slot);
        let lives: Vec<u32> = self.roster.members(scope).map(live).collect();
        Some(OfReps { readings: self.readings_of(&lives, on, now), only })
    }

    /// The scope of a rep who is part of a scope.
    fn part_of(&self, scope: ScopeId, rep: &str) -> Option<ScopeId> {
        let own = self.roster.named(&format!("rep:{rep}"))?;
        let is_part = own == scope || self.roster.above(own)?.contains(&scope);
        is_part.then_some(own)
    }

    /// The standings of `lives` in the periods that are running, or on `on` in those that hold that day.
    pub(super) fn readings_of(
        &mut self,
        lives: &[u32],
        on: Option<Day>,
        now: Timestamp,
    ) -> Vec<Reading> {
        match on {
            Some(day) => self.readings_on(lives, day, now),
            None => lives.iter().filter_map(|live| self.reading(*live)).collect(),
        }
    }

    /// The names of a selection of which there is no scope now that is seen, each once.
    pub fn unknown(&self, selection: &Selection) -> Vec<String> {
        let horizon = selection.sight.horizon(&self.roster);
        let sees = |scope: ScopeId| horizon.sees(scope, self.roster.above(scope));
        let is_known = |name: &String| self.roster.named(name).is_some_and(sees);
        let names = selection.scopes.iter().filter(|name| !is_known(name));
        let mut unknown: Vec<String> = names.cloned().collect();
        unknown.sort_unstable();
        unknown.dedup();
        unknown
    }

    /// The scopes whose standings changed or left after a revision.
    pub fn changed_since(&self, since: Revision) -> Changed {
        let mut scopes = BTreeMap::new();
        // They come by revision, so that the newest has the last word.
        for (at, live) in self.changed.range(after(since)..) {
            scopes.insert(self.place(*live).0, *at);
        }
        for left in self.removals.since(since) {
            let newest = scopes.entry(left.scope).or_insert(left.at);
            *newest = left.at.max(*newest);
        }
        let known = self.removals.remembers(since) && self.lineage.remembers(since);
        Changed { scopes, all: !known || self.lineage.changed(since) }
    }

    /// What changed in a selection after a revision; `None` when what was removed or moved since is no longer known.
    ///
    /// Which scopes it shows is decided by the rosters of then and of now. What came into it by another roster is as if it
    /// had changed then. Of what left the sight of whoever asks, nothing is told that came after.
    pub fn changes_since(&self, since: Revision, selection: &Selection) -> Option<Update<Reading>> {
        if !self.removals.remembers(since) || !self.lineage.remembers(since) {
            return None;
        }
        let view = View::new(selection, &self.roster);
        let moved = self.lineage.since(since, view.named().as_deref());
        // What is shown is among these, and what was: without another roster those are the same.
        let few = view.few(&self.roster).map(|mut few| {
            few.extend(moved.keys());
            few
        });
        let course = |scope: ScopeId| self.course(&view, scope, moved.get(&scope));
        let mut update = Update::default();
        for live in self.changed_among(since, few.as_ref()) {
            if self.is_selected(live, &view) && matches!(course(self.place(live).0), Course::Stayed)
            {
                update.standings.extend(self.reading(live));
            }
        }
        for scope in moved.keys().copied() {
            match course(scope) {
                Course::Entered(at) => update.standings.extend(self.entered(scope, at, &view)),
                Course::Left { unseen } => {
                    let reason = if unseen { Reason::OutOfScope } else { Reason::OutOfFilter };
                    update.removed.extend(self.lost(scope, since, &view, reason));
                }
                Course::Stayed | Course::Outside => {}
            }
        }
        for left in self.left_among(since, few.as_ref()) {
            let course = course(left.removal.key.scope);
            let reason = self.reason_left(left, since, &view, &course);
            let removal = |reason| Removal { reason, ..left.removal.clone() };
            update.removed.extend(reason.map(removal));
        }
        Some(update)
    }

    /// The standings that changed after a revision, among them all those of a few scopes if only these are asked about. That
    /// costs no more than a look at all standings of the few, or at all that changed, whichever are fewer.
    fn changed_among(&self, since: Revision, few: Option<&BTreeSet<ScopeId>>) -> Vec<u32> {
        let changed = self.changed.range(after(since)..).map(|(_, live)| *live);
        let Some(few) = few else { return changed.collect() };
        let standings = few.len() * self.slots.len();
        let changed: Vec<u32> = changed.take(standings + 1).collect();
        if changed.len() <= standings {
            return changed;
        }
        let lives = few.iter().flat_map(|scope| self.lives(*scope));
        let standings = lives.filter(|live| {
            self.live.get(*live as usize).is_some_and(|standing| standing.revision > since)
        });
        standings.collect()
    }

    /// What left after a revision, the newest first of each scope; of a few scopes if only these are asked about.
    fn left_among(&self, since: Revision, few: Option<&BTreeSet<ScopeId>>) -> Vec<&Left> {
        match few {
            None => self.removals.since(since).map(|step| &step.what).collect(),
            Some(few) => {
                let steps = few.iter().flat_map(|scope| self.removals.of(*scope, since));
                steps.map(|step| &step.what).collect()
            }
        }
    }

    /// Why a standing that left the board has left a view in which its scope went a course; nothing when it was not there, or
    /// stands again.
    fn reason_left(
        &self,
        left: &Left,
        since: Revision,
        view: &View<'_>,
        course: &Course,
    ) -> Option<Reason> {
        let Removal { key, reason } = &left.removal;
        // What also came after `since` was never seen, so it has not left.
        if left.entered > since || !view.holds(key.kpi, key.period.kind) {
            return None;
        }
        match course {
            Course::Stayed if self.stands(key) => None,
            // Its scope is there, whatever it was meanwhile.
            Course::Stayed => Some(Reason::OutOfFilter),
            Course::Left { unseen: true } => Some(Reason::OutOfScope),
            Course::Left { unseen: false } => Some(*reason),
            Course::Entered(_) | Course::Outside => None,
        }
    }

    fn course(&self, view: &View<'_>, scope: ScopeId, moved: Option<&Moved<'_>>) -> Course {
        let is = view.shows(scope, self.roster.above(scope));
        let Some(Moved { was, changes }) = moved else {
            return if is { Course::Stayed } else { Course::Outside };
        };
        match (view.shows(scope, *was), is) {
            (true, true) => Course::Stayed,
            (true, false) => {
                let is = self.roster.above(scope);
                Course::Left { unseen: left_unseen(view, scope, changes, is) }
            }
            (false, false) => Course::Outside,
            (false, true) => {
                let outside = changes.iter().find(|(_, was)| !view.shows(scope, *was));
                Course::Entered(outside.map_or(self.revision, |(at, _)| *at))
            }
        }
    }

    /// The standings of a scope that came into a view at a revision.
    fn entered<'a>(
        &'a self,
        scope: ScopeId,
        at: Revision,
        view: &'a View<'_>,
    ) -> impl Iterator<Item = Reading> + 'a {
        let lives = self.lives(scope).filter(|live| self.is_selected(*live, view));
        lives.filter_map(move |live| {
            let reading = self.reading(live)?;
            Some(Reading { revision: reading.revision.max(at), ..reading })
        })
    }

    /// The standings of a scope that is in force, and in a view no longer, which stood at a revision.
    fn lost<'a>(
        &'a self,
        scope: ScopeId,
        since: Revision,
        view: &'a View<'_>,
        reason: Reason,
    ) -> impl Iterator<Item = Removal> + 'a {
        self.lives(scope).filter_map(move |live| {
            let slot = self.slots.get(self.place(live).1);
            let state = self.state(live).filter(|state| state.entered <= since)?;
            let key = Key { scope, kpi: slot.kpi, period: state.period.clone() };
            let shown = slot.shown && view.holds(slot.kpi, slot.kind);
            shown.then_some(Removal { key, reason })
        })
    }

    /// Whether there is a standing about something now.
    fn stands(&self, key: &Key) -> bool {
        let slot = self.slots.find(key.kpi, key.period.kind);
        let state = slot.and_then(|slot| self.state(self.live_id(key.scope, slot)));
        state.is_some_and(|state| state.period.name == key.period.name)
    }

    /// A standing of a running period.
    pub(super) fn reading(&self, live: u32) -> Option<Reading> {
        let (scope, slot) = self.place(live);
        let standing = &self.live[live as usize];
        let state = standing.state.as_ref()?;
        Some(Reading {
            key: Key { scope, kpi: self.slots.get(slot).kpi, period: state.period.clone() },
            case: state.case.clone()?,
            load: state.load.clone(),
            status: state.held.status,
            since: state.held.since,
            next_change: state.next_change,
            lags: self.lagging.contains(&self.slots.get(slot).kpi),
            revision: standing.revision,
        })
    }

    fn selected(&self, view: &View<'_>) -> Vec<u32> {
        let selected = |live: &u32| self.is_selected(*live, view);
        match view.few(&self.roster) {
            None => (0..self.live.len() as u32).filter(selected).collect(),
            Some(few) => {
                let lives = few.into_iter().flat_map(|scope| self.lives(scope));
                lives.filter(|live| (*live as usize) < self.live.len()).filter(selected).collect()
            }
        }
    }

    fn is_selected(&self, live: u32, view: &View<'_>) -> bool {
        let (scope, slot) = self.place(live);
        let slot = self.slots.get(slot);
        slot.shown && view.holds(slot.kpi, slot.kind) && view.shows(scope, self.roster.above(scope))
    }
}

/// Whether a scope that is in a view no longer was in force when it was first not seen any longer, by what it was part of before
/// each of its changes, the newest first, and is now. Who had lost sight of it is not told of its end.
fn left_unseen(
    view: &View<'_>,
    scope: ScopeId,
    changes: &[(Revision, Option<&[ScopeId]>)],
    is: Option<&[ScopeId]>,
) -> bool {
    let before = changes.iter().map(|(_, was)| *was);
    let outside = before.take_while(|was| !view.shows(scope, *was));
    let outside: Vec<Option<&[ScopeId]>> = [is].into_iter().chain(outside).collect();
    let first = outside.iter().rev().find(|above| above.is_none() || !view.sees(scope, **above));
    first.is_some_and(Option::is_some)
}

/// Where what changed after a revision begins among all that changed.
fn after(since: Revision) -> (Revision, u32) {
    (Revision(since.0 + 1), 0)
}
