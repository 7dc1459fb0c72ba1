//! `topics` and `alerts`: the service's own topics. All but those of goals and reps are for versions that act on them.

use std::time::Duration;

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
    /// Alerts. Without effect in this version.
    pub alerts: String,
    /// Statuses and since when they hold. Without effect in this version.
    pub status: String,
}

/// For how long a status must hold before it raises an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    /// A status that is worse.
    pub enter: Duration,
    /// A status that is better.
    pub leave: Duration,
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
    /// Alerts. Without effect in this version. Default: `paceline.alerts`.
    alerts: Option<Text>,
    /// Statuses and since when they hold. Without effect in this version. Default: `paceline.status`.
    status: Option<Text>,
}

/// When alerts are raised. Without effect in this version.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Alerts")]
pub(super) struct RawAlerts {
    /// For how long a status must hold before it raises an alert. Default: enter 15m, leave 30m.
    hold: Option<RawHold>,
}

/// For how long a status must hold before it raises an alert.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Hold")]
struct RawHold {
    /// On entering: a whole number and s, m, h or d. Default: `15m`.
    enter: Option<Text>,
    /// On leaving: a whole number and s, m, h or d. Default: `30m`.
    leave: Option<Text>,
}

/// Compiles the names of the topics.
pub(super) fn compile(raw: &RawTopics, report: &mut Report) -> Topics {
    let all = [&raw.goals, &raw.reps, &raw.alerts, &raw.status].map(Option::as_ref);
    for (index, topic) in all.iter().enumerate() {
        let Some(topic) = topic else { continue };
        let before = all[..index].iter().flatten().find(|other| other.value == topic.value);
        if let Some(before) = before {
            let place = report.places.shown(before.at);
            let message = format!("topic `{}` has another use at {place}", topic.as_str());
            report.error(topic.at, message, "give each use its own topic");
        }
    }
    let [goals, reps, alerts, status] = all;
    Topics {
        goals: name(goals, "paceline.goals", report),
        reps: name(reps, "paceline.reps", report),
        alerts: name(alerts, "paceline.alerts", report),
        status: name(status, "paceline.status", report),
    }
}

/// The service's own records are not to be read as changes, nor changes as its records.
pub(super) fn check_sources(
    raw: &RawTopics,
    topics: &Topics,
    sources: &[Source],
    report: &mut Report,
) {
    for (raw, topic) in [(&raw.goals, &topics.goals), (&raw.reps, &topics.reps)] {
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

    /// What is given and does nothing.
    pub(super) fn idle(&self) -> impl Iterator<Item = &'static str> + use<> {
        let given =
            [("topics.alerts", self.alerts.is_some()), ("topics.status", self.status.is_some())];
        given.into_iter().filter(|(_, given)| *given).map(|(key, _)| key)
    }
}

fn name(topic: Option<&Text>, default: &str, report: &mut Report) -> String {
    topic.and_then(|topic| value::topic(topic, report)).unwrap_or_else(|| default.to_owned())
}

/// Compiles the times of alerts.
pub(super) fn hold(raw: &RawAlerts, report: &mut Report) -> Hold {
    let mut time = |text: Option<&Text>, default| {
        text.and_then(|text| value::duration(text, report)).unwrap_or(default)
    };
    let hold = raw.hold.as_ref();
    Hold {
        enter: time(hold.and_then(|hold| hold.enter.as_ref()), Duration::from_secs(15 * 60)),
        leave: time(hold.and_then(|hold| hold.leave.as_ref()), Duration::from_secs(30 * 60)),
    }
}
