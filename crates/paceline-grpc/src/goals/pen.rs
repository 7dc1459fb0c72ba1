//! The pen: whoever has it writes the next edit, so that edits have one order and each knows the one before.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use paceline_core::board::Revision;
use paceline_core::goal::{Draft, Edit};
use tokio::sync::Mutex;
use tonic::Status;

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
pub(super) fn new_id() -> Result<String, Status> {
    let number = getrandom::u64()
        .map_err(|error| Status::internal(format!("no random bytes for an id: {error}")))?;
    Ok(format!("g-{number:016x}"))
}

impl Pen {
    pub(super) fn new(served: Served) -> Self {
        Self { served, tried: Mutex::default() }
    }

    /// Writes an edit, and waits until the board judges by it.
    ///
    /// # Errors
    /// `NOT_FOUND`, `ABORTED` and `UNAVAILABLE`.
    pub(super) async fn write(
        &self,
        id: String,
        new: Option<Draft>,
        by: By,
        expected: Option<u64>,
    ) -> Result<Written, Status> {
        let mut tried = self.tried.lock().await;
        let Served { live, wall, append_goal, .. } = &self.served;
        let (last, number) = live.book(|book| (book.last(&id).cloned(), book.number(&id)));
        let old = match last {
            None => None,
            Some(last) => {
                let Some(old) = last.edit.new.clone() else {
                    return Err(errors::unknown_goal(&id));
                };
                check_expected(&id, expected, last.edit.number)?;
                Some(old)
            }
        };
        if old.is_none() && new.is_none() {
            return Err(errors::unknown_goal(&id));
        }
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

fn check_expected(id: &str, expected: Option<u64>, edit: u64) -> Result<(), Status> {
    match expected {
        Some(expected) if expected != edit => Err(errors::goal_edited(id, expected, edit)),
        _ => Ok(()),
    }
}
