//! `auth.mtls`: who shows which certificate.

use std::collections::BTreeMap;

use paceline_auth::{ClientAuth, Identity, MutualTls, Service};
use paceline_core::suggest;
use schemars::JsonSchema;
use serde::Deserialize;

use super::RawRole;
use crate::config::located::{Located, Text};
use crate::config::report::Report;
use crate::config::server::Server;

/// Whose certificates are whose.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "MutualTls")]
pub(super) struct RawMtls {
    /// Who shows which certificate, by the name in it. Required.
    identities: Located<Vec<RawIdentity>>,
}

/// Who shows a certificate: a service, or somebody with a role.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Identity")]
struct RawIdentity {
    /// The one URI among its subject alternative names, such as `spiffe://example.com/alerts`, or without a URI a DNS name. Required.
    name: Text,
    /// The service that shows it, by its subject in `auth.services`.
    service: Option<Text>,
    /// The role of who shows it, in the place of a service.
    role: Option<RawRole>,
    /// The id of the rep that they are. Reps and managers need one.
    rep: Option<Text>,
}

impl RawMtls {
    pub(super) fn compile(
        &self,
        services: &BTreeMap<String, Service>,
        server: &Server,
        report: &mut Report,
    ) -> MutualTls {
        let client = server.tls.as_ref().map(|tls| tls.files.client).unwrap_or_default();
        if client == ClientAuth::None && !report.lost_any() {
            report.error(
                self.identities.at,
                "nobody is asked for a certificate",
                "say whose are believed: `server.tls: {client_ca: clients.pem, client: optional}`",
            );
        }
        let all = &self.identities.value;
        for (index, identity) in all.iter().enumerate() {
            let name = &identity.name;
            if let Some(before) = all[..index].iter().find(|it| it.name.value == name.value) {
                let place = report.places.shown(before.name.at);
                let message = format!("`{}` is already somebody's at {place}", name.as_str());
                report.error(name.at, message, "give each name to one");
            }
        }
        let identities = all.iter().filter_map(|identity| identity.compile(services, report));
        MutualTls { identities: identities.collect() }
    }
}

impl RawIdentity {
    fn compile(
        &self,
        services: &BTreeMap<String, Service>,
        report: &mut Report,
    ) -> Option<(String, Identity)> {
        let identity = match (&self.service, self.role) {
            (Some(service), None) => Identity::Service(named(service, services, report)?),
            (None, Some(role)) => {
                self.check_rep(role, report);
                let rep = self.rep.as_ref().map(|rep| rep.value.clone());
                Identity::Person { role: role.into(), rep }
            }
            (None, None) | (Some(_), Some(_)) => {
                let message =
                    format!("`{}` has to be a service or have a role", self.name.as_str());
                report.error(self.name.at, message, "add `service: …` or `role: …`, and not both");
                return None;
            }
        };
        Some((self.name.value.clone(), identity))
    }

    fn check_rep(&self, role: RawRole, report: &mut Report) {
        if matches!(role, RawRole::Rep | RawRole::Manager) && self.rep.is_none() {
            let message = format!("whose numbers `{}` sees is not said", self.name.as_str());
            report.error(self.name.at, message, "add the id of the rep: `rep: U1`");
        }
    }
}

fn named(
    text: &Text,
    services: &BTreeMap<String, Service>,
    report: &mut Report,
) -> Option<Service> {
    let found = services.get(text.as_str()).cloned();
    if found.is_none() {
        let names = services.keys().map(String::as_str);
        let remedy = suggest::remedy(text.as_str(), names, "the services are");
        report.unknown(text.at, format_args!("there is no service `{}`", text.as_str()), remedy);
    }
    found
}
