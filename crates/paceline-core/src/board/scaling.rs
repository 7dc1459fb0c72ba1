//! What scales a rep's goal day by day: the step of its ramp, and whether the rep is there.

use crate::day::Day;
use crate::goal::{Goal, ramp_share};
use crate::rational::Rational;
use crate::roster::Rep;

/// What scales a rep's goal day by day.
pub(super) struct Scaling<'a> {
    pub(super) goal: &'a Goal,
    pub(super) rep: &'a Rep,
    /// Whether the ramp counts: it scales no cap.
    pub(super) ramps: bool,
}

/// By what a day's share of a target is multiplied.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Scale {
    pub(super) present: bool,
    pub(super) ramp: Rational,
}

impl Scaling<'_> {
    pub(super) fn on(&self, day: Day) -> Scale {
        let Self { goal, rep, ramps } = self;
        let present = !goal.presence || rep.is_present(day);
        let ramp = if *ramps { ramped(goal, rep, day) } else { Rational::ONE };
        Scale { present, ramp }
    }
}

impl Scale {
    pub(super) fn is_all(&self) -> bool {
        self.present && self.ramp == Rational::ONE
    }

    pub(super) fn product(&self) -> Rational {
        if self.present { self.ramp.clone() } else { Rational::ZERO }
    }
}

/// The ramp's share on a day. Who has no first day has been here for ever.
pub(super) fn ramped(goal: &Goal, rep: &Rep, day: Day) -> Rational {
    rep.tenure_months(day).map_or(Rational::ONE, |months| ramp_share(&goal.ramp, months).into())
}

/// The days on which a factor may change.
pub(super) fn edges(goal: &Goal, rep: &Rep) -> Vec<Day> {
    let steps = goal.ramp.iter().filter_map(|step| rep.anniversary(step.until_month));
    let absences = rep.time_off.iter().flat_map(|(first, last)| [*first, last.plus(1)]);
    let employment = rep.start.into_iter().chain(rep.end.map(|end| end.plus(1)));
    let presence = absences.chain(employment).filter(|_| goal.presence);
    steps.chain(presence).collect()
}
