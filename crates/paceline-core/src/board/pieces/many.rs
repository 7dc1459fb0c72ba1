//! The pieces of many members: the board has worked out the goal of each for their own standing, and is held no longer than it takes
//! to note which that is.

use std::sync::Arc;

use jiff::Timestamp;

use super::ingredients::Member;
use super::{Composed, DETAILED_MAX, How, Piece};
use crate::board::Board;
use crate::board::owed::{Asked, common};
use crate::board::working_times::WorkingTimes;
use crate::contributor::Sought;
use crate::goal::Goal;
use crate::kpi::GoalKind;
use crate::rational::Rational;
use crate::roster::Scope;

impl Board {
    /// The members of whose goals a standing's is made, if they are many, and it is that of a running period.
    pub(super) fn many(
        &self,
        times: &mut WorkingTimes,
        sought: &Sought,
        now: Timestamp,
    ) -> Option<Vec<Member>> {
        let Sought { scope, kpi, period, .. } = sought;
        if self.roster.size(*scope) <= DETAILED_MAX || self.has_own_goal(sought) {
            return None;
        }
        let slot = self.slots.find(*kpi, period.kind)?;
        self.state(self.live_id(*scope, slot)).filter(|state| state.period == *period)?;
        let member = |rep| self.member(times, sought, (rep, slot), now);
        let members: Vec<Member> = self.roster.members(*scope).filter_map(member).collect();
        (members.len() > DETAILED_MAX).then_some(members)
    }

    fn has_own_goal(&self, sought: &Sought) -> bool {
        let Scope::Team(manager) = *self.roster.scope(sought.scope) else { return false };
        let manager = &self.roster.reps()[manager].id;
        self.goals.of_team(sought.kpi, &sought.period, manager).is_some()
    }

    /// A member, if they have a goal.
    fn member(
        &self,
        times: &mut WorkingTimes,
        sought: &Sought,
        (rep, slot): (usize, usize),
        now: Timestamp,
    ) -> Option<Member> {
        let Sought { scope, kpi, period, .. } = sought;
        let period = self.members_period(*scope, rep, period);
        let state = self.state(self.live_id(self.roster.rep_scope(rep), slot));
        let state = state.filter(|state| *state.period == period);
        if let Some((state, case)) = state.and_then(|state| Some((state, state.case.clone()?))) {
            let period = state.period.clone();
            return case.aim.is_some().then_some(Member::Judged { rep, period, case });
        }
        // By another calendar, or where it is another day, the period of their own standing is another.
        let piece = match self.model.kpi(*kpi).goal_kind {
            GoalKind::Reach => {
                let owed = self.owed_by_rep(times, rep, *kpi, &period)?;
                self.owed_piece(times, sought, &owed, false, now)
            }
            GoalKind::Hold | GoalKind::Rate => {
                let level = self.level_of_rep(rep, *kpi, &period, now)?;
                self.held_piece(sought, &level, level.asked(), false)
            }
        };
        Some(Member::Worked(Box::new(piece)))
    }

    /// How the goal of a standing is made of those of many members.
    pub(super) fn of_many(
        &self,
        times: &mut WorkingTimes,
        sought: &Sought,
        members: Vec<Member>,
        now: Timestamp,
    ) -> Composed {
        if self.goals_add_up(sought.kpi) {
            return (How::Sum, None, members);
        }
        let whole = match self.model.kpi(sought.kpi).goal_kind {
            GoalKind::Reach => self.owed_by_many(times, sought, &members, now),
            GoalKind::Hold | GoalKind::Rate => self.held_by_many(sought, &members, now),
        };
        let how = if whole.is_some() { How::Common } else { How::Differ };
        (how, whole, members)
    }

    fn owed_by_many(
        &self,
        times: &mut WorkingTimes,
        sought: &Sought,
        members: &[Member],
        now: Timestamp,
    ) -> Option<Piece> {
        let owed: Option<Vec<(Arc<Goal>, Rational)>> =
            members.iter().map(|member| self.asked_of(sought, member)).collect();
        let owed = owed?;
        let (goal, _) = owed.first()?;
        let asked = owed
            .iter()
            .map(|(goal, left)| Asked { target: goal.target.into(), left: left.clone() });
        let asked = common(&asked.collect::<Vec<Asked>>())?;
        let same = owed.iter().all(|(other, _)| other.curve == goal.curve);
        let owed =
            self.owed_alike(times, sought.scope, goal.clone(), (asked, same), &sought.period);
        Some(self.owed_piece(times, sought, &owed, true, now))
    }

    /// The goal of a member, and what is left of it.
    fn asked_of(&self, sought: &Sought, member: &Member) -> Option<(Arc<Goal>, Rational)> {
        match member {
            Member::Worked(piece) => Some((piece.goal.clone(), piece.amount.clone())),
            Member::Judged { rep, period, case } => {
                let goal = self.goals.of_rep(sought.kpi, period, *rep, &self.roster)?;
                Some((goal, case.aim.as_ref()?.goal.clone()))
            }
        }
    }

    fn held_by_many(&self, sought: &Sought, members: &[Member], now: Timestamp) -> Option<Piece> {
        let Sought { scope, kpi, period, .. } = sought;
        let slot = self.slots.find(*kpi, period.kind)?;
        let case = self.state(self.live_id(*scope, slot))?.case.as_ref()?;
        let left = case.aim.as_ref()?.goal.clone();
        let rep = self.rep_of(members.first()?)?;
        let period = self.members_period(*scope, rep, period);
        let level = self.level_of_rep(rep, *kpi, &period, now)?;
        // Of what nothing is left the targets are the same.
        let target = if left.is_zero() { level.asked().target } else { left.clone() };
        Some(self.held_in_common(sought, &level, Asked { target, left }))
    }

    fn rep_of(&self, member: &Member) -> Option<usize> {
        match member {
            Member::Judged { rep, .. } => Some(*rep),
            Member::Worked(piece) => match *self.roster.scope(piece.scope) {
                Scope::Rep(rep) => Some(rep),
                Scope::Org | Scope::Unassigned | Scope::Team(_) | Scope::Ended => None,
            },
        }
    }
}
