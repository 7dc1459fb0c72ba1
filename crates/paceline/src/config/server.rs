//! `server`: where clients reach the service.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use schemars::JsonSchema;
use serde::Deserialize;

use super::located::Text;
use super::report::Report;
use super::value;

/// Where clients reach the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Server {
    /// The address of gRPC.
    pub grpc: SocketAddr,
    /// The address of HTTP: metrics, health, readiness, version.
    pub http: SocketAddr,
}

/// Where clients reach the service.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Server")]
pub(super) struct RawServer {
    /// IP address and port of gRPC. Default: `127.0.0.1:50051`. Port 0 takes a free one.
    grpc: Option<Text>,
    /// IP address and port of HTTP. Default: `127.0.0.1:8080`. Port 0 takes a free one.
    http: Option<Text>,
}

const GRPC: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 50_051);
const HTTP: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8_080);

/// Compiles the addresses.
pub(super) fn compile(raw: &RawServer, report: &mut Report) -> Server {
    let grpc = raw.grpc.as_ref().and_then(|text| value::address(text, report));
    let http = raw.http.as_ref().and_then(|text| value::address(text, report));
    let server = Server { grpc: grpc.unwrap_or(GRPC), http: http.unwrap_or(HTTP) };
    let place = raw.http.as_ref().or(raw.grpc.as_ref());
    if let Some(place) = place.filter(|_| server.grpc == server.http && server.grpc.port() != 0) {
        let message = format!("gRPC and HTTP cannot both listen on {}", server.grpc);
        report.error(place.at, message, "give them different ports");
    }
    server
}
