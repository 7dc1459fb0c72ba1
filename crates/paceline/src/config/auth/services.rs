//! `auth.services`: the programs that may ask, and what each may see and do.

use std::collections::BTreeMap;

use paceline_auth::Service;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::located::{Located, Text};
use crate::config::report::Report;
use crate::config::value;

/// A program that may ask.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Service")]
pub(super) struct RawService {
    /// Its name: the subject of its tokens (the claim `sub`), and what `auth.mtls` calls it. Required.
    subject: Text,
    /// The scopes that it sees: `org`, `team:M1`, `rep:U1`, `unassigned`. Required.
    sees: Located<Vec<Text>>,
    /// Whether it sees everything that is part of them too. Default: false.
    with_members: Option<bool>,
    /// Whether it may set and delete goals. Default: false.
    sets_goals: Option<bool>,
}

/// Compiles all services.
pub(super) fn compile(raw: &[RawService], report: &mut Report) -> BTreeMap<String, Service> {
    let mut services = BTreeMap::new();
    for (index, service) in raw.iter().enumerate() {
        let subject = &service.subject;
        value::not_empty(subject, "the subject", report);
        if let Some(before) = raw[..index].iter().find(|it| it.subject.value == subject.value) {
            let place = report.places.shown(before.subject.at);
            let message = format!("`{}` is already a service at {place}", subject.as_str());
            report.error(subject.at, message, "give each service once, with all that it sees");
        }
        services.insert(subject.value.clone(), service.compile(report));
    }
    services
}

impl RawService {
    fn compile(&self, report: &mut Report) -> Service {
        if self.sees.value.is_empty() && !report.lost_any() {
            let message = format!("`{}` sees nothing", self.subject.as_str());
            report.error(self.sees.at, message, "name a scope: org, team:M1, rep:U1 or unassigned");
        }
        self.sees.value.iter().for_each(|scope| check_scope(scope, report));
        Service {
            sees: self.sees.value.iter().map(|scope| scope.value.clone()).collect(),
            with_members: self.with_members.unwrap_or_default(),
            sets_goals: self.sets_goals.unwrap_or_default(),
        }
    }
}

/// Who there is changes while it runs, so that only the form of a scope can be wrong here.
fn check_scope(scope: &Text, report: &mut Report) {
    let text = scope.as_str();
    let has_id = |kind: &str| text.strip_prefix(kind).is_some_and(|id| !id.is_empty());
    if !(matches!(text, "org" | "unassigned") || has_id("team:") || has_id("rep:")) {
        report.error(
            scope.at,
            format_args!("`{text}` is no scope"),
            "write org, unassigned, team:M1 (by the manager's id) or rep:U1",
        );
    }
}
