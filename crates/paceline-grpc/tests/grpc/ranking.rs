//! Asking once: leaderboards, histories, and what to look at first.

use paceline_client::proto::{
    GetCoachingFocusRequest, GetCoachingFocusResponse, GetHistoryRequest, GetHistoryResponse,
    GetLeaderboardRequest, GetLeaderboardResponse, Rank, RankBy, Role, Selector,
    Status as Judgement,
};
use paceline_core::entry::Part;
use paceline_grpc::Limits;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::stage::{BOOKINGS, Stage, decimal, select};

fn of(scope: &str) -> GetLeaderboardRequest {
    let [scope, kpi, period] = [scope, "bookings", "month"].map(str::to_owned);
    GetLeaderboardRequest { scope, kpi, period, ..GetLeaderboardRequest::default() }
}

async fn leaderboard(
    stage: &Stage,
    request: GetLeaderboardRequest,
) -> Result<GetLeaderboardResponse, Status> {
    Ok(stage.standings().await.get_leaderboard(request).await?.into_inner())
}

fn history_of(scope: &str, on: &str) -> GetHistoryRequest {
    let [scope, kpi, period, on] = [scope, "bookings", "month", on].map(str::to_owned);
    GetHistoryRequest { scope, kpi, period, on }
}

async fn history(stage: &Stage, request: GetHistoryRequest) -> Result<GetHistoryResponse, Status> {
    Ok(stage.standings().await.get_history(request).await?.into_inner())
}

async fn focus(
    stage: &Stage,
    selector: Selector,
    limit: u32,
) -> Result<GetCoachingFocusResponse, Status> {
    let request = GetCoachingFocusRequest { selector: Some(selector), limit };
    Ok(stage.standings().await.get_coaching_focus(request).await?.into_inner())
}

fn shown(ranks: &[Rank]) -> Vec<String> {
    let shown = |rank: &Rank| {
        let standing = rank.standing.as_ref().expect("a standing");
        format!("{} {} {}", rank.rank, standing.scope, standing.actual)
    };
    ranks.iter().map(shown).collect()
}

#[tokio::test]
async fn a_leaderboard_has_equals_in_one_rank_and_nobody_unassigned() {
    let stage = Stage::open().await;
    let revision =
        stage.book(&[("U1", "300"), ("U2", "200"), ("U3", "200"), ("M2", "100"), ("", "900")]);
    let answer = leaderboard(&stage, of("org")).await.expect("a leaderboard");
    let due = ["1 rep:U1 300", "2 rep:U2 200", "2 rep:U3 200", "4 rep:M2 100", "5 rep:M1 0"];
    assert_eq!(shown(&answer.ranks), due);
    assert_eq!((answer.members, answer.revision), (5, revision.0));
    assert!(answer.as_of.is_some());
    let team = leaderboard(&stage, of("team:M2")).await.expect("a leaderboard");
    assert_eq!(shown(&team.ranks), ["1 rep:U3 200", "2 rep:M2 100"]);
    let alone = leaderboard(&stage, of("rep:U2")).await.expect("a leaderboard");
    assert_eq!(shown(&alone.ranks), ["1 rep:U2 200"]);
    let limited = GetLeaderboardRequest { limit: 2, ..of("org") };
    let limited = leaderboard(&stage, limited).await.expect("a leaderboard");
    assert_eq!(
        (shown(&limited.ranks).as_slice(), limited.members),
        (&shown(&answer.ranks)[..2], 5)
    );
}

#[tokio::test]
async fn a_leaderboard_is_of_the_period_that_holds_a_day_and_by_what_is_asked() {
    let stage = Stage::open().await;
    stage.book(&[("U1", "300"), ("U2", "200")]);
    let past = GetLeaderboardRequest { on: "2026-10-31".to_owned(), ..of("team:M1") };
    let past = leaderboard(&stage, past).await.expect("a leaderboard");
    assert_eq!(shown(&past.ranks), ["1 rep:M1 0", "1 rep:U1 0", "1 rep:U2 0"]);
    // Nobody has a goal for the quarter, so none of them a pace.
    for by in [RankBy::Attainment, RankBy::Pace] {
        let quarter =
            GetLeaderboardRequest { period: "quarter".to_owned(), by: by.into(), ..of("team:M1") };
        let quarter = leaderboard(&stage, quarter).await.expect("a leaderboard");
        assert_eq!(shown(&quarter.ranks), ["0 rep:M1 0", "0 rep:U1 300", "0 rep:U2 200"]);
        let month = GetLeaderboardRequest { by: by.into(), ..of("team:M1") };
        let month = leaderboard(&stage, month).await.expect("a leaderboard");
        assert_eq!(shown(&month.ranks), ["1 rep:U1 300", "2 rep:U2 200", "3 rep:M1 0"]);
    }
}

#[tokio::test]
async fn a_wrong_field_is_named() {
    let stage = Stage::with_stocks().await;
    let with = |change: fn(&mut GetLeaderboardRequest)| {
        let mut request = of("org");
        change(&mut request);
        request
    };
    for (request, field, help) in [
        (with(|it| it.scope = "U1".to_owned()), "scope", "did you mean `rep:U1` or `team:U1`?"),
        (with(|it| it.scope = "unassigned".to_owned()), "scope", "`org` has all"),
        (with(|it| it.kpi = "boking".to_owned()), "kpi", "did you mean `bookings`?"),
        (with(|it| it.period = "fortnight".to_owned()), "period", "rolling-Nd"),
        (with(|it| it.period = "day".to_owned()), "period", "shown by month, quarter only"),
        (with(|it| it.by = 7), "by", "RANK_BY_PACE"),
        (with(|it| it.on = "today".to_owned()), "on", "YYYY-MM-DD"),
    ] {
        let status = leaderboard(&stage, request).await.expect_err(field);
        assert_violation(&status, field, help);
    }
    for (request, field, help) in [
        (GetHistoryRequest { kpi: "open".to_owned(), ..history_of("org", "") }, "kpi", "a stock"),
        (
            GetHistoryRequest { kpi: "per_open".to_owned(), ..history_of("org", "") },
            "kpi",
            "a stock",
        ),
        (history_of("org", "2026-13-01"), "on", "YYYY-MM-DD"),
        (history_of("orgs", ""), "scope", "did you mean `org`?"),
    ] {
        let status = history(&stage, request).await.expect_err(field);
        assert_violation(&status, field, help);
    }
    let status = focus(&stage, select(&[], &["boking"], &[]), 0).await.expect_err("no such KPI");
    assert_violation(&status, "selector.kpis[0]", "did you mean `bookings`?");
}

fn assert_violation(status: &Status, field: &str, help: &str) {
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    let violations = status.get_details_bad_request().expect("details").field_violations;
    assert_eq!(violations[0].field, field);
    assert!(violations[0].description.contains(help), "{}", violations[0].description);
}

#[tokio::test]
async fn an_unknown_scope_is_not_found_and_an_unread_topic_unavailable() {
    let stage = Stage::closed(Limits::default(), 0).await;
    for code in [Code::Unavailable, Code::NotFound] {
        let statuses = [
            leaderboard(&stage, of("team:U1")).await.map(|_| ()),
            history(&stage, history_of("team:U1", "")).await.map(|_| ()),
            focus(&stage, select(&["team:U1"], &[], &[]), 0).await.map(|_| ()),
        ];
        for status in statuses {
            assert_eq!(status.expect_err("no answer").code(), code);
        }
        stage.open_board();
    }
}

#[tokio::test]
async fn a_history_ends_with_the_standing() {
    let stage = Stage::open().await;
    stage.book(&[("U1", "27000")]);
    let day = paceline_core::day::Day::parse("2026-11-03").expect("a day");
    let part = Part::Amount { day, amount: decimal("500.5"), records: 1 };
    let revision = stage.commit([stage.entry("U1", BOOKINGS, part)]);
    let answer = history(&stage, history_of("rep:U1", "")).await.expect("a history");
    assert_eq!(answer.revision, revision.0);
    let standing = answer.standing.expect("a standing");
    assert_eq!((standing.actual.as_str(), standing.goal.as_str()), ("27500.5", "42000"));
    assert_eq!(answer.days.len(), 30);
    let days: Vec<_> = [0, 2, 18, 19, 22, 23, 29]
        .into_iter()
        .map(|at| &answer.days[at])
        .map(|day| format!("{} {} {}", day.day, day.actual, day.expected))
        .collect();
    let due = [
        "2026-11-01 0 0",
        "2026-11-03 500.5 4000",
        "2026-11-19 500.5 28000",
        "2026-11-20 27500.5 30000",
        "2026-11-23 27500.5 32000",
        "2026-11-24  34000",
        "2026-11-30  42000",
    ];
    assert_eq!(days, due);
    let past = history(&stage, history_of("rep:U1", "2026-10-31")).await.expect("a history");
    let last = past.days.last().expect("days");
    assert_eq!((last.actual.as_str(), last.expected.as_str()), ("0", "42000"));
}

#[tokio::test]
async fn the_farthest_behind_comes_first() {
    let stage = Stage::open().await;
    // 31,000 are due of each. All were behind with nothing, and U2 is no longer: 29,450 is 0.95 of it.
    stage.book(&[("U1", "27000"), ("U2", "29450"), ("U3", "1000"), ("M1", "29000")]);
    let reps = Selector { with_members: true, ..select(&["org"], &["bookings"], &["month"]) };
    let answer = focus(&stage, reps.clone(), 0).await.expect("a focus");
    let shown: Vec<_> = answer
        .focus
        .iter()
        .map(|focus| {
            let standing = focus.standing.as_ref().expect("a standing");
            assert_eq!(standing.status(), Judgement::Behind);
            assert_eq!(focus.role(), Role::Output);
            format!("{} {} {}", focus.rank, standing.scope, standing.actual)
        })
        .collect();
    let due = [
        "1 rep:M2 0",
        "2 team:M2 1000",
        "3 rep:U3 1000",
        "4 org 86450",
        "5 rep:U1 27000",
        "6 team:M1 85450",
        "7 rep:M1 29000",
    ];
    assert_eq!(shown, due);
    assert_eq!(answer.behind, 7);
    let first = focus(&stage, reps, 1).await.expect("a focus");
    assert_eq!((first.focus.len(), first.behind), (1, 7));
    assert_eq!(first.focus[0], answer.focus[0]);
}
