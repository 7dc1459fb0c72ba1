//! Credentials as canaries: tokens that are good, expired and forged, what they claim, the keys that check them and the server's own
//! go through a whole run over TLS. The subject of a token stands in the audit log; nothing else stands anywhere.

use std::{fmt::Debug, fs, net::TcpStream, sync::Arc, thread, time::Duration};

use paceline_client::proto::{
    ExplainStandingRequest, GetStandingsRequest, GoalTerms, ListAlertsRequest,
    ListContributorsRequest, SetGoalRequest, alerts_service_client::AlertsServiceClient,
    goals_service_client::GoalsServiceClient, standings_service_client::StandingsServiceClient,
};
use paceline_tests::{
    issuer::{ISSUER, Issuer},
    kafka,
    process::Paceline,
    wait,
};
use prost::Message as _;
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tonic::{
    Response, Status,
    transport::{Certificate, Channel, ClientTlsConfig},
};

use super::{Said, run_command, with_token};
use crate::{
    access::{Guarded, asked, asked_by_page, authority::Authority, exchange},
    small::won,
};

/// Who asks, as the audit log has it.
const SUBJECT: &str = "canary-subject";
const KID: &str = "canary-kid";
const REST: &str = "auth:
  tokens: {issuer: https://id.example.com, audience: paceline, keys: keys.json, algorithms: [EdDSA]}
audit: {file: audit.jsonl}
";

/// A token, and whether it lets in.
struct Shown {
    token: String,
    is_good: bool,
}

fn claims(role: &str) -> Value {
    json!({
        "role": role, "rep": "U1", "email": "canary-mail@people.example", "name": "Canary Name",
        "groups": ["canary-group"], "canary-claim": {"canary-within": "canary-value"},
    })
}

fn tokens(issuer: &Issuer) -> Vec<Shown> {
    let hour = Duration::from_secs(3_600);
    let good = |token: String| Shown { token, is_good: true };
    let bad = |token: String| Shown { token, is_good: false };
    let forger = |kid: &str| Issuer::new().with_kid(kid).token(SUBJECT, &claims("admin"), hour);
    vec![
        good(issuer.token(SUBJECT, &claims("admin"), hour)),
        good(issuer.token(SUBJECT, &claims("rep"), hour)),
        bad(issuer.token_until(SUBJECT, &claims("admin"), 1_000_000_000)),
        bad(issuer.token(SUBJECT, &claims("canary-role"), hour)),
        bad(forger(KID)),
        bad(forger("canary-other-kid")),
        bad("canary-form.canary-claims.canary-signature".to_owned()),
    ]
}

/// What nobody may be told: the parts of the tokens, the keys that check them, and the server's private key.
fn canaries(service: &Guarded, tokens: &[Shown]) -> Vec<String> {
    let keys: Value = serde_json::from_str(&service.issuer.keys()).expect("JSON");
    let key = fs::read_to_string(service.path("server.key")).expect("a key");
    let parts = tokens.iter().flat_map(|shown| shown.token.split('.'));
    let lines = key.lines().filter(|line| !line.starts_with("-----"));
    let x = keys["keys"][0]["x"].as_str().expect("a key of Ed25519");
    let all: Vec<String> = parts.chain(lines).chain([x]).map(str::to_owned).collect();
    assert!(all.len() > 20 && all.iter().all(|canary| canary.len() >= 10), "{all:?}");
    all
}

/// A service over TLS that logs all it can.
fn start() -> Guarded {
    let (name, own) = ("credentials", Authority::new("own"));
    let mut command = Paceline::command();
    command.env("PACELINE_LOG", "trace");
    let issuer = Issuer::new().with_kid(KID);
    let server = "tls: {cert: server.pem, key: server.key, reload: 1s}, ";
    let service = Guarded::start_by(command, issuer, server, name, REST, |folder| {
        own.issue(folder, "server", None);
        own.write(&folder.join("ca.pem"));
    });
    kafka::shared().produce(name, [won("D1", 1, "U1", 77), won("D2", 1, "U2", 78)]);
    service
}

fn channel(service: &Guarded, runtime: &Runtime) -> Channel {
    let ca = fs::read(service.path("ca.pem")).expect("a certificate");
    let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(ca));
    let endpoint = Channel::from_shared(format!("https://{}", service.grpc)).expect("an address");
    let endpoint = endpoint.tls_config(tls).expect("TLS");
    runtime.block_on(endpoint.connect()).expect("gRPC is served")
}

/// A connection as browsers make them.
fn page(service: &Guarded) -> StreamOwned<ClientConnection, TcpStream> {
    let mut roots = RootCertStore::empty();
    let ca = CertificateDer::from_pem_file(service.path("ca.pem")).expect("a certificate");
    roots.add(ca).expect("an authority");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("TLS")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("127.0.0.1").expect("an address");
    let connection = ClientConnection::new(Arc::new(config), name).expect("TLS");
    StreamOwned::new(connection, TcpStream::connect(&service.http).expect("HTTP is served"))
}

fn explain() -> ExplainStandingRequest {
    let ListContributorsRequest { scope, kpi, period, on, .. } = contributors();
    ExplainStandingRequest { scope, kpi, period, on, ..ExplainStandingRequest::default() }
}

fn contributors() -> ListContributorsRequest {
    ListContributorsRequest {
        scope: "rep:U1".to_owned(),
        kpi: "bookings".to_owned(),
        period: "month".to_owned(),
        on: "2026-11-20".to_owned(),
        ..ListContributorsRequest::default()
    }
}

/// An answer, but for who set a goal: whoever may see the goal is told.
fn but_for_who_set_it(answer: &str) -> String {
    answer.replace(&format!("{ISSUER}/{SUBJECT}"), "somebody")
}

/// Notes all of an answer.
fn note<T: Debug>(said: &mut Said, place: &str, answer: Result<Response<T>, Status>) -> Option<T> {
    match answer {
        Ok(answer) => {
            said.add(place, but_for_who_set_it(&format!("{answer:?}")));
            Some(answer.into_inner())
        }
        Err(status) => {
            said.add_status(place, &status);
            None
        }
    }
}

/// Asks over gRPC, with each token.
fn ask(service: &Guarded, tokens: &[Shown], said: &mut Said) {
    let runtime = Runtime::new().expect("a runtime");
    let channel = channel(service, &runtime);
    let mut standings = StandingsServiceClient::new(channel.clone());
    wait::until("the deals are counted", || {
        let request = with_token(GetStandingsRequest::default(), &tokens[0].token);
        let answer = runtime.block_on(standings.get_standings(request)).ok()?.into_inner();
        answer.standings.iter().any(|standing| standing.actual == "77").then_some(())
    });
    for Shown { token, is_good } in tokens {
        // Of one host ten refusals a second are written, and the others counted.
        thread::sleep(Duration::from_millis(600));
        let answer = runtime.block_on(standings.explain_standing(with_token(explain(), token)));
        let explained = note(said, "explain", answer);
        let newest = ExplainStandingRequest { on: String::new(), ..explain() };
        let answer = runtime.block_on(standings.explain_standing(with_token(newest, token)));
        note(said, "explain what is newest", answer);
        let request = with_token(contributors(), token);
        let answer = runtime.block_on(standings.list_contributors(request));
        let listed = note(said, "contributors", answer).map(|list| list.contributors.len());
        assert_eq!((explained.is_some(), listed), (*is_good, is_good.then_some(1)), "{token}");
        let mut alerts = AlertsServiceClient::new(channel.clone());
        let request = with_token(ListAlertsRequest::default(), token);
        note(said, "alerts", runtime.block_on(alerts.list_alerts(request)));
        let goal = GoalTerms {
            kpi: "bookings".to_owned(),
            period: "month".to_owned(),
            target: "1000".to_owned(),
            r#for: "rep:U1".to_owned(),
            ..GoalTerms::default()
        };
        let request = SetGoalRequest { goal: Some(goal), ..SetGoalRequest::default() };
        let mut goals = GoalsServiceClient::new(channel.clone());
        let answer = runtime.block_on(goals.set_goal(with_token(request, token)));
        note(said, "goal", answer);
    }
}

/// Asks over gRPC-Web, with each token.
fn ask_as_page(service: &Guarded, tokens: &[Shown], said: &mut Said) {
    let questions = [
        ("StandingsService/ExplainStanding", explain().encode_to_vec()),
        ("StandingsService/ListContributors", contributors().encode_to_vec()),
    ];
    for Shown { token, is_good } in tokens {
        let who = format!("authorization: Bearer {token}\r\n");
        for (method, message) in &questions {
            let request = asked_by_page(method, &who, message);
            let answer = exchange(&mut page(service), &request);
            let is_told = answer.contains("grpc-status:0") || answer.contains("grpc-status: 0");
            assert_eq!(is_told, *is_good, "{method} {token}: {answer}");
            said.add(method, but_for_who_set_it(&answer));
        }
    }
    for path in ["/metrics", "/version", "/healthz", "/readyz"] {
        said.add(path, exchange(&mut page(service), asked(path).as_bytes()));
    }
}

/// Breaks the file of the keys that check tokens, and replaces the server's certificate and key, each until it is noticed.
fn replace_keys(service: &mut Guarded, shown: &Shown) {
    fs::write(service.path("keys.json"), "{\"keys\": [\"canary-broken").expect("written");
    let who = format!("authorization: Bearer {}\r\n", shown.token);
    wait::until("the broken keys are noticed", || {
        exchange(&mut page(service), &asked_by_page("CatalogService/ListKpis", &who, &[]));
        let lines = service.process.stderr();
        lines.iter().any(|line| line.contains("keys cannot be had")).then_some(())
    });
    Authority::new("next").issue(service.folder.path(), "server", None);
    service.process.wait_for_line("changed certificates are in use");
}

/// What the audit log says, but for who it was.
fn read_audit(service: &Guarded, said: &mut Said) {
    let file = fs::read_to_string(service.path("audit.jsonl")).expect("the audit log");
    let topic = kafka::shared().read_all("credentials.audit");
    let topic: Vec<&str> = topic.iter().map(kafka::Record::value_text).collect();
    assert_eq!(file.lines().collect::<Vec<_>>(), topic, "both have the same");
    let by_subject = topic.iter().filter(|record| record.contains(SUBJECT)).count();
    assert!(by_subject >= 2, "a goal is set, and one is not: {topic:#?}");
    for detail in ["exp", "signature", "role"] {
        let told = format!("\"detail\":\"{detail}\"");
        assert!(topic.iter().any(|record| record.contains(&told)), "{told}: {topic:#?}");
    }
    for record in topic {
        said.add("audit log", record.replace(SUBJECT, "somebody"));
    }
}

#[test]
fn no_credential_is_told_in_a_whole_run_over_tls() {
    let mut service = start();
    let tokens = tokens(&service.issuer);
    let canaries = canaries(&service, &tokens);
    let mut said = Said::default();
    ask(&service, &tokens, &mut said);
    ask_as_page(&service, &tokens, &mut said);
    replace_keys(&mut service, &tokens[0]);
    service.process.terminate();
    service.process.wait();
    let canaries = [canaries, self::canaries(&service, &tokens)].concat();
    said.add_process("serve", &mut service.process);
    let lines = said.0.iter().filter(|(place, _)| place == "serve").map(|(_, line)| line);
    let refused = lines.clone().filter(|line| line.contains("nobody known")).count();
    assert!(lines.clone().count() > 1_000, "only {} lines were logged", lines.count());
    assert!(refused > 20, "only {refused} refusals were logged");
    read_audit(&service, &mut said);
    let path = service.path("paceline.yaml");
    assert_eq!(run_command(&mut said, &["check", "--config", &path]), Some(0));
    assert_eq!(run_command(&mut said, &["config", "show", "--config", &path]), Some(0));
    assert_eq!(run_command(&mut said, &["log", "verify", "--config", &path]), Some(0));
    said.check_for(&canaries);
}
