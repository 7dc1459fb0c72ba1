//! The service of standings: asked once here, watched in [`crate::watch`].

use paceline_core::day::Day;
use tonic::{Request, Response, Status};

use crate::convert;
use crate::errors;
use crate::proto;
use crate::proto::standings_service_server::StandingsService;
use crate::selector::View;
use crate::served::Served;
use crate::watch::{Frames, Watches};

/// The service of standings.
#[derive(Debug)]
pub(crate) struct Standings {
    served: Served,
    watches: Watches,
}

impl Standings {
    pub(crate) fn new(served: Served, watches: Watches) -> Self {
        Self { served, watches }
    }
}

fn get(
    served: &Served,
    request: &proto::GetStandingsRequest,
) -> Result<proto::GetStandingsResponse, Status> {
    let live = &served.live;
    let selector = request.selector.clone().unwrap_or_default();
    let view = View::of(&selector, live.model())?;
    let on = day(&request.on)?;
    if !live.is_open() {
        // Which reps there are is known when the topics are read.
        return Err(errors::not_caught_up());
    }
    let now = (served.clock)();
    let shown = live.standings(&view.selection, on, now);
    if let Some(unknown) = shown.unknown.first() {
        return Err(errors::unknown_scope(unknown));
    }
    let roster = live.roster();
    let convert = |standing| convert::standing(standing, live.model(), &roster);
    Ok(proto::GetStandingsResponse {
        standings: shown.standings.iter().map(convert).collect(),
        revision: shown.revision.0,
        as_of: Some(convert::timestamp(now)),
    })
}

/// The years of which a day may be asked for: far from where calendars end, near which periods have no bounds.
const YEARS: std::ops::RangeInclusive<i16> = 1900..=2999;

fn day(text: &str) -> Result<Option<Day>, Status> {
    if text.is_empty() {
        return Ok(None);
    }
    let day = Day::parse(text).filter(|day| YEARS.contains(&day.civil().year()));
    let (first, last) = (YEARS.start(), YEARS.end());
    let description =
        || format!("`{text}` is not a day, `YYYY-MM-DD`, of the years {first} to {last}");
    day.map(Some).ok_or_else(|| errors::invalid("on", description()))
}

#[tonic::async_trait]
impl StandingsService for Standings {
    type WatchStandingsStream = Frames;

    async fn get_standings(
        &self,
        request: Request<proto::GetStandingsRequest>,
    ) -> Result<Response<proto::GetStandingsResponse>, Status> {
        // Periods that are not running are added up when asked for, which would hold up the streams of a worker.
        let (served, request) = (self.served.clone(), request.into_inner());
        let got = tokio::task::spawn_blocking(move || get(&served, &request)).await;
        got.map_err(|_| Status::internal("the answer could not be made"))?.map(Response::new)
    }

    async fn watch_standings(
        &self,
        request: Request<proto::WatchStandingsRequest>,
    ) -> Result<Response<Frames>, Status> {
        self.watches.open(&request).map(Response::new)
    }
}
