//! Standings: where a scope stands on a KPI in a period, judged against its goal.

mod held;
mod judge;
mod numbers;

use jiff::Timestamp;

use crate::kpi::{Band, Bands, Better, GoalKind};
use crate::ledger::Doubt;
use crate::rational::Rational;
use crate::spread::Due;

pub use held::{Held, Statuses};
pub use numbers::Numbers;

/// Where actual stands to goal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// No goal is in force, or nothing of it is left.
    NoGoal,
    /// The KPI has no value, or its sample is too small.
    NotEnoughData,
    /// The period ended short of the goal, or a cap is exceeded.
    Missed,
    /// The goal is reached, or the period ended within the cap.
    Achieved,
    /// Too little is due yet to judge.
    TooEarly,
    /// Clearly above what is due.
    Ahead,
    /// About what is due.
    OnTrack,
    /// Clearly below what is due.
    Behind,
}

impl Status {
    /// All there are.
    pub const ALL: [Self; 8] = [
        Self::NoGoal,
        Self::NotEnoughData,
        Self::Missed,
        Self::Achieved,
        Self::TooEarly,
        Self::Ahead,
        Self::OnTrack,
        Self::Behind,
    ];

    /// Its name outside of this process, which never changes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoGoal => "NO_GOAL",
            Self::NotEnoughData => "NOT_ENOUGH_DATA",
            Self::Missed => "MISSED",
            Self::Achieved => "ACHIEVED",
            Self::TooEarly => "TOO_EARLY",
            Self::Ahead => "AHEAD",
            Self::OnTrack => "ON_TRACK",
            Self::Behind => "BEHIND",
        }
    }

    /// The status of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

/// The dead zones as they are compared.
#[derive(Clone, Debug)]
pub struct Rules {
    behind: Edge,
    ahead: Edge,
    grace: Rational,
}

#[derive(Clone, Debug)]
struct Edge {
    enter: Rational,
    leave: Rational,
}

impl From<Bands> for Rules {
    fn from(bands: Bands) -> Self {
        let edge = |band: Band| Edge { enter: band.enter.into(), leave: band.leave.into() };
        Self { behind: edge(bands.behind), ahead: edge(bands.ahead), grace: bands.grace.into() }
    }
}

/// Everything a standing is judged by, but for the instant and the status before.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// How the KPI is compared with a goal.
    pub goal_kind: GoalKind,
    /// Which direction is good.
    pub better: Better,
    /// The fewest records for which a rate is judged.
    pub min_sample: u64,
    /// The KPI's value, if it has one.
    pub actual: Option<Rational>,
    /// Whether it has no value because nothing is left to do. That is ahead of whatever goal is in force, and what
    /// follows from a value (attainment, pace, remaining, projected, required per day) is as empty as the value.
    pub met: bool,
    /// The records behind it.
    pub sample: u64,
    /// What it is compared with.
    pub aim: Option<Aim>,
    /// The first instant after the period; none for rolling windows.
    pub end: Option<Timestamp>,
    /// The records whose contribution is not known: nothing may look better for them.
    pub doubt: Doubt,
}

/// A goal in force.
#[derive(Clone, Debug, PartialEq)]
pub struct Aim {
    /// The goal.
    pub goal: Rational,
    /// What of it is due when; none where all of it always is.
    pub due: Option<Due>,
    /// Whether the calendar leaves nothing of the target: a goal of 0 that nobody set.
    pub void: bool,
}

impl Aim {
    /// The goal, unless the calendar leaves nothing of it: then there is none to compute with.
    pub fn left(&self) -> Option<&Rational> {
        (!self.void).then_some(&self.goal)
    }

    /// What is due at an instant.
    pub fn expected(&self, now: Timestamp) -> Rational {
        self.due.as_ref().map_or_else(|| self.goal.clone(), |due| due.at(now))
    }
}
