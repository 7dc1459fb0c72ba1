//! `server.tls`: the certificate that the server shows, and those that it asks of clients.

use std::time::Duration;

use paceline_auth::{ClientAuth, TlsFiles};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::include::beside;
use crate::config::located::{Located, Text};
use crate::config::report::Report;
use crate::config::value;

/// How connections are secured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// The files.
    pub files: TlsFiles,
    /// How often they are looked at.
    pub reload: Duration,
}

/// How connections are secured, those of gRPC and of HTTP alike. The files are PEM, by paths relative to this one, and are
/// read again when they change.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Tls")]
pub(super) struct RawTls {
    /// The server's certificate, followed by those between it and its authority. Required.
    cert: Text,
    /// Its private key. Not everybody on the host may be able to read it. Required.
    key: Text,
    /// The authorities of clients' certificates. Default: none.
    client_ca: Option<Text>,
    /// Whether clients show certificates. With `required`, probes and browsers need one too. Default: optional with a
    /// `client_ca`, none without.
    client: Option<Located<RawClient>>,
    /// How often the files are looked at: a whole number and s, m or h, at least `1s`. Default: `30s`.
    reload: Option<Text>,
}

/// Whether clients show certificates.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum RawClient {
    /// They are not asked.
    None,
    /// They may; one that is shown has to be good.
    Optional,
    /// Connections without one are refused.
    Required,
}

const RELOAD: Duration = Duration::from_secs(30);

impl RawTls {
    pub(super) fn compile(&self, report: &mut Report) -> Tls {
        let path = |text: &Text, report: &Report| beside(text.as_str(), text.at, report);
        for (text, what) in [(&self.cert, "the certificate"), (&self.key, "the key")] {
            value::not_empty(text, what, report);
        }
        let files = TlsFiles {
            cert: path(&self.cert, report),
            key: path(&self.key, report),
            client_ca: self.client_ca.as_ref().map(|text| path(text, report)),
            client: self.client(report),
        };
        Tls { files, reload: self.reload(report) }
    }

    fn client(&self, report: &mut Report) -> ClientAuth {
        let Some(client) = &self.client else {
            return if self.client_ca.is_some() { ClientAuth::Optional } else { ClientAuth::None };
        };
        if client.value != RawClient::None && self.client_ca.is_none() {
            let message = "whose certificates are believed is not said";
            report.error(client.at, message, "add `client_ca: clients.pem`");
        }
        match client.value {
            RawClient::None => ClientAuth::None,
            RawClient::Optional => ClientAuth::Optional,
            RawClient::Required => ClientAuth::Required,
        }
    }

    fn reload(&self, report: &mut Report) -> Duration {
        let Some(text) = &self.reload else { return RELOAD };
        let time = value::duration(text, report).unwrap_or(RELOAD);
        if time.is_zero() {
            report.error(text.at, "files cannot be looked at all the time", "write `1s` or more");
        }
        time
    }
}
