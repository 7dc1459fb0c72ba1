//! The service: what `serve` and `demo` run. It wires Kafka to the engine and the engine to gRPC and HTTP.

mod access;
pub mod alerts;
pub(crate) mod audit;
mod files;
pub mod goals;
mod http;
mod intake;
mod lane;
mod log;
mod own;
mod reps;
mod ticker;

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use paceline_core::day::Day;
use paceline_core::roster::ORG;
use paceline_engine::Live;
use paceline_grpc::{Origin, Served, Server};
use paceline_kafka::DeadLetters;
use tokio::net::{TcpListener, TcpSocket};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::config::Config;
use crate::telemetry::Metrics;
use access::Access;

/// A service that is listening, and not reading yet.
pub struct Service {
    config: Config,
    clock: Clock,
    live: Arc<Live>,
    access: Access,
    grpc: TcpListener,
    http: TcpListener,
}

impl Service {
    /// Takes the addresses of the config.
    ///
    /// # Errors
    /// An address cannot be listened on, or a file of keys or certificates cannot be used.
    pub fn bind(config: Config, clock: Clock) -> anyhow::Result<Self> {
        let topics = config.sources.iter().map(|source| source.topic.clone()).collect();
        let (model, roster) = (Arc::new(config.model.clone()), Arc::new(config.roster.clone()));
        // What lies behind is not asked for again: the clock does not turn back.
        let today = Day::of(clock.now(), roster.zone(ORG));
        let rates = config.rates.clone().since(today);
        let feeds = config.sources.iter().map(|source| config.feeds(source)).collect();
        let live = Live::new(model, roster, topics)
            .with_feeds(feeds)
            .with_rates(rates)
            .with_reps(config.facts.clone(), config.reps_from.clone())
            .with_own(config.topics.goals.clone())
            .with_own(config.topics.reps.clone())
            .with_own(config.topics.status.clone())
            .with_own(config.topics.alerts.clone())
            .with_hold(config.alerts.hold);
        Ok(Self {
            live: Arc::new(live),
            access: Access::new(&config)?,
            grpc: listen("server.grpc", config.server.grpc)?,
            http: listen("server.http", config.server.http)?,
            config,
            clock,
        })
    }

    /// Where gRPC is served.
    ///
    /// # Errors
    /// The listener has lost its address.
    pub fn grpc_address(&self) -> anyhow::Result<SocketAddr> {
        Ok(self.grpc.local_addr()?)
    }

    /// Where HTTP is served.
    ///
    /// # Errors
    /// The listener has lost its address.
    pub fn http_address(&self) -> anyhow::Result<SocketAddr> {
        Ok(self.http.local_addr()?)
    }

    /// The live board.
    pub fn live(&self) -> &Arc<Live> {
        &self.live
    }

    /// Runs until `stop`, then ends the streams and the lanes.
    ///
    /// # Errors
    /// A part of the service failed; the others are ended then.
    pub async fn run(self, metrics: Metrics, stop: CancellationToken) -> anyhow::Result<()> {
        let Self { config, clock, live, access, grpc, http } = self;
        let settings = config.kafka.settings();
        let (desk, clerk) = audit::desk(&config, &settings, live.clone())?;
        let closing = CancellationToken::new();
        let audit = spawn("the audit log", &stop, clerk.run(stop.clone(), closing.clone()));
        let served = Served {
            live: live.clone(),
            clock: clock.shared(),
            wall: Clock::System.shared(),
            append_goal: goals::appender(&settings, &config.topics.goals)?,
            identify: access.identify.clone(),
            ranks_only: config.auth.as_ref().is_some_and(|auth| auth.ranks_only),
            audit: Some(Arc::new(desk)),
            limits: files::within(config.server.limits.clone()),
        };
        let mut server = Server::new(served, stop.clone()).await?;
        if let Some(secured) = access.secured() {
            server = server.secured_by(secured);
        }
        let server = Arc::new(server);
        let pages = http::pages(live.clone(), metrics);
        let origins = config.server.origins.clone();
        let letters = Arc::new(DeadLetters::new(&settings)?);
        let parts = [
            spawn("gRPC", &stop, serve_grpc(server.clone(), grpc)),
            spawn("HTTP", &stop, serve_http(server, http, pages, origins)),
            spawn("the certificates", &stop, access.keep(stop.clone())),
            spawn("the clock", &stop, ticker::run(live.clone(), clock, stop.clone())),
            spawn(
                "the intake",
                &stop,
                intake::run(config, settings, live, letters, clock, stop.clone()),
            ),
        ];
        let mut outcome = Ok(());
        for part in parts {
            outcome = outcome.and(ended(part).await);
        }
        // Nobody is served any longer, so that nothing can come to be written.
        closing.cancel();
        outcome.and(ended(audit).await)
    }
}

async fn ended(part: tokio::task::JoinHandle<anyhow::Result<()>>) -> anyhow::Result<()> {
    part.await.context("a part of the service panicked")?
}

async fn serve_grpc(server: Arc<Server>, listener: TcpListener) -> anyhow::Result<()> {
    server.grpc(listener).await;
    Ok(())
}

async fn serve_http(
    server: Arc<Server>,
    listener: TcpListener,
    pages: Router,
    origins: Vec<Origin>,
) -> anyhow::Result<()> {
    server.web(listener, pages, &origins).await;
    Ok(())
}

/// Runs a part of the service; when it ends for whatever reason, the others are ended with it.
fn spawn<E: Into<anyhow::Error>>(
    name: &'static str,
    stop: &CancellationToken,
    part: impl Future<Output = Result<(), E>> + Send + 'static,
) -> tokio::task::JoinHandle<anyhow::Result<()>> {
    let guard = stop.clone().drop_guard();
    tokio::spawn(async move {
        let ended = part.await.map_err(Into::into).with_context(|| format!("{name} failed"));
        drop(guard);
        ended
    })
}

/// Connections that may wait to be accepted; the system has a say too. Who comes when as many wait is not heard for a second.
const BACKLOG: u32 = 4_096;

fn listen(key: &str, address: SocketAddr) -> anyhow::Result<TcpListener> {
    let listen = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        // A service that is started again takes the address of which connections are still ending.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    listen().with_context(|| format!("cannot listen on {address} ({key})"))
}
