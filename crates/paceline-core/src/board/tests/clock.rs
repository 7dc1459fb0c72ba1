//! What the clock alone changes: days that end, months that follow, windows that forget, hours of members.

use jiff::civil::date;

use super::{Bench, at, goal, rep, shown};
use crate::board::Selection;
use crate::day::Day;
use crate::period::PeriodKind;
use crate::standing::Status;

#[test]
fn time_alone_makes_a_rep_fall_behind() {
    let goals = vec![goal("42000", PeriodKind::Month)];
    let mut bench = Bench::new(
        vec![rep("U1", None, "UTC")],
        vec![PeriodKind::Month],
        goals,
        "2026-11-23T12:00:00Z",
    );
    bench.book("27000", "2026-11-20", "2026-11-23T13:00:00Z");
    let standing = bench.standing("rep:U1", "2026-11-23T13:00:00Z");
    assert_eq!(shown(standing.numbers.expected), "31000");
    assert_eq!(shown(standing.numbers.required_per_day), "2727.272727");
    assert_eq!(standing.status, Status::Behind);

    bench.book("1500", "2026-11-20", "2026-11-23T13:00:00Z");
    assert_eq!(bench.standing("rep:U1", "2026-11-23T13:00:00Z").status, Status::Behind);
    bench.book("950", "2026-11-20", "2026-11-23T13:00:00Z");
    let standing = bench.standing("rep:U1", "2026-11-23T13:00:00Z");
    assert_eq!(standing.status, Status::OnTrack);
    assert_eq!(standing.next_change, Some(at("2026-11-24T11:53:20.000000001Z")));
    assert_eq!(bench.standing("rep:U1", "2026-11-24T11:53:20Z").status, Status::OnTrack);
    let standing = bench.standing("rep:U1", "2026-11-24T11:53:20.000000001Z");
    assert_eq!(standing.status, Status::Behind);
    assert_eq!(standing.since, at("2026-11-24T11:53:20.000000001Z"));
    assert_eq!(standing.next_change, Some(at("2026-12-01T00:00:00Z")));
}

#[test]
fn a_month_ends_and_the_next_begins() {
    let goals = vec![goal("42000", PeriodKind::Month)];
    let mut bench = Bench::new(
        vec![rep("U1", None, "UTC")],
        vec![PeriodKind::Month],
        goals,
        "2026-11-23T12:00:00Z",
    );
    bench.book("27000", "2026-11-20", "2026-11-23T13:00:00Z");
    bench.book("99", "2026-12-02", "2026-11-23T13:00:00Z");
    let before = bench.board.revision();
    let standing = bench.standing("rep:U1", "2026-12-01T00:00:00Z");
    assert_eq!(
        (standing.key.period.name.as_str(), shown(standing.numbers.actual).as_str()),
        ("2026-12", "99")
    );
    let update = bench.board.changes_since(before, &Selection::default());
    let removed = update.expect("not forgotten").removed;
    assert!(removed.iter().all(|removal| removal.key.period.name == "2026-11"));
    assert_eq!(removed.len(), 3, "the rep, the org and the unassigned");
    let november = Day::from_civil(date(2026, 11, 5));
    let selection = Selection { scopes: vec!["rep:U1".to_owned()], ..Selection::default() };
    let past = bench
        .board
        .readings(&selection, Some(november), at("2026-12-01T00:00:00Z"))
        .remove(0)
        .at(at("2026-12-01T00:00:00Z"));
    assert_eq!((past.status, shown(past.numbers.actual).as_str()), (Status::Missed, "27000"));
}

#[test]
fn a_rolling_window_forgets_and_says_when() {
    let goals = vec![goal("100", PeriodKind::Rolling(7))];
    let reps = vec![rep("U1", None, "America/New_York")];
    let mut bench = Bench::new(reps, vec![PeriodKind::Rolling(7)], goals, "2026-11-23T12:00:00Z");
    bench.book("100", "2026-11-20", "2026-11-23T13:00:00Z");
    let standing = bench.standing("rep:U1", "2026-11-23T13:00:00Z");
    assert_eq!(
        (standing.status, shown(standing.numbers.expected).as_str()),
        (Status::OnTrack, "100")
    );
    // The 20th leaves the window of seven days when the 27th begins in New York.
    assert_eq!(standing.next_change, Some(at("2026-11-27T05:00:00Z")));
    assert_eq!(bench.standing("rep:U1", "2026-11-27T04:59:59.999999999Z").status, Status::OnTrack);
    let standing = bench.standing("rep:U1", "2026-11-27T05:00:00Z");
    assert_eq!((standing.status, shown(standing.numbers.actual).as_str()), (Status::Behind, "0"));
}

#[test]
fn a_team_owes_what_its_members_owe_each_by_their_own_clock() {
    let goals = vec![goal("2000", PeriodKind::Day)];
    let reps = vec![rep("M1", None, "UTC"), rep("U1", Some("M1"), "America/New_York")];
    let mut bench = Bench::new(reps, vec![PeriodKind::Day], goals, "2026-11-23T08:00:00Z");
    // 15:00 in London's zone of the manager is 10:00 in New York: 6 of 8 hours and 1 of 8.
    let team = bench.standing("team:M1", "2026-11-23T15:00:00Z");
    assert_eq!(
        (shown(team.numbers.goal), shown(team.numbers.expected)),
        ("4000".to_owned(), "1750".to_owned())
    );
    bench.book("1900", "2026-11-23", "2026-11-23T15:00:00Z");
    let team = bench.standing("team:M1", "2026-11-23T15:00:00Z");
    assert_eq!(team.status, Status::OnTrack);
    // Behind when more than 1,900 ÷ 0.9 is due: at 15:43:20 six hours 43 minutes and one hour 43 minutes are past.
    assert_eq!(team.next_change, Some(at("2026-11-23T15:43:20.000000001Z")));
}
