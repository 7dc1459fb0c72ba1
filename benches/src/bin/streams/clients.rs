//! A process of clients: opens its streams, reads them, and tells what it has seen.
//!
//! It is driven by the lines of its standard input: `begin` forgets what was seen, `tell` tells it as a line of JSON, and the end
//! of the input ends it. `open` is its own first line, when every stream has its snapshot.

use std::io::{self, BufRead as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use anyhow::Context as _;
use paceline_benches::process::Usage;
use paceline_client::proto::standings_service_client::StandingsServiceClient;
use paceline_client::proto::watch_standings_response::Frame;
use paceline_client::proto::{Standing, WatchStandingsResponse};
use prost::Message as _;
use tokio::runtime::Builder;
use tokio::sync::Semaphore;
use tonic::Streaming;
use tonic::transport::{Channel, Endpoint};

use crate::latency::Ages;
use crate::load::{Load, Stream};
use crate::outcome::Seen;
use crate::world::micros_since;

/// Streams of one connection.
const STREAMS: usize = 100;
/// Streams that are being opened at a time.
const OPENING: usize = 200;

/// A stream that is open and never read.
pub(crate) type Unread = Streaming<WatchStandingsResponse>;

/// What all streams add to.
pub(crate) struct Counters {
    base: u64,
    updates: AtomicU64,
    bookmarks: AtomicU64,
    bytes: AtomicU64,
    ended: AtomicU64,
    ages: Ages,
}

/// Runs the clients until the input ends.
pub(crate) fn run(load: &Load) -> anyhow::Result<()> {
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    let counters = Arc::new(Counters::new(load.base));
    let opened = runtime.block_on(open(load, &counters))?;
    let say = |line: &str| anyhow::Ok(writeln!(io::stdout(), "{line}")?);
    say("open")?;
    follow_input(&counters, None, say)?;
    drop(opened);
    runtime.shutdown_background();
    Ok(())
}

/// Does what the input says until it ends.
pub(crate) fn follow_input(
    counters: &Counters,
    raw: Option<&Ages>,
    say: impl Fn(&str) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let (mut since, mut usage) = (Instant::now(), Usage::own()?);
    for line in io::stdin().lock().lines() {
        match line?.as_str() {
            "begin" => {
                counters.clear();
                raw.iter().for_each(|ages| ages.clear());
                (since, usage) = (Instant::now(), Usage::own()?);
            }
            "tell" => {
                let seconds = since.elapsed().as_secs_f64();
                let raw = raw.map(Ages::latency).unwrap_or_default();
                let cpu_seconds = Usage::own()?.cpu_seconds_since(&usage);
                let seen = Seen { seconds, raw, cpu_seconds, ..counters.seen() };
                say(&serde_json::to_string(&seen)?)?;
            }
            other => anyhow::bail!("nobody told what `{other}` means"),
        }
    }
    Ok(())
}

async fn open(load: &Load, counters: &Arc<Counters>) -> anyhow::Result<Vec<Unread>> {
    let room = Arc::new(Semaphore::new(OPENING));
    let mut opening = Vec::new();
    for streams in load.streams().chunks(STREAMS) {
        let channel = connect(&load.grpc).await?;
        for stream in streams {
            let (channel, stream) = (channel.clone(), stream.clone());
            let (room, counters, stalled) = (room.clone(), counters.clone(), load.stalled);
            opening.push(tokio::spawn(async move {
                let _room = room.acquire().await?;
                begin(channel, stream, stalled, counters).await
            }));
        }
    }
    let mut unread = Vec::new();
    for opened in opening {
        unread.extend(opened.await??);
    }
    Ok(unread)
}

pub(crate) async fn connect(grpc: &str) -> anyhow::Result<Channel> {
    let endpoint = Endpoint::from_shared(format!("http://{grpc}"))?.tcp_nodelay(true);
    endpoint.connect().await.context("cannot connect")
}

/// Opens a stream and has it read from its snapshot on; one that is never read is answered.
pub(crate) async fn begin(
    channel: Channel,
    stream: Stream,
    stalled: bool,
    counters: Arc<Counters>,
) -> anyhow::Result<Option<Unread>> {
    let mut stream =
        StandingsServiceClient::new(channel).watch_standings(stream.request()).await?.into_inner();
    if stalled {
        return Ok(Some(stream));
    }
    let first = stream.message().await?.context("a stream ended at once")?;
    counters.note(&first);
    tokio::spawn(async move {
        while let Ok(Some(message)) = stream.message().await {
            counters.note(&message);
        }
        counters.ended.fetch_add(1, Ordering::Relaxed);
    });
    Ok(None)
}

impl Counters {
    pub(crate) fn new(base: u64) -> Self {
        let zero = || AtomicU64::new(0);
        let [updates, bookmarks, bytes, ended] = [zero(), zero(), zero(), zero()];
        Self { base, updates, bookmarks, bytes, ended, ages: Ages::new() }
    }

    fn clear(&self) {
        for counter in [&self.updates, &self.bookmarks, &self.bytes, &self.ended] {
            counter.store(0, Ordering::Relaxed);
        }
        self.ages.clear();
    }

    fn seen(&self) -> Seen {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Seen {
            updates: of(&self.updates),
            bookmarks: of(&self.bookmarks),
            bytes: of(&self.bytes),
            ended: of(&self.ended),
            latency: self.ages.latency(),
            ..Seen::default()
        }
    }

    fn note(&self, message: &WatchStandingsResponse) {
        self.bytes.fetch_add(message.encoded_len() as u64, Ordering::Relaxed);
        let Some(Frame::Update(update)) = &message.frame else {
            self.bookmarks.fetch_add(1, Ordering::Relaxed);
            return;
        };
        self.updates.fetch_add(1, Ordering::Relaxed);
        let now = micros_since(self.base);
        let reps = update.standings.iter().filter(|standing| standing.scope.starts_with("rep:R"));
        for sent in reps.filter_map(sent) {
            self.ages.add(now.saturating_sub(sent));
        }
    }
}

/// When the change was sent that a rep's standing shows: the amount of the one deal.
fn sent(standing: &Standing) -> Option<u64> {
    standing.actual.parse().ok()
}
