//! What the board notes of statuses: what began, what changed by what, how periods ended, and what goes on after a restart.

use std::sync::Arc;

use super::{BOOKINGS, Bench, at, goal, model, rep};
use crate::board::{Board, Transition};
use crate::calendar::{Calendar, CalendarId, FiscalPattern};
use crate::day::Day;
use crate::model::Model;
use crate::period::PeriodKind;
use crate::roster::{Rep, Roster};
use crate::standing::{Held, Status};
use crate::symbol::{Intern as _, Symbols};

const NOON: &str = "2026-11-23T12:00:00Z";
/// When a rep with 29,450 of 42,000 falls behind.
const BEHIND: &str = "2026-11-24T11:53:20.000000001Z";

fn bench(period: PeriodKind, target: &str) -> Bench {
    let goals = vec![goal(target, period)];
    Bench::new(vec![rep("U1", None, "UTC")], vec![period], goals, NOON)
}

/// The same organisation, not open yet.
fn closed(period: PeriodKind, target: &str) -> Bench {
    let mut symbols = Symbols::default();
    let reps = vec![rep("U1", None, "UTC")];
    let roster = Roster::new(reps, &[Calendar::default()], &mut symbols).expect("a roster");
    let owner = symbols.intern("U1");
    let model = model(vec![period], vec![goal(target, period)], symbols);
    Bench { board: Board::new(Arc::new(model), Arc::new(roster)), owner }
}

impl Bench {
    /// What was noted of the rep, one line each.
    fn noted(&mut self) -> Vec<String> {
        let roster = self.board.roster().clone();
        let of_rep = |transition: &Transition| roster.name(transition.key.scope) == "rep:U1";
        self.board.transitions().into_iter().filter(of_rep).map(|noted| line(&noted)).collect()
    }

    /// Recalls the rep's status in the period that holds a day.
    fn recall(&mut self, kind: PeriodKind, day: &str, status: Status, since: &str) {
        let scope = self.board.roster().named("rep:U1").expect("a rep");
        let day = Day::parse(day).expect("a day");
        let key = self.board.key(scope, BOOKINGS, kind, day).expect("it is shown");
        self.board.recall(key, Held::new(status, at(since)));
    }
}

fn line(transition: &Transition) -> String {
    let Transition { key, step, status, since, trigger, judged, .. } = transition;
    let judged = if judged == since { String::new() } else { format!(" found {judged}") };
    format!("{} {step:?} {} since {since} by {trigger:?}{judged}", key.period.name, status.name())
}

#[test]
fn the_first_status_and_each_other_one_are_noted_with_what_brought_them_about() {
    let mut bench = bench(PeriodKind::Month, "42000");
    let noted = bench.noted();
    assert_eq!(noted, ["2026-11 Began BEHIND since 2026-11-23T12:00:00Z by Start"]);
    bench.book("29450", "2026-11-20", "2026-11-23T13:00:00Z");
    let noted = bench.noted();
    assert_eq!(noted, ["2026-11 Changed ON_TRACK since 2026-11-23T13:00:00Z by Records"]);
    bench.book("0.5", "2026-11-20", "2026-11-23T13:00:00Z");
    assert!(bench.noted().is_empty(), "nothing is noted where no status changes");
    bench.book("-0.5", "2026-11-20", "2026-11-23T13:00:00Z");
    bench.board.advance(at("2026-11-24T13:00:00Z"));
    assert_eq!(bench.noted(), [format!("2026-11 Changed BEHIND since {BEHIND} by Clock")]);
    bench.board.set_goals(
        &[crate::goal::Goal {
            origin: crate::goal::Origin::Edit(1),
            ..goal("29450", PeriodKind::Month)
        }],
        at("2026-11-24T14:00:00Z"),
    );
    let noted = bench.noted();
    assert_eq!(noted, ["2026-11 Changed ACHIEVED since 2026-11-24T14:00:00Z by Goal"]);
}

#[test]
fn a_period_that_ends_has_a_last_status_and_the_next_a_first() {
    let mut bench = bench(PeriodKind::Month, "42000");
    bench.noted();
    bench.board.advance(at("2026-12-05T10:00:00Z"));
    let noted = bench.noted();
    let ended = "2026-11 Ended MISSED since 2026-12-01T00:00:00Z by Clock";
    assert_eq!(noted[..2], [ended, "2026-12 Began ON_TRACK since 2026-12-01T00:00:00Z by Clock"]);
    assert!(noted[2].starts_with("2026-12 Changed BEHIND since 2026-12-01T09:00:00"), "{noted:?}");
    assert_eq!(noted.len(), 3);
}

#[test]
fn each_of_several_periods_that_end_in_one_jump_has_its_own_last_status() {
    let mut bench = bench(PeriodKind::Day, "100");
    bench.book("100", "2026-11-23", NOON);
    bench.book("100", "2026-11-25", NOON);
    bench.board.advance(at(NOON));
    bench.noted();
    bench.board.advance(at("2026-11-26T08:00:00Z"));
    let ended: Vec<_> = bench.noted().into_iter().filter(|line| line.contains("Ended")).collect();
    assert_eq!(
        ended,
        [
            "2026-11-23 Ended ACHIEVED since 2026-11-23T12:00:00Z by Clock found 2026-11-24T00:00:00Z",
            "2026-11-24 Ended MISSED since 2026-11-25T00:00:00Z by Clock",
            "2026-11-25 Ended ACHIEVED since 2026-11-25T00:00:00Z by Clock found 2026-11-26T00:00:00Z",
        ]
    );
}

/// Fiscal years of weeks that begin on a weekday.
fn weekly(week_start: usize) -> Calendar {
    let fiscal_pattern = FiscalPattern::FourFourFive;
    Calendar { week_start, fiscal_pattern, fiscal_year_start: (11, 23), ..Calendar::default() }
}

#[test]
fn a_period_that_has_other_days_under_its_name_is_noted_for_who_remembers_them() {
    let calendars = [weekly(6), weekly(0)];
    let by = |calendar| Rep { calendar: CalendarId(calendar), ..rep("U1", None, "UTC") };
    let mut symbols = Symbols::default();
    let roster = Roster::new(vec![by(1)], &calendars, &mut symbols).expect("a roster");
    let owner = symbols.intern("U1");
    let model = model(vec![PeriodKind::Month, PeriodKind::Rolling(7)], Vec::new(), symbols.clone());
    let model = Model { calendars: calendars.to_vec(), ..model };
    let mut bench = Bench { board: Board::new(Arc::new(model), Arc::new(roster)), owner };
    let at_first = "2026-10-23T10:00:00Z";
    bench.board.open(at(at_first));
    bench.noted();
    let next = bench.board.roster().after(vec![Arc::new(by(0))], &calendars, &mut symbols);
    bench.board.set_roster(Arc::new(next.expect("a roster")), at("2026-10-24T10:00:00Z"));
    let moved = bench.board.transitions();
    let lines: Vec<String> = moved.iter().map(line).collect();
    let expected =
        "FY2026-P12 Moved NO_GOAL since 2026-10-23T10:00:00Z by Reps found 2026-10-24T10:00:00Z";
    assert_eq!(lines, [expected], "a rolling window is found by its name whatever its days are");
    assert_eq!(moved[0].key.period.end.to_string(), "2026-11-21", "it ended on the 22nd before");
    // So a restart finds it by the last of its days.
    let recalled =
        bench.board.key(moved[0].key.scope, BOOKINGS, PeriodKind::Month, moved[0].key.period.end);
    assert_eq!(recalled.as_ref(), Some(&moved[0].key));
}

#[test]
fn a_recalled_status_goes_on_with_its_dead_zone_and_since() {
    let mut bench = closed(PeriodKind::Month, "42000");
    // A pace of 0.92: behind where it was so before, else on track.
    bench.book("28520", "2026-11-20", "2026-11-23T13:00:00Z");
    bench.recall(PeriodKind::Month, "2026-11-30", Status::Behind, "2026-11-10T10:00:00Z");
    bench.board.open(at("2026-11-23T13:00:00Z"));
    assert!(bench.noted().is_empty());
    let standing = bench.standing("rep:U1", "2026-11-23T13:00:00Z");
    let expected = (Status::Behind, at("2026-11-10T10:00:00Z"));
    assert_eq!((standing.status, standing.since), expected);
}

#[test]
fn a_status_that_is_another_after_a_restart_was_found_at_start() {
    let mut bench = closed(PeriodKind::Month, "42000");
    bench.recall(PeriodKind::Month, "2026-11-30", Status::Ahead, "2026-11-10T10:00:00Z");
    bench.board.open(at("2026-11-23T13:00:00Z"));
    let noted = bench.noted();
    assert_eq!(noted, ["2026-11 Changed BEHIND since 2026-11-23T13:00:00Z by Start"]);
}

#[test]
fn a_period_that_ended_meanwhile_is_judged_a_last_time() {
    let mut bench = closed(PeriodKind::Day, "100");
    bench.book("100", "2026-11-20", NOON);
    for (day, status) in [
        ("2026-11-18", Status::Missed),
        ("2026-11-19", Status::Behind),
        ("2026-11-20", Status::Behind),
        ("2026-11-30", Status::OnTrack),
    ] {
        bench.recall(PeriodKind::Day, day, status, "2026-11-15T10:00:00Z");
    }
    bench.board.open(at(NOON));
    let noted = bench.noted();
    assert_eq!(
        noted[..4],
        [
            // Of a day that has not begun by the clock there is nothing to go on with.
            "2026-11-30 Left ON_TRACK since 2026-11-15T10:00:00Z by Start found 2026-11-23T12:00:00Z",
            "2026-11-18 Ended MISSED since 2026-11-15T10:00:00Z by Start found 2026-11-23T12:00:00Z",
            "2026-11-19 Ended MISSED since 2026-11-20T00:00:00Z by Start found 2026-11-23T12:00:00Z",
            "2026-11-20 Ended ACHIEVED since 2026-11-21T00:00:00Z by Start found 2026-11-23T12:00:00Z",
        ]
    );
    assert!(noted[4].starts_with("2026-11-23 Began"), "{noted:?}");
}
