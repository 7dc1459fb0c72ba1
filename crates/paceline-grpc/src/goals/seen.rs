//! Whose goals somebody sees: those that may be of somebody they see, and those of teams they see.

use std::collections::HashSet;

use paceline_core::goal::{Draft, Edit, Whose};
use paceline_core::roster::Roster;
use paceline_core::sight::{Horizon, Sight};

/// Whom somebody sees, by a roster.
#[derive(Debug)]
pub(crate) struct Seen<'a> {
    roster: &'a Roster,
    /// What is known of those who are seen; nothing when all are.
    some: Option<Known<'a>>,
}

/// What is known of some who are seen.
#[derive(Debug)]
struct Known<'a> {
    horizon: Horizon,
    any: bool,
    roles: HashSet<&'a str>,
    /// Those above any of them.
    managers: HashSet<&'a str>,
}

impl<'a> Seen<'a> {
    pub(crate) fn new(sight: &Sight, roster: &'a Roster) -> Self {
        let some = (*sight != Sight::All).then(|| Known::of(sight.horizon(roster), roster));
        Self { roster, some }
    }

    /// Whether a goal for these may be of somebody, or of a team, that is seen.
    pub(crate) fn concerns(&self, whose: &Whose) -> bool {
        let Some(known) = &self.some else { return true };
        match whose {
            Whose::Rep(id) => self.sees(known, &format!("rep:{id}")),
            Whose::Team(id) => self.sees(known, &format!("team:{id}")),
            Whose::Role(role) => known.roles.contains(role.as_str()),
            Whose::EachOf(id) => known.managers.contains(id.as_str()),
            Whose::Everyone => known.any,
        }
    }

    /// Whether a goal for these can be of nobody who is not seen.
    pub(crate) fn covers(&self, whose: &Whose) -> bool {
        let Some(known) = &self.some else { return true };
        match whose {
            Whose::Rep(_) | Whose::Team(_) => self.concerns(whose),
            Whose::EachOf(id) => {
                let team = self.roster.named(&format!("team:{id}"));
                team.is_some_and(|team| known.horizon.sees_all_of(team, self.roster))
            }
            Whose::Role(_) | Whose::Everyone => false,
        }
    }

    /// An edit with what of it concerns somebody who is seen: what else it was or became is left out.
    pub(crate) fn part_of(&self, edit: &Edit) -> Edit {
        let part =
            |draft: &Option<Draft>| draft.clone().filter(|draft| self.concerns(&draft.whose));
        Edit { old: part(&edit.old), new: part(&edit.new), ..edit.clone() }
    }

    /// Whether an edit is shown: to who sees what the goal was and what it became, as far as it was and is one.
    pub(crate) fn shows(&self, edit: &Edit) -> bool {
        let sees = |draft: &Draft| self.concerns(&draft.whose);
        edit.old.as_ref().is_none_or(sees) && edit.new.as_ref().is_none_or(sees)
    }

    fn sees(&self, known: &Known<'_>, scope: &str) -> bool {
        let scope = self.roster.named(scope);
        scope.is_some_and(|scope| known.horizon.sees(scope, self.roster.above(scope)))
    }
}

impl<'a> Known<'a> {
    fn of(horizon: Horizon, roster: &'a Roster) -> Self {
        let is_seen = |rep: &usize| {
            let scope = roster.rep_scope(*rep);
            horizon.sees(scope, roster.above(scope))
        };
        let reps: Vec<usize> = (0..roster.reps().len()).filter(is_seen).collect();
        let role = |rep: &usize| roster.reps()[*rep].role.as_deref();
        let above = |rep: &usize| {
            let above = std::iter::successors(roster.manager(*rep), |rep| roster.manager(*rep));
            above.map(|above| roster.reps()[above].id.as_str())
        };
        Self {
            any: !reps.is_empty(),
            roles: reps.iter().filter_map(role).collect(),
            managers: reps.iter().flat_map(above).collect(),
            horizon,
        }
    }
}
