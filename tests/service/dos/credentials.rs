//! Credentials: calls of nobody known, each of which has the service look who asks.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use paceline_tests::issuer::{AUDIENCE, ISSUER, Issuer};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::{Target, attacker::Tally, floods::GET, frames::request, metric, requests::in_all};

/// How many calls, of how many connections.
const CALLS: u32 = 10_000;
const CONNECTIONS: u32 = 8;

const REFUSED: &str = "paceline_auth_refused_total";

/// An identity provider whose keys are on a web server, which counts how often it is asked for them.
pub(super) struct Provider {
    issuer: Issuer,
    url: String,
    asked: Arc<AtomicU64>,
}

impl Provider {
    /// Begins to answer.
    pub(super) async fn begin() -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let (issuer, asked) = (Issuer::new(), Arc::new(AtomicU64::new(0)));
        tokio::spawn(publish(listener, issuer.keys(), asked.clone()));
        Arc::new(Self { issuer, url: format!("http://{address}/keys"), asked })
    }

    /// The part of a config that believes it.
    pub(super) fn config(&self) -> String {
        format!(
            "auth:\n  tokens: {{issuer: \"{ISSUER}\", audience: {AUDIENCE}, keys: \"{}\", algorithms: [EdDSA], cool_down: 1s}}\n  services: [{{subject: honest, sees: [org], with_members: true}}]\n",
            self.url
        )
    }

    /// What the honest clients show.
    pub(super) fn honest_token(&self) -> String {
        self.issuer.token("honest", &json!({"role": "service"}), Duration::from_secs(600))
    }

    /// A token in all like a good one, but that it names a key there is not.
    fn token_by(&self, kid: &str) -> String {
        let good = self.honest_token();
        let (_, rest) = good.split_once('.').expect("a header");
        let header = json!({"alg": "EdDSA", "typ": "JWT", "kid": kid}).to_string();
        format!("{}.{rest}", BASE64.encode(header))
    }
}

/// Answers each question with the keys.
async fn publish(listener: TcpListener, keys: String, asked: Arc<AtomicU64>) {
    let length = keys.len();
    let answer =
        format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{keys}");
    loop {
        let (mut stream, _) = listener.accept().await.expect("it listens");
        // One that asks and goes away again is no question.
        let Ok(1..) = stream.read(&mut [0; 4_096]).await else { continue };
        asked.fetch_add(1, Ordering::Relaxed);
        stream.write_all(answer.as_bytes()).await.ok();
    }
}

/// Ten thousand calls that show nothing, as fast as they are refused.
pub(super) async fn none(target: Target) -> Tally {
    refused(&target, "missing", |_, _| None).await
}

/// Ten thousand calls, each with a token by a key of another name.
pub(super) async fn unknown_kids(target: Target) -> Tally {
    let provider = target.provider.clone().expect("it asks who asks");
    let (before, began) = (provider.asked.load(Ordering::Relaxed), Instant::now());
    let tokens = provider.clone();
    let token = move |connection, nth| Some(tokens.token_by(&format!("k{connection}.{nth}")));
    let mut tally = refused(&target, "key", token).await;
    let asked = provider.asked.load(Ordering::Relaxed) - before;
    // Once, and again after each second in which it rests.
    let most = began.elapsed().as_secs() + 1;
    assert!((1..=most).contains(&asked), "the provider was asked {asked} times");
    tally.statuses.insert("keys asked for".to_owned(), asked);
    tally
}

/// Calls with a token, or none, each of which is refused for a reason that begins like that.
async fn refused(
    target: &Target,
    detail: &str,
    token: impl Fn(u32, u32) -> Option<String> + Clone + Send + 'static,
) -> Tally {
    let name = format!("{REFUSED}{{detail=\"{detail}");
    let before = metric(&target.http, &name).await;
    let call = move |connection, nth| match token(connection, nth) {
        Some(token) => request(nth, GET, &[("authorization", &format!("Bearer {token}"))], &[]),
        None => request(nth, GET, &[], &[]),
    };
    let mut tally = in_all(&target.grpc, CONNECTIONS, CALLS, call).await;
    let refused = metric(&target.http, &name).await - before;
    assert_eq!((tally.answers, refused), (u64::from(CALLS), u64::from(CALLS)), "{tally}");
    tally.statuses = BTreeMap::from([(format!("UNAUTHENTICATED ({detail})"), refused)]);
    tally
}
