//! Ages in working days.

use super::{BASE, Feed, at};
use crate::recompute::{Board, config::Config};

/// The organisation with facts about Ben, who works in UTC, and the deals that are older than it says.
fn feed(ben: &str, condition: &str) -> Feed {
    let plain = "{id: U2, name: Ben, manager: M1, role: ae}";
    let base = BASE.replace(plain, &plain.replace('}', &format!("{ben}}}")));
    let kpi = format!(
        "{{name: k, type: simple, entity: opportunity, where: '{condition}', agg: count, credit: owner, periods: [month]}}"
    );
    Feed::new(Config::read(&format!("{base}kpis: [{kpi}]\n")).unwrap())
}

impl Feed {
    fn closed(&mut self, id: &str, owner: &str, closed: &str) {
        let set = format!(r#""set":{{"OwnerId":"{owner}","ClosedAt":"{closed}"}}"#);
        self.say(id, "upsert", 1, &set);
    }

    /// Whether there is a deal that is as old, one nanosecond before each instant and at it.
    fn turns(&self, scope: &str, instants: &[&str]) -> Vec<(bool, bool)> {
        let board = Board::new(&self.config, &self.records);
        let holds = |instant| {
            let rows = board.rows(instant, None, &mut Default::default(), |_, _, _| true);
            rows.iter().find(|row| row.scope == scope).unwrap().actual == "1"
        };
        let nanosecond = jiff::Span::new().nanoseconds(1);
        let both = |text: &&str| (holds(at(text) - nanosecond), holds(at(text)));
        instants.iter().map(both).collect()
    }
}

const ON: (bool, bool) = (false, true);
const OFF: (bool, bool) = (true, false);

const OLDER: &str = r#"age(closed_at, "working") > duration("3d")"#;

#[test]
fn a_weekend_does_not_age() {
    // From Thursday the 19th at 13:00: half of Thursday, Friday, Monday, and half of Tuesday the 24th.
    let mut feed = feed("", OLDER);
    feed.closed("A", "U2", "2026-11-19T13:00:00Z");
    assert_eq!(feed.turns("rep:U2", &["2026-11-24T13:00:00.000000001Z"]), [ON]);
    // Three days are reached at 13:00 sharp.
    let mut at_least = self::feed("", &OLDER.replace('>', ">="));
    at_least.closed("A", "U2", "2026-11-19T13:00:00Z");
    assert_eq!(at_least.turns("rep:U2", &["2026-11-24T13:00:00Z"]), [ON]);
    let mut less = self::feed("", &OLDER.replace('>', "<"));
    less.closed("A", "U2", "2026-11-19T13:00:00Z");
    // Of what is yet to come it holds as well.
    let instants = ["2026-11-19T13:00:00Z", "2026-11-24T13:00:00Z"];
    assert_eq!(less.turns("rep:U2", &instants), [(true, true), OFF]);
    let mut at_most = self::feed("", &OLDER.replace('>', "<="));
    at_most.closed("A", "U2", "2026-11-19T13:00:00Z");
    assert_eq!(at_most.turns("rep:U2", &["2026-11-24T13:00:00.000000001Z"]), [OFF]);
}

#[test]
fn what_happens_at_night_ages_from_the_morning_on() {
    // From Thursday evening: Friday, Monday and Tuesday, whose hours end at 17:00. More than these are only on Wednesday.
    let mut feed = feed("", OLDER);
    feed.closed("A", "U2", "2026-11-19T21:00:00Z");
    assert_eq!(feed.turns("rep:U2", &["2026-11-25T09:00:00.000000001Z"]), [ON]);
    let mut feed = self::feed("", &OLDER.replace('>', ">="));
    feed.closed("A", "U2", "2026-11-19T21:00:00Z");
    assert_eq!(feed.turns("rep:U2", &["2026-11-24T17:00:00Z"]), [ON]);
}

#[test]
fn the_days_are_those_of_the_rep() {
    // Off on Friday and Monday: half of Thursday, Tuesday, Wednesday, and half of Thursday the 26th. Not being employed
    // changes nothing.
    let ben = ", end: 2026-11-20, time_off: [{from: 2026-11-20, to: 2026-11-23}]";
    let mut feed = feed(ben, OLDER);
    feed.closed("A", "U2", "2026-11-19T13:00:00Z");
    feed.closed("B", "U1", "2026-11-19T13:00:00Z");
    feed.closed("C", "nobody", "2026-11-19T13:00:00Z");
    assert_eq!(feed.turns("rep:U2", &["2026-11-26T13:00:00.000000001Z"]), [ON]);
    // Ana is in Madrid, where it was 14:00: 3/8 of that day are left; at 14:00 on the 24th 5/8 are over.
    assert_eq!(feed.turns("rep:U1", &["2026-11-24T13:00:00.000000001Z"]), [ON]);
    assert_eq!(feed.turns("unassigned", &["2026-11-24T13:00:00.000000001Z"]), [ON]);
    // A short Friday is a whole day; a holiday is none.
    feed.config.calendars.default.working_days[4] = crate::recompute::number::parse("0.6").unwrap();
    assert_eq!(feed.turns("unassigned", &["2026-11-24T13:00:00.000000001Z"]), [ON]);
    feed.config.calendars.default.holidays.push("2026-11-23".parse().unwrap());
    assert_eq!(feed.turns("unassigned", &["2026-11-25T13:00:00.000000001Z"]), [ON]);
}

#[test]
fn the_nanosecond_is_exact_where_hours_do_not_divide() {
    // Seven hours from 09:00. From 10:00 on 6/7 of Thursday are left, Friday and Monday are whole, 1/7 of Tuesday is reached at
    // 10:00. From one nanosecond later on it is one nanosecond later.
    let mut feed = feed("", OLDER);
    feed.config.calendars.default.hours = (540, 960);
    feed.closed("A", "U2", "2026-11-19T10:00:00.000000001Z");
    assert_eq!(feed.turns("rep:U2", &["2026-11-24T10:00:00.000000002Z"]), [ON]);
}

#[test]
fn clocks_that_go_back_make_a_longer_day() {
    // Working all day and every day in Madrid, where 25 October 2026 has 25 hours. From the 24th at 12:00 (10:00 UTC) half of
    // that day is left; half of the 25th are 12.5 hours after its midnight (22:00 UTC), at 10:30 UTC.
    let mut feed = feed("", r#"age(closed_at, "working") >= duration("1d")"#);
    let calendar = &mut feed.config.calendars.default;
    calendar.hours = (0, 24 * 60);
    calendar.working_days = [1; 7].map(crate::recompute::number::whole);
    feed.closed("A", "U1", "2026-10-24T10:00:00Z");
    assert_eq!(feed.turns("rep:U1", &["2026-10-25T10:30:00Z"]), [ON]);
}

#[test]
fn within_one_day_and_from_a_day_off() {
    // From Monday at 10:00 on 7/8 of that day are left; the missing eighth is over on Tuesday at 10:00.
    let mut feed = feed("", &OLDER.replace("3d", "1d"));
    feed.closed("A", "U2", "2026-11-23T10:00:00Z");
    assert_eq!(feed.turns("rep:U2", &["2026-11-24T10:00:00.000000001Z"]), [ON]);
    // On Saturday at noon no work is going on: it ages from Monday's first moment on.
    let mut feed = self::feed("", &OLDER.replace("3d", "0d"));
    feed.closed("A", "U2", "2026-11-21T12:00:00Z");
    assert_eq!(feed.turns("rep:U2", &["2026-11-23T09:00:00.000000001Z"]), [ON]);
}

#[test]
fn an_unknown_owner_makes_it_unknown() {
    let mut feed = feed("", OLDER);
    let now = "2026-11-23T13:00:00Z";
    feed.say("B", "patch", 1, r#""unset":["ClosedAt"]"#); // whatever it is the age of
    assert!(feed.row(now, "rep:U1", "k").in_doubt);
    feed.say("B", "delete", 2, "");
    feed.say("A", "patch", 1, r#""set":{"ClosedAt":"2026-11-02T13:00:00Z"}"#);
    assert!(feed.row(now, "rep:U1", "k").in_doubt);
    feed.say("A", "patch", 2, r#""set":{"OwnerId":"U1"}"#);
    assert_eq!(feed.row(now, "rep:U1", "k").actual, "1");
    feed.say("A", "patch", 3, r#""unset":["ClosedAt"]"#); // no age is not older
    let row = feed.row(now, "rep:U1", "k");
    assert_eq!((row.actual.as_str(), row.in_doubt), ("0", false));
}
