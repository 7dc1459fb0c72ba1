//! A rep: who carries goals, and what is known of them on a day.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::calendar::CalendarId;
use crate::day::Day;

/// A user who carries goals; managers are reps too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rep {
    /// The id that the credit field of records holds.
    pub id: String,
    /// What people call them.
    pub name: String,
    /// Their manager's id.
    pub manager: Option<String>,
    /// Their role, for goals by role.
    pub role: Option<String>,
    /// Their first day.
    pub start: Option<Day>,
    /// Their last day.
    pub end: Option<Day>,
    /// Their own time zone, if it is not the calendar's.
    pub zone: Option<TimeZone>,
    /// Their calendar.
    pub calendar: CalendarId,
    /// When they are off: the first and the last day of each time.
    pub time_off: Vec<(Day, Day)>,
}

impl Rep {
    /// Whether they are employed and not off.
    pub fn is_present(&self, day: Day) -> bool {
        self.start.is_none_or(|start| start <= day)
            && self.end.is_none_or(|end| day <= end)
            && !self.time_off.iter().any(|(first, last)| *first <= day && day <= *last)
    }

    /// How many months of tenure are completed on a day, the day of the month being clamped where a month is shorter:
    /// who starts on 31 January has completed one on 28 February. `None` without a first day.
    pub fn tenure_months(&self, day: Day) -> Option<u32> {
        let (start, day) = (self.start?.civil(), day.civil());
        let months = (i32::from(day.year()) - i32::from(start.year())) * 12
            + i32::from(day.month())
            - i32::from(start.month());
        let completed = day.day() >= start.day().min(day.days_in_month());
        Some((months - i32::from(!completed)).max(0) as u32)
    }

    /// The day on which so many months of tenure are completed. `None` without a first day.
    pub fn anniversary(&self, months: u32) -> Option<Day> {
        let start = self.start?.civil();
        let total = i32::from(start.year()) * 12 + i32::from(start.month()) - 1 + months as i32;
        let (year, month) = (total.div_euclid(12) as i16, (total.rem_euclid(12) + 1) as i8);
        let first = Date::new(year, month, 1).ok()?;
        let day = start.day().min(first.days_in_month());
        Some(Day::from_civil(first).plus(i32::from(day) - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::Rep;
    use crate::calendar::CalendarId;
    use crate::day::Day;

    fn day(text: &str) -> Day {
        Day::parse(text).expect("a day")
    }

    fn since(start: &str) -> Rep {
        Rep {
            id: String::new(),
            name: String::new(),
            manager: None,
            role: None,
            start: Some(day(start)),
            end: Some(day("2026-12-31")),
            zone: None,
            calendar: CalendarId::DEFAULT,
            time_off: vec![
                (day("2026-03-02"), day("2026-03-06")),
                (day("2026-05-01"), day("2026-05-01")),
            ],
        }
    }

    #[test]
    fn tenure_counts_completed_months_clamped_at_their_ends() {
        for (start, on, months) in [
            ("2026-01-31", "2026-01-31", 0),
            ("2026-01-31", "2026-02-27", 0),
            ("2026-01-31", "2026-02-28", 1),
            ("2026-01-31", "2026-03-30", 1),
            ("2026-01-31", "2026-03-31", 2),
            ("2024-02-29", "2025-02-28", 12),
            ("2024-02-29", "2025-02-27", 11),
            ("2026-09-15", "2026-12-14", 2),
            ("2026-09-15", "2026-12-15", 3),
            ("2026-09-15", "2026-01-01", 0),
        ] {
            assert_eq!(since(start).tenure_months(day(on)), Some(months), "{start} to {on}");
        }
    }

    #[test]
    fn an_anniversary_is_the_first_day_with_so_many_months() {
        for start in ["2026-01-31", "2024-02-29", "2026-09-15", "2025-12-30"] {
            let rep = since(start);
            for months in 1..40 {
                let anniversary = rep.anniversary(months).expect("a day");
                assert_eq!(rep.tenure_months(anniversary), Some(months), "{start}");
                assert_eq!(rep.tenure_months(anniversary.plus(-1)), Some(months - 1), "{start}");
            }
        }
    }

    #[test]
    fn presence_is_employment_without_time_off() {
        let rep = since("2026-02-01");
        for (on, present) in [
            ("2026-01-31", false),
            ("2026-02-01", true),
            ("2026-03-01", true),
            ("2026-03-02", false),
            ("2026-03-06", false),
            ("2026-03-07", true),
            ("2026-05-01", false),
            ("2026-12-31", true),
            ("2027-01-01", false),
        ] {
            assert_eq!(rep.is_present(day(on)), present, "{on}");
        }
    }
}
