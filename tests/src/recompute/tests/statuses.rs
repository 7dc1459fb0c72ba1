//! The worked example of the documentation, and the status in all its ways.

use jiff::Timestamp;

use super::{
    super::{
        StatusMemory,
        config::{Bands, Better, GoalKind, PeriodKind},
        expected_at,
        goal::Standard,
        number::{self, Exact},
        scope::Scope,
        standings, standings_on,
        status::{Case, Status, judge},
        status_at,
    },
    BOOKINGS, Feed, at, config,
};

/// Monday 23 November 2026, 13:00: 15 of 21 working days are past, and half of today.
const NOW: &str = "2026-11-23T13:00:00Z";

fn example(amount: &str) -> Feed {
    let goal = "{kpi: bookings, period: month, for: {rep: U2}, target: 42000}";
    let mut feed = Feed::new(config(&[BOOKINGS], &[goal]));
    feed.won("A", "U2", amount, 20);
    feed
}

#[test]
fn the_worked_example() {
    let row = example("27000").row(NOW, "rep:U2", "bookings");
    assert_eq!(row.expected, "31000"); // 15.5 × 2,000
    assert_eq!(row.attainment, Some(Exact::new(9.into(), 14.into()))); // 27,000 / 42,000 = 0.642857…
    assert_eq!(row.pace, Some(Exact::new(27.into(), 31.into()))); // 0.870967…
    assert_eq!(row.pace_float(), Some(27.0 / 31.0));
    assert_eq!(row.attainment_float(), Some(9.0 / 14.0));
    assert_eq!(row.remaining, "15000");
    assert_eq!(row.required_per_day, "2727.272727"); // 15,000 / 5.5
    assert_eq!(row.projected, "36580.645161"); // 27,000 × 42,000 / 31,000
    assert_eq!(row.status, Status::Behind);
    assert_eq!((row.period.name.as_str(), row.sample), ("2026-11", 1));
}

#[test]
fn the_dead_zone_remembers() {
    let mut feed = example("27000");
    let mut memory = StatusMemory::new();
    let mut judged = |feed: &Feed, now: &str| {
        let rows = standings(&feed.config, &feed.records, at(now), &mut memory);
        let row = rows.into_iter().find(|row| row.scope == "rep:U2").unwrap();
        (row.status, row.since)
    };
    assert_eq!(judged(&feed, NOW), (Status::Behind, at(NOW)));
    // 28,500 / 31,000 = 0.919…: not below 0.90, but not up to 0.95 either.
    feed.say("A", "patch", 2, r#""set":{"Amount":28500}"#);
    assert_eq!(judged(&feed, NOW), (Status::Behind, at(NOW)));
    assert_eq!(feed.row(NOW, "rep:U2", "bookings").status, Status::OnTrack); // without memory
    // 29,450 / 31,000 = 0.95 exactly.
    feed.say("A", "patch", 3, r#""set":{"Amount":29450}"#);
    let later = "2026-11-23T13:00:00.000000001Z";
    assert_eq!(judged(&feed, NOW), (Status::OnTrack, at(NOW)));
    assert_eq!(judged(&feed, later), (Status::OnTrack, at(NOW)));
}

#[test]
fn the_clock_alone_changes_a_status_to_the_nanosecond() {
    // Expected exceeds 29,450 / 0.90 = 32,722.22… = 16.36111… days: 0.36111… × 8 h after 09:00 is 11:53:20.
    let feed = example("29450");
    let kpi = &feed.config.kpis[0];
    let scope = Scope::Rep("U2".into());
    let on = |instant: &str| {
        let (month, last) = (PeriodKind::Month, Some(Status::OnTrack));
        status_at(&feed.config, &feed.records, &scope, kpi, month, None, at(instant), last)
    };
    assert_eq!(on(NOW), Status::OnTrack);
    assert_eq!(on("2026-11-24T11:53:20Z"), Status::OnTrack);
    assert_eq!(on("2026-11-24T11:53:20.000000001Z"), Status::Behind);
    let day = "2026-11-24".parse().unwrap();
    let instant = at("2026-11-24T11:53:20Z");
    let due = expected_at(&feed.config, &scope, kpi, PeriodKind::Month, day, instant);
    assert_eq!(due.unwrap() * number::parse("0.90").unwrap(), number::whole(29_450));
}

#[test]
fn a_period_that_is_over_is_judged_for_good() {
    let feed = example("27000");
    let on = Some("2026-11-05".parse().unwrap());
    let rows = |now: &str| {
        let mut memory = StatusMemory::new();
        let rows = standings_on(&feed.config, &feed.records, at(now), on, &mut memory);
        rows.into_iter().find(|row| row.scope == "rep:U2").unwrap()
    };
    let row = rows("2026-12-01T00:00:00Z");
    assert_eq!((row.status, row.expected.as_str()), (Status::Missed, "42000"));
    assert_eq!((row.projected.as_str(), row.required_per_day.as_str()), ("27000", ""));
    assert_eq!(rows("2026-11-30T23:59:59.999999999Z").status, Status::Behind);
    assert_eq!(example("42000").row(NOW, "rep:U2", "bookings").status, Status::Achieved);
}

#[test]
fn doubt_keeps_a_standing_behind() {
    let mut feed = example("27000");
    let mut memory = StatusMemory::new();
    let mut judged = |feed: &Feed| {
        let rows = standings(&feed.config, &feed.records, at(NOW), &mut memory);
        let row = rows.into_iter().find(|row| row.scope == "rep:U2").unwrap();
        (row.status, row.in_doubt)
    };
    assert_eq!(judged(&feed), (Status::Behind, false));
    feed.say("A", "patch", 2, r#""set":{"Amount":40000}"#);
    feed.say("A", "gap", 3, "");
    assert_eq!(judged(&feed), (Status::Behind, true));
    let full = r#""set":{"OwnerId":"U2","Amount":40000,"StageName":"Closed Won","CloseDate":"2026-11-20"}"#;
    feed.say("A", "upsert", 4, full);
    assert_eq!(judged(&feed), (Status::Ahead, false)); // 40,000 / 31,000 = 1.29
}

/// One status to judge, with small whole numbers: actual, goal, expected.
struct Given(Better, GoalKind, i32, i32, Option<i32>);

impl Given {
    fn judged(&self, change: impl FnOnce(&mut Case<'_>)) -> Status {
        self.judged_by(&Bands::default(), change)
    }

    fn judged_by(&self, bands: &Bands, change: impl FnOnce(&mut Case<'_>)) -> Status {
        let Self(better, goal_kind, actual, goal, expected) = *self;
        let actual = number::whole(actual);
        let standard = Standard {
            goal: number::whole(goal),
            is_void: false,
            expected: expected.map(number::whole),
        };
        let mut case = Case {
            better,
            goal_kind,
            rolling: false,
            over: false,
            actual: Some(&actual),
            is_met: false,
            sample: 1,
            min_sample: 1,
            standard: Some(&standard),
            bands,
            last: None,
            in_doubt: false,
        };
        change(&mut case);
        judge(&case)
    }
}

#[test]
fn what_has_nothing_left_to_do_is_ahead_of_any_goal() {
    for better in [Better::Higher, Better::Lower] {
        for (kind, expected) in
            [(GoalKind::Reach, Some(5)), (GoalKind::Hold, None), (GoalKind::Rate, None)]
        {
            let met = |change: fn(&mut Case<'_>)| {
                Given(better, kind, 0, 10, expected).judged(|case| {
                    (case.is_met, case.actual, case.sample) = (true, None, 0);
                    change(case);
                })
            };
            assert_eq!(met(|_| ()), Status::Ahead);
            assert_eq!(met(|case| case.over = true), Status::Ahead);
            assert_eq!(met(|case| case.last = Some(Status::Behind)), Status::Ahead);
            assert_eq!(met(|case| case.standard = None), Status::NoGoal);
            let doubted = met(|case| (case.last, case.in_doubt) = (Some(Status::Behind), true));
            assert_eq!(doubted, Status::Behind);
        }
    }
}

#[test]
fn lower_is_better_with_the_places_changed() {
    let hold = |actual, goal| Given(Better::Lower, GoalKind::Hold, actual, goal, None);
    let judged = |given: Given| given.judged(|_| ());
    assert_eq!(judged(hold(0, 0)), Status::Ahead); // 0 ≥ 1.10 × 0
    assert_eq!(judged(hold(1, 0)), Status::Behind); // 0 < 0.90 × 1
    assert_eq!(judged(hold(100, 110)), Status::Ahead); // 110 ≥ 1.10 × 100
    assert_eq!(judged(hold(101, 110)), Status::OnTrack);
    assert_eq!(judged(hold(100, 90)), Status::OnTrack); // 90 is not below 0.90 × 100
    assert_eq!(judged(hold(101, 90)), Status::Behind); // 90 < 90.9
    // From BEHIND it takes goal ≥ 0.95 × actual, from AHEAD goal < 1.05 × actual.
    assert_eq!(hold(100, 94).judged(|case| case.last = Some(Status::Behind)), Status::Behind);
    assert_eq!(hold(100, 95).judged(|case| case.last = Some(Status::Behind)), Status::OnTrack);
    assert_eq!(hold(100, 105).judged(|case| case.last = Some(Status::Ahead)), Status::Ahead);
    assert_eq!(hold(100, 104).judged(|case| case.last = Some(Status::Ahead)), Status::OnTrack);
}

#[test]
fn a_cap_is_missed_at_once_and_achieved_at_the_end() {
    let cap = |actual, due| Given(Better::Lower, GoalKind::Reach, actual, 10, Some(due));
    assert_eq!(cap(11, 1).judged(|_| ()), Status::Missed);
    assert_eq!(cap(10, 5).judged(|_| ()), Status::Behind); // 5 < 0.90 × 10
    assert_eq!(cap(4, 5).judged(|_| ()), Status::Ahead); // 5 ≥ 1.10 × 4
    assert_eq!(cap(10, 10).judged(|case| case.over = true), Status::Achieved);
    assert_eq!(cap(11, 10).judged(|case| case.over = true), Status::Missed);
}

#[test]
fn precedence() {
    let reach = |actual, due| Given(Better::Higher, GoalKind::Reach, actual, 100, Some(due));
    assert_eq!(reach(100, 1).judged(|_| ()), Status::Achieved);
    assert_eq!(reach(99, 100).judged(|case| case.over = true), Status::Missed);
    assert_eq!(reach(0, 4).judged(|_| ()), Status::TooEarly); // 4 / 100 < 0.05
    assert_eq!(reach(0, 5).judged(|_| ()), Status::Behind);
    assert_eq!(reach(100, 100).judged(|case| case.rolling = true), Status::OnTrack);
    assert_eq!(reach(110, 100).judged(|case| case.rolling = true), Status::Ahead);
    let no_grace = Bands { grace: number::whole(0), ..Bands::default() };
    assert_eq!(reach(0, 0).judged_by(&no_grace, |_| ()), Status::OnTrack); // nothing is due yet
    assert_eq!(reach(100, 1).judged(|case| case.actual = None), Status::NotEnoughData);
    let neither = |case: &mut Case<'_>| (case.actual, case.standard) = (None, None);
    assert_eq!(reach(100, 1).judged(neither), Status::NoGoal);
    let rate = Given(Better::Higher, GoalKind::Rate, 2, 1, None);
    assert_eq!(rate.judged(|case| case.min_sample = 2), Status::NotEnoughData);
    assert_eq!(rate.judged(|_| ()), Status::Ahead);
}

#[test]
fn doubt_lets_a_standing_get_worse_only() {
    let doubted = |given: Given, change: fn(&mut Case<'_>)| {
        given.judged(|case| {
            (case.in_doubt, case.last) = (true, Some(Status::Behind));
            change(case);
        })
    };
    let reach = |actual| Given(Better::Higher, GoalKind::Reach, actual, 100, Some(50));
    assert_eq!(doubted(reach(100), |_| ()), Status::Behind);
    assert_eq!(doubted(reach(50), |case| case.actual = None), Status::Behind);
    assert_eq!(doubted(reach(50), |case| case.over = true), Status::Missed);
    assert_eq!(doubted(reach(50), |case| case.standard = None), Status::NoGoal);
}

#[test]
fn a_new_period_starts_on_track() {
    // In October BEHIND; in November pace 0.919… is ON_TRACK, since the memory is of another period.
    let feed = example("28500");
    let mut memory = StatusMemory::new();
    let names = |period: &str| ("rep:U2".to_owned(), "bookings".to_owned(), period.to_owned());
    memory.insert(names("2026-10"), (Status::Behind, Timestamp::UNIX_EPOCH));
    let rows = standings(&feed.config, &feed.records, at(NOW), &mut memory);
    assert_eq!(rows.iter().find(|row| row.scope == "rep:U2").unwrap().status, Status::OnTrack);
    assert_eq!(memory[&names("2026-11")], (Status::OnTrack, at(NOW)));
}
