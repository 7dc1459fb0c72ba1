//! `topics` and `alerts`: read and checked, for the versions that act on them.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::located::Text;
use super::report::Report;
use super::value;

/// The topics that the service keeps its own records in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topics {
    /// Edits of goals.
    pub goals: String,
    /// Edits of reps.
    pub reps: String,
    /// Alerts.
    pub alerts: String,
    /// Statuses and since when they hold.
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

/// The topics that the service keeps its own records in. Without effect in this version.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Topics")]
pub(super) struct RawTopics {
    /// Edits of goals. Default: `paceline.goals`.
    goals: Option<Text>,
    /// Edits of reps. Default: `paceline.reps`.
    reps: Option<Text>,
    /// Alerts. Default: `paceline.alerts`.
    alerts: Option<Text>,
    /// Statuses and since when they hold. Default: `paceline.status`.
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
