//! What somebody sees while the tree changes: streams that grow and shrink with it, tokens, alerts.

use paceline_client::proto::watch_alerts_response::Frame;
use paceline_client::proto::{
    ListAlertsRequest, OnGap, RemovalReason, ResetReason, WatchAlertsRequest,
    WatchStandingsRequest, watch_standings_response,
};
use tokio::time::timeout;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::alert_topic::AlertTopic;
use crate::follower::{Follower, Seen};
use crate::identities::{Identities, by};
use crate::stage::{DEADLINE, Stage, select, watch};

async fn follow(stage: &Stage, who: &str, request: WatchStandingsRequest) -> Follower {
    let stream = stage.standings().await.watch_standings(by(who, request)).await;
    Follower::new(stream.expect("a stream").into_inner())
}

fn months() -> WatchStandingsRequest {
    watch(select(&[], &["bookings"], &["month"]))
}

#[tokio::test]
async fn a_manager_loses_sight_of_who_moves_away_and_gains_it_of_who_comes() {
    let stage = Stage::guarded(&Identities::new(), false).await;
    let mut manager = follow(&stage, "M1", months()).await;
    let mut rep = follow(&stage, "U1", months()).await;
    assert!(matches!(manager.seen().await, Seen::Snapshot(_)));
    assert!(matches!(rep.seen().await, Seen::Snapshot(_)));
    // U2 moves away, and has left altogether before the manager hears of it.
    let token = manager.token.clone();
    stage.tell(&[("V1", Some(Some("M1")))]);
    let Seen::Update(_, came, _) = manager.seen().await else { panic!("an update") };
    let came: Vec<&str> = came.iter().map(|standing| standing.scope.as_str()).collect();
    assert_eq!(came, ["team:M1", "rep:V1"]);
    let behind = manager.token.clone();
    stage.tell(&[("V1", Some(Some("M2")))]);
    stage.tell(&[("V1", None)]);
    while manager.board.contains_key(&named("rep:V1")) {
        let Seen::Update(_, _, removed) = manager.seen().await else { panic!("an update") };
        assert!(removed.iter().all(|it| it.reason() == RemovalReason::OutOfScope), "{removed:?}");
    }
    // So is who comes back, whom the end is not told either; and who was never told of the rep is not told of the end.
    for (token, removals) in [(behind, 1), (token, 0)] {
        let request = WatchStandingsRequest { resume_token: token, ..months() };
        let mut resumed = follow(&stage, "M1", request).await;
        let Seen::Update(_, _, removed) = resumed.seen().await else { panic!("an update") };
        assert_eq!(removed.len(), removals);
        assert!(removed.iter().all(|it| it.reason() == RemovalReason::OutOfScope), "{removed:?}");
    }
    let revision = stage.book(&[("U1", "5")]).0;
    rep.catch_up(revision).await;
    assert_eq!(rep.board.len(), 1);
    assert_eq!(rep.counts.get("update"), Some(&1), "of all this a rep was told their own");
}

fn named(scope: &str) -> (String, String, String) {
    (scope.to_owned(), "bookings".to_owned(), "2026-11".to_owned())
}

#[tokio::test]
async fn a_token_is_good_for_no_other_sight() {
    let stage = Stage::guarded(&Identities::new(), false).await;
    let mut rep = follow(&stage, "U1", months()).await;
    assert!(matches!(rep.seen().await, Seen::Snapshot(_)));
    let request = WatchStandingsRequest { resume_token: rep.token.clone(), ..months() };
    let mut other = follow(&stage, "U2", request.clone()).await;
    let Seen::Reset(message) = other.seen().await else { panic!("a reset") };
    let Some(watch_standings_response::Frame::Reset(reset)) = message.frame else {
        panic!("a reset")
    };
    assert_eq!(reset.reason(), ResetReason::OtherSelector);
    assert!(matches!(other.seen().await, Seen::Snapshot(_)));
    assert!(other.board.keys().all(|(scope, ..)| scope == "rep:U2"));
    let failing = WatchStandingsRequest { on_gap: OnGap::Fail.into(), ..request.clone() };
    let status = stage.standings().await.watch_standings(by("executive", failing)).await;
    assert_eq!(status.expect_err("a gap").code(), Code::OutOfRange);
    let mut same = follow(&stage, "U1", request).await;
    assert!(matches!(same.seen().await, Seen::Bookmark(_)), "it is good for its own");
}

async fn list(
    stage: &Stage,
    who: &str,
    page_token: &str,
) -> Result<(Vec<String>, String, Vec<u8>), Status> {
    let page_token = page_token.to_owned();
    let request = ListAlertsRequest { page_size: 2, page_token, ..ListAlertsRequest::default() };
    let page = stage.alerts().await.list_alerts(by(who, request)).await?.into_inner();
    let scopes = page.alerts.into_iter().map(|alert| alert.scope).collect();
    Ok((scopes, page.next_page_token, page.resume_token))
}

/// Has everybody's status change a few times.
fn alert(stage: &Stage, topic: &mut AlertTopic) {
    for amount in ["29450", "20000", "-30000", "29000"] {
        stage.book(&[("U1", amount), ("U2", amount), ("U3", amount)]);
        topic.pump();
    }
}

#[tokio::test]
async fn alerts_are_told_to_who_sees_whom_they_are_of_now() {
    let stage = Stage::guarded(&Identities::new(), false).await;
    let mut topic = AlertTopic::of(&stage);
    let (_, _, from) = list(&stage, "M1", "").await.expect("alerts");
    alert(&stage, &mut topic);
    stage.tell(&[("U2", Some(Some("M2")))]);
    for (who, sees) in [
        ("U1", &["rep:U1"][..]),
        ("M1", &["rep:M1", "rep:U1", "team:M1"]),
        ("south", &["rep:M2", "rep:U2", "rep:U3", "team:M2"]),
    ] {
        let due = topic.records.iter().rev().filter(|told| sees.contains(&told.scope.as_str()));
        let due: Vec<String> = due.map(|told| told.scope.clone()).collect();
        assert!(due.len() > 2 && due.len() < topic.records.len(), "{due:?}");
        let (mut listed, mut token) = (Vec::new(), String::new());
        loop {
            let (page, next, _) = list(&stage, who, &token).await.expect("alerts");
            listed.extend(page);
            token = next;
            if token.is_empty() {
                break;
            }
            let other = list(&stage, "U2", &token).await.expect_err("a page of another");
            assert_eq!(other.code(), Code::InvalidArgument);
        }
        assert_eq!(listed, due, "{who}");
    }
    // A watch goes on from its token, and of whom sight was lost nothing more is told, though it was before.
    let watched = |who| {
        let request =
            WatchAlertsRequest { resume_token: from.clone(), ..WatchAlertsRequest::default() };
        by(who, request)
    };
    let stream = stage.alerts().await.watch_alerts(watched("M1")).await;
    let mut stream = stream.expect("a stream").into_inner();
    let due = topic
        .records
        .iter()
        .filter(|told| ["rep:M1", "rep:U1", "team:M1"].contains(&told.scope.as_str()));
    let due: Vec<String> = due.map(|told| told.scope.clone()).collect();
    let mut told = Vec::new();
    while told.len() < due.len() {
        let message = timeout(DEADLINE, stream.message()).await.expect("a frame in time");
        let message = message.expect("it goes on").expect("a frame");
        if let Some(Frame::Alert(alert)) = message.frame {
            told.push(alert.scope);
        }
    }
    assert_eq!(told, due);
    for who in ["U1", "south", "executive"] {
        let refused = stage.alerts().await.watch_alerts(watched(who)).await;
        let refused = refused.expect_err("of another sight");
        assert_eq!(refused.get_details_error_info().expect("details").reason, "OTHER_SELECTOR");
    }
}

#[tokio::test]
async fn causes_name_nobody_to_who_does_not_see_all() {
    let stage = Stage::guarded(&Identities::new(), false).await;
    let first = stage.tell(&[("V1", Some(Some("nobody")))]);
    for (who, has_details) in [("executive", true), ("U1", false)] {
        let mut follower = follow(&stage, who, months()).await;
        let Seen::Snapshot(message) = follower.seen().await else { panic!("a snapshot") };
        assert!(message.revision >= first.0 && !message.complete);
        assert_eq!(message.causes.len(), 1);
        assert_eq!(!message.causes[0].detail.is_empty(), has_details, "{:?}", message.causes);
    }
}
