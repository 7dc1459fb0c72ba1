//! An identity provider: whom it calls what, its keys in a file or on a web server, and a clock that is set by hand.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hyper::HeaderMap;
use hyper::header::{AUTHORIZATION, HeaderValue};
use jiff::Timestamp;
use paceline_auth::{Algorithm, Authenticator, Claims, KeySource, Service, Tokens, check_url};
use paceline_grpc::{Clock, Credentials, Identify as _, Principal, Role, Unidentified};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// Monday, 2026-11-23T13:00:00Z.
pub(crate) const NOW: i64 = 1_795_438_800;
pub(crate) const ISSUER: &str = "https://login.example.com/";

/// A clock that stands still until it is set.
#[derive(Clone)]
pub(crate) struct Hand(Arc<AtomicI64>);

impl Hand {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicI64::new(NOW)))
    }

    pub(crate) fn forward(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(crate) fn clock(&self) -> Clock {
        let hand = self.clone();
        Arc::new(move || Timestamp::from_second(hand.0.load(Ordering::SeqCst)).expect("an instant"))
    }
}

/// What is believed of tokens with keys from somewhere.
pub(crate) fn tokens(keys: KeySource) -> Tokens {
    let roles = [Role::Rep, Role::Manager, Role::Executive, Role::Admin, Role::Service];
    let alerts = Service { sees: vec!["org".to_owned()], with_members: true, sets_goals: false };
    Tokens {
        issuer: ISSUER.to_owned(),
        audience: "paceline".to_owned(),
        keys,
        algorithms: vec![Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa],
        kinds: vec![Some("jwt".to_owned()), Some("at+jwt".to_owned())],
        skew: Duration::from_secs(30),
        refresh: Duration::from_secs(600),
        cool_down: Duration::from_secs(10),
        claims: Claims { role: "role".to_owned(), rep: "rep".to_owned() },
        roles: roles.map(|role| (role.name().to_owned(), role)).into(),
        services: BTreeMap::from([("alerts".to_owned(), alerts)]),
    }
}

pub(crate) fn by_file(path: &Path) -> Tokens {
    tokens(KeySource::File(path.to_owned()))
}

pub(crate) fn by_url(url: &str, ca: Option<&Path>) -> Tokens {
    let url = check_url(url).expect("an address");
    tokens(KeySource::Url { url, ca: ca.map(Path::to_owned) })
}

pub(crate) fn authenticator(tokens: Tokens, hand: &Hand) -> Authenticator {
    Authenticator::new(Some(tokens), None, hand.clock()).expect("keys can be asked for")
}

/// Asks with values of the `authorization` header.
pub(crate) async fn ask_with(
    authenticator: &Authenticator,
    values: &[Vec<u8>],
) -> Result<Principal, Unidentified> {
    let mut headers = HeaderMap::new();
    for value in values {
        headers.append(AUTHORIZATION, HeaderValue::from_bytes(value).expect("a value"));
    }
    authenticator.identify(Credentials { headers: &headers, certificate: None }).await
}

/// Asks with a token.
pub(crate) async fn ask(
    authenticator: &Authenticator,
    token: &str,
) -> Result<Principal, Unidentified> {
    ask_with(authenticator, &[format!("Bearer {token}").into_bytes()]).await
}

/// The header of a good token.
pub(crate) fn header(algorithm: &str, kid: &str) -> Value {
    json!({"alg": algorithm, "kid": kid, "typ": "JWT"})
}

/// The claims of a good token.
pub(crate) fn claims() -> Value {
    json!({"iss": ISSUER, "aud": "paceline", "sub": "ana", "role": "rep", "rep": "U1",
        "iat": NOW - 60, "nbf": NOW - 60, "exp": NOW + 3600})
}

/// An object with some keys set, or with null taken away.
pub(crate) fn with(mut object: Value, changes: Value) -> Value {
    let entries = object.as_object_mut().expect("an object");
    for (key, value) in changes.as_object().expect("an object") {
        if value.is_null() {
            entries.remove(key);
        } else {
            entries.insert(key.clone(), value.clone());
        }
    }
    object
}

/// A web server with keys, which counts how often it is asked.
#[derive(Clone)]
pub(crate) struct Web {
    pub(crate) url: String,
    asked: Arc<AtomicUsize>,
    answer: Arc<Mutex<Option<String>>>,
}

impl Web {
    pub(crate) async fn new(keys: &str) -> Self {
        Self::listening(keys, None).await
    }

    pub(crate) async fn secured(keys: &str, tls: TlsAcceptor) -> Self {
        Self::listening(keys, Some(tls)).await
    }

    async fn listening(keys: &str, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("an address");
        let address = listener.local_addr().expect("an address");
        let scheme = if tls.is_some() { "https" } else { "http" };
        let url = format!("{scheme}://{address}/keys");
        let web = Self { url, asked: Arc::default(), answer: Arc::default() };
        web.publish(keys);
        let serving = web.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (web, tls) = (serving.clone(), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => web.serve(stream).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                web.serve(stream).await;
                            }
                        }
                    }
                });
            }
        });
        web
    }

    async fn serve(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin) {
        let mut read = Vec::new();
        while !read.windows(4).any(|four| four == b"\r\n\r\n") {
            if stream.read_buf(&mut read).await.unwrap_or(0) == 0 {
                return;
            }
        }
        self.asked.fetch_add(1, Ordering::SeqCst);
        let answer = self.answer.lock().expect("nobody panics with it").clone();
        match answer {
            // Who is gone does not hear it.
            Some(answer) => {
                stream.write_all(answer.as_bytes()).await.ok();
                stream.shutdown().await.ok();
            }
            None => std::future::pending().await,
        }
    }

    /// How often it was asked.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// Answers with keys from now on.
    pub(crate) fn publish(&self, keys: &str) {
        self.say("200 OK", "content-type: application/json", keys);
    }

    /// Answers so from now on.
    pub(crate) fn say(&self, status: &str, head: &str, body: &str) {
        let answer = format!(
            "HTTP/1.1 {status}\r\n{head}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        *self.answer.lock().expect("nobody panics with it") = Some(answer);
    }

    /// Answers nothing from now on.
    pub(crate) fn fall_silent(&self) {
        *self.answer.lock().expect("nobody panics with it") = None;
    }
}
