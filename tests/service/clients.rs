//! The worked clients and `paceline watch`: standings arrive, a change arrives, the service is started anew, and each goes on
//! by itself.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU8, Ordering};

use paceline_tests::{
    kafka,
    process::{Paceline, binary},
};

use crate::{
    small::{won, yaml},
    under_test::Service,
};

#[test]
fn the_client_in_python_goes_on() {
    goes_on("python", LINE, |service| {
        let mut client = python("standings.py");
        client.args([service.address(), "--scope", "rep:U1", "--kpi", "bookings"]);
        client
    });
}

#[test]
fn the_client_in_typescript_goes_on_over_grpc_web() {
    goes_on("typescript", LINE, |service| {
        let mut client = typescript("standings.js");
        client.arg(format!("http://{}", service.http_address()));
        client.args(["--scope", "rep:U1", "--kpi", "bookings"]);
        client
    });
}

#[test]
fn the_client_in_rust_goes_on() {
    goes_on("rust", EXAMPLE, |service| {
        let mut client = example("standings");
        client.args([service.address(), "rep:U1"]);
        client
    });
}

#[test]
fn paceline_watch_goes_on() {
    goes_on("watch", JSON, |service| {
        let mut client = Command::new(binary());
        client.args(["watch", "--json", "--addr", service.address()]);
        client.args(["--scope", "rep:U1", "--kpi", "bookings"]);
        client
    });
}

/// What a client writes before and after the actual value of a standing.
type Around = (&'static str, &'static str);
const LINE: Around = (" 2026-11: ", " of 42000");
const EXAMPLE: Around = ("rep:U1 bookings: ", " STATUS_");
const JSON: Around = (r#""actual":""#, r#"","#);

/// Starts a service and a client of it.
fn goes_on(topic: &str, (before, after): Around, client: impl FnOnce(&Service) -> Command) {
    let waits_for = |client: &mut Paceline, actual: &str| {
        client.wait_for_line(&format!("{before}{actual}{after}"))
    };
    let broker = kafka::shared();
    let topic = format!("clients-{topic}");
    broker.create_topic(&topic, 1, &[]);
    broker.produce(&topic, [won("D1", 1, "U1", 7_005)]);
    let config = yaml(broker.bootstrap(), &topic, "paceline");
    // It is to be found again where it was.
    let host = host_of_its_own();
    let config = config.replace("grpc: \"127.0.0.1:0\"", &format!("grpc: \"{host}:50051\""));
    let config = config.replace("http: \"127.0.0.1:0\"", &format!("http: \"{host}:8080\""));
    let mut service = Service::start(&config);
    service.standings();
    let mut client = Paceline::spawn(&client(&service));
    waits_for(&mut client, "7005");
    broker.produce(&topic, [won("D2", 1, "U1", 6)]);
    waits_for(&mut client, "7011");
    service.process().terminate();
    assert_eq!(service.process().wait().code(), Some(0), "a client does not hold it up");
    broker.produce(&topic, [won("D3", 1, "U1", 7)]);
    service.start_again();
    waits_for(&mut client, "7018");
    assert!(client.ended().is_none());
}

/// An address of the loopback network that nobody else uses: ports of the usual one are taken by whoever connects.
fn host_of_its_own() -> String {
    static TAKEN: AtomicU8 = AtomicU8::new(1);
    let process = std::process::id();
    let last = TAKEN.fetch_add(1, Ordering::Relaxed);
    format!("127.{}.{}.{last}", 1 + (process >> 8) % 254, process % 256)
}

/// A program of the worked client in Python.
pub(crate) fn python(program: &str) -> Command {
    let folder = clients().join("python");
    let mut command = Command::new(made(folder.join(".venv/bin/python"), GENERATED));
    made(folder.join("paceline/v1/standing_pb2.py"), GENERATED);
    command.arg(folder.join(program));
    command
}

/// A program of the worked client in TypeScript, as it was compiled.
pub(crate) fn typescript(program: &str) -> Command {
    let folder = clients().join("typescript");
    let mut command = Command::new(made(folder.join("node_modules/.bin/node"), GENERATED));
    command.arg(made(folder.join("dist").join(program), GENERATED));
    command
}

/// An example of the client in Rust.
pub(crate) fn example(name: &str) -> Command {
    let path = binary().with_file_name("examples").join(name);
    Command::new(made(path, "cargo build -p paceline-client --examples"))
}

fn clients() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../clients")
}

/// What makes the worked clients that are not of Rust.
const GENERATED: &str = "scripts/prerequisites node venv && scripts/clients";

/// A file that a command makes.
fn made(path: PathBuf, by: &str) -> PathBuf {
    let path_shown = path.display();
    assert!(path.exists(), "{path_shown} is missing: run `{by}`, or `make test` for everything");
    path
}
