//! The worked clients of alerts: each alert is handed out, none twice once it is acknowledged, and a client that is started
//! anew goes on after what it kept.
//!
//! What they keep is looked at in `kept`, and what they do about a network that says nothing in `silence`.

mod kept;
mod server;
mod silence;

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use paceline_tests::{process::Paceline, wait};

use crate::clients::{example, python, typescript};
use server::Server;

/// A worked client of alerts.
#[derive(Clone, Copy, Debug)]
enum Worked {
    Python,
    TypeScript,
    Rust,
}

impl Worked {
    /// The port of the server that it speaks to.
    fn port(self, server: &Server) -> SocketAddr {
        match self {
            Self::Python | Self::Rust => server.grpc,
            Self::TypeScript => server.web,
        }
    }

    /// The program, which keeps its token in a file.
    fn command(self, port: SocketAddr, kept: &Path) -> Command {
        let (mut command, address) = match self {
            Self::Python => (python("alerts.py"), port.to_string()),
            Self::TypeScript => (typescript("alerts.js"), format!("http://{port}")),
            Self::Rust => (example("alerts"), port.to_string()),
        };
        command.arg(address).arg(kept);
        command
    }

    fn start(self, server: &Server, kept: &Path) -> Paceline {
        Paceline::spawn(&self.command(self.port(server), kept))
    }
}

#[test]
fn the_client_of_alerts_in_python_loses_none() {
    loses_none(Worked::Python);
}

#[test]
fn the_client_of_alerts_in_typescript_loses_none() {
    loses_none(Worked::TypeScript);
}

#[test]
fn the_client_of_alerts_in_rust_loses_none() {
    loses_none(Worked::Rust);
}

fn loses_none(worked: Worked) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let kept = folder.path().join("token");
    let server = Server::start();
    let mut first = worked.start(&server, &kept);
    server.raise(1);
    first.wait_for_line("alert-0: rep:U1 bookings is BEHIND");
    wait_for_kept(&kept, "1");
    server.break_off();
    server.raise(3);
    first.wait_for_line("alert-2: rep:U1 bookings is BEHIND");
    wait_for_kept(&kept, "3");
    assert_eq!(ids(&first), ["alert-0", "alert-1", "alert-2"]);
    first.kill();
    server.raise(4);
    let mut second = worked.start(&server, &kept);
    second.wait_for_line("alert-3: rep:U1 bookings is BEHIND");
    assert_eq!(ids(&second), ["alert-3"]);
    // Without a token, then after what was acknowledged each time.
    assert_eq!(server.tokens(), ["", "1", "3"]);
}

/// Waits until a token is kept in a file.
fn wait_for_kept(kept: &Path, token: &str) {
    wait::until("it is kept", || (fs::read(kept).ok()? == token.as_bytes()).then_some(()));
}

/// The ids of the alerts that were printed.
fn ids(client: &Paceline) -> Vec<String> {
    let lines = client.stdout();
    let ids = lines.iter().filter_map(|line| line.split_once(": rep:U1").map(|(id, _)| id));
    ids.map(str::to_owned).collect()
}
