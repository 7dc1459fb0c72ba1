//! What one client may have, and all of them together: what is over is refused with a reason and a delay, and nobody else feels it.

use std::collections::BTreeSet;
use std::time::Duration;

use paceline_client::proto::standings_service_client::StandingsServiceClient;
use paceline_client::proto::{
    GetFreshnessRequest, GetStandingsRequest, ListContributorsRequest, WatchAlertsRequest,
    WatchLeaderboardRequest, WatchStandingsRequest, WatchStandingsResponse,
};
use paceline_engine::Lane;
use paceline_grpc::{Allowance, Limits, Rate};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tonic::transport::Channel;
use tonic::{Code, Request, Response, Status, Streaming};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_types::StatusExt as _;

use crate::raw::{Raw, message};
use crate::stage::{DEADLINE, NAME, Stage, select, watch};

const OFTEN: Rate = Rate { per_second: 1_000, burst: 1_000 };
/// So seldom that it does not come again while a test runs.
pub(crate) const ONCE_IN_A_WHILE: u32 = 1;

pub(crate) fn allowance() -> Allowance {
    Allowance { streams: 100, openings: OFTEN, calls: OFTEN }
}

pub(crate) fn by<Asked>(name: &str, asked: Asked) -> Request<Asked> {
    let mut request = Request::new(asked);
    request.metadata_mut().insert(NAME, name.parse().expect("a name"));
    request
}

pub(crate) fn one_rep() -> WatchStandingsRequest {
    watch(select(&["rep:U1"], &[], &[]))
}

pub(crate) type Opened = Result<Response<Streaming<WatchStandingsResponse>>, Status>;

pub(crate) async fn open(client: &mut StandingsServiceClient<Channel>, name: &str) -> Opened {
    client.watch_standings(by(name, one_rep())).await
}

/// Checks that a refusal says why, and when to come again, and answers that.
#[track_caller]
pub(crate) fn refused(status: &Status, reason: &str) -> Duration {
    assert_eq!(status.code(), Code::ResourceExhausted, "{status:?}");
    assert_eq!(status.get_details_error_info().expect("a reason").reason, reason);
    let delay = status.get_details_retry_info().expect("details").retry_delay.expect("a delay");
    assert!(delay > Duration::ZERO, "{delay:?}");
    delay
}

#[tokio::test]
async fn who_has_as_many_streams_as_they_may_gets_no_more_and_nobody_else_feels_it() {
    let person = Allowance { streams: 3, ..allowance() };
    let service = Allowance { streams: 5, ..allowance() };
    let stage = Stage::named(Limits { person, service, ..Limits::default() }).await;
    let mut client = stage.standings().await;
    // Of whatever kind they are.
    let first = open(&mut client, "Ana").await.expect("a stream");
    let alerts = stage.alerts().await.watch_alerts(by("Ana", WatchAlertsRequest::default())).await;
    let alerts = alerts.expect("a stream");
    let ranks = WatchLeaderboardRequest {
        scope: "org".to_owned(),
        kpi: "bookings".to_owned(),
        period: "month".to_owned(),
        ..WatchLeaderboardRequest::default()
    };
    let leaderboard = client.watch_leaderboard(by("Ana", ranks.clone())).await.expect("a stream");
    refused(&open(&mut client, "Ana").await.expect_err("one too many"), "TOO_MANY_STREAMS");
    let one = client.watch_leaderboard(by("Ana", ranks)).await.expect_err("one too many");
    refused(&one, "TOO_MANY_STREAMS");
    let one = stage.alerts().await.watch_alerts(by("Ana", WatchAlertsRequest::default())).await;
    refused(&one.expect_err("one too many"), "TOO_MANY_STREAMS");

    let _others = open(&mut client, "Ben").await.expect("it is Ana who has too many");
    let mut of_service = Vec::new();
    for _ in 0..5 {
        of_service.push(open(&mut client, "service").await.expect("a service may have more"));
    }
    refused(&open(&mut client, "service").await.expect_err("one too many"), "TOO_MANY_STREAMS");

    // Each stream that ends leaves room for one.
    let mut again = Vec::new();
    for ended in [Box::new(first) as Box<dyn Send>, Box::new(alerts), Box::new(leaderboard)] {
        drop(ended);
        again.push(until_open(&mut client, "Ana").await);
        refused(&open(&mut client, "Ana").await.expect_err("one too many"), "TOO_MANY_STREAMS");
    }
}

/// Opens a stream as soon as there is room: the server hears of the end of another a moment later.
pub(crate) async fn until_open(
    client: &mut StandingsServiceClient<Channel>,
    name: &str,
) -> Response<Streaming<WatchStandingsResponse>> {
    let opened = async {
        loop {
            match open(client, name).await {
                Ok(opened) => return opened,
                Err(status) => refused(&status, "TOO_MANY_STREAMS"),
            };
        }
    };
    timeout(DEADLINE, opened).await.expect("room in time")
}

#[tokio::test]
async fn who_opens_streams_or_calls_too_often_waits_and_nobody_else_does() {
    let rate = Rate { per_second: ONCE_IN_A_WHILE, burst: 4 };
    let person = Allowance { openings: rate, calls: rate, ..allowance() };
    let stage = Stage::named(Limits { person, ..Limits::default() }).await;
    let mut client = stage.standings().await;
    let refusals = |mut client: StandingsServiceClient<Channel>, name: &'static str| async move {
        let mut refusals = Vec::new();
        for _ in 0..12 {
            let mut of_calls = client.clone();
            let call = of_calls.get_standings(by(name, GetStandingsRequest::default())).await;
            let opened = open(&mut client, name).await;
            refusals.push((opened.err(), call.err()));
        }
        refusals
    };
    let of_ana = refusals(client.clone(), "Ana").await;
    let (mut openings, mut calls) = (0, 0);
    for (opening, call) in &of_ana {
        for (status, count) in [(opening, &mut openings), (call, &mut calls)] {
            if let Some(status) = status {
                refused(status, "TOO_MANY_REQUESTS");
                *count += 1;
            }
        }
    }
    // At least as many as would pass in a minute on top of the burst, had it taken that long, and at most all behind the burst.
    assert!((1..=8).contains(&openings) && (1..=8).contains(&calls), "{openings} and {calls}");
    assert!(of_ana[..4].iter().all(|(opening, call)| opening.is_none() && call.is_none()));
    assert!(
        refusals(client.clone(), "service").await.iter().all(|(o, c)| o.is_none() && c.is_none())
    );
    open(&mut client, "Ben").await.expect("it is Ana who opens too many");
    // Whether it is healthy may be asked at any rate, and by anybody.
    let mut health = HealthClient::new(stage.channel().await);
    for _ in 0..20 {
        health.check(HealthCheckRequest::default()).await.expect("a status");
    }
}

#[tokio::test]
async fn who_waits_as_long_as_told_is_let_in() {
    let rate = Rate { per_second: 5, burst: 1 };
    let person = Allowance { calls: rate, ..allowance() };
    let stage = Stage::named(Limits { person, ..Limits::default() }).await;
    let mut client = stage.standings().await;
    let mut delay = None;
    while delay.is_none() {
        let call = client.get_standings(by("Ana", GetStandingsRequest::default())).await;
        delay = call.err().map(|status| refused(&status, "TOO_MANY_REQUESTS"));
    }
    tokio::time::sleep(delay.expect("it was refused")).await;
    client.get_standings(by("Ana", GetStandingsRequest::default())).await.expect("it has waited");
}

#[tokio::test]
async fn all_together_open_only_so_many_streams_in_a_time() {
    let openings = Rate { per_second: ONCE_IN_A_WHILE, burst: 3 };
    let stage = Stage::named(Limits { openings, ..Limits::default() }).await;
    let mut client = stage.standings().await;
    let mut delays = BTreeSet::new();
    let mut opened = 0;
    for number in 0..30 {
        match open(&mut client, &format!("rep {number}")).await {
            Ok(_) => opened += 1,
            Err(status) => drop(delays.insert(refused(&status, "TOO_MANY_REQUESTS"))),
        }
    }
    assert!(opened >= 3, "{opened}");
    // Who is refused together is not told to come again together.
    assert!(delays.len() > 5, "{delays:?}");
    // Calls are not streams.
    client.get_standings(by("Ana", GetStandingsRequest::default())).await.expect("standings");
}

#[tokio::test]
async fn all_together_call_only_so_often() {
    let call_rate = Rate { per_second: ONCE_IN_A_WHILE, burst: 3 };
    let stage = Stage::named(Limits { call_rate, ..Limits::default() }).await;
    let mut client = stage.standings().await;
    let mut called = 0;
    for number in 0..30 {
        let name = format!("rep {number}");
        match client.get_standings(by(&name, GetStandingsRequest::default())).await {
            Ok(_) => called += 1,
            Err(status) => drop(refused(&status, "TOO_MANY_REQUESTS")),
        }
    }
    assert!((3..30).contains(&called), "{called}");
    open(&mut client, "Ana").await.expect("streams are no calls");
    let mut health = HealthClient::new(stage.channel().await);
    health.check(HealthCheckRequest::default()).await.expect("nor is the health");
}

#[tokio::test]
async fn what_one_may_have_does_not_bind_where_nobody_is_known() {
    let rate = Rate { per_second: ONCE_IN_A_WHILE, burst: 1 };
    let person = Allowance { streams: 1, openings: rate, calls: rate };
    let stage = Stage::closed(Limits { person, service: person, ..Limits::default() }, 0).await;
    stage.open_board();
    let mut client = stage.standings().await;
    let mut streams = Vec::new();
    for _ in 0..5 {
        streams.push(client.watch_standings(one_rep()).await.expect("a stream"));
        client.get_standings(GetStandingsRequest::default()).await.expect("standings");
    }
}

#[tokio::test]
async fn only_so_many_calls_are_under_way() {
    let stage = Stage::closed(Limits { calls: 0, ..Limits::default() }, 0).await;
    stage.open_board();
    let mut client = stage.standings().await;
    let status = client.get_standings(GetStandingsRequest::default()).await.expect_err("no room");
    refused(&status, "TOO_BUSY");
    client.watch_standings(one_rep()).await.expect("a stream is no call");
    let mut health = HealthClient::new(stage.channel().await);
    health.check(HealthCheckRequest::default()).await.expect("the health is asked beside them");
}

#[tokio::test]
async fn few_wait_for_contributors_and_no_others_wait_for_them() {
    let (listing, person) = (Duration::from_secs(3), allowance());
    let stage = Stage::named(Limits { calls: 3, listing, person, ..Limits::default() }).await;
    let _silent = Lane::new(stage.live.clone(), Vec::new(), &[]);
    let mut client = stage.standings().await;
    let mut lists = JoinSet::new();
    for _ in 0..5 {
        let [scope, kpi, period] = ["org", "bookings", "month"].map(str::to_owned);
        let asked = ListContributorsRequest { scope, kpi, period, ..Default::default() };
        let mut client = client.clone();
        lists.spawn(async move { client.list_contributors(by("Ana", asked)).await.map(drop) });
    }
    let mut next = async || {
        let ended = timeout(DEADLINE, lists.join_next()).await.expect("in time").expect("a list");
        ended.expect("no panic").expect_err("a lane does not answer")
    };
    for _ in 0..3 {
        refused(&next().await, "TOO_BUSY");
    }
    client.get_standings(by("Ben", GetStandingsRequest::default())).await.expect("standings");
    for _ in 0..2 {
        let info = next().await.get_details_error_info().expect("a reason");
        assert_eq!(info.reason, "LISTING_TIMED_OUT");
    }
}

#[tokio::test]
async fn a_selector_has_so_many_entries_and_no_more() {
    let stage = Stage::open().await;
    let mut client = stage.standings().await;
    let names: Vec<String> = (0..5_001).map(|number| format!("rep:{number}")).collect();
    let large: Vec<&str> = names.iter().map(String::as_str).collect();
    let long = format!("rep:{}", "x".repeat(253));
    for (selector, field) in [
        (select(&large, &[], &[]), "selector"),
        (select(&large[..4_999], &["bookings"], &["month"]), "selector"),
        (select(&["org", &long], &[], &[]), "selector.scopes[1]"),
        (select(&[], &[&long], &[]), "selector.kpis[0]"),
        (select(&[], &[], &[&long]), "selector.periods[0]"),
    ] {
        let request = GetStandingsRequest { selector: Some(selector.clone()), on: String::new() };
        let got = client.get_standings(request).await.expect_err("too large");
        let watched = client.watch_standings(watch(selector)).await.expect_err("too large");
        for status in [got, watched] {
            assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
            let info = status.get_details_error_info().expect("a reason");
            assert_eq!(info.reason, "SELECTOR_TOO_LARGE");
            let violations = status.get_details_bad_request().expect("fields").field_violations;
            assert_eq!(violations[0].field, field);
            assert!(!status.message().contains("xxxx"), "what is too long is not repeated");
        }
    }
    let most = watch(select(&large[..5_000], &[], &[]));
    client.watch_standings(most).await.expect("as large as it may be");
}

#[tokio::test]
async fn one_address_has_so_many_connections_and_no_more() {
    let stage = Stage::closed(Limits { loopback_connections: 2, ..Limits::default() }, 0).await;
    stage.open_board();
    let (first, second) = (stage.catalog().await, stage.catalog().await);
    for mut client in [first.clone(), second.clone()] {
        client.get_freshness(GetFreshnessRequest {}).await.expect("an answer");
    }
    let mut third = TcpStream::connect(stage.address()).await.expect("it listens");
    let read = timeout(DEADLINE, third.read(&mut [0])).await.expect("in time");
    assert!(read.is_err() || read.is_ok_and(|bytes| bytes == 0), "it is closed");
    drop(second);
    let another = async {
        loop {
            let stream = TcpStream::connect(stage.address()).await.expect("it listens");
            if let Ok(mut raw) = Raw::over(stream).await
                && raw.call("/paceline.v1.CatalogService/GetFreshness", &[0; 5]).await.is_ok()
            {
                return;
            }
        }
    };
    timeout(DEADLINE, another).await.expect("room again");
}

#[tokio::test]
async fn half_a_request_is_refused_after_a_while() {
    let limits = Limits { head: Duration::from_millis(200), ..Limits::default() };
    let stage = Stage::closed(limits, 0).await;
    stage.open_board();
    let mut raw = Raw::connect(&stage.address()).await;
    let whole = message(&one_rep());
    for (path, half) in [
        ("/paceline.v1.StandingsService/GetStandings", &[][..]),
        ("/paceline.v1.StandingsService/GetStandings", &[0, 0, 0][..]),
        ("/paceline.v1.StandingsService/WatchStandings", &whole[..whole.len() - 1]),
        ("/paceline.v1.AlertsService/WatchAlerts", &[][..]),
    ] {
        let status = timeout(DEADLINE, raw.half(path, half)).await.expect("in time");
        assert_eq!(status.code(), Code::DeadlineExceeded, "{path}: {status:?}");
        assert_eq!(status.get_details_error_info().expect("a reason").reason, "HALF_REQUEST");
        assert!(status.get_details_retry_info().is_some());
    }
    // The connection goes on.
    raw.call("/paceline.v1.CatalogService/GetFreshness", &[0; 5]).await.expect("an answer");
}

#[tokio::test]
async fn an_answer_that_is_not_taken_is_let_go() {
    let patience = Duration::from_millis(300);
    let stage = Stage::closed(Limits { patience, ..Limits::default() }, 2_000).await;
    stage.open_board();
    let mut raw = Raw::connect(&stage.address()).await;
    let asked = message(&GetStandingsRequest::default());
    let path = "/paceline.v1.StandingsService/GetStandings";
    let mut body = timeout(DEADLINE, raw.begin(path, &asked)).await.expect("in time");
    tokio::time::sleep(patience * 4).await;
    let status = timeout(DEADLINE, body.rest()).await.expect("in time").expect_err("it was let go");
    refused(&status, "SLOW_CLIENT");
    let taken =
        timeout(DEADLINE, raw.call(path, &asked)).await.expect("in time").expect("it is taken");
    assert!(taken > 4 * 65_535, "{taken} bytes are more than any window holds");
}

#[tokio::test]
async fn answers_are_kept_for_who_is_slow_as_far_as_there_is_room() {
    let stage = Stage::closed(Limits { answers: 0, ..Limits::default() }, 2_000).await;
    stage.open_board();
    let mut raw = Raw::connect(&stage.address()).await;
    let asked = message(&GetStandingsRequest::default());
    let path = "/paceline.v1.StandingsService/GetStandings";
    let mut body = timeout(DEADLINE, raw.begin(path, &asked)).await.expect("in time");
    tokio::time::sleep(Duration::from_millis(500)).await;
    let status = timeout(DEADLINE, body.rest()).await.expect("in time").expect_err("it was let go");
    refused(&status, "SLOW_CLIENT");
}

#[tokio::test]
async fn who_asks_for_nothing_is_told_to_go() {
    let limits = Limits { head: Duration::from_millis(100), ..Limits::default() };
    let stage = Stage::closed(limits, 0).await;
    stage.open_board();
    let mut client = stage.standings().await;
    let mut stream = client.watch_standings(one_rep()).await.expect("a stream").into_inner();
    let raw = Raw::connect(&stage.address()).await;
    timeout(DEADLINE, raw.told_to_go()).await.expect("in time");
    // Who has asked for something is not.
    timeout(DEADLINE, stream.message()).await.expect("in time").expect("a frame");
    client.get_standings(GetStandingsRequest::default()).await.expect("the connection is there");
}
