//! Watching: snapshots, updates, bookmarks and removals, held to the contract.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::SignedDuration;
use paceline_client::proto::{
    Cause, CauseKind, Doubt, DoubtReason, RemovalReason, Selector, Standing, Status as Judgement,
    WatchStandingsRequest,
};
use paceline_core::decimal::Decimal;
use paceline_engine::{self as engine, PartitionFreshness};
use paceline_grpc::Limits;
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::follower::{Follower, Seen, canonical, key};
use crate::stage::{Stage, decimal, select, watch};

#[tokio::test]
async fn a_snapshot_is_what_get_answers_and_updates_keep_it_so() {
    let stage = Stage::open().await;
    stage.book(&[("U1", "100"), ("", "5")]);
    let mut follower = stage.watch(watch(Selector::default())).await;
    assert!(matches!(follower.seen().await, Seen::Snapshot(_)));
    assert_eq!(follower.canonical(), canonical(stage.get(Selector::default()).await));
    let revision = stage.book(&[("U1", "1.5")]);
    let Seen::Update(message, standings, removed) = follower.seen().await else {
        panic!("an update")
    };
    assert_eq!((message.revision, removed.len()), (revision.0, 0));
    let mut changed: Vec<_> =
        standings.iter().map(|s| format!("{} {}", s.scope, s.actual)).collect();
    changed.sort();
    changed.dedup();
    assert_eq!(changed, ["org 106.5", "rep:U1 101.5", "team:M1 101.5"]);
    assert_eq!(follower.canonical(), canonical(stage.get(Selector::default()).await));
}

#[tokio::test]
async fn what_is_not_selected_is_not_sent() {
    let stage = Stage::open().await;
    let mut follower = stage.watch(watch(select(&["rep:U2"], &["bookings"], &["month"]))).await;
    follower.seen().await;
    for _ in 0..20 {
        stage.book(&[("U3", "1")]);
    }
    let revision = stage.book(&[("U2", "7")]);
    let Seen::Update(message, standings, _) = follower.seen().await else { panic!("an update") };
    assert_eq!((message.revision, standings.len()), (revision.0, 1));
    assert_eq!(standings[0].actual, "7");
}

/// The sum of the reps and of what nobody is credited with is what the org has, at every frame.
fn check_sum(follower: &Follower) {
    let mut by_scope: BTreeMap<&str, Decimal> = BTreeMap::new();
    for standing in follower.board.values() {
        let kind = standing.scope.split(':').next().expect("a kind");
        *by_scope.entry(kind).or_default() += decimal(&standing.actual);
    }
    assert_eq!(by_scope["rep"] + by_scope["unassigned"], by_scope["org"]);
    assert_eq!(by_scope["rep"], by_scope["team"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deal_that_moves_is_never_seen_twice_or_not_at_all() {
    let stage = Arc::new(Stage::open().await);
    stage.book(&[("U1", "1000"), ("U3", "1000"), ("", "1000")]);
    let mut request = watch(select(&[], &["bookings"], &["month"]));
    request.heartbeat = Some(prost_types::Duration { seconds: 1, nanos: 0 });
    let (last, _) = tokio::sync::watch::channel(None);
    let mut readers = Vec::new();
    for _ in 0..4 {
        let (follower, last) = (stage.watch(request.clone()).await, last.subscribe());
        readers.push(tokio::spawn(follow_moves(follower, last)));
    }
    let owners = ["U1", "U3", "", "U2", "M1"];
    for at in 0..1_000 {
        let amount = format!("{}.25", at % 90);
        stage.book(&[(owners[at % 5], &format!("-{amount}")), (owners[(at + 2) % 5], &amount)]);
        tokio::task::yield_now().await;
    }
    last.send_replace(Some(stage.live.revision().0));
    let asked = canonical(stage.get(request.selector.clone().expect("a selector")).await);
    for reader in readers {
        let (follower, frames) = reader.await.expect("every frame adds up");
        assert_eq!(follower.canonical(), asked);
        assert!(frames > 1, "the moves were seen as they happened");
    }
}

/// Checks every frame until the last move is seen, and counts them.
async fn follow_moves(
    mut follower: Follower,
    last: tokio::sync::watch::Receiver<Option<u64>>,
) -> (Follower, usize) {
    let mut frames = 0;
    loop {
        let revision = follower.seen().await.message().revision;
        check_sum(&follower);
        frames += 1;
        if last.borrow().is_some_and(|last| revision >= last) {
            return (follower, frames);
        }
    }
}

#[tokio::test]
async fn time_alone_sends_a_status() {
    let stage = Stage::open().await;
    stage.book(&[("U1", "29450")]);
    let mut follower = stage.watch(watch(select(&["rep:U1"], &["bookings"], &["month"]))).await;
    follower.seen().await;
    let standing = follower.board.values().next().cloned().expect("a standing");
    assert_eq!(standing.status(), Judgement::OnTrack);
    let change = standing.next_change_at.expect("a change");
    assert_eq!(change.nanos, 1, "pace is exactly 0.90 before: {change}");
    assert_eq!(change.to_string(), "2026-11-24T11:53:20.000000001Z");
    stage.turn_to("2026-11-24T11:53:20Z");
    let kept = next_standing(&mut follower).await;
    assert_eq!(kept.status(), Judgement::OnTrack);
    stage.turn_to("2026-11-24T11:53:20.000000001Z");
    let fallen = next_standing(&mut follower).await;
    assert_eq!((fallen.status(), fallen.status_since), (Judgement::Behind, Some(change)));
}

async fn next_standing(follower: &mut Follower) -> Standing {
    let Seen::Update(_, mut standings, _) = follower.seen().await else { panic!("an update") };
    standings.remove(0)
}

#[tokio::test]
async fn an_ended_period_is_removed_as_the_next_comes() {
    let stage = Stage::open().await;
    let mut follower = stage.watch(watch(select(&["rep:U1"], &[], &["month", "day"]))).await;
    follower.seen().await;
    stage.turn_to("2026-11-24T00:00:00Z");
    let Seen::Update(_, standings, removed) = follower.seen().await else { panic!("an update") };
    assert!(standings.iter().any(|standing| key(standing).2 == "2026-11-24"));
    let period = removed[0].period.as_ref().expect("a period");
    assert_eq!((period.name.as_str(), removed.len()), ("2026-11-23", 1));
    assert_eq!(removed[0].reason(), RemovalReason::OutOfFilter);
    stage.turn_to("2026-12-01T00:00:00Z");
    follower.catch_up(stage.live.revision().0).await;
    let periods: Vec<_> = follower.board.keys().map(|(_, _, period)| period.as_str()).collect();
    assert_eq!(periods, ["2026-12", "2026-12-01"]);
}

#[tokio::test]
async fn an_unknown_scope_is_removed_and_the_stream_goes_on() {
    let stage = Stage::open().await;
    let selector = select(&["rep:X", "rep:U1", "team:U1"], &["bookings"], &["month"]);
    let mut follower = stage.watch(watch(selector)).await;
    let Seen::Snapshot(message) = follower.seen().await else { panic!("a snapshot") };
    assert!(message.resume_token.is_empty(), "resuming here would skip the removal");
    assert!(matches!(follower.seen().await, Seen::Update(..)));
    assert_eq!(follower.out_of_scope.iter().collect::<Vec<_>>(), ["rep:X", "team:U1"]);
    assert!(!follower.token.is_empty());
    stage.book(&[("U1", "1")]);
    assert_eq!(next_standing(&mut follower).await.actual, "1");
}

#[tokio::test]
async fn a_view_of_unknown_scopes_alone_is_empty() {
    let stage = Stage::open().await;
    let mut request = watch(select(&["rep:X"], &[], &[]));
    request.heartbeat = Some(prost_types::Duration { seconds: 1, nanos: 0 });
    let mut follower = stage.watch(request).await;
    follower.seen().await;
    follower.seen().await;
    let revision = stage.book(&[("U1", "1")]);
    let Seen::Bookmark(message) = follower.seen().await else { panic!("a bookmark") };
    assert!(message.revision >= revision.0 && follower.board.is_empty());
}

#[tokio::test]
async fn a_bookmark_comes_when_nothing_else_does() {
    let stage = Stage::open().await;
    let mut request = watch(select(&["rep:U1"], &[], &[]));
    request.heartbeat = Some(prost_types::Duration { seconds: 1, nanos: 0 });
    let mut follower = stage.watch(request).await;
    follower.seen().await;
    let revision = stage.book(&[("U3", "1")]);
    for _ in 0..2 {
        let Seen::Bookmark(message) = follower.seen().await else { panic!("a bookmark") };
        assert_eq!(message.revision, revision.0);
        assert!(message.complete && message.covered.len() == 1);
    }
}

#[tokio::test]
async fn a_cause_is_told_without_a_heartbeat() {
    let stage = Stage::open().await;
    let mut follower = stage.watch(watch(select(&["rep:U1"], &[], &[]))).await;
    assert!(follower.seen().await.message().complete);
    let cause = engine::Cause::Unreadable { error: "checksum".to_owned() };
    stage.live.set_cause(cause.clone(), true);
    let Seen::Bookmark(message) = follower.seen().await else { panic!("a bookmark") };
    assert_eq!((message.complete, message.causes[0].detail.as_str()), (false, "checksum"));
    stage.book(&[("U1", "1")]);
    assert!(!follower.seen().await.message().complete);
    stage.live.set_cause(cause, false);
    let Seen::Bookmark(message) = follower.seen().await else { panic!("a bookmark") };
    assert!(message.complete);
}

#[tokio::test]
async fn a_watch_waits_for_the_sources() {
    let stage = Stage::closed(Limits::default(), 0).await;
    let mut follower = stage.watch(watch(select(&["org"], &["bookings"], &["month"]))).await;
    stage.book(&[("U1", "3")]);
    stage.open_board();
    assert!(matches!(follower.seen().await, Seen::Snapshot(_)));
    assert_eq!(follower.board.values().next().expect("a standing").actual, "3");
}

#[tokio::test]
async fn terms_out_of_range_are_refused() {
    let stage = Stage::open().await;
    let duration = |seconds, nanos| Some(prost_types::Duration { seconds, nanos });
    let base = watch(Selector::default());
    for (field, request) in [
        (
            "heartbeat",
            WatchStandingsRequest { heartbeat: duration(0, 999_999_999), ..base.clone() },
        ),
        ("heartbeat", WatchStandingsRequest { heartbeat: duration(60, 1), ..base.clone() }),
        ("heartbeat", WatchStandingsRequest { heartbeat: duration(-5, 0), ..base.clone() }),
        ("min_interval", WatchStandingsRequest { min_interval: duration(61, 0), ..base.clone() }),
        ("on_gap", WatchStandingsRequest { on_gap: 9, ..base.clone() }),
        ("selector.kpis[0]", watch(select(&[], &["x"], &[]))),
        ("resume_token", WatchStandingsRequest { resume_token: vec![1, 2, 3], ..base.clone() }),
    ] {
        let status = stage.standings().await.watch_standings(request).await.expect_err(field);
        assert_eq!(status.code(), Code::InvalidArgument);
        let violations = status.get_details_bad_request().expect("details").field_violations;
        assert_eq!(violations[0].field, field);
    }
}

/// What has come and stays uncounted for too long puts what is counted of its source in doubt, whatever the status; once it
/// is counted nothing is left of that.
#[tokio::test]
async fn what_lags_behind_is_in_doubt_until_it_is_counted() {
    let stage = Stage::open().await;
    let mut follower = stage.watch(watch(select(&["rep:U1"], &["bookings"], &["month"]))).await;
    follower.seen().await;
    let patience = SignedDuration::from_secs(60);
    let hear = |end, drained, seconds| {
        let now = stage.now() + SignedDuration::from_secs(seconds);
        let heard = |known: &mut PartitionFreshness| known.hear(end, drained, now, patience);
        stage.live.update_partition(0, 0, heard);
    };
    // Ten messages are there, and are not counted for exactly a minute: as long as they may take.
    hear(10, false, 0);
    hear(25, false, 60);
    assert!(stage.live.freshness().causes().is_empty());
    hear(30, false, 61);
    let Seen::Update(message, standings, _) = follower.seen().await else { panic!("an update") };
    let lagging = |cause: &Cause| CauseKind::try_from(cause.kind) == Ok(CauseKind::Lagging);
    assert!(!message.complete && message.causes.iter().any(lagging), "{message:?}");
    let doubt = Doubt { reason: DoubtReason::Lag.into(), records: 0 };
    assert_eq!((standings[0].in_doubt, &standings[0].doubts), (true, &vec![doubt]));
    // What came first is counted; what came since has its own minute.
    stage.live.update_partition(0, 0, |known| known.next_offset = 12);
    hear(30, false, 62);
    let Seen::Update(message, standings, _) = follower.seen().await else { panic!("an update") };
    assert_eq!((message.complete, standings[0].in_doubt), (true, false));
    hear(30, false, 122);
    assert!(stage.live.freshness().causes().is_empty());
    hear(30, false, 123);
    assert!(!stage.live.freshness().causes().is_empty());
    // The end of a topic may be the mark of a transaction, which is no message.
    hear(31, true, 124);
    assert!(stage.live.freshness().causes().is_empty());
}
