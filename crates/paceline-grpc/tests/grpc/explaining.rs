//! Explaining what moved a standing: coordinates as they are said, what is refused and how, and who is not named.

use paceline_client::proto::r#move::What;
use paceline_client::proto::{
    ExplainStandingRequest, ExplainStandingResponse, GoalTerms, RepAspect, SetGoalRequest, TickKind,
};
use paceline_core::board::{Revision, Subject};
use paceline_core::moves;
use paceline_core::period::PeriodKind;
use paceline_core::sight::{Root, Sight};
use paceline_engine::Unexplained;
use paceline_grpc::Limits;
use tonic::{Code, Request, Status};
use tonic_types::StatusExt as _;

use crate::stage::{BOOKINGS, Stage, at};

fn of(scope: &str, since: Option<u64>) -> ExplainStandingRequest {
    let [scope, kpi, period] = [scope, "bookings", "month"].map(str::to_owned);
    ExplainStandingRequest { scope, kpi, period, since_revision: since, ..Default::default() }
}

async fn explain(
    stage: &Stage,
    request: ExplainStandingRequest,
) -> Result<ExplainStandingResponse, Status> {
    Ok(stage.standings().await.explain_standing(request).await?.into_inner())
}

#[tokio::test]
async fn a_change_is_named_with_its_record_its_coordinates_and_who_made_it() {
    let stage = Stage::open().await;
    let before = stage.live.revision().0;
    let revision = stage.change("U1", "300", "0061x01", 17, Some("005xx")).0;
    let answer = explain(&stage, of("team:M1", Some(before))).await.expect("an explanation");
    assert_eq!((answer.moves_complete, answer.moves_from_revision), (true, before));
    assert_eq!(answer.standing.expect("a standing").actual, "300");
    let [moved] = answer.moves.as_slice() else { panic!("{:?}", answer.moves) };
    assert_eq!((moved.revision, moved.delta.as_str()), (revision, "300"));
    let Some(What::Change(change)) = &moved.what else { panic!("{moved:?}") };
    assert_eq!((change.entity.as_str(), change.record.as_str()), ("opportunity", "0061x01"));
    let origin = change.origin.as_ref().expect("an origin");
    let place = (origin.topic.as_str(), origin.partition, origin.offset, origin.actor.as_str());
    assert_eq!(place, ("crm.opportunity", 3, 17, "005xx"));
    assert!(origin.event_time.is_some());
    let [share] = change.shares.as_slice() else { panic!("{change:?}") };
    let share = (share.scope.as_str(), share.kpi.as_str(), share.delta.as_str(), share.records);
    assert_eq!(share, ("rep:U1", "bookings", "300", 1));
    for (scope, since) in [("rep:U2", before), ("rep:U1", revision)] {
        let untouched = explain(&stage, of(scope, Some(since))).await.expect("an explanation");
        assert!(untouched.moves.is_empty() && untouched.moves_complete, "{scope}");
    }
}

#[tokio::test]
async fn an_edit_of_a_goal_is_named_with_who_made_it_and_where_it_stands() {
    let stage = Stage::open().await;
    let before = stage.live.revision().0;
    let goal = GoalTerms {
        kpi: "bookings".to_owned(),
        period: "month".to_owned(),
        target: "50000".to_owned(),
        r#for: "rep:U1".to_owned(),
        ..GoalTerms::default()
    };
    let request = SetGoalRequest { goal: Some(goal), ..SetGoalRequest::default() };
    let mut request = Request::new(request);
    request.metadata_mut().insert("x-paceline-actor", "ana@example.com".parse().expect("a value"));
    stage.goals().await.set_goal(request).await.expect("it is set");
    let answer = explain(&stage, of("team:M1", Some(before))).await.expect("an explanation");
    let [moved] = answer.moves.as_slice() else { panic!("{:?}", answer.moves) };
    assert_eq!((moved.delta.as_str(), moved.goal_delta.as_str()), ("0", "8000"));
    let Some(What::Goal(goal)) = &moved.what else { panic!("{moved:?}") };
    let [edit] = goal.edits.as_slice() else { panic!("{goal:?}") };
    let origin = edit.origin.as_ref().expect("an origin");
    assert_eq!((origin.topic.as_str(), origin.offset), ("paceline.goals", 0));
    let edit = edit.edit.as_ref().expect("an edit");
    assert_eq!((edit.who.as_str(), edit.edit), ("ana@example.com", 1));
    assert_eq!(edit.new.as_ref().expect("terms").target, "50000");
    let other = explain(&stage, of("rep:U3", Some(before))).await.expect("an explanation");
    assert!(other.moves.is_empty(), "{:?}", other.moves);
}

#[tokio::test]
async fn who_came_to_a_team_and_a_new_period_are_named() {
    let stage = Stage::open().await;
    stage.book(&[("U3", "700")]);
    let before = stage.live.revision().0;
    stage.tell(&[("U3", Some(Some("M1")))]);
    let answer = explain(&stage, of("team:M1", Some(before))).await.expect("an explanation");
    let [moved] = answer.moves.as_slice() else { panic!("{:?}", answer.moves) };
    assert_eq!((moved.delta.as_str(), moved.goal_delta.as_str()), ("700", "42000"));
    let Some(What::Hierarchy(hierarchy)) = &moved.what else { panic!("{moved:?}") };
    let [rep] = hierarchy.reps.as_slice() else { panic!("{hierarchy:?}") };
    assert_eq!((rep.scope.as_str(), &rep.aspects[..]), ("rep:U3", &[RepAspect::Place as i32][..]));
    assert_eq!(rep.origin.as_ref().expect("an origin").topic, "paceline.reps");
    stage.turn_to("2026-12-01T09:00:00Z");
    let answer = explain(&stage, of("team:M1", Some(before))).await.expect("an explanation");
    let [moved] = answer.moves.as_slice() else { panic!("{:?}", answer.moves) };
    let Some(What::Tick(tick)) = &moved.what else { panic!("{moved:?}") };
    assert_eq!(tick.kind(), TickKind::Period);
    assert_eq!(
        moved.at.as_ref().map(|at| at.seconds),
        Some(at("2026-12-01T00:00:00Z").as_second())
    );
}

#[tokio::test]
async fn what_is_not_remembered_is_told_of_as_not_known() {
    let stage = Stage::open().await;
    let opened = stage.live.revision().0;
    stage.change("U1", "300", "D1", 1, None);
    for since in [None, Some(opened - 1)] {
        let answer = explain(&stage, of("rep:U1", since)).await.expect("an explanation");
        assert_eq!(
            (answer.moves_complete, answer.moves_from_revision),
            (false, opened),
            "{since:?}"
        );
        assert_eq!(answer.moves.len(), 1);
    }
}

#[tokio::test]
async fn what_cannot_be_explained_says_why_and_what_to_do() {
    let stage = Stage::closed(Limits::default(), 0).await;
    let early = explain(&stage, of("org", None)).await.expect_err("not caught up");
    assert_eq!(early.code(), Code::Unavailable);
    stage.open_board();
    let ahead = stage.live.revision().0 + 1;
    let epoch = "0".repeat(32);
    let on = "2026-10-01".to_owned();
    let past = ExplainStandingRequest { on: on.clone(), ..of("org", Some(0)) };
    let other = ExplainStandingRequest { epoch, ..of("org", Some(1)) };
    let no_kpi = ExplainStandingRequest { kpi: "calls_".to_owned(), ..of("org", None) };
    for (request, code, reason) in [
        (of("org", Some(ahead)), Code::OutOfRange, "REVISION_AHEAD"),
        (other, Code::OutOfRange, "OTHER_EPOCH"),
        (of("rep:nobody", None), Code::NotFound, "UNKNOWN_SCOPE"),
        (past, Code::InvalidArgument, "INVALID_FIELD"),
        (no_kpi, Code::InvalidArgument, "INVALID_FIELD"),
    ] {
        let status = explain(&stage, request.clone()).await.expect_err("a mistake");
        let details = status.get_error_details();
        let found = details.error_info().map(|info| info.reason.clone());
        assert_eq!((status.code(), found.as_deref()), (code, Some(reason)), "{request:?}");
    }
    let of_old = ExplainStandingRequest { on, ..of("org", None) };
    let of_old = explain(&stage, of_old).await.expect("an explanation");
    assert!(
        of_old.moves.is_empty() && !of_old.moves_complete,
        "of a period that is over nothing is known"
    );
    let epoch = explain(&stage, of("org", None)).await.expect("an explanation").epoch;
    let same = ExplainStandingRequest { epoch, ..of("org", Some(ahead - 1)) };
    assert!(explain(&stage, same).await.expect("an explanation").moves_complete);
}

#[tokio::test]
async fn nobody_is_named_to_whom_may_not_see_them() {
    let stage = Stage::open().await;
    let before = stage.live.revision();
    stage.change("U1", "300", "D1", 1, None);
    stage.tell(&[("U3", Some(Some("M1")))]);
    let explain = |scope: &str, sight: Sight| {
        let (scope, kpi, kind) = (scope.to_owned(), BOOKINGS, PeriodKind::Month);
        let subject = Subject { sight, scope, kpi, kind };
        stage.live.explanation(&subject, None, before, stage.now())
    };
    let named = |sight: Sight| {
        let moved = explain("team:M1", sight).expect("an explanation").moved;
        let moves = moved.expect("no day was asked for").moves;
        let name = |moved: paceline_engine::Moved| match moved.what.what {
            moves::What::Change(change) => change.shares.iter().filter_map(|it| it.owner).count(),
            moves::What::Reps(reps) => reps.reps.len(),
            moves::What::Goals | moves::What::Basis { .. } | moves::What::Clock(_) => 0,
        };
        moves.into_iter().map(name).collect::<Vec<usize>>()
    };
    assert_eq!(named(Sight::All), [1, 1]);
    assert_eq!(named(Sight::of_manager("M1")), [1, 1]);
    let alone = Root { scope: "team:M1".to_owned(), with_members: false };
    assert_eq!(named(Sight::Of([alone].into())), [0, 0]);
    for (scope, sight) in [
        ("team:M1", Sight::of_rep("U1")),
        ("rep:U1", Sight::of_manager("M2")),
        ("rep:nobody", Sight::All),
    ] {
        assert_eq!(explain(scope, sight).err(), Some(Unexplained::Unknown), "{scope}");
    }
    let ahead = Revision(stage.live.revision().0 + 1);
    let (scope, kpi, kind) = ("rep:U2".to_owned(), BOOKINGS, PeriodKind::Month);
    let subject = Subject { sight: Sight::of_rep("U1"), scope, kpi, kind };
    // Whether a revision is yet to come is no secret, and tells nothing of a scope.
    let future = stage.live.explanation(&subject, None, ahead, stage.now()).err();
    assert_eq!(future, Some(Unexplained::Future(stage.live.revision())));
}
