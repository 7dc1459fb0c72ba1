//! The commands of the binary: their exit codes, what they print, and that they end.

use std::path::Path;

use paceline_tests::{kafka, process::Paceline};

use crate::{
    small::{won, yaml},
    under_test::Service,
};

#[test]
fn check_says_yes_or_no() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let good = write(folder.path(), "good.yaml", &yaml("localhost:9092", "topic", "paceline"));
    let mut process = Paceline::start(["check", "--config", &good]);
    assert_eq!(process.wait().code(), Some(0));
    assert!(process.stdout()[0].contains("2 KPIs"), "{:?}", process.stdout());

    let bad = yaml("localhost:9092", "topic", "paceline").replace("expr: amount", "expr: amonut");
    let bad = write(folder.path(), "bad.yaml", &bad);
    let mut process = Paceline::start(["check", "--config", &bad]);
    assert_eq!(process.wait().code(), Some(1));
    let told = process.stderr().join("\n");
    assert!(
        told.contains("bad.yaml:") && told.contains("amonut") && told.contains("amount"),
        "{told}"
    );
}

#[test]
fn serve_refuses_what_it_cannot_run_by() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let good = write(folder.path(), "good.yaml", &yaml("localhost:9092", "topic", "paceline"));
    let bad = write(folder.path(), "bad.yaml", "kpis: []\n");
    let missing = folder.path().join("missing.yaml").display().to_string();
    let cases: [&[&str]; 5] = [
        &["serve", "--config", &bad],
        &["serve", "--config", &missing],
        &["serve", "--config", &good, "--clock", "yesterday"],
        &["serve", "--config", &good, "--clock", "fixed:2026-13-01T00:00:00Z"],
        &["serve"],
    ];
    for arguments in cases {
        let mut process = Paceline::start(arguments);
        assert_eq!(process.wait().code(), Some(2), "{arguments:?}: {:?}", process.stderr());
        assert!(!process.stderr().is_empty(), "{arguments:?} says nothing");
    }
}

#[test]
fn serve_ends_in_order_when_it_is_told_to() {
    let broker = kafka::shared();
    broker.create_topic("ending", 1, &[]);
    let mut service = Service::start(&yaml(broker.bootstrap(), "ending", "paceline"));
    service.standings();
    service.process().terminate();
    assert_eq!(service.process().wait().code(), Some(0));
    service.start_again();
    service.process().interrupt();
    assert_eq!(service.process().wait().code(), Some(0));
}

#[test]
fn watch_prints_a_frame_a_line() {
    let broker = kafka::shared();
    broker.create_topic("json", 1, &[]);
    let service = Service::start(&yaml(broker.bootstrap(), "json", "paceline"));
    service.standings();
    let arguments =
        ["watch", "--addr", service.address(), "--json", "--scope", "rep:U1", "--kpi", "bookings"];
    let mut watch = Paceline::start(arguments);
    let snapshot = json(&watch.wait_for_line("snapshot"));
    assert_eq!(snapshot["snapshot"]["standings"][0]["scope"], "rep:U1");
    assert_eq!(snapshot["snapshot"]["standings"][0]["actual"], "0");
    broker.produce("json", [won("D1", 1, "U1", 77)]);
    let update = json(&watch.wait_for_line("update"));
    assert_eq!(update["update"]["standings"][0]["actual"], "77");
    watch.interrupt();
    assert_eq!(watch.wait().code(), Some(0));
    watch.stdout().iter().for_each(|line| drop(json(line)));
}

#[test]
fn the_demo_runs_by_itself_and_ends() {
    let ports = ["--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0"];
    let mut demo = Paceline::start(["demo", "--for", "10s"].iter().chain(&ports));
    assert_eq!(demo.wait().code(), Some(0), "{:?}", demo.stderr());
    let board = demo.stdout().join("\n");
    assert!(board.contains("AHEAD") && board.contains("BEHIND"), "{board}");
}

#[test]
fn the_demo_is_for_this_host_unless_others_are_asked_for() {
    let here = "127.0.0.1:0";
    for ports in [["--grpc", "0.0.0.0:0", "--http", here], ["--grpc", here, "--http", "[::]:0"]] {
        let mut refused = Paceline::start(["demo", "--for", "1s"].iter().chain(&ports));
        assert_eq!(refused.wait().code(), Some(2), "{ports:?}: {:?}", refused.stderr());
        let said = refused.stderr().join("\n");
        assert!(said.contains("asks nobody") && said.contains("--insecure"), "{said}");
        let all = ["demo", "--insecure", "--for", "10s"];
        let mut taken = Paceline::start(all.iter().chain(&ports));
        taken.wait_for_line("paceline demo");
    }
}

#[test]
fn a_token_goes_to_another_host_in_plain_text_only_for_who_says_so() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let file = write(folder.path(), "token", "a.b.c\n");
    // Nobody has that address, so that nothing is answered whatever is asked.
    let asked = ["goals", "list", "--addr", "192.0.2.1:9"];
    let run = |more: &[&str], variable: &str| {
        let mut command = Paceline::command();
        command.args(asked).args(more).env("PACELINE_TOKEN", variable);
        let mut process = Paceline::spawn(&command);
        (process.wait().code(), process.stderr().join("\n"))
    };
    for (more, variable) in [(&["--token-file", &file][..], ""), (&[], "a.b.c")] {
        let (code, said) = run(more, variable);
        assert_eq!(code, Some(2), "{said}");
        for part in ["192.0.2.1:9", "plain text", "https://", "--insecure"] {
            assert!(said.contains(part), "{part}: {said}");
        }
        assert!(!said.contains("a.b.c"), "{said}");
        let (code, said) = run(&[more, &["--insecure"]].concat(), variable);
        assert_eq!(code, Some(70), "it is asked, in vain: {said}");
    }
    let (code, said) = run(&[], "");
    assert_eq!(code, Some(70), "there is no token to be told: {said}");
}

fn json(line: &str) -> serde_json::Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("a config can be written");
    path.display().to_string()
}
