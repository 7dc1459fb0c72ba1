//! How a period's working time is spread over its instants, and what of a goal is due when.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::calendar::Calendar;
use crate::day::Day;
use crate::period::Period;
use crate::rational::Rational;

/// The working time of a period in one time zone: the weights of its days, each passing evenly during the
/// day's working hours. Weights are in millionths of a working day.
#[derive(Debug)]
pub struct Spread {
    days: Vec<WorkingDay>,
    total: i128,
    knots: Arc<[i128]>,
}

/// A working day's hours in nanoseconds since 1970, and its place in the sum of weights.
#[derive(Debug)]
struct WorkingDay {
    start: i128,
    end: i128,
    before: i128,
    weight: i128,
}

impl Spread {
    /// The working time of a period.
    pub fn new(calendar: &Calendar, zone: &TimeZone, period: &Period) -> Self {
        let mut days = Vec::new();
        let mut total = 0;
        for day in period.days() {
            let Some(working_day) = WorkingDay::new(calendar, zone, day, total) else { continue };
            total += working_day.weight;
            days.push(working_day);
        }
        let knots = days.iter().flat_map(|day| [day.start, day.end]).collect();
        Self { days, total, knots }
    }

    /// Whether the period has no working time at all.
    pub fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// The working days that are left at an instant, today by its remaining share.
    pub fn days_left(&self, now: Timestamp) -> Rational {
        &(&Rational::from_int(self.total) - &self.done(now.as_nanosecond()))
            / &Rational::from_int(1_000_000)
    }

    /// The weight that has passed at an instant.
    fn done(&self, now: i128) -> Rational {
        let started = self.days.partition_point(|day| day.start <= now);
        let Some(day) = started.checked_sub(1).map(|at| &self.days[at]) else {
            return Rational::ZERO;
        };
        if now >= day.end {
            return Rational::from_int(day.before + day.weight);
        }
        let part = Rational::new(day.weight * (now - day.start), day.end - day.start);
        &Rational::from_int(day.before) + &part.unwrap_or(Rational::ZERO)
    }

    /// The first instant at which the passed weight is at least `weight`, or above it.
    fn first(&self, weight: &Rational, bound: Bound) -> Option<i128> {
        let weight_reached = |day: &WorkingDay| {
            let done = Rational::from_int(day.before + day.weight);
            if bound == Bound::AtLeast { done >= *weight } else { done > *weight }
        };
        let day = &self.days[self.days.partition_point(|day| !weight_reached(day))..].first()?;
        let missing = weight - &Rational::from_int(day.before);
        let nanos = &(&missing * &Rational::from_int(day.end - day.start))
            / &Rational::from_int(day.weight);
        Some(day.start + bound.whole(&nanos)?)
    }
}

impl WorkingDay {
    fn new(calendar: &Calendar, zone: &TimeZone, day: Day, before: i128) -> Option<Self> {
        let weight = calendar.weight(day).micros();
        if weight == 0 {
            return None;
        }
        let (start, end) = calendar.working_hours(day, zone)?;
        Some(Self { start: start.as_nanosecond(), end: end.as_nanosecond(), before, weight })
    }
}

/// How a value is to be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// It, or more.
    AtLeast,
    /// More than it.
    Above,
}

impl Bound {
    /// The first whole number that is at least, or above, a value that is not negative.
    fn whole(self, value: &Rational) -> Option<i128> {
        match self {
            Self::AtLeast => value.ceil(),
            Self::Above => value.floor().map(|whole| whole + 1),
        }
    }

    fn holds(self, value: &Rational, than: &Rational) -> bool {
        match self {
            Self::AtLeast => value >= than,
            Self::Above => value > than,
        }
    }
}

/// A target over a working time.
type Part = (Rational, Arc<Spread>);

/// What of a goal is due at each instant of its period: a sum of targets, each over its own working time.
#[derive(Clone, Debug)]
pub struct Due {
    parts: Vec<Part>,
    knots: Arc<[i128]>,
}

/// Equal when made of equal targets over the very same working times.
impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        let same = |((a, x), (b, y)): (&Part, &Part)| a == b && Arc::ptr_eq(x, y);
        self.parts.len() == other.parts.len() && self.parts.iter().zip(&other.parts).all(same)
    }
}

impl Due {
    /// Targets over working times; equal working times must be added up before. Parts that nothing is due of
    /// are left out, so the result may be of nothing.
    pub fn new(parts: Vec<(Rational, Arc<Spread>)>) -> Self {
        let parts: Vec<_> = parts.into_iter().filter(|(_, spread)| !spread.is_empty()).collect();
        let knots = match parts.as_slice() {
            [(_, spread)] => spread.knots.clone(),
            _ => merged(&parts),
        };
        Self { parts, knots }
    }

    /// What is due at the end.
    pub fn total(&self) -> Rational {
        self.parts.iter().map(|(target, _)| target.clone()).sum()
    }

    /// What is due at an instant.
    pub fn at(&self, now: Timestamp) -> Rational {
        self.at_nanos(now.as_nanosecond())
    }

    /// By how much it grows per second after an instant, and until when at that rate; `None` when it grows
    /// no more.
    pub fn rate(&self, now: Timestamp) -> Option<(Rational, Timestamp)> {
        let now = now.as_nanosecond();
        let until = *self.knots.get(self.knots.partition_point(|knot| *knot <= now))?;
        let grown = &self.at_nanos(until) - &self.at_nanos(now);
        let rate =
            &(&grown * &Rational::from_int(1_000_000_000)) / &Rational::from_int(until - now);
        Some((rate, Timestamp::from_nanosecond(until).ok()?))
    }

    /// The first instant after `now` at which at least, or more than, `value` is due; `None` when that is so
    /// at `now` already, or never.
    pub fn first(&self, value: &Rational, bound: Bound, now: Timestamp) -> Option<Timestamp> {
        if bound.holds(&self.at(now), value) {
            return None;
        }
        let first = match self.parts.as_slice() {
            [(target, spread)] => {
                let weight = (value * &Rational::from_int(spread.total)).checked_div(target)?;
                spread.first(&weight, bound)?
            }
            _ => self.first_of_many(value, bound)?,
        };
        Timestamp::from_nanosecond(first).ok()
    }

    fn at_nanos(&self, now: i128) -> Rational {
        let part = |(target, spread): &Part| {
            &(target * &spread.done(now)) / &Rational::from_int(spread.total)
        };
        self.parts.iter().map(part).sum()
    }

    /// Between two knots the sum grows evenly, so the instant follows from the values at both.
    fn first_of_many(&self, value: &Rational, bound: Bound) -> Option<i128> {
        let at = self.knots.partition_point(|knot| !bound.holds(&self.at_nanos(*knot), value));
        let (from, to) = (*self.knots.get(at.checked_sub(1)?)?, *self.knots.get(at)?);
        let (low, high) = (self.at_nanos(from), self.at_nanos(to));
        let nanos =
            (&(value - &low) * &Rational::from_int(to - from)).checked_div(&(&high - &low))?;
        Some(from + bound.whole(&nanos)?)
    }
}

fn merged(parts: &[Part]) -> Arc<[i128]> {
    let mut knots: Vec<i128> =
        parts.iter().flat_map(|(_, spread)| spread.knots.iter().copied()).collect();
    knots.sort_unstable();
    knots.dedup();
    knots.into()
}
