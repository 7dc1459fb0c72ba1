//! TLS: the handshake of a connection, and the certificate that its peer shows in it.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::who::PeerCertificate;

/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(5);

/// How connections are secured: with what certificate, and what is asked of clients.
#[derive(Clone, Debug)]
pub struct Secured {
    /// Those of gRPC, over HTTP/2.
    pub grpc: Arc<ServerConfig>,
    /// Those of gRPC-Web and pages, over HTTP/1.1.
    pub web: Arc<ServerConfig>,
}

/// How the connections of a listener are secured, now and later.
#[derive(Clone)]
pub(super) struct Tls {
    pub(super) secured: watch::Receiver<Secured>,
    /// Which of both.
    pub(super) of: fn(&Secured) -> &Arc<ServerConfig>,
}

/// Secures a connection, and tells whose certificate it has.
///
/// # Errors
/// The peer does not speak TLS, is not believed, or takes too long.
pub(super) async fn handshake(
    stream: TcpStream,
    peer: SocketAddr,
    tls: &Tls,
) -> io::Result<(TlsStream<TcpStream>, Option<PeerCertificate>)> {
    let config = (tls.of)(&tls.secured.borrow()).clone();
    let shaken = timeout(HANDSHAKE, TlsAcceptor::from(config).accept(stream)).await;
    let stream = shaken.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
    let stream = stream.inspect_err(|error| tracing::debug!(%peer, %error, "no handshake"))?;
    let shown = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
    let certificate = shown.map(|certificate| PeerCertificate(certificate.as_ref().into()));
    Ok((stream, certificate))
}
