//! Working days, working hours, weeks and fiscal years.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use crate::day::Day;
use crate::decimal::Decimal;
use crate::period::Period;

/// Which calendar, as an index into the model's calendars.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct CalendarId(pub u16);

impl CalendarId {
    /// The calendar of the org and of everyone without another, always the first.
    pub const DEFAULT: Self = Self(0);
}

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
    /// How the fiscal year is cut.
    pub fiscal_pattern: FiscalPattern,
}

/// How a fiscal year is cut into months and quarters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum FiscalPattern {
    /// Twelve months from the day on which the year starts.
    #[default]
    Months,
    /// Quarters of 4, 4 and 5 weeks. The year starts on the first day of the week that is nearest to its nominal start,
    /// and has 52 or 53 weeks; the 53rd belongs to the last month.
    FourFourFive,
}

/// Weeks of a 4-4-5 year before each of its months.
const WEEKS_BEFORE: [i32; 12] = [0, 4, 8, 13, 17, 21, 26, 30, 34, 39, 43, 47];

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
            fiscal_pattern: FiscalPattern::Months,
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

    /// When work begins and ends on a day in a zone; `None` where the zone has no such day, or a jump of its
    /// clock leaves nothing of the hours.
    pub fn working_hours(&self, day: Day, zone: &TimeZone) -> Option<(Timestamp, Timestamp)> {
        let start = instant(day, self.hours.start, zone);
        let end = instant(day, self.hours.end, zone);
        (Day::of(day.start(zone), zone) == day && start < end).then_some((start, end))
    }

    /// The fiscal year that holds a day, by the calendar year in which it nominally starts.
    pub(crate) fn fiscal_year(&self, day: Day) -> i16 {
        // A 4-4-5 year may start some days before the calendar year that it is counted by.
        let latest = day.civil().year().saturating_add(1);
        let started = |year: &i16| self.fiscal_start(*year, 0) <= day;
        [latest, latest - 1].into_iter().find(started).unwrap_or(latest - 2)
    }

    /// The first day of the `month`-th month, from 0 to 12, of the fiscal year of calendar year `year`.
    pub(crate) fn fiscal_start(&self, year: i16, month: i32) -> Day {
        match self.fiscal_pattern {
            FiscalPattern::Months => self.nominal_start(year, month),
            FiscalPattern::FourFourFive => match WEEKS_BEFORE.get(month as usize) {
                Some(weeks) => self.nearest_week(self.nominal_start(year, 0)).plus(weeks * 7),
                None => self.nearest_week(self.nominal_start(year, 12)),
            },
        }
    }

    /// The year of its nominal last day, after `FY` unless the fiscal year starts in January.
    pub(crate) fn fiscal_name(&self, year: i16) -> String {
        let prefix = if self.fiscal_year_start.0 == 1 { "" } else { "FY" };
        format!("{prefix}{:04}", self.fiscal_number(year))
    }

    /// The year of its nominal last day.
    pub(crate) fn fiscal_number(&self, year: i16) -> i16 {
        self.nominal_start(year, 12).plus(-1).civil().year()
    }

    /// The parts of so many fiscal months into which a fiscal quarter or year is cut: their first and last days.
    pub(crate) fn fiscal_parts(&self, period: &Period, months: i32) -> Vec<(Day, Day)> {
        let year = self.fiscal_year(period.start);
        let starts: Vec<Day> = (0..=12).map(|month| self.fiscal_start(year, month)).collect();
        let cuts: Vec<Day> = starts.into_iter().step_by(months as usize).collect();
        let parts = cuts.windows(2).map(|cut| (cut[0], cut[1].plus(-1)));
        parts.filter(|(start, end)| period.holds(*start) && period.holds(*end)).collect()
    }

    fn nominal_start(&self, year: i16, month: i32) -> Day {
        let (start_month, day) = self.fiscal_year_start;
        let months = i32::from(year) * 12 + i32::from(start_month) - 1 + month;
        let date = Date::new(months.div_euclid(12) as i16, (months.rem_euclid(12) + 1) as i8, day);
        // The year after the last one begins the day after its end, and nothing lies beyond.
        date.map_or_else(|_| Day::from_civil(Date::MAX).plus(1), Day::from_civil)
    }

    /// The first day of a week that is nearest to a day.
    fn nearest_week(&self, day: Day) -> Day {
        let since = (day.weekday() + 7 - self.week_start) as i32 % 7;
        day.plus(if since <= 3 { -since } else { 7 - since })
    }
}

fn instant(day: Day, seconds: u32, zone: &TimeZone) -> Timestamp {
    let (day, seconds) = (day.plus((seconds / 86_400) as i32), seconds % 86_400);
    let time =
        Time::new((seconds / 3600) as i8, (seconds / 60 % 60) as i8, (seconds % 60) as i8, 0);
    let civil = DateTime::from_parts(day.civil(), time.unwrap_or(Time::midnight()));
    zone.to_ambiguous_timestamp(civil).compatible().unwrap_or(Timestamp::MAX)
}
