//! Probes: health, which anybody may ask for and which takes nothing from anybody, and reflection, which lasts for a while only.

use std::time::Duration;

use paceline_client::proto::{GetStandingsRequest, WatchStandingsRequest};
use paceline_grpc::{Allowance, Limits, Rate};
use tokio::sync::mpsc::{self, Sender};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Channel;
use tonic::{Status, Streaming};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::{ServerReflectionRequest, ServerReflectionResponse};

use crate::limits::{ONCE_IN_A_WHILE, allowance, by, one_rep, open, refused, until_open};
use crate::raw::{Half, Raw, message};
use crate::stage::{DEADLINE, Stage};

const CHECK: &str = "/grpc.health.v1.Health/Check";
const GET: &str = "/paceline.v1.StandingsService/GetStandings";
const REFLECT: &str = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";

fn symbol(host: String) -> ServerReflectionRequest {
    let symbol = "paceline.v1.WatchStandingsResponse".to_owned();
    ServerReflectionRequest {
        host,
        message_request: Some(MessageRequest::FileContainingSymbol(symbol)),
    }
}

/// A stream of reflection: what is told, and what is asked.
type Talk = (Streaming<ServerReflectionResponse>, Sender<ServerReflectionRequest>);

/// Opens a stream of reflection, on which nothing is asked until it is dropped.
async fn talk(channel: &Channel, name: &str) -> Result<Talk, Status> {
    let (asks, asked) = mpsc::channel(1);
    let asked = by(name, ReceiverStream::new(asked));
    let mut client = ServerReflectionClient::new(channel.clone());
    Ok((client.server_reflection_info(asked).await?.into_inner(), asks))
}

#[tokio::test]
async fn reflection_repeats_small_requests_only() {
    let stage = Stage::open().await;
    let mut client = ServerReflectionClient::new(stage.channel().await);
    for (bytes, is_answered) in [(1_000, true), (5_000, false)] {
        let asked = tokio_stream::once(symbol("x".repeat(bytes))).chain(tokio_stream::pending());
        let answers = client.server_reflection_info(asked).await.expect("a stream");
        let answer = timeout(DEADLINE, answers.into_inner().message()).await.expect("in time");
        assert_eq!(matches!(answer, Ok(Some(_))), is_answered, "{bytes} bytes: {answer:?}");
    }
}

#[tokio::test]
async fn a_stream_of_reflection_is_a_stream_of_whoever_asks() {
    let person = Allowance { streams: 2, ..allowance() };
    let stage = Stage::named(Limits { person, ..Limits::default() }).await;
    let (channel, mut client) = (stage.channel().await, stage.standings().await);
    let first = talk(&channel, "Ana").await.expect("a stream");
    let _second = talk(&channel, "Ana").await.expect("a stream");
    refused(&talk(&channel, "Ana").await.expect_err("one too many"), "TOO_MANY_STREAMS");
    refused(&open(&mut client, "Ana").await.expect_err("one too many"), "TOO_MANY_STREAMS");
    talk(&channel, "Ben").await.expect("it is Ana who has too many");
    drop(first);
    until_open(&mut client, "Ana").await;
}

#[tokio::test]
async fn streams_of_reflection_are_opened_as_often_as_others_of_theirs() {
    let openings = Rate { per_second: ONCE_IN_A_WHILE, burst: 2 };
    let person = Allowance { openings, ..allowance() };
    let stage = Stage::named(Limits { person, ..Limits::default() }).await;
    let channel = stage.channel().await;
    let mut refusals = 0;
    for _ in 0..10 {
        if let Err(status) = talk(&channel, "Ana").await {
            refused(&status, "TOO_MANY_REQUESTS");
            refusals += 1;
        }
    }
    assert!(refusals > 0, "as often as she likes");
    talk(&channel, "Ben").await.expect("it is Ana who opens too many");
}

#[tokio::test]
async fn few_streams_of_reflection_are_open_and_take_nothing_from_watches() {
    let stage = Stage::closed(Limits { streams: 1, ..Limits::default() }, 0).await;
    stage.open_board();
    let channel = stage.channel().await;
    let mut talks = Vec::new();
    for _ in 0..64 {
        talks.push(talk(&channel, "anybody").await.expect("a stream"));
    }
    refused(&talk(&channel, "anybody").await.expect_err("one too many"), "TOO_MANY_STREAMS");
    stage.standings().await.watch_standings(one_rep()).await.expect("a stream");
}

#[tokio::test]
async fn reflection_that_is_not_taken_is_let_go() {
    let patience = Duration::from_millis(300);
    let person = Allowance { streams: 1, ..allowance() };
    let stage = Stage::named(Limits { patience, person, ..Limits::default() }).await;
    let raw = Raw::connect(&stage.address()).await.named("Ana");
    // More than any window holds.
    let asked = message(&symbol(String::new())).repeat(200);
    let (mut body, _said) = raw.leave_half(REFLECT, &asked).await.begin().await;
    // Its place is free again though she takes nothing.
    until_open(&mut stage.standings().await, "Ana").await;
    let status = timeout(DEADLINE, body.rest()).await.expect("in time").expect_err("it was let go");
    refused(&status, "SLOW_CLIENT");
}

#[tokio::test]
async fn a_stream_of_reflection_on_which_nothing_is_asked_ends() {
    let limits = Limits { patience: Duration::from_millis(300), ..Limits::default() };
    let stage = Stage::closed(limits, 0).await;
    let (mut answers, _asks) = talk(&stage.channel().await, "anybody").await.expect("a stream");
    let end = timeout(DEADLINE, answers.message()).await.expect("in time");
    refused(&end.expect_err("it is over"), "SLOW_CLIENT");
}

#[tokio::test]
async fn watches_of_the_health_leave_the_openings_to_those_who_are_known() {
    let openings = Rate { per_second: ONCE_IN_A_WHILE, burst: 3 };
    let stage = Stage::named(Limits { openings, ..Limits::default() }).await;
    let mut health = HealthClient::new(stage.channel().await);
    let mut probes = Vec::new();
    for _ in 0..50 {
        probes.push(health.watch(HealthCheckRequest::default()).await.expect("at any rate"));
    }
    let mut client = stage.standings().await;
    for name in ["Ana", "Ben", "service"] {
        open(&mut client, name).await.expect("nobody has opened a stream before");
    }
}

/// So many halves of a request, left as they are, until all places of such are taken: the connections, and the halves.
async fn fill(
    stage: &Stage,
    name: Option<&'static str>,
    path: &str,
) -> (Vec<Raw>, JoinSet<Status>) {
    let (mut connections, mut halves) = (Vec::new(), JoinSet::new());
    for _ in 0..5 {
        let raw = Raw::connect(&stage.address()).await;
        let raw = name.into_iter().fold(raw, Raw::named);
        for _ in 0..110 {
            halves.spawn(raw.leave_half(path, &[0]).await.end());
        }
        connections.push(raw);
    }
    let refusal = timeout(DEADLINE, halves.join_next()).await.expect("in time");
    refused(&refusal.expect("halves").expect("no panic"), "TOO_MANY_HALF_REQUESTS");
    (connections, halves)
}

/// Asks in two parts, the second once the first has long waited.
async fn slowly(half: Half, rest: &[u8]) -> Result<usize, Status> {
    tokio::time::sleep(Duration::from_millis(200)).await;
    timeout(DEADLINE, half.finish(rest)).await.expect("in time")
}

#[tokio::test]
async fn halves_of_nobody_known_leave_places_to_others() {
    let stage = Stage::named(Limits::default()).await;
    let _strangers = fill(&stage, None, CHECK).await;
    let ana = Raw::connect(&stage.address()).await.named("Ana");
    let whole = message(&GetStandingsRequest::default());
    let half = ana.leave_half(GET, &whole[..2]).await;
    slowly(half, &whole[2..]).await.expect("she is slow, and alone in that");
    // Nor do they keep anybody from asking whether it is healthy.
    let mut health = HealthClient::new(stage.channel().await);
    health.check(HealthCheckRequest::default()).await.expect("a status");
}

#[tokio::test]
async fn only_connections_that_keep_places_or_have_nothing_else_under_way_are_cut() {
    let stage = Stage::named(Limits { person: allowance(), ..Limits::default() }).await;
    let mut ana = Raw::connect(&stage.address()).await.named("Ana");
    let mut carl = Raw::connect(&stage.address()).await.named("Carl");
    ana.call("/paceline.v1.CatalogService/GetFreshness", &[0; 5]).await.expect("an answer");
    let watch = message(&WatchStandingsRequest::default());
    let _frames = ana.begin("/paceline.v1.StandingsService/WatchStandings", &watch).await;
    let (mut connections, _halves) = fill(&stage, Some("Ben"), GET).await;
    // She takes one back, and is refused another.
    drop(ana.leave_half(GET, &[0]).await);
    let status = timeout(DEADLINE, ana.half(GET, &[0])).await.expect("in time");
    refused(&status, "TOO_MANY_HALF_REQUESTS");
    let status = timeout(DEADLINE, carl.half(GET, &[0])).await.expect("in time");
    refused(&status, "TOO_MANY_HALF_REQUESTS");
    timeout(DEADLINE, carl.gone()).await.expect("it is cut");
    let of_ben = connections.pop().expect("connections");
    timeout(DEADLINE, of_ben.gone()).await.expect("it is cut");
    ana.call("/paceline.v1.CatalogService/GetFreshness", &[0; 5]).await.expect("it is not");
}
