//! One watcher, and a plain consumer of the same messages beside it in the same process.

use std::io::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use clap::Args;
use paceline_benches::config::CONSUMER;
use paceline_client::proto::{Selector, WatchStandingsRequest};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::{ClientConfig, Message as _, Offset, TopicPartitionList};
use serde::Deserialize;
use tokio::runtime::Builder;

use crate::clients::{Counters, begin, connect, follow_input};
use crate::latency::Ages;
use crate::load::Stream;
use crate::world::{PARTITIONS, TOPIC, micros_since};

/// One watcher.
#[derive(Args, Clone, Debug)]
pub(crate) struct One {
    /// The server, `host:port`
    #[arg(long)]
    grpc: String,
    /// The brokers
    #[arg(long)]
    brokers: String,
    /// The instant that amounts count from, in microseconds since 1970
    #[arg(long)]
    base: u64,
}

impl One {
    /// It as arguments.
    pub(crate) fn arguments(grpc: &str, brokers: &str, base: u64) -> Vec<String> {
        vec![
            "one".to_owned(),
            format!("--grpc={grpc}"),
            format!("--brokers={brokers}"),
            format!("--base={base}"),
        ]
    }
}

/// As much of a change as tells when it was sent.
#[derive(Deserialize)]
struct Change {
    set: Set,
}

#[derive(Deserialize)]
struct Set {
    #[serde(rename = "Amount")]
    amount: u64,
}

/// Runs both until the input ends.
pub(crate) fn run(one: &One) -> anyhow::Result<()> {
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    let counters = Arc::new(Counters::new(one.base));
    let selector = Selector { scopes: vec!["rep:R0".to_owned()], ..Selector::default() };
    let min_interval = Some(prost_types::Duration::default());
    let request =
        WatchStandingsRequest { selector: Some(selector), min_interval, ..Default::default() };
    runtime.block_on(async {
        begin(connect(&one.grpc).await?, Stream::anonymous(request), false, counters.clone()).await
    })?;
    let (ages, ends) = (Arc::new(Ages::new()), Arc::new(AtomicBool::new(false)));
    let consumer = consumer(one)?;
    let reading = thread::spawn({
        let (ages, ends, base) = (ages.clone(), ends.clone(), one.base);
        move || read(&consumer, &ages, &ends, base)
    });
    let say = |line: &str| anyhow::Ok(writeln!(io::stdout(), "{line}")?);
    say("open")?;
    follow_input(&counters, Some(&ages), say)?;
    ends.store(true, Ordering::Relaxed);
    reading.join().map_err(|_| anyhow::anyhow!("the consumer panicked"))?;
    runtime.shutdown_background();
    Ok(())
}

fn consumer(one: &One) -> anyhow::Result<BaseConsumer> {
    let mut settings = ClientConfig::new();
    settings.set("bootstrap.servers", &one.brokers).set("group.id", "bench-one");
    CONSUMER.iter().for_each(|(key, value)| {
        settings.set(*key, *value);
    });
    let consumer: BaseConsumer = settings.create()?;
    let mut assigned = TopicPartitionList::new();
    for partition in 0..PARTITIONS {
        assigned.add_partition_offset(TOPIC, partition, Offset::End)?;
    }
    consumer.assign(&assigned)?;
    Ok(consumer)
}

fn read(consumer: &BaseConsumer, ages: &Ages, ends: &AtomicBool, base: u64) {
    while !ends.load(Ordering::Relaxed) {
        let Some(Ok(message)) = consumer.poll(Duration::from_millis(100)) else { continue };
        let change = message.payload().and_then(|value| serde_json::from_slice(value).ok());
        if let Some(Change { set }) = change {
            ages.add(micros_since(base).saturating_sub(set.amount));
        }
    }
}
