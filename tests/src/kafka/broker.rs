//! One broker: its settings, its process, its data, and how it is started, crashed and started again.
//!
//! It runs in KRaft mode as broker and controller in one, on loopback ports of its own, with its data in a temporary
//! folder. Dropping it, or losing the test process in any way, ends the process and removes the folder.

use std::{
    fmt::Write as _,
    fs::{self, File},
    path::Path,
    process::Command,
    time::Duration,
};

use rdkafka::{
    ClientConfig,
    consumer::{BaseConsumer, Consumer as _},
};
use tempfile::TempDir;

use super::installation;
use crate::{guard::Guarded, ports, wait};

/// The settings of every test broker; ports and folders come on top.
const SETTINGS: &str = "\
process.roles=broker,controller
node.id=1
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
# A topic appears when somebody creates it, as on most production clusters.
auto.create.topics.enable=false
# There is one broker, so one copy of the topics it makes for itself, and few partitions to boot with.
offsets.topic.replication.factor=1
offsets.topic.num.partitions=2
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=2
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=2
# A group starts at once instead of waiting for more members.
group.initial.rebalance.delay.ms=0
# A killed broker is let in again when its old session has run out.
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
# The default takes a third of the heap.
log.cleaner.dedupe.buffer.size=8388608
";

/// A running (or killed, or stopped) Apache Kafka broker that belongs to a test.
pub struct Broker {
    /// `None` only between two processes, while the broker is formatted or restarted.
    process: Option<Guarded>,
    bootstrap: String,
    /// Removed after the process: fields are dropped in the order they are declared.
    folder: TempDir,
}

impl Broker {
    /// Starts a broker and waits until it serves.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts a broker with more settings, which win over the harness's own.
    pub fn start_with(settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::Builder::new().prefix("paceline-kafka-").tempdir();
        let folder = folder.expect("a temporary folder can be made");
        let [port, controller_port] = ports::two_free();
        let text = properties(port, controller_port, &folder.path().join("data"), settings);
        fs::write(folder.path().join("server.properties"), text).expect("settings can be written");
        let mut broker = Self { process: None, bootstrap: format!("127.0.0.1:{port}"), folder };
        broker.format();
        broker.launch();
        broker
    }

    /// The address for clients, `host:port`.
    pub fn bootstrap(&self) -> &str {
        &self.bootstrap
    }

    /// The folder that holds its settings, log and data.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The process id of the Java process.
    pub fn pid(&self) -> u32 {
        self.process.as_ref().expect("a started broker has a process").pid()
    }

    /// Crashes it: SIGKILL, no goodbye to anyone. Returns when the process is gone.
    pub fn kill(&mut self) {
        self.process_mut().kill();
    }

    /// Shuts it down in order (SIGTERM). Returns when the process is gone.
    pub fn stop(&mut self) {
        self.process_mut().signal("TERM");
        wait::until("the broker shuts down", || self.process_mut().ended());
    }

    /// Starts it again on the same ports and data, after shutting it down if it runs, and waits until it serves.
    pub fn restart(&mut self) {
        self.stop();
        self.launch();
    }

    /// Settings for a client of this broker.
    pub(super) fn client(&self) -> ClientConfig {
        let mut client = ClientConfig::new();
        client.set("bootstrap.servers", &self.bootstrap);
        client
    }

    fn process_mut(&mut self) -> &mut Guarded {
        self.process.as_mut().expect("a started broker has a process")
    }

    /// Writes the identity of a new cluster into the data folder.
    fn format(&mut self) {
        let mut tool = installation::command("kafka.tools.StorageTool");
        tool.args(["format", "--cluster-id", "cGFjZWxpbmUtdGVzdHMtMQ", "--config"]);
        self.run(tool);
        let status = wait::until("the data folder is formatted", || self.process_mut().ended());
        assert!(status.success(), "failed to format a broker's data folder:\n{}", self.log_tail());
    }

    fn launch(&mut self) {
        self.run(installation::command("kafka.Kafka"));
        let serving = wait::attempts(|| {
            if self.process_mut().ended().is_some() {
                Some(false)
            } else {
                self.serves().then_some(true)
            }
        });
        assert!(serving == Some(true), "the broker did not start:\n{}", self.log_tail());
    }

    /// Runs a command on this broker's settings, in place of the process before.
    fn run(&mut self, mut command: Command) {
        let log = File::options().create(true).append(true).open(self.folder().join("broker.log"));
        let log = log.expect("the broker's log can be opened");
        let err = log.try_clone().expect("a file can be opened twice");
        command.arg(self.folder().join("server.properties"));
        let process = Guarded::spawn(&command, Some(self.folder()), log.into(), err.into());
        // The new guard is there before the old one is let go, so that at no time nobody watches over the folder.
        if let Some(before) = self.process.replace(process) {
            before.release();
        }
    }

    /// Whether the broker lists itself as one that serves; an open port says less, and says it earlier.
    fn serves(&self) -> bool {
        let consumer: BaseConsumer = self.client().create().expect("a consumer can be made");
        let metadata = consumer.fetch_metadata(None, Duration::from_secs(1));
        metadata.is_ok_and(|metadata| !metadata.brokers().is_empty())
    }

    /// The end of what the broker logged, to show with a failure.
    fn log_tail(&self) -> String {
        let log = fs::read_to_string(self.folder().join("broker.log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }
}

/// The text of `server.properties`. A later line wins over an earlier one, so a test's own settings come last.
fn properties(port: u16, controller_port: u16, data: &Path, settings: &[(&str, &str)]) -> String {
    let mut text = String::from(SETTINGS);
    let address = format!("127.0.0.1:{port}");
    let controller = format!("127.0.0.1:{controller_port}");
    let listeners = format!("PLAINTEXT://{address},CONTROLLER://{controller}");
    let data = data.display().to_string();
    let own = [
        ("controller.quorum.voters", format!("1@{controller}")),
        ("listeners", listeners.clone()),
        ("advertised.listeners", listeners),
        ("log.dirs", data),
    ];
    let settings = settings.iter().map(|&(name, value)| (name, value.to_owned()));
    for (name, value) in own.into_iter().chain(settings) {
        writeln!(text, "{name}={value}").expect("a string takes any text");
    }
    text
}
