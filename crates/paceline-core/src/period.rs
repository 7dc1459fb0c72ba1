//! Periods: the named calendar buckets and rolling windows in which a KPI is counted.

use std::fmt;
use std::str::FromStr;

use crate::calendar::{Calendar, FiscalPattern};
use crate::day::Day;

/// A kind of period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PeriodKind {
    /// One day.
    Day,
    /// Seven days from the calendar's first day of the week.
    Week,
    /// A calendar month.
    Month,
    /// A quarter of the fiscal year.
    Quarter,
    /// A fiscal year.
    Year,
    /// Today and the N−1 days before it.
    Rolling(u16),
}

/// The longest rolling window, in days.
pub const ROLLING_DAYS_MAX: u16 = 1_096;

/// A named run of days.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    /// What kind of period it is.
    pub kind: PeriodKind,
    /// Its name: `2026-11-23`, `2026-W48`, `2026-11`, `2026-Q4`, `FY2027`, `rolling-30d`.
    pub name: String,
    /// Its first day.
    pub start: Day,
    /// Its last day.
    pub end: Day,
}

impl PeriodKind {
    /// Whether it is a rolling window, which never ends.
    pub const fn is_rolling(self) -> bool {
        matches!(self, Self::Rolling(_))
    }

    /// The period of this kind that holds `day`; for a rolling window the one that ends with it.
    pub fn holding(self, day: Day, calendar: &Calendar) -> Period {
        let (name, start, end) = match self {
            Self::Day => (day.to_string(), day, day),
            Self::Week => week(day, calendar.week_start),
            Self::Month => month(day, calendar),
            Self::Quarter => quarter(day, calendar),
            Self::Year => year(day, calendar),
            Self::Rolling(days) => (self.to_string(), day.plus(1 - i32::from(days)), day),
        };
        Period { kind: self, name, start, end }
    }
}

impl Period {
    /// Whether a day lies in it.
    pub fn holds(&self, day: Day) -> bool {
        self.start <= day && day <= self.end
    }

    /// Its days, the first to the last.
    pub fn days(&self) -> impl Iterator<Item = Day> + use<> {
        (self.start.0..=self.end.0).map(Day)
    }
}

/// ISO 8601 names for weeks from Monday; others go by their first day.
fn week(day: Day, week_start: usize) -> (String, Day, Day) {
    let since = (day.weekday() + 7 - week_start) % 7;
    let start = day.plus(-(since as i32));
    let name = if week_start == 0 {
        let week = start.civil().iso_week_date();
        format!("{}-W{:02}", week.year(), week.week())
    } else {
        format!("W{start}")
    };
    (name, start, start.plus(6))
}

/// Calendar months, whatever the fiscal year starts with, unless it is cut into weeks.
fn month(day: Day, calendar: &Calendar) -> (String, Day, Day) {
    if calendar.fiscal_pattern == FiscalPattern::FourFourFive {
        return fiscal_part(day, calendar, 1, |name, index| format!("{name}-P{index:02}"));
    }
    let date = day.civil();
    let name = format!("{:04}-{:02}", date.year(), date.month());
    (name, Day::from_civil(date.first_of_month()), Day::from_civil(date.last_of_month()))
}

fn quarter(day: Day, calendar: &Calendar) -> (String, Day, Day) {
    fiscal_part(day, calendar, 3, |name, index| format!("{name}-Q{index}"))
}

fn year(day: Day, calendar: &Calendar) -> (String, Day, Day) {
    fiscal_part(day, calendar, 12, |name, _| name.to_owned())
}

/// The part of so many months of the fiscal year that holds a day, named by the year and its place, from 1.
fn fiscal_part(
    day: Day,
    calendar: &Calendar,
    months: i32,
    named: impl FnOnce(&str, i32) -> String,
) -> (String, Day, Day) {
    let year = calendar.fiscal_year(day);
    let starts = |part: &i32| calendar.fiscal_start(year, part * months) <= day;
    let part = (1..12 / months).take_while(starts).count() as i32;
    (
        named(&calendar.fiscal_name(year), part + 1),
        calendar.fiscal_start(year, part * months),
        calendar.fiscal_start(year, (part + 1) * months).plus(-1),
    )
}

impl fmt::Display for PeriodKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day => f.write_str("day"),
            Self::Week => f.write_str("week"),
            Self::Month => f.write_str("month"),
            Self::Quarter => f.write_str("quarter"),
            Self::Year => f.write_str("year"),
            Self::Rolling(days) => write!(f, "rolling-{days}d"),
        }
    }
}

/// The text is no kind of period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a kind of period: day, week, month, quarter, year or rolling-Nd with N from 1 to {ROLLING_DAYS_MAX}"
)]
pub struct ParsePeriodKindError;

impl FromStr for PeriodKind {
    type Err = ParsePeriodKindError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "day" => Ok(Self::Day),
            "week" => Ok(Self::Week),
            "month" => Ok(Self::Month),
            "quarter" => Ok(Self::Quarter),
            "year" => Ok(Self::Year),
            _ => rolling(text).ok_or(ParsePeriodKindError),
        }
    }
}

fn rolling(text: &str) -> Option<PeriodKind> {
    let digits = text.strip_prefix("rolling-")?.strip_suffix('d')?;
    if digits.starts_with(['0', '+']) {
        return None;
    }
    let days: u16 = digits.parse().ok()?;
    (days <= ROLLING_DAYS_MAX).then_some(PeriodKind::Rolling(days))
}
