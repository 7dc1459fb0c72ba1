//! `paceline demo`: everything in one process. The broker is embedded and the organisation simulated; the
//! rest is the real path, from Kafka to a gRPC stream.

mod traffic;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, bail};
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use paceline_kafka::Cluster;
use paceline_sim::config::{self as sim_config, ConfigOptions};
use paceline_sim::format::Format;
use paceline_sim::{Entity, Options as Organising, Organisation, Simulation};
use tokio_util::sync::CancellationToken;

use crate::client::{Access, Usage};
use crate::clock::Clock;
use crate::config::{self, Config};
use crate::serve;
use crate::service::Service;
use crate::telemetry::Metrics;
use crate::watch;

use traffic::Traffic;

/// The least partitions of a topic.
const PARTITIONS_MIN: u32 = 12;
/// Reps whose history of a quarter fits a partition: the embedded broker keeps 5 MiB of each.
const REPS_PER_PARTITION: u32 = 10;

/// What is simulated, and for how long.
#[derive(Clone, Debug)]
pub struct Options {
    /// How long the demo runs; until it is told to end if absent.
    pub limit: Option<Duration>,
    /// How many reps there are, managers included.
    pub reps: u32,
    /// How many changes are made a second.
    pub rate: u32,
    /// What everything is drawn from.
    pub seed: u64,
    /// Where gRPC is served.
    pub grpc: SocketAddr,
    /// Where HTTP is served.
    pub http: SocketAddr,
    /// Whether other hosts may be served, of whom nobody is asked who they are.
    pub is_insecure: bool,
}

/// Runs the demo.
///
/// # Errors
/// [`Usage`]: other hosts could reach it. Otherwise it could not start, a part of it failed, or the engine did not read all that was
/// produced.
pub async fn run(options: Options) -> anyhow::Result<()> {
    check_exposure(&options)?;
    let stop = CancellationToken::new();
    serve::stop_on_signals(&stop)?;
    let metrics = Metrics::install()?;
    let cluster = Cluster::start()?;
    let (simulation, config) = organise(&options, &cluster)?;
    let settings = config.kafka.settings();
    let sources = config.sources.iter().map(|source| source.topic.clone()).collect();
    let service = Service::bind(config, Clock::System)?;
    let (live, address) = (service.live().clone(), service.grpc_address()?);
    let traffic = Traffic::new(&settings, simulation)?;
    let traffic = tokio::task::spawn_blocking(move || traffic.history())
        .await
        .context("the simulation panicked")??;
    let running = tokio::spawn(service.run(metrics, stop.clone()));
    let produced = tokio::spawn(traffic.live(options.rate, stop.clone()));
    let watching = watch::Options {
        access: Access::of(address.to_string()),
        limit: options.limit,
        title: format!("paceline demo · gRPC on {address} · HTTP on {}", options.http),
        ..watch::Options::default()
    };
    let watched = watch::run(watching, stop.clone()).await;
    stop.cancel();
    let produced = produced.await.context("the traffic panicked")??;
    running.await.context("the service panicked")??;
    watched?;
    check(&live, &sources, produced)
}

/// Refuses to serve other hosts unless that is asked for.
fn check_exposure(options: &Options) -> Result<(), Usage> {
    let mut addresses = [options.grpc, options.http].into_iter();
    let exposed = addresses.find(|address| config::is_exposed(*address));
    let Some(exposed) = exposed.filter(|_| !options.is_insecure) else { return Ok(()) };
    let message = "and the demo asks nobody who they are: listen on 127.0.0.1, or add --insecure where only trusted hosts reach it";
    Err(Usage(format!("other hosts can reach {exposed}, {message}")))
}

fn organise(options: &Options, cluster: &Cluster) -> anyhow::Result<(Simulation, Config)> {
    let today = Clock::System.now().to_zoned(TimeZone::UTC).date();
    let teams = (options.reps / 8).max(1);
    let organisation = Organisation::new(Organising::new(
        options.seed,
        options.reps,
        teams,
        quarter_start(today)?,
    ));
    let mut written = ConfigOptions::new(Format::debezium(), &cluster.brokers());
    written.server = (options.grpc.to_string(), options.http.to_string());
    let partitions = (options.reps / REPS_PER_PARTITION).max(PARTITIONS_MIN) as i32;
    for entity in Entity::ALL {
        cluster.make_topic(written.topic(entity), partitions)?;
        cluster.make_topic(&format!("{}.dlq", written.topic(entity)), 1)?;
    }
    let mut config = config::load_str(&sim_config::yaml(&organisation, &written), "demo.yaml")
        .map_err(|mistakes| anyhow::anyhow!("{mistakes}"))?;
    let config::Topics { goals, reps, alerts, status, audit } = &config.topics;
    for topic in [goals, reps, alerts, status, audit] {
        cluster.make_topic(topic, 1)?;
    }
    // The embedded broker does not wake a waiting fetch when something is produced.
    config.kafka.settings.insert("fetch.wait.max.ms".to_owned(), "10".into());
    Ok((Simulation::new(organisation), config))
}

fn quarter_start(today: Date) -> anyhow::Result<Date> {
    let into = i64::from((today.month() - 1) % 3);
    Ok(today.first_of_month().checked_sub(into.months())?)
}

/// The embedded broker drops what no longer fits without a word: what was produced must have been read.
fn check(
    live: &paceline_engine::Live,
    sources: &BTreeSet<String>,
    produced: traffic::Produced,
) -> anyhow::Result<()> {
    let known = live.freshness().sources();
    let known = known.iter().filter(|known| sources.contains(&known.topic));
    let taken: u64 = known.flat_map(|known| &known.partitions).map(|(_, known)| known.taken).sum();
    if taken < produced.before_stop {
        bail!(
            "the engine read {taken} of {} messages: the embedded broker dropped some",
            produced.before_stop
        );
    }
    Ok(())
}
