//! A server, as one that is asked: where it is, who asks, and how connections to it are made.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use tonic::metadata::AsciiMetadataValue;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

use crate::alerts::{AlertOptions, AlertStream};
use crate::credentials::{Tls, Token, bearer, is_private};
use crate::error::{Error, root};
use crate::standings::{Frames, LiveMap, WatchOptions};

/// How long making a connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a plain call may take.
const CALL: Duration = Duration::from_secs(60);
/// How often a silent server is asked whether it is there, and how long it may take to answer. Servers need not put up
/// with clients that ask much more often.
const KEEPALIVE: Duration = Duration::from_secs(30);
const KEEPALIVE_ANSWER: Duration = Duration::from_secs(15);
/// What a server may send of a watch before it is read: enough for one frame, which has at most 256 KiB.
const WINDOW: u32 = 256 * 1024;

/// A server that is asked. Cheap to clone; clones share the connection of plain calls.
#[derive(Clone, Debug)]
pub struct Client {
    endpoint: Endpoint,
    pub(crate) channel: Channel,
    actor: Option<AsciiMetadataValue>,
    token: Option<Token>,
    /// Whether a token may go to another host in plain text.
    is_insecure: bool,
}

impl Client {
    /// A server by its address, `host:port` or a URL; `https://` is over TLS, with what the system believes. The connection
    /// is made when it is first used, and again whenever it is needed and not there.
    ///
    /// # Errors
    /// [`Error::Address`]: the text is no address. [`Error::Tls`]: the system believes nobody.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    pub fn new(address: &str) -> Result<Self, Error> {
        Self::secured(address, &Tls::default())
    }

    /// As [`Self::new`], with what TLS is made with, if the address is `https://`.
    ///
    /// # Errors
    /// [`Error::Address`]: the text is no address. [`Error::Tls`]: a certificate or key is none.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    pub fn secured(address: &str, tls: &Tls) -> Result<Self, Error> {
        let url =
            if address.contains("://") { address.to_owned() } else { format!("http://{address}") };
        let refused = |_| Error::Address(address.to_owned());
        let endpoint = Endpoint::from_shared(url).map_err(refused)?;
        let endpoint = match endpoint.uri().scheme_str() {
            Some("https") => {
                let told = |error: tonic::transport::Error| {
                    Error::Tls(error.source().map_or_else(|| error.to_string(), root))
                };
                endpoint.tls_config(tls.config()).map_err(told)?
            }
            Some("http") => endpoint,
            _ => return Err(Error::Address(address.to_owned())),
        };
        Ok(Self::of(endpoint))
    }

    /// A server by an endpoint of tonic, for what else that can be told. How connections are kept alive, how long
    /// making them may take and how much they buffer is set here.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    pub fn of(endpoint: Endpoint) -> Self {
        let endpoint = endpoint
            .connect_timeout(CONNECT)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(KEEPALIVE)
            .keep_alive_timeout(KEEPALIVE_ANSWER);
        let channel = endpoint.connect_lazy();
        Self { endpoint, channel, actor: None, token: None, is_insecure: false }
    }

    /// Says who asks; the server calls whoever does not say it anonymous.
    ///
    /// # Errors
    /// [`Error::Actor`]: the name is not written in ASCII.
    pub fn with_actor(self, who: &str) -> Result<Self, Error> {
        let actor = who.parse().map_err(|_| Error::Actor(who.to_owned()))?;
        Ok(Self { actor: Some(actor), ..self })
    }

    /// Lets a token that is shown from here on go to another host in plain text, where whoever is on the way can read and use it: for a
    /// network of trusted hosts alone.
    #[must_use]
    pub fn insecure(self) -> Self {
        Self { is_insecure: true, ..self }
    }

    /// Shows a token with every request. A stream ends when it expires, and so does following with it.
    ///
    /// # Errors
    /// [`Error::Token`]: it has characters that no token has. [`Error::PlainToken`]: the server is another host, and is asked in plain
    /// text.
    pub fn with_token(self, token: &str) -> Result<Self, Error> {
        let header = bearer(token).ok_or(Error::Token)?;
        self.showing(Token::Fixed(header))
    }

    /// Shows a token with every request, and asks for it each time: `source` answers the newest one, or in words why there is
    /// none. A stream that ends because its token has expired is opened again with the next, and goes on where it was.
    ///
    /// `source` is called on a thread of the runtime, and has to be quick: read a file, or keep the token up to date elsewhere.
    ///
    /// # Errors
    /// [`Error::PlainToken`]: the server is another host, and is asked in plain text.
    pub fn with_token_from(
        self,
        source: impl Fn() -> Result<String, String> + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        self.showing(Token::From(Arc::new(source)))
    }

    fn showing(self, token: Token) -> Result<Self, Error> {
        let address = self.endpoint.uri();
        if !self.is_insecure && !is_private(address) {
            let host = address.authority().map_or("", |authority| authority.as_str());
            return Err(Error::PlainToken(host.to_owned()));
        }
        Ok(Self { token: Some(token), ..self })
    }

    /// Whether credentials that have expired may be followed by others.
    pub(crate) fn renews_token(&self) -> bool {
        self.token.as_ref().is_some_and(Token::renews)
    }

    /// Follows the standings of a selection. Nothing is asked before [`LiveMap::next`].
    pub fn watch(&self, options: WatchOptions) -> LiveMap {
        LiveMap::new(self.watch_frames(options))
    }

    /// Follows the frames of a watch as the server sends them, one stream after another, for those who keep no map.
    pub fn watch_frames(&self, options: WatchOptions) -> Frames {
        Frames::new(self.clone(), options)
    }

    /// Follows the alerts of a selection. Nothing is asked before [`AlertStream::next`].
    pub fn watch_alerts(&self, options: AlertOptions) -> AlertStream {
        AlertStream::new(self.clone(), options)
    }

    /// A new connection for a watch, made when it is first used. The name is looked up anew, and one that turned out to be
    /// dead is not used again.
    pub(crate) fn watch_channel(&self) -> Channel {
        let endpoint = self.endpoint.clone();
        endpoint
            .initial_stream_window_size(WINDOW)
            .initial_connection_window_size(WINDOW)
            .connect_lazy()
    }

    /// A request that says who asks, and shows it.
    ///
    /// # Errors
    /// There is no token just now.
    pub(crate) fn request<T>(&self, message: T) -> Result<Request<T>, Status> {
        let mut request = Request::new(message);
        if let Some(actor) = &self.actor {
            request.metadata_mut().insert("x-paceline-actor", actor.clone());
        }
        if let Some(token) = &self.token {
            request.metadata_mut().insert("authorization", token.header()?);
        }
        Ok(request)
    }

    /// The request of a plain call, which has a deadline.
    ///
    /// # Errors
    /// As [`Self::request`].
    pub(crate) fn call<T>(&self, message: T) -> Result<Request<T>, Status> {
        let mut request = self.request(message)?;
        request.set_timeout(CALL);
        Ok(request)
    }
}
