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

/// Calendar months, whatever the fiscal year starts with. Of a year that is cut into weeks fiscal ones, which are called
/// so also where the year is not, since `2026-P12` ends in another month than `2026-12`.
fn month(day: Day, calendar: &Calendar) -> (String, Day, Day) {
    if calendar.fiscal_pattern == FiscalPattern::FourFourFive {
        return fiscal_part(day, calendar, 1, |year, index| {
            format!("FY{:04}-P{index:02}", calendar.fiscal_number(year))
        });
    }
    let date = day.civil();
    let name = format!("{:04}-{:02}", date.year(), date.month());
    (name, Day::from_civil(date.first_of_month()), Day::from_civil(date.last_of_month()))
}

fn quarter(day: Day, calendar: &Calendar) -> (String, Day, Day) {
    fiscal_part(day, calendar, 3, |year, index| format!("{}-Q{index}", calendar.fiscal_name(year)))
}

fn year(day: Day, calendar: &Calendar) -> (String, Day, Day) {
    fiscal_part(day, calendar, 12, |year, _| calendar.fiscal_name(year))
}

/// The part of so many months of the fiscal year that holds a day, named by the calendar year in which that nominally
/// starts and the part's place in it, from 1.
fn fiscal_part(
    day: Day,
    calendar: &Calendar,
    months: i32,
    named: impl FnOnce(i16, i32) -> String,
) -> (String, Day, Day) {
    let year = calendar.fiscal_year(day);
    let starts = |part: &i32| calendar.fiscal_start(year, part * months) <= day;
    let part = (1..12 / months).take_while(starts).count() as i32;
    (
        named(year, part + 1),
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

#[cfg(test)]
mod tests {
    use super::PeriodKind::{Month, Quarter, Week, Year};
    use super::{Calendar, Day, FiscalPattern, PeriodKind};

    fn shown(calendar: &Calendar, kind: PeriodKind, day: &str) -> String {
        let period = kind.holding(Day::parse(day).expect("a day"), calendar);
        format!("{} {}..{}", period.name, period.start, period.end)
    }

    /// A retail year from the Sunday nearest to 1 February: 2026's has 52 weeks, 2028's has 53.
    #[test]
    fn a_4_4_5_year_is_cut_into_weeks() {
        let calendar = Calendar {
            week_start: 6,
            fiscal_year_start: (2, 1),
            fiscal_pattern: FiscalPattern::FourFourFive,
            ..Calendar::default()
        };
        for (kind, day, expected) in [
            (Year, "2026-02-01", "FY2027 2026-02-01..2027-01-30"),
            (Year, "2026-01-31", "FY2026 2025-02-02..2026-01-31"),
            (Year, "2027-01-31", "FY2028 2027-01-31..2028-01-29"),
            (Year, "2029-02-03", "FY2029 2028-01-30..2029-02-03"),
            (Year, "2029-02-04", "FY2030 2029-02-04..2030-02-02"),
            (Quarter, "2026-11-23", "FY2027-Q4 2026-11-01..2027-01-30"),
            (Quarter, "2029-02-03", "FY2029-Q4 2028-10-29..2029-02-03"),
            (Month, "2026-02-28", "FY2027-P01 2026-02-01..2026-02-28"),
            (Month, "2026-03-01", "FY2027-P02 2026-03-01..2026-03-28"),
            (Month, "2026-11-23", "FY2027-P10 2026-11-01..2026-11-28"),
            (Month, "2029-02-03", "FY2029-P12 2028-12-24..2029-02-03"),
            (Week, "2026-11-23", "W2026-11-22 2026-11-22..2026-11-28"),
        ] {
            assert_eq!(shown(&calendar, kind, day), expected, "{kind} of {day}");
        }
    }

    #[test]
    fn fiscal_years_by_months_go_by_the_year_of_their_last_day() {
        let from = |month, day| Calendar { fiscal_year_start: (month, day), ..Calendar::default() };
        for (calendar, kind, day, expected) in [
            (from(1, 1), Quarter, "2026-11-23", "2026-Q4 2026-10-01..2026-12-31"),
            (from(2, 1), Quarter, "2026-11-23", "FY2027-Q4 2026-11-01..2027-01-31"),
            (from(2, 1), Year, "2026-01-31", "FY2026 2025-02-01..2026-01-31"),
            (from(2, 1), Month, "2026-11-23", "2026-11 2026-11-01..2026-11-30"),
            (from(10, 15), Quarter, "2026-10-14", "FY2026-Q4 2026-07-15..2026-10-14"),
            (from(1, 15), Year, "2026-01-14", "2026 2025-01-15..2026-01-14"),
        ] {
            assert_eq!(shown(&calendar, kind, day), expected, "{kind} of {day}");
        }
    }

    /// A retail year from the Monday nearest to New Year may begin in the year before.
    #[test]
    fn a_4_4_5_year_may_begin_in_december() {
        let calendar =
            Calendar { fiscal_pattern: FiscalPattern::FourFourFive, ..Calendar::default() };
        for (kind, day, expected) in [
            (Year, "2025-12-29", "2026 2025-12-29..2027-01-03"),
            (Month, "2027-01-03", "FY2026-P12 2026-11-23..2027-01-03"),
            (Quarter, "2027-01-04", "2027-Q1 2027-01-04..2027-04-04"),
        ] {
            assert_eq!(shown(&calendar, kind, day), expected, "{kind} of {day}");
        }
    }
}
