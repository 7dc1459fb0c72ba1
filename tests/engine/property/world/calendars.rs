//! Calendars: of everybody, and others beside it.

use std::fmt::{self, Write as _};

use jiff::{ToSpan, civil::Date};
use proptest::{collection::vec, prelude::*, sample::select};

use super::{World, extras::Extras};

pub(crate) const ZONES: [&str; 5] =
    ["UTC", "Europe/Madrid", "America/New_York", "Pacific/Auckland", "Asia/Kolkata"];

const WEEKS: [&str; 7] = [
    "mon: 1, tue: 1, wed: 1, thu: 1, fri: 1",
    "mon: 1, tue: 1, wed: 1, thu: 1, fri: 0.6",
    "mon: 1, tue: 1, wed: 1, thu: 1, fri: 1, sat: 1, sun: 1",
    "sun: 1, mon: 1, tue: 1, wed: 1, thu: 0.5",
    "wed: 1",
    "mon: 0.333333, fri: 0.1",
    "sat: 0.25, sun: 2",
];

#[derive(Clone, Debug)]
pub(super) struct Calendar {
    pub(super) zone: &'static str,
    pub(super) week_start: &'static str,
    pub(super) week: &'static str,
    pub(super) hours: &'static str,
    pub(super) holidays: Vec<i32>,
    pub(super) fiscal: &'static str,
}

pub(super) fn calendar() -> impl Strategy<Value = Calendar> {
    let plain_or = |plain: &'static str, others: &'static [&'static str]| prop_oneof![2 => Just(plain), 3 => select(others)];
    (
        select(&ZONES[..]),
        plain_or("monday", &["monday", "sunday", "saturday"]),
        plain_or(WEEKS[0], &WEEKS),
        plain_or("09:00-17:00", &["00:00-24:00", "08:30-12:15", "22:00-24:00", "00:00-06:00"]),
        vec(-10..40_i32, 0..4),
        plain_or("01-01", &["02-01", "04-06", "10-01", "07-28", "11-23"]),
    )
        .prop_map(|(zone, week_start, week, hours, holidays, fiscal)| Calendar {
            zone,
            week_start,
            week,
            hours,
            holidays,
            fiscal,
        })
}

impl World {
    pub(super) fn write_calendars(
        &mut self,
        calendar: &Calendar,
        extras: &Extras,
        start: Date,
    ) -> fmt::Result {
        writeln!(self.yaml, "calendars:")?;
        self.write_calendar("default", calendar, extras.weeks, start)?;
        for (at, (calendar, weeks)) in extras.calendars.iter().enumerate() {
            self.write_calendar(&format!("other{at}"), calendar, *weeks, start)?;
        }
        Ok(())
    }

    /// With `weeks` its year is one of quarters of 4, 4 and 5 weeks.
    fn write_calendar(
        &mut self,
        name: &str,
        calendar: &Calendar,
        weeks: bool,
        start: Date,
    ) -> fmt::Result {
        let Calendar { zone, week_start, week, hours, holidays, fiscal } = calendar;
        let holidays: Vec<String> =
            holidays.iter().map(|days| (start + days.days()).to_string()).collect();
        self.features.extend((!holidays.is_empty()).then_some("holidays"));
        self.features.extend((*fiscal != "01-01").then_some("fiscal year of its own"));
        self.features.extend((*fiscal == "02-01").then_some("fiscal year from February"));
        self.features.extend((week.contains('.')).then_some("weights"));
        self.features.extend((*week_start != "monday").then_some("week not from Monday"));
        self.features.extend(weeks.then_some("year of weeks"));
        let holidays = holidays.join(", ");
        let pattern = if weeks { ", fiscal_pattern: 4-4-5" } else { "" };
        writeln!(
            self.yaml,
            "  {name}: {{time_zone: {zone}, week_start: {week_start}, working_days: {{{week}}}, \
             hours: \"{hours}\", holidays: [{holidays}], fiscal_year_start: {fiscal}{pattern}}}"
        )
    }
}
