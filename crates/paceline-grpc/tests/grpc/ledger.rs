//! An audit log in memory: it keeps what it is told, unless the test has it refuse that.

use std::sync::{Arc, Mutex, MutexGuard};

use paceline_grpc::{AuditLog, Auditing, GoalChange, Refusal};

#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub(crate) changes: Vec<GoalChange>,
    pub(crate) refusals: Vec<Refusal>,
    /// Why it takes no changes, if that is so.
    pub(crate) refusal: Option<String>,
}

impl Ledger {
    pub(crate) fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().expect("the ledger")
    }
}

impl AuditLog for Ledger {
    fn goal(&self, change: GoalChange) -> Auditing {
        let mut kept = self.kept();
        let outcome = match kept.refusal.clone() {
            Some(reason) => Err(reason),
            None => {
                kept.changes.push(change);
                Ok(())
            }
        };
        Box::pin(std::future::ready(outcome))
    }

    fn refused(&self, refusal: Refusal) {
        self.kept().refusals.push(refusal);
    }
}
