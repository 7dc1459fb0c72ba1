//! Goals that are set while the service runs: on their topic before the answer, seen by every watcher, there after a crash.

use std::future::Future;

use paceline_client::proto::{
    CauseKind, DeleteGoalRequest, Goal, GoalEdit, GoalTerms, ListGoalEditsRequest,
    ListGoalsRequest, SetGoalRequest, goals_service_client::GoalsServiceClient,
};
use paceline_tests::{kafka, kafka::Message, process::Paceline, wait};
use tonic::{Request, transport::Channel};

use crate::{
    small::{of_kpi, won, yaml},
    subscriber::Brought,
    under_test::Service,
};

/// A service with topics of its own.
fn start(name: &str) -> Service {
    let broker = kafka::shared();
    broker.create_topic(name, 1, &[]);
    Service::start(&config(broker.bootstrap(), name))
}

fn config(brokers: &str, name: &str) -> String {
    format!("{}topics: {{goals: {name}.goals}}\n", yaml(brokers, name, "paceline"))
}

fn terms(whose: &str, target: &str) -> GoalTerms {
    GoalTerms {
        kpi: "bookings".to_owned(),
        period: "month".to_owned(),
        target: target.to_owned(),
        r#for: whose.to_owned(),
        ..GoalTerms::default()
    }
}

/// Asks the service of goals.
fn ask<T, F: Future<Output = Result<tonic::Response<T>, tonic::Status>>>(
    service: &Service,
    question: impl FnOnce(GoalsServiceClient<Channel>) -> F,
) -> T {
    let client = GoalsServiceClient::new(service.channel());
    service.block_on(question(client)).expect("goals are served").into_inner()
}

fn set(service: &Service, id: &str, goal: GoalTerms) -> (Goal, u64) {
    let mut request =
        Request::new(SetGoalRequest { id: id.to_owned(), goal: Some(goal), expected_edit: None });
    request.metadata_mut().insert("x-paceline-actor", "ana".parse().expect("a value"));
    let response = ask(service, |mut goals| async move { goals.set_goal(request).await });
    (response.goal.expect("the goal"), response.revision)
}

fn list(service: &Service) -> Vec<Goal> {
    let request = ListGoalsRequest::default();
    ask(service, |mut goals| async move { goals.list_goals(request).await }).goals
}

fn edits(service: &Service, goal_id: &str) -> Vec<GoalEdit> {
    let request = ListGoalEditsRequest { goal_id: goal_id.to_owned(), ..Default::default() };
    ask(service, |mut goals| async move { goals.list_goal_edits(request).await }).edits
}

fn goal_of(service: &Service, scope: &str) -> String {
    let standings = service.standings_of(Some(of_kpi("bookings")));
    standings.into_iter().find(|standing| standing.scope == scope).expect("a scope").goal
}

#[test]
fn a_goal_is_on_its_topic_in_the_next_update_and_there_after_a_crash() {
    let mut service = start("goals.story");
    service.standings();
    let mut watcher = service.watch(of_kpi("bookings"));
    watcher.until("the snapshot", |_| true);
    let (goal, revision) = set(&service, "", terms("rep:U1", "45000"));
    while watcher.next() != Brought::Update {}
    assert_eq!(watcher.last.revision, revision);
    let known = |scope: &str| {
        let mut all = watcher.view.values().filter(|standing| standing.scope == scope);
        let standing = all.next().expect("a standing");
        (standing.goal.clone(), standing.revision)
    };
    assert_eq!(known("rep:U1"), ("45000".to_owned(), revision));
    assert_eq!(known("org"), ("255000".to_owned(), revision));
    let (edited, _) = set(&service, &goal.id, terms("rep:U1", "46000"));
    assert_eq!(edited.edit, 2);

    let records = kafka::shared().read_all("goals.story.goals");
    let keys: Vec<&str> = records.iter().map(|record| record.key_text()).collect();
    assert_eq!(keys, [format!("{}/1", goal.id), format!("{}/2", goal.id)]);
    let record: serde_json::Value =
        serde_json::from_str(records[1].value_text()).expect("a record is JSON");
    assert_eq!(
        (&record["who"], &record["old"]["target"], &record["new"]["target"]),
        (&"ana".into(), &"45000".into(), &"46000".into())
    );

    drop(watcher);
    service.process().kill();
    service.process().wait();
    service.start_again();
    assert_eq!(goal_of(&service, "rep:U1"), "46000");
    let told = edits(&service, &goal.id);
    let targets = |terms: &Option<GoalTerms>| terms.clone().map(|terms| terms.target);
    let told: Vec<_> = told
        .iter()
        .map(|edit| (edit.edit, edit.who.as_str(), targets(&edit.old), targets(&edit.new)))
        .collect();
    let (first, second) = (Some("45000".to_owned()), Some("46000".to_owned()));
    assert_eq!(told, [(2, "ana", first.clone(), second), (1, "ana", None, first)]);

    let request = DeleteGoalRequest { id: goal.id.clone(), expected_edit: Some(2) };
    ask(&service, |mut goals| async move { goals.delete_goal(request).await });
    assert_eq!(goal_of(&service, "rep:U1"), "42000", "the config's is in force again");
    assert_eq!(list(&service).len(), 1);
    service.process().kill();
    service.process().wait();
    service.start_again();
    assert_eq!(goal_of(&service, "rep:U1"), "42000");
    assert_eq!(edits(&service, &goal.id).len(), 3);
}

#[test]
fn the_topic_is_made_compacted_and_garbage_on_it_stops_nothing() {
    let mut service = start("goals.garbage");
    service.standings();
    let topic = "goals.garbage.goals";
    let broker = kafka::shared();
    assert_eq!(broker.setting(topic, "cleanup.policy"), "compact");
    assert!(service.freshness().complete);
    broker.produce(topic, [Message::new("g-1/1", "{\"goal_id\":\"g-1\"}")]);
    let quarantined = |service: &Service| {
        let causes = service.freshness().causes;
        causes.iter().any(|cause| cause.kind() == CauseKind::Quarantined && cause.source == topic)
    };
    service.wait_until_counted(topic, 1);
    assert!(quarantined(&service));
    let line = service.process().wait_for_line("goal edit cannot be understood");
    assert!(line.contains(topic) && line.contains("\"offset\":0"), "{line}");
    set(&service, "", terms("rep:U1", "45000"));
    assert_eq!(goal_of(&service, "rep:U1"), "45000");
    let metrics = service.get("/metrics");
    let counted = "paceline_rejected_total{topic=\"goals.garbage.goals\",reason=\"malformed\"} 1";
    assert!(metrics.contains(counted), "{metrics}");

    service.process().kill();
    service.process().wait();
    service.start_again();
    assert_eq!(goal_of(&service, "rep:U1"), "45000");
    assert!(quarantined(&service));
    broker.produce(topic, [Message::tombstone("g-1/1")]);
    service.wait_until_counted(topic, 3);
    assert!(!quarantined(&service) && service.freshness().complete);
}

#[test]
fn garbage_on_an_own_topic_heals_by_a_null_value_whatever_its_key_is() {
    let (broker, name) = (kafka::shared(), "goals.healed");
    broker.create_topic(name, 1, &[]);
    let topics = format!("topics: {{goals: {name}.goals, status: {name}.status}}\n");
    let service = Service::start(&(yaml(broker.bootstrap(), name, "paceline") + &topics));
    service.standings();
    for topic in ["goals.healed.goals", "goals.healed.status"] {
        let quarantined = |service: &Service| {
            let causes = service.freshness().causes;
            causes
                .iter()
                .any(|cause| cause.kind() == CauseKind::Quarantined && cause.source == topic)
        };
        broker.produce(topic, [Message::new("nonsense", "nonsense")]);
        wait::until("it is found to be garbage", || quarantined(&service).then_some(()));
        broker.produce(topic, [Message::tombstone("nonsense")]);
        wait::until("it is healed", || (!quarantined(&service)).then_some(()));
    }
    assert!(service.freshness().complete);
}

#[test]
fn a_goal_reaches_a_standing_that_has_records() {
    let service = start("goals.records");
    kafka::shared().produce("goals.records", [won("D1", 1, "U1", 27_000)]);
    service.wait_until_counted("goals.records", 1);
    let status = |service: &Service| {
        let standings = service.standings_of(Some(of_kpi("bookings")));
        let of_rep = standings.into_iter().find(|standing| standing.scope == "rep:U1");
        of_rep.expect("a standing").status().as_str_name()
    };
    assert_eq!(status(&service), "STATUS_BEHIND");
    set(&service, "", terms("rep:U1", "27000"));
    assert_eq!(status(&service), "STATUS_ACHIEVED");
}

#[test]
fn goals_are_set_listed_imported_and_removed_from_the_shell() {
    let service = start("goals.shell");
    service.standings();
    let paceline = |arguments: &[&str]| {
        let (command, rest) = arguments.split_first().expect("a command");
        let server = ["--addr", service.address()];
        let all = ["goals", command].into_iter().chain(server).chain(rest.iter().copied());
        let mut process = Paceline::start(all);
        let code = process.wait().code().expect("an exit code");
        (code, process.stdout().join("\n"), process.stderr().join("\n"))
    };
    let flags = ["--kpi", "bookings", "--period", "month", "--target", "45000", "--for", "rep:U1"];
    let more = ["--from", "2026-11-01", "--ramp", "3:0.25,6:0.6", "--presence", "--who", "ana"];
    let (code, out, err) = paceline(&[&["set"][..], &flags, &more].concat());
    assert_eq!(code, 0, "{err}");
    let id = out.split(' ').next().expect("an id").to_owned();
    let (_, table, _) = paceline(&["list", "--for", "rep:U1"]);
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 2, "{table}");
    for part in [id.as_str(), "45000", "rep:U1", "2026-11-01", "ramp 3:0.25,6:0.6 presence", "ana"]
    {
        assert!(lines[1].contains(part), "{table}");
    }
    let (_, json, _) = paceline(&["list", "--json"]);
    let goals: Vec<serde_json::Value> =
        json.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!((&goals[0]["id"], &goals[1]["terms"]["for"]), (&"file-1".into(), &"rep:U1".into()));

    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let file = folder.path().join("goals.csv");
    let path = file.to_str().expect("temporary paths are UTF-8");
    let import = |text: &str| {
        std::fs::write(&file, text).expect("a file can be written");
        paceline(&["import", path])
    };
    let header = "kpi,period,target,for,from,until\n";
    let bad = format!(
        "{header}bookings,month,1,rep:U2,,\nbookings,month,-1,rep:U3,,\nbokings,month,1,rep:U4,,\n"
    );
    let (code, _, err) = import(&bad);
    assert_eq!(code, 2);
    assert!(
        err.contains(":3: target: a target cannot be negative") && err.contains(":4: kpi:"),
        "{err}"
    );
    assert_eq!(list(&service).len(), 2, "nothing of a file with mistakes is sent");
    let good = format!(
        "{header}bookings,month,47000,rep:U1,2026-11-01,\nbookings,month,48000,rep:U2,,2026-12-31\n"
    );
    assert_eq!(import(&good), (0, "1 set, 1 edited, 0 as they were".to_owned(), String::new()));
    assert_eq!(import(&good).1, "0 set, 0 edited, 2 as they were");
    let ours = list(&service).into_iter().find(|goal| goal.id == id).expect("the goal");
    let ours = ours.terms.expect("terms");
    assert_eq!((ours.target.as_str(), ours.ramp.len()), ("47000", 2), "the ramp stays");

    let set_by_id = |id: &str| paceline(&[&["set"][..], &flags, &["--id", id]].concat()).0;
    for (code, due) in [
        (set_by_id("file-1"), 1),
        (set_by_id("g-0"), 1),
        (set_by_id(&id), 0),
        (paceline(&["rm", "file-1"]).0, 1),
        (paceline(&["rm", &id]).0, 0),
        (paceline(&["rm", &id]).0, 1),
        (paceline(&["set", "--kpi", "bookings"]).0, 2),
        (paceline(&[&["set"][..], &flags, &["--curve", "0.5"]].concat()).0, 2),
        (paceline(&["list", "--for", "U1"]).0, 2),
        (paceline(&["import", "/nowhere.csv"]).0, 2),
    ] {
        assert_eq!(code, due);
    }
    let mut process = Paceline::start(["goals", "list", "--addr", "127.0.0.1:1"]);
    assert_eq!(process.wait().code(), Some(70));
}
