//! Accepting connections, and serving HTTP/2 on them.
//!
//! By hand rather than by tonic's own server, which cannot say goodbye to a connection that still has a stream,
//! waits forever for one that never spoke, spins when there are no file descriptors left, and switches off a guard
//! against resets (RUSTSEC-2024-0003) unless told otherwise.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use metrics::{counter, gauge};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;

use super::last_call::LastCall;
use crate::limits::Limits;
use crate::metric;

/// Streams of one connection at a time.
const STREAMS: u32 = 128;
/// How often a silent peer is asked whether it is there, and how long it may take to answer.
const KEEPALIVE: Duration = Duration::from_secs(20);
const KEEPALIVE_ANSWER: Duration = Duration::from_secs(10);
/// How long a new connection may be silent.
const FIRST_BYTE: Duration = Duration::from_secs(5);
/// How much may be buffered for one stream beyond what its client has room for: many streams may stall at once.
const SEND_BUFFER: usize = 32 * 1024;
/// How long to wait when no connection can be accepted, mostly for want of file descriptors.
const ACCEPT_RETRY: Duration = Duration::from_millis(50);

/// What all connections share.
#[derive(Clone)]
struct Shared {
    http: http2::Builder<TokioExecutor>,
    routes: Routes,
    /// How long a connection lives, give or take a tenth.
    age: Duration,
    /// How long it has then for its streams to end.
    patience: Duration,
    /// No more requests: finish what is open.
    shutdown: CancellationToken,
    /// Do not finish even that.
    cut: CancellationToken,
}

/// Serves connections until `shutdown`, then waits for them to finish.
pub(super) async fn serve(
    listener: TcpListener,
    routes: Routes,
    limits: &Limits,
    shutdown: &CancellationToken,
) {
    let cut = CancellationToken::new();
    let shared = Shared {
        http: http(),
        routes,
        age: limits.age,
        patience: limits.patience,
        shutdown: shutdown.clone(),
        cut: cut.clone(),
    };
    let room = Arc::new(Semaphore::new(limits.connections));
    tokio::select! {
        () = shutdown.cancelled() => {}
        () = accept(&listener, &shared, &room) => {}
    }
    drop(listener);
    let all = u32::try_from(limits.connections).unwrap_or(u32::MAX);
    if timeout(limits.drain, room.acquire_many(all)).await.is_err() {
        tracing::warn!("clients did not finish in time; their connections are cut");
        cut.cancel();
    }
}

async fn accept(listener: &TcpListener, shared: &Shared, room: &Arc<Semaphore>) {
    // The semaphore is never closed, so the loop ends with its caller.
    while let Ok(permit) = room.clone().acquire_owned().await {
        match listener.accept().await {
            Ok((stream, peer)) => {
                let shared = shared.clone();
                tokio::spawn(async move {
                    converse(stream, peer, shared).await;
                    drop(permit);
                });
            }
            Err(error) => {
                counter!(metric::ACCEPT_FAILURES).increment(1);
                tracing::warn!(%error, "connection not accepted");
                sleep(ACCEPT_RETRY).await;
            }
        }
    }
}

/// Serves one connection until it ends.
async fn converse(stream: TcpStream, peer: SocketAddr, shared: Shared) {
    gauge!(metric::CONNECTIONS).increment(1);
    let cut = shared.cut.clone();
    let spoken = tokio::select! {
        () = cut.cancelled() => Ok(()),
        spoken = speak(stream, shared) => spoken,
    };
    if let Err(error) = spoken {
        tracing::debug!(%peer, %error, "connection broke off");
    }
    gauge!(metric::CONNECTIONS).decrement(1);
}

async fn speak(
    stream: TcpStream,
    shared: Shared,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let Shared { http, routes, age, patience, shutdown, .. } = shared;
    stream.set_nodelay(true)?;
    let mut first = [0];
    tokio::select! {
        () = shutdown.cancelled() => return Ok(()),
        spoke = timeout(FIRST_BYTE, stream.peek(&mut first)) => {
            spoke.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        }
    }
    let last = LastCall::new(age, patience);
    let routes = TowerToHyperService::new(routes);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(last);
        routes.call(request)
    });
    let mut connection = std::pin::pin!(http.serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        spoken = connection.as_mut() => return Ok(spoken?),
        () = shutdown.cancelled() => {
            connection.as_mut().graceful_shutdown();
            return Ok(connection.await?);
        }
        () = sleep_until(last.call) => connection.as_mut().graceful_shutdown(),
    }
    // Whatever is still open then is of a client that takes nothing, not even the end of its stream.
    timeout(patience, connection).await.map_or(Ok(()), |spoken| Ok(spoken?))
}

fn http() -> http2::Builder<TokioExecutor> {
    let mut http = http2::Builder::new(TokioExecutor::new());
    http.timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .keep_alive_interval(KEEPALIVE)
        .keep_alive_timeout(KEEPALIVE_ANSWER)
        .max_local_error_reset_streams(1024)
        .max_pending_accept_reset_streams(20)
        .max_send_buf_size(SEND_BUFFER);
    http
}
