//! The audit log of the running service: what the gRPC services tell is written to its topic, and to a file if the config names
//! one, by one task, in one order.
//!
//! Whoever changes a goal waits until it is written. Refusals wait in a queue of fixed length, of which the overflow is counted:
//! nobody can fill the memory, the disk or the queue of the others by being refused.

mod clerk;
mod file;
mod flood;
pub(crate) mod metric;
mod paper;
mod topic;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use paceline_engine::Live;
use paceline_grpc::{AuditLog, Auditing, GoalChange, Refusal};
use paceline_kafka::Settings;
use tokio::sync::{mpsc, oneshot};

use crate::config::Config;

pub(super) use clerk::Clerk;
use file::AuditFile;

/// How many changes may wait to be written, each with who made it.
const CHANGES: usize = 64;
/// How many refusals may wait to be written; each is at most some 10 KiB, with as many names as one holds and as long ones as there
/// may be, and further ones are only counted.
const REFUSALS: usize = 1_024;

/// A change of a goal, and who waits for it to be written.
struct Ask {
    change: GoalChange,
    written: oneshot::Sender<Result<(), String>>,
}

/// Where the services hand in what is to be written.
#[derive(Debug)]
pub(super) struct Desk {
    changes: mpsc::Sender<Ask>,
    refusals: mpsc::Sender<Refusal>,
    /// Refusals for which there was no room.
    overflow: Arc<AtomicU64>,
}

/// The desk, and the clerk who writes what is handed in there.
///
/// # Errors
/// The file of the config cannot be added to.
pub(super) fn desk(
    config: &Config,
    settings: &Settings,
    live: Arc<Live>,
) -> anyhow::Result<(Desk, Clerk)> {
    let file = config.audit.file.as_deref().map(AuditFile::open).transpose()?;
    let (changes, asked) = mpsc::channel(CHANGES);
    let (refusals, refused) = mpsc::channel(REFUSALS);
    let overflow = Arc::new(AtomicU64::new(0));
    let desk = Desk { changes, refusals, overflow: overflow.clone() };
    let topic = config.topics.audit.clone();
    Ok((desk, Clerk::new(asked, refused, overflow, live, settings.clone(), topic, file)))
}

impl AuditLog for Desk {
    fn goal(&self, change: GoalChange) -> Auditing {
        let changes = self.changes.clone();
        Box::pin(async move {
            let ended = || "it is not written any longer".to_owned();
            let (written, outcome) = oneshot::channel();
            changes.send(Ask { change, written }).await.map_err(|_| ended())?;
            outcome.await.map_err(|_| ended())?
        })
    }

    fn refused(&self, refusal: Refusal) {
        if self.refusals.try_send(refusal).is_err() {
            self.overflow.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests;
