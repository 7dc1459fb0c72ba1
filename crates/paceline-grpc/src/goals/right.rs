//! The right to edit goals: who sees some may set, change and delete what can be of nobody else.
//!
//! It is the right of a moment, and an edit may wait for its turn: meanwhile the goal may become somebody else's, and people may
//! move. So it is asked for when the turn has come.

use std::sync::Arc;

use paceline_core::goal::{Draft, Placed};
use paceline_core::sight::Sight;
use paceline_engine::Live;
use tonic::Status;

use super::list;
use super::pen::Wish;
use super::seen::Seen;
use crate::audit::Named;
use crate::errors;

/// Checks that somebody may make an edit of what the goal is now, by the roster of now. Answers the last edit of the goal; nothing
/// of a new one.
///
/// # Errors
/// `PERMISSION_DENIED` when the goal is, or would be, of people whom they do not all see; `NOT_FOUND` when they see no such goal, and
/// `FAILED_PRECONDITION` when it is the config's.
pub(super) fn check(
    live: &Live,
    sight: &Sight,
    wish: &Wish,
) -> Result<Option<Arc<Placed>>, Status> {
    let last = wish.id.as_ref().map(|id| (id, live.book(|book| book.last(id).cloned())));
    let roster = live.roster();
    let seen = Seen::new(sight, &roster);
    if let Some(draft) = &wish.new {
        check_covered(&seen, draft, wish.id.as_deref().unwrap_or_default())?;
    }
    last.map(|(id, last)| editable(live, id, last, &seen)).transpose()
}

/// The last edit of a goal, if it may be edited. A goal that is not seen is as if there were none.
fn editable(
    live: &Live,
    id: &str,
    last: Option<Arc<Placed>>,
    seen: &Seen<'_>,
) -> Result<Arc<Placed>, Status> {
    if let Some(last) = last.filter(|last| seen.shows(&last.edit)) {
        let draft = last.edit.new.as_ref().ok_or_else(|| errors::unknown_goal(id))?;
        check_covered(seen, draft, id)?;
        return Ok(last);
    }
    let mut of_file = live.model().goals.iter().enumerate();
    let is_of_file =
        of_file.any(|(at, goal)| list::file_id(at + 1) == id && seen.concerns(&goal.whose));
    Err(if is_of_file { errors::goal_of_file(id) } else { errors::unknown_goal(id) })
}

/// Checks that a goal can be of nobody whom who sets it does not see: whether there are such people is not told.
fn check_covered(seen: &Seen<'_>, draft: &Draft, goal: &str) -> Result<(), Status> {
    if seen.covers(&draft.whose) {
        return Ok(());
    }
    let named = Named::goal(goal).and_for(&draft.whose.to_string());
    Err(errors::not_permitted("set goals for people whom it does not see", named))
}
