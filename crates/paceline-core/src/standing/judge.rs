//! The status of a case, and the first instant at which time alone changes it.

use jiff::Timestamp;

use super::{Aim, Case, Edge, Rules, Status};
use crate::kpi::{Better, GoalKind};
use crate::ledger::Doubt;
use crate::rational::Rational;
use crate::spread::{Bound, Due};

impl Case {
    /// The status at an instant, coming from `previous`.
    pub fn status(&self, rules: &Rules, previous: Status, now: Timestamp) -> Status {
        let status = self.judged(rules, previous, now);
        let worse_or_same = matches!(status, Status::Behind | Status::Missed | Status::NoGoal);
        if self.doubt != Doubt::default() && previous == Status::Behind && !worse_or_same {
            return Status::Behind;
        }
        status
    }

    /// The first instant after `now` at which the status is no longer `status` if nothing but time happens.
    pub fn next_change(&self, rules: &Rules, status: Status, now: Timestamp) -> Option<Timestamp> {
        let aim = self.aim.as_ref().filter(|aim| !aim.void)?;
        let actual = self.actual.as_ref()?;
        let end = self.end.filter(|end| self.goal_kind == GoalKind::Reach && *end > now);
        let crossings =
            aim.due.iter().flat_map(|due| self.crossings(rules, actual, &aim.goal, due, now));
        let mut instants: Vec<Timestamp> =
            crossings.chain(end).filter(|at| end.is_none_or(|end| *at <= end)).collect();
        instants.sort_unstable();
        instants.into_iter().find(|at| self.status(rules, status, *at) != status)
    }

    fn judged(&self, rules: &Rules, previous: Status, now: Timestamp) -> Status {
        let Some(aim) = self.aim.as_ref().filter(|aim| !aim.void) else { return Status::NoGoal };
        if self.met {
            return Status::Ahead;
        }
        let Some(actual) = &self.actual else { return Status::NotEnoughData };
        if self.goal_kind == GoalKind::Rate && self.sample < self.min_sample {
            return Status::NotEnoughData;
        }
        match &aim.due {
            Some(due) if self.goal_kind == GoalKind::Reach => {
                self.reach(rules, previous, now, actual, aim, due)
            }
            _ => self.band(rules, previous, actual, &aim.goal),
        }
    }

    fn reach(
        &self,
        rules: &Rules,
        previous: Status,
        now: Timestamp,
        actual: &Rational,
        aim: &Aim,
        due: &Due,
    ) -> Status {
        let ended = self.end.is_some_and(|end| end <= now);
        match self.better {
            Better::Higher if *actual >= aim.goal => return Status::Achieved,
            Better::Higher if ended => return Status::Missed,
            Better::Lower if *actual > aim.goal => return Status::Missed,
            Better::Lower if ended => return Status::Achieved,
            Better::Higher | Better::Lower => {}
        }
        let expected = due.at(now);
        if expected < &rules.grace * &aim.goal {
            return Status::TooEarly;
        }
        if expected.is_zero() {
            return Status::OnTrack;
        }
        self.band(rules, previous, actual, &expected)
    }

    /// The status by the dead zones. What is to be small against what is to be large, by products: higher
    /// is better compares the actual value with the reference, lower is better the reference with it.
    fn band(
        &self,
        rules: &Rules,
        previous: Status,
        actual: &Rational,
        reference: &Rational,
    ) -> Status {
        let (value, measure) = match self.better {
            Better::Higher => (actual, reference),
            Better::Lower => (reference, actual),
        };
        let below = |share: &Rational| *value < share * measure;
        let Rules { behind, ahead, .. } = rules;
        if previous == Status::Behind && below(&behind.leave) {
            return Status::Behind;
        }
        if previous == Status::Ahead && !below(&ahead.leave) {
            return Status::Ahead;
        }
        if below(&behind.enter) {
            return Status::Behind;
        }
        if below(&ahead.enter) { Status::OnTrack } else { Status::Ahead }
    }

    /// The instants after `now` at which what is due passes a value that a comparison depends on.
    fn crossings(
        &self,
        rules: &Rules,
        actual: &Rational,
        goal: &Rational,
        due: &Due,
        now: Timestamp,
    ) -> impl Iterator<Item = Timestamp> {
        let mut values =
            vec![(&rules.grace * goal, Bound::AtLeast), (Rational::ZERO, Bound::Above)];
        let Rules {
            behind: Edge { enter: behind, leave: recovered },
            ahead: Edge { enter: ahead, leave: fallen },
            ..
        } = rules;
        match self.better {
            // value < share × due  ⇔  due > value ÷ share
            Better::Higher => {
                let at = |share: &Rational| actual.checked_div(share);
                values.extend(
                    [at(behind), at(fallen)]
                        .into_iter()
                        .flatten()
                        .map(|value| (value, Bound::Above)),
                );
            }
            // due ≥ share × value
            Better::Lower => {
                values.extend(
                    [recovered, ahead, behind, fallen]
                        .map(|share| (share * actual, Bound::AtLeast)),
                );
            }
        }
        values
            .into_iter()
            .filter_map(move |(value, bound)| due.first(&value, bound, now))
            .collect::<Vec<_>>()
            .into_iter()
    }
}
