//! The live map: whole updates only, whatever becomes of the stream.

use std::time::Duration;

use paceline_client::{Code, Event, Freshness, LiveMap, Removed, View};
use paceline_grpc::proto::watch_standings_response::Frame;
use paceline_grpc::proto::{
    Bookmark, Cause, Period, Removal, RemovalReason, Reset, ResetReason, Snapshot, Standing,
    Update, WatchStandingsResponse,
};
use tonic::Status;
use tonic::metadata::{MetadataMap, MetadataValue};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::stage::{Speaking, Stage, in_time, options};

type Stream = Speaking<WatchStandingsResponse>;

fn standing(scope: &str, actual: u64) -> Standing {
    let period =
        Period { kind: "month".to_owned(), name: "2026-11".to_owned(), ..Period::default() };
    Standing {
        scope: scope.to_owned(),
        kpi: "bookings".to_owned(),
        period: Some(period),
        actual: actual.to_string(),
        ..Standing::default()
    }
}

fn message(frame: Frame, revision: u64, token: &str) -> WatchStandingsResponse {
    WatchStandingsResponse {
        frame: Some(frame),
        revision,
        resume_token: token.into(),
        complete: true,
        ..WatchStandingsResponse::default()
    }
}

fn snapshot(standings: &[(&str, u64)], last: bool) -> Frame {
    let standings = standings.iter().map(|(scope, actual)| standing(scope, *actual)).collect();
    Frame::Snapshot(Snapshot { standings, last })
}

fn update(standings: &[(&str, u64)], last: bool) -> Frame {
    let standings = standings.iter().map(|(scope, actual)| standing(scope, *actual)).collect();
    Frame::Update(Update { standings, removed: Vec::new(), last })
}

fn removal(scope: &str, period: Option<&str>, reason: RemovalReason) -> Frame {
    let period = period.map(|name| Period { name: name.to_owned(), ..Period::default() });
    let kpi = if period.is_some() { "bookings".to_owned() } else { String::new() };
    let removal = Removal { scope: scope.to_owned(), kpi, period, reason: reason.into() };
    Frame::Update(Update { standings: Vec::new(), removed: vec![removal], last: true })
}

fn reset() -> Frame {
    Frame::Reset(Reset { reason: ResetReason::OtherEpoch.into(), epoch: "e".to_owned() })
}

fn known(view: &View) -> Vec<(String, u64)> {
    let number = |actual: &str| actual.parse().expect("a number");
    view.standings().map(|one| (one.scope.clone(), number(&one.actual))).collect()
}

async fn next(live: &mut LiveMap) -> Event {
    in_time(live.next()).await.expect("no refusal")
}

/// Follows, up to a snapshot of `a` 1 and `b` 2 at revision 5.
async fn begun(stage: &mut Stage) -> (LiveMap, Stream) {
    let mut live = stage.client().watch(options());
    let (first, stream) = tokio::join!(next(&mut live), async { stage.standings().await.open() });
    assert_eq!(first, Event::Connected);
    stream.say(message(snapshot(&[("a", 1), ("b", 2)], true), 5, "t5")).await;
    assert!(matches!(next(&mut live).await, Event::Snapshot(diff) if diff.changed.len() == 2));
    assert_eq!(next(&mut live).await, Event::Completeness);
    (live, stream)
}

/// Goes on after a loss: the stream that is opened next, and the token it was asked for with.
async fn again(stage: &mut Stage, live: &mut LiveMap) -> (Stream, Vec<u8>) {
    let asked = async {
        let asked = stage.standings().await;
        let token = asked.request.resume_token.clone();
        (asked.open(), token)
    };
    let (event, asked) = tokio::join!(next(live), asked);
    assert_eq!(event, Event::Connected);
    asked
}

#[tokio::test]
async fn nothing_is_seen_of_half_a_snapshot() {
    let mut stage = Stage::open().await;
    let mut live = stage.client().watch(options());
    let (_, stream) = tokio::join!(next(&mut live), async { stage.standings().await.open() });
    stream.say(message(snapshot(&[("a", 1)], false), 5, "")).await;
    stream.end(Status::unavailable("gone")).await;
    assert!(matches!(next(&mut live).await, Event::Lost(loss) if loss.code == Code::Unavailable));
    assert!(live.view().is_empty());
    assert_eq!(live.view().freshness(), Freshness::Awaited);
    let (stream, token) = again(&mut stage, &mut live).await;
    assert!(token.is_empty(), "it has nothing to go on from");
    stream.say(message(snapshot(&[("b", 2)], false), 6, "")).await;
    stream.say(message(snapshot(&[("c", 3)], true), 6, "t6")).await;
    assert!(matches!(next(&mut live).await, Event::Snapshot(diff) if diff.changed.len() == 2));
    assert_eq!(known(&live.view()), [("b".to_owned(), 2), ("c".to_owned(), 3)]);
    assert_eq!((live.view().freshness(), live.view().revision()), (Freshness::Live, 6));
}

#[tokio::test]
async fn an_update_that_breaks_off_is_asked_for_again() {
    let mut stage = Stage::open().await;
    let (mut live, stream) = begun(&mut stage).await;
    // Until its last chunk a token resumes with all of it.
    stream.say(message(update(&[("a", 10)], false), 7, "t5")).await;
    drop(stream);
    assert!(matches!(next(&mut live).await, Event::Lost(_)));
    assert_eq!(known(&live.view()), [("a".to_owned(), 1), ("b".to_owned(), 2)]);
    assert_eq!((live.view().freshness(), live.view().revision()), (Freshness::Stale, 5));
    let (stream, token) = again(&mut stage, &mut live).await;
    assert_eq!(token, b"t5");
    stream.say(message(update(&[("a", 11)], false), 8, "t5")).await;
    stream.say(message(update(&[("b", 12)], true), 8, "t8")).await;
    let Event::Update(diff) = next(&mut live).await else { panic!("an update") };
    let before: Vec<_> = diff
        .changed
        .iter()
        .map(|change| change.before.as_ref().map(|b| b.actual.clone()))
        .collect();
    assert_eq!(before, [Some("1".to_owned()), Some("2".to_owned())]);
    assert_eq!(known(&live.view()), [("a".to_owned(), 11), ("b".to_owned(), 12)]);
    assert_eq!(live.view().freshness(), Freshness::Live);
}

#[tokio::test]
async fn a_reset_leaves_the_view_as_it_was_until_the_snapshot_is_whole() {
    let mut stage = Stage::open().await;
    let (mut live, stream) = begun(&mut stage).await;
    let held = live.view();
    stream.say(message(reset(), 1, "")).await;
    assert_eq!(
        next(&mut live).await,
        Event::Reset(paceline_client::proto::ResetReason::OtherEpoch)
    );
    stream.say(message(snapshot(&[("a", 1)], false), 1, "")).await;
    stream.say(message(snapshot(&[("c", 3)], true), 1, "u1")).await;
    assert_eq!(live.view().freshness(), Freshness::Stale);
    assert_eq!(known(&live.view()).len(), 2);
    let Event::Snapshot(diff) = next(&mut live).await else { panic!("a snapshot") };
    // What is the same in both is not told.
    assert_eq!(diff.changed.len(), 1);
    assert_eq!(diff.changed[0].after.scope, "c");
    assert_eq!(diff.removed.len(), 1);
    assert_eq!(diff.removed[0].standings[0].actual, "2");
    assert_eq!(known(&live.view()), [("a".to_owned(), 1), ("c".to_owned(), 3)]);
    assert_eq!(live.view().freshness(), Freshness::Live);
    // A view that is held is what it was.
    assert_eq!(
        (known(&held), held.freshness()),
        (vec![("a".to_owned(), 1), ("b".to_owned(), 2)], Freshness::Live)
    );
}

#[tokio::test]
async fn what_leaves_is_told_with_its_reason() {
    let mut stage = Stage::open().await;
    let (mut live, stream) = begun(&mut stage).await;
    let mut removed = async |frame| -> Removed {
        stream.say(message(frame, 9, "t9")).await;
        let Event::Update(mut diff) = next(&mut live).await else { panic!("an update") };
        diff.removed.remove(0)
    };
    let gone = removed(removal("a", Some("2026-11"), RemovalReason::OutOfFilter)).await;
    assert_eq!(gone.standings[0].actual, "1");
    assert_eq!(gone.reason, paceline_client::proto::RemovalReason::OutOfFilter);
    assert!(
        removed(removal("b", Some("2026-10"), RemovalReason::OutOfFilter))
            .await
            .standings
            .is_empty()
    );
    let gone = removed(removal("b", None, RemovalReason::Deleted)).await;
    assert_eq!(gone.standings.len(), 1);
    let unknown = removed(removal("rep:nobody", None, RemovalReason::OutOfScope)).await;
    assert_eq!((unknown.scope.as_str(), unknown.standings.len()), ("rep:nobody", 0));
    assert!(live.view().is_empty());
    assert_eq!(live.view().freshness(), Freshness::Live);
}

#[tokio::test]
async fn a_stream_that_falls_silent_is_dead() {
    let mut stage = Stage::open().await;
    let mut options = options();
    options.heartbeat = Duration::from_millis(50);
    let mut live = stage.client().watch(options);
    let (_, stream) = tokio::join!(next(&mut live), async { stage.standings().await.open() });
    // A server that catches up is silent, for as long as that takes.
    let silent = tokio::time::timeout(Duration::from_secs(1), live.next()).await;
    assert!(silent.is_err() && stage.is_quiet());
    stream.say(message(snapshot(&[("a", 1)], true), 5, "t5")).await;
    assert!(matches!(next(&mut live).await, Event::Snapshot(_)));
    assert_eq!(next(&mut live).await, Event::Completeness);
    let Event::Lost(loss) = next(&mut live).await else { panic!("a loss") };
    assert!(loss.reason.contains("three heartbeats"), "{loss:?}");
    let (stream, token) = again(&mut stage, &mut live).await;
    assert_eq!(token, b"t5");
    stream.say(message(Frame::Bookmark(Bookmark {}), 5, "t5")).await;
    assert_eq!(next(&mut live).await, Event::Bookmark);
    assert_eq!(live.view().freshness(), Freshness::Live);
}

#[tokio::test]
async fn a_stream_that_never_says_anything_is_dead() {
    let mut stage = Stage::open().await;
    let mut options = options();
    options.first_frame = Duration::from_secs(1);
    let mut live = stage.client().watch(options);
    let (_, silent) = tokio::join!(next(&mut live), async { stage.standings().await.open() });
    let Event::Lost(loss) = next(&mut live).await else { panic!("a loss") };
    assert!(loss.reason.contains("first frame"), "{loss:?}");
    let (stream, token) = again(&mut stage, &mut live).await;
    assert!(token.is_empty(), "it has nothing to go on from");
    drop(silent);
    stream.say(message(snapshot(&[("a", 1)], true), 5, "t5")).await;
    assert!(matches!(next(&mut live).await, Event::Snapshot(_)));
    assert_eq!(next(&mut live).await, Event::Completeness);
    // From here on a heartbeat counts.
    let silent = tokio::time::timeout(Duration::from_millis(1_500), live.next()).await;
    assert!(silent.is_err() && stage.is_quiet());
}

#[tokio::test]
async fn the_server_says_when_to_come_back_and_from_where() {
    let mut stage = Stage::open().await;
    let (mut live, stream) = begun(&mut stage).await;
    let details = ErrorDetails::with_retry_info(Some(Duration::from_millis(700)));
    let mut metadata = MetadataMap::new();
    metadata.insert_bin("paceline-resume-token-bin", MetadataValue::from_bytes(b"last"));
    let status = Status::with_error_details_and_metadata(
        Code::Unavailable,
        "the server is going",
        details,
        metadata,
    );
    stream.end(status).await;
    let Event::Lost(loss) = next(&mut live).await else { panic!("a loss") };
    assert!(loss.again_in >= Duration::from_millis(700), "{loss:?}");
    assert_eq!(again(&mut stage, &mut live).await.1, b"last");
}

#[tokio::test]
async fn a_token_that_is_not_understood_is_given_up() {
    let mut stage = Stage::open().await;
    let (mut live, stream) = begun(&mut stage).await;
    drop(stream);
    assert!(matches!(next(&mut live).await, Event::Lost(_)));
    let details = ErrorDetails::with_bad_request_violation("resume_token", "of another version");
    let status = Status::with_error_details(Code::InvalidArgument, "resume_token: no", details);
    let (event, ()) =
        tokio::join!(next(&mut live), async { stage.standings().await.refuse(status) });
    assert!(matches!(event, Event::Lost(loss) if loss.code == Code::InvalidArgument));
    assert!(again(&mut stage, &mut live).await.1.is_empty());
}

#[tokio::test]
async fn a_refusal_that_does_not_pass_is_an_error_and_asking_again_tries_again() {
    let mut stage = Stage::open().await;
    let mut live = stage.client().with_actor("ana").expect("ASCII").watch(options());
    let status = Status::invalid_argument("selector.kpis: no such KPI");
    let (refused, asked) = tokio::join!(in_time(live.next()), async {
        let asked = stage.standings().await;
        let actor = asked.actor.clone();
        asked.refuse(status);
        actor
    });
    assert_eq!(asked.as_deref(), Some("ana"));
    let refused = refused.expect_err("a refusal");
    assert_eq!(refused.status().expect("an answer").code(), Code::InvalidArgument);
    again(&mut stage, &mut live).await;
}

#[tokio::test]
async fn completeness_is_told_when_it_changes() {
    let mut stage = Stage::open().await;
    let (mut live, stream) = begun(&mut stage).await;
    let cause = Cause { source: "crm".to_owned(), ..Cause::default() };
    let incomplete = WatchStandingsResponse {
        complete: false,
        causes: vec![cause],
        ..message(Frame::Bookmark(Bookmark {}), 5, "t5")
    };
    for _ in 0..2 {
        stream.say(incomplete.clone()).await;
    }
    stream.say(message(update(&[("a", 3)], true), 6, "t6")).await;
    assert_eq!(next(&mut live).await, Event::Bookmark);
    assert_eq!(next(&mut live).await, Event::Completeness);
    assert!(!live.view().is_complete() && live.view().causes()[0].source == "crm");
    assert_eq!(next(&mut live).await, Event::Bookmark);
    assert!(matches!(next(&mut live).await, Event::Update(_)));
    assert_eq!(next(&mut live).await, Event::Completeness);
    assert!(live.view().is_complete());
}

#[tokio::test]
async fn waiting_may_be_given_up_at_any_time() {
    let mut stage = Stage::open().await;
    let mut live = stage.client().watch(options());
    let speaking = tokio::spawn(async move {
        let stream = stage.standings().await.open();
        stream.say(message(snapshot(&[("a", 0)], true), 1, "t1")).await;
        for revision in 2..200 {
            stream.say(message(update(&[("a", revision)], true), revision, "t")).await;
            if revision % 10 == 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
        (stage, stream)
    });
    let mut seen = Vec::new();
    while seen.last() != Some(&199) {
        let waited = tokio::time::timeout(Duration::from_micros(300), live.next()).await;
        match waited.map(|event| event.expect("no refusal")) {
            Ok(Event::Update(diff)) => {
                seen.push(diff.changed[0].after.actual.parse().expect("a number"));
            }
            Ok(Event::Lost(loss)) => panic!("{loss:?}"),
            Ok(_) | Err(_) => {}
        }
    }
    assert_eq!(seen, (2..200).collect::<Vec<u64>>());
    drop(in_time(speaking).await);
}

#[tokio::test]
async fn a_server_that_is_not_there_yet_is_waited_for() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    drop(listener);
    let client = paceline_client::Client::new(&address).expect("an address");
    let mut live = client.watch(options());
    for _ in 0..3 {
        assert!(matches!(next(&mut live).await, Event::Lost(_)));
    }
    assert_eq!(live.view().freshness(), Freshness::Awaited);
}
