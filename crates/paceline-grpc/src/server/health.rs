//! Health: not serving until the sources are caught up, from then on serving.

use paceline_engine::Live;
use tokio_util::sync::CancellationToken;
use tonic::server::NamedService as _;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use crate::alerts::Alerts;
use crate::catalog::Catalog;
use crate::goals::Goals;
use crate::proto::alerts_service_server::AlertsServiceServer;
use crate::proto::catalog_service_server::CatalogServiceServer;
use crate::proto::goals_service_server::GoalsServiceServer;
use crate::proto::standings_service_server::StandingsServiceServer;
use crate::standings::Standings;

/// The names that are asked about; the empty one is the whole server.
const NAMES: [&str; 5] = [
    "",
    StandingsServiceServer::<Standings>::NAME,
    CatalogServiceServer::<Catalog>::NAME,
    GoalsServiceServer::<Goals>::NAME,
    AlertsServiceServer::<Alerts>::NAME,
];

/// Says that nothing is served yet.
pub(super) async fn begin(health: &HealthReporter) {
    set(health, ServingStatus::NotServing).await;
}

/// Says that everything is served once the board opens. At shutdown those who watch the health are let go.
pub(super) async fn follow(mut health: HealthReporter, live: &Live, shutdown: &CancellationToken) {
    let mut signal = live.subscribe();
    while !live.is_open() && !shutdown.is_cancelled() {
        tokio::select! {
            () = shutdown.cancelled() => {}
            changed = signal.changed() => if changed.is_err() { break },
        }
    }
    if live.is_open() {
        set(&health, ServingStatus::Serving).await;
    }
    shutdown.cancelled().await;
    for name in NAMES {
        health.clear_service_status(name).await;
    }
}

async fn set(health: &HealthReporter, status: ServingStatus) {
    for name in NAMES {
        health.set_service_status(name, status).await;
    }
}
