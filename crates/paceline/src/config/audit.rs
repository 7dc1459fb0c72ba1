//! `audit`: where the audit log is written besides its topic.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;

use super::include::beside;
use super::located::Text;
use super::report::Report;
use super::value;

/// Where the audit log is written besides its topic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    /// A file of JSON lines.
    pub file: Option<PathBuf>,
}

/// Where the audit log is written besides its topic, `topics.audit`.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Audit")]
pub(super) struct RawAudit {
    /// A file to which each record is added as a line, by a path relative to this config file: made when missing, for its
    /// owner alone. A goal is not changed while the disk does not take it. Each service needs its own. Default: none.
    file: Option<Text>,
}

/// Compiles where the audit log is written.
pub(super) fn compile(raw: &RawAudit, report: &mut Report) -> Audit {
    let Some(file) = &raw.file else { return Audit::default() };
    value::not_empty(file, "the path of the audit log's file", report);
    Audit { file: Some(beside(file.as_str(), file.at, report)) }
}
