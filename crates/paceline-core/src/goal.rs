//! Goals: targets for a scope, a KPI and a kind of period, and which of several is in force.

mod book;
mod draft;
mod rules;

use crate::day::Day;
use crate::decimal::Decimal;
use crate::kpi::KpiId;
use crate::period::{Period, PeriodKind};

pub use book::{Book, Edit, Placed};
pub use draft::{Draft, Misplaced, ParseWhoseError};
pub use rules::{About, MONTHS_MAX, Mistake, curve, dates, months, period, share, target, team};

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
    /// The share of the target by tenure; empty for all of it from the first day.
    pub ramp: Vec<Step>,
    /// Whether only the days count on which a rep is employed and not off.
    pub presence: bool,
    /// How the target is spread over the parts of the period; evenly over its working days without one.
    pub curve: Option<Curve>,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where a goal comes from. Of two that are equally specific one that was set while running wins over the config's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// The config.
    File,
    /// An edit, by its place in the one order of all edits.
    Edit(u64),
}

/// A step of a ramp, which holds while fewer months of tenure are completed than `until_month`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Step {
    /// The completed months of tenure with which it ends.
    pub until_month: u32,
    /// The share of the target that is asked.
    pub share: Decimal,
}

/// Shares of a target for the parts of a fiscal quarter or year.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Curve {
    /// The fiscal months of a part.
    pub months: u8,
    /// A share for each part; they add up to 1.
    pub shares: Vec<Decimal>,
}

/// The share of a target that a ramp asks after so many completed months of tenure.
pub fn ramp_share(ramp: &[Step], months: u32) -> Decimal {
    let step = ramp.iter().find(|step| months < step.until_month);
    step.map_or(Decimal::from_int(1), |step| step.share)
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
    /// By what it wins over others that are for the same people: set while running, then started last, then edited
    /// last.
    pub fn precedence(&self) -> impl Ord + use<> {
        (self.origin != Origin::File, self.from, self.origin)
    }

    /// Whether it is in force for a period: its dates include the period's last day.
    pub fn in_force(&self, period: &Period) -> bool {
        self.from.is_none_or(|from| from <= period.end)
            && self.until.is_none_or(|until| period.end <= until)
    }
}

#[cfg(test)]
mod tests;
