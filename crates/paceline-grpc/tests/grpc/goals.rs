//! Goals that are set while running: what is refused and how, and that an answer holds for every watcher.

use paceline_client::proto::{
    CauseKind, DeleteGoalRequest, GetFreshnessRequest, Goal, GoalCurve, GoalEdit, GoalOrigin,
    GoalTerms, ListGoalEditsRequest, ListGoalsRequest, RampStep, SetGoalRequest, SetGoalResponse,
    Standing,
};
use paceline_core::goal::{Draft, Edit, Whose};
use paceline_core::period::PeriodKind;
use paceline_grpc::Limits;
use tokio::task::JoinSet;
use tonic::{Code, Request, Response, Status};
use tonic_types::StatusExt as _;

use crate::follower::{Follower, Seen};
use crate::stage::{NOW, Stage, at, decimal, select, watch};

fn terms(whose: &str, target: &str) -> GoalTerms {
    GoalTerms {
        kpi: "bookings".to_owned(),
        period: "month".to_owned(),
        target: target.to_owned(),
        r#for: whose.to_owned(),
        ..GoalTerms::default()
    }
}

async fn set(
    stage: &Stage,
    id: &str,
    goal: GoalTerms,
    expected_edit: Option<u64>,
) -> Result<SetGoalResponse, Status> {
    let request = SetGoalRequest { id: id.to_owned(), goal: Some(goal), expected_edit };
    let mut request = Request::new(request);
    request.metadata_mut().insert("x-paceline-actor", "ana@example.com".parse().expect("a value"));
    Ok(stage.goals().await.set_goal(request).await?.into_inner())
}

async fn set_new(stage: &Stage, whose: &str, target: &str) -> (Goal, u64) {
    let response = set(stage, "", terms(whose, target), None).await.expect("it is set");
    (response.goal.expect("the goal"), response.revision)
}

async fn delete(stage: &Stage, id: &str, expected_edit: Option<u64>) -> Result<u64, Status> {
    let request = DeleteGoalRequest { id: id.to_owned(), expected_edit };
    Ok(stage.goals().await.delete_goal(request).await?.into_inner().revision)
}

async fn list(stage: &Stage, request: ListGoalsRequest) -> Vec<Goal> {
    stage.goals().await.list_goals(request).await.expect("goals").into_inner().goals
}

async fn edits(stage: &Stage, goal_id: &str) -> Vec<GoalEdit> {
    let request = ListGoalEditsRequest { goal_id: goal_id.to_owned(), ..Default::default() };
    stage.goals().await.list_goal_edits(request).await.expect("edits").into_inner().edits
}

/// The next update of a watcher: its revision, and what it changed.
async fn update(watcher: &mut Follower) -> (u64, Vec<Standing>) {
    loop {
        if let Seen::Update(message, standings, _) = watcher.seen().await {
            return (message.revision, standings);
        }
    }
}

async fn goal_of(stage: &Stage, scope: &str) -> String {
    stage.get(select(&[scope], &["bookings"], &["month"])).await.remove(0).goal
}

#[tokio::test]
async fn a_watcher_sees_an_edit_in_the_update_of_the_answered_revision() {
    let stage = Stage::open().await;
    stage.log.leave_gaps(2);
    let mut watcher = stage.watch(watch(select(&[], &["bookings"], &["month"]))).await;
    assert!(matches!(watcher.seen().await, Seen::Snapshot(_)));
    let (goal, revision) = set_new(&stage, "rep:U1", "45000").await;
    assert_eq!(
        (goal.edit, goal.who.as_str(), goal.origin()),
        (1, "ana@example.com", GoalOrigin::Set)
    );
    let (updated, standings) = update(&mut watcher).await;
    assert_eq!(updated, revision);
    let changed: Vec<(&str, &str)> =
        standings.iter().map(|s| (s.scope.as_str(), s.goal.as_str())).collect();
    assert_eq!(changed, [("org", "213000"), ("rep:U1", "45000"), ("team:M1", "129000")]);
    assert!(standings.iter().all(|standing| standing.revision == revision));

    let edited = set(&stage, &goal.id, terms("team:M1", "1000"), Some(1)).await.expect("it is set");
    assert_eq!(update(&mut watcher).await.0, edited.revision);
    assert_eq!(goal_of(&stage, "rep:U1").await, "42000");
    assert_eq!(goal_of(&stage, "team:M1").await, "1000");

    delete(&stage, &goal.id, Some(2)).await.expect("it is deleted");
    assert_eq!(goal_of(&stage, "team:M1").await, "126000", "what its members owe by the config");
    let told = edits(&stage, &goal.id).await;
    let told: Vec<_> = told
        .iter()
        .map(|edit| {
            let target = |terms: &Option<GoalTerms>| terms.clone().map(|terms| terms.target);
            (edit.edit, edit.who.as_str(), target(&edit.old), target(&edit.new))
        })
        .collect();
    let (first, second) = (Some("45000".to_owned()), Some("1000".to_owned()));
    assert_eq!(
        told,
        [
            (3, "anonymous", second.clone(), None),
            (2, "ana@example.com", first.clone(), second),
            (1, "ana@example.com", None, first),
        ]
    );
}

#[tokio::test]
async fn every_wrong_field_is_named_with_a_remedy() {
    let stage = Stage::open().await;
    let good = || terms("rep:U1", "45000");
    let quarter = || GoalTerms { period: "quarter".to_owned(), ..good() };
    let step = |until_month, share: &str| RampStep { until_month, share: share.to_owned() };
    let curve = |by: &str, shares: &[&str]| {
        let shares = shares.iter().map(|share| (*share).to_owned()).collect();
        Some(GoalCurve { by: by.to_owned(), shares })
    };
    let text = str::to_owned;
    for (goal, wrong) in [
        (GoalTerms { target: text("-1"), ..good() }, &[("goal.target", "write 0 or more")][..]),
        (GoalTerms { target: text("0"), ..good() }, &[("goal.target", "better: lower")]),
        (GoalTerms { target: text("1.2345678"), ..good() }, &[("goal.target", "six places")]),
        (GoalTerms { target: text(""), ..good() }, &[("goal.target", "not a decimal")]),
        (GoalTerms { kpi: text("boking"), ..good() }, &[("goal.kpi", "did you mean `bookings`?")]),
        (GoalTerms { period: text("week"), ..good() }, &[("goal.period", "use month, quarter")]),
        (GoalTerms { period: text("weak"), ..good() }, &[("goal.period", "rolling-Nd")]),
        (GoalTerms { r#for: text("U1"), ..good() }, &[("goal.for", "`each_of:<manager>`")]),
        (GoalTerms { from: text("2026-6-1"), ..good() }, &[("goal.from", "YYYY-MM-DD")]),
        (
            GoalTerms { from: text("2026-06-02"), until: text("2026-06-01"), ..good() },
            &[("goal.until", "exchange the two")],
        ),
        (
            GoalTerms { ramp: vec![step(6, "0.5"), step(3, "2")], ..good() },
            &[("goal.ramp[1].until_month", "rising"), ("goal.ramp[1].share", "0.25")],
        ),
        (GoalTerms { curve: curve("week", &["1"]), ..quarter() }, &[("goal.curve.by", "`month`")]),
        (
            GoalTerms { curve: curve("month", &["0.5", "0.5"]), ..quarter() },
            &[("goal.curve.shares", "3 parts")],
        ),
        (
            GoalTerms { curve: curve("month", &["0.5", "0.25", "0.2"]), ..quarter() },
            &[("goal.curve.shares", "add up to 0.95")],
        ),
        (
            GoalTerms {
                r#for: text("team:M1"),
                ramp: vec![step(3, "0.5")],
                presence: true,
                ..good()
            },
            &[("goal.ramp", "no tenure"), ("goal.presence", "never absent")],
        ),
        (
            GoalTerms { target: text("x"), from: text("y"), ..good() },
            &[("goal.target", "not a decimal"), ("goal.from", "`y`")],
        ),
    ] {
        let status = set(&stage, "", goal.clone(), None).await.expect_err("it is refused");
        assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
        let told = status.get_details_bad_request().expect("details").field_violations;
        assert_eq!(told.len(), wrong.len(), "{goal:?}: {told:?}");
        for (told, (field, remedy)) in told.iter().zip(wrong) {
            assert_eq!(told.field, *field);
            assert!(told.description.contains(remedy), "{}: {}", told.field, told.description);
        }
    }
    let nothing = SetGoalRequest::default();
    let status = stage.goals().await.set_goal(nothing).await.expect_err("it is refused");
    assert_eq!(
        status.get_details_bad_request().expect("details").field_violations[0].field,
        "goal"
    );
    let mut named = Request::new(SetGoalRequest { goal: Some(good()), ..Default::default() });
    named.metadata_mut().insert("x-paceline-actor", " ".parse().expect("a value"));
    let status = stage.goals().await.set_goal(named).await.expect_err("it is refused");
    assert!(status.message().starts_with("x-paceline-actor"), "{}", status.message());
    assert!(edits(&stage, "").await.is_empty(), "nothing of it was written");
}

#[tokio::test]
async fn only_what_was_set_and_not_edited_meanwhile_can_be_edited() {
    let stage = Stage::open().await;
    let (goal, _) = set_new(&stage, "rep:U1", "45000").await;
    let again = |id: &str, expected| {
        let (stage, id) = (&stage, id.to_owned());
        async move {
            let edited = set(stage, &id, terms("rep:U1", "1"), expected).await;
            let deleted = delete(stage, &id, expected).await;
            (edited.expect_err("no edit"), deleted.expect_err("no deletion"))
        }
    };
    for (id, expected, code, reason) in [
        ("file-1", None, Code::FailedPrecondition, "GOAL_OF_FILE"),
        ("file-2", None, Code::NotFound, "UNKNOWN_GOAL"),
        ("g-0", None, Code::NotFound, "UNKNOWN_GOAL"),
        (goal.id.as_str(), Some(2), Code::Aborted, "GOAL_EDITED"),
        (goal.id.as_str(), Some(0), Code::Aborted, "GOAL_EDITED"),
    ] {
        let (edited, deleted) = again(id, expected).await;
        for status in [edited, deleted] {
            assert_eq!(status.code(), code, "{id}: {status:?}");
            assert_eq!(status.get_details_error_info().expect("details").reason, reason);
        }
    }
    let status = set(&stage, "", terms("rep:U1", "1"), Some(1)).await.expect_err("no edit");
    assert_eq!(status.code(), Code::InvalidArgument);
    delete(&stage, &goal.id, None).await.expect("it is deleted");
    let (edited, deleted) = again(&goal.id, None).await;
    assert_eq!((edited.code(), deleted.code()), (Code::NotFound, Code::NotFound));
}

#[tokio::test]
async fn two_edits_at_once_are_put_in_one_order() {
    let stage = Stage::open().await;
    let (goal, _) = set_new(&stage, "rep:U1", "1000").await;
    for outcome in all_at_once(&stage, &goal.id, 1..=20, None).await {
        outcome.expect("it is set");
    }
    let told = edits(&stage, &goal.id).await;
    let numbers: Vec<u64> = told.iter().rev().map(|edit| edit.edit).collect();
    assert_eq!(numbers, (1..=21).collect::<Vec<_>>());
    for (later, earlier) in told.iter().zip(&told[1..]) {
        assert_eq!(later.old, earlier.new, "each knows the one before");
    }
    let outcomes = all_at_once(&stage, &goal.id, 90..=93, Some(21)).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
}

/// Sets a goal to several targets, each from a connection of its own.
async fn all_at_once(
    stage: &Stage,
    id: &str,
    targets: std::ops::RangeInclusive<u32>,
    expected_edit: Option<u64>,
) -> Vec<Result<Response<SetGoalResponse>, Status>> {
    let mut running = JoinSet::new();
    for target in targets {
        let (mut client, goal) = (stage.goals().await, terms("rep:U1", &target.to_string()));
        let request = SetGoalRequest { id: id.to_owned(), goal: Some(goal), expected_edit };
        running.spawn(async move { client.set_goal(request).await });
    }
    running.join_all().await
}

#[tokio::test]
async fn an_edit_that_is_not_acknowledged_may_have_happened_and_its_number_is_not_given_again() {
    let stage = Stage::open().await;
    let (goal, _) = set_new(&stage, "rep:U1", "1000").await;
    for (taken, due) in [(false, "1000"), (true, "2000")] {
        stage.log.refuse("no answer from the brokers", taken);
        let status = set(&stage, &goal.id, terms("rep:U1", "2000"), None).await;
        let status = status.expect_err("not acknowledged");
        assert_eq!(status.code(), Code::Unavailable);
        assert!(status.message().contains("no answer from the brokers"), "{}", status.message());
        let retry = status.get_details_retry_info().expect("details").retry_delay;
        assert!(retry.is_some());
        assert_eq!(goal_of(&stage, "rep:U1").await, due);
    }
    stage.log.accept();
    set(&stage, &goal.id, terms("rep:U1", "3000"), None).await.expect("it is set");
    let numbers: Vec<u64> = edits(&stage, &goal.id).await.iter().map(|edit| edit.edit).collect();
    assert_eq!(numbers, [4, 3, 1]);
}

#[tokio::test]
async fn goals_are_listed_with_where_they_come_from_and_why_they_have_no_effect() {
    let stage = Stage::open().await;
    set_new(&stage, "rep:U1", "1").await;
    set_new(&stage, "rep:U9", "2").await;
    set_new(&stage, "team:M2", "3").await;
    set_new(&stage, "each_of:M1", "4").await;
    let unknown = Draft {
        kpi: "renewals".to_owned(),
        period: PeriodKind::Week,
        target: decimal("5"),
        whose: Whose::Everyone,
        from: None,
        until: None,
        ramp: Vec::new(),
        presence: false,
        curve: None,
    };
    stage.log.put(Edit {
        goal: "other".to_owned(),
        number: 1,
        who: "somebody else".to_owned(),
        at: at(NOW),
        old: None,
        new: Some(unknown),
    });
    let said = |goals: Vec<Goal>| -> Vec<(String, String)> {
        let mut said: Vec<_> = goals
            .into_iter()
            .map(|goal| (goal.terms.clone().expect("terms").target, goal.without_effect))
            .collect();
        said.sort();
        said
    };
    let all = list(&stage, ListGoalsRequest::default()).await;
    assert_eq!((all[0].id.as_str(), all[0].origin()), ("file-1", GoalOrigin::File));
    let due = [
        ("1", ""),
        ("2", "there is no rep `U9`"),
        ("3", ""),
        ("4", ""),
        ("42000", ""),
        ("5", "kpi: there is no KPI `renewals`"),
    ];
    assert_eq!(said(all), due.map(|(target, why)| (target.to_owned(), why.to_owned())));
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    for (kpis, whose, scopes, targets) in [
        (&["renewals"][..], &[][..], &[][..], &["5"][..]),
        (&["bookings"], &["rep:U1", "team:M2"], &[], &["1", "3"]),
        (&["bookings"], &[], &["rep:U1"], &["1", "4", "42000"]),
        (&[], &[], &["rep:U3"], &["42000", "5"]),
        (&[], &[], &["team:M2"], &["3"]),
        (&[], &[], &["org"], &[]),
    ] {
        let request =
            ListGoalsRequest { kpis: names(kpis), r#for: names(whose), scopes: names(scopes) };
        let listed: Vec<String> =
            said(list(&stage, request).await).into_iter().map(|(target, _)| target).collect();
        assert_eq!(listed, targets, "{kpis:?} {whose:?} {scopes:?}");
    }
}

#[tokio::test]
async fn edits_come_in_pages_that_new_ones_do_not_move() {
    let stage = Stage::open().await;
    for target in 1..=5 {
        set_new(&stage, "rep:U1", &target.to_string()).await;
    }
    let page = |token: String, page_size| {
        let stage = &stage;
        async move {
            let request =
                ListGoalEditsRequest { page_token: token, page_size, ..Default::default() };
            stage.goals().await.list_goal_edits(request).await.map(|page| {
                let page = page.into_inner();
                let targets: Vec<String> = page
                    .edits
                    .iter()
                    .map(|edit| edit.new.clone().expect("a goal").target)
                    .collect();
                (targets, page.next_page_token)
            })
        }
    };
    let (first, token) = page(String::new(), 2).await.expect("a page");
    set_new(&stage, "rep:U1", "6").await;
    let (second, token) = page(token, 2).await.expect("a page");
    let (third, end) = page(token, 2).await.expect("a page");
    assert_eq!([first, second, third], [vec!["5", "4"], vec!["3", "2"], vec!["1"]]);
    assert_eq!(end, "");
    for (token, size) in [("x", 2), ("", 1001)] {
        let status = page(token.to_owned(), size).await.expect_err("refused");
        assert_eq!(status.code(), Code::InvalidArgument);
    }
    let request = ListGoalEditsRequest { goal_id: "g-0".to_owned(), ..Default::default() };
    let status = stage.goals().await.list_goal_edits(request).await.expect_err("unknown");
    assert_eq!(status.code(), Code::NotFound);
}

#[tokio::test]
async fn nothing_is_edited_before_all_edits_are_known() {
    let stage = Stage::closed(Limits::default(), 0).await;
    let mut goals = stage.goals().await;
    let listed = goals.list_goals(ListGoalsRequest::default()).await.map(|_| ());
    let edits = goals.list_goal_edits(ListGoalEditsRequest::default()).await.map(|_| ());
    let set = set(&stage, "", terms("rep:U1", "1"), None).await.map(|_| ());
    let deleted = delete(&stage, "g-0", None).await.map(|_| ());
    for outcome in [listed, edits, set, deleted] {
        let status = outcome.expect_err("not caught up");
        assert_eq!(status.code(), Code::Unavailable);
        assert!(status.get_details_retry_info().expect("details").retry_delay.is_some());
    }
}

#[tokio::test]
async fn what_cannot_be_understood_makes_the_numbers_incomplete_until_it_is_repaired() {
    let stage = Stage::open().await;
    let quarantined = || async {
        let fresh = stage.catalog().await.get_freshness(GetFreshnessRequest {}).await;
        let causes = fresh.expect("freshness").into_inner().causes;
        causes.iter().any(|c| c.kind() == CauseKind::Quarantined && c.source == "paceline.goals")
    };
    assert!(!quarantined().await);
    stage.log.garbage("g/1");
    assert!(quarantined().await);
    let (_, _) = set_new(&stage, "rep:U1", "45000").await;
    assert_eq!(goal_of(&stage, "rep:U1").await, "45000", "it stops nothing");
    assert!(quarantined().await);
    let (who, at) = ("somebody".to_owned(), at(NOW));
    stage.log.put(Edit { goal: "g".to_owned(), number: 1, who, at, old: None, new: None });
    assert!(!quarantined().await);
}
