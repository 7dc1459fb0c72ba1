//! What is behind a number: why goals are passed over, what is told of whom one may not see, and records that are not to be had.

use std::collections::BTreeMap;
use std::time::Duration;

use paceline_client::proto::{
    ExplainStandingRequest, ExplainStandingResponse, GoalExplanation, GoalMade, GoalTerms,
    ListContributorsRequest, PassedOverReason, SetGoalRequest,
};
use paceline_engine::Lane;
use paceline_grpc::Limits;
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::identities::{Identities, by};
use crate::stage::Stage;

fn of(scope: &str) -> ExplainStandingRequest {
    let [scope, kpi, period] = [scope, "bookings", "month"].map(str::to_owned);
    ExplainStandingRequest { scope, kpi, period, ..ExplainStandingRequest::default() }
}

async fn goal(stage: &Stage, word: &str, scope: &str) -> GoalExplanation {
    let answer = stage.standings().await.explain_standing(by(word, of(scope))).await;
    let ExplainStandingResponse { goal, .. } = answer.expect("an explanation").into_inner();
    goal.expect("a goal")
}

#[tokio::test]
async fn goals_that_were_set_say_why_others_are_passed_over() {
    let stage = Stage::open().await;
    let mut goals = stage.goals().await;
    for (target, from) in [("1", ""), ("2", "2026-10-01"), ("3", "2026-11-01"), ("4", "2026-11-01")]
    {
        let terms = GoalTerms {
            kpi: "bookings".to_owned(),
            period: "month".to_owned(),
            target: target.to_owned(),
            r#for: "everyone".to_owned(),
            from: from.to_owned(),
            ..GoalTerms::default()
        };
        let request = SetGoalRequest { goal: Some(terms), ..SetGoalRequest::default() };
        goals.set_goal(request).await.expect("it is set");
    }
    let explained = goal(&stage, "", "rep:U1").await;
    let [piece] = explained.pieces.as_slice() else { panic!("one goal: {explained:?}") };
    let target = |goal: Option<paceline_client::proto::Goal>| {
        goal.and_then(|goal| goal.terms).expect("terms").target
    };
    assert_eq!(target(piece.goal.clone()), "4");
    let passed: BTreeMap<String, PassedOverReason> =
        piece.passed_over.iter().map(|it| (target(it.goal.clone()), it.reason())).collect();
    let expected = [
        ("1", PassedOverReason::StartsEarlier),
        ("2", PassedOverReason::StartsEarlier),
        ("3", PassedOverReason::EditedEarlier),
        ("42000", PassedOverReason::OfFile),
    ];
    assert_eq!(passed, expected.map(|(target, why)| (target.to_owned(), why)).into());
}

#[tokio::test]
async fn where_there_is_no_goal_those_that_might_be_it_say_why_they_are_not() {
    let stage = Stage::open().await;
    let terms = GoalTerms {
        kpi: "bookings".to_owned(),
        period: "quarter".to_owned(),
        target: "90000".to_owned(),
        r#for: "rep:U1".to_owned(),
        from: "2027-01-01".to_owned(),
        ..GoalTerms::default()
    };
    let request = SetGoalRequest { goal: Some(terms), ..SetGoalRequest::default() };
    stage.goals().await.set_goal(request).await.expect("it is set");
    let request = ExplainStandingRequest { period: "quarter".to_owned(), ..of("rep:U1") };
    let answer = stage.standings().await.explain_standing(request).await;
    let explained = answer.expect("an explanation").into_inner().goal.expect("a goal");
    assert_eq!((explained.made(), explained.pieces.len()), (GoalMade::None, 0));
    let [passed] = explained.passed_over.as_slice() else { panic!("one goal: {explained:?}") };
    assert_eq!(passed.reason(), PassedOverReason::NotYet);
    let terms = passed.goal.as_ref().and_then(|goal| goal.terms.as_ref()).expect("terms");
    assert_eq!(terms.target, "90000");
}

#[tokio::test]
async fn of_members_who_are_not_seen_the_goals_are_told_together() {
    let stage = Stage::guarded(&Identities::new(), false).await;
    let told = |explained: GoalExplanation| -> Vec<(String, bool, String)> {
        let pieces = explained.pieces.into_iter();
        let amount =
            |amount: Option<paceline_client::proto::Fraction>| amount.expect("an amount").decimal;
        pieces.map(|piece| (piece.scope, piece.goal.is_some(), amount(piece.amount))).collect()
    };
    let piece = |scope: &str, named, amount: &str| (scope.to_owned(), named, amount.to_owned());
    for word in ["M1", "executive"] {
        let of_each = ["rep:M1", "rep:U1", "rep:U2"].map(|scope| piece(scope, true, "42000"));
        assert_eq!(told(goal(&stage, word, "team:M1").await), of_each, "{word}");
    }
    let together = [piece("", false, "126000")];
    assert_eq!(told(goal(&stage, "sums", "team:M1").await), together);
}

#[tokio::test]
async fn who_asks_for_records_of_lanes_that_do_not_answer_is_told_so_in_the_end() {
    let listing = Duration::from_millis(200);
    let stage = Stage::closed(Limits { listing, ..Limits::default() }, 0).await;
    stage.open_board();
    let [scope, kpi, period] = ["org", "bookings", "month"].map(str::to_owned);
    let request = ListContributorsRequest { scope, kpi, period, ..Default::default() };
    let mut client = stage.standings().await;
    client.list_contributors(request.clone()).await.expect("no lane has any records");
    let _silent = Lane::new(stage.live.clone(), Vec::new(), &[]);
    let status = client.list_contributors(request).await.expect_err("a lane does not answer");
    let details = status.get_error_details();
    let reason = details.error_info().map(|info| info.reason.as_str());
    assert_eq!((status.code(), reason), (Code::Unavailable, Some("LISTING_TIMED_OUT")));
    assert!(details.retry_info().is_some(), "it says when to try again");
}
