//! Which goal a scope has in a period, what of it is due at an instant, and from whom it comes.

use std::cmp::Reverse;

use jiff::Timestamp;
use num_traits::{Signed, Zero};

use super::{
    calendar::{self, Period},
    config::{Config, Goal, GoalKind, Kpi, Whose},
    number::Exact,
    scope::{self, Scope},
};

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
    let parts = parts(config, scope, kpi, period);
    if parts.is_empty() {
        return None;
    }
    let all = calendar::work(&config.calendars.default, period);
    let asked: Exact = parts.iter().map(|(_, target)| target.clone()).sum();
    let goal = spread(kpi, &all, &asked);
    let due = |(of, target): &(Scope, Exact)| due(config, of, period, &all, target, now);
    let expected = (kpi.goal_kind() == GoalKind::Reach).then(|| parts.iter().map(due).sum());
    Some(Standard { is_void: goal.is_zero() && asked.is_positive(), goal, expected })
}

/// The targets that make up a goal, each with the scope whose clock it follows.
fn parts(config: &Config, scope: &Scope, kpi: &Kpi, period: &Period) -> Vec<(Scope, Exact)> {
    if let Some(own) = own_target(config, scope, kpi, period) {
        return vec![(scope.clone(), own)];
    }
    if !matches!(scope, Scope::Team(_) | Scope::Org) {
        return Vec::new();
    }
    let members = scope.members(config).into_iter().map(Scope::Rep);
    let target = |member: Scope| Some((member.clone(), own_target(config, &member, kpi, period)?));
    let targets: Vec<(Scope, Exact)> = members.filter_map(target).collect();
    if kpi.adds_up() { targets } else { common(scope, &targets) }
}

/// What all members have, as the team's own; nothing when they differ.
fn common(scope: &Scope, targets: &[(Scope, Exact)]) -> Vec<(Scope, Exact)> {
    let Some((_, first)) = targets.first() else { return Vec::new() };
    let same = targets.iter().all(|(_, target)| target == first);
    if same { vec![(scope.clone(), first.clone())] } else { Vec::new() }
}

/// The target of the goal that wins among those for this very scope: by how near it names the rep, then set while
/// running before the file's, then by the latest start, then by the latest edit.
fn own_target(config: &Config, scope: &Scope, kpi: &Kpi, period: &Period) -> Option<Exact> {
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
    best.map(|(_, goal)| goal.target.clone())
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

/// What a target is worth in a period with so many working days: all of it, but a goal to be reached needs days to be
/// reached on.
fn spread(kpi: &Kpi, all: &Exact, target: &Exact) -> Exact {
    let reach = kpi.goal_kind() == GoalKind::Reach;
    if reach && all.is_zero() { Exact::zero() } else { target.clone() }
}

/// What of a target is due, by the clock of the scope that has it. A rolling window is always due whole.
fn due(
    config: &Config,
    of: &Scope,
    period: &Period,
    all: &Exact,
    target: &Exact,
    now: Timestamp,
) -> Exact {
    if all.is_zero() {
        return Exact::zero();
    }
    if period.is_rolling() {
        return target.clone();
    }
    let calendar = &config.calendars.default;
    target * calendar::work_done(calendar, of.zone(config), period, now) / all
}
