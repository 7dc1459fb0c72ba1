//! Which goal is in force for a scope, and what of it is due when.

use std::collections::HashMap;
use std::sync::Arc;

use super::Board;
use crate::day::Day;
use crate::decimal::Decimal;
use crate::goal::{Goal, Whose};
use crate::kpi::{GoalKind, Kpi, KpiId};
use crate::model::Model;
use crate::period::{Period, PeriodKind};
use crate::rational::Rational;
use crate::roster::{Roster, Scope, ScopeId};
use crate::spread::{Due, Spread};
use crate::standing::Aim;

/// All goals, by what they are for and whose they are, so that a rep's is found without a look at the others'.
#[derive(Debug)]
pub(super) struct Goals {
    by_slot: HashMap<(KpiId, PeriodKind), HashMap<Whose, Vec<Goal>>>,
}

impl Goals {
    pub(super) fn new(model: &Model) -> Self {
        let mut by_slot: HashMap<_, HashMap<Whose, Vec<Goal>>> = HashMap::new();
        for goal in &model.goals {
            let of_slot = by_slot.entry((goal.kpi, goal.period)).or_default();
            of_slot.entry(goal.whose.clone()).or_default().push(goal.clone());
        }
        Self { by_slot }
    }

    /// The target of a rep: of the goals in force the most specific one.
    fn of_rep(&self, kpi: KpiId, period: &Period, rep: usize, roster: &Roster) -> Option<Decimal> {
        let reps = roster.reps();
        let above = std::iter::successors(roster.manager(rep), |above| roster.manager(*above));
        let own = std::iter::once(Whose::Rep(reps[rep].id.clone()));
        let role = reps[rep].role.clone().map(Whose::Role);
        let nearest_first = above.map(|above| Whose::EachOf(reps[above].id.clone()));
        let specific_first = own.chain(role).chain(nearest_first).chain([Whose::Everyone]);
        let of_slot = self.by_slot.get(&(kpi, period.kind))?;
        specific_first.into_iter().find_map(|whose| newest(of_slot.get(&whose)?, period))
    }

    /// The target set for a team itself.
    fn of_team(&self, kpi: KpiId, period: &Period, manager: &str) -> Option<Decimal> {
        newest(
            self.by_slot.get(&(kpi, period.kind))?.get(&Whose::Team(manager.to_owned()))?,
            period,
        )
    }

    /// The days after a rolling window's last on which another goal may come into force.
    pub(super) fn edges(&self, kpi: KpiId, period: &Period) -> Vec<Day> {
        let edges = self
            .all(kpi, period.kind)
            .flat_map(|goal| [goal.from, goal.until.map(|until| until.plus(1))]);
        edges.flatten().filter(|day| *day > period.end).collect()
    }

    /// Whether the same goals are in force in two periods.
    pub(super) fn same(&self, kpi: KpiId, one: &Period, other: &Period) -> bool {
        self.all(kpi, one.kind).all(|goal| goal.in_force(one) == goal.in_force(other))
    }

    fn all(&self, kpi: KpiId, kind: PeriodKind) -> impl Iterator<Item = &Goal> {
        self.by_slot.get(&(kpi, kind)).into_iter().flat_map(HashMap::values).flatten()
    }
}

/// Of the goals in force the target of the latest to start, and of several that start together of the last.
fn newest(goals: &[Goal], period: &Period) -> Option<Decimal> {
    let in_force = goals.iter().filter(|goal| goal.in_force(period));
    in_force.max_by_key(|goal| goal.from).map(|goal| goal.target)
}

/// Whether targets ask for anything: a cap of 0 is a goal also where there is no working day.
fn asks(targets: &[(Decimal, usize)]) -> bool {
    targets.iter().any(|(target, _)| *target != Decimal::ZERO)
}

impl Board {
    /// The goal of a scope in a period, if one is in force and anything of it is left.
    pub(super) fn aim(&mut self, scope: ScopeId, kpi: KpiId, period: &Period) -> Option<Aim> {
        if self.model.kpi(kpi).goal_kind != GoalKind::Reach || period.kind.is_rolling() {
            return self.flat_aim(scope, kpi, period);
        }
        let targets = self.targets(scope, kpi, period)?;
        Some(self.due_aim(&targets, period))
    }

    /// The goal of a scope where all of it is due at every moment.
    pub(super) fn flat_aim(&self, scope: ScopeId, kpi: KpiId, period: &Period) -> Option<Aim> {
        let targets = self.targets(scope, kpi, period)?;
        let rests =
            self.model.kpi(kpi).goal_kind == GoalKind::Reach && self.model.calendar.rests(period);
        let void = rests && asks(&targets);
        let goal =
            targets.iter().filter(|_| !void).map(|(target, _)| Rational::from(*target)).sum();
        Some(Aim { goal, due: None, void })
    }

    /// The targets that make up a scope's goal, each with the face by which it falls due.
    fn targets(
        &self,
        scope: ScopeId,
        kpi: KpiId,
        period: &Period,
    ) -> Option<Vec<(Decimal, usize)>> {
        let own_face = self.face_of[scope.0 as usize];
        match self.roster.scope(scope) {
            Scope::Unassigned => None,
            Scope::Rep(rep) => {
                Some(vec![(self.goals.of_rep(kpi, period, *rep, &self.roster)?, own_face)])
            }
            Scope::Team(manager) => {
                match self.goals.of_team(kpi, period, &self.roster.reps()[*manager].id) {
                    Some(target) => Some(vec![(target, own_face)]),
                    None => self.members_targets(scope, kpi, period),
                }
            }
            Scope::Org => self.members_targets(scope, kpi, period),
        }
    }

    /// What a team's members owe: for sums and counts each of them, otherwise the value they have in common.
    fn members_targets(
        &self,
        scope: ScopeId,
        kpi: KpiId,
        period: &Period,
    ) -> Option<Vec<(Decimal, usize)>> {
        let roster = &self.roster;
        let target = |rep| {
            let target = self.goals.of_rep(kpi, period, rep, roster)?;
            Some((target, self.face_of[roster.rep_scope(rep).0 as usize]))
        };
        let targets: Vec<(Decimal, usize)> = roster.members(scope).filter_map(target).collect();
        let (first, _) = *targets.first()?;
        let summed =
            self.model.kpi(kpi).adds_up() && self.model.kpi(kpi).goal_kind != GoalKind::Rate;
        if summed {
            return Some(targets);
        }
        targets
            .iter()
            .all(|(target, _)| *target == first)
            .then(|| vec![(first, self.face_of[scope.0 as usize])])
    }

    fn due_aim(&mut self, targets: &[(Decimal, usize)], period: &Period) -> Aim {
        let mut by_face: HashMap<usize, Decimal> = HashMap::new();
        for (target, face) in targets {
            *by_face.entry(*face).or_default() += *target;
        }
        let parts: Vec<_> = by_face
            .into_iter()
            .map(|(face, target)| (Rational::from(target), self.spread(face, period)))
            .collect();
        let void = asks(targets) && parts.iter().all(|(_, spread)| spread.is_empty());
        let due = Due::new(parts);
        Aim { goal: due.total(), due: Some(due), void }
    }

    /// The working time by which a scope's remaining days are counted.
    pub(super) fn own_spread(
        &mut self,
        scope: ScopeId,
        kpi: &Kpi,
        period: &Period,
    ) -> Option<Arc<Spread>> {
        let counted = kpi.goal_kind == GoalKind::Reach && !period.kind.is_rolling();
        counted.then(|| self.spread(self.face_of[scope.0 as usize], period))
    }
}
