//! `auth`: who may ask, and how it is found out who they are.

mod mtls;
mod services;
mod tokens;

use std::net::SocketAddr;

use paceline_auth::{MutualTls, Tokens};
use paceline_grpc::Role;
use schemars::JsonSchema;
use serde::Deserialize;

use super::located::{Entries, Located, Text};
use super::report::Report;
use super::server::{RawServer, Server};
use mtls::RawMtls;
use services::RawService;
use tokens::{RawClaims, RawTokens};

/// Who may ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Auth {
    /// Whose tokens are believed, if any are.
    pub tokens: Option<Tokens>,
    /// Whose certificates are whose, if any are.
    pub certificates: Option<MutualTls>,
    /// Whether reps see ranks alone on a leaderboard, and no numbers but their own.
    pub ranks_only: bool,
}

/// Who may ask, and how it is found out who they are.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Auth")]
pub(super) struct RawAuth {
    /// Whose tokens are believed: JSON Web Tokens of one identity provider. Default: none are.
    tokens: Option<RawTokens>,
    /// Where in a token it stands what somebody is.
    claims: Option<RawClaims>,
    /// What the words of the identity provider mean: the value of the role's claim, or one of them, and the role. Who has
    /// several has the one that may do most. Default: the names of the roles mean them.
    roles: Option<Entries<RawRole>>,
    /// The programs that may ask, by the subjects of their tokens or as certificates name them. Default: none.
    services: Option<Vec<RawService>>,
    /// Whose certificates are whose. Needs `server.tls.client_ca`. Default: nobody is known by a certificate.
    mtls: Option<RawMtls>,
    /// What reps see of others on a leaderboard. Default: values.
    leaderboard: Option<RawLeaderboard>,
}

/// What somebody may do.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum RawRole {
    /// Sees their own numbers.
    Rep,
    /// Sees their own numbers, and those of everyone below.
    Manager,
    /// Sees all numbers.
    Executive,
    /// Sees all numbers, and sets goals.
    Admin,
}

/// What reps see of others on a leaderboard.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum RawLeaderboard {
    /// What they may see anyway.
    Values,
    /// Their own rank among how many, and no numbers of others.
    RanksOnly,
}

impl From<RawRole> for Role {
    fn from(raw: RawRole) -> Self {
        match raw {
            RawRole::Rep => Self::Rep,
            RawRole::Manager => Self::Manager,
            RawRole::Executive => Self::Executive,
            RawRole::Admin => Self::Admin,
        }
    }
}

/// Compiles who may ask.
pub(super) fn compile(
    raw: &Located<RawAuth>,
    server: &Server,
    report: &mut Report,
) -> Option<Auth> {
    let RawAuth { tokens, claims, roles, services, mtls, leaderboard } = &raw.value;
    if tokens.is_none() && mtls.is_none() && !report.lost_any() {
        report.error(
            raw.at,
            "nobody could ask: there are neither tokens nor certificates",
            "add `tokens: {issuer: …, audience: …, keys: …}` or `mtls: {identities: […]}`, or leave `auth` out",
        );
    }
    let services = services::compile(services.as_deref().unwrap_or_default(), report);
    let certificates = mtls.as_ref().map(|raw| raw.compile(&services, server, report));
    let roles = roles.as_ref().map_or_else(usual_roles, |roles| {
        roles.0.iter().map(|(word, role)| (word.value.clone(), Role::from(*role))).collect()
    });
    let claims = claims.as_ref().map(RawClaims::compile).unwrap_or_else(RawClaims::usual);
    let tokens = match tokens {
        Some(raw) => Some(raw.compile(claims, roles, services, report)?),
        None => None,
    };
    let ranks_only = *leaderboard == Some(RawLeaderboard::RanksOnly);
    Some(Auth { tokens, certificates, ranks_only })
}

fn usual_roles() -> paceline_auth::Roles {
    let all = [Role::Rep, Role::Manager, Role::Executive, Role::Admin, Role::Service];
    all.map(|role| (role.name().to_owned(), role)).into()
}

/// Notes what lets others than those meant in: an address that other hosts reach where nobody is asked who they are, or is asked
/// in plain text.
pub(super) fn check_exposure(
    raw: &RawServer,
    server: &Server,
    is_asked: bool,
    report: &mut Report,
) {
    for (text, address) in [(raw.grpc(), server.grpc), (raw.http(), server.http)] {
        let Some(text) = text.filter(|_| is_exposed(address)) else { continue };
        if !is_asked {
            report.risk(
                text.at,
                format_args!("other hosts can reach {address}, and nobody is asked who they are"),
                "add `auth` and `server.tls`, or listen on 127.0.0.1; who lets only trusted hosts reach it may start with `serve --insecure`",
            );
        } else if server.tls.is_none() {
            report.risk(
                text.at,
                format_args!("other hosts can reach {address}, and tokens would come there in plain text"),
                "add `server.tls: {cert: …, key: …}`, or listen on 127.0.0.1; behind a proxy that ends TLS, start with `serve --insecure`",
            );
        }
    }
}

/// Whether other hosts can reach an address.
pub(crate) fn is_exposed(address: SocketAddr) -> bool {
    !address.ip().to_canonical().is_loopback()
}

/// A path beside the file that names it.
fn beside(text: &Text, report: &Report) -> std::path::PathBuf {
    super::include::beside(text.as_str(), text.at, report)
}
