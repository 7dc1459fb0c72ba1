//! Lanes that are asked for the records behind a number: what they are kept from meanwhile, and for how long.

mod paged;

use std::sync::Arc;

use jiff::Timestamp;
use paceline_core::board::{How, PassedOver, Pieces, Revision};
use paceline_core::decimal::Decimal;
use paceline_core::goal::Goal;
use paceline_engine::Unlisted;
use paceline_tests::recompute::config::PeriodKind;

use crate::{
    behind::{self, Place},
    engine::Engine,
};

const BASE: &str = include_str!("../golden/base.yaml");
const NOW: &str = "2026-11-23T13:00:00Z";

/// An engine with two lanes of a partition each, whose sources are caught up.
fn engine() -> Engine {
    let mut engine = Engine::new(BASE, &[2], 2);
    engine.open(now());
    engine
}

fn now() -> Timestamp {
    NOW.parse().expect("an instant")
}

fn place(scope: &str) -> Place {
    (scope.to_owned(), "bookings".to_owned(), PeriodKind::Month)
}

/// Puts a deal that Ana has won on a partition.
fn win(engine: &mut Engine, partition: usize, id: &str, amount: &str) {
    let value = format!(
        r#"{{"id":"{id}","op":"upsert","set":{{"OwnerId":"U1","Amount":"{amount}","StageName":"Closed Won","CloseDate":"2026-11-20"}}}}"#
    );
    let (lane, _) = engine.send((0, partition), Some(id.as_bytes()), Some(value.as_bytes()), now());
    assert_eq!(engine.take(lane), [true], "{value}");
}

#[test]
fn lanes_that_have_answered_commit_nothing_until_all_have() {
    let mut engine = engine();
    win(&mut engine, 0, "A", "10");
    win(&mut engine, 1, "B", "5");
    engine.follow(now());
    let subject = behind::subject(&engine, &place("rep:U1"));
    let question = engine.live.ask(subject.clone(), None, 10, now()).expect("a question");
    let (first, second) = (engine.lane_of(0, 0), engine.lane_of(0, 1));
    engine.commit(first, now());
    let revision = engine.live.revision();
    win(&mut engine, 0, "C", "100");
    engine.commit(first, now());
    assert_eq!(engine.live.revision(), revision, "it waits for the other lane");
    win(&mut engine, 1, "D", "7");
    engine.commit(second, now());
    let listing = question.listing(now()).expect("a listing");
    let ids: Vec<&str> = listing.contributors.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(ids, ["A", "D", "B"], "what had been committed when the last lane answered");
    assert_eq!(listing.standing.numbers.actual, Some(Decimal::from_int(22)));
    engine.commit(first, now());
    assert!(engine.live.revision() > revision, "nothing is waited for any longer");
    let again = engine.listing(&subject, None, now()).expect("a listing");
    assert_eq!(again.standing.numbers.actual, Some(Decimal::from_int(122)));
}

#[test]
fn who_asks_and_goes_keeps_no_lane() {
    let mut engine = engine();
    let subject = behind::subject(&engine, &place("rep:U1"));
    let question = engine.live.ask(subject.clone(), None, 10, now()).expect("a question");
    let lane = engine.lane_of(0, 0);
    engine.commit(lane, now());
    win(&mut engine, 0, "A", "10");
    let revision = engine.live.revision();
    engine.commit(lane, now());
    assert_eq!(engine.live.revision(), revision);
    drop(question);
    engine.commit(lane, now());
    assert!(engine.live.revision() > revision);
    // A question takes the place of one before, whose lanes are free as well.
    let former = engine.live.ask(subject.clone(), None, 10, now()).expect("a question");
    engine.commit(lane, now());
    let listing = engine.listing(&subject, None, now()).expect("a listing");
    assert_eq!(listing.contributors.len(), 1);
    assert_eq!(former.listing(now()).expect_err("it is over"), Unlisted::Moved);
}

#[test]
fn more_records_than_may_be_are_no_listing() {
    let mut engine = engine();
    (0..4).for_each(|nth| win(&mut engine, nth % 2, &format!("D{nth}"), "1"));
    engine.follow(now());
    let subject = behind::subject(&engine, &place("org"));
    for (most, listed) in [(4, Ok(4)), (3, Err(Unlisted::TooMany)), (0, Err(Unlisted::TooMany))] {
        let question = engine.live.ask(subject.clone(), None, most, now()).expect("a question");
        engine.follow(now());
        let found = question.listing(now()).map(|listing| listing.contributors.len());
        assert_eq!(found, listed, "at most {most}");
    }
    let unknown = behind::subject(&engine, &place("rep:U9"));
    let asked = engine.live.ask(unknown, None, 1, now()).map(|_| ());
    assert_eq!(asked, Err(Unlisted::Unknown));
}

/// An opened engine whose config has these goals.
fn with_goals(goals: &str) -> Engine {
    let (before, after) = BASE.split_once("goals:\n").expect("it has goals");
    let (_, after) = after.split_once("status:").expect("a status comes after the goals");
    let mut engine = Engine::new(&format!("{before}{goals}status:{after}"), &[1], 1);
    engine.open(now());
    engine
}

fn pieces(engine: &Engine, scope: &str) -> Pieces {
    let subject = behind::subject(engine, &place(scope));
    let found = engine.live.explanation(&subject, None, Revision::default(), now());
    found.expect("a scope").pieces
}

/// The targets of goals that are passed over, in their order, each with why.
fn targets(passed_over: &[(Arc<Goal>, PassedOver)]) -> Vec<(String, PassedOver)> {
    let mut targets: Vec<(String, PassedOver)> =
        passed_over.iter().map(|(goal, why)| (goal.target.to_string(), *why)).collect();
    targets.sort_by_key(|(target, _)| target.clone());
    targets
}

fn told(all: &[(&str, PassedOver)]) -> Vec<(String, PassedOver)> {
    all.iter().map(|(target, why)| ((*target).to_owned(), *why)).collect()
}

#[test]
fn who_has_no_goal_is_told_which_might_be_it_and_why_it_is_not() {
    let goals = "goals:
  - {kpi: bookings, period: month, target: 1, for: {rep: U1}, from: 2026-12-01}
  - {kpi: bookings, period: month, target: 2, for: everyone, until: 2026-10-31}
  - {kpi: bookings, period: month, target: 3, for: {rep: U2}}
  - {kpi: bookings, period: month, target: 4, for: {team: M1}, until: 2026-06-30}
";
    let engine = with_goals(goals);
    let of_none = pieces(&engine, "rep:U1");
    assert_eq!((of_none.how, of_none.pieces.len()), (How::None, 0));
    let passed = [("1", PassedOver::NotYet), ("2", PassedOver::NoLonger)];
    assert_eq!(targets(&of_none.passed_over), told(&passed));
    let of_members = pieces(&engine, "team:M1");
    assert_eq!((of_members.how, of_members.pieces.len()), (How::Sum, 1));
    assert_eq!(targets(&of_members.passed_over), told(&[("4", PassedOver::NoLonger)]));
    assert!(pieces(&engine, "org").passed_over.is_empty(), "no goal is the organisation's own");
}

#[test]
fn goals_that_are_passed_over_say_why() {
    let goals = "goals:
  - {kpi: bookings, period: month, target: 1, for: {rep: U1}, from: 2026-01-01}
  - {kpi: bookings, period: month, target: 2, for: {rep: U1}, from: 2025-01-01}
  - {kpi: bookings, period: month, target: 3, for: {rep: U1}, from: 2026-12-01}
  - {kpi: bookings, period: month, target: 4, for: {rep: U1}, until: 2026-11-29}
  - {kpi: bookings, period: month, target: 5, for: {role: ae}}
  - {kpi: bookings, period: month, target: 6, for: {role: ae}, from: 2027-01-01}
  - {kpi: bookings, period: month, target: 7, for: everyone}
  - {kpi: bookings, period: month, target: 8, for: {role: manager}}
";
    let engine = with_goals(goals);
    let passed = |scope: &str| {
        let found = pieces(&engine, scope);
        let [piece] = found.pieces.as_slice() else { panic!("one goal: {found:?}") };
        assert!(found.passed_over.is_empty(), "they are told of once: {found:?}");
        (piece.goal.target.to_string(), targets(&piece.passed_over))
    };
    let of_ana = told(&[
        ("2", PassedOver::StartsEarlier),
        ("3", PassedOver::NotYet),
        ("4", PassedOver::NoLonger),
        ("5", PassedOver::LessSpecific),
        ("6", PassedOver::NotYet),
        ("7", PassedOver::LessSpecific),
    ]);
    assert_eq!(passed("rep:U1"), ("1".to_owned(), of_ana));
    let of_ben = told(&[("6", PassedOver::NotYet), ("7", PassedOver::LessSpecific)]);
    assert_eq!(passed("rep:U2"), ("5".to_owned(), of_ben));
}
