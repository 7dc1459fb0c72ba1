//! The audit log of a real service on a real broker: what stands there when goals change, that none changes without it, and that
//! tampering shows.

use std::{
    collections::HashSet,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use paceline_client::proto::{
    DeleteGoalRequest, GoalTerms, ListGoalsRequest, SetGoalRequest,
    goals_service_client::GoalsServiceClient,
};
use paceline_tests::{chance::Chance, kafka, process::Paceline};
use serde_json::Value;
use tonic::{Code, Request, transport::Channel};
use tonic_types::StatusExt as _;

use crate::{small::yaml, under_test::Service};

fn config(name: &str, more: &str) -> String {
    let broker = kafka::shared();
    broker.create_topic(name, 1, &[]);
    let topics = format!("topics: {{goals: {name}.goals, audit: {name}.audit}}\n");
    yaml(broker.bootstrap(), name, "paceline") + &topics + more
}

fn terms(target: u64) -> GoalTerms {
    GoalTerms {
        kpi: "bookings".to_owned(),
        period: "month".to_owned(),
        target: target.to_string(),
        r#for: "rep:U1".to_owned(),
        ..GoalTerms::default()
    }
}

fn set(id: &str, target: u64) -> Request<SetGoalRequest> {
    let goal = Some(terms(target));
    let mut request = Request::new(SetGoalRequest { id: id.to_owned(), goal, expected_edit: None });
    request.metadata_mut().insert("x-request-id", format!("to-{target}").parse().expect("a value"));
    request.metadata_mut().insert("x-paceline-actor", "ana".parse().expect("a value"));
    request
}

fn goals(service: &Service) -> GoalsServiceClient<Channel> {
    GoalsServiceClient::new(service.channel())
}

/// What stands on a topic, as it is written and as JSON.
fn records(topic: &str) -> Vec<(String, Value)> {
    let records = kafka::shared().read_all(topic);
    let read = |record: &kafka::Record| {
        let text = record.value_text().to_owned();
        let value = serde_json::from_str(&text).expect("a record is JSON");
        (text, value)
    };
    records.iter().map(read).collect()
}

/// What a check of the log prints, and its exit code.
fn verify(arguments: &[&str]) -> (String, i32) {
    let mut process = Paceline::start(["log", "verify"].iter().chain(arguments));
    let code = process.wait().code().expect("it ends by itself");
    ([process.stdout(), process.stderr()].concat().join("\n"), code)
}

#[test]
fn changes_of_goals_stand_in_the_log_and_in_its_file_and_tampering_shows() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("audit.jsonl");
    let name = "audit.story";
    let text = config(name, &format!("audit: {{file: {}}}\n", file.display()));
    let mut service = Service::start(&text);
    service.standings();
    let topic = format!("{name}.audit");
    let broker = kafka::shared();
    assert_eq!(broker.setting(&topic, "cleanup.policy"), "delete");
    assert_eq!(broker.setting(&topic, "retention.ms"), "-1");
    let goal = service.block_on(goals(&service).set_goal(set("", 45_000))).expect("it is set");
    let id = goal.into_inner().goal.expect("a goal").id;
    service.block_on(goals(&service).set_goal(set(&id, 46_000))).expect("it is edited");
    let request = DeleteGoalRequest { id, expected_edit: Some(2) };
    service.block_on(goals(&service).delete_goal(request)).expect("it is deleted");
    service.process().terminate();
    assert_eq!(service.process().wait().code(), Some(0));
    service.start_again();
    service.standings();
    service.block_on(goals(&service).set_goal(set("", 47_000))).expect("it is set");

    let told = records(&topic);
    let short: Vec<String> = told
        .iter()
        .map(|(_, value)| {
            let field =
                |path: &str| value.pointer(path).map(ToString::to_string).unwrap_or_default();
            let fields = ["/what", "/goal/edit", "/old/target", "/new/target", "/goal/by", "/seq"];
            fields.map(field).join(" ")
        })
        .collect();
    assert_eq!(
        short,
        [
            r#""log.opened"     0"#,
            r#""goal.set" 1  "45000" "ana" 1"#,
            r#""goal.set" 2 "45000" "46000" "ana" 2"#,
            r#""goal.deleted" 3 "46000"  "anonymous" 3"#,
            r#""log.closed"     4"#,
            r#""log.opened"     0"#,
            r#""goal.set" 1  "47000" "ana" 1"#,
        ]
    );
    assert_eq!(told[1].1["request_id"], "to-45000");
    assert_eq!(told[1].1["method"], "paceline.v1.GoalsService/SetGoal");
    assert_eq!(told[1].1["who"]["subject"], "anonymous");
    assert_eq!(told[5].1["prev"], told[4].1["hash"], "the chain goes on across a restart");
    let lines: Vec<String> = told.iter().map(|(text, _)| text.clone()).collect();
    let written = fs::read_to_string(&file).expect("the file");
    assert_eq!(written.lines().collect::<Vec<_>>(), lines, "the file has the same bytes");
    let mode = fs::metadata(&file).expect("the file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let config = folder.path().join("paceline.yaml");
    fs::write(&config, &text).expect("a config");
    let (said, code) = verify(&["--config", config.to_str().expect("a path")]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("7 records in 2 chains: unbroken"), "{said}");
    assert!(said.contains(told[6].1["hash"].as_str().expect("a hash")), "{said}");
    check_file(&folder.path().join("copy.jsonl"), &lines);
    let (said, code) = verify(&["--file", "there/is/none"]);
    assert_eq!(code, 2, "{said}");
    assert_eq!(verify(&[]).1, 2);
}

/// The same log in a file, whole and tampered with.
fn check_file(copy: &Path, lines: &[String]) {
    let path = copy.to_str().expect("a path");
    let check = |lines: &[String], more: &[&str]| {
        fs::write(copy, lines.iter().map(|line| format!("{line}\n")).collect::<String>())
            .expect("a copy");
        verify(&[&["--file", path], more].concat())
    };
    let (said, code) = check(lines, &[]);
    assert_eq!(code, 0, "{said}");
    let mut changed = lines.to_vec();
    changed[2] = changed[2].replace("\"46000\"", "\"16000\"");
    let (said, code) = check(&changed, &[]);
    assert_eq!(
        (code, said.contains(":3: was altered") || said.contains(": 3: was altered")),
        (1, true),
        "{said}"
    );
    let without = [&lines[..2], &lines[3..]].concat();
    let (said, code) = check(&without, &[]);
    assert_eq!((code, said.contains("1 records of its chain are missing")), (1, true), "{said}");
    let hash = &lines[6][lines[6].len() - 66..lines[6].len() - 2];
    let (said, code) = check(&lines[..6], &["--holds", hash]);
    assert_eq!((code, said.contains("is missing")), (1, true), "{said}");
}

#[test]
fn goals_stay_as_they_are_while_the_log_takes_nothing() {
    refuse_a_change("audit.refusing", "");
}

#[test]
fn goals_stay_as_they_are_while_the_log_takes_nothing_and_its_file_takes_that_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("audit.jsonl");
    let more = format!("audit: {{file: {}}}\n", file.display());
    let not_made = refuse_a_change("audit.refusing.file", &more);
    let text = fs::read_to_string(&file).expect("the file");
    let lines: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let of = |what: &str, target: &str| {
        let is_it = |line: &&Value| {
            line["what"] == what && (target.is_empty() || line["new"]["target"] == target)
        };
        let found: Vec<&Value> = lines.iter().filter(is_it).collect();
        assert_eq!(found.len(), 1, "{what} {target} in {text}");
        found[0].clone()
    };
    // It was written there first, and stands there for good.
    assert_eq!(of("goal.set", "46000")["goal"]["id"], not_made["goal"]["id"]);
    assert_eq!(of("goal.not_made", ""), not_made);
    let (said, code) = verify(&["--file", file.to_str().expect("a path")]);
    assert_eq!(code, 0, "{said}");
}

/// Has a change be refused because the topic of the log takes nothing. Answers the record that takes it back.
fn refuse_a_change(name: &str, more: &str) -> Value {
    let service = Service::start(&config(name, more));
    service.standings();
    let (topic, broker) = (format!("{name}.audit"), kafka::shared());
    service.block_on(goals(&service).set_goal(set("", 45_000))).expect("it is set");
    broker.set(&topic, &[("max.message.bytes", "100")]);
    let refused = service.block_on(goals(&service).set_goal(set("", 46_000)));
    let status = refused.expect_err("it is not written down");
    assert_eq!(status.code(), Code::Unavailable, "{status}");
    assert_eq!(status.get_details_error_info().expect("details").reason, "GOAL_NOT_AUDITED");
    assert_eq!(status.get_details_request_info().expect("details").request_id, "to-46000");
    assert_eq!(broker.read_all(&format!("{name}.goals")).len(), 1, "nothing was changed");
    let metrics = service.get("/metrics");
    let failures = metrics.lines().find(|line| line.starts_with("paceline_audit_failures_total"));
    assert!(failures.is_some_and(|line| !line.ends_with(" 0")), "{metrics}");
    // What is watched and asked goes on.
    assert!(!service.standings().is_empty());
    broker.set(&topic, &[("max.message.bytes", "1048588")]);
    service.block_on(goals(&service).set_goal(set("", 47_000))).expect("it is set");
    let list = service.block_on(goals(&service).list_goals(ListGoalsRequest::default()));
    assert_eq!(list.expect("goals").into_inner().goals.len(), 3);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("paceline.yaml");
    let text = yaml(broker.bootstrap(), name, "paceline");
    fs::write(&path, format!("{text}topics: {{audit: {topic}}}\n")).expect("a config");
    let (said, code) = verify(&["--config", path.to_str().expect("a path")]);
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("in 2 chains"),
        "a new chain goes on where it is not known what stands: {said}"
    );
    let told = records(&topic);
    let at = told.iter().position(|(_, record)| record["what"] == "goal.not_made");
    let at = at.expect("what was not made is told");
    let [opened, not_made] = [at - 1, at].map(|at| told[at].1.clone());
    assert_eq!((&opened["what"], &opened["chain"]), (&"log.opened".into(), &not_made["chain"]));
    assert_eq!(
        (&not_made["goal"]["edit"], &not_made["request_id"]),
        (&1.into(), &"to-46000".into())
    );
    not_made
}

#[test]
fn the_file_of_a_service_that_shares_the_topic_with_others_is_checked_by_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let service = |name: &str| {
        let more = format!("audit: {{file: {}}}\n", path(name).display());
        Service::start(&config(name, &more).replace(&format!("{name}.audit"), "audit.shared.audit"))
    };
    let mut one = service("audit.shared.one");
    let set_on = |service: &Service| {
        service.standings();
        service.block_on(goals(service).set_goal(set("", 45_000))).expect("it is set");
    };
    let stop = |service: &mut Service| {
        service.process().terminate();
        assert_eq!(service.process().wait().code(), Some(0));
    };
    set_on(&one);
    stop(&mut one);
    let mut other = service("audit.shared.other");
    set_on(&other);
    stop(&mut other);
    one.start_again();
    set_on(&one);
    stop(&mut one);
    let file = path("audit.shared.one");
    let (said, code) = verify(&["--file", file.to_str().expect("a path")]);
    assert_eq!((code, said.contains("6 records in 2 chains: unbroken")), (0, true), "{said}");
    // The last of its first run is gone.
    let text = fs::read_to_string(&file).expect("the file");
    let cut: Vec<&str> =
        text.lines().enumerate().filter(|(at, _)| *at != 2).map(|(_, line)| line).collect();
    fs::write(&file, cut.join("\n") + "\n").expect("it is written");
    let (said, code) = verify(&["--file", file.to_str().expect("a path")]);
    assert_eq!((code, said.contains("began after a record that is missing")), (1, true), "{said}");
}

/// How often the service is killed while goals are set by several at once.
const KILLS: usize = 6;
const CALLERS: u64 = 6;
const SEED: u64 = 41;

#[test]
fn no_change_takes_effect_without_its_record_however_the_service_ends() {
    let name = "audit.killed";
    let mut service = Service::start(&config(name, ""));
    let mut chance = Chance::new(SEED);
    let (topic, goal_topic) = (format!("{name}.audit"), format!("{name}.goals"));
    let acknowledged: Arc<Mutex<Vec<(String, u64)>>> = Arc::default();
    let mut unmade = 0;
    for kill in 0..KILLS {
        service.standings();
        let is_over = Arc::new(AtomicBool::new(false));
        let callers: Vec<_> = (0..CALLERS)
            .map(|caller| {
                let (client, known, over) =
                    (goals(&service), acknowledged.clone(), is_over.clone());
                service.spawn(set_on(client, caller * 1_000 + 1, known, over))
            })
            .collect();
        let pause = chance.between(5, 400);
        println!("kill {kill} after {pause} ms");
        std::thread::sleep(Duration::from_millis(pause));
        service.process().kill();
        service.process().wait();
        is_over.store(true, Ordering::Relaxed);
        callers.into_iter().for_each(|caller| service.block_on(caller).expect("no panic"));
        unmade += check_audited(&topic, &goal_topic, &acknowledged.lock().expect("edits"));
        service.start_again();
    }
    let acknowledged = acknowledged.lock().expect("edits").len();
    println!("{acknowledged} changes were acknowledged, {unmade} only written down");
    assert!(acknowledged > 0, "nothing was set, so nothing was tried");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("paceline.yaml");
    let text = yaml(kafka::shared().bootstrap(), name, "paceline");
    fs::write(&path, format!("{text}topics: {{audit: {topic}}}\n")).expect("a config");
    let (said, code) = verify(&["--config", path.to_str().expect("a path")]);
    assert_eq!(code, 0, "{said}");
}

/// Sets goals one after the other until the service is gone.
async fn set_on(
    mut client: GoalsServiceClient<Channel>,
    first: u64,
    known: Arc<Mutex<Vec<(String, u64)>>>,
    is_over: Arc<AtomicBool>,
) {
    let mut target = first;
    while !is_over.load(Ordering::Relaxed) {
        target += 1;
        if let Ok(answer) = client.set_goal(set("", target)).await {
            let goal = answer.into_inner().goal.expect("a goal");
            known.lock().expect("edits").push((goal.id, goal.edit));
        }
    }
}

/// Every edit on the goals' topic is in the log, and every one that was acknowledged. Answers how many the log has beside.
#[track_caller]
fn check_audited(topic: &str, goal_topic: &str, acknowledged: &[(String, u64)]) -> usize {
    let audited: HashSet<(String, u64)> = records(topic)
        .iter()
        .filter(|(_, record)| record["what"] == "goal.set")
        .map(|(_, record)| {
            let goal = &record["goal"];
            let id = goal["id"].as_str().expect("an id").to_owned();
            (id, goal["edit"].as_u64().expect("an edit"))
        })
        .collect();
    let made: Vec<(String, u64)> = records(goal_topic)
        .iter()
        .map(|(_, record)| {
            let id = record["goal_id"].as_str().expect("an id").to_owned();
            (id, record["edit"].as_u64().expect("an edit"))
        })
        .collect();
    for edit in made.iter().chain(acknowledged) {
        assert!(audited.contains(edit), "{edit:?} is not in the audit log");
    }
    audited.len() - made.len()
}
