//! `sources`: the topics that changes come from.

use paceline_core::entity::EntityId;
use paceline_crm::Format;
use schemars::JsonSchema;
use serde::Deserialize;

use super::entities::{self, Declared};
use super::located::{Located, Text};
use super::report::Report;
use super::value;

/// A topic that changes come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The topic.
    pub topic: String,
    /// How its messages are written.
    pub format: Format,
    /// The entity of all its records; `None` where each message names its own.
    pub entity: Option<EntityId>,
    /// The topic for messages that cannot be read.
    pub dead_letter: Option<String>,
    /// Whether the Kafka key is the record's id.
    pub keyed: bool,
}

/// How messages are written, as the config names it.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum RawFormat {
    /// The native change format of paceline.
    Paceline,
    /// Change data capture of Salesforce.
    Salesforce,
    /// Debezium envelopes, with or without their schema.
    Debezium,
}

impl From<RawFormat> for Format {
    fn from(raw: RawFormat) -> Self {
        match raw {
            RawFormat::Paceline => Self::Paceline,
            RawFormat::Salesforce => Self::Salesforce,
            RawFormat::Debezium => Self::Debezium,
        }
    }
}

/// A topic that changes come from.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Source")]
pub(super) struct RawSource {
    /// The topic. Required.
    topic: Text,
    /// How its messages are written. Required.
    format: RawFormat,
    /// The entity of all its records, which wins over the name in a message. Default: the message says, by the
    /// entity's name (in lower case) or one of its `names`.
    entity: Option<Text>,
    /// The topic for messages that cannot be read. Default: none; they are counted and logged.
    dead_letter: Option<Text>,
    /// Whether the Kafka key is the record's id. Default: true for paceline and debezium, false for salesforce.
    keyed: Option<bool>,
}

/// Marks the entities that no source feeds, where that is certain: where every source names one that there is.
pub(super) fn feed(raw: &[RawSource], entities: &mut [Declared], report: &Report) {
    let names: Option<Vec<&str>> =
        raw.iter().map(|source| source.entity.as_ref().map(Text::as_str)).collect();
    let Some(names) = names.filter(|names| !names.is_empty() && !report.lost_any()) else { return };
    let there_is = |name: &&str| entities.iter().any(|declared| declared.entity.name == *name);
    if names.iter().all(there_is) {
        entities.iter_mut().for_each(|it| it.fed = names.contains(&it.entity.name.as_str()));
    }
}

/// Compiles all sources.
pub(super) fn compile(
    raw: &Located<Vec<RawSource>>,
    entities: &[Declared],
    report: &mut Report,
) -> Vec<Source> {
    if raw.value.is_empty() && !report.lost_any() {
        report.error(
            raw.at,
            "there is no source",
            "name a topic: `- {topic: crm.opportunity, format: paceline}`",
        );
    }
    check_topics(&raw.value, report);
    raw.value.iter().map(|source| source.compile(entities, report)).collect()
}

impl RawSource {
    fn compile(&self, all: &[Declared], report: &mut Report) -> Source {
        let format = Format::from(self.format);
        let dead_letter = self.dead_letter.as_ref().and_then(|topic| value::topic(topic, report));
        Source {
            topic: value::topic(&self.topic, report).unwrap_or_default(),
            format,
            entity: self.entity.as_ref().and_then(|name| entities::named(name, all, report)),
            dead_letter,
            keyed: self.keyed.unwrap_or(format != Format::Salesforce),
        }
    }
}

/// No topic is read twice, and none is read that dead letters are written to.
fn check_topics(sources: &[RawSource], report: &mut Report) {
    for (index, source) in sources.iter().enumerate() {
        let topic = &source.topic;
        if let Some(before) = sources[..index].iter().find(|other| other.topic.value == topic.value)
        {
            let place = report.places.shown(before.topic.at);
            let message = format!("topic `{}` is already a source at {place}", topic.as_str());
            report.error(topic.at, message, "give each topic one source");
        }
        let Some(dead) = &source.dead_letter else { continue };
        if sources.iter().any(|other| other.topic.value == dead.value) {
            let message =
                format!("dead letters would go to `{}`, which is a source", dead.as_str());
            report.error(
                dead.at,
                message,
                format_args!("use another topic, such as {}.dlq", topic.as_str()),
            );
        }
    }
}
