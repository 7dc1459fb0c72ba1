//! `paceline serve`: the service by a config, until it is told to end.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::config::Config;
use crate::service::Service;
use crate::telemetry::Metrics;

/// Runs the service until SIGTERM or SIGINT.
///
/// # Errors
/// It could not start, or a part of it failed.
pub async fn run(config: Config, clock: Clock) -> anyhow::Result<()> {
    let stop = CancellationToken::new();
    stop_on_signals(&stop)?;
    let metrics = Metrics::install()?;
    for note in &config.notes {
        tracing::warn!(note, "config");
    }
    for risk in &config.risks.0 {
        tracing::warn!(risk = risk.message, "insecure, as asked for");
    }
    let service = Service::bind(config, clock)?;
    tracing::info!(grpc = %service.grpc_address()?, http = %service.http_address()?, "paceline serves");
    service.run(metrics, stop).await
}

/// Cancels `stop` at the first SIGTERM or SIGINT.
///
/// # Errors
/// Signals cannot be listened for.
pub fn stop_on_signals(stop: &CancellationToken) -> anyhow::Result<()> {
    let (mut terminate, mut interrupt) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let stop = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        stop.cancel();
    });
    Ok(())
}
