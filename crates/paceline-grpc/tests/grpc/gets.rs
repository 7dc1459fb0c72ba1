//! Asking once: standings and the catalog.

use paceline_client::proto::{
    DoubtReason, GetFreshnessRequest, GetStandingsRequest, ListKpisRequest, ListScopesRequest,
    Role, Selector, Standing, Status as Judgement,
};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::stage::{BOOKINGS, Stage, select};
use paceline_grpc::Limits;

async fn ask(stage: &Stage, selector: Selector, on: &str) -> Result<Vec<Standing>, Status> {
    let request = GetStandingsRequest { selector: Some(selector), on: on.to_owned() };
    let response = stage.standings().await.get_standings(request).await?;
    Ok(response.into_inner().standings)
}

#[tokio::test]
async fn a_standing_has_the_numbers_of_the_worked_example() {
    let stage = Stage::open().await;
    stage.book(&[("U1", "27000")]);
    let standing = &stage.get(select(&["rep:U1"], &["bookings"], &["month"])).await[0];
    let period = standing.period.as_ref().expect("a period");
    assert_eq!(
        [&period.kind, &period.name, &period.start, &period.end],
        ["month", "2026-11", "2026-11-01", "2026-11-30"]
    );
    let numbers = [
        &standing.actual,
        &standing.goal,
        &standing.expected,
        &standing.remaining,
        &standing.projected,
        &standing.required_per_day,
        &standing.expected_rate,
    ];
    let due = ["27000", "42000", "31000", "15000", "36580.645161", "2727.272727", "0.069444"];
    assert_eq!(numbers, due);
    assert_eq!(standing.attainment.map(|share| (share * 1e6) as u64), Some(642_857));
    assert_eq!(standing.pace.map(|pace| (pace * 1e6) as u64), Some(870_967));
    assert_eq!(standing.status(), Judgement::Behind);
    assert_eq!((standing.sample, standing.in_doubt), (1, false));
    assert!(standing.rate_until.is_some() && standing.status_since.is_some());
}

#[tokio::test]
async fn standings_come_in_the_order_of_scopes_kpis_and_periods() {
    let stage = Stage::open().await;
    let all = stage.get(Selector::default()).await;
    let names: Vec<String> = all
        .iter()
        .map(|s| format!("{} {} {}", s.scope, s.kpi, s.period.as_ref().expect("a period").kind))
        .collect();
    assert_eq!(
        names[..4],
        [
            "org bookings month",
            "org bookings quarter",
            "org calls day",
            "unassigned bookings month"
        ]
    );
    assert_eq!(all.len(), 9 * 3);
    let team = Selector { with_members: true, ..select(&["team:M1"], &["bookings"], &["quarter"]) };
    let scopes: Vec<String> = stage.get(team).await.into_iter().map(|s| s.scope).collect();
    assert_eq!(scopes, ["rep:M1", "rep:U1", "rep:U2", "team:M1"]);
}

#[tokio::test]
async fn a_day_selects_the_period_that_holds_it() {
    let stage = Stage::open().await;
    stage.book(&[("U1", "27000")]);
    let of = |on| ask(&stage, select(&["rep:U1"], &["bookings"], &["quarter", "month"]), on);
    let past = of("2026-08-31").await.expect("standings");
    let names: Vec<_> = past.iter().map(|s| s.period.clone().expect("a period").name).collect();
    assert_eq!(names, ["2026-08", "2026-Q3"]);
    assert_eq!(of("2026-11-30").await.expect("standings")[0].actual, "27000");
    for on in ["1900-01-01", "2999-12-31"] {
        assert_eq!(of(on).await.expect("standings").len(), 2, "{on}");
    }
    for on in ["2026-02-30", "yesterday", "2026-11-30T00:00:00Z", "1899-12-31", "9999-12-31"] {
        let status = of(on).await.expect_err(on);
        assert_eq!(violation(&status).0, "on");
        assert!(status.message().contains("YYYY-MM-DD"), "{}", status.message());
    }
}

fn violation(status: &Status) -> (String, String) {
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    let violations = status.get_details_bad_request().expect("details").field_violations;
    assert_eq!(violations.len(), 1);
    (violations[0].field.clone(), violations[0].description.clone())
}

#[tokio::test]
async fn a_bad_selector_is_answered_with_its_field_and_a_remedy() {
    let stage = Stage::open().await;
    for (selector, field, help) in [
        (select(&[], &["calls", "boking"], &[]), "selector.kpis[1]", "did you mean `bookings`?"),
        (
            select(&[], &["revenue_per_head"], &[]),
            "selector.kpis[0]",
            "the KPIs are: bookings, calls",
        ),
        (select(&[], &[], &["fortnight"]), "selector.periods[0]", "rolling-Nd"),
        (select(&[], &[], &["month", "rolling-0d"]), "selector.periods[1]", "rolling-Nd"),
        (select(&["U1"], &[], &[]), "selector.scopes[0]", "did you mean `rep:U1` or `team:U1`?"),
        (select(&["org", "orgs"], &[], &[]), "selector.scopes[1]", "did you mean `org`?"),
        (select(&[""], &[], &[]), "selector.scopes[0]", "a scope is `rep:<id>`"),
        (select(&["user:U1"], &[], &[]), "selector.scopes[0]", "a scope is `rep:<id>`"),
    ] {
        let status = ask(&stage, selector, "").await.expect_err(field);
        let (named, description) = violation(&status);
        assert_eq!(named, field);
        assert!(description.contains(help), "{description}");
        assert!(status.message().starts_with(field), "{}", status.message());
    }
}

#[tokio::test]
async fn an_unknown_scope_is_not_found() {
    let stage = Stage::open().await;
    for name in ["rep:X", "team:U1", "team:X"] {
        let status = ask(&stage, select(&["org", name], &[], &[]), "").await.expect_err(name);
        assert_eq!(status.code(), Code::NotFound);
        assert!(status.message().contains(name) && !status.message().contains("U2"));
    }
}

#[tokio::test]
async fn nothing_is_answered_before_the_sources_are_caught_up() {
    let stage = Stage::closed(Limits::default(), 0).await;
    let status = ask(&stage, Selector::default(), "").await.expect_err("not open");
    assert_eq!(status.code(), Code::Unavailable);
    let retry = status.get_details_retry_info().expect("details").retry_delay;
    assert!(retry.expect("a delay") > std::time::Duration::ZERO);
    let fresh = stage.catalog().await.get_freshness(GetFreshnessRequest {}).await;
    let fresh = fresh.expect("freshness").into_inner();
    assert!(!fresh.complete && fresh.causes[0].source == "crm.opportunity");
    stage.open_board();
    assert_eq!(ask(&stage, Selector::default(), "").await.expect("standings").len(), 27);
}

#[tokio::test]
async fn a_standing_in_doubt_says_why() {
    let stage = Stage::open().await;
    stage.doubt("U1", BOOKINGS, 2);
    stage.live.freshness().update(0, 3, |known| known.end_offset = 7);
    let all = stage.get(select(&["rep:U1", "rep:U2"], &[], &[])).await;
    let doubts: Vec<_> = all.iter().filter(|standing| standing.in_doubt).collect();
    assert_eq!(doubts.len(), 2, "the month and the quarter");
    for standing in doubts {
        assert_eq!((standing.scope.as_str(), standing.kpi.as_str()), ("rep:U1", "bookings"));
        assert_eq!(standing.doubts.len(), 1);
        assert_eq!(
            (standing.doubts[0].reason(), standing.doubts[0].records),
            (DoubtReason::Gap, 2)
        );
    }
    let fresh = stage.catalog().await.get_freshness(GetFreshnessRequest {}).await;
    let partition = fresh.expect("freshness").into_inner().sources[0].partitions[0];
    assert_eq!((partition.partition, partition.lag), (3, 7));
}

#[tokio::test]
async fn the_catalog_lists_kpis_and_the_tree_of_scopes() {
    let stage = Stage::open().await;
    let mut catalog = stage.catalog().await;
    let kpis = catalog.list_kpis(ListKpisRequest {}).await.expect("kpis").into_inner().kpis;
    let meanings: Vec<_> = kpis.iter().map(|kpi| (kpi.description.as_str(), kpi.role())).collect();
    assert_eq!(meanings, [("What it means.", Role::Output); 2]);
    let kpis: Vec<_> = kpis.iter().map(|kpi| (kpi.name.as_str(), kpi.periods.join(" "))).collect();
    assert_eq!(kpis, [("bookings", "month quarter".to_owned()), ("calls", "day".to_owned())]);
    let scopes =
        catalog.list_scopes(ListScopesRequest {}).await.expect("scopes").into_inner().scopes;
    let tree: Vec<_> = scopes.iter().map(|s| (s.name.as_str(), s.parent.as_str())).collect();
    let due = [
        ("org", ""),
        ("unassigned", "org"),
        ("rep:M1", "team:M1"),
        ("rep:U1", "team:M1"),
        ("rep:U2", "team:M1"),
        ("rep:M2", "team:M2"),
        ("rep:U3", "team:M2"),
        ("team:M1", "org"),
        ("team:M2", "org"),
    ];
    assert_eq!(tree, due);
    assert_eq!((scopes[3].title.as_str(), scopes[3].role.as_str()), ("Rep U1", "ae"));
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_refused_in_words() {
    let stage = Stage::closed(Limits::default(), 90_000).await;
    stage.open_board();
    let mut client = stage.standings().await.max_decoding_message_size(usize::MAX);
    let Err(refused) = client.get_standings(GetStandingsRequest::default()).await else {
        panic!("it is more than 16 MiB")
    };
    assert_eq!(refused.code(), Code::OutOfRange, "{refused:?}");
    let some =
        GetStandingsRequest { selector: Some(select(&["rep:U1"], &[], &[])), on: String::new() };
    assert!(
        !client.get_standings(some).await.expect("it is small").into_inner().standings.is_empty()
    );
}
