//! The stage: a small sales organisation whose board is served on a loopback port, and whose clock is set by hand.

use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use jiff::Timestamp;
use paceline_client::proto::WatchStandingsRequest;
use paceline_client::proto::alerts_service_client::AlertsServiceClient;
use paceline_client::proto::catalog_service_client::CatalogServiceClient;
use paceline_client::proto::goals_service_client::GoalsServiceClient;
use paceline_client::proto::standings_service_client::StandingsServiceClient;
use paceline_client::proto::{GetStandingsRequest, Selector, Standing};
use paceline_core::kpi::Kpi;
use paceline_grpc::{
    Credentials, Error, Identify, Identifying, Limits, Principal, Role, Served, Server,
    Unidentified,
};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::transport::{Channel, Endpoint};

use crate::follower::Follower;
use crate::goal_log::GoalLog;
use crate::identities::Identities;
use crate::ledger::Ledger;
use crate::organisation::Organisation;
use crate::organisation::stocks;
pub(crate) use crate::organisation::{BOOKINGS, NOW, at, decimal};

/// Whose pages may use gRPC-Web.
pub(crate) const ORIGIN: &str = "https://app.example.com";
/// How long anything may take before the test has failed.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

pub(crate) struct Stage {
    organisation: Organisation,
    pub(crate) shutdown: CancellationToken,
    pub(crate) server: JoinHandle<Result<(), Error>>,
    /// Where gRPC-Web is served.
    pub(crate) web: SocketAddr,
    endpoint: Endpoint,
    pub(crate) log: GoalLog,
    pub(crate) ledger: Ledger,
}

impl Deref for Stage {
    type Target = Organisation;

    fn deref(&self) -> &Organisation {
        &self.organisation
    }
}

impl Stage {
    /// An organisation whose sources are caught up: M1 with U1 and U2, M2 with U3.
    pub(crate) async fn open() -> Self {
        let stage = Self::closed(Limits::default(), 0).await;
        stage.open_board();
        stage
    }

    /// The same before its sources are caught up, with limits, and more reps below M2.
    pub(crate) async fn closed(limits: Limits, more: usize) -> Self {
        Self::with(limits, more, Vec::new()).await
    }

    /// An organisation whose sources are caught up, open to those whom `identify` knows.
    pub(crate) async fn open_to(identify: impl Identify + 'static) -> Self {
        let stage = Self::serving(Limits::default(), 0, Vec::new(), move |served| {
            served.identify = Some(Arc::new(identify));
        });
        let stage = stage.await;
        stage.open_board();
        stage
    }

    /// An organisation whose sources are caught up, with two KPIs more: the stock `open`, and the ratio `per_open`.
    pub(crate) async fn with_stocks() -> Self {
        let stage = Self::with(Limits::default(), 0, stocks()).await;
        stage.open_board();
        stage
    }

    /// An organisation whose sources are caught up, where callers are whoever they say they are.
    pub(crate) async fn named(limits: Limits) -> Self {
        let stage = Self::serving(limits, 0, Vec::new(), |served| {
            served.identify = Some(Arc::new(ByName));
        });
        let stage = stage.await;
        stage.open_board();
        stage
    }

    async fn with(limits: Limits, more: usize, kpis: Vec<Kpi>) -> Self {
        Self::serving(limits, more, kpis, |_| {}).await
    }

    /// An organisation whose sources are caught up, and that asks who asks.
    pub(crate) async fn guarded(identities: &Arc<Identities>, ranks_only: bool) -> Self {
        let stage = Self::guarded_and_closed(identities, ranks_only, Vec::new()).await;
        stage.open_board();
        stage
    }

    /// The same with more KPIs.
    pub(crate) async fn guarded_with(
        identities: &Arc<Identities>,
        ranks_only: bool,
        kpis: Vec<Kpi>,
    ) -> Self {
        let stage = Self::guarded_and_closed(identities, ranks_only, kpis).await;
        stage.open_board();
        stage
    }

    /// The same before its sources are caught up.
    pub(crate) async fn guarded_and_closed(
        identities: &Arc<Identities>,
        ranks_only: bool,
        kpis: Vec<Kpi>,
    ) -> Self {
        let identities = identities.clone();
        // A test asks more often than people do.
        let usual = Limits::default();
        let limits = Limits { person: usual.service, ..usual };
        let stage = Self::serving(limits, 0, kpis, move |served| {
            served.identify = Some(identities.clone());
            served.wall = Arc::new(move || *identities.wall.lock().expect("a clock"));
            served.ranks_only = ranks_only;
        });
        stage.await
    }

    async fn serving(
        limits: Limits,
        more: usize,
        kpis: Vec<Kpi>,
        change: impl FnOnce(&mut Served),
    ) -> Self {
        let organisation = Organisation::new(more, kpis);
        let log = GoalLog::new(organisation.live.clone());
        let ledger = Ledger::default();
        let clock = organisation.clock.clone();
        let mut served = Served {
            live: organisation.live.clone(),
            clock: Arc::new(move || *clock.lock().expect("a clock")),
            wall: Arc::new(Timestamp::now),
            append_goal: log.clone().appender(),
            identify: None,
            ranks_only: false,
            audit: Some(Arc::new(ledger.clone())),
            limits,
        };
        change(&mut served);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let shutdown = CancellationToken::new();
        let for_web = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let web = for_web.local_addr().expect("an address");
        let server = Server::new(served, shutdown.clone()).await;
        let server = tokio::spawn(async move {
            let (server, origins) = (server?, [ORIGIN.parse().expect("an origin")]);
            let pages = Router::new().route("/page", get(async || "a page"));
            tokio::join!(server.grpc(listener), server.web(for_web, pages, &origins));
            Ok(())
        });
        let endpoint = Endpoint::from_shared(format!("http://{address}")).expect("an endpoint");
        Self { organisation, shutdown, server, web, endpoint, log, ledger }
    }

    pub(crate) fn address(&self) -> String {
        self.endpoint.uri().authority().expect("an address").to_string()
    }

    pub(crate) async fn channel(&self) -> Channel {
        self.endpoint.connect().await.expect("a connection")
    }

    /// A connection whose client takes no more than 64 KiB without reading it.
    pub(crate) async fn narrow_channel(&self) -> Channel {
        self.channel_of(65_535, 65_535).await
    }

    /// A connection whose client takes no more than so many bytes of a stream, and of all of them, without reading them.
    pub(crate) async fn channel_of(&self, stream: u32, connection: u32) -> Channel {
        let endpoint = self.endpoint.clone().initial_stream_window_size(stream);
        let endpoint = endpoint.initial_connection_window_size(connection);
        endpoint.connect().await.expect("a connection")
    }

    pub(crate) async fn standings(&self) -> StandingsServiceClient<Channel> {
        StandingsServiceClient::new(self.channel().await)
    }

    pub(crate) async fn alerts(&self) -> AlertsServiceClient<Channel> {
        AlertsServiceClient::new(self.channel().await)
    }

    /// A client of alerts that takes no more than 64 KiB without reading it.
    pub(crate) async fn narrow_alerts(&self) -> AlertsServiceClient<Channel> {
        AlertsServiceClient::new(self.narrow_channel().await)
    }

    pub(crate) async fn goals(&self) -> GoalsServiceClient<Channel> {
        GoalsServiceClient::new(self.channel().await)
    }

    pub(crate) async fn catalog(&self) -> CatalogServiceClient<Channel> {
        CatalogServiceClient::new(self.channel().await)
    }

    pub(crate) async fn get(&self, selector: Selector) -> Vec<Standing> {
        let request = GetStandingsRequest { selector: Some(selector), on: String::new() };
        let response = self.standings().await.get_standings(request).await.expect("standings");
        response.into_inner().standings
    }

    pub(crate) async fn watch(&self, request: WatchStandingsRequest) -> Follower {
        let stream =
            self.standings().await.watch_standings(request.clone()).await.expect("a stream");
        Follower::new(stream.into_inner())
    }
}

/// The header in which callers say who they are.
pub(crate) const NAME: &str = "x-name";

/// Believes callers their names; those that begin with `service` are services, everybody else is a rep.
#[derive(Debug)]
struct ByName;

impl Identify for ByName {
    fn identify<'a>(&'a self, shown: Credentials<'a>) -> Identifying<'a> {
        let missing = Unidentified { reason: "CREDENTIALS_MISSING", detail: "no name", wait: None };
        let name = shown.headers.get(NAME).and_then(|name| name.to_str().ok());
        let principal = name.map(|name| {
            let role = if name.starts_with("service") { Role::Service } else { Role::Rep };
            let (issuer, subject) = ("test".to_owned(), name.to_owned());
            Principal { issuer, subject, role, ..Principal::anyone() }
        });
        Box::pin(std::future::ready(principal.ok_or(missing)))
    }
}

pub(crate) fn select(scopes: &[&str], kpis: &[&str], periods: &[&str]) -> Selector {
    let all = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Selector { scopes: all(scopes), with_members: false, kpis: all(kpis), periods: all(periods) }
}

/// Asks to watch a selection, with no pause between updates and a heartbeat that no test waits for.
pub(crate) fn watch(selector: Selector) -> WatchStandingsRequest {
    let seconds = |seconds| Some(prost_types::Duration { seconds, nanos: 0 });
    WatchStandingsRequest {
        selector: Some(selector),
        heartbeat: seconds(60),
        min_interval: seconds(0),
        ..WatchStandingsRequest::default()
    }
}
