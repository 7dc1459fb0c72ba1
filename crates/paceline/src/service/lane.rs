//! A lane's thread: polls its partitions, has each record taken, commits, and tells how fresh it all is.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use paceline_crm::Message;
use paceline_engine::{Cause, Lane, Live, Partition};
use paceline_kafka::{DeadLetters, Health, Letter, PartitionHealth, Reader, Record};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;

/// How long a poll waits for a first record; also how soon a stop is noticed.
const WAIT: Duration = Duration::from_millis(100);
/// The most records of one commit: what a watcher waits for while there is much to read.
const MOST: usize = 8_192;
/// How often positions are committed.
const POSITIONS: Duration = Duration::from_secs(2);

/// A partition of the lane, as the thread needs to know it.
#[derive(Clone, Debug)]
pub(super) struct Spot {
    pub(super) partition: Partition,
    pub(super) topic: String,
    /// How many partitions the topic had at start.
    pub(super) of: usize,
    pub(super) dead_letter: Option<String>,
    /// Whether there was nothing to read at start.
    pub(super) empty: bool,
    /// The committed position: what could not be decoded before it was told and put aside by an earlier run.
    pub(super) settled: i64,
}

/// A lane and what it is driven by.
pub(super) struct Runner {
    live: Arc<Live>,
    lane: Lane,
    reader: Reader,
    letters: Arc<DeadLetters>,
    clock: Clock,
    spots: Vec<Spot>,
    links: Vec<Link>,
    positions: Vec<Option<i64>>,
    committed: Instant,
}

/// How a partition's connection to its leader has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    /// Up, and nothing is owed.
    Up,
    Down,
    /// Up again; what came meanwhile is not all read. Statistics of one more second must say so, since those
    /// of the first may be older than the first answer.
    Back,
    Recovering,
}

impl Runner {
    pub(super) fn new(
        live: Arc<Live>,
        lane: Lane,
        reader: Reader,
        letters: Arc<DeadLetters>,
        clock: Clock,
        spots: Vec<Spot>,
    ) -> Self {
        let (links, positions) = (vec![Link::Up; spots.len()], vec![None; spots.len()]);
        Self {
            live,
            lane,
            reader,
            letters,
            clock,
            spots,
            links,
            positions,
            committed: Instant::now(),
        }
    }

    pub(super) fn run(mut self, name: &str, stop: &CancellationToken) {
        tracing::info!(lane = name, partitions = self.spots.len(), "lane started");
        for at in 0..self.spots.len() {
            if self.spots[at].empty {
                self.caught_up(at);
            }
        }
        while !stop.is_cancelled() {
            self.turn();
        }
        self.letters.flush(POSITIONS);
        self.commit_positions();
        tracing::info!(lane = name, records = self.lane.records(), "lane ended");
    }

    fn turn(&mut self) {
        let Self { reader, lane, letters, spots, positions, clock, .. } = self;
        let polled = reader.poll(WAIT, MOST, |record| {
            positions[record.at] = Some(record.offset + 1);
            take(lane, letters, &spots[record.at], clock, record);
        });
        self.lane.commit(self.clock.now());
        for at in self.lane.reached() {
            self.caught_up(at);
        }
        if let Some(health) = self.reader.health() {
            self.observe(&health);
        }
        for error in polled.errors {
            tracing::error!(%error, "a partition cannot be read");
            self.live.set_cause(Cause::Unreadable { error }, true);
        }
        if self.committed.elapsed() >= POSITIONS {
            self.commit_positions();
        }
    }

    fn caught_up(&mut self, at: usize) {
        if self.lane.caught_up(at, self.clock.now()) {
            tracing::info!("caught up with all sources");
        }
    }

    fn observe(&mut self, health: &Health) {
        for (at, partition) in health.partitions.iter().enumerate() {
            self.observe_partition(at, *partition);
        }
        let topics: BTreeMap<&String, usize> =
            self.spots.iter().map(|spot| (&spot.topic, spot.of)).collect();
        for (topic, of) in topics {
            let links = self.spots.iter().zip(&self.links).filter(|(spot, _)| spot.topic == *topic);
            let links: Vec<Link> = links.map(|(_, link)| *link).collect();
            let owed = |link: &Link| matches!(link, Link::Back | Link::Recovering);
            let added = health.counts.get(topic).is_some_and(|count| *count > of);
            let topic = || topic.clone();
            self.live.set_cause(
                Cause::BrokerUnreachable { topic: topic() },
                links.contains(&Link::Down),
            );
            self.live.set_cause(Cause::Recovering { topic: topic() }, links.iter().any(owed));
            self.live.set_cause(Cause::PartitionsAdded { topic: topic() }, added);
        }
    }

    fn observe_partition(&mut self, at: usize, health: PartitionHealth) {
        let Partition { source, number, .. } = self.spots[at].partition;
        if let Some(end) = health.end_offset {
            self.live
                .freshness()
                .update(source, number, |known| known.end_offset = known.end_offset.max(end));
        }
        if health.drained && health.reachable {
            self.caught_up(at);
        }
        self.links[at] = match self.links[at] {
            _ if !health.reachable => Link::Down,
            Link::Down => Link::Back,
            Link::Back => Link::Recovering,
            Link::Recovering if !health.drained => Link::Recovering,
            Link::Recovering | Link::Up => Link::Up,
        };
    }

    /// Positions may only pass a message that cannot be decoded when it stands on its dead-letter topic.
    fn commit_positions(&mut self) {
        self.committed = Instant::now();
        if !self.letters.all_delivered() {
            return;
        }
        let positions = self.positions.iter_mut().enumerate();
        let moved =
            positions.filter_map(|(at, position)| position.take().map(|offset| (at, offset)));
        if let Err(error) = self.reader.commit(moved) {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "positions were not committed"
            );
        }
    }
}

fn take(lane: &mut Lane, letters: &DeadLetters, spot: &Spot, clock: &Clock, record: &Record<'_>) {
    let time = record.timestamp_ms.and_then(|ms| Timestamp::from_millisecond(ms).ok());
    let message = Message {
        key: record.key,
        value: record.value,
        time: time.unwrap_or_else(|| clock.now()),
        offset: record.offset,
    };
    let Err(rejected) = lane.take(record.at, &message) else { return };
    if record.offset >= spot.settled {
        put_aside(letters, spot, record, &rejected.error);
    }
}

fn put_aside(
    letters: &DeadLetters,
    spot: &Spot,
    record: &Record<'_>,
    error: &paceline_crm::DecodeError,
) {
    let Spot { topic, partition, dead_letter, .. } = spot;
    let reason = error.to_string();
    tracing::warn!(
        topic,
        partition = partition.number,
        offset = record.offset,
        reason,
        "message cannot be decoded"
    );
    let Some(to) = dead_letter else { return };
    let letter =
        Letter { to, topic, partition: partition.number, record: *record, reason: &reason };
    if let Err(error) = letters.send(&letter) {
        tracing::error!(error = &error as &dyn std::error::Error, "message was not put aside");
    }
}
