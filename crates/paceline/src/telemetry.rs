//! Logs and metrics: set up once, before anything runs.

use std::io::IsTerminal;
use std::sync::Arc;

use anyhow::Context;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

/// The buckets of histograms, which count messages.
const BUCKETS: [f64; 7] = [1.0, 4.0, 16.0, 64.0, 256.0, 1024.0, 4096.0];

/// The metrics of the process.
#[derive(Clone)]
pub struct Metrics {
    handle: Arc<PrometheusHandle>,
}

impl Metrics {
    /// Installs the recorder of metrics.
    ///
    /// # Errors
    /// Another recorder is installed.
    pub fn install() -> anyhow::Result<Self> {
        let builder = PrometheusBuilder::new().set_buckets(&BUCKETS).context("no buckets")?;
        let handle = builder.install_recorder().context("metrics cannot be recorded")?;
        paceline_engine::describe();
        paceline_kafka::describe();
        paceline_grpc::describe();
        paceline_auth::describe();
        crate::service::audit::metric::describe();
        Ok(Self { handle: Arc::new(handle) })
    }

    /// All metrics in Prometheus' text format.
    pub fn render(&self) -> String {
        self.handle.run_upkeep();
        self.handle.render()
    }
}

/// Sends logs to standard error: as text to a terminal, else as JSON lines. `PACELINE_LOG` sets levels, as in
/// `info,paceline_kafka=debug`; without it they are as given.
pub fn log(levels: &str) {
    let filter = EnvFilter::try_from_env("PACELINE_LOG").unwrap_or_else(|_| EnvFilter::new(levels));
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if std::io::stderr().is_terminal() {
        subscriber.init();
    } else {
        subscriber.json().init();
    }
}
