//! Reps that change while the service runs: users of the CRM who change their manager, and what is told on the topic of
//! reps, seen by an open watcher and there again after a start.

use paceline_client::proto::{CauseKind, Selector};
use paceline_tests::{kafka, kafka::Message};

use crate::{
    small::{of_kpi, won},
    subscriber::Subscriber,
    under_test::Service,
};

/// A service whose reps are the users of a CRM, with topics of its own.
fn start(name: &str) -> Service {
    let broker = kafka::shared();
    broker.create_topic(name, 1, &[]);
    broker.create_topic(&format!("{name}.users"), 1, &[]);
    let users = [user("M1", 1, None), user("M2", 1, None), user("U1", 1, Some("M1"))];
    broker.produce(&format!("{name}.users"), users.into_iter().chain([user("U2", 1, Some("M2"))]));
    broker.produce(name, [won("D1", 1, "U1", 27_000), won("D2", 1, "U2", 5_000)]);
    let brokers = broker.bootstrap();
    Service::start(&format!(
        r#"
kafka: {{brokers: "{brokers}", group_id: "{name}"}}
sources:
  - {{topic: {name}, format: paceline, entity: opportunity}}
  - {{topic: {name}.users, format: paceline, entity: user}}
entities:
  opportunity:
    fields:
      owner: {{path: OwnerId, type: text}}
      amount: {{path: Amount, type: decimal}}
      stage: {{path: StageName, type: text}}
      close_date: {{path: CloseDate, type: date}}
    states: {{field: stage, order: [Proposal, Closed Won], sets: {{won: [Closed Won]}}}}
  user:
    fields:
      name: {{path: Name, type: text}}
      manager: {{path: ManagerId, type: text}}
      role: {{path: Role, type: text}}
      active: {{path: IsActive, type: bool}}
reps: {{from: user, where: active}}
kpis:
  - {{name: bookings, type: simple, entity: opportunity, where: stage in states.won, agg: sum, expr: amount, at: close_date,
     credit: owner, goal_kind: reach, periods: [month]}}
goals:
  - {{kpi: bookings, period: month, target: 42000, for: {{role: ae}}, presence: true}}
topics: {{goals: {name}.goals, reps: {name}.reps}}
server: {{grpc: "127.0.0.1:0", http: "127.0.0.1:0"}}
"#
    ))
}

fn user(id: &str, version: u32, manager: Option<&str>) -> Message {
    let manager = manager.map_or_else(|| "null".to_owned(), |id| format!("\"{id}\""));
    let role = if id.starts_with('U') { "\"ae\"" } else { "null" };
    let json = format!(
        r#"{{"id":"{id}","op":"upsert","version":{version},"set":{{"Name":"User {id}","ManagerId":{manager},"Role":{role},"IsActive":true}}}}"#
    );
    Message::new(id, json)
}

fn actual_and_goal(known: &Subscriber<'_>, scope: &str) -> (String, String) {
    let mut of = known.view.values().filter(|standing| standing.scope == scope);
    let standing = of.next().unwrap_or_else(|| panic!("{scope} stands"));
    (standing.actual.clone(), standing.goal.clone())
}

fn pair(actual: &str, goal: &str) -> (String, String) {
    (actual.to_owned(), goal.to_owned())
}

/// The scopes that stand, each with actual and goal.
fn all(service: &Service) -> Vec<(String, String, String)> {
    let standings = service.standings_of(Some(of_kpi("bookings"))).into_iter();
    let mut all: Vec<_> = standings.map(|it| (it.scope, it.actual, it.goal)).collect();
    all.sort();
    all
}

#[test]
fn a_user_who_changes_their_manager_moves_between_two_teams_in_one_update() {
    let mut service = start("reps.move");
    service.standings();
    let teams = Selector {
        scopes: vec!["team:M1".to_owned(), "team:M2".to_owned()],
        with_members: true,
        ..of_kpi("bookings")
    };
    let mut watcher = service.watch(teams);
    watcher.until("the snapshot", |_| true);
    assert_eq!(actual_and_goal(&watcher, "team:M1"), pair("27000", "42000"));
    assert_eq!(actual_and_goal(&watcher, "team:M2"), pair("5000", "42000"));

    let broker = kafka::shared();
    broker.produce("reps.move.users", [user("U3", 1, Some("M1")), user("U1", 2, Some("M2"))]);
    watcher.until("the rep has come to the other team", |known| {
        actual_and_goal(known, "team:M2") == pair("32000", "84000")
    });
    assert_eq!(actual_and_goal(&watcher, "team:M1"), pair("0", "42000"), "its only rep is new");
    assert_eq!(actual_and_goal(&watcher, "rep:U3"), pair("0", "42000"));
    let revisions = watcher.view.values().filter(|it| it.scope.starts_with("team:"));
    let revisions: Vec<u64> = revisions.map(|standing| standing.revision).collect();
    assert_eq!(revisions, [watcher.last.revision; 2], "both in the revision that moved the rep");

    // Time off leaves six of November's 21 working days, from the 23rd on: 2,000 each.
    let off = r#"{"id":"U3","time_off":[{"from":"2026-11-01","to":"2026-11-20"}]}"#;
    broker.produce("reps.move.reps", [Message::new("off", off)]);
    watcher.until("the time off counts", |known| {
        actual_and_goal(known, "rep:U3") == pair("0", "12000")
    });
    assert_eq!(actual_and_goal(&watcher, "team:M1"), pair("0", "12000"));
    assert_eq!(broker.setting("reps.move.reps", "cleanup.policy"), "compact");
    drop(watcher);

    let before = all(&service);
    service.process().kill();
    service.process().wait();
    service.start_again();
    assert_eq!(all(&service), before);
    broker.produce("reps.move.reps", [Message::tombstone("off")]);
    let mut watcher = service.watch(of_kpi("bookings"));
    watcher.until("the time off is taken back", |known| {
        actual_and_goal(known, "rep:U3") == pair("0", "42000")
    });
    assert!(service.freshness().complete);
}

#[test]
fn a_fact_that_cannot_hold_is_a_cause_and_garbage_on_the_topic_stops_nothing() {
    let mut service = start("reps.wrong");
    service.standings();
    let broker = kafka::shared();
    let causes = |service: &Service| -> Vec<(CauseKind, String)> {
        let causes = service.freshness().causes.into_iter();
        causes.map(|cause| (cause.kind(), cause.detail)).collect()
    };
    let row = r#"{"id":"U2","manager":"M9"}"#;
    broker.produce("reps.wrong.reps", [Message::new("1", row), Message::new("2", "{}")]);
    service.wait_until_counted("reps.wrong.reps", 2);
    let wrong = |detail: &str| (CauseKind::WrongFact, detail.to_owned());
    let told = causes(&service);
    assert_eq!(told[0], (CauseKind::Quarantined, String::new()));
    let unread = "what the topic of reps says on 1 of its keys cannot be understood: see the log";
    let lost = "rep `U2`: the `manager` on the topic of reps is no rep";
    assert_eq!(told[1..], [wrong(lost), wrong(unread)]);
    let line = service.process().wait_for_line("row of a rep cannot be understood");
    assert!(line.contains("reps.wrong.reps") && line.contains("\"offset\":1"), "{line}");
    let scopes: Vec<String> = all(&service).into_iter().map(|(scope, ..)| scope).collect();
    assert!(!scopes.contains(&"team:M2".to_owned()), "{scopes:?}");

    let mended = r#"{"id":"U2","manager":"M1"}"#;
    broker.produce("reps.wrong.reps", [Message::new("1", mended), Message::tombstone("2")]);
    service.wait_until_counted("reps.wrong.reps", 4);
    assert_eq!(causes(&service), []);
    let team = ("team:M1".to_owned(), "32000".to_owned(), "84000".to_owned());
    assert!(all(&service).contains(&team));
}
