//! The server: all services, for gRPC on one listener and for gRPC-Web on another, until it is told to stop.

mod accept;
mod addresses;
mod busy;
mod gather;
mod health;
mod last_call;
mod origin;
mod secure;
mod web;

use std::sync::Arc;

use axum::Router;
use axum::middleware;
use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic_health::server::HealthReporter;
use tonic_reflection::server::Builder as Reflection;

use crate::admission::{self, Admission};
use crate::alerts::Alerts;
use crate::audit;
use crate::call;
use crate::catalog::Catalog;
use crate::goals::Goals;
use crate::proto::DESCRIPTORS;
use crate::proto::alerts_service_server::AlertsServiceServer;
use crate::proto::catalog_service_server::CatalogServiceServer;
use crate::proto::goals_service_server::GoalsServiceServer;
use crate::proto::standings_service_server::StandingsServiceServer;
use crate::served::Served;
use crate::standings::Standings;
use crate::token::Tokens;
use crate::watch::Watches;
use crate::who;

pub(crate) use addresses::{Addresses, Network};
pub(crate) use busy::Busy;
pub(crate) use last_call::LastCall;
pub use origin::{Origin, OriginError};
pub use secure::Secured;

/// The largest request.
pub(crate) const REQUEST_BYTES: usize = 64 * 1024;
/// The largest of health and reflection, which name one thing and are repeated in answers.
const PROBE_BYTES: usize = 4 * 1024;
/// The largest answer, which is four times what clients take unless told otherwise. Who wants more narrows the selector, or watches:
/// that comes in chunks.
const ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// Why the server could not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The system has no random bytes for the epoch.
    #[error("no random bytes for a new epoch: {0}")]
    Random(getrandom::Error),
    /// The descriptors that were compiled in are not readable.
    #[error("descriptors for reflection")]
    Reflection(#[source] tonic_reflection::server::Error),
}

/// All services, with everything that their clients share: epoch, limits, health.
#[derive(Debug)]
pub struct Server {
    served: Served,
    services: Router,
    health: HealthReporter,
    secured: Option<watch::Receiver<Secured>>,
    shutdown: CancellationToken,
}

impl Server {
    /// The services, which end every stream at `shutdown`, with `UNAVAILABLE` and its last token.
    ///
    /// # Errors
    /// [`Error`] when they cannot be.
    pub async fn new(served: Served, shutdown: CancellationToken) -> Result<Self, Error> {
        let (health, health_service) = tonic_health::server::health_reporter();
        let tokens = Tokens::of_new_epoch().map_err(Error::Random)?;
        let (epoch, admission) = (tokens.epoch(), Arc::new(Admission::new(&served.limits)));
        let watches = Watches::new(served.clone(), admission.clone(), tokens, shutdown.clone());
        let standings = StandingsServiceServer::new(Standings::new(served.clone(), watches, epoch));
        let catalog = CatalogServiceServer::new(Catalog::new(served.clone()));
        let goals = GoalsServiceServer::new(Goals::new(served.clone()));
        let alerts = Alerts::new(served.clone(), admission.clone(), shutdown.clone());
        let alerts = AlertsServiceServer::new(alerts);
        let routes = Routes::new(
            standings
                .max_decoding_message_size(REQUEST_BYTES)
                .max_encoding_message_size(ANSWER_BYTES),
        )
        .add_service(
            catalog
                .max_decoding_message_size(REQUEST_BYTES)
                .max_encoding_message_size(ANSWER_BYTES),
        )
        .add_service(
            goals.max_decoding_message_size(REQUEST_BYTES).max_encoding_message_size(ANSWER_BYTES),
        )
        .add_service(
            alerts.max_decoding_message_size(REQUEST_BYTES).max_encoding_message_size(ANSWER_BYTES),
        )
        .add_service(health_service.max_decoding_message_size(PROBE_BYTES))
        .add_service(
            reflection()
                .build_v1()
                .map_err(Error::Reflection)?
                .max_decoding_message_size(PROBE_BYTES),
        )
        .add_service(
            reflection()
                .build_v1alpha()
                .map_err(Error::Reflection)?
                .max_decoding_message_size(PROBE_BYTES),
        );
        health::begin(&health).await;
        let identified = middleware::from_fn_with_state(served.identify.clone(), who::identified);
        let admitted = middleware::from_fn_with_state(admission, admission::admitted);
        let audited = middleware::from_fn_with_state(served.audit.clone(), audit::audited);
        // From the innermost to the outermost: a refusal to identify or admit somebody is written down too, under the id of the call.
        let services = routes.prepare().into_axum_router();
        let services = services.layer(admitted).layer(identified).layer(audited);
        let services = services.layer(middleware::from_fn(call::called));
        Ok(Self { served, services, health, secured: None, shutdown })
    }

    /// Takes connections over TLS alone, each as it is secured when it is made.
    #[must_use]
    pub fn secured_by(self, secured: watch::Receiver<Secured>) -> Self {
        Self { secured: Some(secured), ..self }
    }

    /// Serves gRPC on `listener`, and keeps the health, until shutdown. When all clients have taken the ends of their
    /// streams, or [`Limits::drain`](crate::Limits::drain) has passed, this returns.
    pub async fn grpc(&self, listener: TcpListener) {
        let router = self.services.clone();
        tokio::join!(
            health::follow(self.health.clone(), &self.served.live, &self.shutdown),
            self.accept(listener, accept::http2(), router, |secured| &secured.grpc),
        );
    }

    /// Serves gRPC-Web over HTTP/1.1 on `listener`, beside `pages`, in the same way. Pages of `origins` may ask from a
    /// browser.
    pub async fn web(&self, listener: TcpListener, pages: Router, origins: &[Origin]) {
        let router = web::router(self.services.clone(), pages, origins);
        let http = accept::http1(&self.served.limits);
        self.accept(listener, http, router, |secured| &secured.web).await;
    }

    async fn accept(
        &self,
        listener: TcpListener,
        http: accept::Http,
        router: Router,
        of: fn(&Secured) -> &Arc<ServerConfig>,
    ) {
        let tls = self.secured.clone().map(|secured| secure::Tls { secured, of });
        accept::serve(listener, http, router, tls, &self.served.limits, &self.shutdown).await;
    }
}

fn reflection() -> Reflection<'static> {
    Reflection::configure()
        .register_encoded_file_descriptor_set(DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
}
