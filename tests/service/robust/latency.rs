//! How long updates take from the service that makes them to clients that have them.

use std::{fmt, ops::Range, time::Duration};

use jiff::Timestamp;
use paceline_client::proto::watch_standings_response::Frame;
use paceline_tests::history::{History, Told};

/// What the updates of some clients took.
pub(super) struct Latency {
    pub(super) updates: usize,
    pub(super) p50: Duration,
    pub(super) p99: Duration,
}

impl Latency {
    /// Of the updates that came to some clients in a part of a run.
    pub(super) fn of(history: &History, clients: &Range<usize>, when: &Range<Duration>) -> Self {
        let streams = history.streams.iter().filter(|stream| clients.contains(&stream.client));
        let told = streams.flat_map(|stream| &stream.told).filter(|told| when.contains(&told.at));
        let mut took: Vec<Duration> = told.filter_map(|told| took(history, told)).collect();
        took.sort_unstable();
        let at =
            |hundredth: usize| took.get(took.len() * hundredth / 100).copied().unwrap_or_default();
        Self { updates: took.len(), p50: at(50), p99: at(99) }
    }
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { updates, p50, p99 } = self;
        write!(f, "p50 {p50:?}, p99 {p99:?} of {updates} updates")
    }
}

fn took(history: &History, told: &Told) -> Option<Duration> {
    let is_update = matches!(told.message.frame, Some(Frame::Update(_)));
    let emitted = told.message.emitted_at.filter(|_| is_update)?;
    let emitted = Timestamp::new(emitted.seconds, emitted.nanos).ok()?;
    let came = history.began + told.at;
    // A clock that is set while it runs may go back a little.
    Some(came.duration_since(emitted).try_into().unwrap_or(Duration::ZERO))
}
