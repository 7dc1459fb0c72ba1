//! What a scope owes in a period, and when it falls due.
//!
//! A reach goal is a sum of shares: each working day bears its part of the target, by the day's weight or the
//! curve, times the share of the ramp, if the rep is present. A team owes what its members owe, unless it has a goal
//! of its own. Goals to be held and rates are not spread.

use std::sync::Arc;

use jiff::Timestamp;

use super::Board;
use super::curve::{Part, part_of, parts, share};
use super::owed::{Asked, Bearer, Made, Owed, OwedOnDay, by_face, common, due};
use super::scaling::{Scale, Scaling, edges};
use super::working_times::WorkingTimes;
use crate::day::Day;
use crate::goal::{Curve, Goal};
use crate::kpi::{Better, GoalKind, KpiId};
use crate::period::{Period, PeriodKind};
use crate::rational::Rational;
use crate::roster::{Scope, ScopeId};
use crate::spread::{self, Spread};
use crate::standing::Aim;
use crate::workdays::{Workday, Workdays};

impl Board {
    /// The goal of a scope in a period, if one is in force; what is to be held, as it is at an instant or, in a period that
    /// does not hold that, on the day nearest to it.
    pub(super) fn aim(
        &self,
        times: &mut WorkingTimes,
        scope: ScopeId,
        kpi: KpiId,
        period: &Period,
        at: Timestamp,
    ) -> Option<Aim> {
        match self.model.kpi(kpi).goal_kind {
            GoalKind::Reach => self.reach_aim(times, scope, kpi, period),
            GoalKind::Hold | GoalKind::Rate => self.level_aim(scope, kpi, period, at),
        }
    }

    fn reach_aim(
        &self,
        times: &mut WorkingTimes,
        scope: ScopeId,
        kpi: KpiId,
        period: &Period,
    ) -> Option<Aim> {
        let owed = self.owed(times, scope, kpi, period)?;
        let asks = owed.iter().any(|owed| !owed.target.is_zero());
        let goal: Rational = owed.iter().map(Owed::goal).sum();
        let void = asks && goal.is_zero();
        let due = (!period.kind.is_rolling()).then(|| due(owed));
        Some(Aim { goal, due, void })
    }

    /// How a scope's reach goal is spread over a period: part by part, each with the face by whose days it falls due.
    pub(super) fn falls_due(
        &self,
        times: &mut WorkingTimes,
        scope: ScopeId,
        kpi: KpiId,
        period: &Period,
    ) -> Vec<(usize, spread::Part)> {
        self.owed(times, scope, kpi, period).map(by_face).unwrap_or_default()
    }

    /// What makes up a scope's reach goal.
    fn owed(
        &self,
        times: &mut WorkingTimes,
        scope: ScopeId,
        kpi: KpiId,
        period: &Period,
    ) -> Option<Vec<Owed>> {
        match self.owed_by(times, scope, kpi, period) {
            Made::Nothing => None,
            Made::Own(owed) => Some(vec![owed]),
            Made::Sum(owed) => Some(owed),
            Made::Common(owed) => Some(vec![self.owed_in_common(times, scope, &owed, period)?]),
        }
    }

    /// By whom what makes up a scope's reach goal is owed.
    pub(super) fn owed_by(
        &self,
        times: &mut WorkingTimes,
        scope: ScopeId,
        kpi: KpiId,
        period: &Period,
    ) -> Made<Owed> {
        self.made(scope, kpi, period, |whose, period| match whose {
            Bearer::Rep(rep) => self.owed_by_rep(times, rep, kpi, period),
            Bearer::Team(goal) => Some(self.owed_by_team(times, scope, goal, period)),
        })
    }

    /// Of whose goals a scope's is made: its own, or those of its members, which add up or are to be the same.
    pub(super) fn made<T>(
        &self,
        scope: ScopeId,
        kpi: KpiId,
        period: &Period,
        mut of: impl FnMut(Bearer, &Period) -> Option<T>,
    ) -> Made<T> {
        match *self.roster.scope(scope) {
            Scope::Unassigned | Scope::Ended => return Made::Nothing,
            Scope::Rep(rep) => {
                return of(Bearer::Rep(rep), period).map_or(Made::Nothing, Made::Own);
            }
            Scope::Team(manager) => {
                let own = self.goals.of_team(kpi, period, &self.roster.reps()[manager].id);
                if let Some(own) = own.and_then(|goal| of(Bearer::Team(goal), period)) {
                    return Made::Own(own);
                }
            }
            Scope::Org => {}
        }
        let member = |rep| of(Bearer::Rep(rep), &self.members_period(scope, rep, period));
        let members: Vec<T> = self.roster.members(scope).filter_map(member).collect();
        match (members.is_empty(), self.goals_add_up(kpi)) {
            (true, _) => Made::Nothing,
            (false, true) => Made::Sum(members),
            (false, false) => Made::Common(members),
        }
    }

    /// Whether what a scope is asked for is what its members are in sum: no sum of rates is one.
    pub(super) fn goals_add_up(&self, kpi: KpiId) -> bool {
        let kpi = self.model.kpi(kpi);
        kpi.adds_up() && kpi.goal_kind != GoalKind::Rate
    }

    pub(super) fn owed_by_rep(
        &self,
        times: &mut WorkingTimes,
        rep: usize,
        kpi: KpiId,
        period: &Period,
    ) -> Option<Owed> {
        let goal = self.goals.of_rep(kpi, period, rep, &self.roster)?;
        let face = self.face_of[self.roster.rep_scope(rep).0 as usize];
        let days = self.workdays(times, face, period);
        let scaling = self.scaling(kpi, &goal, rep);
        let plain = goal.ramp.is_empty() && !goal.presence;
        let spread = if plain || days.iter().all(|day| scaling.on(day.day).is_all()) {
            self.shares(times, face, period, goal.curve.as_ref())
        } else {
            let parts = self.parts(face, period, &days, goal.curve.as_ref());
            let share = |day: &Workday| share(&days, parts.as_deref(), day);
            Arc::new(Spread::new(&days, |day| &share(day) * &scaling.on(day.day).product()))
        };
        let target = goal.target.into();
        Some(Owed { target, goal, rep: Some(rep), curved: true, face, spread })
    }

    /// What scales a rep's goal day by day.
    fn scaling<'a>(&'a self, kpi: KpiId, goal: &'a Goal, rep: usize) -> Scaling<'a> {
        let ramps = self.model.kpi(kpi).better == Better::Higher;
        Scaling { goal, rep: &self.roster.reps()[rep], ramps }
    }

    fn owed_by_team(
        &self,
        times: &mut WorkingTimes,
        scope: ScopeId,
        goal: Arc<Goal>,
        period: &Period,
    ) -> Owed {
        let face = self.face_of[scope.0 as usize];
        let spread = self.shares(times, face, period, goal.curve.as_ref());
        Owed { target: goal.target.into(), goal, rep: None, curved: true, face, spread }
    }

    /// What makes up what is owed, working day by working day: the share of the target that falls on it, the part of a curve
    /// that holds it, and what scales it.
    pub(super) fn owed_by_days(
        &self,
        times: &mut WorkingTimes,
        kpi: KpiId,
        period: &Period,
        owed: &Owed,
    ) -> Vec<OwedOnDay> {
        let Owed { goal, rep, face, spread, curved, .. } = owed;
        if spread.is_empty() && rep.is_none() {
            return Vec::new();
        }
        let days = self.workdays(times, *face, period);
        let curve = goal.curve.as_ref().filter(|_| *curved);
        let parts = self.parts(*face, period, &days, curve);
        let scaling = rep.map(|rep| self.scaling(kpi, goal, rep));
        let all = || Scale { present: true, ramp: Rational::ONE };
        let on_day = |day: &Workday| OwedOnDay {
            day: day.day,
            weight: day.weight,
            share: share(&days, parts.as_deref(), day),
            part: parts.as_deref().map_or(0, |parts| part_of(parts, day.day)),
            scale: scaling.as_ref().map_or_else(all, |scaling| scaling.on(day.day)),
        };
        days.iter().map(on_day).collect()
    }

    /// What a scope owes of which each member owes some, if that is the same for all.
    pub(super) fn owed_in_common(
        &self,
        times: &mut WorkingTimes,
        scope: ScopeId,
        owed: &[Owed],
        period: &Period,
    ) -> Option<Owed> {
        let goal = owed.first()?.goal.clone();
        let asked: Vec<Asked> = owed.iter().map(Owed::asked).collect();
        let same = owed.iter().all(|other| other.goal.curve == goal.curve);
        Some(self.owed_alike(times, scope, goal, (common(&asked)?, same), period))
    }

    /// What a scope owes of which each member owes the same, by the goal of one of them; whether all have the curve of that.
    pub(super) fn owed_alike(
        &self,
        times: &mut WorkingTimes,
        scope: ScopeId,
        goal: Arc<Goal>,
        (Asked { target, left }, same): (Asked, bool),
        period: &Period,
    ) -> Owed {
        let face = self.face_of[scope.0 as usize];
        let spread = if left.is_zero() && !target.is_zero() {
            Arc::new(Spread::new(&self.workdays(times, face, period), |_| Rational::ZERO))
        } else {
            self.shares(times, face, period, goal.curve.as_ref().filter(|_| same))
        };
        Owed { target, goal, rep: None, face, spread, curved: same }
    }

    /// The period of a member that belongs to a scope's: in their own calendar the one that holds its last day.
    pub(super) fn members_period(&self, scope: ScopeId, rep: usize, period: &Period) -> Period {
        let calendar = self.roster.calendar(self.roster.rep_scope(rep));
        if calendar == self.roster.calendar(scope) {
            return period.clone();
        }
        period.kind.holding(period.end, self.model.calendar(calendar))
    }

    /// How a target is spread for whoever owes all of it.
    fn shares(
        &self,
        times: &mut WorkingTimes,
        face: usize,
        period: &Period,
        curve: Option<&Curve>,
    ) -> Arc<Spread> {
        let days = self.workdays(times, face, period);
        times.shares(face, period, curve, || {
            let parts = self.parts(face, period, &days, curve);
            Spread::new(&days, |day| share(&days, parts.as_deref(), day))
        })
    }

    fn parts(
        &self,
        face: usize,
        period: &Period,
        days: &Workdays,
        curve: Option<&Curve>,
    ) -> Option<Vec<Part>> {
        let curve = curve?;
        let calendar = self.model.calendar(self.faces[face].calendar);
        Some(parts(days, curve, &calendar.fiscal_parts(period, curve.months.into())))
    }

    /// The working days of a scope, by which what is left is counted; without those on which a rep whose goal minds
    /// that is absent.
    pub(super) fn load(
        &self,
        times: &mut WorkingTimes,
        scope: ScopeId,
        kpi: KpiId,
        period: &Period,
    ) -> Option<Arc<Spread>> {
        if self.model.kpi(kpi).goal_kind != GoalKind::Reach || period.kind.is_rolling() {
            return None;
        }
        let face = self.face_of[scope.0 as usize];
        let days = self.workdays(times, face, period);
        if let Scope::Rep(rep) = *self.roster.scope(scope)
            && let Some(goal) = self.goals.of_rep(kpi, period, rep, &self.roster)
            && goal.presence
        {
            let facts = &self.roster.reps()[rep];
            let present = |day: &Workday| match facts.is_present(day.day) {
                true => Rational::from(day.weight),
                false => Rational::ZERO,
            };
            return Some(Arc::new(Spread::new(&days, present)));
        }
        Some(times.load(face, period, &days))
    }

    /// Whether ramps or presence scale any goal for a KPI and a kind of period.
    pub(super) fn scales(&self, kpi: KpiId, kind: PeriodKind) -> bool {
        self.goals.all(kpi, kind).any(|goal| goal.presence || !goal.ramp.is_empty())
    }

    /// The days on which what members of a scope owe is scaled otherwise than the day before, each with the member.
    pub(super) fn scaling_days(
        &self,
        scope: ScopeId,
        kpi: KpiId,
        kind: PeriodKind,
    ) -> impl Iterator<Item = (usize, Day)> {
        // Of an organisation there are many, and mostly nothing scales what any of them owes.
        let scales = self.scales(kpi, kind);
        let members = self.roster.members(scope).take_while(move |_| scales);
        members.flat_map(move |rep| {
            let facts = &self.roster.reps()[rep];
            let days = self.goals.all(kpi, kind).flat_map(|goal| edges(goal, facts));
            days.map(move |day| (rep, day))
        })
    }
}
