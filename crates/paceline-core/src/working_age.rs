//! Working age: how many working days somebody has had since an instant, told by the instant at which there are so many.
//!
//! A working day counts one, whatever its weight, and passes evenly during its working hours. So the age grows in these
//! hours alone, and rests between them.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::calendar::Calendar;
use crate::day::Day;
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
        let from = Day::of(Timestamp::from_nanosecond(since).ok()?, self.zone);
        let mut workdays = self.workdays(from).skip_while(|day| day.end <= since);
        let first = workdays.next()?;
        let passed = (since - first.start).max(0);
        if passed == 0 && bound == Bound::AtLeast {
            return [first]
                .into_iter()
                .chain(workdays)
                .nth(usize::from(days) - 1)
                .map(|day| day.end);
        }
        // So many days later as much of a day has passed as on the first of them.
        let last = [first].into_iter().chain(workdays).nth(usize::from(days))?;
        let (nanos, length) = (passed * (last.end - last.start), first.end - first.start);
        Some(match bound {
            Bound::AtLeast => last.start + (nanos + length - 1) / length,
            Bound::Above => last.start + nanos / length + 1,
        })
    }

    /// The working days from a day on.
    fn workdays(&self, from: Day) -> impl Iterator<Item = Workday> {
        let mut from = from;
        std::iter::from_fn(move || {
            let workday = self.workday(from)?;
            from = workday.day.plus(1);
            Some(workday)
        })
    }

    /// The next working day, that day included.
    fn workday(&self, from: Day) -> Option<Workday> {
        let mut day = from;
        for _ in 0..IDLE_DAYS_MAX {
            let off = self.time_off.iter().find(|(first, last)| *first <= day && day <= *last);
            day = match off {
                Some((_, last)) => last.plus(1),
                None => match Workday::new(self.calendar, self.zone, day) {
                    Some(workday) => return Some(workday),
                    None => day.plus(1),
                },
            };
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use jiff::tz::TimeZone;

    use super::Workplace;
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
    fn who_never_works_grows_no_older() {
        let calendar = Calendar { weights: [Decimal::ZERO; 7], ..Calendar::default() };
        let zone = TimeZone::UTC;
        let place = Workplace { zone: &zone, calendar: &calendar, time_off: &[] };
        check(&place, &[("2026-11-23T13:00:00Z", 1, "never", "never")]);
        let nothing = place.instant(7, 0, Bound::AtLeast);
        assert_eq!(nothing, Some(7), "what is yet to come is younger than anything");
    }
}
