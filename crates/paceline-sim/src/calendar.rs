//! Days, quarters and working hours as plain integers.
//!
//! The simulation takes millions of steps, so days are counted from 1970-01-01 and instants in milliseconds since then.
//! Only time zones are left to `jiff`.

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::rng::Rng;

pub(crate) const DAY_MS: i64 = 86_400_000;
const MINUTE_MS: i64 = 60_000;
/// Work starts at 08:30 and ends at 18:00, local time.
const OPENS: i64 = 510;
const CLOSES: i64 = 1080;

/// Year, month and day of a day number.
pub(crate) fn civil(day: i32) -> (i32, u32, u32) {
    let shifted = i64::from(day) + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year as i32, month as u32, (of_year - (153 * from_march + 2) / 5 + 1) as u32)
}

/// The day number of a year, month and day.
pub(crate) fn day_number(year: i32, month: u32, day: u32) -> i32 {
    let year = i64::from(year) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let from_march = (i64::from(month) + 9) % 12;
    let of_year = (153 * from_march + 2) / 5 + i64::from(day) - 1;
    (era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year - 719_468)
        as i32
}

pub(crate) fn from_date(date: Date) -> i32 {
    day_number(i32::from(date.year()), date.month() as u32, date.day() as u32)
}

pub(crate) fn to_date(day: i32) -> Date {
    let (year, month, day) = civil(day);
    Date::new(year as i16, month as i8, day as i8).unwrap_or(Date::MAX)
}

pub(crate) fn to_timestamp(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or_default()
}

/// The first day of the calendar quarter that holds `day`, and the first day of the next one.
pub(crate) fn quarter(day: i32) -> (i32, i32) {
    let (year, month, _) = civil(day);
    let first = (month - 1) / 3 * 3 + 1;
    let (next_year, next) = if first == 10 { (year + 1, 1) } else { (year, first + 3) };
    (day_number(year, first, 1), day_number(next_year, next, 1))
}

/// 0 for Monday to 6 for Sunday.
pub(crate) fn weekday(day: i32) -> i32 {
    (day + 3).rem_euclid(7)
}

pub(crate) fn is_working(day: i32) -> bool {
    weekday(day) < 5
}

/// The working days from `from` up to and without `to`.
pub(crate) fn working_days(from: i32, to: i32) -> i64 {
    let since_monday = |day: i32| {
        let shifted = i64::from(day) + 3;
        shifted.div_euclid(7) * 5 + shifted.rem_euclid(7).min(5)
    };
    since_monday(to) - since_monday(from)
}

/// How long work takes on this day, in percent: slow in August and at the turn of the year, fast before a quarter ends.
pub(crate) fn slowness(day: i32) -> u32 {
    let (_, month, of_month) = civil(day);
    match (month, of_month) {
        (12, 22..) | (1, ..=3) => 200,
        (3 | 6 | 9 | 12, 18..) => 60,
        (8, _) => 140,
        _ => 100,
    }
}

/// The milliseconds to add to UTC for local time at this instant.
fn offset_ms(zone: &TimeZone, ms: i64) -> i64 {
    i64::from(zone.to_offset(to_timestamp(ms)).seconds()) * 1000
}

/// The local day of an instant.
pub(crate) fn local_day(zone: &TimeZone, ms: i64) -> i32 {
    (ms + offset_ms(zone, ms)).div_euclid(DAY_MS) as i32
}

/// The instant of a local day and minute; exact in working hours, where no zone changes its clocks.
pub(crate) fn at(zone: &TimeZone, day: i32, minute: i64) -> i64 {
    let local = i64::from(day) * DAY_MS + minute * MINUTE_MS;
    local - offset_ms(zone, i64::from(day) * DAY_MS + DAY_MS / 2)
}

/// The instant after so many more minutes of work, with random seconds; always inside working hours.
pub(crate) fn after_work(zone: &TimeZone, ms: i64, minutes: u32, rng: &mut Rng) -> i64 {
    let local = ms + offset_ms(zone, ms);
    let mut day = local.div_euclid(DAY_MS) as i32;
    let mut minute =
        (local.rem_euclid(DAY_MS) / MINUTE_MS).clamp(OPENS, CLOSES) + i64::from(minutes);
    while minute >= CLOSES || !is_working(day) {
        minute -= if is_working(day) && minute >= CLOSES { CLOSES - OPENS } else { 0 };
        day += 1;
    }
    let then = at(zone, day, minute.max(OPENS)) + i64::from(rng.below(60_000));
    then.max(ms + 1)
}

/// The start of a half-hour slot some working days ahead.
pub(crate) fn slot(zone: &TimeZone, ms: i64, days: u32, rng: &mut Rng) -> i64 {
    let mut day = local_day(zone, ms);
    let mut left = days.max(1);
    while left > 0 {
        day += 1;
        left -= u32::from(is_working(day));
    }
    at(zone, day, 540 + 30 * i64::from(rng.below(16)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_round_trip_and_agree_with_jiff() {
        for day in (-200_000..400_000).step_by(37) {
            let (y, m, d) = civil(day);
            assert_eq!(day_number(y, m, d), day);
            assert_eq!(from_date(to_date(day)), day);
            assert_eq!(to_date(day).weekday().to_monday_zero_offset() as i32, weekday(day));
        }
    }

    #[test]
    fn working_days_are_counted_like_a_calendar() {
        for from in 0..30 {
            for to in from..60 {
                let counted = (from..to).filter(|d| is_working(*d)).count() as i64;
                assert_eq!(working_days(from, to), counted);
            }
        }
    }

    #[test]
    fn work_happens_in_working_hours() {
        let zone = TimeZone::get("America/New_York").unwrap();
        let mut rng = Rng::new(3);
        let mut ms = 1_790_000_000_000;
        for minutes in 0..2000 {
            let then = after_work(&zone, ms, minutes % 700, &mut rng);
            assert!(then > ms);
            ms = then;
            let local = to_timestamp(ms).to_zoned(zone.clone());
            assert!(local.hour() >= 8 && local.hour() < 19, "{local}");
            assert!(is_working(local_day(&zone, ms)), "{local}");
        }
    }

    #[test]
    fn quarters_start_where_they_should() {
        let day = day_number(2026, 11, 23);
        assert_eq!(quarter(day), (day_number(2026, 10, 1), day_number(2027, 1, 1)));
    }
}
