//! Explaining a standing: what moved it since a revision, of all that is remembered.
//!
//! While the board is held what concerns the standing is only gathered. What it comes to is worked out afterwards.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::moves::{Commit, Resettled, Told, Why};
use super::selection::Subject;
use super::view::Reading;
use super::{Board, Revision};
use crate::day::Day;
use crate::decimal::Decimal;
use crate::entry::NO_DAY;
use crate::kpi::KpiId;
use crate::model::Model;
use crate::moves::{
    Aspect, Kind, Move, Moves, Piece, REFOLD, RecordMove, RepMove, Reps, Share, Tick, What,
};
use crate::period::Period;
use crate::roster::{ORG, Roster, ScopeId};
use crate::sight::{Horizon, Sight};

/// The most moves that are listed.
const MOVES: usize = 200;

/// The most reps that are listed of one move.
const REPS: usize = 50;

/// What is remembered of a standing, from which it can be explained without the board.
#[derive(Debug)]
pub struct Evidence {
    reading: Reading,
    model: Arc<Model>,
    commits: Vec<Counted>,
    told: Vec<(Revision, Told, Option<Reps>)>,
    /// What the standing began with, if that was since.
    began: Option<Move>,
    known_after: Revision,
}

/// What of a commit counts in a standing.
#[derive(Debug)]
struct Counted {
    commit: Arc<Commit>,
    pieces: Vec<(Piece, Owner)>,
}

/// Whose an entry is: their own scope, unless it is of several or may not be named.
type Owner = Option<ScopeId>;

impl Board {
    /// What is remembered of a standing of a running period since a revision; `None` when there is no such standing that may be
    /// seen. Time must have been advanced.
    pub fn evidence(&self, subject: &Subject, since: Revision) -> Option<Evidence> {
        let Subject { sight, scope, kpi, kind } = subject;
        let scope = self.roster.named(scope).filter(|scope| sight.sees(*scope, &self.roster))?;
        let live = self.live_id(scope, self.slots.find(*kpi, *kind)?);
        let (reading, state) = (self.reading(live)?, self.state(live)?);
        let (model, known) = (self.model.clone(), self.moving.known_after().max(state.other_days));
        if reading.revision <= since {
            let (commits, told) = (Vec::new(), Vec::new());
            let known_after = known.min(since);
            return Some(Evidence { reading, model, commits, told, began: None, known_after });
        }
        let since = since.max(known);
        let began = (state.entered > since).then(|| self.began(live, sight)).flatten();
        let since = since.max(state.entered);
        Some(Evidence {
            commits: self.counted(live, since, sight),
            told: self.told(live, since, sight),
            known_after: known,
            began,
            reading,
            model,
        })
    }

    /// What a standing began with.
    fn began(&self, live: u32, sight: &Sight) -> Option<Move> {
        let state = self.state(live)?;
        let (instant, why) = state.began;
        let what = match why {
            Why::Reps => What::Reps(self.reps(live, state.entered, sight)),
            Why::Day | Why::Membership | Why::Due => What::Clock(Tick::Period),
            Why::Start | Why::Records | Why::Goal => return None,
        };
        Some(Move { revision: state.entered, instant, delta: None, goal_delta: None, what })
    }

    fn told(
        &self,
        live: u32,
        since: Revision,
        sight: &Sight,
    ) -> Vec<(Revision, Told, Option<Reps>)> {
        let told = self.moving.told(self.place(live), since);
        let with_reps = told.map(|(at, told)| {
            let reps = (told.why == Why::Reps).then(|| self.reps(live, at, sight));
            (at, told.clone(), reps)
        });
        with_reps.collect()
    }

    /// Whom another roster changed, as far as it concerns a standing.
    fn reps(&self, live: u32, at: Revision, sight: &Sight) -> Reps {
        let (scope, _) = self.place(live);
        let owners = self.moving.resettled_at(at).map_or(&[][..], |(_, owners)| owners);
        reps(owners, scope, sight, &self.roster)
    }

    /// By whom days begin, or work is done, at other instants since another roster, as far as it concerns a scope: what folding
    /// records anew is due to. Of who came or left that is said too where they have not the days of the org.
    pub fn reworked(&self, subject: &Subject, at: Revision) -> Reps {
        let Some(scope) = self.roster.named(&subject.scope) else { return Reps::default() };
        let owners = self.moving.resettled_at(at).map_or(&[][..], |(_, owners)| owners);
        let reworked = || owners.iter().filter(|owner| owner.reworked && owner.concerns(scope));
        let regrouped = reworked().any(|owner| !owner.aspects.contains(&Aspect::Calendar));
        Reps { regrouped, ..reps(reworked(), scope, &subject.sight, &self.roster) }
    }

    /// Whether it is known whom a roster of a revision changed.
    pub fn knows_resettled(&self, at: Revision) -> bool {
        at > self.moving.owners_known_after()
    }

    /// What of the commits after a revision counts in a standing.
    fn counted(&self, live: u32, since: Revision, sight: &Sight) -> Vec<Counted> {
        let (scope, slot) = self.place(live);
        let Some(state) = self.state(live) else { return Vec::new() };
        let leaves = self.slots.get(slot).leaves.iter();
        let leaves: Vec<KpiId> = leaves.map(|slot| self.slots.get(*slot).kpi).collect();
        let horizon = sight.horizon(&self.roster);
        let paths = self.moving.paths(since);
        let mut counted = Vec::new();
        for commit in self.moving.commits(since) {
            let mut pieces = Vec::new();
            let mut window = None;
            for piece in commit.notes.pieces.iter().filter(|piece| leaves.contains(&piece.kpi)) {
                // What a rolling window did not hold when it was counted has not moved it.
                let window =
                    window.get_or_insert_with(|| self.period_at(scope, &state.period, commit));
                if piece.day != NO_DAY && !window.holds(piece.day) {
                    continue;
                }
                let path = paths.of(piece.owner, commit.at, &self.joints, &self.roster);
                if path.contains(&scope) {
                    pieces.push((*piece, self.owner(piece, path, &horizon)));
                }
            }
            if !pieces.is_empty() {
                counted.push(Counted { commit: commit.clone(), pieces });
            }
        }
        counted
    }

    /// The period of a standing when a commit was counted.
    fn period_at(&self, scope: ScopeId, period: &Period, commit: &Commit) -> Period {
        if !period.kind.is_rolling() {
            return period.clone();
        }
        let today = Day::of(commit.instant, self.roster.zone(scope));
        period.kind.holding(today, self.calendar(scope))
    }

    /// Who is credited with an entry, if that may be told now; a path begins with the own scope.
    fn owner(&self, piece: &Piece, path: &[ScopeId], horizon: &Horizon) -> Owner {
        let own =
            path.first().filter(|own| **own != ORG && piece.owner.joint_number().is_none())?;
        horizon.sees(*own, self.roster.above(*own)).then_some(*own)
    }
}

/// Whether it may be told what became of a rep: to who sees them by the roster of now. Who has left is seen by nobody, but their
/// leaving is told to who saw them up to it, as it is on a stream.
fn sees(horizon: &Horizon, own: ScopeId, moved: &Resettled, roster: &Roster) -> bool {
    let above = match roster.above(own) {
        None if moved.aspects.contains(&Aspect::Left) => moved.from.get(1..),
        above => above,
    };
    horizon.sees(own, above)
}

/// The reps among owners whom a scope counted or counts.
fn reps<'a>(
    owners: impl IntoIterator<Item = &'a Resettled>,
    scope: ScopeId,
    sight: &Sight,
    roster: &Roster,
) -> Reps {
    let mut found = Reps::default();
    let horizon = sight.horizon(roster);
    for moved in owners {
        let Resettled { from, to, aspects, origin, .. } = moved;
        if !moved.concerns(scope) || aspects.is_empty() {
            continue;
        }
        found.regrouped |= aspects.iter().any(|aspect| *aspect != Aspect::Calendar);
        let own = if aspects.contains(&Aspect::Came) { to.first() } else { from.first() };
        let is_seen = |own: &ScopeId| sees(&horizon, *own, moved, roster);
        match own.filter(|own| found.reps.len() < REPS && is_seen(own)) {
            Some(rep) => found.reps.push(RepMove {
                rep: *rep,
                aspects: aspects.clone(),
                origin: origin.clone(),
            }),
            None => found.others += 1,
        }
    }
    found
}

impl Evidence {
    /// The revisions at which edits of goals moved the standing.
    pub fn goals(&self) -> impl Iterator<Item = Revision> {
        let told = self.told.iter().filter(|(_, told, _)| told.why == Why::Goal);
        told.map(|(at, ..)| *at)
    }

    /// The revisions at which records were folded anew that count in the standing, each with the version of what they are folded
    /// by until then, exclusive, and from then on.
    pub fn bases(&self) -> impl Iterator<Item = (Revision, u64, u64)> {
        let anew = |counted: &&Counted| counted.pieces.iter().any(|(it, _)| it.change == REFOLD);
        self.commits.iter().filter(anew).filter_map(|counted| {
            let (from, to) = counted.commit.notes.versions?;
            Some((counted.commit.at, from, to))
        })
    }

    /// Has all be forgotten that happened up to a revision.
    pub fn forget(&mut self, until: Revision) {
        self.known_after = self.known_after.max(until);
        self.commits.retain(|counted| counted.commit.at > until);
        self.told.retain(|(at, ..)| *at > until);
        self.began.take_if(|began| began.revision <= until);
    }

    /// What it shows to have moved the standing.
    pub fn explained(self) -> Moves {
        let mut list = List::default();
        let kpi = self.reading.key().kpi;
        let is_sum = self.model.kpi(kpi).adds_up();
        let mut told = self.told.into_iter().peekable();
        for counted in &self.commits {
            while let Some((at, told, reps)) = told.next_if(|(at, ..)| *at > counted.commit.at) {
                list.push(told.delta, || told_move(at, &told, reps));
            }
            for (number, shared) in shared(&counted.pieces).into_iter().rev() {
                let Some(shares) = shares(&shared, &self.model) else { continue };
                let delta: Decimal = shared.values().map(|sum| sum.amount).sum();
                let delta = is_sum.then_some(delta);
                list.push(delta, || counted_move(&counted.commit, number, delta, shares));
            }
        }
        told.for_each(|(at, told, reps)| list.push(told.delta, || told_move(at, &told, reps)));
        self.began.into_iter().for_each(|began| list.push(None, || began));
        let List { moves, others, others_delta } = list;
        let others_delta = others_delta.filter(|_| is_sum);
        Moves { moves, others, others_delta, known_after: self.known_after }
    }
}

/// Moves, as many as are listed.
#[derive(Default)]
struct List {
    moves: Vec<Move>,
    others: u64,
    others_delta: Option<Decimal>,
}

impl List {
    fn push(&mut self, delta: Option<Decimal>, what: impl FnOnce() -> Move) {
        if self.moves.len() < MOVES {
            self.moves.push(what());
            return;
        }
        self.others += 1;
        let sum = self.others_delta.unwrap_or(Decimal::ZERO);
        self.others_delta = Some(sum + delta.unwrap_or(Decimal::ZERO));
    }
}

fn told_move(revision: Revision, told: &Told, reps: Option<Reps>) -> Move {
    let Told { instant, why, delta, goal_delta, .. } = *told;
    let what = match why {
        Why::Goal => What::Goals,
        Why::Reps => What::Reps(reps.unwrap_or_default()),
        Why::Day | Why::Start | Why::Records => What::Clock(Tick::Day),
        Why::Membership => What::Clock(Tick::Membership),
        Why::Due => What::Clock(Tick::Status),
    };
    Move { revision, instant, delta, goal_delta, what }
}

fn counted_move(commit: &Commit, number: u32, delta: Option<Decimal>, shares: Vec<Share>) -> Move {
    let what = match (commit.notes.change(number), commit.notes.versions) {
        (Some((origin, entity, record)), _) => {
            What::Change(RecordMove { origin, entity, record, shares })
        }
        (None, versions) => {
            let (from, to) = versions.unwrap_or_default();
            What::Basis { from, to, shares }
        }
    };
    let Commit { at, instant, .. } = *commit;
    Move { revision: at, instant, delta, goal_delta: None, what }
}

/// What one change did to what one owner contributes to one KPI.
#[derive(Debug, Default)]
struct Sum {
    amount: Decimal,
    records: i64,
    members: BTreeMap<Decimal, i64>,
    doubt: (Decimal, i64),
}

impl Sum {
    fn add(&mut self, piece: &Piece) {
        let (amount, records) = (piece.amount, i64::from(piece.records));
        match piece.kind {
            Kind::Amount => {
                self.amount += amount;
                self.records += records;
            }
            Kind::Member => {
                *self.members.entry(amount).or_default() += records;
                self.records += records;
            }
            Kind::Doubt => {
                self.doubt = (self.doubt.0 + amount, self.doubt.1 + records);
            }
        }
    }

    fn merge(&mut self, other: &Self) {
        self.amount += other.amount;
        self.records += other.records;
        self.doubt = (self.doubt.0 + other.doubt.0, self.doubt.1 + other.doubt.1);
        for (member, records) in &other.members {
            *self.members.entry(*member).or_default() += records;
        }
    }

    fn is_nothing(&self) -> bool {
        (self.amount, self.records, self.doubt) == (Decimal::ZERO, 0, (Decimal::ZERO, 0))
            && self.members.values().all(|records| *records == 0)
    }
}

/// By KPI and owner.
type Shared = BTreeMap<(KpiId, Owner), Sum>;

/// What each change of a commit did; what was folded anew comes last.
fn shared(pieces: &[(Piece, Owner)]) -> BTreeMap<u32, Shared> {
    let mut shared = BTreeMap::<u32, Shared>::new();
    for (piece, owner) in pieces {
        let sums = shared.entry(piece.change).or_default();
        sums.entry((piece.kpi, *owner)).or_default().add(piece);
    }
    debug_assert!(shared.keys().rev().skip(1).all(|change| *change < REFOLD));
    shared
}

/// What a change did to whose contributions; `None` if in sum it did nothing to any KPI.
fn shares(shared: &Shared, model: &Model) -> Option<Vec<Share>> {
    let mut kpis = BTreeMap::<KpiId, Sum>::new();
    for ((kpi, _), sum) in shared {
        kpis.entry(*kpi).or_default().merge(sum);
    }
    let moved: BTreeSet<KpiId> =
        kpis.into_iter().filter(|(_, sum)| !sum.is_nothing()).map(|(kpi, _)| kpi).collect();
    let share = |((kpi, owner), sum): (&(KpiId, Owner), &Sum)| Share {
        owner: *owner,
        kpi: *kpi,
        delta: model.kpi(*kpi).adds_up().then_some(sum.amount),
        records: sum.records,
    };
    let of_moved = shared.iter().filter(|((kpi, _), sum)| moved.contains(kpi) && !sum.is_nothing());
    (!moved.is_empty()).then(|| of_moved.map(share).collect())
}
