//! What a process of clients has seen, as it tells whoever started it.

use serde::{Deserialize, Serialize};

use crate::latency::Latency;

/// What clients have seen.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Seen {
    /// For how long, in seconds.
    pub(crate) seconds: f64,
    /// Messages that held standings.
    pub(crate) updates: u64,
    /// Messages that held none.
    pub(crate) bookmarks: u64,
    /// The bytes of all messages.
    pub(crate) bytes: u64,
    /// Streams that ended.
    pub(crate) ended: u64,
    /// How old the amounts were that were read.
    pub(crate) latency: Latency,
    /// The same of a consumer beside it.
    pub(crate) raw: Latency,
    /// The processor time that reading took, in seconds.
    pub(crate) cpu_seconds: f64,
}

impl Seen {
    pub(crate) fn messages_per_second(&self) -> f64 {
        (self.updates + self.bookmarks) as f64 / self.seconds
    }

    pub(crate) fn bytes_per_message(&self) -> f64 {
        self.bytes as f64 / (self.updates + self.bookmarks).max(1) as f64
    }
}
