//! Working age: how many working days somebody has had since an instant, told by the instant at which there are so many.
//!
//! A working day counts one, whatever its weight, and passes evenly during its working hours. So the age grows in these
//! hours alone, and rests between them.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::calendar::Calendar;
use crate::day::Day;
use crate::decimal::Decimal;
use crate::spread::Bound;
use crate::workdays::Workday;

/// The most working days that an age may be compared with, as finding the day means walking over as many.
pub(crate) const WORKING_DAYS_MAX: u16 = 1_000;

/// For so many days a working day is looked for: who has none in more than a year works no more.
const IDLE_DAYS_MAX: u16 = 400;

/// Where and when somebody works.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Workplace<'a> {
    /// Where their days begin.
    pub(crate) zone: &'a TimeZone,
    /// Their working days and hours.
    pub(crate) calendar: &'a Calendar,
    /// When they are off: the first and the last day of each time.
    pub(crate) time_off: &'a [(Day, Day)],
}

impl Workplace<'_> {
    /// The first instant at which at least, or more than, so many working days have passed since another, in nanoseconds
    /// since 1970; `None` when there never are.
    pub(crate) fn instant(&self, since: i128, days: u16, bound: Bound) -> Option<i128> {
        if days == 0 && bound == Bound::AtLeast {
            return Some(since);
        }
        let first = self.workday(Day::of(Timestamp::from_nanosecond(since).ok()?, self.zone))?;
        let first = if first.end > since { first } else { self.workday(first.day.plus(1))? };
        let passed = (since - first.start).max(0);
        if passed == 0 && bound == Bound::AtLeast {
            return self.later(first, days - 1).map(|last| last.end);
        }
        // So many days later as much of a day has passed as on the first of them.
        let last = self.later(first, days)?;
        let (nanos, length) = (passed * (last.end - last.start), first.end - first.start);
        Some(match bound {
            Bound::AtLeast => last.start + (nanos + length - 1) / length,
            Bound::Above => last.start + nanos / length + 1,
        })
    }

    /// The working day that comes so many working days after one. Of those between the hours do not matter, and before the
    /// zone's clock is moved all have some: looking them up would take much longer.
    fn later(&self, first: Workday, days: u16) -> Option<Workday> {
        if days == 0 {
            return Some(first);
        }
        let moved = self.clock_moves(first);
        let mut day = first.day;
        for _ in 1..days {
            let next = self.day_of_work(day.plus(1))?;
            day = if next < moved { next } else { self.workday(next)?.day };
        }
        self.workday(day.plus(1))
    }

    /// The first day on which the zone's clock may be moved.
    fn clock_moves(&self, from: Workday) -> Day {
        let start = Timestamp::from_nanosecond(from.start).unwrap_or(Timestamp::MAX);
        let moves = self.zone.following(start).next();
        moves.map_or(Day(i32::MAX), |moves| Day::of(moves.timestamp(), self.zone).plus(-1))
    }

    /// The next working day, that day included.
    fn workday(&self, from: Day) -> Option<Workday> {
        let mut day = from;
        for _ in 0..IDLE_DAYS_MAX {
            day = self.day_of_work(day)?;
            if let Some(workday) = Workday::new(self.calendar, self.zone, day) {
                return Some(workday);
            }
            day = day.plus(1);
        }
        None
    }

    /// The next day that is no day off, that day included. The zone may not have it, or none of its hours.
    fn day_of_work(&self, from: Day) -> Option<Day> {
        let mut day = from;
        for _ in 0..IDLE_DAYS_MAX {
            let off = self.time_off.iter().find(|(first, last)| *first <= day && day <= *last);
            day = match off {
                Some((_, last)) => last.plus(1),
                None if self.calendar.weight(day) == Decimal::ZERO => day.plus(1),
                None => return Some(day),
            };
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use jiff::tz::TimeZone;

    use super::{Workday, Workplace};
    use crate::calendar::{Calendar, Hours};
    use crate::day::Day;
    use crate::decimal::Decimal;
    use crate::spread::Bound;

    fn day(text: &str) -> Day {
        Day::parse(text).expect("a day")
    }

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).expect("a zone")
    }

    /// Each case: since when, how many days, when there are at least as many, and when there are more.
    fn check(place: &Workplace<'_>, cases: &[(&str, u16, &str, &str)]) {
        for (since, days, least, more) in cases {
            let since: Timestamp = since.parse().expect("an instant");
            let instant = |bound| {
                let nanos = place.instant(since.as_nanosecond(), *days, bound)?;
                Timestamp::from_nanosecond(nanos).ok()
            };
            let shown = [Bound::AtLeast, Bound::Above].map(|bound| {
                instant(bound).map_or_else(|| "never".to_owned(), |at| at.to_string())
            });
            assert_eq!(shown, [least.to_owned(), more.to_owned()], "{days} days since {since}");
        }
    }

    #[test]
    fn an_age_passes_with_the_working_hours() {
        let calendar = Calendar {
            // The 8th is a Tuesday.
            holidays: [day("2026-12-08")].into(),
            ..Calendar::default()
        };
        let zone = TimeZone::UTC;
        let place = Workplace { zone: &zone, calendar: &calendar, time_off: &[] };
        check(
            &place,
            &[
                // At one on Monday half a day has passed, and so it has one working day later.
                (
                    "2026-11-23T13:00:00Z",
                    1,
                    "2026-11-24T13:00:00Z",
                    "2026-11-24T13:00:00.000000001Z",
                ),
                (
                    "2026-11-23T13:00:00Z",
                    3,
                    "2026-11-26T13:00:00Z",
                    "2026-11-26T13:00:00.000000001Z",
                ),
                (
                    "2026-11-23T13:00:00Z",
                    0,
                    "2026-11-23T13:00:00Z",
                    "2026-11-23T13:00:00.000000001Z",
                ),
                // Over a weekend, and over a weekend and a holiday.
                (
                    "2026-11-27T16:00:00Z",
                    1,
                    "2026-11-30T16:00:00Z",
                    "2026-11-30T16:00:00.000000001Z",
                ),
                (
                    "2026-12-04T16:00:00Z",
                    2,
                    "2026-12-09T16:00:00Z",
                    "2026-12-09T16:00:00.000000001Z",
                ),
                // Before and after the hours and on days off nothing of a day has passed: a day is full when its
                // hours end, and more than full when the next ones have begun.
                (
                    "2026-11-23T05:00:00Z",
                    1,
                    "2026-11-23T17:00:00Z",
                    "2026-11-24T09:00:00.000000001Z",
                ),
                (
                    "2026-11-23T09:00:00Z",
                    1,
                    "2026-11-23T17:00:00Z",
                    "2026-11-24T09:00:00.000000001Z",
                ),
                (
                    "2026-11-23T17:00:00Z",
                    1,
                    "2026-11-24T17:00:00Z",
                    "2026-11-25T09:00:00.000000001Z",
                ),
                (
                    "2026-11-27T23:59:59Z",
                    1,
                    "2026-11-30T17:00:00Z",
                    "2026-12-01T09:00:00.000000001Z",
                ),
                (
                    "2026-11-28T12:00:00Z",
                    5,
                    "2026-12-04T17:00:00Z",
                    "2026-12-07T09:00:00.000000001Z",
                ),
                (
                    "2026-12-08T12:00:00Z",
                    0,
                    "2026-12-08T12:00:00Z",
                    "2026-12-09T09:00:00.000000001Z",
                ),
                // The first and the last nanosecond of the hours.
                (
                    "2026-11-23T09:00:00.000000001Z",
                    1,
                    "2026-11-24T09:00:00.000000001Z",
                    "2026-11-24T09:00:00.000000002Z",
                ),
                (
                    "2026-11-23T16:59:59.999999999Z",
                    1,
                    "2026-11-24T16:59:59.999999999Z",
                    "2026-11-24T17:00:00Z",
                ),
            ],
        );
    }

    #[test]
    fn a_short_day_counts_as_one() {
        let mut calendar = Calendar::default();
        calendar.weights[4] = Decimal::from_micros(600_000);
        let zone = TimeZone::UTC;
        let place = Workplace { zone: &zone, calendar: &calendar, time_off: &[] };
        check(
            &place,
            &[
                (
                    "2026-11-26T11:00:00Z",
                    1,
                    "2026-11-27T11:00:00Z",
                    "2026-11-27T11:00:00.000000001Z",
                ),
                (
                    "2026-11-27T11:00:00Z",
                    1,
                    "2026-11-30T11:00:00Z",
                    "2026-11-30T11:00:00.000000001Z",
                ),
            ],
        );
    }

    #[test]
    fn time_off_does_not_count_however_long_it_is() {
        let calendar = Calendar::default();
        let zone = TimeZone::UTC;
        let off = [
            (day("2026-11-24"), day("2026-11-25")),
            (day("2027-01-01"), day("2028-12-31")),
            (day("2030-01-01"), day("9999-12-31")),
        ];
        let place = Workplace { zone: &zone, calendar: &calendar, time_off: &off };
        check(
            &place,
            &[
                (
                    "2026-11-23T13:00:00Z",
                    1,
                    "2026-11-26T13:00:00Z",
                    "2026-11-26T13:00:00.000000001Z",
                ),
                (
                    "2026-11-24T13:00:00Z",
                    1,
                    "2026-11-26T17:00:00Z",
                    "2026-11-27T09:00:00.000000001Z",
                ),
                // Who begins to be off before a day is over has the rest of it when they are back.
                (
                    "2026-12-31T13:00:00Z",
                    1,
                    "2029-01-01T13:00:00Z",
                    "2029-01-01T13:00:00.000000001Z",
                ),
                ("2029-12-31T13:00:00Z", 1, "never", "never"),
                ("2029-12-31T09:00:00Z", 1, "2029-12-31T17:00:00Z", "never"),
            ],
        );
    }

    #[test]
    fn hours_that_the_clock_stretches_pass_in_shares() {
        // On 25 October 2026 Berlin's clocks go back from three to two: from midnight to six are seven hours. On 29 March
        // they go forward: five.
        let calendar = Calendar {
            hours: Hours { start: 0, end: 6 * 3_600 },
            weights: [Decimal::from_int(1); 7],
            ..Calendar::default()
        };
        let zone = zone("Europe/Berlin");
        let place = Workplace { zone: &zone, calendar: &calendar, time_off: &[] };
        check(
            &place,
            &[
                // A third of six hours, and of seven: two hours and twenty minutes after 22:00 UTC.
                (
                    "2026-10-24T00:00:00Z",
                    1,
                    "2026-10-25T00:20:00Z",
                    "2026-10-25T00:20:00.000000001Z",
                ),
                // A seventh of the long day are 51 minutes and 25.714285714… seconds of the next.
                (
                    "2026-10-24T23:00:00Z",
                    1,
                    "2026-10-25T23:51:25.714285715Z",
                    "2026-10-25T23:51:25.714285715Z",
                ),
                (
                    "2026-03-28T02:00:00Z",
                    1,
                    "2026-03-29T01:30:00Z",
                    "2026-03-29T01:30:00.000000001Z",
                ),
            ],
        );
    }

    #[test]
    fn a_day_that_the_zone_skips_is_none() {
        let calendar = Calendar::default();
        let zone = zone("Pacific/Apia");
        let place = Workplace { zone: &zone, calendar: &calendar, time_off: &[] };
        // Thursday 29 December 2011 at 13:00 and Monday 2 January 2012 at 13:00; there was no Friday.
        let monday = ("2012-01-01T23:00:00Z", "2012-01-01T23:00:00.000000001Z");
        check(&place, &[("2011-12-29T23:00:00Z", 1, monday.0, monday.1)]);
    }

    #[test]
    fn it_is_as_if_each_day_were_looked_up() {
        let calendar = Calendar { holidays: [day("2026-03-31")].into(), ..Calendar::default() };
        let off = [(day("2011-12-22"), day("2011-12-26")), (day("2026-10-20"), day("2026-10-28"))];
        for name in ["Pacific/Apia", "Europe/Berlin", "America/New_York", "UTC"] {
            let zone = zone(name);
            let place = Workplace { zone: &zone, calendar: &calendar, time_off: &off };
            let is_off = |day: Day| off.iter().any(|(from, to)| *from <= day && day <= *to);
            for start in ["2011-12-15", "2026-03-20", "2026-10-15"].map(day) {
                let each = (0..60).map(|after| start.plus(after)).filter(|day| !is_off(*day));
                let each = each.filter_map(|day| Workday::new(&calendar, &zone, day));
                let ends: Vec<i128> = each.map(|day| day.end).collect();
                let since = start.start(&zone).as_nanosecond();
                for (days, end) in (1..).zip(&ends) {
                    let instant = place.instant(since, days, Bound::AtLeast);
                    assert_eq!(instant, Some(*end), "{days} days since {start} in {name}");
                }
            }
        }
    }

    #[test]
    fn who_never_works_grows_no_older() {
        let calendar = Calendar { weights: [Decimal::ZERO; 7], ..Calendar::default() };
        let zone = TimeZone::UTC;
        let place = Workplace { zone: &zone, calendar: &calendar, time_off: &[] };
        check(&place, &[("2026-11-23T13:00:00Z", 1, "never", "never")]);
        let nothing = place.instant(7, 0, Bound::AtLeast);
        assert_eq!(nothing, Some(7), "what is yet to come is younger than anything");
    }
}
