//! Working days, working hours, weeks and fiscal years.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use crate::day::Day;
use crate::decimal::Decimal;
use crate::period::Period;

/// When a team works, and how its year is cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// Its name in the config.
    pub name: String,
    /// The time zone of whoever has no own.
    pub zone: TimeZone,
    /// The first day of the week, 0 for Monday.
    pub week_start: usize,
    /// How much of a working day each weekday is, Monday first; 0 is no working day.
    pub weights: [Decimal; 7],
    /// The working hours.
    pub hours: Hours,
    /// Days on which nobody works.
    pub holidays: BTreeSet<Day>,
    /// The month and day on which the fiscal year starts; the day is at most 28.
    pub fiscal_year_start: (i8, i8),
}

/// Working hours as seconds after midnight; the end is after the start and at most 86,400.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    /// When work begins.
    pub start: u32,
    /// When it ends.
    pub end: u32,
}

impl Default for Calendar {
    /// UTC, Monday to Friday, 09:00 to 17:00, no holidays, the fiscal year being the calendar year.
    fn default() -> Self {
        let one = Decimal::from_int(1);
        Self {
            name: "default".to_owned(),
            zone: TimeZone::UTC,
            week_start: 0,
            weights: [one, one, one, one, one, Decimal::ZERO, Decimal::ZERO],
            hours: Hours { start: 9 * 3600, end: 17 * 3600 },
            holidays: BTreeSet::new(),
            fiscal_year_start: (1, 1),
        }
    }
}

impl Calendar {
    /// How much of a working day a day is: 0 on days off.
    pub fn weight(&self, day: Day) -> Decimal {
        if self.holidays.contains(&day) {
            return Decimal::ZERO;
        }
        self.weights[day.weekday()]
    }

    /// Whether a period has no working day.
    pub fn rests(&self, period: &Period) -> bool {
        !period.days().any(|day| self.weight(day) != Decimal::ZERO)
    }

    /// The next days on which a rolling window begins or ceases to hold no working day. Only windows of up to
    /// a month are looked at, a year ahead: longer ones hold a working day in any calendar that is in use.
    pub(crate) fn rest_edges(&self, window: &Period) -> Vec<Day> {
        const LONGEST: i32 = 31;
        if window.end.0 - window.start.0 >= LONGEST {
            return Vec::new();
        }
        let moved = |days| Period {
            start: window.start.plus(days),
            end: window.end.plus(days),
            ..window.clone()
        };
        let edge = |days: &i32| self.rests(&moved(*days)) != self.rests(&moved(days - 1));
        (1..=366).filter(edge).take(2).map(|days| window.end.plus(days)).collect()
    }

    /// When work begins and ends on a day in a zone; `None` where the zone has no such day, or a jump of its
    /// clock leaves nothing of the hours.
    pub fn working_hours(&self, day: Day, zone: &TimeZone) -> Option<(Timestamp, Timestamp)> {
        let start = instant(day, self.hours.start, zone);
        let end = instant(day, self.hours.end, zone);
        (Day::of(day.start(zone), zone) == day && start < end).then_some((start, end))
    }

    /// The fiscal year that holds a day, by the calendar year in which it starts.
    pub(crate) fn fiscal_year(&self, day: Day) -> i16 {
        let year = day.civil().year();
        if self.fiscal_start(year, 0) <= day { year } else { year - 1 }
    }

    /// The first day of the `month`-th month of the fiscal year that starts in calendar year `year`.
    pub(crate) fn fiscal_start(&self, year: i16, month: i32) -> Day {
        let (start_month, day) = self.fiscal_year_start;
        let months = i32::from(year) * 12 + i32::from(start_month) - 1 + month;
        let date = Date::new(months.div_euclid(12) as i16, (months.rem_euclid(12) + 1) as i8, day);
        // The year after the last one begins the day after its end, and nothing lies beyond.
        date.map_or_else(|_| Day::from_civil(Date::MAX).plus(1), Day::from_civil)
    }

    /// The year of its last day, after `FY` unless the fiscal year starts in January.
    pub(crate) fn fiscal_name(&self, year: i16) -> String {
        let prefix = if self.fiscal_year_start.0 == 1 { "" } else { "FY" };
        format!("{prefix}{:04}", self.fiscal_start(year, 12).plus(-1).civil().year())
    }
}

fn instant(day: Day, seconds: u32, zone: &TimeZone) -> Timestamp {
    let (day, seconds) = (day.plus((seconds / 86_400) as i32), seconds % 86_400);
    let time =
        Time::new((seconds / 3600) as i8, (seconds / 60 % 60) as i8, (seconds % 60) as i8, 0);
    let civil = DateTime::from_parts(day.civil(), time.unwrap_or(Time::midnight()));
    zone.to_ambiguous_timestamp(civil).compatible().unwrap_or(Timestamp::MAX)
}
