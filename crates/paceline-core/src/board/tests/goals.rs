//! Goals that are set while the board is open, and before.

use std::sync::Arc;

use super::{Bench, at, goal, model, rep, shown};
use crate::board::{Board, Selection};
use crate::calendar::Calendar;
use crate::day::Day;
use crate::goal::{Goal, Origin, Whose};
use crate::period::PeriodKind;
use crate::roster::Roster;
use crate::standing::Status;
use crate::symbol::{Intern, Symbols};

fn edited(target: &str, whose: Whose, from: Option<&str>, place: u64) -> Goal {
    let from = from.map(|day| Day::parse(day).expect("a day"));
    Goal { whose, from, origin: Origin::Edit(place), ..goal(target, PeriodKind::Month) }
}

#[test]
fn of_equally_specific_goals_one_set_while_running_wins_then_the_latest_start_then_the_latest_edit()
{
    let now = "2026-11-23T13:00:00Z";
    let everyone = |target, from, place| edited(target, Whose::Everyone, from, place);
    let own = |target, place| edited(target, Whose::Rep("U1".to_owned()), None, place);
    let file = Goal { from: Day::parse("2026-06-01"), ..goal("1000", PeriodKind::Month) };
    let reps = vec![rep("U1", None, "UTC")];
    let mut bench = Bench::new(reps, vec![PeriodKind::Month], vec![file.clone()], now);
    for (set, target) in [
        (vec![], "1000"),
        (vec![everyone("2000", None, 9)], "2000"),
        (vec![everyone("3000", Some("2026-02-01"), 1), everyone("2000", None, 9)], "3000"),
        (vec![everyone("2000", None, 9), everyone("4000", None, 8)], "2000"),
        // One that begins after the month is not in force.
        (vec![everyone("2000", Some("2026-12-01"), 9)], "1000"),
        (vec![own("5000", 1), everyone("2000", Some("2026-10-01"), 9)], "5000"),
        (vec![], "1000"),
    ] {
        bench.board.set_goals(&set, at(now));
        let standing = bench.standing("rep:U1", now);
        assert_eq!(shown(standing.numbers.goal), target, "{set:?}");
    }
    let own_in_file = Goal { whose: Whose::Rep("U1".to_owned()), ..file };
    let reps = vec![rep("U1", None, "UTC")];
    let mut bench = Bench::new(reps, vec![PeriodKind::Month], vec![own_in_file], now);
    bench.board.set_goals(&[everyone("2000", None, 1)], at(now));
    let standing = bench.standing("rep:U1", now);
    assert_eq!(shown(standing.numbers.goal), "1000", "the file's is more specific");
}

#[test]
fn other_goals_are_judged_in_one_revision_and_only_where_they_are_others() {
    let now = "2026-11-23T13:00:00Z";
    let reps = vec![rep("M1", None, "UTC"), rep("U1", Some("M1"), "UTC"), rep("U2", None, "UTC")];
    let periods = vec![PeriodKind::Month, PeriodKind::Quarter];
    let mut bench = Bench::new(reps, periods, vec![goal("42000", PeriodKind::Month)], now);
    bench.book("29450", "2026-11-20", now);
    assert_eq!(bench.standing("rep:U1", now).status, Status::OnTrack);
    let before = bench.board.revision();
    let own = edited("84000", Whose::Rep("U1".to_owned()), None, 1);
    let revision = bench.board.set_goals(std::slice::from_ref(&own), at(now));
    assert_eq!(revision.0, before.0 + 1);
    let update = bench.board.changes_since(before, &Selection::default()).expect("not forgotten");
    let changed: Vec<String> = update
        .standings
        .iter()
        .map(|reading| bench.board.roster().name(reading.key.scope))
        .collect();
    assert_eq!(changed, ["org", "rep:U1", "team:M1"]);
    assert!(update.standings.iter().all(|reading| reading.revision == revision));
    let standing = bench.standing("rep:U1", now);
    // Behind it was at this very instant before, with nothing booked: it is so again a nanosecond later.
    let again = at("2026-11-23T13:00:00.000000001Z");
    assert_eq!((standing.status, standing.since), (Status::Behind, again));

    let before = bench.board.revision();
    bench.board.set_goals(&[own], at(now));
    let update = bench.board.changes_since(before, &Selection::default()).expect("not forgotten");
    assert!(update.standings.is_empty(), "the same goals again change nothing");
}

#[test]
fn goals_set_before_the_board_opens_are_there_when_it_does() {
    let mut symbols = Symbols::default();
    let reps = vec![rep("U1", None, "UTC")];
    let roster = Roster::new(reps, &[Calendar::default()], &mut symbols).expect("a roster");
    let owner = symbols.intern("U1");
    let model = model(vec![PeriodKind::Month], Vec::new(), symbols);
    let board = Board::new(Arc::new(model), Arc::new(roster));
    let mut bench = Bench { board, owner };
    let now = "2026-11-23T13:00:00Z";
    bench.board.set_goals(&[edited("42000", Whose::Everyone, None, 0)], at(now));
    bench.board.open(at(now));
    bench.book("27000", "2026-11-20", now);
    assert_eq!(bench.standing("rep:U1", now).status, Status::Behind);
    bench.board.set_goals(&[], at(now));
    assert_eq!(bench.standing("rep:U1", now).status, Status::NoGoal);
}

#[test]
fn a_rolling_window_minds_goals_that_are_not_in_force_yet() {
    let now = "2026-11-23T13:00:00Z";
    let reps = vec![rep("U1", None, "UTC")];
    let mut bench = Bench::new(reps, vec![PeriodKind::Rolling(7)], Vec::new(), now);
    assert_eq!(bench.standing("rep:U1", now).next_change, None);
    let later = edited("100", Whose::Everyone, Some("2026-11-25"), 0);
    bench.board.set_goals(&[Goal { period: PeriodKind::Rolling(7), ..later }], at(now));
    let standing = bench.standing("rep:U1", now);
    assert_eq!(standing.status, Status::NoGoal);
    assert_eq!(standing.next_change, Some(at("2026-11-25T00:00:00Z")));
    assert_eq!(bench.standing("rep:U1", "2026-11-25T00:00:00Z").status, Status::Behind);
}
