//! What a scope owes in a period, and when it falls due.
//!
//! A reach goal is a sum of shares: each working day bears its part of the target, by the day's weight or the
//! curve, times the share of the ramp, if the rep is present. A team owes what its members owe, unless it has a goal
//! of its own. Goals to be held and rates are not spread.

use std::sync::Arc;

use jiff::Timestamp;

use super::Board;
use super::working_times::WorkingTimes;
use crate::day::Day;
use crate::goal::{Curve, Goal, ramp_share};
use crate::kpi::{Better, GoalKind, KpiId};
use crate::period::{Period, PeriodKind};
use crate::rational::Rational;
use crate::roster::{Rep, Scope, ScopeId};
use crate::spread::{self, Due, Spread};
use crate::standing::Aim;
use crate::workdays::{Workday, Workdays};

/// What one rep or team owes.
struct Owed {
    target: Rational,
    /// The face by whose days it falls due.
    face: usize,
    /// The shares of the target that fall due.
    spread: Arc<Spread>,
}

/// A target, and what ramp, presence and calendar leave of it.
struct Asked {
    target: Rational,
    left: Rational,
}

impl Owed {
    fn goal(&self) -> Rational {
        &self.target * self.spread.total()
    }

    fn asked(&self) -> Asked {
        Asked { target: self.target.clone(), left: self.goal() }
    }
}

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
        match *self.roster.scope(scope) {
            Scope::Unassigned | Scope::Ended => None,
            Scope::Rep(rep) => Some(vec![self.owed_by_rep(times, rep, kpi, period)?.1]),
            Scope::Team(manager) => {
                match self.goals.of_team(kpi, period, &self.roster.reps()[manager].id) {
                    Some(goal) => Some(vec![self.owed_by_team(times, scope, &goal, period)]),
                    None => self.owed_by_members(times, scope, kpi, period),
                }
            }
            Scope::Org => self.owed_by_members(times, scope, kpi, period),
        }
    }

    fn owed_by_rep(
        &self,
        times: &mut WorkingTimes,
        rep: usize,
        kpi: KpiId,
        period: &Period,
    ) -> Option<(Arc<Goal>, Owed)> {
        let goal = self.goals.of_rep(kpi, period, rep, &self.roster)?;
        let face = self.face_of[self.roster.rep_scope(rep).0 as usize];
        let days = self.workdays(times, face, period);
        let facts = &self.roster.reps()[rep];
        let ramps = self.model.kpi(kpi).better == Better::Higher;
        let factor = |day: Day| factor(&goal, facts, ramps, day);
        let plain = goal.ramp.is_empty() && !goal.presence;
        let spread = if plain || days.iter().all(|day| factor(day.day) == Rational::ONE) {
            self.shares(times, face, period, goal.curve.as_ref())
        } else {
            let parts = self.parts(face, period, &days, goal.curve.as_ref());
            let share = |day: &Workday| share(&days, parts.as_deref(), day);
            Arc::new(Spread::new(&days, |day| &share(day) * &factor(day.day)))
        };
        let owed = Owed { target: goal.target.into(), face, spread };
        Some((goal, owed))
    }

    fn owed_by_team(
        &self,
        times: &mut WorkingTimes,
        scope: ScopeId,
        goal: &Goal,
        period: &Period,
    ) -> Owed {
        let face = self.face_of[scope.0 as usize];
        let spread = self.shares(times, face, period, goal.curve.as_ref());
        Owed { target: goal.target.into(), face, spread }
    }

    /// What a team's members owe: for sums and counts each of them, otherwise the value they have in common.
    fn owed_by_members(
        &self,
        times: &mut WorkingTimes,
        scope: ScopeId,
        kpi: KpiId,
        period: &Period,
    ) -> Option<Vec<Owed>> {
        let of_member =
            |rep| self.owed_by_rep(times, rep, kpi, &self.members_period(scope, rep, period));
        let owed: Vec<(Arc<Goal>, Owed)> =
            self.roster.members(scope).filter_map(of_member).collect();
        let (goal, _) = owed.first()?;
        if self.model.kpi(kpi).adds_up() {
            return Some(owed.into_iter().map(|(_, owed)| owed).collect());
        }
        let asked: Vec<Asked> = owed.iter().map(|(_, owed)| owed.asked()).collect();
        let Asked { target, left } = common(&asked)?;
        let face = self.face_of[scope.0 as usize];
        let spread = if left.is_zero() && !target.is_zero() {
            Arc::new(Spread::new(&self.workdays(times, face, period), |_| Rational::ZERO))
        } else {
            let same = owed.iter().all(|(other, _)| other.curve == goal.curve);
            self.shares(times, face, period, goal.curve.as_ref().filter(|_| same))
        };
        Some(vec![Owed { target, face, spread }])
    }

    /// The goal of a scope of which all is due at every moment.
    fn level_aim(&self, scope: ScopeId, kpi: KpiId, period: &Period, at: Timestamp) -> Option<Aim> {
        let levels = self.levels(scope, kpi, period, at)?;
        let asks = levels.iter().any(|level| !level.target.is_zero());
        let goal: Rational = levels.into_iter().map(|level| level.left).sum();
        Some(Aim { void: asks && goal.is_zero(), goal, due: None })
    }

    /// The goals that make up a scope's goal, as they are at an instant.
    fn levels(
        &self,
        scope: ScopeId,
        kpi: KpiId,
        period: &Period,
        at: Timestamp,
    ) -> Option<Vec<Asked>> {
        match self.roster.scope(scope) {
            Scope::Unassigned | Scope::Ended => None,
            Scope::Rep(rep) => Some(vec![self.level_of_rep(*rep, kpi, period, at)?]),
            Scope::Team(manager) => {
                let id = &self.roster.reps()[*manager].id;
                match self.goals.of_team(kpi, period, id) {
                    Some(goal) => {
                        let target = Rational::from(goal.target);
                        Some(vec![Asked { left: target.clone(), target }])
                    }
                    None => self.levels_of_members(scope, kpi, period, at),
                }
            }
            Scope::Org => self.levels_of_members(scope, kpi, period, at),
        }
    }

    fn levels_of_members(
        &self,
        scope: ScopeId,
        kpi: KpiId,
        period: &Period,
        at: Timestamp,
    ) -> Option<Vec<Asked>> {
        let level =
            |rep: usize| self.level_of_rep(rep, kpi, &self.members_period(scope, rep, period), at);
        let levels: Vec<Asked> = self.roster.members(scope).filter_map(level).collect();
        let kpi = self.model.kpi(kpi);
        if kpi.adds_up() && kpi.goal_kind == GoalKind::Hold {
            return (!levels.is_empty()).then_some(levels);
        }
        Some(vec![common(&levels)?])
    }

    /// The ramp scales what is to be held by the rep's own today, and neither a rate nor a cap.
    fn level_of_rep(
        &self,
        rep: usize,
        kpi: KpiId,
        period: &Period,
        at: Timestamp,
    ) -> Option<Asked> {
        let goal = self.goals.of_rep(kpi, period, rep, &self.roster)?;
        let kpi = self.model.kpi(kpi);
        let target = Rational::from(goal.target);
        let ramps = kpi.goal_kind == GoalKind::Hold && kpi.better == Better::Higher;
        let zone = self.roster.zone(self.roster.rep_scope(rep));
        let today = Day::of(at, zone).clamp(period.start, period.end);
        let share =
            if ramps { ramped(&goal, &self.roster.reps()[rep], today) } else { Rational::ONE };
        Some(Asked { left: &target * &share, target })
    }

    /// The period of a member that belongs to a scope's: in their own calendar the one that holds its last day.
    fn members_period(&self, scope: ScopeId, rep: usize, period: &Period) -> Period {
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

/// The value that members have in common; a member of whose target nothing is left is taken by that. `None` when they
/// differ. Where nothing is left of any, nothing is left of what they have in common.
fn common(members: &[Asked]) -> Option<Asked> {
    let value = |member: &Asked| match member.left.is_zero() {
        true => member.target.clone(),
        false => member.left.clone(),
    };
    let common = value(members.first()?);
    if members.iter().any(|member| value(member) != common) {
        return None;
    }
    let is_left = members.iter().any(|member| !member.left.is_zero() || member.target.is_zero());
    let left = if is_left { common.clone() } else { Rational::ZERO };
    Some(Asked { target: common, left })
}

/// What falls due when.
fn due(owed: Vec<Owed>) -> Due {
    Due::new(by_face(owed).into_iter().map(|(_, part)| part).collect())
}

/// What is owed by the days of each face: alike targets added up, and what differs only by rep merged into one.
fn by_face(owed: Vec<Owed>) -> Vec<(usize, spread::Part)> {
    let mut by_face: Vec<(usize, Vec<spread::Part>)> = Vec::new();
    for Owed { target, face, spread } in owed {
        let at = by_face.iter().position(|(known, _)| *known == face).unwrap_or_else(|| {
            by_face.push((face, Vec::new()));
            by_face.len() - 1
        });
        let parts = &mut by_face[at].1;
        match parts.iter_mut().find(|(_, known)| Arc::ptr_eq(known, &spread)) {
            Some((sum, _)) => *sum = &*sum + &target,
            None => parts.push((target, spread)),
        }
    }
    let one = |(face, mut parts): (usize, Vec<_>)| match parts.len() {
        1 => (face, parts.remove(0)),
        _ => (face, (Rational::ONE, Arc::new(Spread::merged(&parts)))),
    };
    by_face.into_iter().map(one).collect()
}

/// The share of a target that falls on a day, with a curve within the part that holds it.
fn share(days: &Workdays, parts: Option<&[Part]>, day: &Workday) -> Rational {
    let Some(parts) = parts else { return days.share(day) };
    let part = parts.iter().find(|part| part.first <= day.day && day.day <= part.last);
    part.map_or(Rational::ZERO, |part| {
        (&part.share * &day.weight.into()).checked_div(&part.load).unwrap_or(Rational::ZERO)
    })
}

/// A part of a curve that has working days, with its share of the target.
struct Part {
    first: Day,
    last: Day,
    share: Rational,
    load: Rational,
}

/// The parts of a curve. One without working days passes its share on to the next, the last ones back.
fn parts(days: &Workdays, curve: &Curve, bounds: &[(Day, Day)]) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut passed_on = Rational::ZERO;
    for ((first, last), share) in bounds.iter().zip(&curve.shares) {
        let (load, share) = (Rational::from(days.between(*first, *last)), Rational::from(*share));
        let share = &share + &passed_on;
        passed_on = Rational::ZERO;
        if load.is_zero() {
            passed_on = share;
        } else {
            parts.push(Part { first: *first, last: *last, share, load });
        }
    }
    if let Some(last) = parts.last_mut() {
        last.share = &last.share + &passed_on;
    }
    parts
}

/// By what a day's share of a target is multiplied for a rep.
fn factor(goal: &Goal, rep: &Rep, ramps: bool, day: Day) -> Rational {
    if goal.presence && !rep.is_present(day) {
        return Rational::ZERO;
    }
    if ramps { ramped(goal, rep, day) } else { Rational::ONE }
}

/// The ramp's share on a day. Who has no first day has been here for ever.
fn ramped(goal: &Goal, rep: &Rep, day: Day) -> Rational {
    rep.tenure_months(day).map_or(Rational::ONE, |months| ramp_share(&goal.ramp, months).into())
}

/// The days on which a factor may change.
fn edges(goal: &Goal, rep: &Rep) -> Vec<Day> {
    let steps = goal.ramp.iter().filter_map(|step| rep.anniversary(step.until_month));
    let absences = rep.time_off.iter().flat_map(|(first, last)| [*first, last.plus(1)]);
    let employment = rep.start.into_iter().chain(rep.end.map(|end| end.plus(1)));
    let presence = absences.chain(employment).filter(|_| goal.presence);
    steps.chain(presence).collect()
}
