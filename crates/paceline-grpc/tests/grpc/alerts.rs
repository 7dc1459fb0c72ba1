//! Alerts as they are told: all of a selection, in their order, none twice, and on from a token after any interruption.

use std::time::Duration;

use paceline_client::proto::watch_alerts_response::Frame;
use paceline_client::proto::{
    Alert, AlertCauseKind, ListAlertsRequest, ListAlertsResponse, Selector, Status as Wire,
    WatchAlertsRequest, WatchAlertsResponse,
};
use paceline_grpc::{Limits, TOKEN_TRAILER};
use tokio::time::timeout;
use tonic::{Code, Status, Streaming};
use tonic_types::StatusExt as _;

use crate::alert_topic::{AlertTopic, SECRET};
use crate::stage::{DEADLINE, NOW, Stage, at, select};

/// Enough reps for more alerts than the buffers on the way to a client hold.
const REPS: usize = 400;

/// A client of a watch of alerts.
struct Listener {
    stream: Streaming<WatchAlertsResponse>,
    /// The token of the last message.
    token: Vec<u8>,
}

impl Listener {
    async fn message(&mut self) -> Result<WatchAlertsResponse, Status> {
        let message = timeout(DEADLINE, self.stream.message()).await.expect("a frame in time");
        let message = message?.expect("a stream ends with a status");
        assert_eq!(message.complete, message.causes.is_empty());
        assert!(message.as_of.is_some() && message.emitted_at.is_some());
        assert!(!message.resume_token.is_empty(), "every message can be resumed after");
        self.token.clone_from(&message.resume_token);
        Ok(message)
    }

    /// The next alert of a stream that goes on.
    async fn alert(&mut self) -> Alert {
        loop {
            let message = self.message().await.expect("the stream goes on");
            if let Some(Frame::Alert(alert)) = message.frame {
                return alert;
            }
        }
    }

    /// The next so many, in short.
    async fn told(&mut self, count: usize) -> Vec<String> {
        let mut told = Vec::new();
        while told.len() < count {
            told.push(short(&self.alert().await));
        }
        told
    }

    async fn bookmark(&mut self) {
        let message = self.message().await.expect("the stream goes on");
        assert!(matches!(message.frame, Some(Frame::Bookmark(_))), "{message:?}");
    }

    async fn end(&mut self) -> Status {
        loop {
            if let Err(status) = self.message().await {
                return status;
            }
        }
    }
}

fn short(alert: &Alert) -> String {
    let name = |status: i32| {
        let status = Wire::try_from(status).expect("a status");
        status.as_str_name().trim_start_matches("STATUS_").to_owned()
    };
    format!("{} {} {} > {}", alert.scope, alert.kpi, name(alert.from), name(alert.to))
}

fn request(selector: Selector, resume_token: Vec<u8>) -> WatchAlertsRequest {
    let heartbeat = Some(prost_types::Duration { seconds: 60, nanos: 0 });
    WatchAlertsRequest { selector: Some(selector), resume_token, heartbeat }
}

async fn listen(stage: &Stage, selector: Selector, token: Vec<u8>) -> Listener {
    let stream = stage.alerts().await.watch_alerts(request(selector, token)).await;
    Listener { stream: stream.expect("a stream").into_inner(), token: Vec::new() }
}

/// As [`listen`], as soon as there is room for one more watch.
async fn listen_when_free(stage: &Stage, token: Vec<u8>) -> Listener {
    let free = async {
        loop {
            match stage.alerts().await.watch_alerts(request(months(), token.clone())).await {
                Ok(stream) => return Listener { stream: stream.into_inner(), token: Vec::new() },
                Err(status) => assert_eq!(reason(&status), "TOO_MANY_STREAMS"),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(DEADLINE, free).await.expect("there is room in time")
}

async fn refused(stage: &Stage, selector: Selector, token: Vec<u8>) -> Status {
    let refused = stage.alerts().await.watch_alerts(request(selector, token)).await;
    refused.expect_err("the token is refused")
}

fn reason(status: &Status) -> String {
    status.get_details_error_info().expect("details").reason
}

fn months() -> Selector {
    select(&[], &["bookings"], &["month"])
}

async fn stage() -> (Stage, AlertTopic) {
    let stage = Stage::open().await;
    let mut topic = AlertTopic::of(&stage);
    topic.pump();
    assert!(topic.records.is_empty(), "the first status of a period raises none");
    (stage, topic)
}

/// Brings a rep from behind to on track, ahead, and to the goal.
fn climb(stage: &Stage, topic: &mut AlertTopic, rep: &str) {
    for amount in ["31000", "4000", "7000"] {
        stage.book(&[(rep, amount)]);
        topic.pump();
    }
}

#[tokio::test]
async fn an_alert_says_what_changed_since_when_and_by_what() {
    let (stage, mut topic) = stage().await;
    let mut listener = listen(&stage, select(&["rep:U1"], &[], &["month"]), Vec::new()).await;
    listener.bookmark().await;
    stage.book(&[("U1", "29450")]);
    topic.pump();
    let alert = listener.alert().await;
    assert_eq!(short(&alert), "rep:U1 bookings BEHIND > ON_TRACK");
    let standing = alert.standing.clone().expect("a standing");
    assert_eq!((standing.actual.as_str(), standing.status()), ("29450", Wire::OnTrack));
    assert_eq!(standing.status_since, alert.since);
    let cause = alert.cause.expect("a cause");
    assert_eq!(cause.kind(), AlertCauseKind::Change);
    assert_eq!(alert.since.expect("an instant").seconds, at(NOW).as_second());
    stage.turn_to("2026-11-24T11:53:20.000000001Z");
    topic.pump();
    let alert = listener.alert().await;
    assert_eq!(short(&alert), "rep:U1 bookings ON_TRACK > BEHIND");
    assert_eq!(alert.cause.expect("a cause").kind(), AlertCauseKind::Clock);
    let since = alert.since.expect("an instant");
    assert_eq!((since.seconds, since.nanos), (at("2026-11-24T11:53:20Z").as_second(), 1));
    // At the end of the month the goal is missed, and a month begins that tells nothing.
    stage.turn_to("2026-12-01T00:00:00Z");
    topic.pump();
    let alert = listener.alert().await;
    assert_eq!(short(&alert), "rep:U1 bookings BEHIND > MISSED");
    let standing = alert.standing.expect("a standing");
    assert_eq!((standing.actual.as_str(), standing.status()), ("29450", Wire::Missed));
    assert_eq!(standing.period.expect("a period").name, "2026-11");
}

#[tokio::test]
async fn all_alerts_of_a_selection_come_in_their_order() {
    let (stage, mut topic) = stage().await;
    let mut all = listen(&stage, months(), Vec::new()).await;
    let mut one = listen(&stage, select(&["rep:U2"], &["bookings"], &["month"]), Vec::new()).await;
    let mut quarters = listen(&stage, select(&[], &[], &["quarter"]), Vec::new()).await;
    all.bookmark().await;
    one.bookmark().await;
    quarters.bookmark().await;
    climb(&stage, &mut topic, "U1");
    climb(&stage, &mut topic, "U2");
    let rep = |rep: &str| {
        [("BEHIND", "ON_TRACK"), ("ON_TRACK", "AHEAD"), ("AHEAD", "ACHIEVED")]
            .map(|(from, to)| format!("rep:{rep} bookings {from} > {to}"))
    };
    assert_eq!(one.told(3).await, rep("U2"));
    let told = all.told(topic.records.len()).await;
    let of = |scope: &str| -> Vec<String> {
        told.iter().filter(|told| told.starts_with(scope)).cloned().collect()
    };
    assert_eq!(of("rep:U1"), rep("U1"));
    assert_eq!(of("rep:U2"), rep("U2"));
    // Quarters have no goal, and so no other status.
    stage.shutdown.cancel();
    assert_eq!(quarters.end().await.code(), Code::Unavailable);
}

#[tokio::test]
async fn a_watch_goes_on_from_its_token_after_a_restart() {
    let (stage, mut topic) = stage().await;
    let mut listener = listen(&stage, months(), Vec::new()).await;
    listener.bookmark().await;
    climb(&stage, &mut topic, "U1");
    let first = listener.alert().await;
    let (token, records) = (listener.token.clone(), topic.records.clone());
    let again = Stage::open().await;
    let topic = AlertTopic::holding(&again, records, 0);
    let mut resumed = listen(&again, months(), token).await;
    let mut told = vec![short(&first)];
    told.extend(resumed.told(topic.records.len() - 1).await);
    let listed = list(&again, months(), 0, "").await.alerts;
    let listed: Vec<String> = listed.iter().rev().map(short).collect();
    assert_eq!(told, listed);
}

#[tokio::test]
async fn what_stands_on_the_topic_twice_is_told_once() {
    let (stage, mut topic) = stage().await;
    let mut listener = listen(&stage, months(), Vec::new()).await;
    listener.bookmark().await;
    climb(&stage, &mut topic, "U1");
    let count = topic.records.len();
    let again: Vec<Alert> = topic
        .records
        .iter()
        .map(|told| prost::Message::decode(told.body.as_slice()).expect("an alert"))
        .collect();
    again.iter().for_each(|alert| topic.put(alert));
    climb(&stage, &mut topic, "U2");
    let mut ids = Vec::new();
    while ids.len() < topic.records.len() - count {
        ids.push(listener.alert().await.id);
    }
    let told = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), told);
    assert_eq!(list(&stage, months(), 1000, "").await.alerts.len(), told);
    // The token after a repeat is as good as any.
    let mut resumed = listen(&stage, months(), listener.token).await;
    resumed.bookmark().await;
}

#[tokio::test]
async fn a_token_that_cannot_be_honoured_is_refused_with_its_reason() {
    let (stage, mut topic) = stage().await;
    let mut listener = listen(&stage, months(), Vec::new()).await;
    listener.bookmark().await;
    let beginning = listener.token.clone();
    climb(&stage, &mut topic, "U1");
    listener.alert().await;
    let token = listener.token.clone();
    for at in 0..token.len() {
        let mut forged = token.clone();
        forged[at] ^= 0x10;
        let status = refused(&stage, months(), forged).await;
        assert_eq!(status.code(), Code::InvalidArgument, "byte {at}: {status:?}");
    }
    let check = |status: Status, expected: &str| {
        assert_eq!(status.code(), Code::OutOfRange, "{status:?}");
        assert_eq!(reason(&status), expected);
    };
    check(refused(&stage, select(&["org"], &[], &[]), token.clone()).await, "OTHER_SELECTOR");
    topic.keep_last(1);
    check(refused(&stage, months(), beginning.clone()).await, "EXPIRED");
    check(refused(&stage, months(), token.clone()).await, "EXPIRED");
    // The topic was made anew: empty, or with other alerts where the token stands.
    let empty = Stage::open().await;
    AlertTopic::of(&empty);
    check(refused(&empty, months(), token.clone()).await, "EXPIRED");
    let other = Stage::open().await;
    let mut records = topic.records.clone();
    records[0].id = topic.records[1].id;
    AlertTopic::holding(&other, records, 0);
    check(refused(&other, months(), token.clone()).await, "OTHER_TOPIC");
    let stranger = Stage::open().await;
    stranger.live.alerts().agree_on([1; 32]);
    assert_ne!(SECRET, [1; 32]);
    AlertTopic::holding(&stranger, topic.records.clone(), 0);
    check(refused(&stranger, months(), token).await, "OTHER_TOPIC");
}

#[tokio::test]
async fn a_watch_that_is_opened_early_waits_and_then_refuses_what_is_wrong() {
    let stage = Stage::closed(Limits::default(), 0).await;
    let mut topic = AlertTopic::unread(&stage, Vec::new(), 0);
    let mut early = listen(&stage, months(), Vec::new()).await;
    let mut wrong = listen(&stage, months(), vec![1, 2, 3]).await;
    assert_eq!(
        try_list(&stage, months(), 0, "").await.expect_err("early").code(),
        Code::Unavailable
    );
    topic.caught_up();
    stage.open_board();
    early.bookmark().await;
    let status = wrong.end().await;
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
}

#[tokio::test]
async fn members_are_those_of_the_moment() {
    let (stage, mut topic) = stage().await;
    let team = Selector { with_members: true, ..select(&["team:M2"], &["bookings"], &["month"]) };
    let mut listener = listen(&stage, team, Vec::new()).await;
    listener.bookmark().await;
    let mut rep = listen(&stage, select(&["rep:U1"], &["bookings"], &["month"]), Vec::new()).await;
    rep.bookmark().await;
    stage.book(&[("U1", "31000")]);
    topic.pump();
    // By the time that one listener is told, the other has been passed over.
    assert_eq!(rep.told(1).await, ["rep:U1 bookings BEHIND > ON_TRACK"]);
    stage.tell(&[("U1", Some(Some("M2")))]);
    topic.pump();
    stage.book(&[("U1", "4000")]);
    topic.pump();
    assert_eq!(listener.told(1).await, ["rep:U1 bookings ON_TRACK > AHEAD"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_takes_nothing_is_let_go_and_misses_nothing() {
    let patience = Duration::from_millis(300);
    let stage = Stage::closed(Limits { patience, streams: 1, ..Limits::default() }, REPS).await;
    let mut topic = AlertTopic::of(&stage);
    stage.open_board();
    topic.pump();
    let mut client = stage.narrow_alerts().await;
    let stream = client.watch_alerts(request(months(), Vec::new())).await.expect("a stream");
    let mut listener = Listener { stream: stream.into_inner(), token: Vec::new() };
    let reps: Vec<String> = (0..REPS).map(|rep| format!("V{rep}")).collect();
    for amount in ["31000", "4000", "7000"] {
        stage.book(&reps.iter().map(|rep| (rep.as_str(), amount)).collect::<Vec<_>>());
        topic.pump();
    }
    // It reads nothing until the server has lost its patience, and the one place is free again.
    drop(listen_when_free(&stage, Vec::new()).await);
    let mut told = Vec::new();
    let status = loop {
        match listener.message().await {
            Ok(message) => {
                let Some(Frame::Alert(alert)) = message.frame else { continue };
                told.push(alert.id);
            }
            Err(status) => break status,
        }
    };
    assert_eq!(status.code(), Code::ResourceExhausted, "{status:?}");
    assert_eq!(reason(&status), "SLOW_CLIENT");
    let token = status.metadata().get_bin(TOKEN_TRAILER).expect("a token");
    assert_eq!(token.to_bytes().expect("bytes"), listener.token);
    let expected: Vec<String> = topic.records.iter().map(|told| told.id.to_string()).collect();
    assert!(told.len() < expected.len(), "it was let go before it had all");
    let mut resumed = listen_when_free(&stage, listener.token.clone()).await;
    while told.len() < expected.len() {
        told.push(resumed.alert().await.id);
    }
    assert_eq!(told, expected);
}

async fn try_list(
    stage: &Stage,
    selector: Selector,
    page_size: u32,
    page_token: &str,
) -> Result<ListAlertsResponse, Status> {
    let request = ListAlertsRequest {
        selector: Some(selector),
        page_size,
        page_token: page_token.to_owned(),
        ..ListAlertsRequest::default()
    };
    Ok(stage.alerts().await.list_alerts(request).await?.into_inner())
}

async fn list(
    stage: &Stage,
    selector: Selector,
    page_size: u32,
    page_token: &str,
) -> ListAlertsResponse {
    try_list(stage, selector, page_size, page_token).await.expect("alerts are listed")
}

#[tokio::test]
async fn alerts_are_listed_page_by_page_and_a_watch_goes_on_after_the_first() {
    let (stage, mut topic) = stage().await;
    climb(&stage, &mut topic, "U1");
    let first = list(&stage, months(), 2, "").await;
    climb(&stage, &mut topic, "U2");
    let mut listed = first.alerts.clone();
    let mut token = first.next_page_token.clone();
    while !token.is_empty() {
        let page = list(&stage, months(), 2, &token).await;
        assert_eq!(page.resume_token, first.resume_token);
        listed.extend(page.alerts);
        token = page.next_page_token;
    }
    let mut resumed = listen(&stage, months(), first.resume_token).await;
    let mut ids: Vec<String> = listed.iter().rev().map(|alert| alert.id.clone()).collect();
    while ids.len() < topic.records.len() {
        ids.push(resumed.alert().await.id);
    }
    let expected: Vec<String> = topic.records.iter().map(|told| told.id.to_string()).collect();
    assert_eq!(ids, expected);
}

#[tokio::test]
async fn a_list_holds_what_has_held_since_within_a_time() {
    let (stage, mut topic) = stage().await;
    stage.book(&[("U1", "29450")]);
    stage.turn_to("2026-11-24T12:00:00Z");
    topic.pump();
    let timestamp = |text: &str| {
        let at = at(text);
        Some(prost_types::Timestamp { seconds: at.as_second(), nanos: at.subsec_nanosecond() })
    };
    let selector = Some(select(&["rep:U1"], &[], &["month"]));
    let fell = "2026-11-24T11:53:20.000000001Z";
    for (from, until, expected) in [
        (None, None, 2),
        (timestamp(fell), None, 1),
        (None, timestamp(fell), 1),
        (timestamp(fell), timestamp(fell), 0),
    ] {
        let request =
            ListAlertsRequest { selector: selector.clone(), from, until, ..Default::default() };
        let listed = stage.alerts().await.list_alerts(request).await.expect("alerts").into_inner();
        assert_eq!(listed.alerts.len(), expected);
    }
    let unknown = try_list(&stage, select(&["rep:U9"], &[], &[]), 0, "").await;
    assert_eq!(unknown.expect_err("it is unknown").code(), Code::NotFound);
    for (size, token) in [(1001, ""), (0, "x"), (0, "5.2")] {
        let wrong = try_list(&stage, months(), size, token).await;
        assert_eq!(wrong.expect_err("it is wrong").code(), Code::InvalidArgument);
    }
}
