//! Last calls: when a connection is told to go, and until when its streams end.
//!
//! A stream cannot be moved to another connection, nor a connection to another server. So both come of age, and what ends does
//! so with a status and a token rather than with the connection.

use std::time::Duration;

use tokio::time::Instant;

use crate::jitter::jitter;

/// When a connection comes of age. Every request on it knows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LastCall {
    /// From then on it takes no more streams.
    pub(super) call: Instant,
    /// By then its streams end; a little later it is cut.
    pub(crate) end: Instant,
}

impl LastCall {
    /// That of a connection that begins now, lives about as long as `age`, and then has `patience` to end.
    pub(crate) fn new(age: Duration, patience: Duration) -> Self {
        let call = Instant::now() + age.mul_f64(0.9 + 0.2 * jitter());
        Self { call, end: call + patience.mul_f64(0.2 + 0.6 * jitter()) }
    }
}
