//! The worked clients of alerts: each alert is handed out, none twice once it is acknowledged, and a client that is started
//! anew goes on after what it kept.
//!
//! The server is the services as they are generated, with alerts that the test makes and streams that break off when it wants.

use std::net::SocketAddr;
use std::pin::Pin;
use std::process::Command;
use std::sync::{Arc, Mutex};

use paceline_grpc::proto::alerts_service_server::{AlertsService, AlertsServiceServer};
use paceline_grpc::proto::watch_alerts_response::Frame;
use paceline_grpc::proto::{
    Alert, AlertsBookmark, ListAlertsRequest, ListAlertsResponse, Status as Wire,
    WatchAlertsRequest, WatchAlertsResponse,
};
use paceline_tests::{process::Paceline, wait};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tonic::{Request, Response, Status};
use tonic_web::GrpcWebLayer;

use crate::clients::{python, typescript};

#[test]
fn the_client_of_alerts_in_python_loses_none() {
    loses_none(|server, kept| {
        let mut client = python("alerts.py");
        client.arg(server.grpc.to_string()).arg(kept);
        client
    });
}

#[test]
fn the_client_of_alerts_in_typescript_loses_none() {
    loses_none(|server, kept| {
        let mut client = typescript("alerts.js");
        client.arg(format!("http://{}", server.web)).arg(kept);
        client
    });
}

fn loses_none(client: impl Fn(&Server, &std::path::Path) -> Command) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let kept = folder.path().join("token");
    let server = Server::start();
    let mut first = Paceline::spawn(&client(&server, &kept));
    server.raise(1);
    first.wait_for_line("alert-0: rep:U1 bookings is BEHIND");
    wait::until("it is kept", || (std::fs::read(&kept).ok()? == b"1").then_some(()));
    server.break_off();
    server.raise(3);
    first.wait_for_line("alert-2: rep:U1 bookings is BEHIND");
    wait::until("it is kept", || (std::fs::read(&kept).ok()? == b"3").then_some(()));
    assert_eq!(ids(&first), ["alert-0", "alert-1", "alert-2"]);
    first.kill();
    server.raise(4);
    let mut second = Paceline::spawn(&client(&server, &kept));
    second.wait_for_line("alert-3: rep:U1 bookings is BEHIND");
    assert_eq!(ids(&second), ["alert-3"]);
    // Without a token, then after what was acknowledged each time.
    assert_eq!(server.tokens(), ["", "1", "3"]);
}

/// The ids of the alerts that were printed.
fn ids(client: &Paceline) -> Vec<String> {
    let lines = client.stdout();
    let ids = lines.iter().filter_map(|line| line.split_once(": rep:U1").map(|(id, _)| id));
    ids.map(str::to_owned).collect()
}

/// A server of alerts, on a port for gRPC and one for gRPC-Web.
struct Server {
    grpc: SocketAddr,
    web: SocketAddr,
    alerts: Alerts,
    _runtime: Runtime,
}

/// Alerts, numbered from 0; the token after one is the number of the next.
#[derive(Clone)]
struct Alerts {
    /// How many were raised.
    raised: watch::Sender<usize>,
    /// How often the streams broke off.
    broken: watch::Sender<usize>,
    /// With which tokens streams were opened.
    tokens: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start() -> Self {
        let runtime = Runtime::new().expect("a runtime can be made");
        let alerts = Alerts {
            raised: watch::Sender::default(),
            broken: watch::Sender::default(),
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
        Self { grpc, web, alerts, _runtime: runtime }
    }

    /// Raises alerts, until there are so many.
    fn raise(&self, count: usize) {
        self.alerts.raised.send_replace(count);
    }

    /// Ends all streams.
    fn break_off(&self) {
        self.alerts.broken.send_modify(|times| *times += 1);
    }

    fn tokens(&self) -> Vec<String> {
        self.alerts.tokens.lock().expect("no panic").clone()
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
        let token = String::from_utf8(request.into_inner().resume_token).expect("a number");
        self.tokens.lock().expect("no panic").push(token.clone());
        let (sender, frames) = tokio::sync::mpsc::channel(1);
        let (mut raised, mut broken) = (self.raised.subscribe(), self.broken.subscribe());
        tokio::spawn(async move {
            let mut next = token.parse().unwrap_or(0);
            // A client that has nothing to go on from is told where it is.
            let mut frame = Some(message(Frame::Bookmark(AlertsBookmark {}), next));
            loop {
                if let Some(frame) = frame.take() {
                    // One that has gone is noticed below.
                    sender.send(Ok(frame)).await.ok();
                }
                tokio::select! {
                    // What the test did first happens first.
                    biased;
                    () = sender.closed() => return,
                    _ = broken.changed() => {
                        sender.send(Err(Status::unavailable("it broke off"))).await.ok();
                        return;
                    }
                    () = more_than(next, &mut raised) => {
                        frame = Some(message(Frame::Alert(alert(next)), next + 1));
                        next += 1;
                    }
                }
            }
        });
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

fn message(frame: Frame, token: usize) -> WatchAlertsResponse {
    WatchAlertsResponse {
        frame: Some(frame),
        resume_token: token.to_string().into_bytes(),
        complete: true,
        ..WatchAlertsResponse::default()
    }
}
