//! History: what a standing came to day by day.

use tonic::Status;

use crate::convert;
use crate::errors::{self, invalid};
use crate::proto;
use crate::served::Served;
use crate::subject;
use crate::who::Principal;

/// Answers a request.
pub(crate) fn get(
    served: &Served,
    principal: &Principal,
    request: &proto::GetHistoryRequest,
) -> Result<proto::GetHistoryResponse, Status> {
    let live = &served.live;
    let proto::GetHistoryRequest { scope, kpi, period, on } = request;
    let subject = subject::subject(scope, kpi, period, live.model(), &principal.sight)?;
    if live.model().is_of_now(subject.kpi) {
        let description = format!(
            "`{kpi}` is a stock, or made of one: the state right now, of which no day before is known"
        );
        return Err(invalid("kpi", description));
    }
    let on = subject::day(on)?;
    if !live.is_open() {
        return Err(errors::not_caught_up());
    }
    let now = (served.clock)();
    let (history, revision) = live.history(&subject, on, now);
    let history = history.ok_or_else(|| errors::unknown_scope(scope))?;
    let standing = convert::standing(&history.reading.at(now), live.model(), &live.roster());
    Ok(proto::GetHistoryResponse {
        standing: Some(standing),
        days: history.days.iter().map(convert::history_day).collect(),
        revision: revision.0,
        as_of: Some(convert::timestamp(now)),
    })
}
