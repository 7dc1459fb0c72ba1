//! Which goal a scope has in a period, what of it is due at an instant, and from whom it comes.

mod spread;

use std::cmp::Reverse;

use jiff::{Timestamp, civil::Date};
use num_traits::{Signed, Zero};

use super::{
    calendar::{self, Period},
    config::{Config, Goal, GoalKind, Kpi, Whose},
    number::Exact,
    scope::{self, Scope},
};
use spread::{Due, Place};

/// The goal of a scope in a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standard {
    /// How much.
    pub goal: Exact,
    /// Whether the targets ask for something although nothing is left of them, as in a period without working days.
    pub is_void: bool,
    /// What is due; only a goal to be reached falls due bit by bit.
    pub expected: Option<Exact>,
}

/// The goal of a scope in a period and what of it is due at `now`; `None` when none is in force.
#[must_use]
pub fn standard(
    config: &Config,
    scope: &Scope,
    kpi: &Kpi,
    period: &Period,
    now: Timestamp,
) -> Option<Standard> {
    standard_by(config, scope, kpi, period, &|_| now)
}

/// The same, with what is due when a day is over, for every rep where the rep is.
#[must_use]
pub fn standard_after(
    config: &Config,
    scope: &Scope,
    kpi: &Kpi,
    period: &Period,
    day: Date,
) -> Option<Standard> {
    standard_by(config, scope, kpi, period, &|whose| calendar::end_of(day, whose.zone(config)))
}

/// The same, with an instant for each whose goal it is.
fn standard_by(
    config: &Config,
    scope: &Scope,
    kpi: &Kpi,
    period: &Period,
    now: &dyn Fn(&Scope) -> Timestamp,
) -> Option<Standard> {
    if let Some(own) = own_goal(config, scope, kpi, period) {
        let place = Place { config, scope, kpi, period };
        return Some(sum(kpi, &[(own.clone(), place.due(own, now(scope)))]));
    }
    if !matches!(scope, Scope::Team(_) | Scope::Org) {
        return None;
    }
    let members = of_members(config, scope, kpi, period, now);
    if members.is_empty() {
        return None;
    }
    if kpi.adds_up() {
        return Some(sum(kpi, &members));
    }
    let common = common(&members)?;
    if !members.iter().any(is_left) {
        return Some(sum(kpi, &members));
    }
    let due = Place { config, scope, kpi, period }.due(&common, now(scope));
    Some(sum(kpi, &[(common, due)]))
}

/// The working days that are left to a scope: of a rep whose goal goes by presence, those on which the rep is there.
#[must_use]
pub fn work_left(
    config: &Config,
    scope: &Scope,
    kpi: &Kpi,
    period: &Period,
    now: Timestamp,
) -> Exact {
    let own = own_goal(config, scope, kpi, period);
    let place = Place { config, scope, kpi, period };
    let counts = |day: &Date| own.is_none_or(|goal| place.is_present(goal, *day));
    let days: Vec<Date> = place.days().into_iter().filter(counts).collect();
    let calendar = scope.calendar(config);
    let done = calendar::work_done(calendar, scope.zone(config), &days, now);
    calendar::work(calendar, &days) - done
}

/// The goals of the members who have one, with what they come to: each in the member's own period that holds the last day
/// of this one.
fn of_members(
    config: &Config,
    scope: &Scope,
    kpi: &Kpi,
    period: &Period,
    now: &dyn Fn(&Scope) -> Timestamp,
) -> Vec<(Goal, Due)> {
    let of_member = |id: String| {
        let member = Scope::Rep(id);
        let period = &Period::holding(member.calendar(config), period.kind, period.end);
        let goal = own_goal(config, &member, kpi, period)?;
        let due = Place { config, scope: &member, kpi, period }.due(goal, now(&member));
        Some((goal.clone(), due))
    };
    scope.members(config).into_iter().filter_map(of_member).collect()
}

/// All of them together.
fn sum(kpi: &Kpi, goals: &[(Goal, Due)]) -> Standard {
    let goal: Exact = goals.iter().map(|(_, due)| due.goal.clone()).sum();
    let asked: Exact = goals.iter().map(|(goal, _)| goal.target.clone()).sum();
    let expected = goals.iter().map(|(_, due)| due.expected.clone()).sum();
    Standard {
        is_void: goal.is_zero() && asked.is_positive(),
        goal,
        expected: (kpi.goal_kind() == GoalKind::Reach).then_some(expected),
    }
}

/// Whether something is left of a goal, or nothing was asked for.
fn is_left((goal, due): &(Goal, Due)) -> bool {
    !due.goal.is_zero() || goal.target.is_zero()
}

/// What all members have in common, as a goal of the team's own; `None` when their goals come to different values. A
/// member of whose goal nothing is left is taken by the target. The goal spreads by the members' curve where they share
/// one, else evenly.
fn common(members: &[(Goal, Due)]) -> Option<Goal> {
    let value = |member: &(Goal, Due)| {
        if is_left(member) { member.1.goal.clone() } else { member.0.target.clone() }
    };
    let (goal, common) = (&members.first()?.0, value(members.first()?));
    if members.iter().any(|member| value(member) != common) {
        return None;
    }
    let same_curve = members.iter().all(|(other, _)| other.curve == goal.curve);
    let curve = goal.curve.clone().filter(|_| same_curve);
    Some(Goal { curve, ..plain(goal, common) })
}

/// A goal of this target without more ado.
fn plain(goal: &Goal, target: Exact) -> Goal {
    Goal { target, ramp: Vec::new(), presence: false, curve: None, ..goal.clone() }
}

/// The goal that wins among those for this very scope: by how near it names the rep, then set while running before the
/// file's, then by the latest start, then by the latest edit.
fn own_goal<'a>(config: &'a Config, scope: &Scope, kpi: &Kpi, period: &Period) -> Option<&'a Goal> {
    let about = |goal: &&Goal| goal.kpi == kpi.name && goal.period == period.kind;
    let in_force = |goal: &&Goal| {
        goal.from.is_none_or(|from| from <= period.end)
            && goal.until.is_none_or(|until| period.end <= until)
    };
    let candidates = config.goals.iter().filter(about).filter(in_force);
    let ranked = candidates.filter_map(|goal| Some((rank(config, scope, goal)?, goal)));
    let best = ranked.min_by_key(|(rank, goal)| {
        (*rank, Reverse(goal.edit.is_some()), Reverse(goal.from), Reverse(goal.edit))
    });
    best.map(|(_, goal)| goal)
}

/// How far a goal is from naming the scope itself; `None` when it is not for it.
fn rank(config: &Config, scope: &Scope, goal: &Goal) -> Option<(u8, usize)> {
    match (scope, &goal.whose) {
        (Scope::Team(id), Whose::Team(team)) => (id == team).then_some((0, 0)),
        (Scope::Rep(id), Whose::Rep(rep)) => (id == rep).then_some((0, 0)),
        (Scope::Rep(id), Whose::Role(role)) => {
            (config.rep(id)?.role.as_ref() == Some(role)).then_some((1, 0))
        }
        (Scope::Rep(id), Whose::EachOf(manager)) => {
            scope::distance(config, manager, id).map(|distance| (2, distance))
        }
        (Scope::Rep(_), Whose::Everyone) => Some((3, 0)),
        _ => None,
    }
}
