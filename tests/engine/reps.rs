//! Reps that change while the engine runs: whatever came when, it stands as one that read everything before it opened.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use paceline_core::{board::Standing, ledger::Doubt, standing::Numbers};
use paceline_engine::Cause;
use proptest::prelude::*;

use crate::engine::Engine;

const BEGIN: &str = "2026-11-20T20:00:00Z";
const ZONES: [&str; 4] = ["UTC", "America/New_York", "Asia/Tokyo", "Mars/Base"];
const CONFIG: &str = r#"
kafka: {brokers: localhost:9092, group_id: reps}
sources:
  - {topic: crm.opportunity, format: paceline, entity: opportunity}
  - {topic: crm.user, format: paceline, entity: user}
entities:
  opportunity:
    fields:
      owner: {path: OwnerId, type: text}
      amount: {path: Amount, type: decimal}
      close_date: {path: CloseDate, type: date}
      closed_at: {path: ClosedAt, type: timestamp}
  user:
    fields:
      name: {path: Name, type: text}
      manager: {path: ManagerId, type: text}
      role: {path: Role, type: text}
      start: {path: StartDate, type: date}
      time_zone: {path: TimeZone, type: text}
      active: {path: IsActive, type: bool}
reps: {from: user, where: active}
calendars: {default: {time_zone: Europe/Madrid}}
kpis:
  - {name: bookings, type: simple, entity: opportunity, agg: sum, expr: amount, at: closed_at, credit: owner, periods: [day, month]}
  - {name: largest, type: simple, entity: opportunity, agg: max, expr: amount, at: closed_at, credit: owner, periods: [day, rolling-2d]}
  - {name: overdue, type: simple, entity: opportunity, where: close_date < today(), agg: count, credit: owner, periods: [day]}
goals:
  - {kpi: bookings, period: month, target: 1000, for: everyone, presence: true}
  - {kpi: bookings, period: month, target: 700, for: {role: ae}}
  - {kpi: bookings, period: month, target: 500, for: {each_of: R1}}
"#;

/// Something that happens.
#[derive(Clone, Debug)]
enum Event {
    /// A deal is closed by somebody, so many hours from the beginning, and is due so many days from then.
    Deal { id: u8, owner: u8, amount: u16, hours: i64, days: i64 },
    /// A user of the CRM is what they are, or is gone.
    User { id: u8, facts: Option<(Option<u8>, bool, usize, bool)> },
    /// A row of a rep, from a day on, or its end.
    Row {
        key: u8,
        rep: u8,
        from: Option<i64>,
        manager: Option<u8>,
        zone: Option<usize>,
        there: bool,
    },
    /// Hours pass, and with them the reps are followed.
    Pass(i64),
}

fn event() -> impl Strategy<Value = Event> {
    let rep = || 0u8..5;
    let deal = (0u8..6, 0u8..6, 1u16..900, -60i64..60, -2i64..3);
    let facts = (prop::option::of(rep()), any::<bool>(), 0usize..4, prop::bool::weighted(0.8));
    let row = (0u8..4, rep(), prop::option::of(-1i64..4), prop::option::of(rep()));
    prop_oneof![
        4 => deal.prop_map(|(id, owner, amount, hours, days)| Event::Deal { id, owner, amount, hours, days }),
        3 => (rep(), prop::option::weighted(0.85, facts)).prop_map(|(id, facts)| Event::User { id, facts }),
        2 => (row, prop::option::of(0usize..4), prop::bool::weighted(0.8)).prop_map(
            |((key, rep, from, manager), zone, there)| Event::Row { key, rep, from, manager, zone, there }
        ),
        1 => (1i64..40).prop_map(Event::Pass),
    ]
}

fn begin() -> Timestamp {
    BEGIN.parse().expect("an instant")
}

/// Hands an event to an engine.
fn send(engine: &mut Engine, nth: usize, event: &Event, now: Timestamp) {
    let version = nth + 1;
    let day = |days: i64| {
        let day = begin() + SignedDuration::from_hours(24 * days);
        day.to_string()[..10].to_owned()
    };
    let text =
        |value: Option<String>| value.map_or_else(|| "null".to_owned(), |it| format!("\"{it}\""));
    let (source, id, value) = match event {
        Event::Pass(_) => return,
        Event::Deal { id, owner, amount, hours, days } => {
            let closed = begin() + SignedDuration::from_hours(*hours);
            let due = day(hours / 24 + days);
            let set = format!(
                r#"{{"OwnerId":"R{owner}","Amount":{amount},"ClosedAt":"{closed}","CloseDate":"{due}"}}"#
            );
            (0, format!("D{id}"), Some(set))
        }
        Event::User { id, facts } => {
            let set = facts.map(|(manager, role, zone, active)| {
                let (manager, role) = (manager.map(|it| format!("R{it}")), role.then(|| "ae".to_owned()));
                let zone = ZONES[zone];
                format!(
                    r#"{{"Name":"N{id}","ManagerId":{},"Role":{},"TimeZone":"{zone}","IsActive":{active}}}"#,
                    text(manager), text(role)
                )
            });
            (1, format!("R{id}"), set)
        }
        Event::Row { key, rep, from, manager, zone, there } => {
            let mut row = format!(r#"{{"id":"R{rep}","start":"2026-11-10""#);
            row += &from.map(|days| format!(r#","from":"{}""#, day(days))).unwrap_or_default();
            row +=
                &zone.map(|zone| format!(r#","time_zone":"{}""#, ZONES[zone])).unwrap_or_default();
            row += &format!(r#","manager":{}}}"#, text(manager.map(|it| format!("R{it}"))));
            engine.tell_rep(format!("k{key}").as_bytes(), there.then_some(row.as_bytes()), now);
            return;
        }
    };
    let message = match value {
        Some(set) => format!(r#"{{"id":"{id}","op":"upsert","version":{version},"set":{set}}}"#),
        None => format!(r#"{{"id":"{id}","op":"delete","version":{version}}}"#),
    };
    let partition = usize::from(id.as_bytes()[1]) % 2;
    let (lane, _) =
        engine.send((source, partition), Some(id.as_bytes()), Some(message.as_bytes()), now);
    assert_eq!(engine.take(lane), [true], "{message}");
}

type Row = (Numbers, u64, Doubt);

fn rows(engine: &Engine, now: Timestamp) -> BTreeMap<(String, String, String), Row> {
    let row = |standing: Standing| {
        let names = engine.names(&standing);
        (names, (standing.numbers, standing.sample, standing.doubt))
    };
    engine.standings(None, now).into_iter().map(row).collect()
}

/// An engine to which everything happened while it ran, or all of it before it opened.
fn play(events: &[Event], lanes: usize, opened_after: usize) -> (Engine, Timestamp) {
    let mut engine = Engine::new(CONFIG, &[2, 2], lanes);
    let mut now = begin();
    for (nth, event) in events.iter().enumerate() {
        if nth == opened_after {
            engine.open(now);
        }
        send(&mut engine, nth, event, now);
        if let Event::Pass(hours) = event {
            now += SignedDuration::from_hours(*hours);
            engine.follow(now);
        }
    }
    if opened_after >= events.len() {
        engine.open(now);
    }
    engine.follow(now);
    // What one lane was told of reps is what the others follow.
    engine.follow(now);
    (engine, now)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn an_engine_stands_as_one_that_read_everything_at_once(
        events in prop::collection::vec(event(), 1..30),
        lanes in 1usize..3,
        opened_after in 0usize..30,
    ) {
        let (engine, now) = play(&events, lanes, opened_after);
        let (fresh, _) = play(&events, 1, usize::MAX);
        prop_assert_eq!(rows(&engine, now), rows(&fresh, now));
        let causes = engine.live.freshness().causes();
        prop_assert_eq!(&causes, &fresh.live.freshness().causes());
        prop_assert!(!causes.contains(&Cause::Revaluing));
    }
}

#[test]
fn a_zone_that_changes_moves_what_was_counted_to_another_day() {
    let user = |zone| Event::User { id: 1, facts: Some((None, true, zone, true)) };
    let deal = Event::Deal { id: 1, owner: 1, amount: 100, hours: 6, days: 0 };
    let events = [user(1), deal];
    let (mut engine, now) = play(&events, 2, 0);
    let actual = |engine: &Engine, period: &str| {
        let of = ("rep:R1".to_owned(), "bookings".to_owned(), period.to_owned());
        let known = rows(engine, now).remove(&of).expect("a standing");
        known.0.actual.expect("a sum").to_string()
    };
    // The 21st at 02:00Z is the evening of the 20th in New York, and the morning of the 21st in Tokyo.
    assert_eq!(actual(&engine, "2026-11-20"), "100");
    send(&mut engine, 2, &user(2), now);
    engine.follow(now);
    engine.follow(now);
    assert_eq!(actual(&engine, "2026-11-21"), "100", "it is the 21st in Tokyo already");
    assert!(engine.live.freshness().causes().is_empty());
}

#[test]
fn a_manager_alone_moves_a_rep_and_folds_nothing() {
    let user = |id, manager| Event::User { id, facts: Some((manager, true, 0, true)) };
    let deal = Event::Deal { id: 1, owner: 3, amount: 100, hours: 0, days: 0 };
    let events = [user(1, None), user(2, None), user(3, Some(1)), user(4, Some(2)), deal];
    let (mut engine, now) = play(&events, 2, 0);
    let before = engine.live.revision();
    send(&mut engine, 5, &user(3, Some(2)), now);
    engine.follow(now);
    let (update, after) = engine.changed(before, now);
    assert_eq!(after.0, before.0 + 1, "all in one revision");
    let touched: Vec<String> =
        update.standings.iter().map(|standing| engine.names(standing).0).collect();
    assert!(touched.contains(&"team:R2".to_owned()), "{touched:?}");
    assert!(!touched.contains(&"org".to_owned()) || touched.contains(&"rep:R3".to_owned()));
    let removed: Vec<String> =
        update.removed.iter().map(|removal| engine.names_of(&removal.key).0).collect();
    assert!(removed.iter().all(|scope| scope == "team:R1") && !removed.is_empty());
    let actual = rows(&engine, now);
    let of = ("team:R2".to_owned(), "bookings".to_owned(), "2026-11".to_owned());
    assert_eq!(actual[&of].0.actual.map(|it| it.to_string()), Some("100".to_owned()));
}

#[test]
fn facts_that_cannot_hold_are_causes_until_they_are_mended() {
    let user = |id, manager, zone| Event::User { id, facts: Some((manager, true, zone, true)) };
    let (mut engine, now) = play(&[user(1, Some(4), 3)], 1, 0);
    let told = |engine: &Engine| -> Vec<String> {
        let causes = engine.live.freshness().causes().into_iter();
        causes
            .map(|cause| match cause {
                Cause::WrongFact { problem } => problem,
                other => panic!("another cause: {other:?}"),
            })
            .collect()
    };
    assert_eq!(
        told(&engine),
        [
            "rep `R1`: the `manager` in their own row or record is no rep",
            "rep `R1`: the `time_zone` in their own row or record is no time zone"
        ]
    );
    send(&mut engine, 1, &user(4, Some(1), 0), now);
    send(&mut engine, 2, &user(1, Some(4), 0), now);
    engine.follow(now);
    assert_eq!(
        told(&engine),
        ["R1", "R4"].map(|rep| format!(
            "rep `{rep}`: the `manager` in their own row or record is part of a cycle of managers"
        ))
    );
    send(&mut engine, 3, &user(4, None, 0), now);
    engine.follow(now);
    assert_eq!(told(&engine), [""; 0]);
}

/// A lane that read its clock before midnight and came after it does not turn the reps back to yesterday's.
#[test]
fn who_comes_late_does_not_turn_the_reps_back() {
    let user = |id, manager| Event::User { id, facts: Some((manager, true, 0, true)) };
    let (mut engine, now) = play(&[user(1, None), user(2, None)], 1, 0);
    let row =
        Event::Row { key: 0, rep: 2, from: Some(2), manager: Some(1), zone: None, there: true };
    send(&mut engine, 2, &row, now);
    engine.follow(now);
    let managed = |engine: &Engine| engine.live.roster().named("team:R1").is_some();
    assert!(!managed(&engine));
    let later = now + SignedDuration::from_hours(72);
    engine.live.advance(later);
    assert!(managed(&engine));
    send(&mut engine, 3, &user(3, None), now);
    engine.follow(now);
    assert!(managed(&engine));
    assert!(engine.live.roster().named("rep:R3").is_some());
}
