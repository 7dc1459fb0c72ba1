//! `server`: where clients reach the service.

mod tls;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use paceline_grpc::{Limits, Origin};
use schemars::JsonSchema;
use serde::Deserialize;

use super::limits::{self, RawLimits};
use super::located::Text;
use super::report::Report;
use super::value;
use tls::RawTls;
pub use tls::Tls;

/// Where clients reach the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// The address of gRPC.
    pub grpc: SocketAddr,
    /// The address of HTTP: gRPC-Web, metrics, health, readiness, version.
    pub http: SocketAddr,
    /// The pages that may use gRPC-Web from a browser.
    pub origins: Vec<Origin>,
    /// How connections are secured, if they are.
    pub tls: Option<Tls>,
    /// What clients may hold.
    pub limits: Limits,
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
    /// Which pages of other hosts may use gRPC-Web, on the address of HTTP, from a browser. Default: none.
    cors: Option<RawCors>,
    /// How connections are secured. Default: not at all.
    tls: Option<RawTls>,
    /// What clients may hold, one of them and all together. Default: as docs/limits.md tells.
    limits: Option<RawLimits>,
}

impl RawServer {
    pub(super) fn grpc(&self) -> Option<&Text> {
        self.grpc.as_ref()
    }

    pub(super) fn http(&self) -> Option<&Text> {
        self.http.as_ref()
    }
}

/// Which pages of other hosts may use gRPC-Web from a browser.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Cors")]
struct RawCors {
    /// Their origins, each as browsers send it: `https://app.example.com`, with a port unless it is the usual one.
    origins: Vec<Text>,
}

const GRPC: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 50_051);
const HTTP: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8_080);

/// Compiles the addresses.
pub(super) fn compile(raw: &RawServer, report: &mut Report) -> Server {
    let grpc = raw.grpc.as_ref().and_then(|text| value::address(text, report));
    let http = raw.http.as_ref().and_then(|text| value::address(text, report));
    let cors = raw.cors.iter().flat_map(|cors| &cors.origins);
    let origins = cors.filter_map(|text| origin(text, report)).collect();
    let tls = raw.tls.as_ref().map(|tls| tls.compile(report));
    let usual = RawLimits::default();
    let limits = limits::compile(raw.limits.as_ref().unwrap_or(&usual), report);
    let (grpc, http) = (grpc.unwrap_or(GRPC), http.unwrap_or(HTTP));
    let server = Server { grpc, http, origins, tls, limits };
    let place = raw.http.as_ref().or(raw.grpc.as_ref());
    if let Some(place) = place.filter(|_| server.grpc == server.http && server.grpc.port() != 0) {
        let message = format!("gRPC and HTTP cannot both listen on {}", server.grpc);
        report.error(place.at, message, "give them different ports");
    }
    server
}

fn origin(text: &Text, report: &mut Report) -> Option<Origin> {
    let parsed = text.as_str().parse();
    if let Err(error) = &parsed {
        report.error(
            text.at,
            format_args!("`{}` {error}", text.as_str()),
            "write an origin as browsers send it, such as https://app.example.com or http://localhost:5173",
        );
    }
    parsed.ok()
}
