//! Dates and instants from text and numbers, by hand because most messages carry several.

use jiff::Timestamp;
use paceline_core::day::Day;

use crate::error::Fault;

const DAY_SECONDS: i64 = 86_400;

/// The unit of an instant given as a number since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Days,
    Millis,
    Micros,
    Nanos,
}

impl Unit {
    /// The unit that puts a number nearest to our time: milliseconds to the year 5138.
    pub(crate) fn of_magnitude(number: i64) -> Self {
        match number.unsigned_abs() {
            0..100_000_000_000_000 => Self::Millis,
            100_000_000_000_000..100_000_000_000_000_000 => Self::Micros,
            _ => Self::Nanos,
        }
    }

    /// Whole seconds and the nanoseconds that remain.
    fn split(self, number: i64) -> Result<(i64, i32), Fault> {
        let per_second = match self {
            Self::Days => {
                return Ok((number.checked_mul(DAY_SECONDS).ok_or(Fault::OutOfRange)?, 0));
            }
            Self::Millis => 1_000,
            Self::Micros => 1_000_000,
            Self::Nanos => 1_000_000_000,
        };
        let nanos = number.rem_euclid(per_second) * (1_000_000_000 / per_second);
        Ok((number.div_euclid(per_second), nanos as i32))
    }
}

/// The instant of a number.
pub(crate) fn instant_of(number: i64, unit: Unit) -> Result<Timestamp, Fault> {
    let (seconds, nanos) = unit.split(number)?;
    clamped(seconds, nanos).ok_or(Fault::OutOfRange)
}

/// The day of a number, which must be a midnight in UTC.
pub(crate) fn day_of(number: i64, unit: Unit) -> Result<Day, Fault> {
    let (seconds, nanos) = unit.split(number)?;
    let day = seconds.div_euclid(DAY_SECONDS);
    if nanos != 0 || seconds.rem_euclid(DAY_SECONDS) != 0 {
        return Err(Fault::TimeOfDay);
    }
    if !(FIRST_DAY..=LAST_DAY).contains(&day) {
        return Err(Fault::OutOfRange);
    }
    Ok(Day(day as i32))
}

/// Reads `YYYY-MM-DD`, also with `Z` or a midnight (with or without an offset) behind it.
pub(crate) fn day(text: &str) -> Result<Option<Day>, Fault> {
    let Some((date, rest)) = text.split_at_checked(10) else { return Ok(None) };
    let Some(day) = Day::parse(date) else { return Ok(None) };
    if matches!(rest, "" | "Z") {
        return Ok(Some(day));
    }
    let Some((clock, rest)) = clock(rest.as_bytes()) else { return Ok(None) };
    if !rest.is_empty() && offset(rest).is_none() {
        return Ok(None);
    }
    if clock == (0, 0) { Ok(Some(day)) } else { Err(Fault::TimeOfDay) }
}

/// Reads `YYYY-MM-DD` `T` or a space, `HH:MM[:SS[.fraction]]` and `Z`, `±HH`, `±HHMM` or `±HH:MM`.
pub(crate) fn instant(text: &str) -> Option<Timestamp> {
    let (date, rest) = text.split_at_checked(10)?;
    let day = Day::parse(date)?;
    let ((seconds, nanos), rest) = clock(rest.as_bytes())?;
    let offset = offset(rest)?;
    clamped(i64::from(day.0) * DAY_SECONDS + seconds - offset, nanos)
}

/// Days of the years −9999 to 9999.
const FIRST_DAY: i64 = -4_371_587;
const LAST_DAY: i64 = 2_932_896;

/// Databases hold 9999-12-31 as "for ever", which is a day behind the last instant jiff has.
fn clamped(seconds: i64, nanos: i32) -> Option<Timestamp> {
    if let Ok(instant) = Timestamp::new(seconds, nanos) {
        return Some(instant);
    }
    let day = seconds.div_euclid(DAY_SECONDS);
    if !(FIRST_DAY - 1..=LAST_DAY + 1).contains(&day) {
        return None;
    }
    Some(if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

/// Seconds of the day and nanoseconds, and what follows. A leap second is the second before it.
fn clock(text: &[u8]) -> Option<((i64, i32), &[u8])> {
    let [b'T' | b't' | b' ', h1, h2, b':', m1, m2, rest @ ..] = text else { return None };
    let (hour, minute) = (two(*h1, *h2, 23)?, two(*m1, *m2, 59)?);
    let (second, nanos, rest) = match rest {
        [b':', s1, s2, rest @ ..] => {
            let (nanos, rest) = fraction(rest)?;
            (two(*s1, *s2, 60)?.min(59), nanos, rest)
        }
        rest => (0, 0, rest),
    };
    Some(((hour * 3600 + minute * 60 + second, nanos), rest))
}

fn fraction(text: &[u8]) -> Option<(i32, &[u8])> {
    let [b'.' | b',', rest @ ..] = text else { return Some((0, text)) };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 {
        return None;
    }
    let read =
        rest[..digits.min(9)].iter().fold(0, |sum, digit| sum * 10 + i32::from(digit - b'0'));
    Some((read * 10i32.pow(9 - digits.min(9) as u32), &rest[digits..]))
}

/// Seconds east of Greenwich.
fn offset(text: &[u8]) -> Option<i64> {
    let (sign, hours, minutes) = match text {
        [b'Z' | b'z'] => return Some(0),
        [sign, h1, h2] => (sign, two(*h1, *h2, 23)?, 0),
        [sign, h1, h2, b':', m1, m2] | [sign, h1, h2, m1, m2] => {
            (sign, two(*h1, *h2, 23)?, two(*m1, *m2, 59)?)
        }
        _ => return None,
    };
    let seconds = hours * 3600 + minutes * 60;
    match sign {
        b'+' => Some(seconds),
        b'-' => Some(-seconds),
        _ => None,
    }
}

fn two(tens: u8, ones: u8, max: i64) -> Option<i64> {
    if !(tens.is_ascii_digit() && ones.is_ascii_digit()) {
        return None;
    }
    let value = i64::from(tens - b'0') * 10 + i64::from(ones - b'0');
    (value <= max).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::{Unit, day, day_of, instant, instant_of};
    use crate::error::Fault;
    use jiff::Timestamp;
    use paceline_core::day::Day;
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    #[test]
    fn reads_instants() {
        for (text, same) in [
            ("2026-02-01T08:00:00.123456Z", "2026-02-01T08:00:00.123456Z"),
            ("2022-06-23T15:21:44.000+0000", "2022-06-23T15:21:44Z"),
            ("2026-02-01 08:00:00+02", "2026-02-01T06:00:00Z"),
            ("2026-02-01t08:00-05:30", "2026-02-01T13:30:00Z"),
            ("1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"),
            ("2026-02-01T08:00:00.1234567891Z", "2026-02-01T08:00:00.123456789Z"),
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
        ] {
            assert_eq!(instant(text), Some(same.parse().expect("an instant")), "{text}");
        }
        assert_eq!(instant("9999-12-31T23:59:59.999999Z"), Some(Timestamp::MAX));
    }

    #[test]
    fn refuses_what_is_no_instant() {
        for text in [
            "",
            "2026-02-01",
            "2026-02-01T08:00:00",
            "2026-02-30T08:00:00Z",
            "2026-02-01T24:00:00Z",
            "2026-02-01T08:61:00Z",
            "2026-02-01T08:00:00.Z",
            "2026-02-01T08:00:00ZZ",
            "2026-02-01T08:00:00 +02",
            "2026-02-01T08:00:00+2",
            "2026-02-0äT08:00:00Z",
        ] {
            assert_eq!(instant(text), None, "{text}");
        }
    }

    #[test]
    fn reads_days() {
        let some = Ok(Day::parse("2026-06-30"));
        for text in [
            "2026-06-30",
            "2026-06-30Z",
            "2026-06-30T00:00:00Z",
            "2026-06-30T00:00:00.000+0000",
            "2026-06-30 00:00:00",
        ] {
            assert_eq!(day(text), some, "{text}");
        }
        assert_eq!(day("2026-06-30T22:00:00Z"), Err(Fault::TimeOfDay));
        for text in ["2026-02-30", "2026-06-30X", "2026-06-30T", "20260630", "", "2026-06-3ä0"] {
            assert_eq!(day(text), Ok(None), "{text}");
        }
        assert_eq!(day_of(-1, Unit::Days), Ok(Day(-1)));
        assert_eq!(day_of(-86_400_000, Unit::Millis), Ok(Day(-1)));
        assert_eq!(day_of(1, Unit::Millis), Err(Fault::TimeOfDay));
        assert_eq!(day_of(2_932_897, Unit::Days), Err(Fault::OutOfRange));
        assert_eq!(day_of(i64::MAX, Unit::Days), Err(Fault::OutOfRange));
    }

    #[test]
    fn guesses_the_unit_of_a_number() {
        for number in [1_764_000_000_123, 1_764_000_000_123_000, 1_764_000_000_123_000_000] {
            let read = instant_of(number, Unit::of_magnitude(number));
            assert_eq!(read, Ok(Timestamp::from_millisecond(1_764_000_000_123).expect("in range")));
        }
    }

    proptest! {
        #[test]
        fn agrees_with_jiff(seconds in -377_000_000_000i64..253_000_000_000, nanos in 0i32..1_000_000_000) {
            let instant_there = Timestamp::new(seconds, nanos).expect("in range");
            if !instant_there.to_string().starts_with('-') {
                prop_assert_eq!(instant(&instant_there.to_string()), Some(instant_there));
            }
        }

        #[test]
        fn reads_any_text_and_number(text in any::<String>(), number in any::<i64>()) {
            prop_assert!(instant(&text).is_none() || !text.is_empty());
            prop_assert!(day(&text).is_ok() || text.len() > 10);
            for unit in [Unit::Days, Unit::Millis, Unit::Micros, Unit::Nanos] {
                prop_assert!(day_of(number, unit).is_err() || instant_of(number, unit).is_ok());
            }
        }
    }
}
