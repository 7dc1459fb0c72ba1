//! A running `paceline serve`, and the questions tests put to it.

use std::{
    future::Future,
    io::{Read as _, Write as _},
    net::TcpStream,
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use paceline_client::proto::{
    GetFreshnessRequest, GetFreshnessResponse, GetStandingsRequest, Selector, Standing,
    WatchStandingsRequest, catalog_service_client::CatalogServiceClient,
    standings_service_client::StandingsServiceClient,
};
use paceline_tests::{process::Paceline, wait};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tonic::{Code, Request, transport::Channel};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

use crate::subscriber::Subscriber;

/// An instant for services whose clock stands still: a Monday in the middle of a quarter.
pub(crate) const NOW: &str = "2026-11-23T13:00:00Z";

/// What a client takes unread.
const WINDOW: u32 = 65_535;

/// A running service; dropping it kills the process.
pub(crate) struct Service {
    process: Paceline,
    config: PathBuf,
    grpc: String,
    http: String,
    runtime: Runtime,
    variables: Vec<(String, String)>,
    /// What is shown with questions, where the service asks who asks.
    token: Option<String>,
    _folder: TempDir,
}

impl Service {
    /// Starts the service by a config, with its clock at [`NOW`], and waits until it listens.
    pub(crate) fn start(yaml: &str) -> Self {
        Self::start_by(yaml, &format!("fixed:{NOW}"))
    }

    /// Starts the service by a config and a clock, as `--clock` writes it, and waits until it listens.
    pub(crate) fn start_by(yaml: &str, clock: &str) -> Self {
        Self::start_in(yaml, clock, &[])
    }

    /// Starts the service with variables in its environment besides those of the test, and waits until it listens.
    pub(crate) fn start_in(yaml: &str, clock: &str, variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let config = folder.path().join("paceline.yaml");
        std::fs::write(&config, with_topics(yaml)).expect("a config can be written");
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let variables: Vec<_> = variables.iter().map(owned).collect();
        let (process, grpc, http) = run(&config, clock, &variables);
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime can be made");
        Self { process, config, grpc, http, runtime, variables, token: None, _folder: folder }
    }

    /// Starts it again by the same config after it has ended.
    pub(crate) fn start_again(&mut self) {
        self.start_again_by(&format!("fixed:{NOW}"));
    }

    /// Starts it again after it has ended, by another clock.
    pub(crate) fn start_again_by(&mut self, clock: &str) {
        (self.process, self.grpc, self.http) = run(&self.config, clock, &self.variables);
    }

    /// Has all further questions asked with a token.
    pub(crate) fn ask_with(&mut self, token: String) {
        self.token = Some(token);
    }

    /// A question with the token that is shown.
    pub(crate) fn question<T>(&self, message: T) -> Request<T> {
        match &self.token {
            Some(token) => with(token, message),
            None => Request::new(message),
        }
    }

    pub(crate) fn process(&mut self) -> &mut Paceline {
        &mut self.process
    }

    /// How much memory the process has, in bytes.
    pub(crate) fn resident_bytes(&self) -> u64 {
        self.process.resident_bytes()
    }

    /// The address of gRPC.
    pub(crate) fn address(&self) -> &str {
        &self.grpc
    }

    /// The address of HTTP.
    pub(crate) fn http_address(&self) -> &str {
        &self.http
    }

    /// All standings, as soon as the service has caught up.
    pub(crate) fn standings(&self) -> Vec<Standing> {
        self.standings_of(None)
    }

    pub(crate) fn standings_of(&self, selector: Option<Selector>) -> Vec<Standing> {
        wait::until("standings are served", || {
            let request = GetStandingsRequest { selector: selector.clone(), on: String::new() };
            let mut client =
                StandingsServiceClient::new(self.channel()).max_decoding_message_size(usize::MAX);
            match self.block_on(client.get_standings(self.question(request))) {
                Ok(response) => Some(response.into_inner().standings),
                Err(status) if status.code() == Code::Unavailable => None,
                Err(status) => panic!("standings are refused: {status}"),
            }
        })
    }

    /// What the service says of how fresh its numbers are.
    pub(crate) fn freshness(&self) -> GetFreshnessResponse {
        let mut client = CatalogServiceClient::new(self.channel());
        let response = self.block_on(client.get_freshness(self.question(GetFreshnessRequest {})));
        response.expect("freshness is always told").into_inner()
    }

    /// Waits until it has counted so many offsets of a topic.
    pub(crate) fn wait_until_counted(&self, topic: &str, offsets: i64) {
        wait::until("all is counted", || {
            let freshness = self.freshness();
            let source = freshness.sources.iter().find(|source| source.source == topic)?;
            let counted: i64 =
                source.partitions.iter().map(|partition| partition.next_offset).sum();
            (counted >= offsets).then_some(())
        });
    }

    /// Follows standings from a snapshot on.
    pub(crate) fn watch(&self, selector: Selector) -> Subscriber<'_> {
        self.watch_from(selector, Vec::new())
    }

    /// Follows standings from a token on.
    pub(crate) fn watch_from(&self, selector: Selector, resume_token: Vec<u8>) -> Subscriber<'_> {
        let heartbeat = Some(Duration::from_secs(1).try_into().expect("a second fits"));
        let selector = Some(selector);
        let request = WatchStandingsRequest {
            selector,
            resume_token,
            heartbeat,
            ..WatchStandingsRequest::default()
        };
        let mut client = StandingsServiceClient::new(self.channel());
        let stream = self
            .block_on(client.watch_standings(self.question(request)))
            .expect("a watch is accepted");
        Subscriber::new(self, stream.into_inner())
    }

    /// What the standard health service says of the whole server.
    pub(crate) fn health(&self) -> ServingStatus {
        let mut client = HealthClient::new(self.channel());
        let response = self.block_on(client.check(HealthCheckRequest { service: String::new() }));
        response.expect("health is always told").into_inner().status()
    }

    /// The status line and the body of an HTTP GET.
    pub(crate) fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.http).expect("HTTP is served");
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", self.http);
        stream.write_all(request.as_bytes()).expect("a request can be written");
        let mut response = String::new();
        stream.read_to_string(&mut response).expect("a response can be read");
        response
    }

    /// Has something go on beside the test.
    pub(crate) fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> tokio::task::JoinHandle<T> {
        self.runtime.spawn(work)
    }

    pub(crate) fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// A connection of its own, so that one slow reader holds up nobody else, with as small windows as HTTP/2 has.
    pub(crate) fn channel(&self) -> Channel {
        let endpoint = Channel::from_shared(format!("http://{}", self.grpc));
        let endpoint = endpoint.expect("an address is a URI");
        let endpoint =
            endpoint.initial_stream_window_size(WINDOW).initial_connection_window_size(WINDOW);
        self.block_on(async { endpoint.connect().await }).expect("gRPC is served")
    }
}

/// A question of whoever a token is about.
pub(crate) fn with<T>(token: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    let shown = format!("Bearer {token}").parse().expect("a token is ASCII");
    request.metadata_mut().insert("authorization", shown);
    request
}

/// A config with topics for statuses and alerts of its own, unless it names some: services that share a broker would go on
/// with each other's statuses.
fn with_topics(yaml: &str) -> String {
    static SERVICES: AtomicUsize = AtomicUsize::new(0);
    if yaml.lines().any(|line| line.starts_with("topics:") && line.contains("status:")) {
        return yaml.to_owned();
    }
    let nth = SERVICES.fetch_add(1, Ordering::Relaxed);
    let mut own = format!("alerts: own{nth}.alerts, status: own{nth}.status");
    if !yaml.lines().any(|line| line.starts_with("topics:") && line.contains("audit:")) {
        own.push_str(&format!(", audit: own{nth}.audit"));
    }
    match yaml.split_once("\ntopics: {") {
        Some((before, after)) => format!("{before}\ntopics: {{{own}, {after}"),
        None => format!("{yaml}topics: {{{own}}}\n"),
    }
}

/// Starts the binary, and answers where it serves.
fn run(
    config: &std::path::Path,
    clock: &str,
    variables: &[(String, String)],
) -> (Paceline, String, String) {
    let config = config.to_str().expect("temporary paths are UTF-8");
    let mut command = Paceline::command();
    command.args(["serve", "--config", config, "--clock", clock]);
    command.envs(variables.iter().map(|(name, value)| (name, value)));
    let mut process = Paceline::spawn(&command);
    let line = process.wait_for_line("paceline serves");
    let line: serde_json::Value = serde_json::from_str(&line).expect("a log line is JSON");
    let field =
        |name: &str| line["fields"][name].as_str().expect("an address is logged").to_owned();
    (process, field("grpc"), field("http"))
}
