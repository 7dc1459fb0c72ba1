//! What moved numbers, as far as it is remembered: the notes of commits, what became of standings by anything else, and whom
//! other scopes count.
//!
//! Of a change of records nothing is noted standing by standing, for that is most of what happens: what it moved is found among
//! the entries when somebody asks. All else happens seldom, and is noted where it moved a number.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;

use super::trail::Trail;
use super::{Board, Revision};
use crate::alert::Trigger;
use crate::decimal::Decimal;
use crate::joint::Joints;
use crate::moves::{Aspect, Kept, Notes, Origin};
use crate::rational::Rational;
use crate::roster::{Roster, ScopeId};
use crate::standing::Case;
use crate::symbol::Symbol;

/// How many entries are remembered: with the changes they are of about 25 MiB, when each is of a commit of its own.
const PIECES: usize = 100_000;

/// How many moves of single standings are remembered, of about 120 bytes each.
const TOLD: usize = 100_000;

/// How many owners are remembered whom other scopes count, of about 120 bytes each.
const RESETTLED: usize = 50_000;

/// What brings a judgement about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// The board opened.
    Start,
    /// Records changed.
    Records,
    /// Goals were edited.
    Goal,
    /// Reps changed.
    Reps,
    /// A record counts from an instant on, or no longer.
    Membership,
    /// A day began.
    Day,
    /// A status is due to change.
    Due,
}

impl Why {
    pub(super) fn trigger(self) -> Trigger {
        match self {
            Self::Start => Trigger::Start,
            Self::Records => Trigger::Records,
            Self::Goal => Trigger::Goal,
            Self::Reps => Trigger::Reps,
            Self::Membership | Self::Day | Self::Due => Trigger::Clock,
        }
    }

    /// Whether what it moves is noted standing by standing.
    pub(super) fn is_noted(self) -> bool {
        !matches!(self, Self::Start | Self::Records)
    }
}

/// What moved numbers.
#[derive(Debug)]
pub(super) struct Moving {
    /// From here on it is noted.
    opened: Revision,
    commits: VecDeque<Arc<Commit>>,
    pieces: usize,
    told: Trail<Told>,
    resettlements: VecDeque<Resettlement>,
    resettled: usize,
    /// Whom other scopes count since a revision up to this one is not remembered.
    forgotten_owners: Revision,
    /// What happened up to this revision is not all remembered.
    forgotten: Revision,
}

/// What was noted of a commit.
#[derive(Debug)]
pub(super) struct Commit {
    pub(super) at: Revision,
    pub(super) instant: Timestamp,
    pub(super) notes: Kept,
}

/// What moved one standing.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) slot: u32,
    pub(super) instant: Timestamp,
    pub(super) why: Why,
    pub(super) delta: Option<Decimal>,
    pub(super) goal_delta: Option<Decimal>,
}

/// What another roster changed.
#[derive(Debug)]
pub(super) struct Resettlement {
    at: Revision,
    instant: Timestamp,
    owners: Vec<Resettled>,
}

/// An owner of whom another roster says something else.
#[derive(Debug)]
pub(super) struct Resettled {
    pub(super) owner: Symbol,
    /// The scopes that counted them, their own the first.
    pub(super) from: Box<[ScopeId]>,
    /// Those that do now.
    pub(super) to: Box<[ScopeId]>,
    pub(super) aspects: Vec<Aspect>,
    /// Whether days begin, or work is done, at other instants for what they are credited with.
    pub(super) reworked: bool,
    pub(super) origin: Option<Origin>,
}

impl Resettled {
    /// Whether a scope counted them, or does now.
    pub(super) fn concerns(&self, scope: ScopeId) -> bool {
        self.from.contains(&scope) || self.to.contains(&scope)
    }
}

impl Default for Moving {
    fn default() -> Self {
        Self {
            opened: Revision::default(),
            commits: VecDeque::new(),
            pieces: 0,
            told: Trail::of_last(TOLD),
            resettlements: VecDeque::new(),
            resettled: 0,
            forgotten_owners: Revision::default(),
            forgotten: Revision::default(),
        }
    }
}

impl Moving {
    pub(super) fn open(&mut self, at: Revision) {
        self.opened = at;
    }

    /// Takes the notes of a batch that was committed.
    pub(super) fn commit(&mut self, at: Revision, instant: Timestamp, notes: &Notes) {
        let Some(notes) = notes.keep(instant) else { return };
        self.pieces += notes.pieces.len();
        self.commits.push_back(Arc::new(Commit { at, instant, notes }));
        while self.pieces > PIECES {
            let Some(oldest) = self.commits.pop_front() else { break };
            self.pieces -= oldest.notes.pieces.len();
            self.forgotten = self.forgotten.max(oldest.at);
        }
    }

    /// Takes what another roster changed.
    pub(super) fn resettle(&mut self, at: Revision, instant: Timestamp, owners: Vec<Resettled>) {
        // A roster may differ in nothing that numbers depend on, and there may be any number of those.
        if owners.is_empty() {
            return;
        }
        self.resettled += owners.len();
        self.resettlements.push_back(Resettlement { at, instant, owners });
        while self.resettled > RESETTLED {
            let Some(oldest) = self.resettlements.pop_front() else { break };
            self.resettled -= oldest.owners.len();
            self.forgotten_owners = oldest.at;
            self.forgotten = self.forgotten.max(oldest.at);
        }
    }

    /// What happened after this revision is all remembered.
    pub(super) fn known_after(&self) -> Revision {
        self.forgotten.max(self.told.forgotten_at()).max(self.opened)
    }

    /// Whom other scopes count since a revision after this one is all remembered.
    pub(super) fn owners_known_after(&self) -> Revision {
        self.forgotten_owners.max(self.opened)
    }

    /// The commits after a revision, the newest first.
    pub(super) fn commits(&self, since: Revision) -> impl Iterator<Item = &Arc<Commit>> {
        self.commits.iter().rev().take_while(move |commit| commit.at > since)
    }

    /// What moved a standing after a revision, the newest first.
    pub(super) fn told(
        &self,
        (scope, slot): (ScopeId, usize),
        since: Revision,
    ) -> impl Iterator<Item = (Revision, &Told)> {
        let steps = self.told.of(scope, since).filter(move |step| step.what.slot == slot as u32);
        steps.map(|step| (step.at, &step.what))
    }

    /// The owners of whom something else is said since a revision.
    pub(super) fn resettled_at(&self, at: Revision) -> Option<(Timestamp, &[Resettled])> {
        let found = self.resettlements.binary_search_by_key(&at, |step| step.at).ok()?;
        let Resettlement { instant, owners, .. } = &self.resettlements[found];
        Some((*instant, owners))
    }

    /// Which scopes counted whom at revisions after another.
    pub(super) fn paths(&self, since: Revision) -> Paths<'_> {
        let mut before = HashMap::<_, Vec<_>>::new();
        let steps = self.resettlements.iter().rev().take_while(|step| step.at > since);
        for step in steps {
            for Resettled { owner, from, .. } in &step.owners {
                before.entry(*owner).or_default().push((step.at, &**from));
            }
        }
        Paths { before }
    }
}

/// Which scopes counted whom.
#[derive(Debug)]
pub(super) struct Paths<'a> {
    /// Of whom that changed, each change with what was before, the newest first.
    before: HashMap<Symbol, Vec<(Revision, &'a [ScopeId])>>,
}

impl<'a> Paths<'a> {
    /// The scopes that counted an owner at a revision.
    pub(super) fn of(
        &self,
        owner: Symbol,
        at: Revision,
        joints: &'a Joints,
        roster: &'a Roster,
    ) -> &'a [ScopeId] {
        let changes = self.before.get(&owner).into_iter().flatten();
        let later = changes.rev().find(|(changed, _)| *changed > at);
        later.map_or_else(|| joints.path(owner, roster), |(_, before)| before)
    }
}

impl Board {
    /// Notes that a standing was moved otherwise than by records, from one case to another.
    pub(super) fn note_move(
        &mut self,
        live: u32,
        instant: Timestamp,
        why: Why,
        (before, after): (&Case, &Case),
    ) {
        let (scope, slot) = self.place(live);
        // A status that follows from what was noted already is no other move.
        let last = self.moving.told((scope, slot), Revision(self.revision.0 - 1)).next();
        if before == after && last.is_some_and(|(_, last)| last.why == why) {
            return;
        }
        let kpi = self.model.kpi(self.slots.get(slot).kpi);
        let moved = |of: fn(&Case) -> Option<&Rational>| difference(of(before), of(after));
        let goal: fn(&Case) -> Option<&Rational> = |case| case.aim.as_ref().map(|aim| &aim.goal);
        let delta = kpi.adds_up().then(|| moved(|case| case.actual.as_ref())).flatten();
        let goal_delta = (goal(before) != goal(after)).then(|| moved(goal)).flatten();
        let told = Told { slot: slot as u32, instant, why, delta, goal_delta };
        self.moving.told.note(self.revision, scope, told);
    }

    /// Notes what has moved a standing so far, before something else moves it at the same instant. It is not judged.
    pub(super) fn note_between(&mut self, live: u32, instant: Timestamp, why: Why) {
        let Some((case, state)) = self.case(live).zip(self.live[live as usize].state.as_mut())
        else {
            return;
        };
        let before = state.former.as_ref().or(state.case.as_ref()).cloned();
        let Some(before) = before.filter(|before| !state.is_new && **before != case) else {
            return;
        };
        let case = Arc::new(case);
        (state.former, state.case) = (Some(case.clone()), None);
        self.note_move(live, instant, why, (&before, &case));
    }
}

/// By how much a value became another, as values leave the engine; none counts as 0.
fn difference(before: Option<&Rational>, after: Option<&Rational>) -> Option<Decimal> {
    let value = |value: Option<&Rational>| value.map_or(Some(Decimal::ZERO), Rational::to_decimal);
    Some(value(after)? - value(before)?)
}

/// Where it was said of reps what another roster knows of them, by their ids.
pub type Sayings = BTreeMap<String, Origin>;

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{Moving, PIECES, RESETTLED, Resettled};
    use crate::board::Revision;
    use crate::day::Day;
    use crate::decimal::Decimal;
    use crate::entry::{Entry, Part};
    use crate::joint::Joints;
    use crate::kpi::KpiId;
    use crate::moves::{Aspect, Notes};
    use crate::roster::{Roster, ScopeId};
    use crate::symbol::{Symbol, Symbols};

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn notes(pieces: usize) -> Notes {
        let part = Part::Amount { day: Day(0), amount: Decimal::from_int(1), records: 1 };
        let entry = Entry { owner: Symbol(1), kpi: KpiId(0), part };
        let mut notes = Notes::default();
        (0..pieces).for_each(|_| notes.note(notes.next(), &entry));
        notes
    }

    #[test]
    fn all_is_known_after_the_newest_that_was_forgotten() {
        let mut moving = Moving::default();
        moving.open(Revision(5));
        let third = notes(PIECES / 3);
        (6..9).for_each(|at| moving.commit(Revision(at), NOW, &third));
        assert_eq!(moving.known_after(), Revision(5), "as much as may be is remembered");
        moving.commit(Revision(9), NOW, &notes(0));
        assert_eq!(moving.known_after(), Revision(5), "what has no entries takes no room");
        moving.commit(Revision(10), NOW, &notes(2));
        assert_eq!(moving.known_after(), Revision(6));
        let known: Vec<u64> = moving.commits(Revision(6)).map(|commit| commit.at.0).collect();
        assert_eq!(known, [10, 8, 7]);
        moving.commit(Revision(11), NOW, &notes(PIECES + 1));
        assert_eq!(moving.known_after(), Revision(11), "what is too large is forgotten at once");
        assert_eq!(moving.commits(Revision(0)).count(), 0);
    }

    #[test]
    fn who_was_part_of_what_is_known_as_it_was() {
        let roster = Roster::new(Vec::new(), &[], &mut Symbols::default()).expect("a roster");
        let joints = Joints::default();
        let paths = [&[ScopeId(4)][..], &[ScopeId(5)], &[ScopeId(6)]];
        let resettled = |from: usize| Resettled {
            owner: Symbol(1),
            from: paths[from].into(),
            to: paths[from + 1].into(),
            aspects: vec![Aspect::Place],
            reworked: false,
            origin: None,
        };
        let mut moving = Moving::default();
        moving.resettle(Revision(3), NOW, vec![resettled(0)]);
        moving.resettle(Revision(6), NOW, vec![resettled(1)]);
        (7..10).for_each(|at| moving.resettle(Revision(at), NOW, Vec::new()));
        assert_eq!(moving.resettlements.len(), 2, "what concerns nobody takes no room");
        let known = moving.paths(Revision(0));
        let path = |at| known.of(Symbol(1), Revision(at), &joints, &roster).to_vec();
        assert_eq!([path(2), path(3), path(5)], [paths[0], paths[1], paths[1]].map(<[_]>::to_vec));
        assert_eq!(path(6), roster.path(Symbol(1)), "after the last change it is that of now");
        assert!(
            moving.resettled_at(Revision(3)).is_some()
                && moving.resettled_at(Revision(4)).is_none()
        );
        let many = (0..RESETTLED).map(|_| resettled(0)).collect();
        moving.resettle(Revision(10), NOW, many);
        assert_eq!(moving.known_after(), Revision(6));
    }
}
