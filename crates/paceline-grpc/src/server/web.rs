//! gRPC-Web: the same services for browsers, which cannot speak gRPC, over HTTP/1.1 beside other pages.

use std::time::Duration;

use axum::Router;
use axum::http::{HeaderName, Method, header};
use tonic_web::GrpcWebLayer;
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::origin::Origin;
use crate::call::REQUEST_ID;
use crate::watch::TOKEN_TRAILER;

/// How long a browser need not ask again what it may do.
const PREFLIGHT: Duration = Duration::from_secs(60 * 60);

/// The services as gRPC-Web beside other pages. What is compressed must not come before them: the trailers are a part of
/// the body.
pub(super) fn router(services: Router, pages: Router, origins: &[Origin]) -> Router {
    // A path that nobody serves is for the pages to answer, not for gRPC: neither its own answer to those nor a layer around
    // them goes along.
    let services = services.reset_fallback();
    let services = services.route_layer(GrpcWebLayer::new()).route_layer(cors(origins));
    pages.merge(services)
}

/// Lets pages of these origins ask, and see how an answer ended. With none, only pages of this very server may.
fn cors(origins: &[Origin]) -> CorsLayer {
    let names = |names: &[&'static str]| -> Vec<HeaderName> {
        names.iter().map(|name| HeaderName::from_static(name)).collect()
    };
    let mut sent =
        names(&["x-grpc-web", "x-user-agent", "grpc-timeout", "x-paceline-actor", REQUEST_ID]);
    sent.extend([header::CONTENT_TYPE, header::AUTHORIZATION]);
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins.iter().map(|origin| origin.header().clone())))
        .allow_methods([Method::POST])
        .allow_headers(sent)
        .expose_headers(names(&[
            "grpc-status",
            "grpc-message",
            "grpc-status-details-bin",
            TOKEN_TRAILER,
            REQUEST_ID,
        ]))
        .max_age(PREFLIGHT)
}
