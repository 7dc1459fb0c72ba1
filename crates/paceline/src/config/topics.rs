//! `topics`: the service's own topics.

use schemars::JsonSchema;
use serde::Deserialize;

use super::located::Text;
use super::report::Report;
use super::sources::Source;
use super::value;

/// The topics that the service keeps its own records in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topics {
    /// Edits of goals.
    pub goals: String,
    /// What is told of reps.
    pub reps: String,
    /// Alerts.
    pub alerts: String,
    /// Statuses and since when they hold, and alerts on their way to their topic.
    pub status: String,
    /// Who changed which goal, and who was refused what.
    pub audit: String,
}

/// The topics that the service keeps its own records in.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Topics")]
pub(super) struct RawTopics {
    /// Edits of goals that are set while running: made when missing, with one partition and `cleanup.policy=compact`.
    /// Default: `paceline.goals`.
    goals: Option<Text>,
    /// What is told of reps while running: made when missing, with one partition and `cleanup.policy=compact`. Default:
    /// `paceline.reps`.
    reps: Option<Text>,
    /// Alerts: made when missing, with one partition, `cleanup.policy=delete` and `alerts.retention`. Default:
    /// `paceline.alerts`.
    alerts: Option<Text>,
    /// Statuses and since when they hold, so that they go on after a restart: made when missing, with one partition and
    /// `cleanup.policy=compact`. Default: `paceline.status`.
    status: Option<Text>,
    /// The audit log, of who changed which goal and who was refused what: made when missing, with one partition,
    /// `cleanup.policy=delete` and unlimited retention. Default: `paceline.audit`.
    audit: Option<Text>,
}

/// Compiles the names of the topics.
pub(super) fn compile(raw: &RawTopics, report: &mut Report) -> Topics {
    let all = [&raw.goals, &raw.reps, &raw.alerts, &raw.status, &raw.audit].map(Option::as_ref);
    for (index, topic) in all.iter().enumerate() {
        let Some(topic) = topic else { continue };
        let before = all[..index].iter().flatten().find(|other| other.value == topic.value);
        if let Some(before) = before {
            let place = report.places.shown(before.at);
            let message = format!("topic `{}` has another use at {place}", topic.as_str());
            report.error(topic.at, message, "give each use its own topic");
        }
    }
    let [goals, reps, alerts, status, audit] = all;
    Topics {
        goals: name(goals, "paceline.goals", report),
        reps: name(reps, "paceline.reps", report),
        alerts: name(alerts, "paceline.alerts", report),
        status: name(status, "paceline.status", report),
        audit: name(audit, "paceline.audit", report),
    }
}

/// The service's own records are not to be read as changes, nor changes as its records.
pub(super) fn check_sources(
    raw: &RawTopics,
    topics: &Topics,
    sources: &[Source],
    report: &mut Report,
) {
    let all = [
        (&raw.goals, &topics.goals),
        (&raw.reps, &topics.reps),
        (&raw.alerts, &topics.alerts),
        (&raw.status, &topics.status),
        (&raw.audit, &topics.audit),
    ];
    for (raw, topic) in all {
        let uses = |source: &&Source| {
            source.topic == *topic || source.dead_letter.as_deref() == Some(topic)
        };
        if let (Some(raw), Some(source)) = (raw, sources.iter().find(uses)) {
            let message = format!("topic `{topic}` is used by the source `{}`", source.topic);
            report.error(raw.at, message, "give each use its own topic");
        }
    }
}

impl RawTopics {
    /// Whether the topic of reps is named.
    pub(super) fn names_reps(&self) -> bool {
        self.reps.is_some()
    }
}

fn name(topic: Option<&Text>, default: &str, report: &mut Report) -> String {
    topic.and_then(|topic| value::topic(topic, report)).unwrap_or_else(|| default.to_owned())
}
