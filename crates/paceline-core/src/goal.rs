//! Goals: targets for a scope, a KPI and a kind of period, and which of several is in force.

use crate::day::Day;
use crate::decimal::Decimal;
use crate::kpi::KpiId;
use crate::period::{Period, PeriodKind};

/// A target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Goal {
    /// The KPI it is for.
    pub kpi: KpiId,
    /// The kind of period it is for; a goal for months says nothing about quarters.
    pub period: PeriodKind,
    /// What is to be reached or held.
    pub target: Decimal,
    /// Whose goal it is.
    pub whose: Whose,
    /// The first day it is in force, if any.
    pub from: Option<Day>,
    /// The last day it is in force, if any.
    pub until: Option<Day>,
}

/// Whose goal it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Whose {
    /// One rep, by id.
    Rep(String),
    /// Every rep with a role.
    Role(String),
    /// Every rep below a manager, by the manager's id.
    EachOf(String),
    /// Every rep.
    Everyone,
    /// A team as such, by its manager's id, and nobody in it.
    Team(String),
}

impl Goal {
    /// Whether it is in force for a period: its dates include the period's last day.
    pub fn in_force(&self, period: &Period) -> bool {
        self.from.is_none_or(|from| from <= period.end)
            && self.until.is_none_or(|until| period.end <= until)
    }
}
