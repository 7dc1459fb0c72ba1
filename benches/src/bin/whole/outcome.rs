//! What one contender's one round came to.

use serde::{Deserialize, Serialize};

use paceline_benches::process::Usage;

/// One round of one contender, from the assignment of the partitions to the last event counted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Outcome {
    /// Events that were counted.
    pub(crate) events: u64,
    /// Wall time.
    pub(crate) seconds: f64,
    /// Processor time in the program and, for it, in the kernel.
    pub(crate) user_seconds: f64,
    pub(crate) system_seconds: f64,
    /// Resident memory before the first event, after the last, and at most.
    pub(crate) before_kib: u64,
    pub(crate) after_kib: u64,
    pub(crate) peak_kib: u64,
    /// What was counted, where it was: a line of [`paceline_benches::yardstick::Totals`].
    pub(crate) totals: Option<String>,
}

impl Outcome {
    /// The outcome between two observations of a process.
    pub(crate) fn between(events: u64, before: &Usage, after: &Usage) -> Self {
        Self {
            events,
            seconds: (after.at - before.at).as_secs_f64(),
            user_seconds: after.user_seconds - before.user_seconds,
            system_seconds: after.system_seconds - before.system_seconds,
            before_kib: before.resident_kib,
            after_kib: after.resident_kib,
            peak_kib: after.peak_kib,
            totals: None,
        }
    }

    /// As the one line that a contender prints.
    pub(crate) fn to_line(&self) -> anyhow::Result<String> {
        Ok(serde_json::to_string(self)?)
    }

    /// From that line.
    pub(crate) fn from_line(line: &str) -> anyhow::Result<Self> {
        Ok(serde_json::from_str(line)?)
    }

    pub(crate) fn events_per_second(&self) -> f64 {
        self.events as f64 / self.seconds
    }

    pub(crate) fn cpu_seconds_per_million(&self) -> f64 {
        (self.user_seconds + self.system_seconds) * 1e6 / self.events as f64
    }

    pub(crate) fn grown_mib(&self) -> f64 {
        self.after_kib.saturating_sub(self.before_kib) as f64 / 1024.0
    }

    pub(crate) fn bytes_per(&self, records: u64) -> f64 {
        self.grown_mib() * 1024.0 * 1024.0 / records as f64
    }
}
