//! Resuming: tokens that are good, old, foreign or forged.

use paceline_client::proto::watch_standings_response::Frame;
use paceline_client::proto::{OnGap, ResetReason, Selector, WatchStandingsRequest};
use paceline_grpc::Limits;
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::follower::{Follower, Seen, canonical};
use crate::stage::{Stage, select, watch};

fn resume(selector: Selector, resume_token: Vec<u8>) -> WatchStandingsRequest {
    WatchStandingsRequest { resume_token, ..watch(selector) }
}

fn selector() -> Selector {
    select(&["rep:U1", "rep:U2"], &["bookings"], &["month"])
}

async fn token(stage: &Stage) -> Vec<u8> {
    let mut follower = stage.watch(watch(selector())).await;
    follower.seen().await;
    follower.token.clone()
}

#[tokio::test]
async fn a_stream_goes_on_where_its_token_stands() {
    let stage = Stage::open().await;
    let token = token(&stage).await;
    stage.book(&[("U1", "5")]);
    stage.book(&[("U1", "5")]);
    let mut resumed = stage.watch(resume(selector(), token)).await;
    let Seen::Update(_, standings, _) = resumed.seen().await else { panic!("an update") };
    assert_eq!(standings.len(), 1);
    assert_eq!(standings[0].actual, "10");
    let mut again = stage.watch(resume(selector(), resumed.token.clone())).await;
    assert!(matches!(again.seen().await, Seen::Bookmark(_)), "nothing is sent twice");
}

#[tokio::test]
async fn the_order_of_a_selector_does_not_matter_to_its_token() {
    let stage = Stage::open().await;
    let token = token(&stage).await;
    let turned = select(&["rep:U2", "rep:U1", "rep:U2"], &["bookings"], &["month"]);
    let mut resumed = stage.watch(resume(turned, token)).await;
    assert!(matches!(resumed.seen().await, Seen::Bookmark(_)));
}

async fn check_reset(stage: &Stage, request: WatchStandingsRequest, reason: ResetReason) {
    let mut follower = stage.watch(request.clone()).await;
    let Seen::Reset(message) = follower.seen().await else { panic!("a reset") };
    let Some(Frame::Reset(reset)) = &message.frame else { panic!("a reset") };
    assert_eq!((reset.reason(), reset.epoch.len()), (reason, 32));
    assert!(message.resume_token.is_empty());
    assert!(matches!(follower.seen().await, Seen::Snapshot(_)));
    let asked = stage.get(request.selector.clone().expect("a selector")).await;
    assert_eq!(follower.canonical(), canonical(asked));
    let failing = WatchStandingsRequest { on_gap: OnGap::Fail.into(), ..request };
    let status = match stage.standings().await.watch_standings(failing).await {
        Err(status) => status,
        Ok(stream) => Follower::new(stream.into_inner()).end().await,
    };
    assert_eq!(status.code(), Code::OutOfRange);
    assert_eq!(status.get_details_error_info().expect("details").reason, "GAP");
}

#[tokio::test]
async fn a_token_from_before_a_restart_resets() {
    let (before, after) = (Stage::open().await, Stage::open().await);
    let token = token(&before).await;
    check_reset(&after, resume(selector(), token), ResetReason::OtherEpoch).await;
}

#[tokio::test]
async fn a_token_of_another_selector_resets() {
    let stage = Stage::open().await;
    let token = token(&stage).await;
    for other in [
        select(&["rep:U1"], &["bookings"], &["month"]),
        select(&["rep:U1", "rep:U2"], &[], &["month"]),
        Selector { with_members: true, ..selector() },
    ] {
        check_reset(&stage, resume(other, token.clone()), ResetReason::OtherSelector).await;
    }
}

#[tokio::test]
async fn a_token_of_what_is_forgotten_resets() {
    let stage = Stage::closed(Limits::default(), 2_000).await;
    stage.open_board();
    let token = token(&stage).await;
    // Every day ends a period for each scope, until more has left than is remembered.
    stage.turn_to("2027-03-10T00:00:00Z");
    check_reset(&stage, resume(selector(), token), ResetReason::Expired).await;
}

#[tokio::test]
async fn a_forged_token_is_refused() {
    let stage = Stage::open().await;
    let token = token(&stage).await;
    for at in 0..token.len() {
        let mut forged = token.clone();
        forged[at] ^= 0x10;
        let request = resume(selector(), forged);
        let status = stage.standings().await.watch_standings(request).await.expect_err("forged");
        assert_eq!(status.code(), Code::InvalidArgument, "byte {at}");
    }
}
