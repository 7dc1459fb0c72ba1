//! What the audit log is told, and that no goal changes without it; and the id by which a call is found again.

use std::time::Duration;

use paceline_client::proto::{
    DeleteGoalRequest, GetStandingsRequest, GoalTerms, ListGoalsRequest, SetGoalRequest,
};
use paceline_core::sight::Sight;
use paceline_grpc::{
    About, Identify, Identifying, Principal, REQUEST_ID, Role, Step, Unidentified,
};
use tonic::{Code, Request};
use tonic_types::StatusExt as _;

use crate::stage::{Stage, select};

/// Who shows a key that cannot be asked for just now.
const NEW: &str = "new";

/// Whoever says a name is who they say, and sees what the name says.
#[derive(Debug)]
struct ByName;

impl Identify for ByName {
    fn identify<'a>(&'a self, shown: paceline_grpc::Credentials<'a>) -> Identifying<'a> {
        let name = shown.headers.get("authorization").and_then(|name| name.to_str().ok());
        let (reason, detail) = ("CREDENTIALS_MISSING", "no_header");
        let nobody = Unidentified { reason, detail, wait: None };
        let wait = Some(Duration::from_secs(7));
        let unasked = Unidentified { reason: "KEYS_UNAVAILABLE", detail: "keys", wait };
        if name == Some(NEW) {
            return Box::pin(std::future::ready(Err(unasked)));
        }
        let principal = name.map(|name| Principal {
            subject: name.to_owned(),
            role: Role::Rep,
            sight: Sight::of_rep(name),
            rep: Some(name.to_owned()),
            ..Principal::anyone()
        });
        Box::pin(std::future::ready(principal.ok_or(nobody)))
    }
}

fn terms(target: &str) -> Option<GoalTerms> {
    Some(GoalTerms {
        kpi: "bookings".to_owned(),
        period: "month".to_owned(),
        target: target.to_owned(),
        r#for: "rep:U1".to_owned(),
        ..GoalTerms::default()
    })
}

fn set(id: &str, target: &str) -> Request<SetGoalRequest> {
    let request = SetGoalRequest { id: id.to_owned(), goal: terms(target), expected_edit: None };
    let mut request = Request::new(request);
    request.metadata_mut().insert(REQUEST_ID, "call-7".parse().expect("a value"));
    request.metadata_mut().insert("x-paceline-actor", "ana".parse().expect("a value"));
    request
}

fn reason(status: &tonic::Status) -> String {
    status.get_details_error_info().expect("details").reason
}

#[tokio::test]
async fn a_change_is_written_down_with_who_what_and_by_which_call() {
    let stage = Stage::open().await;
    let mut goals = stage.goals().await;
    let goal = goals.set_goal(set("", "45000")).await.expect("it is set").into_inner().goal;
    let id = goal.expect("the goal").id;
    goals.set_goal(set(&id, "46000")).await.expect("it is edited");
    let request = DeleteGoalRequest { id: id.clone(), expected_edit: None };
    goals.delete_goal(request).await.expect("it is deleted");
    let kept = stage.ledger.kept();
    let told: Vec<_> = kept
        .changes
        .iter()
        .map(|change| {
            let target = |draft: &Option<paceline_core::goal::Draft>| {
                draft.as_ref().map(|draft| draft.target.to_string()).unwrap_or_default()
            };
            let edit = &change.edit;
            (edit.number, target(&edit.old), target(&edit.new), change.call.method.as_str())
        })
        .collect();
    let (set, delete) = ("paceline.v1.GoalsService/SetGoal", "paceline.v1.GoalsService/DeleteGoal");
    let text = str::to_owned;
    assert_eq!(
        told,
        [
            (1, text(""), text("45000"), set),
            (2, text("45000"), text("46000"), set),
            (3, text("46000"), text(""), delete),
        ]
    );
    let first = &kept.changes[0];
    assert_eq!((first.edit.goal.as_str(), first.edit.who.as_str()), (id.as_str(), "ana"));
    assert_eq!((first.who.subject.as_str(), &first.step), ("anonymous", &Step::Accepted));
    assert_eq!(first.call.request_id, "call-7");
    assert!(first.call.peer.is_some_and(|peer| peer.ip().is_loopback()));
}

#[tokio::test]
async fn no_goal_changes_while_the_audit_log_takes_nothing() {
    let stage = Stage::open().await;
    let mut goals = stage.goals().await;
    stage.ledger.kept().refusal = Some("the disk is full".to_owned());
    let status = goals.set_goal(set("", "45000")).await.expect_err("it is not written down");
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Unavailable, "GOAL_NOT_AUDITED"));
    assert!(status.message().contains("nothing was changed"), "{status}");
    assert!(status.get_details_retry_info().is_some());
    let list = goals.list_goals(ListGoalsRequest::default()).await.expect("goals").into_inner();
    assert_eq!(list.goals.len(), 1, "only the config's");
    stage.ledger.kept().refusal = None;
    goals.set_goal(set("", "45000")).await.expect("it is set");
    assert_eq!(stage.ledger.kept().changes.len(), 1);
}

#[tokio::test]
async fn a_change_that_the_topic_did_not_acknowledge_is_told_too() {
    let stage = Stage::open().await;
    stage.log.refuse("no brokers", false);
    let status = stage.goals().await.set_goal(set("", "45000")).await.expect_err("it is refused");
    assert_eq!(reason(&status), "GOAL_NOT_WRITTEN");
    let kept = stage.ledger.kept();
    let steps: Vec<&Step> = kept.changes.iter().map(|change| &change.step).collect();
    assert_eq!(steps, [&Step::Accepted, &Step::Unconfirmed("no brokers".to_owned())]);
    assert_eq!(kept.changes[0].edit, kept.changes[1].edit);
}

#[tokio::test]
async fn who_cannot_be_checked_just_now_is_told_when_to_come_again_and_written_down() {
    let stage = Stage::open_to(ByName).await;
    let mut request = Request::new(ListGoalsRequest::default());
    request.metadata_mut().insert("authorization", NEW.parse().expect("a value"));
    let status = stage.goals().await.list_goals(request).await.expect_err("nobody known");
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Unavailable, "KEYS_UNAVAILABLE"));
    let delay = status.get_details_retry_info().and_then(|info| info.retry_delay);
    let delay = delay.expect("a delay");
    assert!((7..=8).contains(&delay.as_secs()), "{delay:?}");
    let kept = stage.ledger.kept();
    let [refusal] = kept.refusals.as_slice() else { panic!("{:?}", kept.refusals) };
    assert_eq!((refusal.outcome, refusal.reason.as_str()), ("UNAVAILABLE", "KEYS_UNAVAILABLE"));
    assert_eq!((refusal.detail, refusal.who.is_none()), (Some("keys"), true));
}

#[tokio::test]
async fn refusals_are_told_with_what_they_are_about() {
    let stage = Stage::open_to(ByName).await;
    let ask = |scope: &str, who: Option<&str>| {
        let selector = Some(select(&[scope], &[], &[]));
        let mut request = Request::new(GetStandingsRequest { selector, on: String::new() });
        if let Some(who) = who {
            request.metadata_mut().insert("authorization", who.parse().expect("a value"));
        }
        request
    };
    let mut client = stage.standings().await;
    let status = client.get_standings(ask("rep:U1", None)).await.expect_err("nobody asks");
    assert_eq!(status.code(), Code::Unauthenticated);
    let status = client.get_standings(ask("rep:X9", Some("U1"))).await.expect_err("none");
    assert_eq!(status.code(), Code::NotFound);
    client.get_standings(ask("rep:U1", Some("U1"))).await.expect("their own");
    let kept = stage.ledger.kept();
    let [nobody, unknown] = kept.refusals.as_slice() else { panic!("{:?}", kept.refusals) };
    assert_eq!(
        (nobody.outcome, nobody.reason.as_str()),
        ("UNAUTHENTICATED", "CREDENTIALS_MISSING")
    );
    assert_eq!((nobody.detail, nobody.who.is_none()), (Some("no_header"), true));
    assert_eq!(nobody.call.method, "paceline.v1.StandingsService/GetStandings");
    // Whether there is such a scope is for the log to find out.
    assert_eq!((unknown.outcome, unknown.reason.as_str()), ("NOT_FOUND", "UNKNOWN_SCOPE"));
    assert_eq!(unknown.named.about[..], [About::Scope("rep:X9".to_owned())]);
    assert_eq!(unknown.who.as_ref().map(|who| who.subject.as_str()), Some("U1"));
}

#[tokio::test]
async fn every_answer_tells_the_id_of_its_call() {
    let stage = Stage::open().await;
    let mut goals = stage.goals().await;
    let answer = goals.set_goal(set("", "45000")).await.expect("it is set");
    assert_eq!(answer.metadata().get(REQUEST_ID).expect("an id"), "call-7");
    let status = goals.set_goal(set("", "a lot")).await.expect_err("no number");
    assert_eq!(status.metadata().get(REQUEST_ID).expect("an id"), "call-7");
    assert_eq!(status.get_details_request_info().expect("details").request_id, "call-7");
    assert_eq!(reason(&status), "INVALID_FIELD");
    assert!(status.get_details_bad_request().is_some(), "what else it tells is kept");
    let mut request = Request::new(ListGoalsRequest::default());
    request.metadata_mut().insert(REQUEST_ID, "not one id".parse().expect("a value"));
    let answer = goals.list_goals(request).await.expect("goals");
    let made = answer.metadata().get(REQUEST_ID).expect("an id").to_str().expect("text");
    assert!(made.len() == 32 && made.bytes().all(|byte| byte.is_ascii_hexdigit()), "{made}");
}
