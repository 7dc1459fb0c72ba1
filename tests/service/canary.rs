//! Canaries: secrets and e-mail addresses that go through a whole run of the service, and are looked for in everything it says. What it says
//! is logs at the finest level, metrics, errors, trailers, what frames have beside standings, and headers of dead letters.

mod credentials;

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use paceline_client::proto::{
    GetStandingsRequest, GoalTerms, ListAlertsRequest, SetGoalRequest, WatchStandingsRequest,
    alerts_service_client::AlertsServiceClient, goals_service_client::GoalsServiceClient,
    standings_service_client::StandingsServiceClient, watch_standings_response::Frame,
};
use paceline_tests::{
    kafka::{self, Message},
    process::Paceline,
    wait,
};
use tonic::{Request, Status};

use crate::under_test::{NOW, Service};

/// What never shows, each by where it is put.
const PASSWORD: &str = "canary-kafka-Pa55/word,9092";
const KEY_PASSWORD: &str = "canary-file-Pa55word";
const USER: &str = "canary-env-user";
const TOKEN: &str = "canary-bearer-token";
const BAD_TOKEN: &str = "canary-bad-token";
/// In records: of people, and of those whom they sell to.
const REP: &str = "canary-rep@people.example";
const NAME: &str = "Canary Name <canary-name@people.example>";
const CONTACT: &str = "canary-contact@people.example";
const GOAL: &str = "canary-goal@people.example";

const ALL: [&str; 9] = [PASSWORD, KEY_PASSWORD, USER, TOKEN, BAD_TOKEN, REP, NAME, CONTACT, GOAL];
/// What all have in common: of no part of them is anything told either.
const COMMON: [&str; 3] = ["canary-", "Canary Name", "Pa55"];

/// Everything that was said, each with where.
#[derive(Default)]
struct Said(Vec<(String, String)>);

impl Said {
    fn add(&mut self, place: &str, text: impl std::fmt::Display) {
        self.0.push((place.to_owned(), text.to_string()));
    }

    fn add_process(&mut self, place: &str, process: &mut Paceline) {
        for line in process.stdout().iter().chain(&process.stderr()) {
            self.add(place, line);
        }
    }

    fn add_status(&mut self, place: &str, status: &Status) {
        self.add(place, format!("{status:?} {}", String::from_utf8_lossy(status.details())));
    }

    #[track_caller]
    fn check(&self) {
        self.check_for(&ALL);
    }

    /// Looks for canaries, and for what all have in common.
    #[track_caller]
    fn check_for(&self, canaries: &[impl AsRef<str>]) {
        let canaries = canaries.iter().map(AsRef::as_ref);
        let canaries: Vec<&str> = canaries.chain(COMMON).collect();
        let shows = |text: &str| canaries.iter().any(|canary| text.contains(canary));
        let told: Vec<_> = self.0.iter().filter(|(_, text)| shows(text)).take(20).collect();
        assert!(told.is_empty(), "{} of {} texts: {told:#?}", told.len(), self.0.len());
    }
}

fn config(name: &str, folder: &Path) -> String {
    let secret = folder.join("secret");
    fs::write(&secret, format!("{KEY_PASSWORD}\n")).expect("a secret");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).expect("a mode");
    let brokers = kafka::shared().bootstrap();
    format!(
        r#"
kafka:
  brokers: "{brokers}"
  group_id: "{name}"
  settings:
    debug: "broker,security,conf"
    sasl.username: ${{env:CANARY_USER}}
    sasl.password: ${{env:CANARY_PASSWORD}}
    ssl.key.password: ${{file:{}}}
sources:
  - {{topic: {name}, format: paceline, entity: opportunity, dead_letter: {name}.dlq}}
  - {{topic: {name}.users, format: paceline, entity: user, dead_letter: {name}.dlq}}
entities:
  opportunity:
    fields:
      owner: {{path: OwnerId, type: text}}
      amount: {{path: Amount, type: decimal}}
      contact: {{path: Contact, type: text}}
      close_date: {{path: CloseDate, type: date}}
  user:
    fields:
      name: {{path: Name, type: text}}
      manager: {{path: ManagerId, type: text}}
      role: {{path: Role, type: text}}
reps: {{from: user}}
kpis:
  - {{name: bookings, type: simple, entity: opportunity, where: "contact != ''", agg: sum, expr: amount, at: close_date,
     credit: owner, goal_kind: reach, periods: [month]}}
goals:
  - {{kpi: bookings, period: month, target: 42000, for: {{role: ae}}}}
alerts: {{hold: {{enter: 0s, leave: 0s}}}}
topics: {{goals: {name}.goals, reps: {name}.reps, audit: {name}.audit}}
server: {{grpc: "127.0.0.1:0", http: "127.0.0.1:0"}}
"#,
        secret.display()
    )
}

fn deal(id: &str, set: &str) -> Message {
    Message::new(id, format!(r#"{{"id":"{id}","op":"upsert","version":1,"set":{{{set}}}}}"#))
}

/// Records that can be read, and such as cannot, in every way in which a value may come to be quoted.
fn traffic(name: &str) {
    let broker = kafka::shared();
    broker.create_topic(name, 1, &[]);
    broker.create_topic(&format!("{name}.users"), 1, &[]);
    let user = format!(
        r#"{{"id":"{REP}","op":"upsert","version":1,"set":{{"Name":"{NAME}","ManagerId":null,"Role":"ae"}}}}"#
    );
    let bad = [
        "nonsense".to_owned(),
        format!(r#"{{"id":"{REP}","op":"upsert","version":1,"set":{{"Name":["{NAME}"]}}}}"#),
        format!(r#""{CONTACT}""#),
    ];
    let users = [Message::new(REP, user)].into_iter();
    broker.produce(&format!("{name}.users"), users.chain(bad.map(|bad| Message::new(REP, bad))));
    let right = format!(
        r#""OwnerId":"{REP}","Amount":"50000","Contact":"{CONTACT}","CloseDate":"2026-11-20""#
    );
    let fields = [
        right.clone(),
        right.replace("\"50000\"", &format!("\"{CONTACT}\"")),
        right.replace("\"50000\"", &format!("{{\"of\":\"{CONTACT}\"}}")),
        right.replace("2026-11-20", CONTACT),
        format!(r#"{right},"OwnerId":["{CONTACT}"]"#),
    ];
    let deals = (0..).zip(fields).map(|(at, set)| deal(&format!("D{at}"), &set));
    let whole = [
        format!(r#"{{"id":"D7","op":"{CONTACT}","set":{{}}}}"#),
        format!(r#"{{"id":"D8","op":"upsert","version":"{CONTACT}","set":{{{right}}}}}"#),
        format!(r#"{{"id":"D9","op":"upsert","time":"{CONTACT}","set":{{{right}}}}}"#),
        format!(r#"{{"id":"D10","op":"upsert","set":"{CONTACT}"}}"#),
        format!(r#"{{"id":{{"a":"{CONTACT}"}},"op":"upsert","set":{{{right}}}}}"#),
        format!(
            r#"{{"id":"D11","op":"upsert","entity":"{CONTACT}","set":{{{right}}},"unset":"{CONTACT}"}}"#
        ),
        format!(r#"{{"{CONTACT}":"#),
    ];
    let whole = whole.into_iter().map(|text| Message::new(CONTACT, text));
    broker.produce(name, deals.chain(whole));
}

/// What nobody can understand on the service's own topics, and what is understood and cannot hold. Of that is told which rep it
/// is about.
fn own_garbage(name: &str) {
    let broker = kafka::shared();
    let terms = |kpi: &str, rest: &str| {
        format!(
            r#"{{"goal_id":"g","edit":1,"who":"{GOAL}","at":"{GOAL}","new":{{"kpi":"{kpi}",{rest}}}}}"#
        )
    };
    let rest = format!(r#""period":"{GOAL}","target":"{GOAL}","for":{{"{GOAL}":"U1"}}"#);
    let goals = [terms(GOAL, &rest), format!("\"{GOAL}\""), format!(r#"{{"goal_id":["{GOAL}"]}}"#)];
    broker.produce(&format!("{name}.goals"), goals.map(|goal| Message::new("g/1", goal)));
    let rows = [
        format!(r#"{{"id":["{REP}"]}}"#),
        format!(r#"{{"id":"{REP}","start":"{CONTACT}"}}"#),
        format!(r#"{{"id":"{REP}","{CONTACT}":1}}"#),
    ];
    let wrong = [("manager", CONTACT), ("calendar", CONTACT), ("time_zone", CONTACT)];
    let wrong = wrong.map(|(fact, value)| format!(r#"{{"id":"U7","{fact}":"{value}"}}"#));
    let rows = rows.map(|row| Message::new(REP, row)).into_iter();
    let wrong = (0..).zip(wrong).map(|(key, row)| Message::new(format!("{key}"), row));
    broker.produce(&format!("{name}.reps"), rows.chain(wrong));
}

fn with_token<T>(message: T, token: &str) -> Request<T> {
    let mut request = Request::new(message);
    let token = format!("Bearer {token}").parse().expect("a value");
    request.metadata_mut().insert("authorization", token);
    request
}

/// Asks, watches and sets goals as clients do.
fn ask(service: &Service, said: &mut Said) {
    for token in [TOKEN, BAD_TOKEN] {
        let mut client = StandingsServiceClient::new(service.channel());
        let request = with_token(GetStandingsRequest::default(), token);
        match service.block_on(client.get_standings(request)) {
            Ok(answer) => said.add("metadata", format!("{:?}", answer.metadata())),
            Err(status) => said.add_status("get", &status),
        }
        let request = GetStandingsRequest { on: "soon".to_owned(), ..Default::default() };
        let status = service.block_on(client.get_standings(with_token(request, token)));
        said.add_status("bad day", &status.expect_err("no day"));
        let mut goals = GoalsServiceClient::new(service.channel());
        let goal = GoalTerms {
            kpi: "bookings".to_owned(),
            period: "month".to_owned(),
            target: "1000".to_owned(),
            r#for: format!("rep:{GOAL}"),
            ..GoalTerms::default()
        };
        let goal = |target: &str| Some(GoalTerms { target: target.to_owned(), ..goal.clone() });
        let request = SetGoalRequest { goal: goal("1000"), ..SetGoalRequest::default() };
        if let Err(status) = service.block_on(goals.set_goal(with_token(request, token))) {
            said.add_status("goal", &status);
        }
        let request = SetGoalRequest { goal: goal("much"), ..SetGoalRequest::default() };
        let status = service.block_on(goals.set_goal(with_token(request, token)));
        said.add_status("bad goal", &status.expect_err("no target"));
        let mut alerts = AlertsServiceClient::new(service.channel());
        let request = with_token(ListAlertsRequest::default(), token);
        if let Err(status) = service.block_on(alerts.list_alerts(request)) {
            said.add_status("alerts", &status);
        }
    }
    said.add("freshness", format!("{:?}", service.freshness()));
    for page in ["/metrics", "/version", "/healthz", "/readyz", "/nothing"] {
        said.add(page, service.get(page));
    }
}

/// What the frames of a watch have beside standings, to its end.
fn watch_to_the_end(service: &mut Service, said: &mut Said) {
    let mut client = StandingsServiceClient::new(service.channel());
    let request = with_token(WatchStandingsRequest::default(), TOKEN);
    let opened = service.block_on(client.watch_standings(request)).expect("a watch is accepted");
    said.add("head of a watch", format!("{:?}", opened.metadata()));
    let mut stream = opened.into_inner();
    let mut is_first = true;
    loop {
        match service.block_on(stream.message()) {
            Ok(Some(mut frame)) => {
                let token = String::from_utf8_lossy(&frame.resume_token).into_owned();
                said.add("token", token);
                if let Some(Frame::Snapshot(_) | Frame::Update(_)) = frame.frame {
                    frame.frame = None;
                }
                said.add("frame", format!("{frame:?}"));
            }
            Ok(None) => break,
            Err(status) => {
                said.add_status("end of a watch", &status);
                break;
            }
        }
        if std::mem::take(&mut is_first) {
            service.process().terminate();
        }
    }
}

fn run_command(said: &mut Said, arguments: &[&str]) -> Option<i32> {
    let mut command = Paceline::command();
    command.args(arguments).env("PACELINE_LOG", "trace");
    command.env("CANARY_USER", USER).env("CANARY_PASSWORD", PASSWORD);
    let mut process = Paceline::spawn(&command);
    let code = process.wait().code();
    said.add_process(&arguments.join(" "), &mut process);
    code
}

#[test]
fn no_secret_and_no_address_is_told_in_a_whole_run() {
    let name = "canary";
    let folder = tempfile::tempdir().expect("a folder");
    let text = config(name, folder.path());
    traffic(name);
    let mut said = Said::default();
    let variables =
        [("PACELINE_LOG", "trace"), ("CANARY_USER", USER), ("CANARY_PASSWORD", PASSWORD)];
    let clock = format!("fixed:{NOW}");
    let mut service = Service::start_in(&text, &clock, &variables);
    let standings = service.standings();
    assert!(standings.iter().any(|standing| standing.scope.contains(REP)), "{standings:?}");
    own_garbage(name);
    service.process().wait_for_line("goal edit cannot be understood");
    service.process().wait_for_line("row of a rep cannot be understood");
    ask(&service, &mut said);
    watch_to_the_end(&mut service, &mut said);
    service.process().wait();
    said.add_process("serve", service.process());
    let dead = wait::until("dead letters are written", || {
        Some(kafka::shared().read_all(&format!("{name}.dlq"))).filter(|dead| dead.len() > 10)
    });
    for letter in &dead {
        for (header, value) in &letter.headers {
            let value = String::from_utf8_lossy(value.as_deref().unwrap_or_default()).into_owned();
            said.add("dead letter", format!("{header}: {value}"));
        }
    }
    commands(&text, folder.path(), &mut said);
    let lines = said.0.iter().filter(|(place, _)| place == "serve").count();
    println!("{} texts, {lines} of them lines of the log", said.0.len());
    assert!(lines > 1_000, "only {lines} lines were logged");
    said.check();
}

/// The config with an identity provider whose keys are somewhere.
fn with_keys_at(text: &str, keys: &str) -> String {
    format!("{text}auth: {{tokens: {{issuer: id, audience: paceline, keys: '{keys}'}}}}\n")
}

/// What is said of configs, right and wrong.
fn commands(text: &str, folder: &Path, said: &mut Said) {
    let path = folder.join("paceline.yaml");
    let path = path.to_str().expect("a path");
    let written = |text: &str| fs::write(path, text).expect("a config");
    written(text);
    assert_eq!(run_command(said, &["check", "--config", path]), Some(0));
    assert_eq!(run_command(said, &["config", "show", "--config", path]), Some(0));
    assert_eq!(run_command(said, &["log", "verify", "--config", path]), Some(0));
    let misspelt = text.replace("sasl.password:", "sasl.pasword:");
    let brokers = format!("brokers: \"{}\"", kafka::shared().bootstrap());
    for (wrong, check, show) in [
        (misspelt, 0, 0),
        (text.replace("${env:CANARY_PASSWORD}", PASSWORD), 1, 0),
        (text.replace("sasl.password: $", &format!("sasl.password: {KEY_PASSWORD}$")), 1, 0),
        (text.replace(&brokers, "brokers: \"${env:CANARY_PASSWORD} and more\""), 1, 0),
        (text.replace(&brokers, &format!("brokers: \"{USER}:{KEY_PASSWORD}@kafka:9092\"")), 1, 0),
        (text.replace("\"broker,security,conf\"", "${env:CANARY_PASSWORD}"), 0, 0),
        (with_keys_at(text, &format!("https://{USER}:{KEY_PASSWORD}@id.example.com/jwks")), 1, 0),
        (with_keys_at(text, &format!("https://{USER}:{PASSWORD}@id.example.com/jwks")), 1, 0),
        (text.replace("sasl.password: $", "sasl.password: [$"), 1, 1),
    ] {
        written(&wrong);
        assert_eq!(run_command(said, &["check", "--config", path]), Some(check), "{wrong}");
        assert_eq!(run_command(said, &["config", "show", "--config", path]), Some(show), "{wrong}");
        let code = run_command(said, &["serve", "--config", path]);
        assert!(code.is_some_and(|code| code != 0), "it runs: {wrong}");
    }
}
