//! Days, periods and their names, and how much of a period's work lies behind an instant: by walking over its days.

use jiff::{
    Span, Timestamp, ToSpan,
    civil::{Date, Weekday},
    tz::TimeZone,
};

use super::{
    config::{Calendar, Part, Pattern, PeriodKind},
    number::{self, Exact},
};

/// A named stretch of days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    /// Its kind.
    pub kind: PeriodKind,
    /// Its name.
    pub name: String,
    /// Its first day.
    pub start: Date,
    /// Its last day.
    pub end: Date,
}

impl Period {
    /// The period of this kind that holds a day; of a rolling kind, the one that ends on it.
    #[must_use]
    pub fn holding(calendar: &Calendar, kind: PeriodKind, day: Date) -> Self {
        let (name, start, end) = match kind {
            PeriodKind::Day => (day.to_string(), day, day),
            PeriodKind::Week => week(calendar, day),
            PeriodKind::Month => month(calendar, day),
            PeriodKind::Quarter => Year::holding(calendar, day).quarter(day),
            PeriodKind::Year => Year::holding(calendar, day).whole(),
            PeriodKind::Rolling(days) => (kind.to_string(), plus(day, (1 - days).days()), day),
        };
        Self { kind, name, start, end }
    }

    /// Whether it is a rolling window.
    #[must_use]
    pub fn is_rolling(&self) -> bool {
        matches!(self.kind, PeriodKind::Rolling(_))
    }

    /// Whether it holds a day.
    #[must_use]
    pub fn holds(&self, day: Date) -> bool {
        self.start <= day && day <= self.end
    }

    /// Its days.
    #[must_use]
    pub fn days(&self) -> Vec<Date> {
        self.start.series(1.day()).take_while(|day| *day <= self.end).collect()
    }

    /// Its days by fiscal months or quarters, of which it is made.
    #[must_use]
    pub fn parts(&self, calendar: &Calendar, by: Part) -> Vec<Vec<Date>> {
        let year = Year::holding(calendar, self.start);
        let parts = match by {
            Part::Month => year.months,
            Part::Quarter => year.months.chunks(3).map(joined).collect(),
        };
        let inside = parts.into_iter().filter(|(start, _)| self.holds(*start));
        inside.map(|(start, end)| Self { start, end, ..self.clone() }.days()).collect()
    }
}

/// Those of these days that there are in a zone: Samoa had no 30 December 2011, so nobody worked on it.
#[must_use]
pub fn existing(zone: &TimeZone, mut days: Vec<Date>) -> Vec<Date> {
    let exists = |day: &Date| day.to_zoned(zone.clone()).is_ok_and(|start| start.date() == *day);
    days.retain(exists);
    days
}

/// The day it is in a zone.
#[must_use]
pub fn day_of(instant: Timestamp, zone: &TimeZone) -> Date {
    instant.to_zoned(zone.clone()).date()
}

/// The instant at which a day is over in a zone, which is when the next one begins.
#[must_use]
pub fn end_of(day: Date, zone: &TimeZone) -> Timestamp {
    let next = plus(day, 1.day()).to_zoned(zone.clone());
    next.expect("the years of a sales team are in range").timestamp()
}

/// How much of a working day a day is.
#[must_use]
pub fn weight(calendar: &Calendar, day: Date) -> Exact {
    if calendar.holidays.contains(&day) {
        return number::whole(0);
    }
    calendar.working_days[day.weekday().to_monday_zero_offset().unsigned_abs() as usize].clone()
}

/// The weight of all these days: that of each day of the week as often as there is one that is no holiday.
#[must_use]
pub fn work(calendar: &Calendar, days: &[Date]) -> Exact {
    let mut count = [0; 7];
    for day in days.iter().filter(|day| !calendar.holidays.contains(day)) {
        count[day.weekday().to_monday_zero_offset().unsigned_abs() as usize] += 1;
    }
    let weights = calendar.working_days.iter().zip(count);
    weights.map(|(weight, count)| weight * number::whole(count)).sum()
}

/// How much of it is over at an instant, in a zone; the day it is counts by the share of its hours that has passed.
#[must_use]
pub fn work_done(calendar: &Calendar, zone: &TimeZone, days: &[Date], now: Timestamp) -> Exact {
    let today = day_of(now, zone);
    let past: Vec<Date> = days.iter().copied().filter(|day| *day < today).collect();
    let done = work(calendar, &past);
    if !days.contains(&today) {
        return done;
    }
    done + weight(calendar, today) * share_passed(calendar, zone, today, now)
}

/// The share of the working hours of the day it is that has passed.
#[must_use]
pub fn share_passed(calendar: &Calendar, zone: &TimeZone, day: Date, now: Timestamp) -> Exact {
    let start = instant(zone, day, calendar.hours.0);
    let end = instant(zone, day, calendar.hours.1);
    let now = now.as_nanosecond();
    if now >= end {
        return number::whole(1);
    }
    if now <= start {
        return number::whole(0);
    }
    Exact::new((now - start).into(), (end - start).into())
}

/// The nanosecond at which a clock in the zone shows this minute of the day, where 24:00 is the next day's midnight.
fn instant(zone: &TimeZone, day: Date, minute: u16) -> i128 {
    let day = plus(day, i32::from(minute / 1440).days());
    let minute = i32::from(minute % 1440);
    let time = day.at(0, 0, 0, 0) + minute.minutes();
    let zoned = time.to_zoned(zone.clone()).expect("the years of a sales team are in range");
    zoned.timestamp().as_nanosecond()
}

fn week(calendar: &Calendar, day: Date) -> (String, Date, Date) {
    let first = calendar.week_start;
    let start = plus(day, (-i32::from(day.weekday().since(first))).days());
    let iso = start.iso_week_date();
    let name = match first {
        Weekday::Monday => format!("{}-W{:02}", iso.year(), iso.week()),
        _ => format!("W{start}"),
    };
    (name, start, plus(start, 6.days()))
}

/// A calendar month, but in a 4-4-5 year a fiscal one.
fn month(calendar: &Calendar, day: Date) -> (String, Date, Date) {
    if calendar.fiscal_pattern == Pattern::FourFourFive {
        return Year::holding(calendar, day).month(day);
    }
    let name = format!("{:04}-{:02}", day.year(), day.month());
    (name, day.first_of_month(), day.last_of_month())
}

/// A fiscal year.
struct Year {
    /// The year of its nominal last day.
    number: i16,
    /// What stands before the number in names.
    prefix: &'static str,
    /// The first and the last day of each of its twelve months.
    months: Vec<(Date, Date)>,
}

impl Year {
    fn holding(calendar: &Calendar, day: Date) -> Self {
        // A 4-4-5 year may begin some days before the calendar year of its nominal start.
        let mut years = (day.year() - 1..=day.year() + 1).rev();
        let year = years.find(|year| year_start(calendar, *year) <= day);
        let year = year.expect("of three years the first has begun");
        let last = plus(nominal_start(calendar, year + 1), (-1).days());
        Self {
            number: last.year(),
            prefix: if calendar.fiscal_year_start.0 == 1 { "" } else { "FY" },
            months: fiscal_months(calendar, year),
        }
    }

    /// Its month that holds a day.
    fn month(&self, day: Date) -> (String, Date, Date) {
        let (at, (start, end)) = holding(&self.months, day);
        (format!("FY{:04}-P{:02}", self.number, at + 1), start, end)
    }

    /// Its quarter that holds a day.
    fn quarter(&self, day: Date) -> (String, Date, Date) {
        let quarters: Vec<(Date, Date)> = self.months.chunks(3).map(joined).collect();
        let (at, (start, end)) = holding(&quarters, day);
        (format!("{}{:04}-Q{}", self.prefix, self.number, at + 1), start, end)
    }

    fn whole(&self) -> (String, Date, Date) {
        let (start, end) = joined(&self.months);
        (format!("{}{:04}", self.prefix, self.number), start, end)
    }
}

/// From the first day of the first to the last day of the last.
fn joined(parts: &[(Date, Date)]) -> (Date, Date) {
    (parts[0].0, parts[parts.len() - 1].1)
}

fn holding(parts: &[(Date, Date)], day: Date) -> (usize, (Date, Date)) {
    let found =
        parts.iter().copied().enumerate().find(|(_, (start, end))| *start <= day && day <= *end);
    found.expect("a year's parts hold all of its days")
}

/// The months of the fiscal year that starts in this year, each up to the day before the next one; so the last of a
/// 4-4-5 year takes a 53rd week.
fn fiscal_months(calendar: &Calendar, year: i16) -> Vec<(Date, Date)> {
    let start = year_start(calendar, year);
    let mut starts: Vec<Date> = match calendar.fiscal_pattern {
        Pattern::Months => (0..12).map(|months| plus(start, months.months())).collect(),
        Pattern::FourFourFive => [0, 4, 8, 13, 17, 21, 26, 30, 34, 39, 43, 47]
            .map(|weeks| plus(start, weeks.weeks()))
            .into(),
    };
    starts.push(year_start(calendar, year + 1));
    starts.windows(2).map(|pair| (pair[0], plus(pair[1], (-1).days()))).collect()
}

/// The first day of the fiscal year that starts in this year. A 4-4-5 year starts with a week: on the one of the seven days
/// around the nominal start on which weeks do.
fn year_start(calendar: &Calendar, year: i16) -> Date {
    let nominal = nominal_start(calendar, year);
    if calendar.fiscal_pattern == Pattern::Months {
        return nominal;
    }
    let mut near = (-3..=3).map(|days| plus(nominal, days.days()));
    near.find(|day| day.weekday() == calendar.week_start).expect("seven days have every weekday")
}

fn nominal_start(calendar: &Calendar, year: i16) -> Date {
    let (month, day) = calendar.fiscal_year_start;
    let first = Date::new(year, month, 1).expect("the config names a month");
    let day = day.min(first.days_in_month());
    Date::new(year, month, day).expect("the day is in the month")
}

fn plus(day: Date, span: Span) -> Date {
    day.checked_add(span).expect("the years of a sales team are in range")
}
