//! Calendar days as one integer, because every entry, cell and period edge is keyed by one.
//!
//! Conversions use the civil-calendar algorithm with eras of 400 years (proleptic Gregorian, days since
//! 1970-01-01), as published by Howard Hinnant ("chrono-compatible low-level date algorithms").

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// A calendar day: days since 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i32);

impl Day {
    /// The day of a civil date.
    pub fn from_civil(date: Date) -> Self {
        let (month, day) = (i32::from(date.month()), i32::from(date.day()));
        let year = i32::from(date.year()) - i32::from(month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Self(era * 146_097 + day_of_era - 719_468)
    }

    /// The civil date of this day; days outside the years −9999 to 9999 are clamped to that range.
    pub fn civil(self) -> Date {
        let shifted = self.clamped().0 + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_index = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_index + 2) / 5 + 1;
        let month = if month_index < 10 { month_index + 3 } else { month_index - 9 };
        let year = year_of_era + era * 400 + i32::from(month <= 2);
        Date::new(year as i16, month as i8, day as i8).unwrap_or(Date::ZERO)
    }

    /// The day of an instant in a time zone.
    pub fn of(instant: Timestamp, zone: &TimeZone) -> Self {
        let seconds = instant.as_second() + i64::from(zone.to_offset(instant).seconds());
        // A negative fraction belongs to the second before.
        let seconds = seconds - i64::from(instant.subsec_nanosecond() < 0);
        Self(seconds.div_euclid(86_400) as i32)
    }

    /// The day's first instant in a time zone (the first after a gap, where midnight does not exist).
    pub fn start(self, zone: &TimeZone) -> Timestamp {
        zone.to_ambiguous_timestamp(self.civil().at(0, 0, 0, 0))
            .compatible()
            .unwrap_or(Timestamp::MAX)
    }

    /// The days that a time zone leaves out, moving to the other side of the date line, as far as that is known.
    pub(crate) fn left_out(zone: &TimeZone) -> Vec<Self> {
        // What is known ahead of the years listed is that clocks change twice a year.
        let until = Self::from_civil(Date::constant(2100, 1, 1)).start(&TimeZone::UTC);
        let mut before = zone.to_offset(Timestamp::MIN);
        let mut left_out = Vec::new();
        for change in zone.following(Timestamp::MIN) {
            let after = change.offset();
            let forward = after.seconds() - std::mem::replace(&mut before, after).seconds();
            if change.timestamp() > until {
                break;
            }
            // Less would leave out a part of a day at most.
            if forward >= 86_400 {
                let day = Self::of(change.timestamp(), zone);
                left_out.extend((1..=forward / 86_400).map(|days| day.plus(-days)));
            }
        }
        left_out
    }

    /// Reads `YYYY-MM-DD`.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1] = bytes else { return None };
        let year = number(&[*y0, *y1, *y2, *y3])?;
        let date =
            Date::new(year as i16, number(&[*m0, *m1])? as i8, number(&[*d0, *d1])? as i8).ok()?;
        Some(Self::from_civil(date))
    }

    /// Days since Monday: 0 for Monday to 6 for Sunday.
    pub fn weekday(self) -> usize {
        (self.0 + 3).rem_euclid(7) as usize
    }

    /// This day moved by `days`.
    #[must_use]
    pub fn plus(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// The day as far as the calendar knows days: years −9999 to 9999.
    fn clamped(self) -> Self {
        Self(self.0.clamp(-4_371_587, 2_932_896))
    }
}

fn number(digits: &[u8]) -> Option<u16> {
    digits.iter().try_fold(0u16, |sum, digit| {
        digit.is_ascii_digit().then(|| sum * 10 + u16::from(digit - b'0'))
    })
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.civil())
    }
}

#[cfg(test)]
mod tests {
    use super::Day;
    use jiff::civil::{Date, date};
    use jiff::tz::TimeZone;

    #[test]
    fn agrees_with_the_civil_calendar() {
        let mut day = Day::from_civil(date(1583, 1, 1));
        let mut civil = date(1583, 1, 1);
        while civil < date(2600, 1, 1) {
            assert_eq!((day.civil(), Day::from_civil(civil)), (civil, day));
            assert_eq!(day.weekday(), civil.weekday().to_monday_zero_offset() as usize);
            (day, civil) = (day.plus(1), civil.tomorrow().expect("in range"));
        }
        assert_eq!(Day::from_civil(Date::MIN).civil(), Date::MIN);
        assert_eq!(Day::from_civil(Date::MAX).civil(), Date::MAX);
        assert_eq!(Day(i32::MAX).civil(), Date::MAX);
    }

    #[test]
    fn knows_the_days_that_zones_leave_out() {
        let left_out = |name: &str| Day::left_out(&TimeZone::get(name).expect("a zone"));
        assert_eq!(left_out("Pacific/Apia"), [Day::from_civil(date(2011, 12, 30))]);
        assert_eq!(left_out("America/New_York"), []);
    }

    #[test]
    fn reads_dates_strictly() {
        assert_eq!(Day::parse("1970-01-02"), Some(Day(1)));
        assert_eq!(Day::parse("2024-02-29"), Some(Day::from_civil(date(2024, 2, 29))));
        for text in
            ["2026-02-30", "2026-2-3", "26-02-03", "2026-02-03T", "", "2026/02/03", "٢026-01-01"]
        {
            assert_eq!(Day::parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_instant_has_the_day_of_its_zone() {
        let apia = TimeZone::get("Pacific/Apia").expect("zone");
        let before = "2011-12-30T09:59:59.999999999Z".parse().expect("instant");
        let after = "2011-12-30T10:00:00Z".parse().expect("instant");
        assert_eq!(Day::of(before, &apia).to_string(), "2011-12-29");
        assert_eq!(Day::of(after, &apia).to_string(), "2011-12-31");
        let early = "1969-12-31T23:59:59.5Z".parse().expect("instant");
        assert_eq!(Day::of(early, &TimeZone::UTC), Day(-1));
    }
}
