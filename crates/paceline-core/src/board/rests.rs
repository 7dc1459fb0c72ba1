//! When a rolling window holds working days, by each calendar: what is owed in it may be another then.

use crate::calendar::Calendar;
use crate::day::Day;
use crate::decimal::Decimal;
use crate::period::Period;

/// Longer windows hold a working day in any calendar that is in use.
const LONGEST: i32 = 31;

/// For so many days it is looked ahead. Weeks are alike, and holidays come again within a year or two.
const AHEAD: i32 = 731;

/// A set of calendars, as a number by which it is told from others.
type Resting = usize;

/// The days after a rolling window's last on which, for some calendar, it begins or ceases to hold no working day.
#[derive(Debug)]
pub(super) struct Rests {
    /// The calendars in which the window rests now.
    now: Resting,
    /// The days, each with the calendars in which it rests from then on.
    changes: Vec<(Day, Resting)>,
    /// The last day that was looked at.
    until: Day,
}

impl Rests {
    pub(super) fn new(calendars: &[Calendar], window: &Period) -> Self {
        let length = window.end.0 - window.start.0;
        let until = window.end.plus(if length < LONGEST { AHEAD } else { 0 });
        // A window holds a working day as long as the last one until its end is not before its start.
        let works = |calendar: &Calendar, day: Day| calendar.weight(day) != Decimal::ZERO;
        let last = |calendar: &Calendar| window.days().filter(|day| works(calendar, *day)).last();
        let mut lasts: Vec<Option<Day>> = calendars.iter().map(last).collect();
        let mut met: Vec<Vec<bool>> = Vec::new();
        let mut resting = |lasts: &[Option<Day>], start: Day| -> Resting {
            let rests: Vec<bool> =
                lasts.iter().map(|last| last.is_none_or(|last| last < start)).collect();
            met.iter().position(|known| *known == rests).unwrap_or_else(|| {
                met.push(rests);
                met.len() - 1
            })
        };
        let now = resting(&lasts, window.start);
        let mut changes: Vec<(Day, Resting)> = Vec::new();
        for day in (window.end.0 + 1..=until.0).map(Day) {
            for (calendar, last) in calendars.iter().zip(&mut lasts) {
                *last = Some(day).filter(|day| works(calendar, *day)).or(*last);
            }
            let then = resting(&lasts, day.plus(-length));
            if changes.last().map_or(now, |(_, resting)| *resting) != then {
                changes.push((day, then));
            }
        }
        Self { now, changes, until }
    }

    /// The days on which it rests in other calendars than on any day since something else happened; that happens on the
    /// days of `events`, which are in order, and are looked at in any case.
    pub(super) fn days(&self, events: &[Day]) -> Vec<Day> {
        let mut events = events.iter().copied().peekable();
        let (mut resting, mut seen, mut days) = (self.now, vec![self.now], Vec::new());
        for (day, then) in &self.changes {
            while let Some(event) = events.next_if(|event| event <= day) {
                seen.clear();
                seen.push(if event == *day { *then } else { resting });
            }
            resting = *then;
            if !seen.contains(then) {
                seen.push(*then);
                days.push(*day);
            }
        }
        days
    }

    /// Whether it is always in the same calendars that it rests.
    pub(super) fn is_steady(&self) -> bool {
        self.changes.is_empty()
    }

    /// The last day that was looked at.
    pub(super) fn until(&self) -> Day {
        self.until
    }
}

#[cfg(test)]
mod tests {
    use super::Rests;
    use crate::calendar::Calendar;
    use crate::day::Day;
    use crate::decimal::Decimal;
    use crate::period::PeriodKind;

    fn day(text: &str) -> Day {
        Day::parse(text).expect("a day")
    }

    /// Who works on some days of the week, Monday being 0.
    fn working(weekdays: &[usize]) -> Calendar {
        let weight = |day| Decimal::from_int(weekdays.contains(&day).into());
        Calendar { weights: std::array::from_fn(weight), ..Calendar::default() }
    }

    fn days(calendars: &[Calendar], today: &str, events: &[&str]) -> Vec<String> {
        let window = PeriodKind::Rolling(1).holding(day(today), &calendars[0]);
        let events: Vec<Day> = events.iter().map(|event| day(event)).collect();
        let days = Rests::new(calendars, &window).days(&events);
        days.iter().map(ToString::to_string).collect()
    }

    /// On Wednesday only one of two works, on Friday only the other, at the weekend none or one, on Monday both: each
    /// of these is looked at once.
    #[test]
    fn every_combination_is_looked_at_once() {
        let both = [working(&[0, 4]), working(&[6, 0, 1, 2, 3])];
        let found = days(&both, "2026-12-30", &[]);
        assert_eq!(found, ["2027-01-01", "2027-01-02", "2027-01-04"]);
    }

    /// What happens meanwhile may matter in any of them anew.
    #[test]
    fn what_happens_is_looked_at_in_every_combination() {
        let weekdays = [working(&[0, 1, 2, 3, 4])];
        assert_eq!(days(&weekdays, "2026-12-30", &[]), ["2027-01-02"]);
        assert_eq!(days(&weekdays, "2026-12-30", &["2027-01-05"]), ["2027-01-02", "2027-01-09"]);
        assert_eq!(days(&weekdays, "2026-12-30", &["2027-01-09"]), ["2027-01-02", "2027-01-11"]);
    }

    #[test]
    fn a_long_window_always_holds_a_working_day() {
        let window = PeriodKind::Rolling(32).holding(day("2026-12-30"), &working(&[0]));
        assert_eq!(Rests::new(&[working(&[0])], &window).days(&[]), []);
    }
}
