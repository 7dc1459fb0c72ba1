//! Calendars: when work is done, and how the year is cut.

use std::collections::BTreeMap;

use jiff::{
    civil::{Date, Weekday},
    tz::TimeZone,
};
use serde::Deserialize;

use super::read::{dates, hours, month_and_day, weekday, weights, zone};
use crate::recompute::number::{self, Exact};

/// The calendars.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(from = "BTreeMap<String, Calendar>")]
pub struct Calendars {
    /// Of everybody who names no other, and of the organisation.
    pub default: Calendar,
    /// The others by name. What one of them leaves out is not the default calendar's, but that of [`Calendar::default`].
    pub others: BTreeMap<String, Calendar>,
}

impl From<BTreeMap<String, Calendar>> for Calendars {
    fn from(mut all: BTreeMap<String, Calendar>) -> Self {
        Self { default: all.remove("default").unwrap_or_default(), others: all }
    }
}

impl Calendars {
    /// Whether there is a calendar of this name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        name == "default" || self.others.contains_key(name)
    }

    /// The calendar of this name.
    ///
    /// # Panics
    /// When there is none, which `paceline check` refuses.
    #[must_use]
    pub fn named(&self, name: &str) -> &Calendar {
        if name == "default" { &self.default } else { &self.others[name] }
    }
}

/// A calendar.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct Calendar {
    /// The time zone of whoever has none.
    #[serde(deserialize_with = "zone")]
    pub time_zone: TimeZone,
    /// The first day of the week.
    #[serde(deserialize_with = "weekday")]
    pub week_start: Weekday,
    /// How much of a working day each day of the week is, Monday first.
    #[serde(deserialize_with = "weights")]
    pub working_days: [Exact; 7],
    /// The working hours, as minutes of the day.
    #[serde(deserialize_with = "hours")]
    pub hours: (u16, u16),
    /// Days that are no working days.
    #[serde(deserialize_with = "dates")]
    pub holidays: Vec<Date>,
    /// The month and the day on which the fiscal year starts.
    #[serde(deserialize_with = "month_and_day")]
    pub fiscal_year_start: (i8, i8),
    /// How the fiscal year is cut.
    pub fiscal_pattern: Pattern,
}

impl Default for Calendar {
    fn default() -> Self {
        let working_days = [1, 1, 1, 1, 1, 0, 0].map(number::whole);
        Self {
            time_zone: TimeZone::UTC,
            week_start: Weekday::Monday,
            working_days,
            hours: (9 * 60, 17 * 60),
            holidays: Vec::new(),
            fiscal_year_start: (1, 1),
            fiscal_pattern: Pattern::Months,
        }
    }
}

/// How a fiscal year is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Pattern {
    /// In twelve months from its first day on.
    #[serde(rename = "months")]
    Months,
    /// In quarters of 4, 4 and 5 weeks.
    #[serde(rename = "4-4-5")]
    FourFourFive,
}
