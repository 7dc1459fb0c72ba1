//! Busy: whether anything of a connection is under way, and whether it is still wanted.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

/// What everything has that is under way on a connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Busy {
    all: Arc<()>,
    unwanted: CancellationToken,
}

impl Busy {
    /// Whether nobody has it but the connection itself, which keeps one and hands out copies of another.
    pub(super) fn is_idle(&self) -> bool {
        Arc::strong_count(&self.all) <= 2
    }

    /// Whether who asks this, for something of the connection that has one, finds nothing else of it under way.
    pub(crate) fn is_alone(&self) -> bool {
        Arc::strong_count(&self.all) <= 3
    }

    /// Has the connection end, for what it holds is needed for others.
    pub(crate) fn let_go(&self) {
        self.unwanted.cancel();
    }

    /// Waits until the connection is to end.
    pub(super) async fn is_unwanted(&self) {
        self.unwanted.cancelled().await;
    }
}
