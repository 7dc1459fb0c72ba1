//! Contender (d): the released binary, started by a config as an operator would.
//!
//! The beginning and the end are what it logs itself: asking it again and again would cost it time.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use anyhow::{bail, ensure};
use paceline_benches::config::{self, Addresses};
use paceline_benches::events::organisation;
use paceline_benches::yardstick::{Month, Totals};
use paceline_tests::process::Paceline;

use crate::consume;
use crate::grpc::Client;
use crate::http;
use crate::outcome::Outcome;
use paceline_benches::process::Usage;

/// What a lane logs before it reads, and the last of them when everything is counted and judged.
const BEGINS: &str = "lane started";
const ENDS: &str = "caught up with all sources";
/// How often the log is looked at: an error of at most this, and nearly no work.
const LOOK: Duration = Duration::from_millis(2);

/// What to start, and on what.
pub(crate) struct Serve<'a> {
    pub(crate) binary: &'a Path,
    pub(crate) brokers: &'a str,
    pub(crate) lanes: usize,
    pub(crate) events: u64,
}

impl Serve<'_> {
    /// Runs it until it has caught up, and has it say the totals of the months that `expected` knows, and one around.
    pub(crate) fn run(&self, expected: &Totals) -> anyhow::Result<Outcome> {
        let folder = tempfile::tempdir()?;
        let addresses = self.addresses()?;
        let file = folder.path().join("paceline.yaml");
        fs::write(&file, config::yaml(&organisation(), &addresses, self.lanes))?;
        let mut command = Command::new(self.binary);
        command.args(["serve", "--config"]).arg(&file).env("PACELINE_LOG", "info");
        let mut process = Paceline::spawn(&command);
        let before = observe(&mut process, BEGINS)?;
        let after = observe(&mut process, ENDS)?;
        let totals = self.question(&addresses, expected)?;
        process.terminate();
        ensure!(process.wait().success(), "paceline did not end in order");
        let totals = Some(totals.to_string());
        Ok(Outcome { totals, ..Outcome::between(self.events, &before, &after) })
    }

    fn question(&self, addresses: &Addresses, expected: &Totals) -> anyhow::Result<Totals> {
        http::get(&addresses.http, "/readyz")?;
        let client = Client::new(&addresses.grpc)?;
        consume::check(client.counted()?, self.events)?;
        let months = expected.months();
        let (Some(first), Some(last)) = (months.first(), months.last()) else {
            bail!("nothing was counted")
        };
        client.totals(Month(first.0 - 1), Month(last.0 + 1))
    }

    /// Ports that are free now, both held until both are known.
    fn addresses(&self) -> anyhow::Result<Addresses> {
        let held = [TcpListener::bind("127.0.0.1:0")?, TcpListener::bind("127.0.0.1:0")?];
        let [grpc, http] = [held[0].local_addr()?.to_string(), held[1].local_addr()?.to_string()];
        Ok(Addresses { brokers: self.brokers.to_owned(), grpc, http })
    }
}

/// Waits for a line in the log, and observes the process at that moment.
fn observe(process: &mut Paceline, line: &str) -> anyhow::Result<Usage> {
    loop {
        if process.stderr().iter().any(|logged| logged.contains(line)) {
            return Usage::of(process.pid());
        }
        if process.ended().is_some() {
            bail!(
                "paceline ended before it said `{line}`; it said:\n{}",
                process.stderr().join("\n")
            );
        }
        thread::sleep(LOOK);
    }
}
