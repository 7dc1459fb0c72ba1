//! Accepting connections, and serving HTTP/2 or HTTP/1.1 on them.
//!
//! By hand rather than by tonic's own server, which cannot say goodbye to a connection that still has a stream,
//! waits forever for one that never spoke, spins when there are no file descriptors left, and switches off a guard
//! against resets (RUSTSEC-2024-0003) unless told otherwise.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulConnection;
use hyper_util::service::TowerToHyperService;
use metrics::{counter, gauge};
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::addresses::Addresses;
use super::busy::Busy;
use super::gather::{Gathered, Wire};
use super::last_call::LastCall;
use super::secure::{self, Tls};
use crate::call::Peer;
use crate::limits::Limits;
use crate::metric;
use crate::who::PeerCertificate;

/// Streams of one connection at a time.
const STREAMS: u32 = 128;
/// How often a silent peer is asked whether it is there, and how long it may take to answer.
const KEEPALIVE: Duration = Duration::from_secs(20);
const KEEPALIVE_ANSWER: Duration = Duration::from_secs(10);
/// For how long a connection is silent until the system asks whether its peer is there: HTTP/1.1 has no way of its own.
const TCP_KEEPALIVE: Duration = Duration::from_secs(60);
const TCP_RETRY: Duration = Duration::from_secs(10);
/// How long a new connection may take to say what it speaks, which nothing looks after while it is half said.
const PREFACE: Duration = Duration::from_secs(5);
/// The same, and how long it may ask for nothing then, while more than half of the connections that may be are taken.
const CROWDED: Duration = Duration::from_secs(1);
/// How long one that has asked for something may have nothing under way then.
const QUIET: Duration = Duration::from_secs(10);
/// How long a connection has to take why it is let go.
const GOODBYE: Duration = Duration::from_millis(200);
/// The largest head of a request.
const HEAD_BYTES: u32 = 16 * 1024;
/// How much of a request may come before it is looked at, of one stream and of all those of a connection: more than the largest.
const WINDOW: u32 = 80 * 1024;
/// How much may be buffered for one stream beyond what its client has room for: many streams may stall at once.
const SEND_BUFFER: usize = 32 * 1024;
/// How long to wait when no connection can be accepted, mostly for want of file descriptors.
const ACCEPT_RETRY: Duration = Duration::from_millis(50);

/// How connections are spoken on.
#[derive(Clone)]
pub(super) enum Http {
    One(http1::Builder),
    Two(http2::Builder<TokioExecutor>),
}

impl Http {
    /// How many bytes a client says first.
    fn preface(&self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::Two(_) => 24,
        }
    }
}

/// What all connections share.
#[derive(Clone)]
struct Shared {
    http: Http,
    router: Router,
    /// How connections are secured, if they are.
    tls: Option<Tls>,
    addresses: Addresses,
    /// The connections that may be open.
    room: Arc<Semaphore>,
    connections: usize,
    /// How long a connection may ask for nothing at first.
    head: Duration,
    /// How long a connection lives, give or take a tenth.
    age: Duration,
    /// How long it has then for its streams to end.
    patience: Duration,
    /// No more requests: finish what is open.
    shutdown: CancellationToken,
    /// Do not finish even that.
    cut: CancellationToken,
}

impl Shared {
    /// Whether more than half of the connections that may be are taken.
    fn is_crowded(&self) -> bool {
        self.room.available_permits() < self.connections.div_ceil(2)
    }

    /// Waits until a connection holds a place that others need more: one that has never asked for anything does so after a while,
    /// and any that is quiet while they are crowded.
    async fn is_quiet(&self, asked: &AtomicUsize, busy: &Busy) {
        let (began, mut before, mut quiet) = (Instant::now(), 0, Duration::ZERO);
        loop {
            sleep(CROWDED).await;
            let now = asked.load(Ordering::Relaxed);
            quiet = if busy.is_idle() && now == before { quiet + CROWDED } else { Duration::ZERO };
            before = now;
            let suffered = if now == 0 { CROWDED } else { QUIET };
            let never = now == 0 && began.elapsed() >= self.head;
            if never || quiet >= suffered && self.is_crowded() {
                return;
            }
        }
    }
}

/// Serves connections until `shutdown`, then waits for them to finish.
pub(super) async fn serve(
    listener: TcpListener,
    http: Http,
    router: Router,
    tls: Option<Tls>,
    limits: &Limits,
    shutdown: &CancellationToken,
) {
    let cut = CancellationToken::new();
    let room = Arc::new(Semaphore::new(limits.connections));
    let shared = Shared {
        http,
        router,
        tls,
        addresses: Addresses::new(
            limits.connections,
            limits.address_connections,
            limits.loopback_connections,
        ),
        room: room.clone(),
        connections: limits.connections,
        head: limits.head,
        age: limits.age,
        patience: limits.patience,
        shutdown: shutdown.clone(),
        cut: cut.clone(),
    };
    tokio::select! {
        () = shutdown.cancelled() => {}
        () = accept(&listener, &shared) => {}
    }
    drop(listener);
    let all = u32::try_from(limits.connections).unwrap_or(u32::MAX);
    if timeout(limits.drain, room.acquire_many(all)).await.is_err() {
        tracing::warn!("clients did not finish in time; their connections are cut");
        cut.cancel();
    }
}

async fn accept(listener: &TcpListener, shared: &Shared) {
    // The semaphore is never closed, so the loop ends with its caller.
    while let Ok(permit) = shared.room.clone().acquire_owned().await {
        match listener.accept().await {
            Ok((stream, peer)) => {
                let Some(place) = shared.addresses.enter(peer.ip()) else {
                    counter!(metric::CLOSED).increment(1);
                    tracing::debug!(%peer, "too many connections from there");
                    continue;
                };
                let shared = shared.clone();
                tokio::spawn(async move {
                    converse(stream, peer, shared).await;
                    drop((place, permit));
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
        spoken = speak(stream, peer, shared) => spoken,
    };
    if let Err(error) = spoken {
        tracing::debug!(%peer, %error, "connection broke off");
    }
    gauge!(metric::CONNECTIONS).decrement(1);
}

async fn speak(stream: TcpStream, peer: SocketAddr, shared: Shared) -> Spoken {
    stream.set_nodelay(true)?;
    let keepalive =
        TcpKeepalive::new().with_time(TCP_KEEPALIVE).with_interval(TCP_RETRY).with_retries(3);
    SockRef::from(&stream).set_tcp_keepalive(&keepalive)?;
    let Some(tls) = &shared.tls else { return listen(stream, peer, None, shared).await };
    tokio::select! {
        () = shared.shutdown.cancelled() => Ok(()),
        secured = secure::handshake(stream, peer, tls) => {
            let (stream, certificate) = secured?;
            listen(stream, peer, certificate, shared).await
        }
    }
}

/// What became of a connection.
type Spoken = Result<(), Box<dyn std::error::Error + Send + Sync>>;

async fn listen<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    mut stream: S,
    peer: SocketAddr,
    certificate: Option<PeerCertificate>,
    shared: Shared,
) -> Spoken {
    let patience_at_first = if shared.is_crowded() { CROWDED } else { PREFACE };
    let Shared { http, router, age, patience, shutdown, .. } = shared.clone();
    let said = tokio::select! {
        () = shutdown.cancelled() => return Ok(()),
        said = timeout(patience_at_first, preface(&mut stream, http.preface())) => {
            said.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??
        }
    };
    let last = LastCall::new(age, patience);
    let router = TowerToHyperService::new(router);
    let (asked, busy) = (Arc::new(AtomicUsize::new(0)), Busy::default());
    let (asks, at_work) = (asked.clone(), busy.clone());
    let service = service_fn(move |mut request: Request<Incoming>| {
        asks.fetch_add(1, Ordering::Relaxed);
        request.extensions_mut().insert(last);
        if let Some(certificate) = &certificate {
            request.extensions_mut().insert(certificate.clone());
        }
        request.extensions_mut().insert(Peer(peer));
        request.extensions_mut().insert(at_work.clone());
        router.call(request)
    });
    let stream = TokioIo::new(Wire::new(stream, said));
    let finish = Finish { last, patience, shutdown, asked, busy, shared };
    match http {
        Http::One(http) => finish.serve(http.serve_connection(stream, service)).await?,
        Http::Two(http) => finish.serve(http.serve_connection(stream, service)).await?,
    }
    Ok(())
}

/// The first bytes that a client says, so many or all that come.
async fn preface(stream: &mut (impl AsyncRead + Unpin), bytes: usize) -> io::Result<Vec<u8>> {
    let mut said = Vec::with_capacity(bytes);
    stream.take(bytes as u64).read_to_end(&mut said).await?;
    Ok(said)
}

/// When a connection is to take no further requests, and how long what is open may take then.
struct Finish {
    last: LastCall,
    patience: Duration,
    shutdown: CancellationToken,
    /// How often it has asked for anything.
    asked: Arc<AtomicUsize>,
    busy: Busy,
    shared: Shared,
}

impl Finish {
    /// Serves a connection until it ends, from shutdown or its age on without further requests.
    async fn serve<C: GracefulConnection>(self, connection: C) -> Result<(), C::Error> {
        let mut connection = Gathered::new(connection);
        tokio::select! {
            spoken = &mut connection => return spoken,
            () = self.shutdown.cancelled() => {
                connection.finish();
                return connection.await;
            }
            () = sleep_until(self.last.call) => connection.finish(),
            () = self.shared.is_quiet(&self.asked, &self.busy) => connection.finish(),
            () = self.busy.is_unwanted() => {
                // It is told why, if it listens.
                connection.finish();
                return timeout(GOODBYE, connection).await.unwrap_or(Ok(()));
            }
        }
        // Whatever is still open then is of a client that takes nothing, not even the end of its stream.
        timeout(self.patience, connection).await.unwrap_or(Ok(()))
    }
}

/// HTTP/2, as gRPC speaks it.
pub(super) fn http2() -> Http {
    let mut http = http2::Builder::new(TokioExecutor::new());
    http.timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .keep_alive_interval(KEEPALIVE)
        .keep_alive_timeout(KEEPALIVE_ANSWER)
        .max_header_list_size(HEAD_BYTES)
        .initial_stream_window_size(WINDOW)
        .initial_connection_window_size(WINDOW)
        .max_local_error_reset_streams(1024)
        .max_pending_accept_reset_streams(20)
        .max_send_buf_size(SEND_BUFFER);
    Http::Two(http)
}

/// HTTP/1.1, as browsers and probes speak it.
pub(super) fn http1(limits: &Limits) -> Http {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(HEAD_BYTES as usize);
    Http::One(http)
}
