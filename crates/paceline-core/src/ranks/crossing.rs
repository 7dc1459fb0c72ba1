//! When the clock alone changes the order by pace.
//!
//! What is due of a goal grows evenly until its rate changes. As long as that is so, two paces draw level at one instant at
//! most; and nobody draws level with another before having done so with everybody between, so it is enough to look at
//! neighbours.

use jiff::{SignedDuration, Timestamp};

use crate::kpi::Better;
use crate::rational::Rational;
use crate::standing::Case;

/// One whose pace moves with the clock: what there is, what is due, and by how much that grows per second.
struct Runner<'a> {
    better: Better,
    actual: &'a Rational,
    due: Rational,
    rate: Rational,
}

/// By how much one is ahead of the next, in a measure that grows evenly: how much now, and by how much more per second.
struct Lead {
    now: Rational,
    growth: Rational,
}

/// The first instant after another at which the order of these may be another than it is then. They are in that order, which
/// may not be known any longer once some rate changes.
pub(super) fn first<'a>(
    cases: impl Iterator<Item = &'a Case>,
    now: Timestamp,
) -> Option<Timestamp> {
    let (mut first, mut before) = (None, None);
    for case in cases {
        let Some((runner, until)) = Runner::new(case, now) else { continue };
        first = earlier(first, until);
        if runner.begins() {
            first = earlier(first, after(now, 1));
        }
        if !runner.has_pace() {
            continue;
        }
        let lead = before.as_ref().map(|before: &Runner<'_>| before.lead_over(&runner));
        first = earlier(first, lead.and_then(|lead| lead.ends(now)));
        before = Some(runner);
    }
    first
}

impl<'a> Runner<'a> {
    /// With the instant at which the rate changes. `None` where the pace stands still.
    fn new(case: &'a Case, now: Timestamp) -> Option<(Self, Option<Timestamp>)> {
        let (actual, due) = (case.actual.as_ref()?, case.aim.as_ref()?.due.as_ref()?);
        let (rate, until) = match due.rate(now) {
            Some((rate, until)) => (rate, Some(until)),
            None => (Rational::ZERO, None),
        };
        Some((Self { better: case.better, actual, due: due.at(now), rate }, until))
    }

    /// Whether there is a pace, which is a quotient.
    fn has_pace(&self) -> bool {
        match self.better {
            Better::Higher => !self.due.is_zero(),
            Better::Lower => !self.actual.is_zero(),
        }
    }

    /// Whether there will be one as soon as the clock has moved.
    fn begins(&self) -> bool {
        !self.has_pace() && self.better == Better::Higher && !self.rate.is_zero()
    }

    /// By products where quotients would not grow evenly.
    fn lead_over(&self, next: &Self) -> Lead {
        let difference = |one: &Rational, other: &Rational| match self.better {
            Better::Higher => &(self.actual * other) - &(next.actual * one),
            Better::Lower => &(one / self.actual) - &(other / next.actual),
        };
        Lead { now: difference(&self.due, &next.due), growth: difference(&self.rate, &next.rate) }
    }
}

impl Lead {
    /// The first instant at which there is no lead any longer; of those who are level, at which one has a lead.
    fn ends(&self, now: Timestamp) -> Option<Timestamp> {
        if self.growth.is_zero() {
            return None;
        }
        if self.now.is_zero() {
            return after(now, 1);
        }
        if !self.growth.is_negative() {
            return None;
        }
        let seconds = self.now.checked_div(&-&self.growth)?;
        after(now, (&seconds * &Rational::from_int(1_000_000_000)).ceil()?)
    }
}

fn after(now: Timestamp, nanos: i128) -> Option<Timestamp> {
    now.checked_add(SignedDuration::from_nanos(i64::try_from(nanos).ok()?)).ok()
}

fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    one.into_iter().chain(other).min()
}

#[cfg(test)]
mod tests {
    use super::first;
    use crate::calendar::Calendar;
    use crate::day::Day;
    use crate::kpi::{Better, GoalKind};
    use crate::ledger::Doubt;
    use crate::period::PeriodKind;
    use crate::rational::Rational;
    use crate::spread::{Due, Spread};
    use crate::standing::{Aim, Case};
    use crate::workdays::Workdays;
    use jiff::Timestamp;
    use jiff::tz::{TimeZone, offset};
    use proptest::prelude::*;
    use std::cmp::Ordering;
    use std::sync::Arc;

    /// What there is and what is to be reached in a week, in a time zone so many hours from UTC.
    type Drawn = (i32, i32, i8);

    fn case(better: Better, (actual, target, hours): Drawn) -> Case {
        let (calendar, zone) = (Calendar::default(), TimeZone::fixed(offset(hours)));
        let week = PeriodKind::Week.holding(Day::parse("2026-11-23").expect("a day"), &calendar);
        let days = Workdays::new(&calendar, &zone, &week);
        let spread = Arc::new(Spread::new(&days, |day| days.share(day)));
        let goal = Rational::from_int(target.into());
        let due = Some(Due::new(vec![(goal.clone(), spread)]));
        Case {
            goal_kind: GoalKind::Reach,
            better,
            min_sample: 1,
            actual: Some(Rational::from_int(actual.into())),
            met: false,
            sample: 1,
            aim: Some(Aim { goal, due, void: false }),
            end: None,
            doubt: Doubt::default(),
        }
    }

    /// How each stands to each other, who has no pace being last.
    fn order(cases: &[Case], at: Timestamp) -> Vec<Ordering> {
        let paces: Vec<Option<Rational>> = cases.iter().map(|case| case.pace(at)).collect();
        paces.iter().flat_map(|one| paces.iter().map(move |other| one.cmp(other))).collect()
    }

    fn nanos(at: i128) -> Timestamp {
        Timestamp::from_nanosecond(at).expect("an instant")
    }

    proptest! {
        /// Until the instant that is named the order is what it was; then it is another, or something grows at another rate.
        #[test]
        fn the_order_stays_until_the_instant_that_is_named(
            drawn in prop::collection::vec((-2i32..30, 0i32..12, -6i8..6), 1..6),
            lower in any::<bool>(),
            minutes in 0i64..7_200,
            beyond in prop_oneof![Just(0i128), Just(1), 0i128..60_000_000_000],
        ) {
            let better = if lower { Better::Lower } else { Better::Higher };
            let monday = Day::parse("2026-11-23").expect("a day").start(&TimeZone::UTC);
            let now = nanos(monday.as_nanosecond() + i128::from(minutes) * 60_000_000_000 + beyond);
            let mut cases: Vec<Case> = drawn.into_iter().map(|drawn| case(better, drawn)).collect();
            cases.sort_by_cached_key(|case| std::cmp::Reverse(case.pace(now)));
            let before = order(&cases, now);
            let Some(next) = first(cases.iter(), now) else {
                let week = i128::from(7 * 86_400) * 1_000_000_000;
                prop_assert_eq!(order(&cases, nanos(now.as_nanosecond() + week)), before);
                return Ok(());
            };
            prop_assert!(next > now);
            let (from, to) = (now.as_nanosecond(), next.as_nanosecond());
            for between in [to - 1, from + (to - from) / 2, from + (to - from) / 3] {
                prop_assert_eq!(&order(&cases, nanos(between)), &before);
            }
            let rates_change = cases.iter().any(|case| {
                let due = case.aim.as_ref().and_then(|aim| aim.due.as_ref());
                due.and_then(|due| due.rate(now)).is_some_and(|(_, until)| until == next)
            });
            prop_assert!(rates_change || order(&cases, next) != before);
        }
    }

    /// One whose day goes on falls back behind one whose day has not begun.
    #[test]
    fn it_is_named_to_the_nanosecond() {
        let cases = [(30, 42, 0), (29, 42, -5)].map(|drawn| case(Better::Higher, drawn));
        let at = |text: &str| text.parse::<Timestamp>().expect("an instant");
        // A week of 42 is 8.4 a day and 1.05 an hour. On Friday at 09:00 33.6 are due of both; the first falls back to the other's
        // pace when 30 / 29 of that are due, 34.758….
        let level = first(cases.iter(), at("2026-11-27T09:00:00Z"));
        assert_eq!(level, Some(at("2026-11-27T10:06:12.413793104Z")));
        // The other leads, and more and more so; then its own day begins.
        let begins = first(cases.iter().rev(), at("2026-11-27T12:00:00Z"));
        assert_eq!(begins, Some(at("2026-11-27T14:00:00Z")));
    }
}
