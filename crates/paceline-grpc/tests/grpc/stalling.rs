//! Clients that do not read: they cost no memory, get the newest values when they go on, and are not waited for
//! forever.

use std::time::Duration;

use paceline_client::proto::standings_service_client::StandingsServiceClient;
use paceline_core::entry::Part;
use paceline_grpc::{Limits, TOKEN_TRAILER};
use tokio::time::sleep;
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::follower::{Follower, canonical};
use crate::stage::{BOOKINGS, Stage, decimal, select, watch};

const REPS: usize = 100;

async fn stalled(limits: Limits) -> (Stage, Follower) {
    let stage = Stage::closed(limits, REPS).await;
    stage.open_board();
    let mut client = StandingsServiceClient::new(stage.narrow_channel().await);
    let request = watch(select(&[], &["bookings"], &["month"]));
    let stream = client.watch_standings(request).await.expect("a stream");
    (stage, Follower::new(stream.into_inner()))
}

/// Changes every rep's standing many times, slowly enough that a watch could send each time.
async fn change(stage: &Stage, times: usize) -> u64 {
    let day = paceline_core::day::Day::parse("2026-11-20").expect("a day");
    let part = Part::Amount { day, amount: decimal("1234.56"), records: 1 };
    let mut revision = 0;
    for _ in 0..times {
        revision =
            stage.commit((0..REPS).map(|rep| stage.entry(&format!("V{rep}"), BOOKINGS, part))).0;
        sleep(Duration::from_millis(5)).await;
    }
    revision
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stalled_client_gets_few_frames_and_the_newest_values() {
    let (stage, mut follower) = stalled(Limits::default()).await;
    let revision = change(&stage, 150).await;
    follower.catch_up(revision).await;
    // Each is about 30 KiB: the client's window and the connection's buffers hold a few, the watch one.
    assert!(follower.counts["update"] <= 10, "{:?}", follower.counts);
    let asked = stage.get(select(&[], &["bookings"], &["month"])).await;
    assert_eq!(follower.canonical(), canonical(asked));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_takes_nothing_is_let_go_with_its_token() {
    let patience = Duration::from_millis(300);
    let (stage, mut follower) = stalled(Limits { patience, streams: 1, ..Limits::default() }).await;
    change(&stage, 150).await;
    // The place of the stalled watch is free again though its client has read nothing.
    let other = watch(select(&["org"], &[], &[]));
    while stage.standings().await.watch_standings(other.clone()).await.is_err() {
        change(&stage, 1).await;
    }
    let status = follower.end().await;
    assert_eq!(status.code(), Code::ResourceExhausted, "{status:?}");
    assert_eq!(status.get_details_error_info().expect("details").reason, "SLOW_CLIENT");
    assert!(status.get_details_retry_info().is_some());
    let token =
        status.metadata().get_bin(TOKEN_TRAILER).expect("a token").to_bytes().expect("bytes");
    assert_eq!(token, follower.token);
}
