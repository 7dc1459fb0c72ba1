//! Open streams: counted while they are, and within what may be open at a time.

use metrics::gauge;
use tokio::sync::OwnedSemaphorePermit;

use crate::metric;

/// Counts a stream as open, however it ends, and takes its part of the streams that may be.
#[derive(Debug)]
pub(crate) struct Open {
    _room: OwnedSemaphorePermit,
}

impl Open {
    pub(crate) fn new(room: OwnedSemaphorePermit) -> Self {
        gauge!(metric::STREAMS).increment(1);
        Self { _room: room }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        gauge!(metric::STREAMS).decrement(1);
    }
}
