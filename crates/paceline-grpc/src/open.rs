//! Open streams: counted while they are, and within what may be open at a time.

use metrics::gauge;
use tokio::sync::OwnedSemaphorePermit;

use crate::admission::Share;
use crate::metric;
use crate::server::Busy;

/// What a stream takes of those that may be open: of all, and of those of whoever asked for it.
#[derive(Debug)]
pub(crate) struct Admitted {
    _all: OwnedSemaphorePermit,
    _own: Option<Share>,
    _busy: Option<Busy>,
}

impl Admitted {
    pub(crate) fn new(all: OwnedSemaphorePermit, own: Option<Share>, busy: Option<Busy>) -> Self {
        Self { _all: all, _own: own, _busy: busy }
    }
}

/// Counts a stream as open, however it ends, and takes its part of the streams that may be.
#[derive(Debug)]
pub(crate) struct Open {
    _admitted: Admitted,
}

impl Open {
    pub(crate) fn new(admitted: Admitted) -> Self {
        gauge!(metric::STREAMS).increment(1);
        Self { _admitted: admitted }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        gauge!(metric::STREAMS).decrement(1);
    }
}
