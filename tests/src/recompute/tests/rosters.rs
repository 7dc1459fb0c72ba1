//! Reps whose facts change from one day to the next.

use jiff::tz::TimeZone;

use super::{BASE, BOOKINGS, Feed, at};
use crate::recompute::{
    Board, Row, StatusMemory,
    config::Config,
    roster::{Roster, in_force},
    scope::Scope,
    standings_on,
};

/// The organisation with these reps in its place, and a goal for everyone.
fn feed(reps: &str) -> Feed {
    let (before, rest) = BASE.split_once("reps:\n").unwrap();
    let (_, after) = rest.split_once("status:").unwrap();
    let before = before
        .replace("entity: opportunity}]", "entity: opportunity}, {topic: crm.user, entity: user}]");
    let user = r"
  user:
    fields:
      manager:   {path: ManagerId, type: text}
      role:      {path: Role, type: text}
      start:     {path: Since, type: date}
      time_zone: {path: Zone, type: text}
      calendar:  {path: Calendar, type: text}
      active:    {path: IsActive, type: bool}
";
    let goal = "{kpi: bookings, period: month, for: everyone, target: 21}";
    let yaml =
        format!("{before}{user}reps: {reps}\nstatus:{after}kpis: [{BOOKINGS}]\ngoals: [{goal}]\n");
    Feed::new(Config::read(&yaml.replace("\n\n", "\n")).unwrap())
}

/// Ana's manager is Max, from December on Mia.
const MOVES: &str = "{list: [{id: U1, manager: M1, role: ae, time_zone: Europe/Madrid}, {id: U1, manager: M2, from: 2026-12-01},
    {id: U2, manager: M1}, {id: M1}, {id: M2}]}";

const PLAIN: &str = "{list: [{id: U1, manager: M1, role: ae, start: 2026-01-01}, {id: M1}]}";

impl Feed {
    /// A row of the topic of reps.
    fn say_rep(&mut self, key: &str, row: &str) {
        self.take_on("paceline.reps", key, Some(row.as_bytes())).unwrap();
    }

    fn user(&mut self, id: &str, version: i64, set: &str) {
        self.say_on("crm.user", id, "upsert", version, &format!(r#""set":{{{set}}}"#));
    }

    fn roster(&self, now: &str) -> Roster {
        Board::new(&self.config, &self.records).roster(at(now))
    }

    /// Each rep's id, manager, role and start, where there are any, and who is wrong.
    fn told(&self, now: &str) -> (Vec<String>, Vec<String>) {
        let Roster { reps, wrong } = self.roster(now);
        let told = reps.into_iter().map(|rep| {
            let start = rep.start.map(|start| start.to_string());
            let facts = [Some(rep.id), rep.manager, rep.role, start];
            facts.into_iter().flatten().collect::<Vec<_>>().join(" ")
        });
        (told.collect(), wrong.into_iter().collect())
    }

    /// What the scopes there are at an instant come to in November.
    fn november(&self, now: &str) -> Vec<String> {
        let (on, mut memory) = (Some("2026-11-30".parse().unwrap()), StatusMemory::new());
        let rows = standings_on(&self.config, &self.records, at(now), on, &mut memory);
        let text = |row: Row| format!("{} {} of {}", row.scope, row.actual, row.goal);
        let mut rows: Vec<String> = rows.into_iter().map(text).collect();
        rows.sort();
        rows
    }
}

const NOW: &str = "2026-11-23T13:00:00Z";

fn is(reps: &[&str], wrong: &[&str]) -> (Vec<String>, Vec<String>) {
    let owned = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
    (owned(reps), owned(wrong))
}

#[test]
fn everything_moves_with_the_rep_on_the_day() {
    let mut feed = feed(MOVES);
    feed.won("A", "U1", "100", 2);
    feed.won("B", "U2", "10", 2);
    // Past periods too. Max's team is he and two reps, then he and one.
    let before = [
        "org 110 of 84",
        "rep:M1 0 of 21",
        "rep:M2 0 of 21",
        "rep:U1 100 of 21",
        "rep:U2 10 of 21",
        "team:M1 110 of 63",
        "unassigned 0 of ",
    ];
    assert_eq!(feed.november("2026-11-30T23:59:59.999999999Z"), before);
    let after = [
        "org 110 of 84",
        "rep:M1 0 of 21",
        "rep:M2 0 of 21",
        "rep:U1 100 of 21",
        "rep:U2 10 of 21",
        "team:M1 10 of 42",
        "team:M2 100 of 42",
        "unassigned 0 of ",
    ];
    assert_eq!(feed.november("2026-12-01T00:00:00Z"), after);
    // The new row says nothing of a role and a zone.
    let rep = |now| feed.roster(now).reps.into_iter().find(|rep| rep.id == "U1").unwrap();
    assert!(rep(NOW).role.is_some() && rep(NOW).time_zone.is_some());
    let later = rep("2026-12-01T00:00:00Z");
    assert!(later.role.is_none() && later.time_zone.is_none() && later.from.is_none());
    // The day is the organisation's.
    feed.config.calendars.default.time_zone = TimeZone::get("America/New_York").unwrap();
    assert_eq!(feed.november("2026-12-01T04:59:59Z"), before);
    assert_eq!(feed.november("2026-12-01T05:00:00Z"), after);
}

#[test]
fn before_the_first_row_there_is_no_rep() {
    let mut feed = feed("{list: [{id: U1, from: 2026-12-01}]}");
    feed.won("A", "U1", "100", 2);
    assert_eq!(feed.november("2026-11-30T23:00:00Z"), ["org 100 of ", "unassigned 100 of "]);
    let after = ["org 100 of 21", "rep:U1 100 of 21", "unassigned 0 of "];
    assert_eq!(feed.november("2026-12-01T00:00:00Z"), after);
}

#[test]
fn a_scope_that_ends_forgets_its_status() {
    let feed = feed("{list: [{id: M1}, {id: U1, manager: M1}, {id: U1, from: 2026-11-24}]}");
    let board = Board::new(&feed.config, &feed.records);
    let mut memory = StatusMemory::new();
    let count =
        |memory: &StatusMemory| memory.keys().filter(|(name, ..)| name == "team:M1").count();
    board.rows(at(NOW), None, &mut memory, |_, _, _| true);
    assert_eq!((count(&memory), board.has_scope("team:M1", at(NOW))), (1, true));
    let later = at("2026-11-24T00:00:00Z");
    board.rows(later, None, &mut memory, |_, _, _| true);
    assert_eq!((count(&memory), board.has_scope("team:M1", later)), (0, false));
}

#[test]
fn a_row_of_the_topic_changes_what_it_mentions() {
    let mut feed = feed(PLAIN);
    feed.say_rep("k1", r#"{"id":"U1","from":"2026-11-20","manager":"U9","role":null}"#);
    feed.say_rep("k2", r#"{"id":"U9","from":"2026-11-20","name":"Una"}"#); // makes a rep
    assert_eq!(feed.told("2026-11-19T23:00:00Z"), is(&["M1", "U1 M1 ae 2026-01-01"], &[]));
    assert_eq!(feed.told("2026-11-20T00:00:00Z"), is(&["M1", "U1 U9 2026-01-01", "U9"], &[]));
    // Later rows over earlier ones, on the same day by key; what a row does not mention stays.
    feed.say_rep("k4", r#"{"id":"U1","from":"2026-11-21","role":"sdr"}"#);
    feed.say_rep("k3", r#"{"id":"U1","from":"2026-11-21","role":"ce","start":"2026-02-01"}"#);
    feed.say_rep("z", r#"{"id":"U1","role":"first"}"#);
    assert_eq!(feed.told("2026-11-19T23:00:00Z"), is(&["M1", "U1 M1 first 2026-01-01"], &[]));
    assert_eq!(feed.told("2026-11-21T00:00:00Z"), is(&["M1", "U1 U9 sdr 2026-02-01", "U9"], &[]));
    // The newest of a key counts, and nothing withdraws it.
    feed.say_rep("k4", r#"{"id":"U1","from":"2026-11-22","role":"sdr"}"#);
    assert_eq!(feed.told("2026-11-21T00:00:00Z"), is(&["M1", "U1 U9 ce 2026-02-01", "U9"], &[]));
    for key in ["k1", "k3", "k4", "z"] {
        feed.take_on("paceline.reps", key, None).unwrap();
    }
    assert_eq!(feed.told(NOW), is(&["M1", "U1 M1 ae 2026-01-01", "U9"], &[]));
}

#[test]
fn a_base_row_gives_way_to_the_topic_also_when_it_is_later() {
    let mut feed = feed(MOVES);
    feed.say_rep("k", r#"{"id":"U1","from":"2026-11-01","manager":"U2"}"#);
    let told = feed.told("2026-12-01T00:00:00Z");
    assert_eq!(told, is(&["M1", "M2", "U1 U2", "U2 M1"], &[]));
}

#[test]
fn days_off_and_calendars_come_by_the_topic_too() {
    let mut feed = feed(PLAIN);
    feed.say_rep(
        "k",
        r#"{"id":"U1","time_off":[{"from":"2026-11-23"},{"from":"2026-11-25","to":"2026-11-26"}],"calendar":"default","time_zone":"Europe/Madrid"}"#,
    );
    let Roster { reps, wrong } = feed.roster(NOW);
    let off = |day: &str| reps[1].is_off(day.parse().unwrap());
    assert!(off("2026-11-23") && !off("2026-11-24") && off("2026-11-26") && !off("2026-11-27"));
    assert!(reps[1].time_zone.is_some() && reps[1].calendar.is_some() && wrong.is_empty());
    feed.say_rep("l", r#"{"id":"U1","time_off":null,"calendar":null}"#);
    let rep = feed.roster(NOW).reps.remove(1);
    assert!(rep.time_off.is_empty() && rep.calendar.is_none() && rep.time_zone.is_some());
}

#[test]
fn wrong_facts_are_replaced_by_plain_ones_and_named() {
    let mut feed = feed(PLAIN);
    feed.say_rep("k", r#"{"id":"U1","manager":"M7","time_zone":"Europe/Madird"}"#);
    feed.say_rep("l", r#"{"id":"M1","calendar":"spian"}"#);
    assert_eq!(feed.told(NOW), is(&["M1", "U1 ae 2026-01-01"], &["M1", "U1"]));
    assert!(
        feed.roster(NOW).reps.iter().all(|rep| rep.time_zone.is_none() && rep.calendar.is_none())
    );
    // Mended by a later row, and by a manager who comes.
    feed.say_rep("m", r#"{"id":"U1","time_zone":"UTC"}"#);
    feed.say_rep("n", r#"{"id":"M7"}"#);
    feed.say_rep("l", r#"{"id":"M1"}"#);
    assert_eq!(feed.told(NOW), is(&["M1", "M7", "U1 M7 ae 2026-01-01"], &[]));
}

#[test]
fn reps_in_a_circle_have_no_manager() {
    let mut feed = feed(PLAIN);
    feed.say_rep("a", r#"{"id":"M1","manager":"M2"}"#);
    feed.say_rep("b", r#"{"id":"M2","manager":"M1"}"#);
    feed.say_rep("c", r#"{"id":"U3","manager":"U3"}"#);
    // Ana is below the circle, not in it.
    let reps = ["M1", "M2", "U1 M1 ae 2026-01-01", "U3"];
    assert_eq!(feed.told(NOW), is(&reps, &["M1", "M2", "U3"]));
    feed.say_rep("b", r#"{"id":"M2","from":"2026-11-24","manager":"M1"}"#);
    let told = feed.told(NOW).0;
    assert_eq!(told[0], "M1"); // whose manager is no rep until tomorrow
    let later = feed.told("2026-11-24T00:00:00Z");
    assert_eq!(later, is(&reps, &["M1", "M2", "U3"]));
}

#[test]
fn a_malformed_row_says_nothing_but_takes_the_place_of_the_one_before() {
    let rows = [
        ("{", "k"),
        ("[]", "k"),
        ("{}", "k"),
        (r#"{"id":7}"#, "k"),
        (r#"{"id":""}"#, "k"),
        (r#"{"id":"U1","salary":1}"#, "U1"),
        (r#"{"id":"U1","from":"2026-02-30"}"#, "U1"),
        (r#"{"id":"U1","role":"x","start":"soon"}"#, "U1"),
        (r#"{"id":"U1","manager":7}"#, "U1"),
        (r#"{"id":"U1","time_off":"always"}"#, "U1"),
        (r#"{"id":"U1","time_off":[{"to":"2026-11-23"}]}"#, "U1"),
        (r#"{"id":"U1","time_off":[{"from":"2026-11-23","to":"2026-11-22"}]}"#, "U1"),
    ];
    for (row, wrong) in rows {
        let mut feed = feed(PLAIN);
        feed.say_rep("k", r#"{"id":"U1","role":"sdr"}"#);
        assert_eq!(feed.told(NOW).0[1], "U1 M1 sdr 2026-01-01");
        feed.say_rep("k", row);
        assert_eq!(feed.told(NOW), is(&["M1", "U1 M1 ae 2026-01-01"], &[wrong]), "{row}");
        feed.take_on("paceline.reps", "k", None).unwrap();
        assert_eq!(feed.told(NOW).1, [""; 0], "{row}");
    }
}

#[test]
fn reps_are_the_users_of_the_crm() {
    let mut feed = feed("{from: user, where: active}");
    feed.user("M1", 1, r#""IsActive":true,"Zone":"Europe/Madird""#);
    feed.user("U1", 1, r#""IsActive":true,"ManagerId":"M1","Role":"ae","Since":"2026-05-01""#);
    feed.user("U2", 1, r#""IsActive":false,"ManagerId":"M1""#);
    feed.say_on("crm.user", "U3", "patch", 1, r#""set":{"ManagerId":"M1"}"#); // perhaps
    feed.say_on("crm.user", "U4", "patch", 1, r#""set":{"IsActive":true}"#); // of unknown manager
    assert_eq!(feed.told(NOW), is(&["M1", "U1 M1 ae 2026-05-01", "U4"], &["M1"]));
    feed.won("A", "U1", "100", 2);
    feed.won("B", "U2", "10", 2);
    assert_eq!(
        feed.november(NOW),
        [
            "org 110 of 63",
            "rep:M1 0 of 21",
            "rep:U1 100 of 21",
            "rep:U4 0 of 21",
            "team:M1 100 of 42",
            "unassigned 10 of "
        ]
    );
    feed.say_on("crm.user", "M1", "delete", 2, "");
    assert_eq!(feed.told(NOW), is(&["U1 ae 2026-05-01", "U4"], &["U1"]));
    // The topic is laid over it.
    feed.say_rep("k", r#"{"id":"U1","manager":"U4"}"#);
    assert_eq!(feed.told(NOW), is(&["U1 U4 ae 2026-05-01", "U4"], &[]));
}

#[test]
fn a_new_zone_dates_instants_anew() {
    let mut feed = feed(PLAIN);
    feed.config.kpis[0].at = Some("closed_at".to_owned());
    feed.won("A", "U1", "100", 2);
    // In Madrid it is December already.
    feed.say("A", "patch", 2, r#""set":{"ClosedAt":"2026-11-30T23:30:00Z"}"#);
    feed.say_rep("k", r#"{"id":"U1","from":"2026-12-05","time_zone":"Europe/Madrid"}"#);
    let (before, after) = ("2026-12-04T23:59:59Z", "2026-12-05T00:00:00Z");
    assert_eq!(feed.november(before)[2], "rep:U1 100 of 21");
    assert_eq!(feed.november(after)[2], "rep:U1 0 of 21");
    let zone = |instant| {
        let config = in_force(&feed.config, &feed.records, at(instant));
        Scope::Rep("U1".to_owned()).zone(&config).clone()
    };
    assert_eq!(
        (zone(before), zone(after)),
        (TimeZone::UTC, TimeZone::get("Europe/Madrid").unwrap())
    );
}
