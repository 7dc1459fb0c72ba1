//! The goals, by what they are for and whose they are, and which of several is in force.

use std::collections::HashMap;
use std::sync::Arc;

use crate::day::Day;
use crate::goal::{Goal, Origin, Whose};
use crate::kpi::KpiId;
use crate::period::{Period, PeriodKind};
use crate::roster::Roster;

/// All goals. A rep's is found without a look at the others'.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Goals {
    by_slot: HashMap<(KpiId, PeriodKind), ByWhose>,
}

type ByWhose = HashMap<Whose, Vec<Arc<Goal>>>;

impl Goals {
    pub(super) fn new<'a>(goals: impl IntoIterator<Item = &'a Goal>) -> Self {
        let mut by_slot: HashMap<_, ByWhose> = HashMap::new();
        for goal in goals {
            let of_slot = by_slot.entry((goal.kpi, goal.period)).or_default();
            of_slot.entry(goal.whose.clone()).or_default().push(Arc::new(goal.clone()));
        }
        Self { by_slot }
    }

    /// Whether the goals for a KPI and a kind of period are others than these.
    pub(super) fn differ(&self, from: &Self, kpi: KpiId, kind: PeriodKind) -> bool {
        self.by_slot.get(&(kpi, kind)) != from.by_slot.get(&(kpi, kind))
    }

    /// The goal of a rep: of those in force the most specific one.
    pub(super) fn of_rep(
        &self,
        kpi: KpiId,
        period: &Period,
        rep: usize,
        roster: &Roster,
    ) -> Option<Arc<Goal>> {
        let of_slot = self.by_slot.get(&(kpi, period.kind))?;
        specific_first(rep, roster).find_map(|whose| newest(of_slot.get(&whose)?, period))
    }

    /// Whose goals may be those of a rep, the most specific first: of those there are any.
    pub(super) fn candidates(
        &self,
        kpi: KpiId,
        kind: PeriodKind,
        rep: usize,
        roster: &Roster,
    ) -> Vec<Whose> {
        let Some(of_slot) = self.by_slot.get(&(kpi, kind)) else { return Vec::new() };
        specific_first(rep, roster).filter(|whose| of_slot.contains_key(whose)).collect()
    }

    /// The goals that might have been in the place of the one that a rep has, each with why it is not. Those nearest to being it
    /// come first.
    pub(super) fn passed_over(
        &self,
        kpi: KpiId,
        period: &Period,
        rep: usize,
        roster: &Roster,
    ) -> Vec<(Arc<Goal>, PassedOver)> {
        let Some(of_slot) = self.by_slot.get(&(kpi, period.kind)) else { return Vec::new() };
        let mut chosen = None;
        let mut passed = Vec::new();
        for goals in specific_first(rep, roster).filter_map(|whose| of_slot.get(&whose)) {
            passed_over_among(goals, period, &mut chosen, &mut passed);
        }
        passed
    }

    /// The same of a team as such.
    pub(super) fn passed_over_by_team(
        &self,
        kpi: KpiId,
        period: &Period,
        manager: &str,
    ) -> Vec<(Arc<Goal>, PassedOver)> {
        let mut passed = Vec::new();
        let of_slot = self.by_slot.get(&(kpi, period.kind));
        let goals = of_slot.and_then(|of_slot| of_slot.get(&Whose::Team(manager.to_owned())));
        passed_over_among(goals.map_or(&[], Vec::as_slice), period, &mut None, &mut passed);
        passed
    }

    /// The goal set for a team itself.
    pub(super) fn of_team(&self, kpi: KpiId, period: &Period, manager: &str) -> Option<Arc<Goal>> {
        let of_slot = self.by_slot.get(&(kpi, period.kind))?;
        newest(of_slot.get(&Whose::Team(manager.to_owned()))?, period)
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

    /// All goals for a KPI and a kind of period.
    pub(super) fn all(&self, kpi: KpiId, kind: PeriodKind) -> impl Iterator<Item = &Arc<Goal>> {
        self.by_slot.get(&(kpi, kind)).into_iter().flat_map(HashMap::values).flatten()
    }
}

/// Whose goals a rep's may be, the most specific first.
fn specific_first(rep: usize, roster: &Roster) -> impl Iterator<Item = Whose> + '_ {
    let reps = roster.reps();
    let above = std::iter::successors(roster.manager(rep), |above| roster.manager(*above));
    let own = std::iter::once(Whose::Rep(reps[rep].id.clone()));
    let role = reps[rep].role.clone().map(Whose::Role);
    let nearest_first = above.map(|above| Whose::EachOf(reps[above].id.clone()));
    own.chain(role).chain(nearest_first).chain([Whose::Everyone])
}

/// Why a goal is not the one that somebody has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PassedOver {
    /// It begins after the last day of the period.
    NotYet,
    /// It ends before the last day of the period.
    NoLonger,
    /// Another is for fewer people, of whom this one is.
    LessSpecific,
    /// Another is for the same people, and was set while running, where this one is the config's.
    OfFile,
    /// Another for the same people begins later.
    StartsEarlier,
    /// Another for the same people was edited later.
    EditedEarlier,
}

/// Adds why goals for the same people are passed over; one among them is chosen, if none is yet and any is in force.
fn passed_over_among(
    goals: &[Arc<Goal>],
    period: &Period,
    chosen: &mut Option<Arc<Goal>>,
    passed: &mut Vec<(Arc<Goal>, PassedOver)>,
) {
    let before = chosen.clone();
    if chosen.is_none() {
        *chosen = newest(goals, period);
    }
    for goal in goals {
        if chosen.as_ref().is_some_and(|chosen| Arc::ptr_eq(chosen, goal)) {
            continue;
        }
        let why = match chosen.as_deref() {
            _ if goal.from.is_some_and(|from| period.end < from) => PassedOver::NotYet,
            _ if !goal.in_force(period) => PassedOver::NoLonger,
            Some(_) if before.is_some() => PassedOver::LessSpecific,
            Some(chosen) if goal.origin == Origin::File && chosen.origin != Origin::File => {
                PassedOver::OfFile
            }
            Some(chosen) if goal.from != chosen.from => PassedOver::StartsEarlier,
            _ => PassedOver::EditedEarlier,
        };
        passed.push((goal.clone(), why));
    }
}

/// Of the goals in force for the same people the one that wins.
fn newest(goals: &[Arc<Goal>], period: &Period) -> Option<Arc<Goal>> {
    let in_force = goals.iter().filter(|goal| goal.in_force(period));
    in_force.max_by_key(|goal| goal.precedence()).cloned()
}
