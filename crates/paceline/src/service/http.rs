//! Pages over HTTP, beside gRPC-Web: metrics for Prometheus, probes for whoever runs the service, and its version.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use paceline_engine::Live;

use crate::telemetry::Metrics;

#[derive(Clone)]
struct Shared {
    live: Arc<Live>,
    metrics: Metrics,
}

/// The pages, without the services.
pub(super) fn pages(live: Arc<Live>, metrics: Metrics) -> Router {
    Router::new()
        .route("/metrics", get(render))
        .route("/healthz", get(|| std::future::ready("ok\n")))
        .route("/readyz", get(ready))
        .route(
            "/version",
            get(|| std::future::ready(concat!("paceline ", env!("CARGO_PKG_VERSION"), "\n"))),
        )
        .with_state(Shared { live, metrics })
}

async fn render(State(shared): State<Shared>) -> String {
    shared.live.publish_lag();
    std::future::ready(shared.metrics.render()).await
}

/// Ready once standings are judged. What degrades them later is told by gRPC and the metrics, and is no
/// reason to take the service away from its users.
async fn ready(State(shared): State<Shared>) -> (StatusCode, &'static str) {
    let open = std::future::ready(shared.live.is_open()).await;
    if open {
        (StatusCode::OK, "ready\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "catching up\n")
    }
}
