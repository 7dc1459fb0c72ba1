//! `kafka`: how the cluster is reached.

use std::collections::BTreeMap;
use std::fmt;

use paceline_kafka::Settings;
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Deserialize;

use super::located::{Entries, Located, Scalar, Text};
use super::report::Report;
use super::secret;

/// How the Kafka cluster is reached.
#[derive(Clone)]
pub struct Kafka {
    /// The bootstrap servers, `host:port` with commas between.
    pub brokers: String,
    /// The consumer group.
    pub group_id: String,
    /// Settings of librdkafka, by its own names. Some are secrets, so none is shown.
    pub settings: BTreeMap<String, SecretString>,
    /// How many threads fold changes; `None` for one per core.
    pub lanes: Option<usize>,
}

impl fmt::Debug for Kafka {
    /// Leaves out the brokers: any value may have come from a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kafka")
            .field("group_id", &self.group_id)
            .field("settings", &self.settings)
            .field("lanes", &self.lanes)
            .finish_non_exhaustive()
    }
}

impl Kafka {
    /// The same as the room of Kafka takes it.
    pub fn settings(&self) -> Settings {
        let Self { brokers, group_id, settings, .. } = self;
        Settings {
            brokers: brokers.clone(),
            group_id: group_id.clone(),
            settings: settings.clone(),
        }
    }
}

/// How the Kafka cluster is reached.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Kafka")]
pub(super) struct RawKafka {
    /// The bootstrap servers, as `host:port` with commas between. Required.
    brokers: Text,
    /// The consumer group. Default: `paceline`. Two services with one group share the partitions between them.
    group_id: Option<Text>,
    /// Any setting of librdkafka by its own name, such as `security.protocol: SASL_SSL`. Passwords and keys only as
    /// `${env:NAME}` or `${file:path}`. The few that the care of positions stands on, such as `auto.offset.reset` and
    /// `statistics.interval.ms`, have no effect, as `check` notes. Default: none.
    settings: Option<Entries<Located<Scalar>>>,
    /// Threads that fold changes. Default: one per available core.
    #[schemars(range(min = 1, max = 256))]
    lanes: Option<Located<u64>>,
}

/// The most threads that fold changes.
const LANES_MAX: u64 = 256;

/// Settings that have a key of their own here.
const OWN_KEYS: [(&str, &str); 3] = [
    ("bootstrap.servers", "brokers"),
    ("metadata.broker.list", "brokers"),
    ("group.id", "group_id"),
];

impl RawKafka {
    pub(super) fn compile(self, report: &mut Report) -> Kafka {
        check_brokers(&self.brokers, report);
        let lanes = self.lanes.and_then(|lanes| check_lanes(lanes, report));
        Kafka {
            brokers: self.brokers.value,
            group_id: group_id(self.group_id, report),
            settings: settings(self.settings.unwrap_or_default(), report),
            lanes,
        }
    }
}

fn group_id(text: Option<Text>, report: &mut Report) -> String {
    let Some(text) = text else { return "paceline".to_owned() };
    super::value::not_empty(&text, "the consumer group", report);
    text.value
}

fn check_brokers(brokers: &Text, report: &mut Report) {
    if let Some((credentials, _)) = brokers.value.rsplit_once('@') {
        let credentials = credentials.rsplit("://").next().unwrap_or(credentials);
        report.hide(credentials, "…");
        report.error(
            brokers.at,
            "a broker has a user and a password before its host",
            "write host:port, and the password as `settings: {sasl.password: \"${env:NAME}\"}`",
        );
        return;
    }
    for broker in brokers.value.split(',') {
        if let Some(problem) = broker_problem(broker.trim()) {
            report.error(
                brokers.at,
                problem,
                "write host:port, with commas between several: kafka-1:9092,kafka-2:9092",
            );
            return;
        }
    }
}

fn broker_problem(broker: &str) -> Option<String> {
    if broker.is_empty() {
        return Some("a broker is empty".to_owned());
    }
    if broker.contains(char::is_whitespace) {
        return Some(format!("`{broker}` is no broker: it contains a space"));
    }
    let host = broker.rsplit("://").next().unwrap_or(broker);
    let (host, port) = host.rsplit_once(':').unwrap_or((host, "9092"));
    if host.is_empty() {
        return Some(format!("`{broker}` has no host"));
    }
    let bare_ipv6 = port.ends_with(']');
    (!bare_ipv6 && !port.parse::<u16>().is_ok_and(|port| port > 0))
        .then(|| format!("`{port}` is no port"))
}

fn check_lanes(lanes: Located<u64>, report: &mut Report) -> Option<usize> {
    if !(1..=LANES_MAX).contains(&lanes.value) {
        report.error(
            lanes.at,
            format_args!("{} threads are not between 1 and {LANES_MAX}", lanes.value),
            "leave the key out for one thread per core",
        );
    }
    usize::try_from(lanes.value).ok()
}

fn settings(raw: Entries<Located<Scalar>>, report: &mut Report) -> BTreeMap<String, SecretString> {
    for (name, value) in &raw.0 {
        check_setting(name, value, report);
    }
    raw.0.into_iter().map(|(name, value)| (name.value, value.value.0.into())).collect()
}

fn check_setting(name: &Text, value: &Located<Scalar>, report: &mut Report) {
    if let Some((_, own)) = OWN_KEYS.iter().find(|(setting, _)| *setting == name.as_str()) {
        let message = format!("`{}` has its own key", name.as_str());
        report.error(name.at, message, format_args!("write it as `kafka.{own}`"));
    }
    if secret::is_name(name.as_str()) && !report.is_reference(value.at) {
        report.hide(&value.value.0, "…");
        report.error(
            value.at,
            format_args!("`{}` is a secret, and is written in the file", name.as_str()),
            secret::REMEDY,
        );
    } else if let Some(credentials) = secret::in_url(&value.value.0) {
        report.hide(credentials, "…");
        report.error(
            value.at,
            format_args!("`{}` has a user and a password in its address", name.as_str()),
            secret::REMEDY,
        );
    }
}
