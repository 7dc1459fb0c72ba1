//! Bugs of watches that other systems shipped, each told in a few words, and that this watch does not have it.

use std::sync::Arc;
use std::time::Duration;

use paceline_client::proto::standings_service_client::StandingsServiceClient;
use paceline_client::proto::watch_standings_response::Frame;
use paceline_client::proto::{OnGap, RemovalReason, ResetReason, Selector, WatchStandingsRequest};
use paceline_core::entry::Part;
use paceline_grpc::Limits;
use tonic::Code;
use tonic::transport::Channel;

use crate::follower::{Follower, Seen, canonical};
use crate::stage::{BOOKINGS, Stage, decimal, select, watch};

fn seconds(seconds: i64) -> Option<prost_types::Duration> {
    Some(prost_types::Duration { seconds, nanos: 0 })
}

fn rep() -> Selector {
    select(&["rep:U1"], &["bookings"], &["month"])
}

fn resume(selector: Selector, token: &[u8]) -> WatchStandingsRequest {
    WatchStandingsRequest { resume_token: token.to_vec(), ..watch(selector) }
}

async fn follow(channel: Channel, request: WatchStandingsRequest) -> Follower {
    let stream = StandingsServiceClient::new(channel).watch_standings(request).await;
    Follower::new(stream.expect("a stream").into_inner())
}

/// Says that everything up to a revision was sent while something of it was not: whoever resumed there missed it. Here
/// something is held back, and bookmarks go on.
#[tokio::test]
async fn etcd_15220_progress_is_told_before_what_came_before_it() {
    let stage = Stage::open().await;
    let request =
        WatchStandingsRequest { heartbeat: seconds(1), min_interval: seconds(4), ..watch(rep()) };
    let mut follower = stage.watch(request).await;
    follower.seen().await;
    stage.book(&[("U1", "1")]);
    assert!(matches!(follower.seen().await, Seen::Update(..)));
    let held = stage.book(&[("U1", "2")]).0;
    let mut bookmarks = 0;
    let standing = loop {
        match follower.seen().await {
            Seen::Bookmark(message) => {
                assert!(message.revision < held, "what is held back was not sent");
                bookmarks += 1;
            }
            Seen::Update(_, standings, _) => break standings[0].clone(),
            other => panic!("{other:?}"),
        }
    };
    assert!(bookmarks > 0);
    assert_eq!((standing.actual.as_str(), standing.revision), ("3", held));
}

/// A stream that reconnected went back to what was before. Here a client reconnects again and again while the board changes;
/// [`Known`](crate::known::Known) fails when a revision decreases.
#[tokio::test(flavor = "multi_thread")]
async fn etcd_15271_and_20221_back_in_time_after_reconnecting() {
    let stage = Arc::new(Stage::open().await);
    let mut follower = stage.watch(watch(rep())).await;
    follower.seen().await;
    let booking = stage.clone();
    let booked = tokio::spawn(async move {
        for _ in 0..2_000 {
            booking.book(&[("U1", "1"), ("U3", "1")]);
            tokio::task::yield_now().await;
        }
    });
    for _ in 0..40 {
        follower.seen().await;
        let before = (follower.revision, follower.token.clone());
        follower.go_on_with(stage.watch(resume(rep(), &before.1)).await);
        assert!(follower.seen().await.message().revision >= before.0);
    }
    booked.await.expect("all is booked");
    follower.catch_up(stage.live.revision().0).await;
    assert_eq!(follower.canonical(), canonical(stage.get(rep()).await));
}

/// An event came twice, before and after a reconnect. Here a client resumes from every token it ever got, and gets nothing
/// that it had then.
#[tokio::test]
async fn etcd_17247_an_event_is_delivered_twice() {
    let stage = Stage::open().await;
    let mut follower = stage.watch(watch(rep())).await;
    let mut tokens = Vec::new();
    for amount in ["1", "2", "3", "4"] {
        follower.seen().await;
        tokens.push((follower.revision, follower.token.clone()));
        stage.book(&[("U1", amount)]);
    }
    for (revision, token) in tokens {
        let mut resumed = stage.watch(resume(rep(), &token)).await;
        let Seen::Update(_, standings, _) = resumed.seen().await else { panic!("an update") };
        assert!(standings.iter().all(|standing| standing.revision > revision));
        let mut again = stage.watch(resume(rep(), &resumed.token.clone())).await;
        assert!(matches!(again.seen().await, Seen::Bookmark(_)), "nothing is new");
    }
}

/// Changes every rep's standing many times.
fn change(stage: &Stage, reps: usize, times: usize) -> u64 {
    let day = paceline_core::day::Day::parse("2026-11-20").expect("a day");
    let part = Part::Amount { day, amount: decimal("1234.56"), records: 1 };
    let entry = |rep| stage.entry(&format!("V{rep}"), BOOKINGS, part);
    (0..times).map(|_| stage.commit((0..reps).map(entry)).0).last().expect("a revision")
}

/// A watcher that could not keep up lost events, or piled them up until there was no memory left. Here it gets the newest of
/// all that changed, in a few frames.
#[tokio::test(flavor = "multi_thread")]
async fn etcd_17529_and_16839_events_are_lost_or_pile_up_when_a_stream_starves() {
    let stage = Stage::closed(Limits::default(), 100).await;
    stage.open_board();
    let selector = select(&[], &["bookings"], &["month"]);
    let mut starved = follow(stage.narrow_channel().await, watch(selector.clone())).await;
    let mut revision = 0;
    for _ in 0..100 {
        revision = change(&stage, 100, 1);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    starved.catch_up(revision).await;
    assert!(starved.counts["update"] <= 10, "{:?}", starved.counts);
    assert_eq!(starved.canonical(), canonical(stage.get(selector).await));
}

/// What was deleted just before history was compacted stayed in the views of those who resumed from before. Here a removal is
/// sent as long as it is remembered, and a reset afterwards.
#[tokio::test]
async fn etcd_18089_and_19179_a_deletion_is_dropped_when_history_is_compacted() {
    let stage = Stage::closed(Limits::default(), 2_000).await;
    stage.open_board();
    stage.tell(&[("N1", Some(Some("M1")))]);
    let selector = select(&["rep:N1"], &["bookings"], &["month"]);
    let mut follower = stage.watch(watch(selector.clone())).await;
    follower.seen().await;
    assert_eq!(follower.board.len(), 1);
    let token = follower.token.clone();
    stage.tell(&[("N1", None)]);
    follower.go_on_with(stage.watch(resume(selector.clone(), &token)).await);
    let Seen::Update(_, _, removed) = follower.seen().await else { panic!("an update") };
    assert!(removed.iter().any(|removal| removal.reason() == RemovalReason::Deleted));
    assert!(follower.board.is_empty());
    // Every day ends a period for each scope, until more has left than is remembered.
    stage.turn_to("2027-03-10T00:00:00Z");
    let mut late = stage.watch(resume(selector, &token)).await;
    let Seen::Reset(message) = late.seen().await else { panic!("a reset") };
    let Some(Frame::Reset(reset)) = message.frame else { panic!("a reset") };
    assert_eq!(reset.reason(), ResetReason::Expired);
    assert!(matches!(late.seen().await, Seen::Snapshot(_)) && late.board.is_empty());
}

/// A client that reads one stream of its connection, and not the other, whose window is used up.
async fn beside_a_slow_one(stage: &Stage) -> (Follower, Follower) {
    let channel = stage.channel_of(2_048, 1 << 20).await;
    let wide = select(&[], &["bookings"], &["month"]);
    let slow = follow(channel.clone(), watch(wide)).await;
    let request = WatchStandingsRequest { heartbeat: seconds(1), ..watch(rep()) };
    let mut other = follow(channel, request).await;
    other.seen().await;
    for _ in 0..20 {
        change(stage, 100, 1);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    (slow, other)
}

/// One slow watcher kept the others on its stream from being told of progress. Here each has a stream of its own.
#[tokio::test(flavor = "multi_thread")]
async fn etcd_20242_a_slow_watcher_starves_the_progress_of_others() {
    let stage = Stage::closed(Limits::default(), 100).await;
    stage.open_board();
    let (slow, mut other) = beside_a_slow_one(&stage).await;
    for _ in 0..3 {
        let revision = change(&stage, 100, 1);
        while other.seen().await.message().revision < revision {}
    }
    assert!(other.counts["bookmark"] >= 3, "{:?}", other.counts);
    assert!(slow.counts.is_empty(), "it reads nothing");
}

/// One slow watcher kept its connection busy, so that others on it got nothing. Here its window holds it back alone.
#[tokio::test(flavor = "multi_thread")]
async fn etcd_15402_a_slow_watcher_starves_others_on_its_connection() {
    let stage = Stage::closed(Limits::default(), 100).await;
    stage.open_board();
    let (mut slow, mut other) = beside_a_slow_one(&stage).await;
    for at in 1..=50 {
        let revision = stage.book(&[("U1", "1")]).0;
        change(&stage, 100, 1);
        other.catch_up(revision).await;
        assert_eq!(other.board.values().next().expect("a standing").actual, at.to_string());
    }
    slow.catch_up(stage.live.revision().0).await;
    let wide = select(&[], &["bookings"], &["month"]);
    assert_eq!(slow.canonical(), canonical(stage.get(wide).await));
}

/// After the server had forced a reset, clients showed an empty view as if that were the state. Here a reset is said, and the
/// next thing is all there is; who wants none fails.
#[tokio::test]
async fn consul_20876_a_reset_looks_like_an_empty_view() {
    let (before, stage) = (Stage::open().await, Stage::open().await);
    stage.book(&[("U1", "7")]);
    let mut follower = before.watch(watch(rep())).await;
    follower.seen().await;
    let request = resume(rep(), &follower.token);
    let mut resumed = stage.watch(request.clone()).await;
    let Seen::Reset(message) = resumed.seen().await else { panic!("a reset") };
    assert!(message.resume_token.is_empty(), "no token says that the client has something");
    assert!(matches!(resumed.seen().await, Seen::Snapshot(_)));
    assert_eq!(resumed.canonical(), canonical(stage.get(rep()).await));
    let failing = WatchStandingsRequest { on_gap: OnGap::Fail.into(), ..request };
    let status = stage.standings().await.watch_standings(failing).await.expect_err("a gap");
    assert_eq!(status.code(), Code::OutOfRange);
}

/// A history that was restored looked like the one before wherever their indexes were the same. Here two servers have come to
/// the same revision, and the token of one is foreign to the other.
#[tokio::test]
async fn consul_8354_another_history_looks_the_same() {
    let (one, other) = (Stage::open().await, Stage::open().await);
    for amount in ["1", "2"] {
        assert_eq!(one.book(&[("U1", amount)]), other.book(&[("U1", amount)]));
    }
    let mut follower = one.watch(watch(rep())).await;
    follower.seen().await;
    let mut resumed = other.watch(resume(rep(), &follower.token)).await;
    let Seen::Reset(message) = resumed.seen().await else { panic!("a reset") };
    assert_eq!(message.revision, follower.revision);
    let Some(Frame::Reset(reset)) = message.frame else { panic!("a reset") };
    assert_eq!(reset.reason(), ResetReason::OtherEpoch);
}
