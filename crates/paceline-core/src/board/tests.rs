//! The board, driven by hand.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::date;
use jiff::tz::TimeZone;

use super::{Batch, Board, Selection, Standing};
use crate::calendar::{Calendar, CalendarId};
use crate::day::Day;
use crate::decimal::Decimal;
use crate::entity::{EntityId, FieldId};
use crate::entry::{Entry, Part};
use crate::expr::{Number, Test, formula};
use crate::goal::{Goal, Origin, Whose};
use crate::kpi::{
    Aggregate, At, Band, Bands, Better, Credit, Derived, GoalKind, Kpi, KpiId, Measure, OnZero,
    Role, Simple, Unit,
};
use crate::model::Model;
use crate::period::PeriodKind;
use crate::roster::{Rep, Roster};
use crate::standing::Status;
use crate::symbol::{Intern, Symbol, Symbols};

pub(super) const BOOKINGS: KpiId = KpiId(0);
const COVER: KpiId = KpiId(1);
const COVER_FORMULA: (&str, &str) = ("cover", "100 / remaining(bookings)");

pub(super) fn decimal(text: &str) -> Decimal {
    Decimal::parse(text).expect("a decimal")
}

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

pub(super) fn model(periods: Vec<PeriodKind>, goals: Vec<Goal>, symbols: Symbols) -> Model {
    let simple = Simple {
        entity: EntityId(0),
        filter: Test::Const(true),
        aggregate: Aggregate::Sum(Number::Field(FieldId(0))),
        currency: None,
        at: Some(At::Date(FieldId(1))),
        credit: Credit::Field(FieldId(2)),
    };
    let bookings = Kpi {
        name: "bookings".to_owned(),
        title: "Bookings".to_owned(),
        description: "What it means.".to_owned(),
        unit: Unit::Currency,
        better: Better::Higher,
        goal_kind: GoalKind::Reach,
        role: Role::Output,
        periods,
        min_sample: 1,
        measure: Measure::Simple(simple),
    };
    let band = |enter: &str, leave: &str| Band { enter: decimal(enter), leave: decimal(leave) };
    Model {
        entities: Vec::new(),
        kpis: vec![bookings],
        calendars: vec![Calendar::default()],
        goals,
        bands: Bands {
            behind: band("0.90", "0.95"),
            ahead: band("1.10", "1.05"),
            grace: Decimal::ZERO,
        },
        symbols,
        rates: None,
    }
}

pub(super) fn goal(target: &str, period: PeriodKind) -> Goal {
    Goal {
        kpi: BOOKINGS,
        period,
        target: decimal(target),
        whose: Whose::Everyone,
        from: None,
        until: None,
        ramp: Vec::new(),
        presence: false,
        curve: None,
        origin: Origin::File,
    }
}

pub(super) fn rep(id: &str, manager: Option<&str>, zone: &str) -> Rep {
    Rep {
        id: id.to_owned(),
        name: id.to_owned(),
        manager: manager.map(str::to_owned),
        role: None,
        start: None,
        end: None,
        zone: Some(TimeZone::get(zone).expect("a zone")),
        calendar: CalendarId::DEFAULT,
        time_off: Vec::new(),
    }
}

struct Bench {
    board: Board,
    owner: Symbol,
}

impl Bench {
    fn new(reps: Vec<Rep>, periods: Vec<PeriodKind>, goals: Vec<Goal>, now: &str) -> Self {
        let mut symbols = Symbols::default();
        let roster = Roster::new(reps, &[Calendar::default()], &mut symbols).expect("a roster");
        let owner = symbols.intern("U1");
        let model = model(periods, goals, symbols);
        let mut board = Board::new(Arc::new(model), Arc::new(roster));
        board.open(at(now));
        Self { board, owner }
    }

    /// With further KPIs, derived by these formulas in which nothing left is met, each of them shown like the bookings.
    fn with_derived(
        formulas: &[(&str, &str)],
        periods: Vec<PeriodKind>,
        goals: Vec<Goal>,
        now: &str,
    ) -> Self {
        let mut symbols = Symbols::default();
        let reps = vec![rep("U1", None, "UTC")];
        let roster = Roster::new(reps, &[Calendar::default()], &mut symbols).expect("a roster");
        let owner = symbols.intern("U1");
        let mut model = model(periods, goals, symbols);
        let names: Vec<&str> =
            ["bookings"].into_iter().chain(formulas.iter().map(|(name, _)| *name)).collect();
        for (name, text) in formulas {
            let formula = formula(text, &names).expect("a formula");
            let derived = Derived { formula, on_zero: OnZero::Met };
            model.kpis.push(Kpi {
                name: (*name).to_owned(),
                goal_kind: GoalKind::Hold,
                measure: Measure::Derived(derived),
                ..model.kpis[0].clone()
            });
        }
        let mut board = Board::new(Arc::new(model), Arc::new(roster));
        board.open(at(now));
        Self { board, owner }
    }

    /// The rep's standing in the first derived KPI.
    fn cover(&mut self, now: &str) -> Standing {
        self.of_kpi(COVER, now)
    }

    fn of_kpi(&mut self, kpi: KpiId, now: &str) -> Standing {
        self.board.advance(at(now));
        let selection = Selection {
            scopes: vec!["rep:U1".to_owned()],
            kpis: vec![kpi],
            ..Selection::default()
        };
        self.board.readings(&selection, None, at(now)).remove(0).at(at(now))
    }

    fn book(&mut self, amount: &str, day: &str, now: &str) {
        let day = Day::parse(day).expect("a day");
        let part = Part::Amount { day, amount: decimal(amount), records: 1 };
        let mut batch = Batch::default();
        batch.add(&Entry { owner: self.owner, kpi: BOOKINGS, part }, at(now));
        self.board.commit([(0, &batch)], at(now));
    }

    fn standing(&mut self, scope: &str, now: &str) -> Standing {
        self.board.advance(at(now));
        let selection = Selection { scopes: vec![scope.to_owned()], ..Selection::default() };
        self.board.readings(&selection, None, at(now)).remove(0).at(at(now))
    }
}

fn shown(value: Option<Decimal>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

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
    assert_eq!((standing.status, standing.since), (Status::Behind, at(now)));

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
