//! The intake: finds the partitions of the sources, deals them out to lanes, and runs each lane on a thread
//! of its own.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::Context;
use paceline_engine::{Cause, Feed, Lane, Live, Partition, ShardPlan, Source};
use paceline_kafka::{Assigned, DeadLetters, Error, Reader, Settings, Topic, Topics};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::lane::{self, Spot};
use super::own::{Around, Own};
use crate::clock::Clock;
use crate::config::{self, Config};

/// How long to wait before the brokers are asked again.
const AGAIN: Duration = Duration::from_secs(1);

pub(super) async fn run(
    config: Config,
    settings: Settings,
    live: Arc<Live>,
    letters: Arc<DeadLetters>,
    clock: Clock,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let Some(topics) = until_stopped(&stop, describe(&config, &settings, &live)).await else {
        return Ok(());
    };
    let (topics, own) = topics?;
    for topic in topics.iter().chain(own.kept()) {
        if topic.partitions.iter().any(|offsets| offsets.low > 0) {
            tracing::warn!(
                topic = topic.name,
                "the topic's beginning is gone; what stood there is not counted"
            );
            live.set_cause(Cause::Truncated { topic: topic.name.clone() }, true);
        }
    }
    live.expect(topics.iter().chain(own.all()).map(|topic| topic.partitions.len()).sum());
    let plan = ShardPlan::new(&feeds(&config, &topics), &ties(&config));
    let lanes =
        config.kafka.lanes.unwrap_or_else(|| thread::available_parallelism().map_or(1, Into::into));
    let lane_of_shard = plan.lanes(lanes);
    let mut running = JoinSet::new();
    for lane in 0..lanes {
        let spots = spots(&config, &topics, &plan, &lane_of_shard, lane);
        if spots.is_empty() {
            continue;
        }
        let runner = runner(&config, &topics, &settings, &live, &letters, clock, spots)?;
        let stop = stop.clone();
        running.spawn_blocking(move || runner.run(&format!("lane-{lane}"), &stop));
    }
    let around = Around { live: &live, clock, stop: &stop };
    own.follow(topics.len(), &config, &settings, &around, &mut running)?;
    // The first lane that panics ends the service: its partitions would stand still unseen.
    while let Some(ended) = running.join_next().await {
        ended.context("a lane panicked")?;
    }
    letters.flush(Duration::from_secs(5));
    Ok(())
}

async fn until_stopped<T>(stop: &CancellationToken, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        () = stop.cancelled() => None,
        done = work => Some(done),
    }
}

/// The topics of the sources and the service's own, as soon as the brokers answer and all of them exist; dead-letter topics
/// and the service's own are made when missing.
async fn describe(
    config: &Config,
    settings: &Settings,
    live: &Arc<Live>,
) -> anyhow::Result<(Vec<Topic>, Own)> {
    let topics = Arc::new(Topics::new(settings)?);
    let mut described = Vec::new();
    for source in &config.sources {
        let topic = patiently(|| ask(&topics, &source.topic, Topics::describe)).await?;
        if let Some(dead_letter) = &source.dead_letter
            && !patiently(|| ask(&topics, dead_letter, Topics::exists)).await?
        {
            topics.make(dead_letter, topic.partitions.len() as i32).await?;
        }
        described.push(topic);
    }
    Ok((described, Own::describe(config, &topics, live).await?))
}

/// Asks the brokers about a topic, which blocks a thread, on a thread for that.
pub(super) async fn ask<T: Send + 'static>(
    topics: &Arc<Topics>,
    topic: &str,
    question: fn(&Topics, &str) -> Result<T, Error>,
) -> Result<T, Error> {
    let (topics, topic) = (topics.clone(), topic.to_owned());
    match tokio::task::spawn_blocking(move || question(&topics, &topic)).await {
        Ok(answer) => answer,
        Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
    }
}

/// Asks until there is an answer: brokers come up after their clients, topics after their first producer.
pub(super) async fn patiently<T, F: Future<Output = Result<T, Error>>>(
    ask: impl Fn() -> F,
) -> Result<T, Error> {
    loop {
        match ask().await {
            Err(
                error @ (Error::Unreachable { .. } | Error::NoTopic { .. } | Error::Offsets { .. }),
            ) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "waiting for Kafka");
                tokio::time::sleep(AGAIN).await;
            }
            answer => return answer,
        }
    }
}

fn feeds(config: &Config, topics: &[Topic]) -> Vec<Feed> {
    let feed = |(source, topic): (&config::Source, &Topic)| Feed {
        partitions: topic.partitions.len(),
        entities: config.feeds(source).into_iter().map(|entity| entity.0.into()).collect(),
        keyed: source.keyed,
    };
    config.sources.iter().zip(topics).map(feed).collect()
}

/// The entities whose records must be kept together.
fn ties(config: &Config) -> Vec<(usize, usize)> {
    let ties = config.model.ties().into_iter();
    ties.map(|(one, other)| (one.0.into(), other.0.into())).collect()
}

/// The partitions of one lane.
fn spots(
    config: &Config,
    topics: &[Topic],
    plan: &ShardPlan,
    lane_of_shard: &[usize],
    lane: usize,
) -> Vec<Spot> {
    let mut spots = Vec::new();
    for (source, topic) in topics.iter().enumerate() {
        for (number, offsets) in topic.partitions.iter().enumerate() {
            let shard = plan.shard_of[source][number];
            if lane_of_shard[shard] != lane {
                continue;
            }
            let partition =
                Partition { source, number: number as i32, shard, target: offsets.high };
            spots.push(Spot {
                partition,
                topic: topic.name.clone(),
                of: topic.partitions.len(),
                dead_letter: config.sources[source].dead_letter.clone(),
                empty: offsets.low >= offsets.high,
                settled: offsets.committed.unwrap_or(0),
            });
        }
    }
    spots
}

fn runner(
    config: &Config,
    topics: &[Topic],
    settings: &Settings,
    live: &Arc<Live>,
    letters: &Arc<DeadLetters>,
    clock: Clock,
    spots: Vec<Spot>,
) -> anyhow::Result<lane::Runner> {
    let assigned = spots
        .iter()
        .map(|spot| Assigned { topic: spot.topic.clone(), partition: spot.partition.number });
    let reader = Reader::new(settings, assigned.collect())?;
    let partitions: Vec<Partition> = spots.iter().map(|spot| spot.partition).collect();
    let lane = Lane::new(live.clone(), sources(config, topics), &partitions);
    Ok(lane::Runner::new(live.clone(), lane, reader, letters.clone(), clock, spots, config.max_lag))
}

fn sources(config: &Config, topics: &[Topic]) -> Vec<Source> {
    let source = |(source, topic): (&config::Source, &Topic)| Source {
        topic: source.topic.clone(),
        decoder: config.decoder(source),
        // In a single partition every record is in its place.
        keyed: config.keyed_by_id(source) && topic.partitions.len() > 1,
    };
    config.sources.iter().zip(topics).map(source).collect()
}
