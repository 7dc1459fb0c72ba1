//! A bare server: tonic, and nothing behind it. Its streams send messages of a size, at a pace or as fast as they are taken.

use std::convert::Infallible;
use std::io::{self, BufRead as _, Write as _};
use std::task::{Context, Poll};
use std::time::Duration;

use clap::Args;
use paceline_client::proto::watch_standings_response::Frame;
use paceline_client::proto::{Standing, Update, WatchStandingsRequest, WatchStandingsResponse};
use prost::Message as _;
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service, http};
use tonic::server::{Grpc, NamedService, ServerStreamingService};
use tonic::transport::Server;
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;

use crate::world::micros_since;

/// A bare server.
#[derive(Args, Clone, Debug)]
pub(crate) struct Bare {
    /// Where it serves, `host:port`
    #[arg(long)]
    pub(crate) grpc: String,
    /// The instant that amounts count from, in microseconds since 1970
    #[arg(long)]
    pub(crate) base: u64,
    /// The bytes of a message, at least
    #[arg(long)]
    pub(crate) bytes: usize,
    /// How often each stream sends, in microseconds; without it as fast as it can
    #[arg(long)]
    pub(crate) every: Option<u64>,
}

impl Bare {
    /// It as arguments.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let mut arguments = vec![
            "bare".to_owned(),
            format!("--grpc={}", self.grpc),
            format!("--base={}", self.base),
            format!("--bytes={}", self.bytes),
        ];
        arguments.extend(self.every.map(|every| format!("--every={every}")));
        arguments
    }

    /// A message that says when it was made.
    fn message(&self, filler: &str) -> WatchStandingsResponse {
        let actual = micros_since(self.base).to_string();
        let scope = ["rep:R", filler].concat();
        let standings = vec![Standing { scope, actual, ..Standing::default() }];
        let frame = Some(Frame::Update(Update { standings, last: true, ..Update::default() }));
        WatchStandingsResponse { frame, ..WatchStandingsResponse::default() }
    }

    fn filler(&self) -> String {
        let bare = self.message("").encoded_len();
        "0".repeat(self.bytes.saturating_sub(bare))
    }
}

/// Serves until the input ends.
pub(crate) fn run(bare: &Bare) -> anyhow::Result<()> {
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    let listener = runtime.block_on(TcpListener::bind(&bare.grpc))?;
    let connections = TcpListenerStream::new(listener);
    let served = Server::builder().tcp_nodelay(true).add_service(Watch(bare.clone()));
    runtime.spawn(served.serve_with_incoming(connections));
    writeln!(io::stdout(), "open")?;
    io::stdin().lock().lines().for_each(drop);
    runtime.shutdown_background();
    Ok(())
}

/// The one method that is served.
#[derive(Clone)]
struct Watch(Bare);

impl NamedService for Watch {
    const NAME: &'static str = "paceline.v1.StandingsService";
}

impl Service<http::Request<Body>> for Watch {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Self::Error>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let watch = self.clone();
        Box::pin(async move {
            let mut grpc = Grpc::new(ProstCodec::default());
            Ok(grpc.server_streaming(watch, request).await)
        })
    }
}

impl ServerStreamingService<WatchStandingsRequest> for Watch {
    type Response = WatchStandingsResponse;
    type ResponseStream = ReceiverStream<Result<WatchStandingsResponse, Status>>;
    type Future = BoxFuture<Response<Self::ResponseStream>, Status>;

    fn call(&mut self, _: Request<WatchStandingsRequest>) -> Self::Future {
        let (sender, messages) = mpsc::channel(1);
        tokio::spawn(send(self.0.clone(), sender));
        Box::pin(async { Ok(Response::new(ReceiverStream::new(messages))) })
    }
}

async fn send(bare: Bare, sender: mpsc::Sender<Result<WatchStandingsResponse, Status>>) {
    let filler = bare.filler();
    let mut turns = bare.every.map(|every| {
        let every = Duration::from_micros(every);
        // Streams that were opened together are not to send together.
        let first = every.mul_f64(f64::from(micros_since(bare.base) as u16) / 65_536.0);
        let mut turns = interval_at(Instant::now() + first, every);
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        turns
    });
    loop {
        if let Some(turns) = &mut turns {
            turns.tick().await;
        }
        // What is read at its opening would otherwise wait a whole turn.
        if sender.send(Ok(bare.message(&filler))).await.is_err() {
            return;
        }
    }
}
