//! Which edits of goals came into effect when, for who asks what moved a goal.

use std::collections::VecDeque;
use std::sync::Arc;

use paceline_core::board::{Revision, Subject};
use paceline_core::goal::{Draft, Edit, Placed, Whose};
use paceline_core::kpi::KpiId;
use paceline_core::model::Model;
use paceline_core::roster::{Roster, ScopeId};

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
    moves: VecDeque<Noted>,
    known_after: Revision,
}

/// An edit, and whose numbers it concerned when it came into effect: who they are now may be others.
#[derive(Debug)]
struct Noted {
    goal: GoalMove,
    /// What the goal was before.
    old: Option<Arc<Scopes>>,
    /// What it is after.
    new: Option<Arc<Scopes>>,
}

impl GoalMoves {
    /// Notes edits that came into effect at a revision, each with whether it was taken out of the log, by the reps of then.
    pub(super) fn note(
        &mut self,
        revision: Revision,
        source: usize,
        edits: Vec<(Arc<Placed>, bool)>,
        roster: &Roster,
    ) {
        let scopes = |draft: &Draft| Arc::new(Scopes::of(&draft.whose, roster));
        self.moves.extend(edits.into_iter().map(|(edit, withdrawn)| {
            let Edit { old, new, .. } = &edit.edit;
            let is_same =
                old.as_ref().zip(new.as_ref()).is_some_and(|(old, new)| old.whose == new.whose);
            let before = old.as_ref().map(scopes);
            let after = if is_same { before.clone() } else { new.as_ref().map(scopes) };
            let goal = GoalMove { revision, source, edit, withdrawn };
            Noted { goal, old: before, new: after }
        }));
        while self.moves.len() > EDITS {
            let Some(oldest) = self.moves.pop_front() else { break };
            self.known_after = oldest.goal.revision;
        }
    }

    /// All edits that came into effect after this revision are known.
    pub(super) fn known_after(&self) -> Revision {
        self.known_after
    }

    /// The edits after a revision that concern a line of the board, which is of a scope, the newest first.
    pub(super) fn of(
        &self,
        subject: &Subject,
        scope: ScopeId,
        since: Revision,
        model: &Model,
    ) -> Vec<GoalMove> {
        let kpis: Vec<KpiId> =
            [subject.kpi].into_iter().chain(model.goals_within(subject.kpi)).collect();
        let concerns = |draft: &Draft, scopes: &Scopes| {
            draft.period == subject.kind
                && model.kpi_named(&draft.kpi).is_some_and(|kpi| kpis.contains(&kpi))
                && scopes.contains(scope)
        };
        let newest = self.moves.iter().rev().take_while(|noted| noted.goal.revision > since);
        let concerning = newest.filter(|Noted { goal, old, new }| {
            let Edit { old: before, new: after, .. } = &goal.edit.edit;
            let pairs = before.iter().zip(old).chain(after.iter().zip(new));
            pairs.into_iter().any(|(draft, scopes)| concerns(draft, scopes))
        });
        concerning.map(|noted| noted.goal.clone()).collect()
    }
}

/// Scopes, a bit for each by its id: what is kept for an edit must not grow with whom it is for.
#[derive(Debug, Default)]
struct Scopes(Vec<u64>);

impl Scopes {
    /// Those of whose goal one for these may be part.
    fn of(whose: &Whose, roster: &Roster) -> Self {
        let mut scopes = Self::default();
        if let Whose::Team(manager) = whose {
            scopes.extend(roster.named(&format!("team:{manager}")));
        }
        let reps = (0..roster.reps().len()).filter(|rep| whose.includes(*rep, roster));
        reps.for_each(|rep| scopes.extend(roster.path(roster.symbol(rep)).iter().copied()));
        scopes
    }

    fn extend(&mut self, scopes: impl IntoIterator<Item = ScopeId>) {
        for scope in scopes {
            let word = scope.0 as usize / 64;
            if self.0.len() <= word {
                self.0.resize(word + 1, 0);
            }
            self.0[word] |= 1 << (scope.0 % 64);
        }
    }

    fn contains(&self, scope: ScopeId) -> bool {
        let word = self.0.get(scope.0 as usize / 64);
        word.is_some_and(|word| word & 1 << (scope.0 % 64) != 0)
    }
}
