//! How amounts are spread over the working time of a period, and what of a goal is due when.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::rational::Rational;
use crate::workdays::{Workday, Workdays};

/// An amount for each working day of a period, each passing evenly during the day's working hours: the shares of a
/// goal that fall due, or the days themselves by their weights.
#[derive(Debug, PartialEq, Eq)]
pub struct Spread {
    steps: Vec<Step>,
    total: Rational,
    knots: Arc<[i128]>,
}

/// A working day's hours in nanoseconds since 1970, what passes in them, and what passed before.
#[derive(Debug, PartialEq, Eq)]
struct Step {
    start: i128,
    end: i128,
    before: Rational,
    amount: Rational,
}

impl Spread {
    /// An amount for each working day.
    pub fn new(days: &Workdays, mut amount: impl FnMut(&Workday) -> Rational) -> Self {
        Self::of(days.iter().map(|day| (day.start, day.end, amount(day))))
    }

    /// Several spreads over days of the same hours as one, each times its factor.
    pub fn merged(parts: &[Part]) -> Self {
        let mut days: BTreeMap<(i128, i128), Rational> = BTreeMap::new();
        for (factor, spread) in parts {
            for step in &spread.steps {
                let sum = days.entry((step.start, step.end)).or_insert(Rational::ZERO);
                *sum = &*sum + &(factor * &step.amount);
            }
        }
        Self::of(days.into_iter().map(|((start, end), amount)| (start, end, amount)))
    }

    /// Days in their order, of which those with no amount are left out.
    fn of(days: impl Iterator<Item = (i128, i128, Rational)>) -> Self {
        let mut total = Rational::ZERO;
        let mut steps = Vec::new();
        for (start, end, amount) in days.filter(|(_, _, amount)| !amount.is_zero()) {
            let before = total.clone();
            total = &total + &amount;
            steps.push(Step { start, end, before, amount });
        }
        let knots = steps.iter().flat_map(|step| [step.start, step.end]).collect();
        Self { steps, total, knots }
    }

    /// Whether there is nothing to pass.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// What passes in all.
    pub fn total(&self) -> &Rational {
        &self.total
    }

    /// What is left at an instant.
    pub fn left(&self, now: Timestamp) -> Rational {
        &self.total - &self.done(now.as_nanosecond())
    }

    /// What has passed at an instant.
    pub fn passed(&self, now: Timestamp) -> Rational {
        self.done(now.as_nanosecond())
    }

    fn done(&self, now: i128) -> Rational {
        let started = self.steps.partition_point(|step| step.start <= now);
        let Some(step) = started.checked_sub(1).map(|at| &self.steps[at]) else {
            return Rational::ZERO;
        };
        if now >= step.end {
            return &step.before + &step.amount;
        }
        let part = Rational::new(now - step.start, step.end - step.start);
        &step.before + &(&step.amount * &part.unwrap_or(Rational::ZERO))
    }

    /// The first instant at which what has passed is at least `amount`, or above it.
    fn first(&self, amount: &Rational, bound: Bound) -> Option<i128> {
        let reached = |step: &Step| bound.holds(&(&step.before + &step.amount), amount);
        let step = &self.steps[self.steps.partition_point(|step| !reached(step))..].first()?;
        let missing = amount - &step.before;
        let nanos = &(&missing * &Rational::from_int(step.end - step.start)) / &step.amount;
        Some(step.start + bound.whole(&nanos)?)
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

/// A target, and how it is spread.
pub type Part = (Rational, Arc<Spread>);

/// What of a goal is due at each instant of its period: a sum of targets, each spread in its own way.
#[derive(Clone, Debug)]
pub struct Due {
    parts: Vec<Part>,
    knots: Arc<[i128]>,
}

/// Equal when made of equal targets, spread alike: mostly by the very same spreads, which tells it at once.
impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        let same = |((a, x), (b, y)): (&Part, &Part)| a == b && (Arc::ptr_eq(x, y) || x == y);
        self.parts.len() == other.parts.len() && self.parts.iter().zip(&other.parts).all(same)
    }
}

impl Due {
    /// Targets and how they are spread; what is spread alike must be added up before. Parts that nothing is due of
    /// are left out, so the result may be of nothing.
    pub fn new(parts: Vec<Part>) -> Self {
        let parts: Vec<_> = parts.into_iter().filter(|(_, spread)| !spread.is_empty()).collect();
        let knots = match parts.as_slice() {
            [(_, spread)] => spread.knots.clone(),
            _ => merged(&parts),
        };
        Self { parts, knots }
    }

    /// What is due at the end.
    pub fn total(&self) -> Rational {
        self.parts.iter().map(|(target, spread)| target * spread.total()).sum()
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
            [(target, spread)] => spread.first(&value.checked_div(target)?, bound)?,
            _ => self.first_of_many(value, bound)?,
        };
        Timestamp::from_nanosecond(first).ok()
    }

    fn at_nanos(&self, now: i128) -> Rational {
        let part = |(target, spread): &Part| target * &spread.done(now);
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
