//! Derived KPIs.

use super::{BASE, BOOKINGS, Feed, config};
use crate::recompute::{
    StatusMemory,
    config::Config,
    formula::{F, Formula},
    number::{self, Exact},
    standings_on,
    status::Status,
};

const PIPELINE: &str = r#"{name: pipeline, type: simple, entity: opportunity, where: "stage in states.open", agg: sum,
    expr: amount, credit: owner, periods: []}"#;

const COVERAGE: &str = r#"{name: coverage, type: derived, expr: "pipeline / max(goal(bookings) - bookings, 0)",
    on_zero_denominator: met, periods: [month]}"#;

fn num(text: &str) -> Option<Exact> {
    number::parse(text)
}

#[test]
fn expressions_know_missing_and_zero() {
    // a is 12, b is 0, c is missing; the goal of a is missing, that of b is 5.
    let actual = |name: &str| match name {
        "a" => num("12"),
        "b" => num("0"),
        _ => None,
    };
    let goal = |name: &str| if name == "b" { num("5") } else { None };
    let number = |text: &str| F::Num(number::parse(text).unwrap());
    for (text, expected) in [
        ("a / remaining(b)", number("2.4")),
        ("a / max(goal(b) - 5, 0)", F::OverZero),
        ("min(a, 0.1) - -b * 1e3", number("0.1")),
        ("b / b", F::OverZero),
        ("c / b", F::Missing), // what is missing outweighs the zero
        ("a / b + c", F::Missing),
        ("goal(a)", F::Missing),
        ("remaining(c)", F::Missing),
        ("b == 0 ? a : a / b", number("12")), // what is not chosen does not matter
        ("c > 1 ? a : a", F::Missing),
        ("a > 1 || c > 1 ? 1 : 2", number("1")), // true whatever c
        ("a <= 1 && a / b > 1 ? 1 : 2", number("2")), // false whatever the quotient
        ("!(a / b > 1) ? 1 : 2", F::OverZero),
    ] {
        assert_eq!(Formula::compile(text).value(&actual, &goal), expected, "{text}");
    }
}

#[test]
fn the_denominator_tells_the_sample() {
    for (text, names) in [
        ("a / remaining(b)", vec!["b"]),
        ("a / goal(b)", vec!["a"]),
        ("a / b + c", vec!["a", "b", "c"]),
    ] {
        let sampled = Formula::compile(text).sampled();
        assert_eq!(sampled.iter().map(String::as_str).collect::<Vec<_>>(), names, "{text}");
    }
}

#[test]
fn coverage_is_met_when_nothing_is_left() {
    let goals = [
        "{kpi: bookings, period: month, target: 100, for: everyone}",
        "{kpi: coverage, period: month, target: 3, for: everyone}",
    ];
    let mut feed = Feed::new(config(&[PIPELINE, BOOKINGS, COVERAGE], &goals));
    feed.won("A", "U1", "40", 2);
    feed.say("B", "upsert", 1, r#""set":{"OwnerId":"U1","Amount":150,"StageName":"Proposal"}"#);
    let coverage = |feed: &Feed, scope: &str| {
        let row = feed.row("2026-11-23T13:00:00Z", scope, "coverage");
        (row.actual, row.goal, row.remaining, row.sample, row.status)
    };
    let row = |actual: &str, goal: &str, remaining: &str, sample, status| {
        (actual.to_owned(), goal.to_owned(), remaining.to_owned(), sample, status)
    };
    // 150 of pipeline for the 60 that are left.
    assert_eq!(coverage(&feed, "rep:U1"), row("2.5", "3", "0.5", 1, Status::Behind));
    // The team's goal for bookings is 300, of which 260 are left; its own goal is the common 3.
    assert_eq!(coverage(&feed, "team:M1"), row("0.576923", "3", "2.423077", 1, Status::Behind));
    // Nobody has no goal to be left of.
    assert_eq!(coverage(&feed, "unassigned"), row("", "", "", 0, Status::NoGoal));
    feed.won("C", "U1", "60", 3);
    assert_eq!(coverage(&feed, "rep:U1"), row("", "3", "", 2, Status::Ahead));
    // There is no pipeline of October: the coverage is missing, not met.
    let past = standings_on(
        &feed.config,
        &feed.records,
        super::at("2026-11-23T13:00:00Z"),
        Some("2026-10-31".parse().unwrap()),
        &mut StatusMemory::new(),
    );
    let october = past.iter().find(|row| row.scope == "rep:U1" && row.kpi == "coverage").unwrap();
    assert_eq!((october.actual.as_str(), october.status), ("", Status::NotEnoughData));
}

#[test]
fn the_goal_of_another_is_what_is_left_of_it() {
    let left =
        r#"{name: left, type: derived, expr: "goal(bookings) - bookings", periods: [month]}"#;
    let share = r#"{name: share, type: derived, expr: "bookings / goal(bookings)", on_zero_denominator: met,
        periods: [month]}"#;
    // Ben starts on a day, and the goal of bookings goes by presence.
    let feed = |start: &str| {
        let plain = "{id: U2, name: Ben, manager: M1, role: ae}";
        let base = BASE.replace(plain, &plain.replace('}', &format!(", start: {start}}}")));
        let bookings =
            "{kpi: bookings, period: month, target: 42000, for: everyone, presence: true}";
        let goals = format!("{bookings}, {{kpi: share, period: month, target: 1, for: everyone}}");
        let yaml = format!("{base}kpis: [{BOOKINGS}, {left}, {share}]\ngoals: [{goals}]\n");
        let mut feed = Feed::new(Config::read(&yaml).unwrap());
        feed.won("A", "U2", "4000", 17);
        feed
    };
    // 11 of 21 working days: 22,000. Of the team it is 42,000 + 42,000 + 22,000.
    let half = feed("2026-11-16");
    let both = |feed: &Feed, kpi: &str| ["rep:U2", "team:M1"].map(|scope| feed.actual(scope, kpi));
    assert_eq!(both(&half, "left"), ["18000", "102000"]);
    assert_eq!(both(&half, "share"), ["0.181818", "0.037736"]);
    // Where nothing is left of a goal it is missing, not a denominator of zero.
    let none = feed("2026-12-01");
    assert_eq!(both(&none, "left"), ["", "80000"]);
    assert_eq!(both(&none, "share"), ["", "0.047619"]);
    let row = none.row("2026-11-23T13:00:00Z", "rep:U2", "share");
    assert_eq!((row.goal.as_str(), row.status), ("1", Status::NotEnoughData));
}

#[test]
fn doubt_and_lacks_are_inherited() {
    let average =
        BOOKINGS.replace("name: bookings", "name: average").replace("agg: sum", "agg: avg");
    let twice = "{name: twice, type: derived, expr: average * 2, periods: [month]}";
    let more = "{name: more, type: derived, expr: twice + bookings, periods: [month]}";
    let mut feed = Feed::new(config(&[BOOKINGS, &average, twice, more], &[]));
    assert_eq!(
        (feed.actual("org", "twice"), feed.actual("org", "more")),
        (String::new(), String::new())
    );
    feed.won("A", "U1", "10", 2);
    feed.won("B", "U2", "5", 2);
    // Twice the average of the team, not the sum of its members' values.
    assert_eq!(
        (feed.actual("team:M1", "twice"), feed.actual("team:M1", "more")),
        ("15".into(), "30".into())
    );
    feed.say("A", "gap", 2, "");
    let row = feed.row("2026-11-23T13:00:00Z", "rep:U1", "more");
    assert_eq!((row.actual.as_str(), row.in_doubt), ("30", true));
}
