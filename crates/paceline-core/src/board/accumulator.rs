//! What a live standing adds up: the contributions of its period, and for a rolling window those of each day,
//! so that a day can leave the window without a look at any record.

mod members;

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::day::Day;
use crate::decimal::Decimal;
use crate::entry::{NO_DAY, Part};
use crate::kpi::Aggregate;
use crate::ledger::{Doubt, Sum, Tally};
use crate::period::Period;
use crate::rational::Rational;

use members::Members;

/// The contributions to one standing.
#[derive(Clone, Debug, Default)]
pub(super) struct Accumulator {
    total: Value,
    /// The days from the window's first on, for rolling windows.
    days: Option<BTreeMap<Day, Value>>,
}

/// What contributions add up to.
#[derive(Clone, Debug, Default)]
pub(super) struct Value {
    sum: Sum,
    members: Members,
    doubt: Doubt,
}

impl Accumulator {
    /// Nothing yet, in a period.
    pub(super) fn new(period: &Period) -> Self {
        Self { days: period.kind.is_rolling().then(BTreeMap::new), ..Self::default() }
    }

    /// Nothing yet, kept day by day whatever the period.
    pub(super) fn daily() -> Self {
        Self { days: Some(BTreeMap::new()), ..Self::default() }
    }

    /// What contributions of each day add up to, from the first day of the period on, if it is kept by day.
    pub(super) fn into_days(self) -> BTreeMap<Day, Value> {
        self.days.unwrap_or_default()
    }

    /// Adds a part of an entry if it counts in the period. Answers whether it does.
    pub(super) fn add(&mut self, part: Part, period: &Period) -> bool {
        self.add_on(part.day(), period, |value| value.add(part))
    }

    /// Adds all of a tally that counts in the period, or takes it away with a sign of -1.
    pub(super) fn add_tally(&mut self, tally: &Tally, period: &Period, sign: i32) {
        let last = if self.days.is_some() { Day(i32::MAX) } else { period.end };
        tally.sums.visit(period.start, last, |day, amount, records| {
            let amount = if sign < 0 { -amount } else { amount };
            self.add_on(day, period, |value| value.sum.add(amount, records * i64::from(sign)));
        });
        for (day, members) in tally.members() {
            for (member, records) in members {
                self.add_on(day, period, |value| value.add_member(*member, *records as i32 * sign));
            }
        }
        for (day, doubt) in tally.doubts() {
            self.add_on(day, period, |value| value.doubt.add(doubt.times(sign)));
        }
    }

    /// What counts in the period.
    pub(super) fn total(&self) -> &Value {
        &self.total
    }

    /// The days, after a rolling window's last, on which some contribution enters or leaves it.
    pub(super) fn days_ahead(&self, period: &Period) -> Vec<Day> {
        let length = period.end.0 - period.start.0 + 1;
        let Some(days) = &self.days else { return Vec::new() };
        let mut ahead: Vec<Day> = days.keys().flat_map(|day| [*day, day.plus(length)]).collect();
        ahead.retain(|day| *day > period.end);
        ahead
    }

    /// A rolling window that can be moved on without touching the accumulator.
    pub(super) fn window(&self, period: &Period) -> Window<'_> {
        Window {
            days: self.days.as_ref().map(Cow::Borrowed),
            total: Cow::Borrowed(&self.total),
            start: period.start,
            end: period.end,
        }
    }

    fn add_on(&mut self, day: Day, period: &Period, add: impl Fn(&mut Value)) -> bool {
        if day == NO_DAY {
            add(&mut self.total);
            return true;
        }
        if let Some(days) = self.days.as_mut().filter(|_| day >= period.start) {
            let value = days.entry(day).or_default();
            add(value);
            if value.is_empty() {
                days.remove(&day);
            }
        }
        if period.holds(day) {
            add(&mut self.total);
        }
        counts(day, period)
    }
}

/// Whether what is on a day counts in a period. A day ahead of a rolling window counts for the instant of its next
/// change.
pub(super) fn counts(day: Day, period: &Period) -> bool {
    day == NO_DAY || period.holds(day) || period.kind.is_rolling() && day > period.end
}

impl Value {
    fn add(&mut self, part: Part) {
        match part {
            Part::Amount { amount, records, .. } => self.sum.add(amount, records.into()),
            Part::Member { value, records, .. } => self.add_member(value, records),
            Part::Doubt { incomplete, gap, .. } => {
                self.doubt.add(Doubt { incomplete: incomplete.into(), gap: gap.into() });
            }
        }
    }

    fn add_member(&mut self, member: i128, records: i32) {
        self.members.count(member, records);
        self.sum.records += i64::from(records);
    }

    /// Adds another value, or takes it away.
    pub(super) fn merge(&mut self, other: &Self, sign: i32) {
        let sum = if sign < 0 { -other.sum.amount } else { other.sum.amount };
        self.sum.add(sum, other.sum.records * i64::from(sign));
        self.doubt.add(other.doubt.times(sign));
        for (member, records) in other.members.iter() {
            self.members.count(member, records as i32 * sign);
        }
    }

    fn is_empty(&self) -> bool {
        self.sum == Sum::default() && self.members.is_empty() && self.doubt == Doubt::default()
    }

    /// Whether any record contributes.
    pub(super) fn has_records(&self) -> bool {
        self.sum != Sum::default() || !self.members.is_empty()
    }

    /// The records whose contribution is not known.
    pub(super) fn doubt(&self) -> Doubt {
        self.doubt
    }

    /// The aggregate, and the number of records behind it.
    pub(super) fn of(&self, aggregate: &Aggregate) -> (Option<Rational>, u64) {
        let records = u64::try_from(self.sum.records).unwrap_or(0);
        let member = |micros: i128| Decimal::from_micros(micros).into();
        let value = match aggregate {
            Aggregate::Count | Aggregate::Sum(_) => Some(self.sum.amount.into()),
            Aggregate::Average(_) => Rational::from(self.sum.amount)
                .checked_div(&Rational::from_int(self.sum.records.into())),
            Aggregate::Min(_) => self.members.first().map(member),
            Aggregate::Max(_) => self.members.last().map(member),
            Aggregate::Median(_) => self.median(),
            Aggregate::P90(_) => self.p90().map(member),
            Aggregate::CountDistinct(..) => {
                Some(Rational::from_int(self.members.distinct() as i128))
            }
        };
        (value, records)
    }

    /// The mean of the two members in the middle, which are one and the same when their number is odd.
    fn median(&self) -> Option<Rational> {
        let records = self.members.records();
        let lower = self.members.nth(records.checked_sub(1)? / 2)?;
        let upper = self.members.nth(records / 2)?;
        let mean = &Rational::from(Decimal::from_micros(lower))
            + &Rational::from(Decimal::from_micros(upper));
        mean.checked_div(&Rational::from_int(2))
    }

    /// The member whose rank, from 1, is the least that is not below nine tenths of their number.
    fn p90(&self) -> Option<i128> {
        let rank = (self.members.records() * 9).div_ceil(10);
        self.members.nth(rank.checked_sub(1)?)
    }
}

/// A rolling window moved on day by day; what has no day stays in it.
pub(super) struct Window<'a> {
    days: Option<Cow<'a, BTreeMap<Day, Value>>>,
    total: Cow<'a, Value>,
    start: Day,
    end: Day,
}

impl Window<'_> {
    /// Adds a part, in the window or on a day that it may come to hold.
    pub(super) fn add(&mut self, part: Part) {
        let day = part.day();
        if let Some(days) = self.days.as_mut().filter(|_| day != NO_DAY) {
            days.to_mut().entry(day).or_default().add(part);
        }
        if day == NO_DAY || (self.start..=self.end).contains(&day) {
            self.total.to_mut().add(part);
        }
    }

    /// Moves it on to a window that does not end before it.
    pub(super) fn move_to(&mut self, period: &Period) {
        let Some(days) = self.days.as_ref().filter(|_| self.end < period.end) else { return };
        // What leaves was in the window or has come between; the former is taken away, the latter not added.
        for (_, value) in days.range(self.start..period.start.min(self.end.plus(1))) {
            self.total.to_mut().merge(value, -1);
        }
        for (_, value) in days.range(self.end.plus(1).max(period.start)..=period.end) {
            self.total.to_mut().merge(value, 1);
        }
        (self.start, self.end) = (period.start, period.end);
    }

    /// What counts in it.
    pub(super) fn total(&self) -> &Value {
        &self.total
    }
}
