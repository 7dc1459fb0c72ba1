//! `alerts`: when a change of status is told, and for how long it is kept.

use std::time::Duration;

use paceline_core::alert::Hold;
use schemars::JsonSchema;
use serde::Deserialize;

use super::located::Text;
use super::report::Report;
use super::value;

/// When alerts are raised, and how long they are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alerts {
    /// For how long a status must hold before it raises one.
    pub hold: Hold,
    /// For how long one stands on the topic, and can be asked for.
    pub retention: Duration,
}

/// When alerts are raised, and how long they are kept.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Alerts")]
pub(super) struct RawAlerts {
    /// For how long a status must hold before it raises an alert. Default: enter 15m, leave 30m.
    hold: Option<RawHold>,
    /// For how long alerts are kept, a whole number and s, m, h or d: at least `1m`. The topic is made with it; one that
    /// exists keeps its own. Default: `7d`.
    retention: Option<Text>,
}

/// For how long a status must hold before it raises an alert.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Hold")]
struct RawHold {
    /// One that is worse than the last that was alerted: a whole number and s, m, h or d; `0s` for at once. Default: `15m`.
    enter: Option<Text>,
    /// Any other: a whole number and s, m, h or d; `0s` for at once. Default: `30m`.
    leave: Option<Text>,
}

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Compiles the times of alerts.
pub(super) fn compile(raw: &RawAlerts, report: &mut Report) -> Alerts {
    let mut time = |text: Option<&Text>, default| {
        text.and_then(|text| value::duration(text, report)).unwrap_or(default)
    };
    let hold = raw.hold.as_ref();
    let hold = Hold {
        enter: time(hold.and_then(|hold| hold.enter.as_ref()), 15 * MINUTE),
        leave: time(hold.and_then(|hold| hold.leave.as_ref()), 30 * MINUTE),
    };
    let retention = time(raw.retention.as_ref(), 7 * DAY);
    if let Some(text) = raw.retention.as_ref().filter(|_| retention < MINUTE) {
        let message =
            format!("alerts that are kept for `{}` are gone before they are read", text.as_str());
        report.error(text.at, message, "write `1m` or more");
    }
    Alerts { hold, retention }
}
