//! A server of alerts whose alerts, breaks and silences are the test's: the services as they are generated, on a port for gRPC
//! and one for gRPC-Web.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use paceline_grpc::proto::alerts_service_server::{AlertsService, AlertsServiceServer};
use paceline_grpc::proto::watch_alerts_response::Frame;
use paceline_grpc::proto::{
    Alert, AlertsBookmark, ListAlertsRequest, ListAlertsResponse, Status as Wire,
    WatchAlertsRequest, WatchAlertsResponse,
};
use paceline_tests::{proxy::Proxy, wait};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::{mpsc, watch};
use tokio::time::sleep;
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tonic::{Request, Response, Status};
use tonic_web::GrpcWebLayer;

type Sender = mpsc::Sender<Result<WatchAlertsResponse, Status>>;

/// A server of alerts.
pub(super) struct Server {
    pub(super) grpc: SocketAddr,
    pub(super) web: SocketAddr,
    alerts: Alerts,
    runtime: Runtime,
}

/// Alerts, numbered from 0; the token after one is the number of the next.
#[derive(Clone)]
struct Alerts {
    /// How many were raised.
    raised: watch::Sender<usize>,
    /// How often the streams broke off.
    broken: watch::Sender<usize>,
    /// Whether streams that are opened say nothing.
    mute: watch::Sender<bool>,
    /// How many heartbeats were sent.
    beats: watch::Sender<usize>,
    /// With which tokens streams were opened.
    tokens: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub(super) fn start() -> Self {
        let runtime = Runtime::new().expect("a runtime can be made");
        let alerts = Alerts {
            raised: watch::Sender::default(),
            broken: watch::Sender::default(),
            mute: watch::Sender::default(),
            beats: watch::Sender::default(),
            tokens: Arc::default(),
        };
        let (grpc, web) = runtime.block_on(async {
            let bind = || TcpListener::bind("127.0.0.1:0");
            let (grpc, web) = (bind().await.expect("a port"), bind().await.expect("a port"));
            let addresses = (grpc.local_addr(), web.local_addr());
            let service = AlertsServiceServer::new(alerts.clone());
            let server = tonic::transport::Server::builder().add_service(service.clone());
            tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(grpc)));
            let server = tonic::transport::Server::builder().accept_http1(true);
            let server = server.layer(GrpcWebLayer::new()).add_service(service);
            tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(web)));
            (addresses.0.expect("an address"), addresses.1.expect("an address"))
        });
        Self { grpc, web, alerts, runtime }
    }

    /// A network that misbehaves, between a client and one of the ports.
    pub(super) fn behind_a_proxy(&self, port: SocketAddr) -> Proxy {
        self.runtime.block_on(Proxy::start(port.to_string())).expect("a port")
    }

    /// Raises alerts, until there are so many.
    pub(super) fn raise(&self, count: usize) {
        self.alerts.raised.send_replace(count);
    }

    /// Ends all streams.
    pub(super) fn break_off(&self) {
        self.alerts.broken.send_modify(|times| *times += 1);
    }

    /// Says nothing on streams that are opened from now on, or speaks on them.
    pub(super) fn mute(&self, mute: bool) {
        self.alerts.mute.send_replace(mute);
    }

    /// Waits until so many more heartbeats were sent.
    pub(super) fn beat(&self, count: usize) {
        let beats = || *self.alerts.beats.borrow();
        let wanted = beats() + count;
        wait::until("heartbeats are sent", || (beats() >= wanted).then_some(()));
    }

    /// With which tokens streams were opened.
    pub(super) fn tokens(&self) -> Vec<String> {
        self.alerts.tokens.lock().expect("no panic").clone()
    }
}

impl Alerts {
    /// Tells the alerts from one on, until the client has gone or the stream breaks off.
    async fn tell(self, mut next: usize, heartbeat: Duration, sender: Sender) {
        let (mut raised, mut broken) = (self.raised.subscribe(), self.broken.subscribe());
        if *self.mute.borrow() {
            return sender.closed().await;
        }
        // A client that has nothing to go on from is told where it is.
        let mut frame = bookmark(next);
        loop {
            // One that has gone is noticed below.
            sender.send(Ok(frame)).await.ok();
            frame = tokio::select! {
                // What the test did first happens first.
                biased;
                () = sender.closed() => return,
                _ = broken.changed() => {
                    sender.send(Err(Status::unavailable("it broke off"))).await.ok();
                    return;
                }
                () = more_than(next, &mut raised) => {
                    next += 1;
                    message(Frame::Alert(alert(next - 1)), next)
                }
                () = sleep(heartbeat) => {
                    self.beats.send_modify(|beats| *beats += 1);
                    bookmark(next)
                }
            };
        }
    }
}

#[tonic::async_trait]
impl AlertsService for Alerts {
    type WatchAlertsStream =
        Pin<Box<dyn tokio_stream::Stream<Item = Result<WatchAlertsResponse, Status>> + Send>>;

    async fn watch_alerts(
        &self,
        request: Request<WatchAlertsRequest>,
    ) -> Result<Response<Self::WatchAlertsStream>, Status> {
        let WatchAlertsRequest { resume_token, heartbeat, .. } = request.into_inner();
        let token = String::from_utf8(resume_token).expect("a number");
        let heartbeat = heartbeat.expect("the worked clients ask for one");
        self.tokens.lock().expect("no panic").push(token.clone());
        let (sender, frames) = mpsc::channel(1);
        let heartbeat = heartbeat.try_into().expect("it is not negative");
        tokio::spawn(self.clone().tell(token.parse().unwrap_or(0), heartbeat, sender));
        Ok(Response::new(Box::pin(ReceiverStream::new(frames))))
    }

    async fn list_alerts(
        &self,
        _: Request<ListAlertsRequest>,
    ) -> Result<Response<ListAlertsResponse>, Status> {
        Err(Status::unimplemented("nobody asks"))
    }
}

/// Waits until more alerts than these were raised.
async fn more_than(count: usize, raised: &mut watch::Receiver<usize>) {
    // The server of a test that has ended raises no more.
    raised.wait_for(|raised| *raised > count).await.map(drop).ok();
}

fn alert(number: usize) -> Alert {
    Alert {
        id: format!("alert-{number}"),
        scope: "rep:U1".to_owned(),
        kpi: "bookings".to_owned(),
        to: Wire::Behind.into(),
        ..Alert::default()
    }
}

fn bookmark(token: usize) -> WatchAlertsResponse {
    message(Frame::Bookmark(AlertsBookmark {}), token)
}

fn message(frame: Frame, token: usize) -> WatchAlertsResponse {
    WatchAlertsResponse {
        frame: Some(frame),
        resume_token: token.to_string().into_bytes(),
        complete: true,
        ..WatchAlertsResponse::default()
    }
}
