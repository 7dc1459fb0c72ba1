//! KPIs that are made of others.

use super::{Bench, COVER, COVER_FORMULA, at, goal, shown};
use crate::board::Standing;
use crate::day::Day;
use crate::goal::Goal;
use crate::kpi::KpiId;
use crate::period::PeriodKind;
use crate::standing::Status;

#[test]
fn a_derived_kpi_changes_in_the_revision_that_changes_a_part() {
    let goals =
        vec![goal("150", PeriodKind::Month), Goal { kpi: COVER, ..goal("2", PeriodKind::Month) }];
    let now = "2026-11-23T13:00:00Z";
    let mut bench = Bench::with_derived(&[COVER_FORMULA], vec![PeriodKind::Month], goals, now);
    let seen = |standing: &Standing| (shown(standing.numbers.actual), standing.status);
    assert_eq!(seen(&bench.cover(now)), ("0.666667".to_owned(), Status::Behind));
    bench.book("100", "2026-11-20", now);
    let cover = bench.cover(now);
    assert_eq!(seen(&cover), ("2".to_owned(), Status::OnTrack));
    assert_eq!(cover.revision, bench.board.revision());
    bench.book("50", "2026-11-20", now);
    let cover = bench.cover(now);
    assert_eq!(seen(&cover), (String::new(), Status::Ahead));
    assert_eq!((cover.numbers.remaining, cover.numbers.attainment), (None, None));
    assert_eq!((cover.numbers.pace, cover.next_change), (None, None));
    // December has bookings and a goal of its own.
    assert_eq!(seen(&bench.cover("2026-12-01T00:00:00Z")), ("0.666667".to_owned(), Status::Behind));
}

#[test]
fn a_derived_kpi_in_a_rolling_window_follows_its_parts_and_their_goals() {
    let kind = PeriodKind::Rolling(7);
    let later = Day::parse("2026-11-25");
    let goals = vec![
        goal("150", kind),
        Goal { from: later, ..goal("110", kind) },
        Goal { kpi: COVER, ..goal("2", kind) },
    ];
    let now = "2026-11-20T13:00:00Z";
    let mut bench = Bench::with_derived(&[COVER_FORMULA], vec![kind], goals, now);
    bench.book("100", "2026-11-20", now);
    // 100 over 50; from the 25th on over 10; from the 27th on, without the booking, over 110.
    for (at_instant, actual, status, next) in [
        (now, "2", Status::OnTrack, "2026-11-25T00:00:00Z"),
        ("2026-11-25T00:00:00Z", "10", Status::Ahead, "2026-11-27T00:00:00Z"),
        ("2026-11-27T00:00:00Z", "0.909091", Status::Behind, ""),
    ] {
        let cover = bench.cover(at_instant);
        assert_eq!((shown(cover.numbers.actual).as_str(), cover.status), (actual, status));
        let next = (!next.is_empty()).then(|| at(next));
        assert_eq!(cover.next_change, next, "{at_instant}");
    }
}

#[test]
fn formulas_that_name_each_other_in_many_ways_are_worked_out_once() {
    let names: Vec<String> = (0..80).map(|at| format!("f{at}")).collect();
    let text = |at: usize| match at {
        0 => "bookings".to_owned(),
        1 => "bookings + f0".to_owned(),
        _ => format!("f{} + f{}", at - 1, at - 2),
    };
    let texts: Vec<String> = (0..names.len()).map(text).collect();
    let formulas: Vec<(&str, &str)> =
        names.iter().map(String::as_str).zip(texts.iter().map(String::as_str)).collect();
    let now = "2026-11-23T13:00:00Z";
    let mut bench = Bench::with_derived(&formulas, vec![PeriodKind::Month], Vec::new(), now);
    bench.book("1", "2026-11-20", now);
    let last = bench.of_kpi(KpiId(80), now);
    // The 81st number of Fibonacci, from 1, 2, 3, 5 on.
    assert_eq!(shown(last.numbers.actual), "37889062373143906");
}
