//! The working days of a period in one calendar and one time zone, with their hours as instants.

use jiff::tz::TimeZone;

use crate::calendar::Calendar;
use crate::day::Day;
use crate::decimal::Decimal;
use crate::period::Period;
use crate::rational::Rational;

/// The working days of a period.
#[derive(Debug)]
pub struct Workdays {
    days: Vec<Workday>,
    total: Decimal,
}

/// A working day and its hours in nanoseconds since 1970.
#[derive(Clone, Copy, Debug)]
pub struct Workday {
    /// Which day.
    pub day: Day,
    /// How much of a working day it is.
    pub weight: Decimal,
    pub(crate) start: i128,
    pub(crate) end: i128,
}

impl Workdays {
    /// The working days of a period.
    pub fn new(calendar: &Calendar, zone: &TimeZone, period: &Period) -> Self {
        let days: Vec<_> =
            period.days().filter_map(|day| Workday::new(calendar, zone, day)).collect();
        let total = days.iter().fold(Decimal::ZERO, |sum, day| sum + day.weight);
        Self { days, total }
    }

    /// The days in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Workday> {
        self.days.iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.days.is_empty()
    }

    /// How many working days those between two days come to, both included.
    pub fn between(&self, first: Day, last: Day) -> Decimal {
        let inside = self.days.iter().filter(|day| first <= day.day && day.day <= last);
        inside.fold(Decimal::ZERO, |sum, day| sum + day.weight)
    }

    /// A day's share of all.
    pub fn share(&self, day: &Workday) -> Rational {
        Rational::new(day.weight.micros(), self.total.micros()).unwrap_or(Rational::ZERO)
    }
}

impl Workday {
    /// `None` for a day off, and for one that the zone skips or of whose hours a jump of its clock leaves nothing.
    pub(crate) fn new(calendar: &Calendar, zone: &TimeZone, day: Day) -> Option<Self> {
        let weight = calendar.weight(day);
        if weight == Decimal::ZERO {
            return None;
        }
        let (start, end) = calendar.working_hours(day, zone)?;
        Some(Self { day, weight, start: start.as_nanosecond(), end: end.as_nanosecond() })
    }
}
