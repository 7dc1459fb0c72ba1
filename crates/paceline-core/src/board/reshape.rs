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
use crate::calendar::CalendarId;
use crate::day::Day;
use crate::kpi::KpiId;
use crate::moves::Aspect;
use crate::period::PeriodKind;
use crate::roster::{Roster, ScopeId};
use crate::symbol::Symbol;

/// The scopes that count an owner no longer, and those that do now.
type Move = (Vec<ScopeId>, Vec<ScopeId>);

/// What becomes of the periods of standings when another roster takes the place of one.
#[derive(Default)]
struct Turn {
    /// They begin because of it: their scope does, or has other days.
    anew: Vec<u32>,
    /// They are over, or move on, by days that are the same in both.
    outlived: Vec<u32>,
    /// Their scope is no more.
    ended: Vec<u32>,
}

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
        self.clock = self.clock.max(now);
        let now = self.clock;
        self.advance_while(|due| due < now);
        self.revision.0 += 1;
        let mut due = Touched::default();
        self.take_due(now, &mut due);
        let turned = self.turn_faces(now);
        let faces = self.faces_by(&roster, now);
        let turn = self.turn(&roster, &faces, &turned);
        // What falls due at this very instant, like the end of a day, is judged by the new roster alone. But it is counted by the
        // former first, so that what time did is told apart from what reps did.
        let mut judged = whys(due.into_keys(), Why::Membership);
        if turned.contains(&true) {
            judged.extend(whys(self.begin_day(&turn.outlived, &turn.anew, now), Why::Day));
        }
        let mut resettled = resettled(&self.roster, &roster, sayings);
        self.tell_apart(&judged, &turn, &resettled, now);
        self.lineage.note(self.revision, &self.roster, &roster);
        let former = std::mem::replace(&mut self.roster, roster);
        let Turn { anew, ended, .. } = turn;
        self.face_of = faces;
        self.rest_unused_faces();
        ended.into_iter().for_each(|live| self.end(live));
        let mut moved = self.move_contributions(&former, &anew, &mut resettled);
        self.moving.resettle(self.revision, now, resettled);
        moved.extend(self.renew_goals(&former, &anew, now));
        self.begin_periods(&anew, now, Why::Reps);
        moved.extend(anew);
        judged.extend(whys(self.with_computed(moved), Why::Reps));
        judged.into_iter().for_each(|(live, why)| self.judge(live, now, now, why));
        self.working_times.forget_unused();
        self.revision
    }

    /// What becomes of periods by another roster and the faces that its scopes have, when some faces have turned.
    fn turn(&mut self, roster: &Roster, faces: &[usize], turned: &[bool]) -> Turn {
        self.live.resize_with(faces.len() * self.slots.len(), Default::default);
        let mut turn = Turn::default();
        for scope in (0..faces.len() as u32).map(ScopeId) {
            let at = scope.0 as usize;
            match (self.roster.is_in_force(scope), roster.is_in_force(scope)) {
                (false, false) => {}
                (true, false) => turn.ended.extend(self.lives(scope)),
                (true, true) if self.face_of[at] == faces[at] => {
                    let is_turned = turned.get(faces[at]) == Some(&true);
                    let over = |live: &u32| is_turned && self.outlived(*live);
                    turn.outlived.extend(self.lives(scope).filter(over));
                }
                _ => turn.anew.extend(self.lives(scope)),
            }
        }
        turn
    }

    /// The clock face that each scope of a roster has.
    fn faces_by(&mut self, roster: &Roster, now: Timestamp) -> Vec<usize> {
        let all = (0..roster.scopes().len() as u32).map(ScopeId);
        all.map(|scope| self.face_for(scope, roster, now)).collect()
    }

    /// Notes what time alone has done to standings that go on and that reps concern at the same instant.
    fn tell_apart(
        &mut self,
        by_time: &BTreeMap<u32, Why>,
        turn: &Turn,
        resettled: &[Resettled],
        now: Timestamp,
    ) {
        let paths = resettled.iter().flat_map(|owner| owner.from.iter().chain(&*owner.to));
        let concerned: BTreeSet<ScopeId> = paths.copied().collect();
        for (live, why) in by_time {
            let (scope, _) = self.place(*live);
            if concerned.contains(&scope) && turn.goes_on(*live) {
                self.note_between(*live, now, *why);
            }
        }
    }

    /// The clock face of a scope, among those there are if one is like it. Faces stay where they are, since what is shared
    /// by those who have the same is known by them.
    fn face_for(&mut self, scope: ScopeId, roster: &Roster, now: Timestamp) -> usize {
        let (calendar, zone) = (roster.calendar(scope), roster.zone(scope));
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
            reworked: false,
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

impl Turn {
    /// Whether what a standing counts by the former roster goes on to count.
    fn goes_on(&self, live: u32) -> bool {
        self.anew.binary_search(&live).is_err() && self.ended.binary_search(&live).is_err()
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
        let differ = [
            (Aspect::Place, former.path(owner) != roster.path(owner)),
            (Aspect::Role, was.role != is.role),
            (Aspect::Employment, (was.start, was.end) != (is.start, is.end)),
            (Aspect::Calendar, self.reworks()),
        ];
        differ.into_iter().filter(|(_, differs)| *differs).map(|(aspect, _)| aspect).collect()
    }

    /// Whether days begin, or work is done, at other instants for what the rep is credited with; who is no rep has the days of
    /// the org.
    fn reworks(&self) -> bool {
        let works = |roster: &'a Roster| {
            let rep = roster.rep_of(self.owner).map(|rep| &roster.reps()[rep]);
            let calendar = rep.map_or(CalendarId::DEFAULT, |rep| rep.calendar);
            (calendar, rep.map_or(&[][..], |rep| &rep.time_off), roster.zone_of(self.owner))
        };
        works(self.former) != works(self.roster)
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
        let (owner, reworked) = (pair.owner, pair.reworks());
        let resettled = Resettled { owner, from, to, aspects, reworked, origin };
        (!resettled.aspects.is_empty()).then_some(resettled)
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

/// Standings, each to be judged for one reason.
fn whys(lives: impl IntoIterator<Item = u32>, why: Why) -> BTreeMap<u32, Why> {
    lives.into_iter().map(|live| (live, why)).collect()
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
