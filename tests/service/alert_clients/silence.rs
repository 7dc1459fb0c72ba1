//! The worked clients of alerts where nothing comes: amid a stream and from its beginning, because of the network and because
//! of the server. Each gives the stream up, says why, and goes on.
//!
//! The client in Rust shows this in tests of its own.

use std::time::Duration;

use paceline_tests::process::Paceline;
use paceline_tests::proxy::Weather;
use paceline_tests::wait;

use super::{Server, Worked};

const AMID: &str = "lost: nothing has come for 3 heartbeats";
const FROM_THE_BEGINNING: &str = "lost: the first frame has not come in time";
const SWALLOWS: Weather =
    Weather { latency: Duration::ZERO, bytes_per_second: 0, piece: 0, swallows: true };

#[test]
fn the_client_in_python_gives_up_a_stream_that_falls_silent() {
    gives_up_what_falls_silent(Worked::Python);
}

#[test]
fn the_client_in_typescript_gives_up_a_stream_that_falls_silent() {
    gives_up_what_falls_silent(Worked::TypeScript);
}

fn gives_up_what_falls_silent(worked: Worked) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let server = Server::start();
    let proxy = server.behind_a_proxy(worked.port(&server));
    let mut command = worked.command(proxy.address(), &folder.path().join("token"));
    let mut client = Paceline::spawn(command.args(["--heartbeat", "1"]));
    server.raise(1);
    client.wait_for_line("alert-0: ");
    // A machine that is busy may have been silent for long enough before.
    let before = count(&client, AMID);
    proxy.set(SWALLOWS);
    server.raise(2);
    wait_for_more(&client, AMID, before);
    proxy.set(Weather::default());
    client.wait_for_line("alert-1: ");
}

#[test]
fn the_client_in_python_gives_up_a_stream_that_never_says_anything() {
    gives_up_what_never_says_anything(Worked::Python);
}

#[test]
fn the_client_in_typescript_gives_up_a_stream_that_never_says_anything() {
    gives_up_what_never_says_anything(Worked::TypeScript);
}

fn gives_up_what_never_says_anything(worked: Worked) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let server = Server::start();
    let proxy = server.behind_a_proxy(worked.port(&server));
    proxy.set(SWALLOWS);
    let mut command = worked.command(proxy.address(), &folder.path().join("token"));
    let mut client = Paceline::spawn(command.args(["--first-frame", "2"]));
    wait_for_more(&client, FROM_THE_BEGINNING, 0);
    assert!(server.tokens().is_empty(), "nothing has come through");
    // Streams are opened now, of which no more than that is heard.
    server.mute(true);
    proxy.set(Weather::default());
    wait::until("a stream is opened", || (!server.tokens().is_empty()).then_some(()));
    wait_for_more(&client, FROM_THE_BEGINNING, count(&client, FROM_THE_BEGINNING));
    server.mute(false);
    server.raise(1);
    client.wait_for_line("alert-0: ");
}

/// How many lines that begin like this a client has printed.
fn count(client: &Paceline, beginning: &str) -> usize {
    client.stdout().iter().filter(|line| line.starts_with(beginning)).count()
}

fn wait_for_more(client: &Paceline, beginning: &str, before: usize) {
    wait::until(beginning, || (count(client, beginning) > before).then_some(()));
}
