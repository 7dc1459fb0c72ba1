//! What each step of the engine costs per event, on one thread and without Kafka.
//!
//! The same messages are decoded alone and then taken by a lane, chunk by chunk; the difference is what merging records
//! and folding them costs. All events are taken, since records cost more once they no longer fit into the caches.

use std::fmt;
use std::hint::black_box;

use anyhow::ensure;
use paceline_benches::config;
use paceline_benches::events::{Events, organisation};
use paceline_benches::feed::{Feed, as_read, decoder, partition};
use paceline_crm::Decoder;
use paceline_sim::format::Messages;

use crate::process::thread_nanoseconds;

/// As many messages as a lane commits at once when there is much to read.
const CHUNK: usize = 8_192;

/// Nanoseconds of processor time per event.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Steps {
    pub(crate) decode: f64,
    pub(crate) fold: f64,
}

/// Feeds a lane with so many events.
pub(crate) fn run(count: u64) -> anyhow::Result<Steps> {
    let config = config::load(&organisation())?;
    let (mut feed, mut decoder) = (Feed::new(&config), decoder(&config));
    let (mut events, mut messages) = (Events::default(), Messages::default());
    let (mut taken, mut spent) = (0, [0; 2]);
    while taken < count {
        events.next_into(&mut messages, CHUNK);
        let chunk = chunk(&mut decoder, &mut feed, &messages)?;
        spent.iter_mut().zip(chunk).for_each(|(spent, chunk)| *spent += chunk);
        taken += messages.len() as u64;
    }
    let [decode, take] = spent.map(|spent| spent as f64 / taken as f64);
    Ok(Steps { decode, fold: take - decode })
}

/// Nanoseconds of decoding a chunk, and of taking it.
fn chunk(decoder: &mut Decoder, feed: &mut Feed, messages: &Messages) -> anyhow::Result<[u64; 2]> {
    let partitions: Vec<usize> = messages.iter().map(|message| partition(&message)).collect();
    let start = thread_nanoseconds()?;
    let decoded = messages
        .iter()
        .filter(|message| black_box(decoder.decode(&as_read(message, 0))).is_ok())
        .count();
    let decode = thread_nanoseconds()?;
    let taken = feed.take(partitions.iter().copied().zip(messages.iter()));
    let take = thread_nanoseconds()?;
    ensure!(decoded == messages.len() && taken == messages.len(), "an event could not be decoded");
    Ok([decode - start, take - decode])
}

impl fmt::Display for Steps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { decode, fold } = self;
        write!(f, "decode {decode:.0} ns, record and fold {fold:.0} ns")
    }
}
