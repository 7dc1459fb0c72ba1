//! What a scope has to hold: goals of which all is due at every moment, as they are on a day.

use std::sync::Arc;

use jiff::Timestamp;

use super::Board;
use super::owed::{Asked, Bearer, Made, common};
use super::scaling::ramped;
use crate::day::Day;
use crate::goal::Goal;
use crate::kpi::{Better, GoalKind, KpiId};
use crate::period::Period;
use crate::rational::Rational;
use crate::roster::ScopeId;
use crate::standing::Aim;

/// What one rep or team has to hold.
pub(super) struct Level {
    pub(super) goal: Arc<Goal>,
    /// The rep, if it is one.
    pub(super) rep: Option<usize>,
    /// The day as of which.
    pub(super) today: Day,
    /// The ramp's share on that day.
    pub(super) ramp: Rational,
}

impl Level {
    pub(super) fn asked(&self) -> Asked {
        let target = Rational::from(self.goal.target);
        Asked { left: &target * &self.ramp, target }
    }
}

impl Board {
    /// The goal of a scope of which all is due at every moment.
    pub(super) fn level_aim(
        &self,
        scope: ScopeId,
        kpi: KpiId,
        period: &Period,
        at: Timestamp,
    ) -> Option<Aim> {
        let asked = |levels: &[Level]| levels.iter().map(Level::asked).collect::<Vec<Asked>>();
        let levels = match self.held_by(scope, kpi, period, at) {
            Made::Nothing => return None,
            Made::Own(level) => vec![level.asked()],
            Made::Sum(levels) => asked(&levels),
            Made::Common(levels) => vec![common(&asked(&levels))?],
        };
        let asks = levels.iter().any(|level| !level.target.is_zero());
        let goal: Rational = levels.into_iter().map(|level| level.left).sum();
        Some(Aim { void: asks && goal.is_zero(), goal, due: None })
    }

    /// By whom what a scope has to hold is held.
    pub(super) fn held_by(
        &self,
        scope: ScopeId,
        kpi: KpiId,
        period: &Period,
        at: Timestamp,
    ) -> Made<Level> {
        self.made(scope, kpi, period, |whose, period| match whose {
            Bearer::Rep(rep) => self.level_of_rep(rep, kpi, period, at),
            Bearer::Team(goal) => {
                let today = Day::of(at, self.roster.zone(scope)).clamp(period.start, period.end);
                Some(Level { goal, rep: None, today, ramp: Rational::ONE })
            }
        })
    }

    /// The ramp scales what is to be held by the rep's own today, and neither a rate nor a cap.
    pub(super) fn level_of_rep(
        &self,
        rep: usize,
        kpi: KpiId,
        period: &Period,
        at: Timestamp,
    ) -> Option<Level> {
        let goal = self.goals.of_rep(kpi, period, rep, &self.roster)?;
        let kpi = self.model.kpi(kpi);
        let ramps = kpi.goal_kind == GoalKind::Hold && kpi.better == Better::Higher;
        let zone = self.roster.zone(self.roster.rep_scope(rep));
        let today = Day::of(at, zone).clamp(period.start, period.end);
        let ramp =
            if ramps { ramped(&goal, &self.roster.reps()[rep], today) } else { Rational::ONE };
        Some(Level { goal, rep: Some(rep), today, ramp })
    }
}
