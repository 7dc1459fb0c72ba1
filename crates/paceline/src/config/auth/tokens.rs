//! `auth.tokens`: whose tokens are believed, and how they are checked.

use std::collections::BTreeMap;
use std::time::Duration;

use paceline_auth::{Algorithm, Claims, KeySource, Roles, Service, Tokens, check_url};
use paceline_core::suggest;
use schemars::JsonSchema;
use serde::Deserialize;

use super::beside;
use crate::config::located::{Located, Text};
use crate::config::report::Report;
use crate::config::value;

/// Whose tokens are believed.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Tokens")]
pub(super) struct RawTokens {
    /// Who issues them: the claim `iss`, to the letter. Required.
    issuer: Text,
    /// Whom they are for: the claim `aud`, or one of several there. Required.
    audience: Text,
    /// Where the issuer's keys are (a JSON Web Key Set): an address with `https://`, or a file, by a path relative to this one,
    /// which is read again when it changes. Required.
    keys: Text,
    /// Whom the certificate of that address is believed of, as a PEM file by a path relative to this one. Default: whom the
    /// system believes.
    ca: Option<Text>,
    /// What tokens may be signed with: RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EdDSA. Default: RS256.
    algorithms: Option<Located<Vec<Text>>>,
    /// The kinds of token that are taken, by their header `typ`; `missing` is one that does not say. Default: JWT and at+jwt.
    types: Option<Located<Vec<Text>>>,
    /// How far the clocks of both sides may differ where a token begins to hold, up to `60s`. A token ends when it says.
    /// Default: `30s`.
    skew: Option<Text>,
    /// After how long the keys are fetched again from an address, `1m` to `1h`; so long a key is believed that is no longer
    /// there. Default: `10m`.
    refresh: Option<Text>,
    /// The least time between two fetches, however many unknown keys are asked for: `1s` to `1m`. Default: `10s`.
    cool_down: Option<Text>,
}

/// Where in a token it stands what somebody is: the name of a claim, or names with dots between for one within another.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Claims")]
pub(super) struct RawClaims {
    /// The claim with the role: a text, or a list of texts. Default: `role`.
    role: Option<Text>,
    /// The claim with the id of the rep that they are. Reps and managers need one. Default: `rep`.
    rep: Option<Text>,
}

const SKEW: Duration = Duration::from_secs(30);
const SKEW_MAX: Duration = Duration::from_secs(60);
const REFRESH: Duration = Duration::from_secs(600);
const COOL_DOWN: Duration = Duration::from_secs(10);
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

impl RawClaims {
    pub(super) fn compile(&self) -> Claims {
        let name = |text: &Option<Text>, usual: &str| {
            text.as_ref().map_or_else(|| usual.to_owned(), |text| text.value.clone())
        };
        Claims { role: name(&self.role, "role"), rep: name(&self.rep, "rep") }
    }

    pub(super) fn usual() -> Claims {
        Self { role: None, rep: None }.compile()
    }
}

impl RawTokens {
    pub(super) fn compile(
        &self,
        claims: Claims,
        roles: Roles,
        services: BTreeMap<String, Service>,
        report: &mut Report,
    ) -> Option<Tokens> {
        value::not_empty(&self.issuer, "the issuer", report);
        value::not_empty(&self.audience, "the audience", report);
        let skew = time(self.skew.as_ref(), SKEW, Duration::ZERO..=SKEW_MAX, "0s and 60s", report);
        let refresh = time(self.refresh.as_ref(), REFRESH, MINUTE..=HOUR, "1m and 1h", report);
        let cool_down =
            time(self.cool_down.as_ref(), COOL_DOWN, SECOND..=MINUTE, "1s and 1m", report);
        Some(Tokens {
            issuer: self.issuer.value.clone(),
            audience: self.audience.value.clone(),
            algorithms: self.algorithms(report),
            kinds: self.kinds(report),
            keys: self.keys(report)?,
            skew,
            refresh,
            cool_down,
            claims,
            roles,
            services,
        })
    }

    fn keys(&self, report: &mut Report) -> Option<KeySource> {
        let (text, ca) = (&self.keys, self.ca.as_ref());
        if !text.value.contains("://") {
            if let Some(ca) = ca {
                let message = "a file needs nobody to believe its certificate";
                report.error(ca.at, message, "leave `ca` out");
            }
            value::not_empty(text, "the place of the keys", report);
            return Some(KeySource::File(beside(text, report)));
        }
        match check_url(text.as_str()) {
            Ok(url) => Some(KeySource::Url { url, ca: ca.map(|ca| beside(ca, report)) }),
            Err(error) => {
                report.error(
                    text.at,
                    format_args!("`{}` {error}", text.as_str()),
                    "write the address with https:// (http:// only for this very host), or a file",
                );
                None
            }
        }
    }

    fn algorithms(&self, report: &mut Report) -> Vec<Algorithm> {
        let Some(list) = &self.algorithms else { return vec![Algorithm::Rs256] };
        if list.value.is_empty() {
            let message = "no token could be checked without an algorithm";
            report.error(list.at, message, "leave the key out for RS256");
        }
        list.value.iter().filter_map(|name| algorithm(name, report)).collect()
    }

    fn kinds(&self, report: &mut Report) -> Vec<Option<String>> {
        let Some(list) = &self.types else {
            return vec![Some("jwt".to_owned()), Some("at+jwt".to_owned())];
        };
        if list.value.is_empty() {
            report.error(list.at, "no token is of no kind", "leave the key out for JWT and at+jwt");
        }
        let kind = |text: &Text| match text.value.to_ascii_lowercase() {
            kind if kind == "missing" => None,
            kind => Some(kind.strip_prefix("application/").unwrap_or(&kind).to_owned()),
        };
        list.value.iter().map(kind).collect()
    }
}

fn algorithm(name: &Text, report: &mut Report) -> Option<Algorithm> {
    let known = name.value.parse().ok();
    if known.is_none() {
        let text = name.as_str();
        let (message, remedy) = if text.eq_ignore_ascii_case("none") {
            (
                "a token that is not signed is anybody's".to_owned(),
                "name what the identity provider signs with, such as RS256".to_owned(),
            )
        } else if text.to_ascii_uppercase().starts_with("HS") {
            (
                format!("`{text}` is symmetric: who can check such a token can make one"),
                "have the identity provider sign with RS256, ES256 or EdDSA".to_owned(),
            )
        } else {
            let names = Algorithm::NAMES.iter().map(|(_, name)| *name);
            (
                format!("no algorithm is called `{text}`"),
                suggest::remedy(text, names, "the algorithms are"),
            )
        };
        report.error(name.at, message, remedy);
    }
    known
}

fn time(
    text: Option<&Text>,
    usual: Duration,
    bounds: std::ops::RangeInclusive<Duration>,
    words: &str,
    report: &mut Report,
) -> Duration {
    let Some(text) = text else { return usual };
    let Some(time) = value::duration(text, report) else { return usual };
    if !bounds.contains(&time) {
        let message = format!("`{}` is not between {words}", text.as_str());
        report.error(text.at, message, "leave the key out for what is usual");
    }
    time
}
