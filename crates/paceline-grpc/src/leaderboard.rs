//! Leaderboards: the reps of a scope by rank, asked for once here and watched in [`crate::watch`].

use jiff::Timestamp;
use paceline_core::board::{Revision, Subject};
use paceline_core::day::Day;
use paceline_core::ranks::{By, Leaderboard};
use paceline_engine::Live;
use tonic::Status;

use crate::convert;
use crate::errors::{self, invalid};
use crate::proto::{self, RankBy};
use crate::served::Served;
use crate::subject;
use crate::who::Principal;

/// What is ranked, and how.
#[derive(Clone, Debug)]
pub(crate) struct Ranking {
    /// Whose reps, by their standings on what.
    pub(crate) subject: Subject,
    /// By which of their numbers.
    pub(crate) by: By,
    /// How many are shown; with 0 all.
    pub(crate) limit: usize,
    /// The rep who is shown their own rank in a scope of which they do not see all.
    pub(crate) own: Option<String>,
}

impl Ranking {
    /// Finds what a request of somebody names.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the field that is wrong.
    pub(crate) fn of(
        (scope, kpi, period): (&str, &str, &str),
        by: i32,
        limit: u32,
        served: &Served,
        principal: &Principal,
    ) -> Result<Self, Status> {
        let model = served.live.model();
        let subject = subject::subject(scope, kpi, period, model, &principal.sight)?;
        if scope == "unassigned" {
            let description = "reps are ranked, and `unassigned` has none: `org` has all, `team:<id of its manager>` some";
            return Err(invalid("scope", description));
        }
        let by = RankBy::try_from(by).map_err(|_| {
            let known = "RANK_BY_ACTUAL, RANK_BY_ATTAINMENT and RANK_BY_PACE";
            invalid("by", format!("{by} is none of {known}"))
        })?;
        let by = match by {
            RankBy::Unspecified | RankBy::Actual => By::Actual,
            RankBy::Attainment => By::Attainment,
            RankBy::Pace => By::Pace,
        };
        let own = principal.ranked(served.ranks_only).map(str::to_owned);
        Ok(Self { subject, by, limit: limit as usize, own })
    }
}

impl Ranking {
    /// The leaderboard, with the revision it stands at; nothing where there is no such scope for who asks.
    pub(crate) fn ask(
        &self,
        live: &Live,
        on: Option<Day>,
        now: Timestamp,
    ) -> (Option<Leaderboard>, Revision) {
        live.leaderboard_for(self.own.as_deref(), &self.subject, self.by, on, now)
    }
}

/// Answers a request.
pub(crate) fn get(
    served: &Served,
    principal: &Principal,
    request: &proto::GetLeaderboardRequest,
) -> Result<proto::GetLeaderboardResponse, Status> {
    let live = &served.live;
    let proto::GetLeaderboardRequest { scope, kpi, period, by, limit, on } = request;
    let ranking = Ranking::of((scope, kpi, period), *by, *limit, served, principal)?;
    let on = subject::day(on)?;
    if !live.is_open() {
        return Err(errors::not_caught_up());
    }
    let now = (served.clock)();
    let (leaderboard, revision) = ranking.ask(live, on, now);
    let leaderboard = leaderboard.ok_or_else(|| errors::unknown_scope(scope))?;
    let (members, roster) = (leaderboard.members() as u32, live.roster());
    let standings = leaderboard.into_standings(ranking.limit);
    let convert = |(rank, standing)| convert::rank(rank, &standing, live.model(), &roster);
    Ok(proto::GetLeaderboardResponse {
        ranks: standings.into_iter().map(convert).collect(),
        members,
        revision: revision.0,
        as_of: Some(convert::timestamp(now)),
    })
}
