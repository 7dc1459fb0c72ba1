//! Which edits of goals came into effect when, for who asks what moved a goal.

use std::collections::VecDeque;
use std::sync::Arc;

use paceline_core::board::{Revision, Subject};
use paceline_core::goal::{Draft, Placed, Whose};
use paceline_core::kpi::KpiId;
use paceline_core::model::Model;
use paceline_core::roster::{Roster, Scope};

/// How many edits are remembered here; all of them are in the book.
const EDITS: usize = 4_096;

/// An edit that came into effect, or ceased to be.
#[derive(Clone, Debug)]
pub struct GoalMove {
    /// The revision.
    pub revision: Revision,
    /// The index of the topic of goals among those that the board is made of.
    pub source: usize,
    /// The edit.
    pub edit: Arc<Placed>,
    /// Whether it was taken out of the log.
    pub withdrawn: bool,
}

/// The edits that came into effect last.
#[derive(Debug, Default)]
pub(super) struct GoalMoves {
    moves: VecDeque<GoalMove>,
    known_after: Revision,
}

impl GoalMoves {
    /// Notes edits that came into effect at a revision, each with whether it was taken out of the log.
    pub(super) fn note(
        &mut self,
        revision: Revision,
        source: usize,
        edits: Vec<(Arc<Placed>, bool)>,
    ) {
        let moves = edits.into_iter();
        self.moves.extend(moves.map(|(edit, withdrawn)| GoalMove {
            revision,
            source,
            edit,
            withdrawn,
        }));
        while self.moves.len() > EDITS {
            let Some(oldest) = self.moves.pop_front() else { break };
            self.known_after = oldest.revision;
        }
    }

    /// All edits that came into effect after this revision are known.
    pub(super) fn known_after(&self) -> Revision {
        self.known_after
    }

    /// The edits after a revision that concern a line of the board, the newest first.
    pub(super) fn of(
        &self,
        subject: &Subject,
        since: Revision,
        model: &Model,
        roster: &Roster,
    ) -> Vec<GoalMove> {
        let kpis: Vec<KpiId> =
            [subject.kpi].into_iter().chain(model.goals_within(subject.kpi)).collect();
        let concerns = |draft: &Draft| {
            draft.period == subject.kind
                && model.kpi_named(&draft.kpi).is_some_and(|kpi| kpis.contains(&kpi))
                && is_part(&draft.whose, &subject.scope, roster)
        };
        let newest = self.moves.iter().rev().take_while(|goal| goal.revision > since);
        let concerning = newest.filter(|goal| {
            let edit = &goal.edit.edit;
            edit.old.iter().chain(&edit.new).any(concerns)
        });
        concerning.cloned().collect()
    }
}

/// Whether a goal may be part of that of a scope.
fn is_part(whose: &Whose, scope: &str, roster: &Roster) -> bool {
    let Some(scope) = roster.named(scope) else { return false };
    let own = match *roster.scope(scope) {
        Scope::Team(manager) => *whose == Whose::Team(roster.reps()[manager].id.clone()),
        Scope::Org | Scope::Rep(_) | Scope::Unassigned | Scope::Ended => false,
    };
    own || roster.members(scope).any(|rep| whose.includes(rep, roster))
}
