//! The pen: whoever has it writes the next edit, so that edits have one order and each knows the one before.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use paceline_core::board::Revision;
use paceline_core::goal::{Draft, Edit};
use tokio::sync::Mutex;
use tonic::Status;

use super::right;
use crate::audit::{GoalChange, Step};
use crate::call::Call;
use crate::errors;
use crate::served::Served;
use crate::who::Principal;

/// For how long an edit that the log has may take to be read back from it.
const READ_BACK: Duration = Duration::from_secs(10);

/// The one pen.
#[derive(Debug)]
pub(super) struct Pen {
    served: Served,
    /// Held from the look at the goal until the board judges by the edit, or the log has refused it. By goal the greatest
    /// number that was tried: an edit that was not acknowledged may come to stand on the log yet, and its number is not
    /// given again.
    tried: Mutex<HashMap<String, u64>>,
}

/// An edit that is asked for.
pub(super) struct Wish {
    /// Of which goal; nothing for a new one.
    pub(super) id: Option<String>,
    /// What the goal is to be; nothing to delete it.
    pub(super) new: Option<Draft>,
    /// The number of the goal's last edit, if no other may be.
    pub(super) expected: Option<u64>,
}

/// Who makes an edit.
pub(super) struct By {
    /// What they are called in the edit.
    pub(super) name: String,
    /// Who they are.
    pub(super) who: Arc<Principal>,
    /// The call by which they do.
    pub(super) call: Arc<Call>,
}

/// An edit that is in effect.
pub(super) struct Written {
    pub(super) edit: Edit,
    /// The revision since which it is.
    pub(super) revision: Revision,
}

/// An id that no goal has had.
///
/// # Errors
/// `INTERNAL` when the system has no random bytes.
fn new_id() -> Result<String, Status> {
    let number = getrandom::u64()
        .map_err(|error| Status::internal(format!("no random bytes for an id: {error}")))?;
    Ok(format!("g-{number:016x}"))
}

impl Pen {
    pub(super) fn new(served: Served) -> Self {
        Self { served, tried: Mutex::default() }
    }

    /// Writes an edit if it may be made when its turn has come, and waits until the board judges by it.
    ///
    /// # Errors
    /// `ABORTED`, `UNAVAILABLE` and those of [`right::check`].
    pub(super) async fn write(&self, wish: Wish, by: By) -> Result<Written, Status> {
        let mut tried = self.tried.lock().await;
        let Served { live, wall, append_goal, .. } = &self.served;
        // First of all: what an edit that is not seen was numbered is not told either.
        let last = right::check(live, &by.who.sight, &wish)?;
        let Wish { id, new, expected } = wish;
        if let Some(last) = &last {
            check_expected(&last.edit, expected)?;
        }
        let old = last.and_then(|last| last.edit.new.clone());
        let id = id.map_or_else(new_id, Ok)?;
        let number = live.book(|book| book.number(&id));
        let number = tried.get(&id).copied().unwrap_or(0).max(number) + 1;
        tried.insert(id.clone(), number);
        let edit = Edit { goal: id, number, who: by.name.clone(), at: wall(), old, new };
        let audited = self.audit(&by, &edit, Step::Accepted).await;
        audited.map_err(|error| errors::goal_not_audited(&error))?;
        let place = match append_goal(edit.clone()).await {
            Ok(place) => place,
            Err(error) => return Err(self.unconfirmed(&by, &edit, error).await),
        };
        let in_effect = tokio::time::timeout(READ_BACK, live.goal_in_effect(place)).await;
        let revision = in_effect.map_err(|_| errors::goal_not_read_back())?;
        tried.remove(&edit.goal);
        Ok(Written { edit, revision })
    }

    /// Has the audit log know of an edit, if there is one.
    async fn audit(&self, by: &By, edit: &Edit, step: Step) -> Result<(), String> {
        let Some(log) = &self.served.audit else { return Ok(()) };
        let (call, who, edit) = (by.call.clone(), by.who.clone(), edit.clone());
        log.goal(GoalChange { call, who, edit, step }).await
    }

    /// The log of goals did not say that it has an edit, which the audit log is told.
    async fn unconfirmed(&self, by: &By, edit: &Edit, error: String) -> Status {
        let status = errors::goal_not_written(&error);
        if let Err(error) = self.audit(by, edit, Step::Unconfirmed(error)).await {
            let (goal, number) = (&edit.goal, edit.number);
            tracing::error!(
                goal,
                number,
                error,
                "the audit log does not know what became of an edit"
            );
        }
        status
    }
}

fn check_expected(last: &Edit, expected: Option<u64>) -> Result<(), Status> {
    match expected {
        Some(expected) if expected != last.number => {
            Err(errors::goal_edited(&last.goal, expected, last.number))
        }
        _ => Ok(()),
    }
}
