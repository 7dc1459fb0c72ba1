//! A server whose streams are spoken by the test.

use std::pin::Pin;
use std::time::Duration;

use paceline_client::{Client, WatchOptions};
use paceline_grpc::Encoded;
use paceline_grpc::proto::alerts_service_server::{AlertsService, AlertsServiceServer};
use paceline_grpc::proto::standings_service_server::{StandingsService, StandingsServiceServer};
use paceline_grpc::proto::{
    ExplainStandingRequest, ExplainStandingResponse, GetCoachingFocusRequest,
    GetCoachingFocusResponse, GetHistoryRequest, GetHistoryResponse, GetLeaderboardRequest,
    GetLeaderboardResponse, GetStandingsRequest, GetStandingsResponse, ListAlertsRequest,
    ListAlertsResponse, ListContributorsRequest, ListContributorsResponse, WatchAlertsRequest,
    WatchAlertsResponse, WatchLeaderboardRequest, WatchLeaderboardResponse, WatchStandingsRequest,
    WatchStandingsResponse,
};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tokio_stream::{Stream, StreamExt as _};
use tonic::{Request, Response, Status};

/// How long anything may take before the test has failed.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

type Frames<F> = Pin<Box<dyn Stream<Item = Result<F, Status>> + Send>>;

/// A watch that a client asked for, to be answered by the test.
pub(crate) struct Asked<Q, F> {
    pub(crate) request: Q,
    pub(crate) actor: Option<String>,
    /// The `authorization` header.
    pub(crate) token: Option<String>,
    answer: tokio::sync::oneshot::Sender<Result<mpsc::Receiver<Result<F, Status>>, Status>>,
}

/// The stream of a watch. It ends when this is dropped.
pub(crate) struct Speaking<F>(mpsc::Sender<Result<F, Status>>);

/// All watches of one kind.
struct Watches<Q, F>(mpsc::Sender<Asked<Q, F>>);

pub(crate) type AskedStandings = Asked<WatchStandingsRequest, WatchStandingsResponse>;
pub(crate) type AskedAlerts = Asked<WatchAlertsRequest, WatchAlertsResponse>;

/// A server, and what its clients ask.
pub(crate) struct Stage {
    pub(crate) address: String,
    standings: mpsc::Receiver<AskedStandings>,
    alerts: mpsc::Receiver<AskedAlerts>,
}

impl Stage {
    pub(crate) async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let (for_standings, standings) = mpsc::channel(1);
        let (for_alerts, alerts) = mpsc::channel(1);
        let server = tonic::transport::Server::builder()
            .add_service(StandingsServiceServer::new(Watches(for_standings)))
            .add_service(AlertsServiceServer::new(Watches(for_alerts)))
            .serve_with_incoming(TcpListenerStream::new(listener));
        tokio::spawn(server);
        Self { address, standings, alerts }
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(&self.address).expect("an address")
    }

    /// The next watch of standings that is asked for.
    pub(crate) async fn standings(&mut self) -> AskedStandings {
        in_time(self.standings.recv()).await.expect("the server is there")
    }

    /// The next watch of alerts that is asked for.
    pub(crate) async fn alerts(&mut self) -> AskedAlerts {
        in_time(self.alerts.recv()).await.expect("the server is there")
    }

    /// Whether no further watch of standings was asked for.
    pub(crate) fn is_quiet(&mut self) -> bool {
        self.standings.try_recv().is_err()
    }
}

impl<Q, F> Asked<Q, F> {
    /// Opens the stream.
    pub(crate) fn open(self) -> Speaking<F> {
        let (sender, receiver) = mpsc::channel(64);
        // A client that has gone meanwhile is found out when it is spoken to.
        self.answer.send(Ok(receiver)).ok();
        Speaking(sender)
    }

    pub(crate) fn refuse(self, status: Status) {
        self.answer.send(Err(status)).ok();
    }
}

impl<F> Speaking<F> {
    pub(crate) async fn say(&self, frame: F) {
        // Whether the client still listens is what its test asserts on.
        self.0.send(Ok(frame)).await.ok();
    }

    pub(crate) async fn end(self, status: Status) {
        self.0.send(Err(status)).await.ok();
    }
}

impl<Q, F: Send + 'static> Watches<Q, F> {
    async fn ask(&self, request: Request<Q>) -> Result<Response<Frames<F>>, Status> {
        let header = |name: &str| Some(request.metadata().get(name)?.to_str().ok()?.to_owned());
        let (actor, token) = (header("x-paceline-actor"), header("authorization"));
        let (answer, answered) = tokio::sync::oneshot::channel();
        let asked = Asked { request: request.into_inner(), actor, token, answer };
        self.0.send(asked).await.map_err(|_| Status::cancelled("the test has ended"))?;
        let frames = answered.await.map_err(|_| Status::unavailable("nobody answers"))??;
        Ok(Response::new(Box::pin(ReceiverStream::new(frames))))
    }
}

#[tonic::async_trait]
impl StandingsService for Watches<WatchStandingsRequest, WatchStandingsResponse> {
    type WatchStandingsStream = Frames<Encoded>;
    type WatchLeaderboardStream = Frames<WatchLeaderboardResponse>;

    async fn get_standings(
        &self,
        _: Request<GetStandingsRequest>,
    ) -> Result<Response<GetStandingsResponse>, Status> {
        Err(Status::unimplemented("nobody asks"))
    }

    async fn watch_standings(
        &self,
        request: Request<WatchStandingsRequest>,
    ) -> Result<Response<Self::WatchStandingsStream>, Status> {
        let frames = self.ask(request).await?.into_inner();
        let encoded = frames.map(|frame| frame.map(|frame| Encoded::of(&frame)));
        Ok(Response::new(Box::pin(encoded)))
    }

    async fn get_leaderboard(
        &self,
        _: Request<GetLeaderboardRequest>,
    ) -> Result<Response<GetLeaderboardResponse>, Status> {
        Err(Status::unimplemented("nobody asks"))
    }

    async fn watch_leaderboard(
        &self,
        _: Request<WatchLeaderboardRequest>,
    ) -> Result<Response<Self::WatchLeaderboardStream>, Status> {
        Err(Status::unimplemented("nobody asks"))
    }

    async fn get_history(
        &self,
        _: Request<GetHistoryRequest>,
    ) -> Result<Response<GetHistoryResponse>, Status> {
        Err(Status::unimplemented("nobody asks"))
    }

    async fn list_contributors(
        &self,
        _: Request<ListContributorsRequest>,
    ) -> Result<Response<ListContributorsResponse>, Status> {
        Err(Status::unimplemented("nobody asks"))
    }

    async fn explain_standing(
        &self,
        _: Request<ExplainStandingRequest>,
    ) -> Result<Response<ExplainStandingResponse>, Status> {
        Err(Status::unimplemented("nobody asks"))
    }

    async fn get_coaching_focus(
        &self,
        _: Request<GetCoachingFocusRequest>,
    ) -> Result<Response<GetCoachingFocusResponse>, Status> {
        Err(Status::unimplemented("nobody asks"))
    }
}

#[tonic::async_trait]
impl AlertsService for Watches<WatchAlertsRequest, WatchAlertsResponse> {
    type WatchAlertsStream = Frames<WatchAlertsResponse>;

    async fn watch_alerts(
        &self,
        request: Request<WatchAlertsRequest>,
    ) -> Result<Response<Self::WatchAlertsStream>, Status> {
        self.ask(request).await
    }

    async fn list_alerts(
        &self,
        _: Request<ListAlertsRequest>,
    ) -> Result<Response<ListAlertsResponse>, Status> {
        Err(Status::unimplemented("nobody asks"))
    }
}

/// Options with a heartbeat that no test waits for.
pub(crate) fn options() -> WatchOptions {
    WatchOptions { heartbeat: Duration::from_secs(60), ..WatchOptions::default() }
}

/// Waits, for no longer than a test may take.
pub(crate) async fn in_time<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, work).await.expect("in time")
}
