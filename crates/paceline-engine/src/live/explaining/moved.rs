//! What moved a standing since a revision, with where each of it was said.

use paceline_core::board::{Evidence, Revision, Subject};
use paceline_core::decimal::Decimal;
use paceline_core::moves::{Move, Moves, Origin, RepMove, Reps, What};

use crate::bases::For;
use crate::goals::GoalMove;
use crate::live::Live;

/// What moved a standing since a revision.
#[derive(Clone, Debug)]
pub struct MovedSince {
    /// The newest moves, the newest first.
    pub moves: Vec<Moved>,
    /// How many older ones are not listed.
    pub others: u64,
    /// By how much those have moved the value, of a KPI that is a sum.
    pub others_delta: Option<Decimal>,
    /// All that happened after this revision is known.
    pub known_after: Revision,
}

/// A move, with what only the engine knows of it.
#[derive(Clone, Debug)]
pub struct Moved {
    /// The move.
    pub what: Move,
    /// Of a move by goals the edits that concern the standing, the newest first.
    pub edits: Vec<GoalMove>,
    /// Of records that were folded anew, why.
    pub basis: Option<Rebased>,
}

/// Why records were folded anew.
#[derive(Clone, Debug, Default)]
pub struct Rebased {
    /// Where rates were said, if they are others.
    pub rates: Option<Vec<Origin>>,
    /// Whose days or times are others.
    pub reps: Reps,
}

impl Live {
    /// What is evident to have moved a standing of a running period since a revision.
    pub(super) fn moved_since(
        &self,
        mut evidence: Evidence,
        subject: &Subject,
        since: Revision,
    ) -> MovedSince {
        self.forget_in(&mut evidence);
        let is_by_goals = evidence.goals().next().is_some();
        let Moves { moves, others, others_delta, known_after } = evidence.explained();
        let edits = if is_by_goals { self.goal_moves(subject, since) } else { Vec::new() };
        let moved = |what: Move| Moved {
            edits: match what.what == What::Goals {
                true => edits_at(&edits, what.revision),
                false => Vec::new(),
            },
            basis: versions(&what.what).map(|(from, to)| self.rebased(subject, from, to)),
            what,
        };
        let moves = moves.into_iter().map(moved).collect();
        MovedSince { moves, others, others_delta, known_after }
    }

    /// Has all be forgotten up to what cannot be named: edits, and what records were folded anew for, are remembered here, and
    /// for as long as there is room.
    fn forget_in(&self, evidence: &mut Evidence) {
        let edits = self.goal_moves_known_after();
        if evidence.goals().any(|at| at <= edits) {
            evidence.forget(edits);
        }
        let nameless = {
            let shared = self.board();
            let is_known = |made_for: &For| match made_for {
                For::Rates(_) => true,
                For::Reps(revision) => shared.board.knows_resettled(*revision),
            };
            let are_known = |from, to| {
                let versions = &shared.versions;
                versions.are_known_after(from) && versions.between(from, to).all(is_known)
            };
            let bases = evidence.bases().filter(|(_, from, to)| !are_known(*from, *to));
            bases.map(|(at, ..)| at).max()
        };
        nameless.into_iter().for_each(|at| evidence.forget(at));
    }

    /// Why records were folded anew from one version of the basis, exclusive, up to another.
    fn rebased(&self, subject: &Subject, from: u64, to: u64) -> Rebased {
        let shared = self.board();
        let mut rebased = Rebased::default();
        for made_for in shared.versions.between(from, to) {
            match made_for {
                For::Rates(origins) => {
                    rebased.rates.get_or_insert_default().extend(origins.iter().cloned());
                }
                For::Reps(revision) => {
                    let Reps { reps, others, regrouped } =
                        shared.board.reworked(subject, *revision);
                    let known = |rep: &RepMove| rebased.reps.reps.contains(rep);
                    let new: Vec<RepMove> = reps.into_iter().filter(|rep| !known(rep)).collect();
                    rebased.reps.reps.extend(new);
                    rebased.reps.others += others;
                    rebased.reps.regrouped |= regrouped;
                }
            }
        }
        rebased
    }
}

fn versions(what: &What) -> Option<(u64, u64)> {
    match what {
        What::Basis { from, to, .. } => Some((*from, *to)),
        What::Change(_) | What::Goals | What::Reps(_) | What::Clock(_) => None,
    }
}

fn edits_at(edits: &[GoalMove], revision: Revision) -> Vec<GoalMove> {
    edits.iter().filter(|edit| edit.revision == revision).cloned().collect()
}
