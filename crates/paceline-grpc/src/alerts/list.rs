//! Alerts as they are listed, the newest first.

use jiff::Timestamp;
use paceline_engine::{Alerts, ToldAlert};
use prost::Message as _;
use tonic::Status;

use super::token::{self, Pages};
use super::view::View;
use crate::errors;
use crate::proto;
use crate::served::Served;
use crate::who::Principal;

/// The alerts of a page, when nothing is said, and at most.
const PAGE: usize = 100;
const PAGE_MAX: usize = 1_000;
/// How many alerts are looked at before others may add to them.
const STRETCH: usize = 1_000;

/// A page of a list.
struct Page {
    size: usize,
    pages: Pages,
}

/// Answers a request.
pub(super) fn get(
    served: &Served,
    principal: &Principal,
    request: &proto::ListAlertsRequest,
) -> Result<proto::ListAlertsResponse, Status> {
    let view = &View::of(request.selector.as_ref(), served, principal)?;
    let live = &served.live;
    let (from, until) = (instant("from", request.from)?, instant("until", request.until)?);
    let alerts = live.alerts();
    if !(alerts.is_ready() && live.is_open()) {
        return Err(errors::not_caught_up());
    }
    let page = Page::of(request, view, alerts)?;
    let roster = live.roster();
    errors::check_known(view.unknown(&roster))?;
    let lens = view.by(roster);
    let wanted = |alert: &ToldAlert| {
        from.is_none_or(|from| alert.since >= from)
            && until.is_none_or(|until| alert.since < until)
            && view.holds(alert, &lens)
    };
    let (mut found, mut before) = (Vec::new(), page.pages.before);
    // One more than a page tells that there is another.
    while before > 0 && found.len() <= page.size {
        let stretch = alerts.before(before, STRETCH);
        found.extend(stretch.alerts.into_iter().filter(|alert| wanted(alert)));
        before = stretch.next;
    }
    let more = found.len() > page.size;
    found.truncate(page.size);
    let last = found.last().filter(|_| more);
    let next =
        last.map(|last| token::page(Pages { before: last.offset, ..page.pages }, view, alerts));
    Ok(proto::ListAlertsResponse {
        alerts: found.iter().map(|alert| message(alert)).collect::<Result<_, _>>()?,
        next_page_token: next.unwrap_or_default(),
        resume_token: token::at(page.pages.end, view, alerts),
    })
}

/// An alert as clients get it.
pub(super) fn message(alert: &ToldAlert) -> Result<proto::Alert, Status> {
    proto::Alert::decode(alert.body.as_slice())
        .map_err(|_| Status::internal("an alert is kept that cannot be read"))
}

impl Page {
    fn of(
        request: &proto::ListAlertsRequest,
        view: &View,
        alerts: &Alerts,
    ) -> Result<Self, Status> {
        let size = match request.page_size as usize {
            0 => PAGE,
            size if size <= PAGE_MAX => size,
            _ => return Err(errors::invalid("page_size", format!("{PAGE_MAX} is the most"))),
        };
        let pages = match request.page_token.as_str() {
            "" => Pages { before: alerts.next(), end: alerts.next() },
            token => token::pages(token, view, alerts)?,
        };
        Ok(Self { size, pages })
    }
}

fn instant(
    field: &str,
    value: Option<prost_types::Timestamp>,
) -> Result<Option<Timestamp>, Status> {
    let Some(value) = value else { return Ok(None) };
    let nanos = Some(value.nanos).filter(|nanos| (0..1_000_000_000).contains(nanos));
    let instant = nanos.and_then(|nanos| Timestamp::new(value.seconds, nanos).ok());
    instant.map(Some).ok_or_else(|| errors::invalid(field, "not an instant of the years 1 to 9999"))
}
