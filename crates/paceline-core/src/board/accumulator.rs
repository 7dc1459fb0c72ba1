//! What a live standing adds up: the contributions of its period, and for a rolling window those of each day,
//! so that a day can leave the window without a look at any record.

use std::collections::BTreeMap;

use crate::day::Day;
use crate::decimal::Decimal;
use crate::entry::{NO_DAY, Part};
use crate::kpi::Aggregate;
use crate::ledger::{Doubt, Sum, Tally, count};
use crate::period::Period;
use crate::rational::Rational;

/// The contributions to one standing.
#[derive(Clone, Debug, Default)]
pub(super) struct Accumulator {
    total: Value,
    /// The days from the window's first on, for rolling windows.
    days: Option<BTreeMap<Day, Value>>,
    /// What has no day, as part of the total.
    undated: Value,
}

/// What contributions add up to.
#[derive(Clone, Debug, Default)]
struct Value {
    sum: Sum,
    members: BTreeMap<i128, u32>,
    doubt: Doubt,
}

impl Accumulator {
    /// Nothing yet, in a period.
    pub(super) fn new(period: &Period) -> Self {
        Self { days: period.kind.is_rolling().then(BTreeMap::new), ..Self::default() }
    }

    /// Adds a part of an entry if it counts in the period. Answers whether it does.
    pub(super) fn add(&mut self, part: Part, period: &Period) -> bool {
        match part {
            Part::Amount { day, amount, records } => {
                self.add_on(day, period, |value| value.sum.add(amount, records.into()))
            }
            Part::Member { day, value: member, records } => {
                self.add_on(day, period, |value| value.add_member(member, records))
            }
            Part::Doubt { day, incomplete, gap } => {
                let doubt = Doubt { incomplete: incomplete.into(), gap: gap.into() };
                self.add_on(day, period, |value| value.doubt.add(doubt))
            }
        }
    }

    /// Adds all of a tally that counts in the period.
    pub(super) fn add_tally(&mut self, tally: &Tally, period: &Period) {
        let last = if self.days.is_some() { Day(i32::MAX) } else { period.end };
        tally.sums.visit(period.start, last, |day, amount, records| {
            self.add_on(day, period, |value| value.sum.add(amount, records));
        });
        for (day, members) in &tally.members {
            for (member, records) in members {
                self.add_on(*day, period, |value| value.add_member(*member, *records as i32));
            }
        }
        for (day, doubt) in &tally.doubts {
            self.add_on(*day, period, |value| value.doubt.add(*doubt));
        }
    }

    /// The aggregate and the number of records behind it.
    pub(super) fn value(&self, aggregate: &Aggregate) -> (Option<Rational>, u64) {
        self.total.of(aggregate)
    }

    /// Whether records are incomplete or in doubt.
    pub(super) fn doubt(&self) -> Doubt {
        self.total.doubt
    }

    /// The days on which a rolling window's value may change when `today` has passed, with the accumulator as
    /// it will be: on each day some contribution enters or leaves.
    pub(super) fn days_ahead(&self, period: &Period) -> Vec<Day> {
        let length = period.end.0 - period.start.0 + 1;
        let Some(days) = &self.days else { return Vec::new() };
        let mut ahead: Vec<Day> = days.keys().flat_map(|day| [*day, day.plus(length)]).collect();
        ahead.retain(|day| *day > period.end);
        ahead.sort_unstable();
        ahead.dedup();
        ahead
    }

    /// The same contributions, for a window that ends on another day, not before this one's.
    pub(super) fn moved(&self, period: &Period) -> Self {
        let kept = |days: &BTreeMap<Day, Value>| {
            days.range(period.start..).map(|(day, value)| (*day, value.clone())).collect()
        };
        let days: Option<BTreeMap<Day, Value>> = self.days.as_ref().map(kept);
        let mut total = self.undated.clone();
        for (_, value) in days.iter().flatten().filter(|(day, _)| **day <= period.end) {
            total.add(value);
        }
        Self { total, days, undated: self.undated.clone() }
    }

    fn add_on(&mut self, day: Day, period: &Period, add: impl Fn(&mut Value)) -> bool {
        if day == NO_DAY {
            add(&mut self.undated);
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
        // A day ahead of a rolling window counts for the instant of its next change.
        period.holds(day) || self.days.is_some() && day > period.end
    }
}

impl Value {
    fn add_member(&mut self, member: i128, records: i32) {
        count(&mut self.members, member, records);
        self.sum.records += i64::from(records);
    }

    fn add(&mut self, other: &Self) {
        self.sum.add(other.sum.amount, other.sum.records);
        self.doubt.add(other.doubt);
        for (member, records) in &other.members {
            count(&mut self.members, *member, *records as i32);
        }
    }

    fn is_empty(&self) -> bool {
        self.sum == Sum::default() && self.members.is_empty() && self.doubt == Doubt::default()
    }

    fn of(&self, aggregate: &Aggregate) -> (Option<Rational>, u64) {
        let records = u64::try_from(self.sum.records).unwrap_or(0);
        let member = |value: Option<(&i128, &u32)>| {
            value.map(|(micros, _)| Decimal::from_micros(*micros).into())
        };
        let value = match aggregate {
            Aggregate::Count | Aggregate::Sum(_) => Some(self.sum.amount.into()),
            Aggregate::Average(_) => Rational::from(self.sum.amount)
                .checked_div(&Rational::from_int(self.sum.records.into())),
            Aggregate::Min(_) => member(self.members.first_key_value()),
            Aggregate::Max(_) => member(self.members.last_key_value()),
            Aggregate::CountDistinct(..) => Some(Rational::from_int(self.members.len() as i128)),
        };
        (value, records)
    }
}
