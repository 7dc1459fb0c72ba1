//! The numbers of a standing that move with the clock, as they leave the engine.

use jiff::Timestamp;

use super::{Aim, Case};
use crate::decimal::Decimal;
use crate::kpi::{Better, GoalKind};
use crate::rational::Rational;
use crate::spread::Spread;

/// A standing's numbers at one instant. What has no value is `None`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Numbers {
    /// The KPI's value.
    pub actual: Option<Decimal>,
    /// The goal.
    pub goal: Option<Decimal>,
    /// What of the goal is due.
    pub expected: Option<Decimal>,
    /// What is left of the goal.
    pub remaining: Option<Decimal>,
    /// Where the period would end at this pace.
    pub projected: Option<Decimal>,
    /// What each working day that is left must bring.
    pub required_per_day: Option<Decimal>,
    /// `actual / goal`.
    pub attainment: Option<f64>,
    /// `actual / expected`, inverted where lower is better.
    pub pace: Option<f64>,
    /// By how much `expected` grows per second.
    pub expected_rate: Option<Decimal>,
    /// Until when it grows at that rate.
    pub rate_until: Option<Timestamp>,
}

impl Case {
    /// The numbers at an instant; `load` is the working days of the scope itself.
    pub fn numbers(&self, now: Timestamp, load: Option<&Spread>) -> Numbers {
        let mut numbers = Numbers { actual: leaves(self.actual.as_ref()), ..Numbers::default() };
        let Some(aim) = &self.aim else { return numbers };
        let expected = aim.expected(now);
        numbers.goal = aim.goal.to_decimal();
        numbers.expected = expected.to_decimal().filter(|_| self.goal_kind == GoalKind::Reach);
        if let Some((rate, until)) = aim.due.as_ref().and_then(|due| due.rate(now)) {
            (numbers.expected_rate, numbers.rate_until) = (rate.to_decimal(), Some(until));
        }
        if let Some(actual) = &self.actual {
            self.compare(&mut numbers, actual, aim, &expected, now, load);
        }
        numbers
    }

    fn compare(
        &self,
        numbers: &mut Numbers,
        actual: &Rational,
        aim: &Aim,
        expected: &Rational,
        now: Timestamp,
        load: Option<&Spread>,
    ) {
        let missing = &aim.goal - actual;
        let remaining = if missing.is_negative() { Rational::ZERO } else { missing };
        numbers.attainment = actual.checked_div(&aim.goal).map(|value| value.to_f64());
        numbers.pace = self.pace_against(actual, expected).map(|value| value.to_f64());
        numbers.remaining = remaining.to_decimal();
        if self.goal_kind != GoalKind::Reach || self.end.is_none() {
            return;
        }
        numbers.projected = leaves((actual * &aim.goal).checked_div(expected).as_ref());
        let days_left = load.map(|load| load.left(now));
        numbers.required_per_day =
            leaves(days_left.and_then(|days| remaining.checked_div(&days)).as_ref());
    }

    /// `actual / goal`, exactly.
    pub fn attainment(&self) -> Option<Rational> {
        self.actual.as_ref()?.checked_div(&self.aim.as_ref()?.goal)
    }

    /// `actual / expected` at an instant, inverted where lower is better, exactly.
    pub fn pace(&self, now: Timestamp) -> Option<Rational> {
        let (actual, aim) = (self.actual.as_ref()?, self.aim.as_ref()?);
        self.pace_against(actual, &aim.expected(now))
    }

    fn pace_against(&self, actual: &Rational, expected: &Rational) -> Option<Rational> {
        match self.better {
            Better::Higher => actual.checked_div(expected),
            Better::Lower => expected.checked_div(actual),
        }
    }
}

fn leaves(value: Option<&Rational>) -> Option<Decimal> {
    value.and_then(Rational::to_decimal)
}
