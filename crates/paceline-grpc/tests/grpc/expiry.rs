//! Credentials that expire while a stream is open, by a wall clock that is set by hand.

use std::time::{Duration, Instant};

use paceline_client::proto::{WatchAlertsRequest, WatchLeaderboardRequest, WatchStandingsRequest};
use paceline_grpc::TOKEN_TRAILER;
use tokio::time::timeout;
use tonic::{Code, Status, Streaming};
use tonic_types::StatusExt as _;

use crate::alert_topic::AlertTopic;
use crate::follower::{Follower, Seen};
use crate::identities::{Identities, by};
use crate::stage::{DEADLINE, Stage, select, watch};

const EXPIRY: &str = "2026-11-23T13:10:00Z";
/// As good as two minutes before, and a moment before.
const BEFORE: [&str; 2] = ["2026-11-23T13:08:00Z", "2026-11-23T13:09:59.7Z"];

fn leaderboard() -> WatchLeaderboardRequest {
    let [scope, kpi, period] = ["rep:U1", "bookings", "month"].map(str::to_owned);
    WatchLeaderboardRequest { scope, kpi, period, ..WatchLeaderboardRequest::default() }
}

async fn end<T>(mut stream: Streaming<T>) -> Status {
    let end = async move {
        loop {
            match stream.message().await {
                Ok(Some(_)) => {}
                Ok(None) => panic!("a stream ends with a status"),
                Err(status) => return status,
            }
        }
    };
    timeout(DEADLINE, end).await.expect("an end in time")
}

fn check(status: &Status) {
    assert_eq!(status.code(), Code::Unauthenticated, "{status:?}");
    let details = status.get_details_error_info().expect("details");
    assert_eq!(details.reason, "CREDENTIALS_EXPIRED");
}

fn trailer(status: &Status) -> Vec<u8> {
    let token = status.metadata().get_bin(TOKEN_TRAILER).expect("a token");
    token.to_bytes().expect("bytes").to_vec()
}

#[tokio::test]
async fn streams_end_when_their_credentials_expire_though_the_clock_jumps_there() {
    let identities = Identities::new();
    let stage = Stage::guarded(&identities, false).await;
    let _topic = AlertTopic::of(&stage);
    identities.expire("U1", EXPIRY);
    for before in BEFORE {
        identities.set_wall(before);
        let request = watch(select(&["rep:U1"], &[], &[]));
        let standings = stage.standings().await.watch_standings(by("U1", request.clone())).await;
        let mut standings = Follower::new(standings.expect("a stream").into_inner());
        assert!(matches!(standings.seen().await, Seen::Snapshot(_)));
        let token = standings.token.clone();
        let others = stage.standings().await.watch_standings(by("executive", request)).await;
        let mut others = Follower::new(others.expect("a stream").into_inner());
        assert!(matches!(others.seen().await, Seen::Snapshot(_)));
        let ranks = stage.standings().await.watch_leaderboard(by("U1", leaderboard())).await;
        let ranks = ranks.expect("a stream").into_inner();
        let request = WatchAlertsRequest::default();
        let alerts = stage.alerts().await.watch_alerts(by("U1", request)).await;
        let mut alerts = alerts.expect("a stream").into_inner();
        let bookmark = alerts.message().await.expect("it goes on").expect("a bookmark");
        identities.set_wall(EXPIRY);
        let began = Instant::now();
        let status = standings.end().await;
        check(&status);
        assert_eq!(trailer(&status), token);
        check(&end(ranks).await);
        let status = end(alerts).await;
        check(&status);
        assert_eq!(trailer(&status), bookmark.resume_token);
        // A second is promised, and a machine may be busy.
        assert!(began.elapsed() < Duration::from_secs(20));
        stage.book(&[("U1", "1")]);
        assert!(matches!(others.seen().await, Seen::Update(..)), "others go on");
    }
}

#[tokio::test]
async fn nothing_is_opened_with_credentials_that_have_expired_and_a_token_is_good_with_new_ones() {
    let identities = Identities::new();
    let stage = Stage::guarded(&identities, false).await;
    let _topic = AlertTopic::of(&stage);
    identities.expire("U1", EXPIRY);
    let request = watch(select(&["rep:U1"], &[], &[]));
    let stream = stage.standings().await.watch_standings(by("U1", request.clone())).await;
    let mut follower = Follower::new(stream.expect("a stream").into_inner());
    assert!(matches!(follower.seen().await, Seen::Snapshot(_)));
    identities.set_wall(EXPIRY);
    let resume_token = trailer(&follower.end().await);
    let request = WatchStandingsRequest { resume_token, ..request };
    let standings = stage.standings().await.watch_standings(by("U1", request.clone())).await;
    check(&standings.expect_err("expired"));
    let ranks = stage.standings().await.watch_leaderboard(by("U1", leaderboard())).await;
    check(&ranks.expect_err("expired"));
    let alerts = stage.alerts().await.watch_alerts(by("U1", Default::default())).await;
    check(&alerts.expect_err("expired"));
    identities.expire("U1", "2026-11-23T14:00:00Z");
    stage.book(&[("U1", "7")]);
    let stream = stage.standings().await.watch_standings(by("U1", request)).await;
    follower.go_on_with(Follower::new(stream.expect("a stream").into_inner()));
    let Seen::Update(_, standings, _) = follower.seen().await else { panic!("an update") };
    assert!(standings.iter().all(|standing| standing.scope == "rep:U1"));
}
