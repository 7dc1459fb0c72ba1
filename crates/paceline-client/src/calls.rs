//! Plain calls: asked once, answered once. Each fails with [`Error::Refused`].

use tonic::transport::Channel;

use crate::client::Client;
use crate::error::Error;
use crate::proto::alerts_service_client::AlertsServiceClient;
use crate::proto::catalog_service_client::CatalogServiceClient;
use crate::proto::goals_service_client::GoalsServiceClient;
use crate::proto::standings_service_client::StandingsServiceClient;
use crate::proto::{
    DeleteGoalRequest, DeleteGoalResponse, ExplainStandingRequest, ExplainStandingResponse,
    GetFreshnessRequest, GetFreshnessResponse, GetStandingsRequest, GetStandingsResponse, Goal,
    Kpi, ListAlertsRequest, ListAlertsResponse, ListContributorsRequest, ListContributorsResponse,
    ListGoalEditsRequest, ListGoalEditsResponse, ListGoalsRequest, ListKpisRequest,
    ListScopesRequest, Scope, Selector, SetGoalRequest, SetGoalResponse,
};

/// The largest answer: everything of a large organisation at once.
const ANSWER_BYTES: usize = 64 << 20;

/// Standings.
impl Client {
    /// The standings of a selection, in the periods that are running or, with a day as `YYYY-MM-DD`, in those that hold
    /// it.
    ///
    /// # Errors
    /// A field is wrong, a scope is unknown, or the sources are not caught up.
    pub async fn standings(
        &self,
        selector: Selector,
        on: Option<&str>,
    ) -> Result<GetStandingsResponse, Error> {
        let on = on.unwrap_or_default().to_owned();
        let request = GetStandingsRequest { selector: Some(selector), on };
        Ok(self.standings_service().get_standings(self.call(request)?).await?.into_inner())
    }

    /// A page of the records behind a standing.
    ///
    /// # Errors
    /// A field is wrong, a scope is unknown, the sources are not caught up, there are too many records, or a listing is not kept
    /// any longer and begins anew with its first page.
    pub async fn contributors(
        &self,
        request: ListContributorsRequest,
    ) -> Result<ListContributorsResponse, Error> {
        Ok(self.standings_service().list_contributors(self.call(request)?).await?.into_inner())
    }

    /// Why a standing is what it is.
    ///
    /// # Errors
    /// A field is wrong, a scope is unknown, or the sources are not caught up.
    pub async fn explain_standing(
        &self,
        request: ExplainStandingRequest,
    ) -> Result<ExplainStandingResponse, Error> {
        Ok(self.standings_service().explain_standing(self.call(request)?).await?.into_inner())
    }

    fn standings_service(&self) -> StandingsServiceClient<Channel> {
        StandingsServiceClient::new(self.channel.clone()).max_decoding_message_size(ANSWER_BYTES)
    }
}

/// The catalog.
impl Client {
    /// All KPIs, in the order of the config.
    ///
    /// # Errors
    /// The server cannot be asked.
    pub async fn kpis(&self) -> Result<Vec<Kpi>, Error> {
        Ok(self.catalog().list_kpis(self.call(ListKpisRequest {})?).await?.into_inner().kpis)
    }

    /// All scopes. [`Scope::parent`] makes them a tree.
    ///
    /// # Errors
    /// The server cannot be asked.
    pub async fn scopes(&self) -> Result<Vec<Scope>, Error> {
        Ok(self.catalog().list_scopes(self.call(ListScopesRequest {})?).await?.into_inner().scopes)
    }

    /// What of the sources is counted, and what is known to be missing.
    ///
    /// # Errors
    /// The server cannot be asked.
    pub async fn freshness(&self) -> Result<GetFreshnessResponse, Error> {
        Ok(self.catalog().get_freshness(self.call(GetFreshnessRequest {})?).await?.into_inner())
    }

    fn catalog(&self) -> CatalogServiceClient<Channel> {
        CatalogServiceClient::new(self.channel.clone()).max_decoding_message_size(ANSWER_BYTES)
    }
}

/// Goals.
impl Client {
    /// Sets a goal, or another in the place of one.
    ///
    /// # Errors
    /// A field is wrong, the goal is unknown, the config's, or edited meanwhile, or the edit could not be written.
    pub async fn set_goal(&self, request: SetGoalRequest) -> Result<SetGoalResponse, Error> {
        Ok(self.goals().set_goal(self.call(request)?).await?.into_inner())
    }

    /// Deletes a goal.
    ///
    /// # Errors
    /// Like [`Self::set_goal`].
    pub async fn delete_goal(
        &self,
        request: DeleteGoalRequest,
    ) -> Result<DeleteGoalResponse, Error> {
        Ok(self.goals().delete_goal(self.call(request)?).await?.into_inner())
    }

    /// Goals: those of the config, then those that were set.
    ///
    /// # Errors
    /// A field is wrong.
    pub async fn list_goals(&self, request: ListGoalsRequest) -> Result<Vec<Goal>, Error> {
        Ok(self.goals().list_goals(self.call(request)?).await?.into_inner().goals)
    }

    /// A page of edits of goals, the latest first.
    ///
    /// # Errors
    /// A field is wrong.
    pub async fn list_goal_edits(
        &self,
        request: ListGoalEditsRequest,
    ) -> Result<ListGoalEditsResponse, Error> {
        Ok(self.goals().list_goal_edits(self.call(request)?).await?.into_inner())
    }

    fn goals(&self) -> GoalsServiceClient<Channel> {
        GoalsServiceClient::new(self.channel.clone()).max_decoding_message_size(ANSWER_BYTES)
    }
}

/// Alerts.
impl Client {
    /// A page of the alerts that are kept, the newest first. With the token of the answer
    /// [`watch_alerts`](Self::watch_alerts) goes on after what the first page shows.
    ///
    /// # Errors
    /// A field is wrong, a scope is unknown, or the topic of alerts is not read yet.
    pub async fn list_alerts(
        &self,
        request: ListAlertsRequest,
    ) -> Result<ListAlertsResponse, Error> {
        let mut alerts =
            AlertsServiceClient::new(self.channel.clone()).max_decoding_message_size(ANSWER_BYTES);
        Ok(alerts.list_alerts(self.call(request)?).await?.into_inner())
    }
}
