//! Watching a running service: what moves together arrives together, nobody is waited for, and tokens are honest.

use paceline_client::proto::{ResetReason, Selector};
use paceline_tests::{
    kafka::{self, Message},
    wait,
};
use tonic_health::pb::health_check_response::ServingStatus;

use crate::{
    small::{given_to, of_kpi, won, yaml},
    subscriber::{Brought, Subscriber, names},
    under_test::Service,
};

/// The sum of a KPI over all reps and the unassigned, which is the org's at every moment.
#[track_caller]
fn assert_adds_up(known: &Subscriber<'_>, kpi: &str) {
    let number = |scope: &str| {
        known.actual(scope, kpi).map_or(0, |actual| actual.parse::<i64>().expect("whole amounts"))
    };
    let reps =
        ["M1", "M2", "U1", "U2", "U3", "U4", "U5", "U6"].map(|rep| number(&format!("rep:{rep}")));
    let parts = reps.iter().sum::<i64>() + number("unassigned");
    assert_eq!(parts, number("org"), "at revision {}: {reps:?}", known.last.revision);
}

#[test]
fn deals_that_change_hands_are_in_one_place_at_every_moment() {
    let broker = kafka::shared();
    let topic = "hands";
    broker.create_topic(topic, 3, &[]);
    broker.produce(topic, (0..24).map(|deal| won(&format!("D{deal}"), 1, "U1", 100 + deal)));
    let service = Service::start(&yaml(broker.bootstrap(), topic, "paceline"));
    service.standings();
    let mut watching = service.watch(Selector::default());
    watching.until_actual("rep:U1", "bookings", "2676");
    assert_adds_up(&watching, "bookings");
    let owners = ["U2", "U3", "queue", "U4", "M2", "U5", "U6", "U1"];
    // In the end all are nobody's.
    let moves = (0..264_u32).map(|step| {
        let owner =
            if step < 240 { owners[(step as usize * 5 + 1) % owners.len()] } else { "queue" };
        given_to(&format!("D{}", step % 24), 2 + step, owner)
    });
    let writer = broker.writer();
    std::thread::scope(|scope| {
        // One by one, so that there are many commits to see them in.
        scope.spawn(|| moves.for_each(|message| writer.write(topic, [message])));
        let mut updates = 0;
        watching.until("the last deal has moved", |known| {
            assert_adds_up(known, "bookings");
            updates += 1;
            known.actual("unassigned", "deals") == Some("24")
        });
        assert!(updates > 3, "only {updates} messages");
    });
    // Snapshot and updates come to what a fresh look shows.
    for standing in service.standings() {
        assert_eq!(watching.view[&names(&standing)], standing);
    }
    assert_eq!(watching.actual("org", "bookings"), Some("2676"));
}

#[test]
fn a_reader_that_stops_keeps_nobody_waiting_and_gets_the_latest() {
    let broker = kafka::shared();
    let topic = "slow";
    broker.create_topic(topic, 2, &[]);
    broker.produce(topic, [won("D1", 1, "U1", 1)]);
    let service = Service::start(&yaml(broker.bootstrap(), topic, "paceline"));
    service.standings();
    let (mut slow, mut quick) =
        (service.watch(Selector::default()), service.watch(Selector::default()));
    slow.until_actual("rep:U1", "bookings", "1");
    quick.until_actual("rep:U1", "bookings", "1");
    // Several times what the windows of HTTP/2 take, if all of it were sent: each batch moves everybody.
    let (mut total, writer) = (1, broker.writer());
    for batch in 2..80_u32 {
        let deals = ["U1", "U2", "U3", "U4", "U5", "U6"];
        writer.write(topic, deals.map(|owner| won(&format!("D{batch}{owner}"), 1, owner, batch)));
        total += 6 * batch;
        quick.until_actual("org", "bookings", &total.to_string());
    }
    slow.until_actual("org", "bookings", &total.to_string());
    assert_eq!(slow.view, quick.view);
    assert!(
        slow.messages < quick.messages / 2,
        "{} messages instead of {}",
        slow.messages,
        quick.messages
    );
}

#[test]
fn a_token_of_an_earlier_process_is_answered_by_a_reset() {
    let broker = kafka::shared();
    let topic = "tokens";
    broker.create_topic(topic, 1, &[]);
    broker.produce(topic, [won("D1", 1, "U1", 5)]);
    let mut service = Service::start(&yaml(broker.bootstrap(), topic, "paceline"));
    service.standings();
    let token = {
        let mut watching = service.watch(of_kpi("bookings"));
        watching.until_actual("rep:U1", "bookings", "5");
        watching.last.resume_token.clone()
    };
    assert!(!token.is_empty());
    // In the same process the stream goes on without a snapshot.
    {
        broker.produce(topic, [won("D2", 1, "U2", 6)]);
        service.wait_until_counted(topic, 2);
        let mut resumed = service.watch_from(of_kpi("bookings"), token.clone());
        assert_ne!(resumed.first_frame(), Brought::Snapshot);
    }
    service.process().terminate();
    assert_eq!(service.process().wait().code(), Some(0));
    service.start_again();
    service.standings();
    let mut watching = service.watch_from(of_kpi("bookings"), token);
    assert_eq!(watching.next(), Brought::Reset(ResetReason::OtherEpoch));
    assert_eq!(watching.next(), Brought::Snapshot);
    assert_eq!(watching.actual("rep:U1", "bookings"), Some("5"));
    assert_eq!(watching.actual("rep:U2", "bookings"), Some("6"));
}

#[test]
fn empty_topics_are_caught_up_with_at_once() {
    let broker = kafka::shared();
    broker.create_topic("nothing", 3, &[]);
    let service = Service::start(&yaml(broker.bootstrap(), "nothing", "paceline"));
    let standings = service.standings_of(Some(of_kpi("bookings")));
    assert!(!standings.is_empty() && standings.iter().all(|standing| standing.actual == "0"));
    assert_eq!(service.health(), ServingStatus::Serving);
    assert!(service.get("/readyz").starts_with("HTTP/1.1 200"));
    assert!(service.get("/metrics").contains("paceline_"));
}

#[test]
fn a_topic_that_is_not_there_yet_is_waited_for() {
    let broker = kafka::shared();
    let service = Service::start(&yaml(broker.bootstrap(), "later", "paceline"));
    assert_eq!(service.health(), ServingStatus::NotServing);
    assert!(service.get("/readyz").starts_with("HTTP/1.1 503"));
    let freshness = service.freshness();
    assert!(!freshness.complete, "{freshness:?}");
    // A watch is open and silent until there is something to say.
    let mut watching = service.watch(of_kpi("bookings"));
    broker.create_topic("later", 2, &[]);
    broker.produce("later", [won("D1", 1, "U1", 5)]);
    watching.until_actual("rep:U1", "bookings", "5");
    wait::until("health says so", || (service.health() == ServingStatus::Serving).then_some(()));
}

#[test]
fn events_about_several_records_are_right_whatever_partition_they_come_through() {
    let broker = kafka::shared();
    let topic = "scattered";
    broker.create_topic(topic, 3, &[]);
    let deal = |owner: &str| {
        format!(
            r#""OwnerId":"{owner}","Amount":10,"StageName":"Closed Won","CloseDate":"2026-11-20""#
        )
    };
    broker.produce(
        topic,
        [
            event(0, 1, "CREATE", &["A", "B", "C", "D"], &deal("U1")),
            // Newer than what follows in other partitions, which arrives before or after it.
            event(1, 5, "UPDATE", &["A", "B"], r#""OwnerId":"U2""#),
            event(2, 3, "UPDATE", &["B", "C"], r#""OwnerId":"U3","Amount":40"#),
            event(0, 4, "DELETE", &["D", "C"], ""),
            event(2, 7, "UNDELETE", &["D"], &deal("U4")),
            event(1, 6, "UPDATE", &["A"], r#""Amount":null"#),
        ],
    );
    let service = Service::start(&yaml(broker.bootstrap(), topic, "salesforce"));
    service.standings();
    service.wait_until_counted(topic, 6);
    let standings = service.standings_of(Some(of_kpi("bookings")));
    let actual = |scope: &str| {
        let found = standings.iter().find(|standing| standing.scope == scope);
        found.map(|standing| standing.actual.as_str())
    };
    // A has no amount, B the owner of version 5 and the amount of version 3, C is gone, D was restored to U4.
    assert_eq!(
        ["rep:U1", "rep:U2", "rep:U3", "rep:U4", "org"].map(actual),
        [Some("0"), Some("40"), Some("0"), Some("10"), Some("50")]
    );
    assert!(standings.iter().all(|standing| !standing.in_doubt));
}

/// A Salesforce event on a partition, its place in history being `number`.
fn event(partition: i32, number: u32, kind: &str, ids: &[&str], fields: &str) -> Message {
    let quoted = |names: &[&str]| {
        names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(",")
    };
    let known = ["OwnerId", "Amount", "StageName", "CloseDate"];
    let changed: Vec<&str> =
        known.into_iter().filter(|name| fields.contains(&format!("\"{name}\""))).collect();
    let changed = if kind == "UPDATE" { quoted(&changed) } else { String::new() };
    let (ids, comma) = (quoted(ids), if fields.is_empty() { "" } else { "," });
    let time = 1_795_000_000_000_u64 + u64::from(number);
    Message::keyless(format!(
        r#"{{"schema":"x","payload":{{{fields}{comma}"ChangeEventHeader":{{"commitNumber":{number},"commitUser":"X","sequenceNumber":1,"entityName":"Opportunity","changeType":"{kind}","changedFields":[{changed}],"changeOrigin":"","transactionKey":"t{number}","commitTimestamp":{time},"recordIds":[{ids}]}}}},"event":{{"replayId":{number}}}}}"#
    ))
    .partition(partition)
}
