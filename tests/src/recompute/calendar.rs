//! Days, periods and their names, and how much of a period's work lies behind an instant: by walking over its days.

use jiff::{
    Span, Timestamp, ToSpan,
    civil::{Date, Weekday},
    tz::TimeZone,
};

use super::{
    config::{Calendar, PeriodKind},
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
            PeriodKind::Month => month(day),
            PeriodKind::Quarter => quarter(calendar, day),
            PeriodKind::Year => year(calendar, day),
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

    fn days(&self) -> impl Iterator<Item = Date> {
        let end = self.end;
        self.start.series(1.day()).take_while(move |day| *day <= end)
    }
}

/// The day it is in a zone.
#[must_use]
pub fn day_of(instant: Timestamp, zone: &TimeZone) -> Date {
    instant.to_zoned(zone.clone()).date()
}

/// How much of a working day a day is.
#[must_use]
pub fn weight(calendar: &Calendar, day: Date) -> Exact {
    if calendar.holidays.contains(&day) {
        return number::whole(0);
    }
    calendar.working_days[day.weekday().to_monday_zero_offset().unsigned_abs() as usize].clone()
}

/// The working days of a period, weighted.
#[must_use]
pub fn work(calendar: &Calendar, period: &Period) -> Exact {
    work_of(calendar, period.days())
}

/// Those of them that are over at an instant, in a zone; a day counts by the share of its hours that has passed.
#[must_use]
pub fn work_done(calendar: &Calendar, zone: &TimeZone, period: &Period, now: Timestamp) -> Exact {
    let today = day_of(now, zone);
    let done = work_of(calendar, period.days().take_while(|day| *day < today));
    if !period.holds(today) {
        return done;
    }
    done + weight(calendar, today) * share_passed(calendar, zone, today, now)
}

/// The weight of all these days: that of each day of the week as often as there is one that is no holiday.
fn work_of(calendar: &Calendar, days: impl Iterator<Item = Date>) -> Exact {
    let mut count = [0; 7];
    for day in days.filter(|day| !calendar.holidays.contains(day)) {
        count[day.weekday().to_monday_zero_offset().unsigned_abs() as usize] += 1;
    }
    let weights = calendar.working_days.iter().zip(count);
    weights.map(|(weight, count)| weight * number::whole(count)).sum()
}

/// The share of the working hours of the day it is that has passed.
fn share_passed(calendar: &Calendar, zone: &TimeZone, day: Date, now: Timestamp) -> Exact {
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

fn month(day: Date) -> (String, Date, Date) {
    let name = format!("{:04}-{:02}", day.year(), day.month());
    (name, day.first_of_month(), day.last_of_month())
}

fn quarter(calendar: &Calendar, day: Date) -> (String, Date, Date) {
    let (year, year_start, year_end) = year(calendar, day);
    let starts = [0, 3, 6, 9].map(|months| plus(year_start, months.months()));
    let number = starts.iter().filter(|start| **start <= day).count();
    let next = starts.get(number).copied();
    let end = next.map_or(year_end, |next| plus(next, (-1).days()));
    (format!("{year}-Q{number}"), starts[number - 1], end)
}

/// The fiscal year, named by the year of its last day.
fn year(calendar: &Calendar, day: Date) -> (String, Date, Date) {
    let this = year_start(calendar, day.year());
    let start = if this <= day { this } else { year_start(calendar, day.year() - 1) };
    let end = plus(year_start(calendar, start.year() + 1), (-1).days());
    let prefix = if calendar.fiscal_year_start.0 == 1 { "" } else { "FY" };
    (format!("{prefix}{}", end.year()), start, end)
}

fn year_start(calendar: &Calendar, year: i16) -> Date {
    let (month, day) = calendar.fiscal_year_start;
    let first = Date::new(year, month, 1).expect("the config names a month");
    let day = day.min(first.days_in_month());
    Date::new(year, month, day).expect("the day is in the month")
}

fn plus(day: Date, span: Span) -> Date {
    day.checked_add(span).expect("the years of a sales team are in range")
}
