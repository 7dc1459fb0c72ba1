//! The metrics of the audit log: their names and meanings.

use metrics::{Unit, describe_counter};

pub(super) const RECORDS: &str = "paceline_audit_records_total";
pub(super) const FAILURES: &str = "paceline_audit_failures_total";
pub(super) const SUPPRESSED: &str = "paceline_audit_suppressed_total";

/// Describes the metrics of the audit log to the installed recorder.
pub(crate) fn describe() {
    describe_counter!(
        RECORDS,
        Unit::Count,
        "records written to the audit log, by what they tell of"
    );
    describe_counter!(
        FAILURES,
        Unit::Count,
        "records that the audit log did not take; goals are not changed while it takes none"
    );
    describe_counter!(
        SUPPRESSED,
        Unit::Count,
        "refusals that were counted and not written down each, because there were too many"
    );
}
