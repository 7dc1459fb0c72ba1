//! What each step of the engine costs per event, on one thread and without Kafka.
//!
//! The same messages are decoded alone and then taken by a lane, chunk by chunk; the difference is what merging records
//! and folding them costs. All events are taken, since records cost more once they no longer fit into the caches.

use std::fmt;
use std::hint::black_box;

use anyhow::ensure;
use jiff::Timestamp;
use paceline::config::Config;
use paceline_benches::events::{Events, organisation};
use paceline_benches::feed::{Feed, as_read, decoder, partition};
use paceline_benches::{config, preset};
use paceline_crm::Decoder;
use paceline_sim::format::{Format, Messages};

use paceline_benches::process::thread_nanoseconds;

/// As many messages as a lane commits at once when there is much to read.
const CHUNK: usize = 8_192;

/// Nanoseconds of processor time per event.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Steps {
    pub(crate) decode: f64,
    pub(crate) fold: f64,
}

/// The steps of three KPIs and those of the preset of sixteen, over the same events.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Growth {
    pub(crate) three: Steps,
    pub(crate) sixteen: Steps,
}

/// By how much the fold may grow at most from three KPIs to sixteen.
const GROWTH_MAX: f64 = 3.0;

/// Feeds a lane with so many events.
pub(crate) fn run(count: u64) -> anyhow::Result<Steps> {
    let [steps] = measure([config::load(&organisation())?], Events::default(), count)?;
    Ok(steps)
}

/// Feeds two lanes in turn with so many events.
pub(crate) fn growth(count: u64) -> anyhow::Result<Growth> {
    let organisation = preset::organisation();
    let configs = [preset::three(&organisation)?, preset::sixteen(&organisation)?];
    let events = Events::of(organisation, Format::salesforce());
    let [three, sixteen] = measure(configs, events, count)?;
    Ok(Growth { three, sixteen })
}

/// The steps by each of some configs, chunk by chunk in turn, since what disturbs the machine then disturbs all.
fn measure<const N: usize>(
    configs: [Config; N],
    mut events: Events,
    count: u64,
) -> anyhow::Result<[Steps; N]> {
    let mut lanes = configs.map(|config| Measured::new(&config));
    let (mut messages, mut taken) = (Messages::default(), 0);
    while taken < count {
        events.next_into(&mut messages, CHUNK);
        lanes.iter_mut().try_for_each(|lane| lane.take(&messages))?;
        taken += messages.len() as u64;
    }
    Ok(lanes.map(|lane| lane.steps(taken)))
}

/// A lane, a decoder beside it, and what both have spent.
struct Measured {
    decoder: Decoder,
    feed: Feed,
    decode: u64,
    take: u64,
}

impl Measured {
    fn new(config: &Config) -> Self {
        Self { decoder: decoder(config), feed: Feed::new(config), decode: 0, take: 0 }
    }

    /// Decodes a chunk, and lets the lane take it.
    fn take(&mut self, messages: &Messages) -> anyhow::Result<()> {
        let partitions: Vec<usize> = messages.iter().map(|message| partition(&message)).collect();
        let start = thread_nanoseconds()?;
        let decoded = messages
            .iter()
            .filter(|message| black_box(self.decoder.decode(&as_read(message, 0))).is_ok())
            .count();
        let decode = thread_nanoseconds()?;
        let taken = self.feed.take(partitions.iter().copied().zip(messages.iter()));
        let take = thread_nanoseconds()?;
        ensure!(
            decoded == messages.len() && taken == messages.len(),
            "an event could not be decoded"
        );
        self.decode += decode - start;
        self.take += take - decode;
        // As a lane does. What that costs is not a step of an event.
        self.feed.commit(Timestamp::UNIX_EPOCH);
        Ok(())
    }

    /// What each step took for each of so many events.
    fn steps(&self, events: u64) -> Steps {
        let [decode, take] = [self.decode, self.take].map(|spent| spent as f64 / events as f64);
        Steps { decode, fold: take - decode }
    }
}

impl fmt::Display for Steps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { decode, fold } = self;
        write!(f, "decode {decode:.0} ns, record and fold {fold:.0} ns")
    }
}

impl fmt::Display for Growth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (three, sixteen) = (self.three.fold, self.sixteen.fold);
        let growth = sixteen / three;
        let verdict = if growth < GROWTH_MAX { "reached" } else { "missed" };
        write!(
            f,
            "record and fold of an event: {three:.0} ns with 3 KPIs, {sixteen:.0} ns with the preset's 16: {growth:.2} × \
             (target: under {GROWTH_MAX} ×, {verdict})"
        )
    }
}
