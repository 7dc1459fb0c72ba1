//! The engine's metrics: their names and meanings.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

pub(crate) const CHANGES: &str = "paceline_changes_total";
pub(crate) const REJECTED: &str = "paceline_rejected_total";
pub(crate) const IGNORED: &str = "paceline_ignored_total";
pub(crate) const COMMITS: &str = "paceline_commits_total";
pub(crate) const BATCH: &str = "paceline_commit_changes";
pub(crate) const REVISION: &str = "paceline_revision";
pub(crate) const COMPLETE: &str = "paceline_complete";
pub(crate) const LAG: &str = "paceline_lag_offsets";
pub(crate) const ALERTS_RAISED: &str = "paceline_alerts_raised_total";
pub(crate) const ALERTS_WAITING: &str = "paceline_alerts_waiting";
pub(crate) const STATUSES_WAITING: &str = "paceline_statuses_waiting";
pub(crate) const ALERTS_KEPT: &str = "paceline_alerts_kept";

/// Describes the engine's metrics to the installed recorder.
pub fn describe() {
    describe_counter!(CHANGES, Unit::Count, "changes of records, by effect: changed or stale");
    describe_counter!(
        REJECTED,
        Unit::Count,
        "messages that could not be decoded, by topic and reason"
    );
    describe_counter!(
        IGNORED,
        Unit::Count,
        "messages that concern no configured entity, such as heartbeats"
    );
    describe_counter!(COMMITS, Unit::Count, "commits to the board");
    describe_histogram!(BATCH, Unit::Count, "messages in a commit");
    describe_gauge!(REVISION, "the board's revision");
    describe_gauge!(COMPLETE, "1 while no input is degraded, gapped or recovering, else 0");
    describe_gauge!(LAG, Unit::Count, "offsets not counted yet, by topic and partition");
    describe_counter!(
        ALERTS_RAISED,
        Unit::Count,
        "alerts that were raised, by the status they tell of"
    );
    describe_gauge!(
        ALERTS_KEPT,
        Unit::Count,
        "alerts that are kept to be told, as far back as their topic goes"
    );
}
