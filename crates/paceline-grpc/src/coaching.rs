//! Coaching: of all that is behind in a selection, what to look at first.

use tonic::Status;

use crate::convert;
use crate::errors;
use crate::proto;
use crate::selector::View;
use crate::served::Served;
use crate::who::Principal;

/// Answers a request.
pub(crate) fn get(
    served: &Served,
    principal: &Principal,
    request: &proto::GetCoachingFocusRequest,
) -> Result<proto::GetCoachingFocusResponse, Status> {
    let live = &served.live;
    let selector = request.selector.clone().unwrap_or_default();
    let view = View::of(&selector, live.model(), &principal.sight)?;
    if !live.is_open() {
        return Err(errors::not_caught_up());
    }
    let now = (served.clock)();
    let focused = live.focus(&view.selection, now);
    errors::check_known(focused.unknown.iter().map(String::as_str))?;
    let (behind, roster) = (focused.focus.len(), live.roster());
    let first = if request.limit == 0 { behind } else { request.limit as usize };
    let focus = focused.focus.into_iter().take(first).map(|focus| proto::CoachingFocus {
        rank: focus.rank,
        role: convert::role(focus.role).into(),
        standing: Some(convert::standing(&focus.reading.at(now), live.model(), &roster)),
    });
    Ok(proto::GetCoachingFocusResponse {
        focus: focus.collect(),
        behind: behind as u32,
        revision: focused.revision.0,
        as_of: Some(convert::timestamp(now)),
    })
}
