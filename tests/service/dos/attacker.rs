//! Attackers: connections on which frames are sent that were made by hand, and what they are answered.

use std::{
    collections::BTreeMap,
    fmt, io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpStream, tcp::OwnedReadHalf, tcp::OwnedWriteHalf},
    task::{JoinHandle, JoinSet},
    time::timeout,
};

use super::frames::{self, GOAWAY, HEADERS, PREFACE, RST_STREAM};

/// Connections that are made at a time.
const AT_A_TIME: usize = 32;

/// How long an attacker waits to be let in, or for what it sends to be taken.
const PATIENCE: Duration = Duration::from_secs(1);

/// What an attack, or one connection of it, sent and was answered.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    /// Connections that were made, and those that the server ended.
    pub(super) connections: u64,
    pub(super) closed: u64,
    /// What was sent.
    pub(super) frames: u64,
    /// Heads of answers, with and without anything after them, and bytes of answers.
    pub(super) answers: u64,
    pub(super) bytes: u64,
    /// Errors of the connection and of streams, by code.
    pub(super) goaways: BTreeMap<u32, u64>,
    pub(super) resets: BTreeMap<u32, u64>,
    /// Statuses of gRPC, and of HTTP/1.1, where they can be read.
    pub(super) statuses: BTreeMap<String, u64>,
}

impl Tally {
    pub(super) fn add(&mut self, other: &Self) {
        self.connections += other.connections;
        self.closed += other.closed;
        self.frames += other.frames;
        self.answers += other.answers;
        self.bytes += other.bytes;
        for (code, count) in &other.goaways {
            *self.goaways.entry(*code).or_default() += count;
        }
        for (code, count) in &other.resets {
            *self.resets.entry(*code).or_default() += count;
        }
        for (status, count) in &other.statuses {
            *self.statuses.entry(status.clone()).or_default() += count;
        }
    }

    pub(super) fn goaways_of(&self, code: u32) -> u64 {
        self.goaways.get(&code).copied().unwrap_or_default()
    }

    pub(super) fn statuses_of(&self, status: &str) -> u64 {
        self.statuses.get(status).copied().unwrap_or_default()
    }
}

/// How it was answered.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        let of_codes = |name: &str, codes: &BTreeMap<u32, u64>| {
            let of_code = |(code, count): (&u32, &u64)| format!("{name} {code} × {count}");
            codes.iter().map(of_code).collect::<Vec<_>>()
        };
        parts.extend(of_codes("GOAWAY", &self.goaways));
        parts.extend(of_codes("RST", &self.resets));
        let statuses = self.statuses.iter();
        parts.extend(statuses.map(|(status, count)| format!("{status} × {count}")));
        if self.answers > 0 {
            parts.push(format!("{} answers of {} KiB", self.answers, self.bytes / 1024));
        }
        parts.push(format!("{} of {} connections ended", self.closed, self.connections));
        f.write_str(&parts.join(", "))
    }
}

/// A connection of an attacker.
pub(super) struct Attacker {
    writer: OwnedWriteHalf,
    tally: Arc<Mutex<Tally>>,
    /// Reads what comes; an attacker that does not has the other half, unread.
    _reader: Result<JoinHandle<()>, OwnedReadHalf>,
}

impl Drop for Attacker {
    fn drop(&mut self) {
        if let Ok(reader) = &self._reader {
            reader.abort();
        }
    }
}

/// A connection.
pub(super) async fn tcp(address: &str) -> io::Result<TcpStream> {
    timeout(PATIENCE, TcpStream::connect(address)).await.map_err(io::Error::other)?
}

/// Makes so many of something out of connections, many at a time, for as long as that may take. Those that the server has no place
/// for wait to be accepted, and then are not answered.
pub(super) async fn many<Made, Work>(
    count: usize,
    limit: Duration,
    make: impl Fn() -> Work + Clone + Send + 'static,
) -> Vec<Made>
where
    Made: Send + 'static,
    Work: Future<Output = io::Result<Made>> + Send,
{
    let (end, mut tasks) = (Instant::now() + limit, JoinSet::new());
    for _ in 0..AT_A_TIME {
        let make = make.clone();
        tasks.spawn(async move {
            let mut made = Vec::new();
            while made.len() < count.div_ceil(AT_A_TIME) && Instant::now() < end {
                made.extend(make().await.ok());
            }
            made
        });
    }
    let mut all = Vec::new();
    while let Some(made) = tasks.join_next().await {
        all.extend(made.expect("an attacker does not panic"));
    }
    all
}

impl Attacker {
    /// Speaks HTTP/2, and reads what comes.
    pub(super) async fn connect(address: &str) -> io::Result<Self> {
        Self::begin(address, &frames::settings(&[]), true).await
    }

    /// Speaks HTTP/2, with these settings; and reads what comes, or nothing.
    pub(super) async fn begin(address: &str, settings: &[u8], reads: bool) -> io::Result<Self> {
        let (reader, writer) = tcp(address).await?.into_split();
        let tally = Arc::new(Mutex::new(Tally { connections: 1, ..Tally::default() }));
        let reader =
            if reads { Ok(tokio::spawn(read(reader, tally.clone()))) } else { Err(reader) };
        let mut attacker = Self { writer, tally, _reader: reader };
        attacker.send(&[PREFACE, settings].concat(), 1).await?;
        Ok(attacker)
    }

    /// Sends so many frames.
    ///
    /// # Errors
    /// The server has closed the connection, or takes nothing more.
    pub(super) async fn send(&mut self, bytes: &[u8], frames: u64) -> io::Result<()> {
        let sent = timeout(PATIENCE, self.writer.write_all(bytes)).await;
        sent.map_err(io::Error::other)??;
        self.tally().frames += frames;
        Ok(())
    }

    pub(super) fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until what was answered fulfils a condition, or for long enough.
    pub(super) async fn until(&self, limit: Duration, fulfilled: impl Fn(&Tally) -> bool) -> Tally {
        let began = Instant::now();
        while began.elapsed() < limit && !fulfilled(&self.tally()) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        self.tally().clone()
    }
}

/// Counts what comes, until the connection ends.
async fn read(mut reader: OwnedReadHalf, tally: Arc<Mutex<Tally>>) {
    let count = |change: &dyn Fn(&mut Tally)| {
        change(&mut tally.lock().unwrap_or_else(PoisonError::into_inner));
    };
    loop {
        let mut head = [0; 9];
        if reader.read_exact(&mut head).await.is_err() {
            return count(&|tally| tally.closed += 1);
        }
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; length as usize];
        if reader.read_exact(&mut payload).await.is_err() {
            return count(&|tally| tally.closed += 1);
        }
        let number = |at: usize| -> u32 {
            payload
                .get(at..at + 4)
                .map_or(0, |bytes| u32::from_be_bytes(bytes.try_into().expect("four bytes")))
        };
        match head[3] {
            frames::DATA => count(&|tally| tally.bytes += u64::from(length)),
            HEADERS => count(&|tally| tally.answers += 1),
            RST_STREAM => count(&|tally| *tally.resets.entry(number(0)).or_default() += 1),
            GOAWAY => count(&|tally| *tally.goaways.entry(number(4)).or_default() += 1),
            _ => {}
        }
    }
}

/// Sends bursts of frames over so many connections at a time, each anew when the server has ended it, for a while.
pub(super) async fn flood(
    address: &str,
    connections: usize,
    lasts: Duration,
    opening: &[u8],
    burst: impl Fn(u32) -> (Vec<u8>, u64) + Clone + Send + 'static,
) -> Tally {
    let end = Instant::now() + lasts;
    let mut tasks = Vec::new();
    for _ in 0..connections {
        let (address, opening, burst) = (address.to_owned(), opening.to_vec(), burst.clone());
        tasks.push(tokio::spawn(async move {
            let mut all = Tally::default();
            while Instant::now() < end {
                let Ok(mut attacker) = Attacker::connect(&address).await else { continue };
                if attacker.send(&opening, 1).await.is_ok() {
                    let mut nth = 0;
                    while Instant::now() < end {
                        let (bytes, frames) = burst(nth);
                        nth += 1;
                        if attacker.send(&bytes, frames).await.is_err() {
                            break;
                        }
                        tokio::task::yield_now().await;
                    }
                }
                // What ended it may still be on its way.
                let told = |tally: &Tally| tally.closed > 0;
                all.add(&attacker.until(Duration::from_millis(200), told).await);
            }
            all
        }));
    }
    let mut all = Tally::default();
    for task in tasks {
        all.add(&task.await.expect("an attacker does not panic"));
    }
    all
}
