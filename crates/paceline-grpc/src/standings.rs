//! The service of standings: asked once here, watched in [`crate::watch`]; what is made of many standings at once, or of many
//! days of one, has a room of its own.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use crate::aside::Aside;
use crate::coaching;
use crate::contributors::Contributors;
use crate::convert;
use crate::driven::Driven;
use crate::errors;
use crate::explain;
use crate::history;
use crate::leaderboard;
use crate::proto;
use crate::proto::standings_service_server::StandingsService;
use crate::selector::{self, View};
use crate::served::Served;
use crate::subject;
use crate::token::Epoch;
use crate::watch::{Frames, Watches};
use crate::who::Principal;

/// The service of standings.
#[derive(Debug)]
pub(crate) struct Standings {
    served: Served,
    watches: Arc<Watches>,
    contributors: Contributors,
    epoch: Epoch,
    aside: Aside,
    /// For what takes long, so that nothing else waits behind it.
    long: Aside,
}

impl Standings {
    pub(crate) fn new(served: Served, watches: Watches, epoch: Epoch, long: Aside) -> Self {
        let aside = Aside::new();
        let contributors = Contributors::new(served.clone(), long.clone());
        Self { served, watches: Arc::new(watches), contributors, epoch, aside, long }
    }

    /// Answers a request aside: periods that are not running are added up when asked for.
    async fn answer<Asked: Send + 'static, Answer: Send + 'static>(
        &self,
        request: Request<Asked>,
        get: impl FnOnce(&Served, &Principal, &Asked) -> Result<Answer, Status> + Send + 'static,
    ) -> Result<Response<Answer>, Status> {
        self.aside.answer(&self.served, request, get).await
    }
}

fn get(
    served: &Served,
    principal: &Principal,
    request: &proto::GetStandingsRequest,
) -> Result<proto::GetStandingsResponse, Status> {
    let live = &served.live;
    let selector = request.selector.clone().unwrap_or_default();
    let view = View::of(&selector, live.model(), &principal.sight)?;
    let on = subject::day(&request.on)?;
    if !live.is_open() {
        // Which reps there are is known when the topics are read.
        return Err(errors::not_caught_up());
    }
    let now = (served.clock)();
    let shown = live.standings(&view.selection, on, now);
    errors::check_known(shown.unknown.iter().map(String::as_str))?;
    let roster = live.roster();
    let convert = |standing| convert::standing(standing, live.model(), &roster);
    Ok(proto::GetStandingsResponse {
        standings: shown.standings.iter().map(convert).collect(),
        revision: shown.revision.0,
        as_of: Some(convert::timestamp(now)),
    })
}

#[tonic::async_trait]
impl StandingsService for Standings {
    type WatchStandingsStream = Frames;
    type WatchLeaderboardStream = Driven<proto::WatchLeaderboardResponse>;

    async fn get_standings(
        &self,
        request: Request<proto::GetStandingsRequest>,
    ) -> Result<Response<proto::GetStandingsResponse>, Status> {
        let asked = request.get_ref().selector.as_ref();
        let aside = if asked.is_none_or(selector::is_wide) { &self.long } else { &self.aside };
        aside.answer(&self.served, request, get).await
    }

    async fn watch_standings(
        &self,
        request: Request<proto::WatchStandingsRequest>,
    ) -> Result<Response<Frames>, Status> {
        let scopes = request.get_ref().selector.as_ref().map_or(0, |named| named.scopes.len());
        if scopes <= selector::FEW {
            return self.watches.open(&request).map(Response::new);
        }
        // To look up so many would hold up the streams of a worker.
        let watches = self.watches.clone();
        let opening = self.long.run_soon(move || watches.open(&request));
        let opened = opening.ok_or_else(errors::too_busy)?.await;
        let opened = opened.map_err(|_| Status::internal("the watch could not be opened"))?;
        opened.map(Response::new)
    }

    async fn get_leaderboard(
        &self,
        request: Request<proto::GetLeaderboardRequest>,
    ) -> Result<Response<proto::GetLeaderboardResponse>, Status> {
        self.answer(request, leaderboard::get).await
    }

    async fn watch_leaderboard(
        &self,
        request: Request<proto::WatchLeaderboardRequest>,
    ) -> Result<Response<Self::WatchLeaderboardStream>, Status> {
        self.watches.open_leaderboard(&request).map(Response::new)
    }

    async fn get_history(
        &self,
        request: Request<proto::GetHistoryRequest>,
    ) -> Result<Response<proto::GetHistoryResponse>, Status> {
        self.answer(request, history::get).await
    }

    async fn list_contributors(
        &self,
        request: Request<proto::ListContributorsRequest>,
    ) -> Result<Response<proto::ListContributorsResponse>, Status> {
        self.contributors.list(request).await
    }

    async fn explain_standing(
        &self,
        request: Request<proto::ExplainStandingRequest>,
    ) -> Result<Response<proto::ExplainStandingResponse>, Status> {
        let epoch = self.epoch;
        let get = move |served: &Served, principal: &Principal, request: &_| {
            explain::get(served, principal, epoch, request)
        };
        self.answer(request, get).await
    }

    async fn get_coaching_focus(
        &self,
        request: Request<proto::GetCoachingFocusRequest>,
    ) -> Result<Response<proto::GetCoachingFocusResponse>, Status> {
        self.answer(request, coaching::get).await
    }
}
