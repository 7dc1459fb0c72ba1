//! The matrix of rights: every role asks everything about everybody, and gets what it may see, and of others what is answered about
//! nobody.
//!
//! A method is one more row of [`METHODS`]. What there is beside somebody, and what there is not at all, must be answered alike to
//! the byte, but for the name that was asked for.

use std::fmt::Debug;
use std::pin::Pin;

use paceline_client::proto::alerts_service_client::AlertsServiceClient;
use paceline_client::proto::catalog_service_client::CatalogServiceClient;
use paceline_client::proto::goals_service_client::GoalsServiceClient;
use paceline_client::proto::standings_service_client::StandingsServiceClient;
use paceline_client::proto::watch_alerts_response::Frame as AlertFrame;
use paceline_client::proto::{self, Selector};
use prost::Message;
use tokio::time::timeout;
use tonic::transport::Channel;
use tonic::{Code, Response, Status, Streaming};
use tonic_types::StatusExt as _;

use crate::alert_topic::AlertTopic;
use crate::identities::{Identities, by};
use crate::stage::{DEADLINE, Stage, at, select};

/// Who asks, and whom they see.
const ROLES: [(&str, &[&str]); 8] = [
    ("", &[]),
    ("U1", &["rep:U1"]),
    ("M1", &["rep:M1", "rep:U1", "rep:U2", "team:M1"]),
    ("executive", &ALL),
    ("admin", &ALL),
    ("board", &ALL),
    ("south", &["rep:M2", "rep:U3", "team:M2"]),
    ("sums", &["team:M1"]),
];
const ALL: [&str; 9] =
    ["org", "unassigned", "rep:M1", "rep:U1", "rep:U2", "rep:M2", "rep:U3", "team:M1", "team:M2"];
/// Whom nobody sees, as long as any other name.
const NOBODY: [&str; 2] = ["rep:U9", "team:M9"];

/// What was answered.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    kind: Kind,
    /// All of it, but for dates and tokens.
    bytes: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// What was asked for.
    Told,
    /// That there is no such scope.
    Unknown,
    Unauthenticated,
}

type Answering = Pin<Box<dyn Future<Output = Answer>>>;

/// A method that is asked about one scope.
struct Method {
    name: &'static str,
    /// Whether it tells of the reps of a scope, and so only to who sees them all.
    of_reps: bool,
    ask: fn(Channel, &'static str, String) -> Answering,
}

const METHODS: [Method; 11] = [
    Method { name: "GetStandings", of_reps: false, ask: get_standings },
    Method { name: "WatchStandings", of_reps: false, ask: watch_standings },
    Method { name: "GetLeaderboard", of_reps: true, ask: get_leaderboard },
    Method { name: "WatchLeaderboard", of_reps: true, ask: watch_leaderboard },
    Method { name: "GetHistory", of_reps: false, ask: get_history },
    Method { name: "ExplainStanding", of_reps: false, ask: explain_standing },
    Method { name: "ListContributors", of_reps: false, ask: list_contributors },
    Method { name: "GetCoachingFocus", of_reps: false, ask: get_coaching_focus },
    Method { name: "ListAlerts", of_reps: false, ask: list_alerts },
    Method { name: "ListGoals", of_reps: false, ask: list_goals },
    Method { name: "WatchStandings with members", of_reps: false, ask: watch_members },
];

fn selector(scope: String) -> Option<Selector> {
    Some(Selector { scopes: vec![scope], ..Selector::default() })
}

fn get_standings(channel: Channel, who: &'static str, scope: String) -> Answering {
    Box::pin(async move {
        let request = proto::GetStandingsRequest { selector: selector(scope), on: String::new() };
        let mut client = StandingsServiceClient::new(channel);
        once(client.get_standings(by(who, request)).await)
    })
}

fn get_leaderboard(channel: Channel, who: &'static str, scope: String) -> Answering {
    Box::pin(async move {
        let [kpi, period] = ["bookings", "month"].map(str::to_owned);
        let request = proto::GetLeaderboardRequest { scope, kpi, period, ..Default::default() };
        once(StandingsServiceClient::new(channel).get_leaderboard(by(who, request)).await)
    })
}

fn get_history(channel: Channel, who: &'static str, scope: String) -> Answering {
    Box::pin(async move {
        let [kpi, period] = ["bookings", "month"].map(str::to_owned);
        let request = proto::GetHistoryRequest { scope, kpi, period, on: String::new() };
        once(StandingsServiceClient::new(channel).get_history(by(who, request)).await)
    })
}

fn explain_standing(channel: Channel, who: &'static str, scope: String) -> Answering {
    Box::pin(async move {
        let [kpi, period] = ["bookings", "month"].map(str::to_owned);
        let request = proto::ExplainStandingRequest { scope, kpi, period, ..Default::default() };
        once(StandingsServiceClient::new(channel).explain_standing(by(who, request)).await)
    })
}

fn list_contributors(channel: Channel, who: &'static str, scope: String) -> Answering {
    Box::pin(async move {
        let [kpi, period] = ["bookings", "month"].map(str::to_owned);
        let request = proto::ListContributorsRequest { scope, kpi, period, ..Default::default() };
        once(StandingsServiceClient::new(channel).list_contributors(by(who, request)).await)
    })
}

fn get_coaching_focus(channel: Channel, who: &'static str, scope: String) -> Answering {
    Box::pin(async move {
        let request = proto::GetCoachingFocusRequest { selector: selector(scope), limit: 0 };
        once(StandingsServiceClient::new(channel).get_coaching_focus(by(who, request)).await)
    })
}

fn list_alerts(channel: Channel, who: &'static str, scope: String) -> Answering {
    Box::pin(async move {
        let selector = selector(scope);
        let request = proto::ListAlertsRequest { selector, ..Default::default() };
        once(AlertsServiceClient::new(channel).list_alerts(by(who, request)).await)
    })
}

fn list_goals(channel: Channel, who: &'static str, scope: String) -> Answering {
    Box::pin(async move {
        let request = proto::ListGoalsRequest { scopes: vec![scope], ..Default::default() };
        once(GoalsServiceClient::new(channel).list_goals(by(who, request)).await)
    })
}

fn watch_standings(channel: Channel, who: &'static str, scope: String) -> Answering {
    Box::pin(watched(channel, who, selector(scope)))
}

fn watch_members(channel: Channel, who: &'static str, scope: String) -> Answering {
    let selector = Selector { with_members: true, ..select(&[&scope], &[], &[]) };
    Box::pin(watched(channel, who, Some(selector)))
}

/// What a watch of standings begins with, up to its first token.
async fn watched(channel: Channel, who: &'static str, selector: Option<Selector>) -> Answer {
    let request = proto::WatchStandingsRequest { selector, ..Default::default() };
    let stream = StandingsServiceClient::new(channel).watch_standings(by(who, request)).await;
    let mut stream = match stream {
        Ok(stream) => stream.into_inner(),
        Err(status) => return refused(&status),
    };
    let (mut kind, mut bytes) = (Kind::Told, Vec::new());
    loop {
        let message = next(&mut stream).await;
        if let Some(proto::watch_standings_response::Frame::Update(update)) = &message.frame {
            let out = proto::RemovalReason::OutOfScope;
            assert!(update.removed.iter().all(|removal| removal.reason() == out));
            kind = Kind::Unknown;
        }
        let is_last = !message.resume_token.is_empty();
        let message = proto::WatchStandingsResponse { resume_token: Vec::new(), ..message };
        bytes.extend(message.encode_to_vec());
        if is_last {
            return Answer { kind, bytes };
        }
    }
}

fn watch_leaderboard(channel: Channel, who: &'static str, scope: String) -> Answering {
    Box::pin(async move {
        let [kpi, period] = ["bookings", "month"].map(str::to_owned);
        let request = proto::WatchLeaderboardRequest { scope, kpi, period, ..Default::default() };
        let mut client = StandingsServiceClient::new(channel);
        let mut stream = match client.watch_leaderboard(by(who, request)).await {
            Ok(stream) => stream.into_inner(),
            Err(status) => return refused(&status),
        };
        let message = next(&mut stream).await;
        let out =
            matches!(message.frame, Some(proto::watch_leaderboard_response::Frame::OutOfScope(_)));
        let kind = if out { Kind::Unknown } else { Kind::Told };
        Answer { kind, bytes: message.encode_to_vec() }
    })
}

async fn next<T: Debug>(stream: &mut Streaming<T>) -> T {
    let message = timeout(DEADLINE, stream.message()).await.expect("a frame in time");
    message.expect("the stream goes on").expect("a stream ends with a status")
}

fn once<T: Message>(answer: Result<Response<T>, Status>) -> Answer {
    match answer {
        Ok(answer) => Answer { kind: Kind::Told, bytes: answer.into_inner().encode_to_vec() },
        Err(status) => refused(&status),
    }
}

fn refused(status: &Status) -> Answer {
    let kind = match status.code() {
        Code::NotFound => Kind::Unknown,
        Code::Unauthenticated => Kind::Unauthenticated,
        _ => panic!("{status:?}"),
    };
    let mut bytes = format!("{:?} {}", status.code(), status.message()).into_bytes();
    bytes.extend(status.details());
    let mut metadata: Vec<String> = status
        .metadata()
        .clone()
        .into_headers()
        .iter()
        .filter(|(name, _)| *name != "date")
        .map(|(name, value)| format!("{name}: {value:?}"))
        .collect();
    metadata.sort_unstable();
    bytes.extend(metadata.concat().into_bytes());
    Answer { kind, bytes }
}

/// An answer as it would be about another scope, whose name is as long.
fn about(bytes: &[u8], scope: &str, other: &str) -> Vec<u8> {
    let (scope, mut bytes) = (scope.as_bytes(), bytes.to_vec());
    let mut at = 0;
    while at + scope.len() <= bytes.len() {
        if bytes[at..].starts_with(scope) {
            bytes[at..at + scope.len()].copy_from_slice(other.as_bytes());
        }
        at += 1;
    }
    bytes
}

#[tokio::test]
async fn every_role_gets_what_it_sees_and_of_others_what_is_answered_about_nobody() {
    let stage = Stage::guarded(&Identities::new(), false).await;
    let _topic = AlertTopic::of(&stage);
    stage.book(&[("U1", "27000"), ("U2", "50000"), ("U3", "1000")]);
    let channel = stage.channel().await;
    for Method { name, of_reps, ask } in METHODS {
        for (who, sees) in ROLES {
            let mut unknown = Vec::new();
            for scope in NOBODY {
                unknown.push((scope, ask(channel.clone(), who, scope.to_owned()).await));
            }
            for scope in ALL.into_iter().filter(|scope| !(of_reps && *scope == "unassigned")) {
                let answer = ask(channel.clone(), who, scope.to_owned()).await;
                let reps = !(of_reps && who == "sums");
                let due = match sees.contains(&scope) {
                    _ if who.is_empty() => Kind::Unauthenticated,
                    true if reps => Kind::Told,
                    true | false => Kind::Unknown,
                };
                assert_eq!(answer.kind, due, "{name} of {scope} by `{who}`");
                for (nobody, unknown) in unknown
                    .iter()
                    .filter(|(nobody, _)| due == Kind::Unknown && nobody.len() == scope.len())
                {
                    let alike = about(&unknown.bytes, nobody, scope);
                    assert_eq!(answer.bytes, alike, "{name} of {scope} and {nobody} by `{who}`");
                }
            }
            let due = if who.is_empty() { Kind::Unauthenticated } else { Kind::Unknown };
            assert!(unknown.iter().all(|(_, answer)| answer.kind == due), "{name} by `{who}`");
        }
    }
}

#[tokio::test]
async fn every_role_is_told_alerts_of_what_it_sees_and_of_others_as_of_nobody() {
    let identities = Identities::new();
    let stage = Stage::guarded(&identities, false).await;
    let mut topic = AlertTopic::of(&stage);
    let channel = stage.channel().await;
    let mut streams = Vec::new();
    for (who, sees) in ROLES.into_iter().filter(|(who, _)| !who.is_empty()) {
        for scope in ALL.into_iter().chain(NOBODY) {
            let mut stream = watch_alerts(channel.clone(), who, scope).await;
            let begin = next(&mut stream).await;
            assert!(matches!(begin.frame, Some(AlertFrame::Bookmark(_))), "{scope} by {who}");
            streams.push((who, scope, sees.contains(&scope), stream));
        }
    }
    stage.book(&[("U1", "29450"), ("U2", "29450"), ("U3", "29450")]);
    topic.pump();
    let told: Vec<&str> = topic.records.iter().map(|told| told.scope.as_str()).collect();
    let is_told = |scope: &str, is_seen: bool| is_seen && told.contains(&scope);
    let (due, others): (Vec<_>, Vec<_>) =
        streams.into_iter().partition(|(_, scope, is_seen, _)| is_told(scope, *is_seen));
    assert!(due.len() > 10 && others.len() > 40, "{} of {told:?}", due.len());
    for (who, scope, _, mut stream) in due {
        let alert = loop {
            if let Some(AlertFrame::Alert(alert)) = next(&mut stream).await.frame {
                break alert;
            }
        };
        assert_eq!(alert.scope, scope, "{who}");
    }
    // Everybody who was due has theirs: what is made from now on comes after.
    identities.set_wall(LATER);
    let later = Some(prost_types::Timestamp { seconds: at(LATER).as_second(), nanos: 0 });
    for (who, scope, _, mut stream) in others {
        loop {
            let message = next(&mut stream).await;
            assert!(matches!(message.frame, Some(AlertFrame::Bookmark(_))), "{scope} by {who}");
            if message.emitted_at == later {
                break;
            }
        }
    }
}

/// A moment after [`NOW`](crate::stage::NOW).
const LATER: &str = "2026-11-23T13:00:05Z";

/// The alerts of a scope, with a bookmark every second.
async fn watch_alerts(
    channel: Channel,
    who: &str,
    scope: &str,
) -> Streaming<proto::WatchAlertsResponse> {
    let heartbeat = Some(prost_types::Duration { seconds: 1, nanos: 0 });
    let request = proto::WatchAlertsRequest {
        selector: selector(scope.to_owned()),
        heartbeat,
        ..Default::default()
    };
    let stream = AlertsServiceClient::new(channel).watch_alerts(by(who, request)).await;
    stream.expect("whoever it is about").into_inner()
}

#[tokio::test]
async fn who_asks_for_nothing_in_particular_gets_all_that_they_see_and_no_other_name() {
    let stage = Stage::guarded(&Identities::new(), false).await;
    let _topic = AlertTopic::of(&stage);
    stage.book(&[("U1", "27000"), ("U2", "50000"), ("U3", "1000")]);
    let channel = stage.channel().await;
    for (who, sees) in ROLES.into_iter().filter(|(who, _)| !who.is_empty()) {
        let mut standings = StandingsServiceClient::new(channel.clone());
        let request = by(who, proto::GetStandingsRequest::default());
        let all = standings.get_standings(request).await.expect("standings").into_inner();
        let mut seen: Vec<&str> = all.standings.iter().map(|it| it.scope.as_str()).collect();
        seen.dedup();
        same(&seen, sees, who);
        let request = by(who, proto::GetCoachingFocusRequest::default());
        let focus = standings.get_coaching_focus(request).await.expect("a focus").into_inner();
        let behind = focus.focus.iter().map(|focus| focus.standing.as_ref().expect("one"));
        assert!(behind.clone().all(|standing| sees.contains(&standing.scope.as_str())), "{who}");
        assert_eq!(behind.count(), focus.behind as usize);
        let request = by(who, proto::WatchStandingsRequest::default());
        let stream = standings.watch_standings(request).await.expect("a stream");
        let message = next(&mut stream.into_inner()).await;
        let Some(proto::watch_standings_response::Frame::Snapshot(snapshot)) = message.frame else {
            panic!("a snapshot")
        };
        let mut seen: Vec<&str> = snapshot.standings.iter().map(|it| it.scope.as_str()).collect();
        seen.dedup();
        same(&seen, sees, who);
        check_catalog(channel.clone(), who, sees).await;
    }
}

async fn check_catalog(channel: Channel, who: &str, sees: &[&str]) {
    let mut catalog = CatalogServiceClient::new(channel);
    let tree = catalog.list_scopes(by(who, proto::ListScopesRequest {})).await.expect("scopes");
    let tree = tree.into_inner().scopes;
    same(&tree.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), sees, who);
    for scope in &tree {
        let parent = scope.parent.as_str();
        assert!(parent.is_empty() || sees.contains(&parent), "{who}: {parent} of {}", scope.name);
    }
    let kpis = catalog.list_kpis(by(who, proto::ListKpisRequest {})).await.expect("KPIs");
    assert_eq!(kpis.into_inner().kpis.len(), 2);
    let fresh = catalog.get_freshness(by(who, proto::GetFreshnessRequest {})).await;
    fresh.expect("freshness");
}

fn same(seen: &[&str], due: &[&str], who: &str) {
    let (mut seen, mut due) = (seen.to_vec(), due.to_vec());
    seen.sort_unstable();
    due.sort_unstable();
    assert_eq!(seen, due, "{who}");
}

#[tokio::test]
async fn nobody_gets_anything_but_health() {
    let stage = Stage::guarded(&Identities::new(), false).await;
    let channel = stage.channel().await;
    let mut catalog = CatalogServiceClient::new(channel.clone());
    let refused = [
        catalog.list_scopes(by("", proto::ListScopesRequest {})).await.err(),
        catalog.list_kpis(by("", proto::ListKpisRequest {})).await.err(),
        catalog.get_freshness(by("", proto::GetFreshnessRequest {})).await.err(),
        catalog.list_scopes(by("whoever", proto::ListScopesRequest {})).await.err(),
        AlertsServiceClient::new(channel).watch_alerts(by("", Default::default())).await.err(),
    ];
    for status in refused {
        let status = status.expect("it is refused");
        assert_eq!(status.code(), Code::Unauthenticated);
        let details = status.get_details_error_info().expect("details");
        assert_eq!(details.reason, "CREDENTIALS_MISSING");
    }
}
