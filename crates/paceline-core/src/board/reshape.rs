//! Another roster: who is credited, who is below whom, whose days begin when and who owes what, changed in one revision.
//!
//! Nothing is added up that a change does not concern. What a rep contributes is taken from the scopes that count it no
//! longer, and added to those that do now; only a scope that begins, or whose days are others, is added up anew.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::live::State;
use super::moves::{Resettled, Sayings, Why};
use super::slots::Slot;
use super::{Board, Face, Revision, Touched, faces};
use crate::day::Day;
use crate::kpi::KpiId;
use crate::moves::Aspect;
use crate::period::PeriodKind;
use crate::roster::{Rep, Roster, ScopeId};
use crate::symbol::Symbol;

/// The scopes that count an owner no longer, and those that do now.
type Move = (Vec<ScopeId>, Vec<ScopeId>);

/// A rep of either of two rosters.
struct Pair<'a> {
    owner: Symbol,
    former: &'a Roster,
    roster: &'a Roster,
}

impl Board {
    /// Puts another roster in the place of the one it counts by, which must follow that
    /// ([`Roster::after`]). All that changes does in one revision, which is answered: scopes that are no more leave the
    /// board, others begin, what reps contribute moves, goals are worked out anew, and everything that is touched is judged.
    pub fn set_roster(&mut self, roster: Arc<Roster>, now: Timestamp) -> Revision {
        self.set_roster_said(roster, &Sayings::new(), now)
    }

    /// The same, told where it was said of reps what changes with it.
    pub fn set_roster_said(
        &mut self,
        roster: Arc<Roster>,
        sayings: &Sayings,
        now: Timestamp,
    ) -> Revision {
        if !self.is_open() {
            (self.faces, self.face_of) = faces(&roster);
            self.roster = roster;
            self.joints.follow(&self.roster, |_| true);
            self.revision.0 += 1;
            return self.revision;
        }
        // What falls due at this very instant, like the end of a day, is judged by the new roster alone.
        self.clock = self.clock.max(now);
        let now = self.clock;
        self.advance_while(|due| due < now);
        self.revision.0 += 1;
        let mut touched = Touched::default();
        self.take_due(now, &mut touched);
        let former = std::mem::replace(&mut self.roster, roster);
        self.lineage.note(self.revision, &former, &self.roster);
        let mut resettled = resettled(&former, &self.roster, sayings);
        let days_turned = self.turn_faces(now);
        let fresh = self.reface(&former, &days_turned, now);
        let mut judged: BTreeSet<u32> = touched.into_keys().collect();
        judged.extend(self.move_contributions(&former, &fresh, &mut resettled));
        self.moving.resettle(self.revision, now, resettled);
        judged.extend(self.renew_goals(&former, &fresh, now));
        if days_turned.contains(&true) {
            judged.extend(self.renew_held(&fresh, now));
        }
        self.begin_periods(&fresh, now, Why::Reps);
        judged.extend(fresh);
        self.judge_all(judged, now);
        self.working_times.forget_unused();
        self.revision
    }

    /// Judges standings, and those that are computed from their goals.
    fn judge_all(&mut self, lives: BTreeSet<u32>, now: Timestamp) {
        let mut judged = lives.clone();
        for live in &lives {
            let (scope, slot) = self.place(*live);
            let within = |other: &u32| self.slots.get(self.place(*other).1).goals.contains(&slot);
            judged.extend(self.lives(scope).filter(within));
        }
        judged.into_iter().for_each(|live| self.judge(live, now, now, Why::Reps));
    }

    /// Gives each scope the clock face it has now, and ends the standings of scopes that are no more. Answers the standings
    /// whose period begins.
    fn reface(&mut self, former: &Roster, turned: &[bool], now: Timestamp) -> Vec<u32> {
        let all = (0..self.roster.scopes().len() as u32).map(ScopeId);
        let faces = all.clone().map(|scope| self.face_for(scope, now)).collect();
        let faces_before = std::mem::replace(&mut self.face_of, faces);
        self.rest_unused_faces();
        self.live.resize_with(all.len() * self.slots.len(), Default::default);
        let mut fresh = Vec::new();
        for scope in all {
            let at = scope.0 as usize;
            match (former.is_in_force(scope), self.roster.is_in_force(scope)) {
                (false, false) => {}
                (true, false) => self.lives(scope).for_each(|live| self.end(live)),
                (true, true) if faces_before[at] == self.face_of[at] => {
                    let is_turned = turned.get(self.face_of[at]) == Some(&true);
                    let over = |live: &u32| is_turned && self.outlived(*live);
                    fresh.extend(self.lives(scope).filter(over));
                }
                _ => fresh.extend(self.lives(scope)),
            }
        }
        fresh
    }

    /// The clock face of a scope, among those there are if one is like it. Faces stay where they are, since what is shared
    /// by those who have the same is known by them.
    fn face_for(&mut self, scope: ScopeId, now: Timestamp) -> usize {
        let (calendar, zone) = (self.roster.calendar(scope), self.roster.zone(scope));
        let like = |face: &Face| face.calendar == calendar && face.zone == *zone;
        let known = self.faces.iter().position(like);
        let at = known.unwrap_or(self.faces.len());
        if known.is_none() {
            let zone = zone.clone();
            self.faces.push(Face { calendar, zone, today: Day(0), until: Timestamp::MIN });
        }
        if self.faces[at].until <= now || self.faces[at].until == Timestamp::MAX {
            self.faces[at].turn(now);
        }
        at
    }

    /// Faces that nobody has any longer are not waited for.
    fn rest_unused_faces(&mut self) {
        let mut used = vec![false; self.faces.len()];
        self.face_of.iter().for_each(|face| used[*face] = true);
        let unused = self.faces.iter_mut().zip(used).filter(|(_, used)| !used);
        unused.for_each(|(face, _)| face.until = Timestamp::MAX);
    }

    /// Moves what owners contribute, and will from an instant on, to where it counts now. What is `fresh` is added up
    /// otherwise. Answers what is to be judged.
    fn move_contributions(
        &mut self,
        former: &Roster,
        fresh: &[u32],
        resettled: &mut Vec<Resettled>,
    ) -> BTreeSet<u32> {
        let mut moves = moves(former, &self.roster);
        // What several share in is corrected where they come together, which may be elsewhere now.
        let joints = self.joints.follow(&self.roster, |owner| moves.contains_key(&owner));
        let rejoined = joints.iter().map(|(joint, from)| Resettled {
            owner: *joint,
            from: from.clone(),
            to: self.joints.path(*joint, &self.roster).into(),
            aspects: Vec::new(),
            origin: None,
        });
        resettled.extend(rejoined);
        moves.extend(
            joints
                .into_iter()
                .map(|(joint, from)| (joint, beyond(&from, self.joints.path(joint, &self.roster)))),
        );
        let mut moved = BTreeSet::new();
        if moves.is_empty() {
            return moved;
        }
        let Self { model, ledger, schedule, slots, live: lives, .. } = self;
        let mut each = |owner_moves: &Move, kpi: KpiId, change: &mut dyn FnMut(&mut State, i32)| {
            for (scope, sign) in signed(owner_moves) {
                for live in slots.of(kpi).iter().map(|slot| slots.live(scope, *slot)) {
                    let state = lives[live as usize].state.as_mut();
                    if let Some(state) = state.filter(|_| fresh.binary_search(&live).is_err()) {
                        change(state, sign);
                        moved.insert(live);
                    }
                }
            }
        };
        for (owner, to_from) in &moves {
            for kpi in model.kpi_ids() {
                for tally in ledger.tallies(*owner, kpi) {
                    each(to_from, kpi, &mut |state, sign| {
                        state.accumulator.add_tally(tally, &state.period, sign);
                    });
                }
            }
        }
        for (at, (_, owner, kpi), part) in schedule.iter() {
            let Some(to_from) = moves.get(&owner) else { continue };
            each(to_from, kpi, &mut |state, sign| {
                state.schedule(at, if sign < 0 { part.negated() } else { part });
            });
        }
        self.with_dependents(moved)
    }

    /// Standings, and those that they are leaves of.
    fn with_dependents(&self, lives: BTreeSet<u32>) -> BTreeSet<u32> {
        let mut all = lives.clone();
        for live in lives {
            let (scope, slot) = self.place(live);
            let dependents = self.slots.get(slot).dependents.iter();
            all.extend(dependents.map(|slot| self.live_id(scope, *slot)));
        }
        all
    }

    /// Works out anew what is owed where that may be otherwise. Answers where.
    fn renew_goals(&mut self, former: &Roster, fresh: &[u32], now: Timestamp) -> BTreeSet<u32> {
        let mut lives = self.owing_otherwise(former);
        lives.retain(|live| fresh.binary_search(live).is_err());
        lives.iter().for_each(|live| self.renew_goal(*live, now));
        lives
    }

    /// Works out anew what is to be held, which changes at members' midnights. Answers where it is another.
    fn renew_held(&mut self, fresh: &[u32], now: Timestamp) -> Vec<u32> {
        let all = 0..self.live.len() as u32;
        let going_on = all.filter(|live| fresh.binary_search(live).is_err());
        going_on.filter(|live| self.renew_aim(*live, now)).collect()
    }

    /// The standings whose goal may be another one than by a former roster.
    fn owing_otherwise(&self, former: &Roster) -> BTreeSet<u32> {
        let pairs = pairs(former, &self.roster);
        let changed: Vec<Pair<'_>> = pairs.filter(Pair::differs).collect();
        let mut lives = BTreeSet::new();
        for slot in 0..self.slots.len() {
            let Slot { kpi, kind, .. } = *self.slots.get(slot);
            if self.goals.all(kpi, kind).next().is_none() {
                continue;
            }
            for pair in &changed {
                let (from, to) = (pair.path(former), pair.path(&self.roster));
                let owes_otherwise = self.owes_otherwise(pair, kpi, kind);
                let concerned = |(scope, other): (&ScopeId, &[ScopeId])| {
                    let concerned = owes_otherwise || !other.contains(scope);
                    concerned.then_some(*scope).filter(|scope| self.roster.is_in_force(*scope))
                };
                let scopes = from.iter().map(|scope| (scope, to));
                let scopes = scopes.chain(to.iter().map(|scope| (scope, from)));
                lives.extend(scopes.filter_map(concerned).map(|scope| self.live_id(scope, slot)));
            }
        }
        lives
    }

    /// Whether a rep may owe something else.
    fn owes_otherwise(&self, pair: &Pair<'_>, kpi: KpiId, kind: PeriodKind) -> bool {
        let Pair { owner, former, roster } = *pair;
        let (Some(was), Some(is)) = (former.rep_of(owner), roster.rep_of(owner)) else {
            return true;
        };
        let (before, after) = (&former.reps()[was], &roster.reps()[is]);
        let facts = (before.start, before.end, before.calendar, former.zone_of(owner));
        facts != (after.start, after.end, after.calendar, roster.zone_of(owner))
            || before.time_off != after.time_off
            || self.goals.candidates(kpi, kind, was, former)
                != self.goals.candidates(kpi, kind, is, roster)
    }
}

impl<'a> Pair<'a> {
    /// Whether anything is known of the rep that numbers may depend on.
    fn differs(&self) -> bool {
        let rep = |roster: &'a Roster| roster.rep_of(self.owner).map(|rep| &roster.reps()[rep]);
        rep(self.former) != rep(self.roster)
            || self.path(self.former) != self.path(self.roster)
            || self.former.zone_of(self.owner) != self.roster.zone_of(self.owner)
    }

    /// What of the rep is another.
    fn aspects(&self) -> Vec<Aspect> {
        let Self { owner, former, roster } = *self;
        let rep = |roster: &'a Roster| roster.rep_of(owner).map(|rep| &roster.reps()[rep]);
        let (was, is) = match (rep(former), rep(roster)) {
            (None, Some(_)) => return vec![Aspect::Came],
            (Some(_), None) => return vec![Aspect::Left],
            (None, None) => return Vec::new(),
            (Some(was), Some(is)) => (was, is),
        };
        let works =
            |roster: &'a Roster, rep: &'a Rep| (rep.calendar, &rep.time_off, roster.zone_of(owner));
        let differ = [
            (Aspect::Place, former.path(owner) != roster.path(owner)),
            (Aspect::Role, was.role != is.role),
            (Aspect::Employment, (was.start, was.end) != (is.start, is.end)),
            (Aspect::Calendar, works(former, was) != works(roster, is)),
        ];
        differ.into_iter().filter(|(_, differs)| *differs).map(|(aspect, _)| aspect).collect()
    }

    /// The scopes that count the rep in a roster.
    fn path<'r>(&self, roster: &'r Roster) -> &'r [ScopeId] {
        roster.rep_of(self.owner).map_or(&[], |_| roster.path(self.owner))
    }
}

/// The reps of two rosters.
fn pairs<'a>(former: &'a Roster, roster: &'a Roster) -> impl Iterator<Item = Pair<'a>> {
    let gone = former.symbols().iter().filter(|owner| roster.rep_of(**owner).is_none());
    let owners = roster.symbols().iter().chain(gone);
    owners.map(move |owner| Pair { owner: *owner, former, roster })
}

/// The reps of whom another roster says something else that numbers may depend on.
fn resettled(former: &Roster, roster: &Roster, sayings: &Sayings) -> Vec<Resettled> {
    let resettled = |pair: Pair<'_>| {
        let aspects = pair.aspects();
        let id = |roster: &Roster| Some(roster.reps()[roster.rep_of(pair.owner)?].id.clone());
        let origin = id(roster).or_else(|| id(former)).and_then(|id| sayings.get(&id).cloned());
        let (from, to) = (former.path(pair.owner).into(), roster.path(pair.owner).into());
        (!aspects.is_empty()).then_some(Resettled { owner: pair.owner, from, to, aspects, origin })
    };
    pairs(former, roster).filter(Pair::differs).filter_map(resettled).collect()
}

/// The owners whom other scopes count than before. Who is no rep counts as unassigned.
fn moves(former: &Roster, roster: &Roster) -> BTreeMap<Symbol, Move> {
    let mut moves = BTreeMap::new();
    for Pair { owner, .. } in pairs(former, roster) {
        let (from, to) = (former.path(owner), roster.path(owner));
        if from == to {
            continue;
        }
        moves.insert(owner, beyond(from, to));
    }
    moves
}

/// The scopes of one path alone, and those of another alone.
fn beyond(from: &[ScopeId], to: &[ScopeId]) -> Move {
    let without = |one: &[ScopeId], other: &[ScopeId]| -> Vec<ScopeId> {
        one.iter().copied().filter(|scope| !other.contains(scope)).collect()
    };
    (without(from, to), without(to, from))
}

/// Scopes from which something is taken and to which it is added.
fn signed((from, to): &Move) -> impl Iterator<Item = (ScopeId, i32)> {
    from.iter().map(|scope| (*scope, -1)).chain(to.iter().map(|scope| (*scope, 1)))
}

#[cfg(test)]
mod tests;
