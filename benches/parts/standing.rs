//! Judging a standing, and finding the instant at which it changes by the clock alone.

use std::hint::black_box;
use std::sync::Arc;

use criterion::Criterion;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use paceline_core::calendar::Calendar;
use paceline_core::day::Day;
use paceline_core::kpi::{Better, GoalKind};
use paceline_core::ledger::Doubt;
use paceline_core::period::PeriodKind;
use paceline_core::rational::Rational;
use paceline_core::spread::{Due, Spread};
use paceline_core::standing::{Aim, Case, Rules, Status};
use paceline_core::workdays::Workdays;

use crate::world::config;

/// 2026-11-23T13:00:00Z: a Monday, at noon of a working day.
const NOW: i64 = 1_795_438_800;

pub(crate) fn bench(criterion: &mut Criterion) {
    let rules = Rules::from(config().model.bands);
    let now = Timestamp::from_second(NOW).expect("an instant");
    // A team whose members live by four clocks.
    let zones = ["Europe/Madrid", "America/New_York", "Asia/Tokyo", "UTC"];
    for (name, zones) in [("rep", &zones[..1]), ("team in 4 zones", &zones[..])] {
        let case = case(zones, now);
        let status = case.status(&rules, Status::OnTrack, now);
        criterion.bench_function(&format!("standing/judge a {name}"), |bencher| {
            bencher.iter(|| black_box(&case).status(&rules, status, now));
        });
        criterion.bench_function(&format!("standing/next change of a {name}"), |bencher| {
            bencher.iter(|| black_box(&case).next_change(&rules, status, now));
        });
    }
}

/// 28,500 of 42,000 at a time when 31,000 are due.
fn case(zones: &[&str], now: Timestamp) -> Case {
    let calendar = Calendar::default();
    let period = PeriodKind::Month.holding(Day::of(now, &TimeZone::UTC), &calendar);
    let share = |zone: &&str| {
        let zone = TimeZone::get(zone).expect("a zone");
        let days = Workdays::new(&calendar, &zone, &period);
        (
            Rational::from_int(42_000 / zones.len() as i128),
            Arc::new(Spread::new(&days, |day| days.share(day))),
        )
    };
    let due = Due::new(zones.iter().map(share).collect());
    Case {
        goal_kind: GoalKind::Reach,
        better: Better::Higher,
        min_sample: 1,
        actual: Some(Rational::from_int(28_500)),
        met: false,
        sample: 7,
        aim: Some(Aim { goal: due.total(), due: Some(due), void: false }),
        end: Some(period.end.plus(1).start(&TimeZone::UTC)),
        doubt: Doubt::default(),
    }
}
