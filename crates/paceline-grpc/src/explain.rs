//! Explanations: why a standing is what it is.

use paceline_core::board::{Revision, Subject};
use paceline_core::sight::Sight;
use paceline_engine::Unexplained;
use tonic::Status;

use crate::convert;
use crate::errors::{self, invalid};
use crate::moves;
use crate::proto;
use crate::served::Served;
use crate::subject;
use crate::token::Epoch;

/// Answers a request.
pub(crate) fn get(
    served: &Served,
    epoch: Epoch,
    sight: Sight,
    request: &proto::ExplainStandingRequest,
) -> Result<proto::ExplainStandingResponse, Status> {
    let live = &served.live;
    let proto::ExplainStandingRequest { scope, kpi, period, on, since_revision, epoch: of } =
        request;
    let subject = subject::subject(scope, kpi, period, live.model())?;
    let subject = Subject { sight, ..subject };
    if !on.is_empty() {
        subject::day(on)?;
        let description =
            "what moved a standing is known of the period that is running: leave it empty";
        return Err(invalid("on", description));
    }
    if !of.is_empty() && *of != epoch.to_string() {
        return Err(errors::other_epoch());
    }
    if !live.is_open() {
        return Err(errors::not_caught_up());
    }
    let now = (served.clock)();
    let since = Revision(since_revision.unwrap_or(0));
    let explanation = live.explain(&subject, since, now).map_err(|error| match error {
        Unexplained::Unknown => errors::unknown_scope(scope),
        Unexplained::Future(newest) => errors::revision_ahead(since.0, newest.0),
    })?;
    let known_after = explanation.known_after;
    let standing =
        convert::standing(&explanation.reading.clone().at(now), live.model(), &live.roster());
    Ok(proto::ExplainStandingResponse {
        standing: Some(standing),
        moves: explanation.moves.iter().map(|moved| moves::of(moved, live)).collect(),
        moves_complete: known_after <= since,
        moves_from_revision: known_after.max(since).0,
        epoch: epoch.to_string(),
        more_moves: explanation.others,
        more_delta: convert::decimal(explanation.others_delta),
        revision: explanation.revision.0,
        as_of: Some(convert::timestamp(now)),
    })
}
