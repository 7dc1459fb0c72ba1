//! gRPC-Web over HTTP/1.1: what a browser sends, byte for byte, and what it gets.

use std::time::Duration;

use paceline_client::proto::{ListKpisRequest, ListKpisResponse, Selector, SetGoalRequest};
use paceline_grpc::Limits;
use prost::Message;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::stage::{DEADLINE, ORIGIN, Stage, watch};

const KPIS: &str = "/paceline.v1.CatalogService/ListKpis";
const WATCH: &str = "/paceline.v1.StandingsService/WatchStandings";

/// A connection over HTTP/1.1.
struct Browser(TcpStream);

impl Browser {
    async fn new(stage: &Stage) -> Self {
        Self(TcpStream::connect(stage.web).await.expect("a connection"))
    }

    async fn send(&mut self, head: &str, body: &[u8]) {
        let length = body.len();
        let head = format!("{head}\r\nhost: paceline\r\ncontent-length: {length}\r\n\r\n");
        self.0.write_all(&[head.as_bytes(), body].concat()).await.expect("written");
    }

    /// Asks a service, as a page of an origin does.
    async fn call(&mut self, path: &str, origin: &str, message: &impl Message) {
        let head = format!(
            "POST {path} HTTP/1.1\r\ncontent-type: application/grpc-web+proto\r\nx-grpc-web: 1\r\norigin: {origin}\r\nconnection: close"
        );
        let message = message.encode_to_vec();
        let length = u32::try_from(message.len()).expect("a small message").to_be_bytes();
        self.send(&head, &[&[0][..], &length, &message].concat()).await;
    }

    /// What comes until a text is in it.
    async fn until(&mut self, text: &str) -> Vec<u8> {
        let mut read = Vec::new();
        let reading = async {
            while !contains(&read, text) {
                let count = self.0.read_buf(&mut read).await.expect("bytes");
                assert!(count > 0, "it ended: {}", String::from_utf8_lossy(&read));
            }
        };
        timeout(DEADLINE, reading).await.expect("in time");
        read
    }

    /// Everything to the end of the connection: the head, and the body without the marks of its chunks.
    async fn rest(&mut self) -> (String, Vec<u8>) {
        let mut read = Vec::new();
        let reading = self.0.read_to_end(&mut read);
        timeout(DEADLINE, reading).await.expect("in time").expect("bytes");
        let at = read.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
        let head = String::from_utf8(read[..at].to_vec()).expect("text").to_lowercase();
        let body = &read[at + 4..];
        (head.clone(), if head.contains("chunked") { unchunked(body) } else { body.to_vec() })
    }
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window.eq_ignore_ascii_case(text.as_bytes()))
}

fn unchunked(mut body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(at) = body.windows(2).position(|two| two == b"\r\n") {
        let size = std::str::from_utf8(&body[..at]).expect("text");
        let size = usize::from_str_radix(size, 16).expect("a size");
        whole.extend_from_slice(&body[at + 2..at + 2 + size]);
        body = &body[(at + 4 + size).min(body.len())..];
    }
    whole
}

/// The messages of a body, and its trailers.
fn frames(mut body: &[u8]) -> (Vec<&[u8]>, String) {
    let (mut messages, mut trailers) = (Vec::new(), String::new());
    while let [kind, a, b, c, d, rest @ ..] = body {
        let (frame, behind) = rest.split_at(u32::from_be_bytes([*a, *b, *c, *d]) as usize);
        match kind {
            0 => messages.push(frame),
            0x80 => trailers = String::from_utf8(frame.to_vec()).expect("text"),
            kind => panic!("a frame of kind {kind}"),
        }
        body = behind;
    }
    (messages, trailers)
}

#[tokio::test]
async fn a_page_of_a_named_origin_may_ask() {
    let stage = Stage::open().await;
    let mut browser = Browser::new(&stage).await;
    let preflight = format!(
        "OPTIONS {KPIS} HTTP/1.1\r\norigin: {ORIGIN}\r\naccess-control-request-method: POST\r\naccess-control-request-headers: authorization,content-type,x-grpc-web,x-user-agent,grpc-timeout\r\nconnection: close"
    );
    browser.send(&preflight, b"").await;
    let (head, _) = browser.rest().await;
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert!(head.contains(&format!("access-control-allow-origin: {ORIGIN}")), "{head}");
    assert!(head.contains("access-control-allow-methods: post"), "{head}");
    for name in [
        "authorization",
        "content-type",
        "x-grpc-web",
        "x-user-agent",
        "grpc-timeout",
        "x-paceline-actor",
    ] {
        assert!(head.contains(name), "{name} is not allowed: {head}");
    }

    let mut browser = Browser::new(&stage).await;
    browser.call(KPIS, ORIGIN, &ListKpisRequest {}).await;
    let (head, body) = browser.rest().await;
    assert!(head.contains("content-type: application/grpc-web+proto"), "{head}");
    assert!(head.contains(&format!("access-control-allow-origin: {ORIGIN}")), "{head}");
    let exposed = head.lines().find(|line| line.starts_with("access-control-expose-headers"));
    for name in
        ["grpc-status", "grpc-message", "grpc-status-details-bin", "paceline-resume-token-bin"]
    {
        assert!(exposed.is_some_and(|exposed| exposed.contains(name)), "{name}: {head}");
    }
    let (messages, trailers) = frames(&body);
    let kpis = ListKpisResponse::decode(messages[0]).expect("a response").kpis;
    assert_eq!(kpis[0].name, "bookings");
    assert!(trailers.contains("grpc-status:0"), "{trailers}");
}

#[tokio::test]
async fn a_page_of_another_origin_may_not() {
    let stage = Stage::open().await;
    for origin in ["https://evil.example.com", "http://app.example.com", "null"] {
        let mut browser = Browser::new(&stage).await;
        let preflight = format!(
            "OPTIONS {KPIS} HTTP/1.1\r\norigin: {origin}\r\naccess-control-request-method: POST\r\nconnection: close"
        );
        browser.send(&preflight, b"").await;
        let (head, _) = browser.rest().await;
        assert!(!head.contains("access-control-allow-origin"), "{origin}: {head}");
        let mut browser = Browser::new(&stage).await;
        browser.call(KPIS, origin, &ListKpisRequest {}).await;
        assert!(!browser.rest().await.0.contains("access-control-allow-origin"), "{origin}");
    }
}

#[tokio::test]
async fn a_watch_ends_with_a_shutdown_as_others_do() {
    let stage = Stage::open().await;
    let mut browser = Browser::new(&stage).await;
    browser.call(WATCH, ORIGIN, &watch(Selector::default())).await;
    let begun = browser.until("rep:U1").await;
    assert!(contains(&begun, "HTTP/1.1 200"));
    // One that waits for its next request does not hold it up.
    let mut idle = Browser::new(&stage).await;
    idle.send("GET /page HTTP/1.1", b"").await;
    assert!(contains(&idle.until("a page").await, "200 OK"));
    stage.shutdown.cancel();
    let rest = browser.until("paceline-resume-token-bin:").await;
    assert!(contains(&rest, "grpc-status:14"), "{}", String::from_utf8_lossy(&rest));
    timeout(DEADLINE, stage.server).await.expect("in time").expect("no panic").expect("served");
}

#[tokio::test]
async fn limits_and_errors_are_those_of_grpc() {
    let stage = Stage::closed(Limits { streams: 0, ..Limits::default() }, 0).await;
    let mut browser = Browser::new(&stage).await;
    browser.call(WATCH, ORIGIN, &watch(Selector::default())).await;
    let (head, body) = browser.rest().await;
    assert!(head.contains("grpc-status: 8") || contains(&body, "grpc-status:8"), "{head}");

    let mut browser = Browser::new(&stage).await;
    let request = SetGoalRequest { id: "x".repeat(70_000), ..SetGoalRequest::default() };
    browser.call("/paceline.v1.GoalsService/SetGoal", ORIGIN, &request).await;
    let (head, body) = browser.rest().await;
    assert!(head.contains("grpc-status: 11") || contains(&body, "grpc-status:11"), "{head}");
}

#[tokio::test]
async fn what_is_no_service_is_for_the_pages_to_answer() {
    let stage = Stage::open().await;
    for (path, status) in [("/page", "200"), ("/paceline.v1.Nothing/Get", "404"), ("/", "404")] {
        let mut browser = Browser::new(&stage).await;
        browser.send(&format!("GET {path} HTTP/1.1\r\nconnection: close"), b"").await;
        let (head, _) = browser.rest().await;
        assert!(head.starts_with(&format!("http/1.1 {status}")), "{path}: {head}");
        assert!(!head.contains("grpc-status"), "{path}: {head}");
    }
}

#[tokio::test]
async fn a_head_that_does_not_come_ends_its_connection() {
    let limits = Limits { head: Duration::from_millis(100), ..Limits::default() };
    let stage = Stage::closed(limits, 0).await;
    let mut browser = Browser::new(&stage).await;
    browser.0.write_all(b"GET /page HTTP/1.1\r\nhost:").await.expect("written");
    let mut read = Vec::new();
    timeout(DEADLINE, browser.0.read_to_end(&mut read)).await.expect("in time").expect("bytes");
    // Nor does one that asks for nothing more.
    let mut browser = Browser::new(&stage).await;
    browser.send("GET /page HTTP/1.1", b"").await;
    let mut read = Vec::new();
    timeout(DEADLINE, browser.0.read_to_end(&mut read)).await.expect("in time").expect("bytes");
    assert!(contains(&read, "a page"));
}
