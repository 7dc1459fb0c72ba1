//! A lane's thread: polls its partitions, has each record taken, commits, and tells how fresh it all is.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use paceline_crm::Message;
use paceline_engine::{Cause, Lane, Link, Live, Partition};
use paceline_kafka::{DeadLetters, Health, Leader, Letter, PartitionHealth, Reader, Record};
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
    leaders: Vec<Leader>,
    positions: Vec<Option<i64>>,
    committed: Instant,
    /// For how long what has come may stay uncounted.
    patience: SignedDuration,
}

/// What the engine calls it.
pub(super) fn link(leader: Leader) -> Link {
    match leader {
        Leader::Up => Link::Up,
        Leader::Down => Link::Down,
        Leader::Back | Leader::Recovering => Link::Recovering,
    }
}

impl Runner {
    pub(super) fn new(
        live: Arc<Live>,
        lane: Lane,
        reader: Reader,
        letters: Arc<DeadLetters>,
        clock: Clock,
        spots: Vec<Spot>,
        patience: SignedDuration,
    ) -> Self {
        let leaders = vec![Leader::Up; spots.len()];
        let positions = vec![None; spots.len()];
        Self {
            live,
            lane,
            reader,
            letters,
            clock,
            spots,
            leaders,
            positions,
            committed: Instant::now(),
            patience,
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
            self.turn(stop);
        }
        self.letters.flush(POSITIONS);
        self.commit_positions();
        tracing::info!(lane = name, records = self.lane.records(), "lane ended");
    }

    fn turn(&mut self, stop: &CancellationToken) {
        let Self { reader, lane, letters, spots, positions, clock, .. } = self;
        let polled = reader.poll(WAIT, MOST, |records| {
            let messages = records.iter().map(|record| (record.at, message(record, clock)));
            lane.take(messages, |nth, error| {
                let record = &records[nth];
                let spot = &spots[record.at];
                if record.offset >= spot.settled {
                    put_aside(letters, spot, record, &error, stop);
                }
            });
            for record in records {
                positions[record.at] = Some(record.offset + 1);
            }
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
        self.lane.caught_up(at, self.clock.now());
    }

    fn observe(&mut self, health: &Health) {
        for (at, partition) in health.partitions.iter().enumerate() {
            self.observe_partition(at, *partition);
        }
        for Spot { topic, of, .. } in &self.spots {
            if health.counts.get(topic).is_some_and(|count| count > of) {
                self.live.set_cause(Cause::PartitionsAdded { topic: topic.clone() }, true);
            }
        }
    }

    fn observe_partition(&mut self, at: usize, health: PartitionHealth) {
        let Partition { source, number, .. } = self.spots[at].partition;
        self.leaders[at] = self.leaders[at].after(health);
        let link = link(self.leaders[at]);
        let (now, end) = (self.clock.now(), health.end_offset.unwrap_or_default());
        self.live.update_partition(source, number, |known| {
            known.link = link;
            known.hear(end, health.drained, now, self.patience);
        });
        if health.drained && health.reachable {
            self.caught_up(at);
        }
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

fn message<'a>(record: &Record<'a>, clock: &Clock) -> Message<'a> {
    let time = record.timestamp_ms.and_then(|ms| Timestamp::from_millisecond(ms).ok());
    Message {
        key: record.key,
        value: record.value,
        time: time.unwrap_or_else(|| clock.now()),
        offset: record.offset,
    }
}

/// Tells of a message that cannot be decoded, and puts it on the dead-letter topic; waits while that cannot be
/// written, so that none is dropped, unless the service is to end.
fn put_aside(
    letters: &DeadLetters,
    spot: &Spot,
    record: &Record<'_>,
    error: &paceline_crm::DecodeError,
    stop: &CancellationToken,
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
    if let Err(error) = letters.send(&letter, || stop.is_cancelled()) {
        tracing::error!(error = &error as &dyn std::error::Error, "message was not put aside");
    }
}
