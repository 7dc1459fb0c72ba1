//! Alerts: none is lost, and what was not acknowledged comes again.

use std::time::Duration;

use paceline_client::{AlertEvent, AlertOptions, AlertStream, Code};
use paceline_grpc::proto::watch_alerts_response::Frame;
use paceline_grpc::proto::{Alert, AlertsBookmark, WatchAlertsResponse};
use tonic::Status;

use crate::stage::{Speaking, Stage, in_time};

fn message(frame: Frame, token: &str) -> WatchAlertsResponse {
    WatchAlertsResponse {
        frame: Some(frame),
        resume_token: token.into(),
        ..WatchAlertsResponse::default()
    }
}

fn alert(id: &str) -> WatchAlertsResponse {
    let alert = Alert { id: id.to_owned(), scope: "rep:U1".to_owned(), ..Alert::default() };
    message(Frame::Alert(alert), &format!("after {id}"))
}

fn bookmark(token: &str) -> WatchAlertsResponse {
    message(Frame::Bookmark(AlertsBookmark {}), token)
}

fn options(token: &str) -> AlertOptions {
    let heartbeat = Duration::from_secs(60);
    AlertOptions { token: token.into(), heartbeat, ..AlertOptions::default() }
}

async fn next(alerts: &mut AlertStream) -> AlertEvent {
    in_time(alerts.next()).await.expect("no refusal")
}

async fn next_id(alerts: &mut AlertStream) -> String {
    let AlertEvent::Alert(alert) = next(alerts).await else { panic!("an alert") };
    alert.id
}

/// The next stream, and the token it was asked for with.
async fn opened(
    stage: &mut Stage,
    alerts: &mut AlertStream,
) -> (Speaking<WatchAlertsResponse>, String) {
    let asked = async {
        let asked = stage.alerts().await;
        let token = String::from_utf8(asked.request.resume_token.clone()).expect("text");
        (asked.open(), token)
    };
    let (event, asked) = tokio::join!(next(alerts), asked);
    assert_eq!(event, AlertEvent::Connected);
    asked
}

#[tokio::test]
async fn what_is_not_acknowledged_comes_again() {
    let mut stage = Stage::open().await;
    let mut alerts = stage.client().watch_alerts(options("kept"));
    let (stream, token) = opened(&mut stage, &mut alerts).await;
    assert_eq!(token, "kept");
    for id in ["a", "b", "c"] {
        stream.say(alert(id)).await;
        assert_eq!(next_id(&mut alerts).await, id);
    }
    assert!(alerts.ack("a"));
    assert_eq!(alerts.token(), b"after a");
    stream.end(Status::unavailable("gone")).await;
    assert!(matches!(next(&mut alerts).await, AlertEvent::Lost(_)));
    let (stream, token) = opened(&mut stage, &mut alerts).await;
    assert_eq!(token, "after a");
    assert!(!alerts.ack("b"), "it comes again");
    for id in ["b", "c"] {
        stream.say(alert(id)).await;
        assert_eq!(next_id(&mut alerts).await, id);
    }
    // The last one acknowledges those before it.
    assert!(alerts.ack("c"));
    drop(stream);
    assert!(matches!(next(&mut alerts).await, AlertEvent::Lost(_)));
    assert_eq!(opened(&mut stage, &mut alerts).await.1, "after c");
}

#[tokio::test]
async fn a_stream_that_never_says_anything_is_dead() {
    let mut stage = Stage::open().await;
    let first_frame = Duration::from_secs(1);
    let mut alerts = stage.client().watch_alerts(AlertOptions { first_frame, ..options("kept") });
    let (silent, _) = opened(&mut stage, &mut alerts).await;
    let AlertEvent::Lost(loss) = next(&mut alerts).await else { panic!("a loss") };
    assert!(loss.reason.contains("first frame"), "{loss:?}");
    let (stream, token) = opened(&mut stage, &mut alerts).await;
    assert_eq!(token, "kept");
    drop(silent);
    stream.say(alert("a")).await;
    assert_eq!(next_id(&mut alerts).await, "a");
}

#[tokio::test]
async fn a_token_that_is_kept_goes_on_in_another_process() {
    let mut stage = Stage::open().await;
    let kept = {
        let mut alerts = stage.client().watch_alerts(options(""));
        let (stream, token) = opened(&mut stage, &mut alerts).await;
        assert_eq!(token, "");
        stream.say(bookmark("quiet")).await;
        assert_eq!(next(&mut alerts).await, AlertEvent::Bookmark);
        assert_eq!(alerts.token(), b"quiet");
        stream.say(alert("a")).await;
        assert_eq!(next_id(&mut alerts).await, "a");
        stream.say(bookmark("later")).await;
        assert_eq!(next(&mut alerts).await, AlertEvent::Bookmark);
        // The alert before the bookmark is not acknowledged.
        assert_eq!(alerts.token(), b"quiet");
        alerts.ack("a");
        alerts.token().to_vec()
    };
    assert_eq!(kept, b"later");
    let mut alerts = stage.client().watch_alerts(options("later"));
    assert_eq!(opened(&mut stage, &mut alerts).await.1, "later");
}

/// Waiting is given up amid the opening of a stream, and what the lost one brought is acknowledged then: a stream that is opened
/// behind that would bring it again, and its first bookmark would lead back.
#[tokio::test]
async fn what_is_acknowledged_while_a_stream_is_opened_does_not_come_again() {
    let mut stage = Stage::open().await;
    let mut alerts = stage.client().watch_alerts(options("kept"));
    let (stream, _) = opened(&mut stage, &mut alerts).await;
    stream.say(alert("a")).await;
    assert_eq!(next_id(&mut alerts).await, "a");
    stream.end(Status::unavailable("gone")).await;
    assert!(matches!(next(&mut alerts).await, AlertEvent::Lost(_)));
    let behind = tokio::select! {
        event = next(&mut alerts) => panic!("nothing was opened: {event:?}"),
        asked = stage.alerts() => asked,
    };
    assert_eq!(behind.request.resume_token, b"kept");
    assert!(alerts.ack("a"));
    behind.open().say(bookmark("kept")).await;
    let (stream, token) = opened(&mut stage, &mut alerts).await;
    assert_eq!(token, "after a");
    assert_eq!(alerts.token(), b"after a");
    stream.say(bookmark("later")).await;
    assert_eq!(next(&mut alerts).await, AlertEvent::Bookmark);
    assert_eq!(alerts.token(), b"later");
}

#[tokio::test]
async fn alerts_that_are_no_longer_kept_are_an_error() {
    let mut stage = Stage::open().await;
    let mut alerts = stage.client().watch_alerts(options("old"));
    let refusal = Status::out_of_range("alerts after the token are no longer kept");
    let (refused, ()) =
        tokio::join!(in_time(alerts.next()), async { stage.alerts().await.refuse(refusal) });
    let refused = refused.expect_err("a refusal");
    assert_eq!(refused.status().map(Status::code), Some(Code::OutOfRange));
    assert_eq!(alerts.token(), b"old");
}
