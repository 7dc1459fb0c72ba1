//! The server: all services on one listener, until it is told to stop.

mod accept;
mod health;
mod last_call;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic_reflection::server::Builder as Reflection;

use crate::catalog::Catalog;
use crate::goals::Goals;
use crate::proto::DESCRIPTORS;
use crate::proto::catalog_service_server::CatalogServiceServer;
use crate::proto::goals_service_server::GoalsServiceServer;
use crate::proto::standings_service_server::StandingsServiceServer;
use crate::served::Served;
use crate::standings::Standings;
use crate::token::Tokens;
use crate::watch::Watches;

pub(crate) use last_call::LastCall;

/// The largest request. Responses have no limit of ours: a client that asks for more than it takes is told by its
/// own library, and a watch comes in chunks.
const REQUEST_BYTES: usize = 64 * 1024;

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

/// Serves all services on `listener` until `shutdown`. Then every stream ends with `UNAVAILABLE` and its last
/// token, and when all clients have taken that, or [`Limits::drain`](crate::Limits::drain) has passed, this returns.
///
/// # Errors
/// [`Error`] when it cannot start.
pub async fn serve(
    listener: TcpListener,
    served: Served,
    shutdown: CancellationToken,
) -> Result<(), Error> {
    let (health, health_service) = tonic_health::server::health_reporter();
    let tokens = Tokens::of_new_epoch().map_err(Error::Random)?;
    let watches = Watches::new(served.clone(), tokens, shutdown.clone());
    let standings = StandingsServiceServer::new(Standings::new(served.clone(), watches));
    let catalog = CatalogServiceServer::new(Catalog::new(served.clone()));
    let goals = GoalsServiceServer::new(Goals::new(served.clone()));
    let routes = Routes::new(standings.max_decoding_message_size(REQUEST_BYTES))
        .add_service(catalog.max_decoding_message_size(REQUEST_BYTES))
        .add_service(goals.max_decoding_message_size(REQUEST_BYTES))
        .add_service(health_service.max_decoding_message_size(REQUEST_BYTES))
        .add_service(reflection().build_v1().map_err(Error::Reflection)?)
        .add_service(reflection().build_v1alpha().map_err(Error::Reflection)?);
    health::begin(&health).await;
    tokio::join!(
        health::follow(health, &served.live, &shutdown),
        accept::serve(listener, routes.prepare(), &served.limits, &shutdown),
    );
    Ok(())
}

fn reflection() -> Reflection<'static> {
    Reflection::configure()
        .register_encoded_file_descriptor_set(DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
}
