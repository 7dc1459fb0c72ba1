//! The processes that are measured and that measure: the service, the bare server, the clients.

use std::fs;
use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context as _, ensure};
use paceline_benches::config::Addresses;
use paceline_tests::process::Paceline;
use tempfile::TempDir;

use crate::outcome::Seen;
use crate::world::World;

/// A service that has caught up.
pub(crate) struct Service {
    process: Paceline,
    pub(crate) grpc: String,
    _folder: TempDir,
}

impl Service {
    /// Starts it, and waits until it has caught up. With keys it asks who somebody is.
    pub(crate) fn start(
        binary: &Path,
        brokers: &str,
        world: World,
        keys: Option<&Path>,
    ) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let [grpc, http] = [free_address()?, free_address()?];
        let addresses = Addresses { brokers: brokers.to_owned(), grpc: grpc.clone(), http };
        let file = folder.path().join("paceline.yaml");
        fs::write(&file, world.yaml(&addresses, keys))?;
        let mut command = Command::new(binary);
        command.args(["serve", "--config"]).arg(&file).env("PACELINE_LOG", "info");
        let mut process = Paceline::spawn(&command);
        process.wait_for_line("caught up with all sources");
        Ok(Self { process, grpc, _folder: folder })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Ends it, in order.
    pub(crate) fn end(mut self) -> anyhow::Result<()> {
        self.process.terminate();
        ensure!(self.process.wait().success(), "paceline did not end in order");
        Ok(())
    }
}

/// An address that is free now.
pub(crate) fn free_address() -> anyhow::Result<String> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}

/// This program in another part, which is told things by lines and answers by lines.
pub(crate) struct Helper {
    child: Child,
    input: Option<ChildStdin>,
    output: Lines<BufReader<ChildStdout>>,
}

impl Helper {
    /// Starts it, and waits until it says that it is open.
    pub(crate) fn start(arguments: &[String]) -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().context("its output is a pipe")?).lines();
        let mut helper = Self { child, input, output };
        ensure!(helper.line()? == "open", "a helper did not open");
        Ok(helper)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Forgets what was seen so far.
    pub(crate) fn begin(&mut self) -> anyhow::Result<()> {
        self.say("begin")
    }

    /// What was seen since.
    pub(crate) fn tell(&mut self) -> anyhow::Result<Seen> {
        self.say("tell")?;
        Ok(serde_json::from_str(&self.line()?)?)
    }

    fn say(&mut self, line: &str) -> anyhow::Result<()> {
        let input = self.input.as_mut().context("it was told to end")?;
        Ok(writeln!(input, "{line}")?)
    }

    fn line(&mut self) -> anyhow::Result<String> {
        Ok(self.output.next().context("a helper ended by itself")??)
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        // The end of its input is its end.
        self.input = None;
        self.child.wait().expect("a child can be waited for");
    }
}
