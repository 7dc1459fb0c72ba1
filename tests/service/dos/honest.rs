//! Honest clients beside the attacks: some call, one watches what changes, and how long each of that takes is told of every attack.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use paceline_client::proto::{
    GetStandingsRequest, Selector, WatchStandingsRequest, WatchStandingsResponse,
    standings_service_client::StandingsServiceClient, watch_standings_response::Frame,
};
use paceline_tests::kafka::{self, Writer};
use tokio::{runtime::Runtime, task::JoinHandle};
use tonic::{Code, Request, Streaming, transport::Channel};
use tonic_types::StatusExt as _;

use crate::{small::won, under_test::with};

/// How many call at a time, and how long each rests between two calls.
const CALLERS: usize = 2;
const REST: Duration = Duration::from_millis(10);

/// How long the clients of one attack took.
#[derive(Debug, Default)]
pub(super) struct Took {
    pub(super) calls: Vec<Duration>,
    pub(super) changes: Vec<Duration>,
    /// Calls that were told to come again, which is a part of how long they took.
    pub(super) refusals: u64,
}

/// The honest clients, until they are dropped.
pub(super) struct Honest {
    took: Arc<Mutex<Took>>,
    refusals: Arc<AtomicU64>,
    tasks: Vec<JoinHandle<()>>,
}

impl Honest {
    /// Begins to call and to watch.
    pub(super) fn begin(
        runtime: &Runtime,
        address: &str,
        topic: &str,
        token: Option<String>,
    ) -> Self {
        let took = Arc::new(Mutex::new(Took::default()));
        let refusals = Arc::new(AtomicU64::new(0));
        let mut tasks = Vec::new();
        for _ in 0..CALLERS {
            let client = runtime.block_on(Client::connect(address, token.clone()));
            tasks.push(runtime.spawn(call(client, took.clone(), refusals.clone())));
        }
        let client = runtime.block_on(Client::connect(address, token));
        let changes =
            Changes { writer: kafka::shared().writer(), topic: topic.to_owned(), made: 0 };
        tasks.push(runtime.spawn(watch(client, changes, took.clone())));
        Self { took, refusals, tasks }
    }

    /// How long what ended since the last time took.
    pub(super) fn take(&self) -> Took {
        let mut took = self.took.lock().unwrap_or_else(PoisonError::into_inner);
        let refusals = self.refusals.swap(0, Ordering::Relaxed);
        Took { refusals, ..std::mem::take(&mut *took) }
    }

    /// Whether so many of each have ended.
    pub(super) fn has(&self, calls: usize, changes: usize) -> bool {
        let took = self.took.lock().unwrap_or_else(PoisonError::into_inner);
        took.calls.len() >= calls && took.changes.len() >= changes
    }

    /// Fails when one of them has given up.
    pub(super) fn check(&self) {
        assert!(self.tasks.iter().all(|task| !task.is_finished()), "an honest client gave up");
    }
}

impl Drop for Honest {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// What 99 of 100 took at most.
pub(super) fn p99(mut took: Vec<Duration>) -> Duration {
    took.sort_unstable();
    let at = (took.len() * 99).div_ceil(100).saturating_sub(1);
    took.get(at).copied().unwrap_or_default()
}

/// A connection, and what is shown on it, where the service asks who asks.
struct Client {
    standings: StandingsServiceClient<Channel>,
    token: Option<String>,
}

impl Client {
    async fn connect(address: &str, token: Option<String>) -> Self {
        let endpoint =
            Channel::from_shared(format!("http://{address}")).expect("an address is a URI");
        let channel = endpoint.connect().await.expect("gRPC is served");
        Self { standings: StandingsServiceClient::new(channel), token }
    }

    fn question<T>(&self, message: T) -> Request<T> {
        match &self.token {
            Some(token) => with(token, message),
            None => Request::new(message),
        }
    }
}

fn some() -> Selector {
    let scopes = ["org", "team:M1", "rep:U1"].map(str::to_owned).to_vec();
    Selector { scopes, kpis: vec!["bookings".to_owned()], ..Selector::default() }
}

async fn call(mut client: Client, took: Arc<Mutex<Took>>, refusals: Arc<AtomicU64>) {
    loop {
        let began = Instant::now();
        loop {
            let request = GetStandingsRequest { selector: Some(some()), on: String::new() };
            let question = client.question(request);
            match client.standings.get_standings(question).await {
                Ok(answer) => {
                    assert!(!answer.into_inner().standings.is_empty(), "there are standings");
                    break;
                }
                Err(status) if status.code() == Code::ResourceExhausted => {
                    refusals.fetch_add(1, Ordering::Relaxed);
                    let info = status.get_details_retry_info().expect("a delay");
                    tokio::time::sleep(info.retry_delay.expect("a delay")).await;
                }
                Err(status) => panic!("an honest call fails: {status:?}"),
            }
        }
        took.lock().unwrap_or_else(PoisonError::into_inner).calls.push(began.elapsed());
        tokio::time::sleep(REST).await;
    }
}

/// Deals of one unit each, of which the bookings of the rep `U1` tell how many there are.
struct Changes {
    writer: Writer,
    topic: String,
    made: u32,
}

impl Changes {
    fn make(&mut self) {
        self.made += 1;
        self.writer.write(&self.topic, [won(&format!("dos{}", self.made), 1, "U1", 1)]);
    }
}

async fn watch(mut client: Client, mut changes: Changes, took: Arc<Mutex<Took>>) {
    let selector = Selector { scopes: vec!["rep:U1".to_owned()], ..some() };
    let request =
        WatchStandingsRequest { selector: Some(selector), ..WatchStandingsRequest::default() };
    let question = client.question(request);
    let stream =
        client.standings.watch_standings(question).await.expect("an honest watch is accepted");
    let mut stream = stream.into_inner();
    loop {
        let began = Instant::now();
        tokio::task::block_in_place(|| changes.make());
        until(&mut stream, f64::from(changes.made)).await;
        took.lock().unwrap_or_else(PoisonError::into_inner).changes.push(began.elapsed());
        tokio::time::sleep(REST).await;
    }
}

/// Waits until a frame tells of so many.
async fn until(stream: &mut Streaming<WatchStandingsResponse>, due: f64) {
    loop {
        let message = stream.message().await.expect("an honest watch goes on");
        let standings = match message.expect("an honest watch does not end").frame {
            Some(Frame::Snapshot(snapshot)) => snapshot.standings,
            Some(Frame::Update(update)) => update.standings,
            Some(Frame::Bookmark(_) | Frame::Reset(_)) | None => continue,
        };
        let actual = |text: &str| text.parse::<f64>().expect("a number");
        if standings.iter().any(|standing| actual(&standing.actual) >= due) {
            return;
        }
    }
}
