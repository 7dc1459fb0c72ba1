//! Attacks on a service that serves others at the same time: it lives, it does not grow, and the others hardly feel it.
//!
//! Each row of the table is an attack on the real binary, while honest clients call and watch. A row fails
//! when the attack did not take place. This is the one place where a test asserts on time: what others feel of an attack is
//! nothing but time. The table is printed, and stands with the figures of one run in `docs/limits.md`.

mod attacker;
mod credentials;
mod floods;
mod frames;
mod honest;
mod requests;
mod slowness;

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use paceline_tests::{kafka, process::open_many_files};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    runtime::Runtime,
};

use crate::under_test::Service;
use attacker::Tally;
use credentials::Provider;
use honest::{Honest, Took, p99};

/// By how much the service may grow while it is attacked.
const GROWTH: u64 = 200 * 1024 * 1024;
/// What 99 of 100 calls and changes of honest clients may take then.
const P99: Duration = Duration::from_secs(2);
/// Calls that are measured at least, and how long they may take for that.
const CALLS: usize = 50;
const CHANGES: usize = 5;
/// Streams that may be open, so that an attack of some thousands meets the limit.
const STREAMS: usize = 1_500;

/// What is attacked.
#[derive(Clone)]
struct Target {
    grpc: String,
    http: String,
    pid: u32,
    /// Whom it asks for keys, where it asks who asks.
    provider: Option<Arc<Provider>>,
}

type Attack = fn(Target) -> Pin<Box<dyn Future<Output = Tally> + Send>>;

/// An attack by its name.
macro_rules! row {
    ($name:literal, $attack:path) => {
        ($name, |target| Box::pin($attack(target)))
    };
}

/// All attacks. One more is a function of a target that answers what it sent and was answered, and fails when it did not take place.
const ROWS: &[(&str, Attack)] = &[
    row!("rapid reset", floods::rapid_reset),
    row!("made you reset", floods::made_you_reset),
    row!("CONTINUATION flood", floods::continuation),
    row!("empty CONTINUATION flood", floods::empty_continuation),
    row!("empty DATA flood", floods::empty_data),
    row!("DATA byte by byte", floods::small_data),
    row!("PING flood", floods::ping),
    row!("SETTINGS flood", floods::setting),
    row!("WINDOW_UPDATE beyond", floods::window_overflow),
    row!("PRIORITY flood", floods::priority),
    row!("HPACK bomb", floods::table),
    row!("gzip bomb", requests::gzip),
    row!("deep nesting", requests::nesting),
    row!("requests for nothing", requests::nonsense),
    row!("huge grpc-timeout", requests::timeouts),
    row!("5,000 entries × 100", requests::selectors),
    row!("1,000 large calls", requests::large_calls),
    row!("watches beyond all", requests::watches),
    row!("watches of health", requests::health),
    row!("windows of 1 byte", slowness::tiny_windows),
    row!("slow preface", slowness::preface),
    row!("slow HTTP/1.1 head", slowness::http1_head),
    row!("slow HTTP/1.1 body", slowness::http1_body),
    row!("gRPC-Web flood", slowness::web_flood),
    row!("idle connections", slowness::idle),
    row!("half requests", slowness::half_requests),
    row!("no file descriptors", slowness::no_files),
];

/// Attacks on a service that asks who asks, by nobody known.
const GUARDED: &[(&str, Attack)] = &[
    row!("10,000 without credentials", credentials::none),
    row!("10,000 unknown kids", credentials::unknown_kids),
];

#[test]
fn attacks_end_nobody_and_hold_nobody_up() {
    open_many_files(15_000);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime can be made");
    let mut table = Table::default();
    let mut stage = Stage::open(&runtime, "dos", None);
    println!("{}", table.tell("nobody", stage.measure(async { Tally::default() })));
    for (name, attack) in ROWS {
        println!("{}", table.tell(name, stage.attack(name, *attack)));
    }
    drop(stage);
    let provider = runtime.block_on(Provider::begin());
    let mut stage = Stage::open(&runtime, "dos-guarded", Some(provider));
    for (name, attack) in GUARDED {
        println!("{}", table.tell(name, stage.attack(name, *attack)));
    }
    assert!(table.failures.is_empty(), "{:#?}\n{}", table.failures, table.text);
}

/// A service, and honest clients of it.
struct Stage<'a> {
    runtime: &'a Runtime,
    honest: Honest,
    target: Target,
    service: Service,
}

impl<'a> Stage<'a> {
    /// Starts a service, which asks who asks if there is somebody to ask for keys.
    fn open(runtime: &'a Runtime, topic: &str, provider: Option<Arc<Provider>>) -> Self {
        let broker = kafka::shared();
        broker.create_topic(topic, 1, &[]);
        let auth = provider.as_ref().map(|provider| provider.config()).unwrap_or_default();
        let mut service = Service::start(&(config(broker.bootstrap(), topic) + &auth));
        let token = provider.as_ref().map(|provider| provider.honest_token());
        if let Some(token) = &token {
            service.ask_with(token.clone());
        }
        service.standings();
        let target = Target {
            grpc: service.address().to_owned(),
            http: service.http_address().to_owned(),
            pid: service.process().pid(),
            provider,
        };
        let honest = Honest::begin(runtime, &target.grpc, topic, token);
        Self { runtime, honest, target, service }
    }

    /// Has an attack take place: once more if others felt too much of it, for other tests run on the same processors, and it may
    /// have been those.
    fn attack(&mut self, name: &str, attack: Attack) -> Row {
        let mut row = self.measure(attack(self.target.clone()));
        if row.is_late() {
            row = self.measure(attack(self.target.clone()));
        }
        assert!(self.service.process().ended().is_none(), "{name} ended the service");
        row
    }

    fn measure(&mut self, attack: impl Future<Output = Tally> + Send + 'static) -> Row {
        self.honest.take();
        let (before, began) = (self.service.resident_bytes(), Instant::now());
        self.service.process().forget_peak();
        let tally =
            self.runtime.block_on(self.runtime.spawn(attack)).expect("the attack takes place");
        while !self.honest.has(CALLS, CHANGES) && began.elapsed() < Duration::from_secs(30) {
            self.honest.check();
            std::thread::sleep(Duration::from_millis(20));
        }
        self.honest.check();
        let growth = self.service.process().peak_bytes().saturating_sub(before);
        Row { tally, growth, took: self.honest.take(), lasted: began.elapsed() }
    }
}

/// The rows, and what others felt too much of.
#[derive(Default)]
struct Table {
    text: String,
    failures: Vec<String>,
}

impl Table {
    /// Adds a row, and answers it as it is told.
    fn tell(&mut self, name: &str, row: Row) -> String {
        let told = row.tell(name, &mut self.failures);
        self.text.push_str(&told);
        self.text.push('\n');
        told
    }
}

/// What became of an attack.
struct Row {
    tally: Tally,
    growth: u64,
    took: Took,
    lasted: Duration,
}

impl Row {
    /// Whether others waited for too long.
    fn is_late(&self) -> bool {
        [&self.took.calls, &self.took.changes].into_iter().any(|took| p99(took.clone()) >= P99)
    }

    /// Its row of the table; what others felt of it too much is added to the failures.
    fn tell(self, name: &str, failures: &mut Vec<String>) -> String {
        let Self { tally, growth, took, lasted } = self;
        let (calls, changes) = (took.calls.len(), took.changes.len());
        let (of_calls, of_changes) = (p99(took.calls), p99(took.changes));
        let mib = growth / (1024 * 1024);
        let row = format!(
            "| {name} | {} × {} in {:.1} s | {mib} MiB | {} ms of {calls}, {} told to come again | {} ms of {changes} | {tally} |",
            tally.connections,
            tally.frames,
            lasted.as_secs_f64(),
            of_calls.as_millis(),
            took.refusals,
            of_changes.as_millis(),
        );
        if growth >= GROWTH {
            failures.push(format!("{name}: the service grew by {mib} MiB"));
        }
        if calls < CALLS || of_calls >= P99 {
            failures.push(format!("{name}: of {calls} calls 99 % took {of_calls:?}"));
        }
        if changes < CHANGES || of_changes >= P99 {
            failures.push(format!("{name}: of {changes} changes 99 % took {of_changes:?}"));
        }
        row
    }
}

/// A hundred times as many reps as the small organisation has, so that all standings together are large.
fn config(brokers: &str, topic: &str) -> String {
    let yaml = crate::small::yaml(brokers, topic, "paceline");
    let reps: String = (7..=600)
        .map(|rep| format!("    - {{id: U{rep}, manager: M{}, role: ae}}\n", rep % 2 + 1))
        .collect();
    let (before, after) = yaml.split_once("\nkpis:").expect("there are KPIs");
    let after = after.replace("periods: [month]", "periods: [day, week, month, quarter]");
    let yaml = format!("{before}\n{reps}kpis:{after}");
    let limits = format!("limits: {{streams: {STREAMS}}}}}");
    yaml.replace("http: \"127.0.0.1:0\"}", &format!("http: \"127.0.0.1:0\", {limits}"))
}

/// The sum of a metric over its labels.
async fn metric(http: &str, name: &str) -> u64 {
    let mut stream = TcpStream::connect(http).await.expect("HTTP is served");
    let asked = "GET /metrics HTTP/1.1\r\nhost: paceline\r\nconnection: close\r\n\r\n";
    stream.write_all(asked.as_bytes()).await.expect("it listens");
    let mut told = String::new();
    stream.read_to_string(&mut told).await.expect("metrics");
    let values = told.lines().filter(|line| line.starts_with(name));
    values.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
}
