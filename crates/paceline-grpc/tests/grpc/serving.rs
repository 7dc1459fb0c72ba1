//! The server around the services: health, reflection, limits and the end.

use std::time::Duration;

use paceline_client::proto::WatchStandingsRequest;
use paceline_grpc::{Limits, TOKEN_TRAILER};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_stream::StreamExt as _;
use tonic::{Code, Request};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::{v1, v1alpha};
use tonic_types::StatusExt as _;

use crate::follower::{Follower, Seen};
use crate::stage::{DEADLINE, Stage, select, watch};

#[tokio::test]
async fn health_is_serving_once_the_sources_are_caught_up() {
    let stage = Stage::closed(Limits::default(), 0).await;
    for name in ["", "paceline.v1.StandingsService", "paceline.v1.CatalogService"] {
        let mut client = HealthClient::new(stage.channel().await);
        let request = HealthCheckRequest { service: name.to_owned() };
        let status = client.check(request).await.expect("a status").into_inner().status();
        assert_eq!(status, ServingStatus::NotServing, "{name}");
    }
    let mut client = HealthClient::new(stage.channel().await);
    let stream = client.watch(HealthCheckRequest { service: String::new() }).await;
    let mut stream = stream.expect("a stream").into_inner();
    stage.open_board();
    let serving = async {
        while let Some(status) = stream.next().await {
            if status.expect("a status").status() == ServingStatus::Serving {
                return;
            }
        }
        panic!("the stream ended");
    };
    timeout(DEADLINE, serving).await.expect("serving in time");
    // A watch of the health does not hold a shutdown up.
    stage.shutdown.cancel();
    timeout(Duration::from_secs(20), stage.server)
        .await
        .expect("in time")
        .expect("no panic")
        .expect("served");
}

#[tokio::test]
async fn reflection_lists_the_services() {
    let stage = Stage::open().await;
    let due =
        ["grpc.health.v1.Health", "paceline.v1.CatalogService", "paceline.v1.StandingsService"];
    let request = v1::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(v1::server_reflection_request::MessageRequest::ListServices(
            String::new(),
        )),
    };
    let mut client =
        v1::server_reflection_client::ServerReflectionClient::new(stage.channel().await);
    let answers =
        client.server_reflection_info(tokio_stream::once(request)).await.expect("answers");
    let answer = answers.into_inner().message().await.expect("an answer").expect("an answer");
    let Some(v1::server_reflection_response::MessageResponse::ListServicesResponse(list)) =
        answer.message_response
    else {
        panic!("a list")
    };
    let names: Vec<_> = list.service.iter().map(|service| service.name.as_str()).collect();
    assert!(due.iter().all(|name| names.contains(name)), "{names:?}");
    let symbol = "paceline.v1.WatchStandingsResponse".to_owned();
    let request = v1alpha::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(
            v1alpha::server_reflection_request::MessageRequest::FileContainingSymbol(symbol),
        ),
    };
    let mut client =
        v1alpha::server_reflection_client::ServerReflectionClient::new(stage.channel().await);
    let answers =
        client.server_reflection_info(tokio_stream::once(request)).await.expect("answers");
    let answer = answers.into_inner().message().await.expect("an answer").expect("an answer");
    assert!(matches!(
        answer.message_response,
        Some(v1alpha::server_reflection_response::MessageResponse::FileDescriptorResponse(_))
    ));
}

fn check_end(follower: &Follower, status: &tonic::Status, reason: &str) {
    assert_eq!(status.code(), Code::Unavailable, "{status:?}");
    assert_eq!(status.get_details_error_info().expect("details").reason, reason);
    let delay = status.get_details_retry_info().expect("details").retry_delay;
    assert!(delay.expect("a delay") > Duration::ZERO);
    let token =
        status.metadata().get_bin(TOKEN_TRAILER).expect("a token").to_bytes().expect("bytes");
    assert!(!token.is_empty() && token == follower.token);
}

#[tokio::test]
async fn a_shutdown_ends_every_stream_with_its_token() {
    let stage = Stage::open().await;
    let mut followers = Vec::new();
    for _ in 0..20 {
        let mut follower = stage.watch(watch(select(&["rep:U1"], &[], &[]))).await;
        follower.seen().await;
        followers.push(follower);
    }
    // A connection that never says anything does not hold it up either.
    let silent = TcpStream::connect(stage.address()).await.expect("a connection");
    stage.shutdown.cancel();
    for follower in &mut followers {
        let status = follower.end().await;
        check_end(follower, &status, "SERVER_DRAINING");
    }
    timeout(Duration::from_secs(20), stage.server)
        .await
        .expect("in time")
        .expect("no panic")
        .expect("served");
    drop(silent);
}

#[tokio::test]
async fn a_stream_ends_when_it_has_come_of_age_and_goes_on_with_its_token() {
    let limits = Limits { age: Duration::from_millis(300), ..Limits::default() };
    let stage = Stage::closed(limits, 0).await;
    stage.open_board();
    let mut follower = stage.watch(watch(select(&["rep:U1"], &[], &[]))).await;
    let status = follower.end().await;
    check_end(&follower, &status, "STREAM_AGE");
    let request = WatchStandingsRequest {
        resume_token: follower.token.clone(),
        ..watch(select(&["rep:U1"], &[], &[]))
    };
    assert!(matches!(stage.watch(request).await.seen().await, Seen::Bookmark(_)));
}

#[tokio::test]
async fn a_deadline_of_the_client_ends_its_stream() {
    let stage = Stage::closed(Limits::default(), 0).await;
    let mut request = Request::new(watch(select(&["rep:U1"], &[], &[])));
    request.metadata_mut().insert("grpc-timeout", "200m".parse().expect("a value"));
    let stream = stage.standings().await.watch_standings(request).await.expect("a stream");
    let status = Follower::new(stream.into_inner()).end().await;
    assert_eq!(status.code(), Code::DeadlineExceeded);
}

#[tokio::test]
async fn too_many_watches_are_refused_until_one_ends() {
    let stage = Stage::closed(Limits { streams: 1, ..Limits::default() }, 0).await;
    stage.open_board();
    let request = watch(select(&["rep:U1"], &[], &[]));
    let mut first = stage.watch(request.clone()).await;
    first.seen().await;
    let mut client = stage.standings().await;
    let status = client.watch_standings(request.clone()).await.expect_err("one too many");
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert!(status.get_details_retry_info().is_some());
    drop(first);
    let free = async {
        while client.watch_standings(request.clone()).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    timeout(DEADLINE, free).await.expect("room in time");
}

/// Speaks HTTP/2 as far as is needed to be told to go, and answers the error code of that.
async fn told_to_go(connection: &mut TcpStream) -> Option<u32> {
    let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    let preface = [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", settings.as_slice()].concat();
    connection.write_all(&preface).await.expect("it listens");
    let mut told = None;
    loop {
        let mut head = [0; 9];
        if connection.read_exact(&mut head).await.is_err() {
            return told;
        }
        let mut body = vec![0; usize::from(head[1]) << 8 | usize::from(head[2])];
        connection.read_exact(&mut body).await.expect("a whole frame");
        let (kind, is_answer) = (head[3], head[4] & 1 == 1);
        let answer = match kind {
            4 if !is_answer => [0, 0, 0, 4, 1, 0, 0, 0, 0].to_vec(),
            6 if !is_answer => [&[0, 0, 8, 6, 1, 0, 0, 0, 0], body.as_slice()].concat(),
            7 => {
                told = body[4..8].try_into().ok().map(u32::from_be_bytes);
                continue;
            }
            _ => continue,
        };
        // It may be gone already.
        connection.write_all(&answer).await.ok();
    }
}

#[tokio::test]
async fn a_connection_of_age_is_told_to_go_and_then_ends() {
    let limits = Limits { age: Duration::from_millis(300), ..Limits::default() };
    let stage = Stage::closed(limits, 0).await;
    let mut connection = TcpStream::connect(stage.address()).await.expect("a connection");
    let told = timeout(DEADLINE, told_to_go(&mut connection)).await.expect("in time");
    assert_eq!(told, Some(0), "it is told to go, without an error");
}

#[tokio::test]
async fn a_connection_that_says_half_of_what_it_speaks_is_cut() {
    let stage = Stage::open().await;
    let mut connection = TcpStream::connect(stage.address()).await.expect("a connection");
    connection.write_all(b"PRI * HT").await.expect("it listens");
    let mut byte = [0];
    let read = timeout(DEADLINE, connection.read(&mut byte)).await.expect("in time");
    assert!(read.is_err() || read.is_ok_and(|bytes| bytes == 0), "it is cut");
    // One that says it in pieces is served.
    let mut connection = TcpStream::connect(stage.address()).await.expect("a connection");
    for piece in [&b"PRI * HTTP/2.0"[..], &b"\r\n\r\nSM\r\n\r\n"[..], &[0, 0, 0, 4, 0, 0, 0, 0, 0]]
    {
        connection.write_all(piece).await.expect("it listens");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    timeout(DEADLINE, connection.read_exact(&mut byte)).await.expect("in time").expect("settings");
}

#[tokio::test]
async fn who_waits_too_long_for_the_sources_is_to_come_again() {
    let stage = Stage::closed(Limits::default(), 0).await;
    let mut follower = stage.watch(watch(select(&["rep:U1"], &[], &[]))).await;
    let status = timeout(DEADLINE, follower.end()).await.expect("in time");
    assert_eq!(status.code(), Code::Unavailable, "{status:?}");
    assert_eq!(status.get_details_error_info().expect("details").reason, "NOT_CAUGHT_UP");
    assert!(status.get_details_retry_info().expect("details").retry_delay.is_some());
}
