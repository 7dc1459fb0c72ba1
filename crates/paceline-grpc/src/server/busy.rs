//! Busy: whether anything of a connection is under way.

use std::sync::Arc;

/// What everything has that is under way on a connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Busy(Arc<()>);

impl Busy {
    /// Whether nobody has it but the connection itself, which keeps one and hands out copies of another.
    pub(super) fn is_idle(&self) -> bool {
        Arc::strong_count(&self.0) <= 2
    }
}
