//! Who sets goals, and who sees which: those that may be theirs, or of somebody they see.

use paceline_client::proto::{
    DeleteGoalRequest, Goal, GoalTerms, ListGoalEditsRequest, ListGoalsRequest, SetGoalRequest,
};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::identities::{Identities, by};
use crate::stage::Stage;

async fn set(stage: &Stage, who: &str, id: &str, whose: &str) -> Result<Goal, Status> {
    let goal = GoalTerms {
        kpi: "bookings".to_owned(),
        period: "month".to_owned(),
        target: "10".to_owned(),
        r#for: whose.to_owned(),
        ..GoalTerms::default()
    };
    let request = SetGoalRequest { id: id.to_owned(), goal: Some(goal), expected_edit: None };
    let mut request = by(who, request);
    request.metadata_mut().insert("x-paceline-actor", "somebody-else".parse().expect("a value"));
    let response = stage.goals().await.set_goal(request).await?.into_inner();
    Ok(response.goal.expect("the goal"))
}

async fn delete(stage: &Stage, who: &str, id: &str) -> Result<(), Status> {
    let request = DeleteGoalRequest { id: id.to_owned(), expected_edit: None };
    stage.goals().await.delete_goal(by(who, request)).await.map(|_| ())
}

async fn listed(stage: &Stage, who: &str) -> Vec<String> {
    let request = by(who, ListGoalsRequest::default());
    let response = stage.goals().await.list_goals(request).await.expect("goals").into_inner();
    let whose = |goal: Goal| goal.terms.expect("terms").r#for;
    let mut listed: Vec<String> = response.goals.into_iter().map(whose).collect();
    listed.sort_unstable();
    listed
}

/// Whose goals the edits made, the latest first; `-` for a deletion.
async fn edits(stage: &Stage, who: &str, goal_id: &str) -> Result<Vec<String>, Status> {
    let request = ListGoalEditsRequest { goal_id: goal_id.to_owned(), ..Default::default() };
    let response = stage.goals().await.list_goal_edits(by(who, request)).await?.into_inner();
    let whose = |new: Option<GoalTerms>| new.map_or_else(|| "-".to_owned(), |terms| terms.r#for);
    Ok(response.edits.into_iter().map(|edit| whose(edit.new)).collect())
}

const WHOSE: [&str; 9] = [
    "rep:U1",
    "rep:U3",
    "rep:U9",
    "team:M1",
    "team:M2",
    "each_of:M1",
    "each_of:M2",
    "role:ae",
    "role:other",
];

#[tokio::test]
async fn goals_are_seen_by_whom_they_may_concern() {
    let stage = Stage::guarded(&Identities::new(), false).await;
    for whose in WHOSE {
        let goal = set(&stage, "admin", "", whose).await.expect("it is set");
        assert_eq!(goal.who, "https://id.example.com/A1", "whatever the metadata says");
    }
    let all: Vec<&str> = WHOSE.into_iter().chain(["everyone"]).collect();
    for (who, sees) in [
        ("U1", vec!["rep:U1", "each_of:M1", "role:ae", "everyone"]),
        ("M1", vec!["rep:U1", "team:M1", "each_of:M1", "role:ae", "everyone"]),
        ("south", vec!["rep:U3", "team:M2", "each_of:M2", "role:ae", "everyone"]),
        ("sums", vec!["team:M1"]),
        ("executive", all.clone()),
        ("board", all),
    ] {
        let mut due: Vec<String> = sees.iter().map(|whose| (*whose).to_owned()).collect();
        due.sort_unstable();
        assert_eq!(listed(&stage, who).await, due, "{who}");
        let mut told = edits(&stage, who, "").await.expect("edits");
        told.sort_unstable();
        due.retain(|whose| whose != "everyone");
        assert_eq!(told, due, "{who}");
    }
}

#[tokio::test]
async fn pages_show_no_other_edits_whatever_the_token() {
    let stage = Stage::guarded(&Identities::new(), false).await;
    for whose in WHOSE {
        set(&stage, "admin", "", whose).await.expect("it is set");
    }
    let mut longest = 0;
    for position in 0..=WHOSE.len() {
        let page_token = position.to_string();
        let request = ListGoalEditsRequest { page_size: 2, page_token, ..Default::default() };
        let page = stage.goals().await.list_goal_edits(by("U1", request)).await.expect("edits");
        let edits = page.into_inner().edits;
        let whose = edits.iter().map(|edit| edit.new.as_ref().expect("terms").r#for.as_str());
        let seen = ["rep:U1", "each_of:M1", "role:ae"];
        assert!(whose.into_iter().all(|whose| seen.contains(&whose)), "{position}: {edits:?}");
        longest = longest.max(edits.len());
    }
    assert_eq!(longest, 2);
}

#[tokio::test]
async fn who_may_set_no_goals_is_told_so_whatever_they_ask_for() {
    let stage = Stage::guarded(&Identities::new(), false).await;
    let goal = set(&stage, "admin", "", "rep:U1").await.expect("it is set");
    for who in ["U1", "M1", "executive", "board", "sums"] {
        let mut refused = Vec::new();
        for (id, whose) in [("", "rep:U1"), (goal.id.as_str(), "x"), ("nothing", "rep:U3")] {
            refused.push(set(&stage, who, id, whose).await.expect_err("refused"));
        }
        for id in [goal.id.as_str(), "nothing", "file-1", ""] {
            refused.push(delete(&stage, who, id).await.expect_err("refused"));
        }
        for status in &refused {
            assert_eq!(status.code(), Code::PermissionDenied, "{who}: {status:?}");
            assert_eq!(status.details(), refused[0].details());
            assert_eq!(status.message(), refused[0].message());
        }
        assert_eq!(refused[0].get_details_error_info().expect("details").reason, "NOT_PERMITTED");
    }
    for status in [
        set(&stage, "", "", "rep:U1").await.expect_err("nobody"),
        delete(&stage, "", &goal.id).await.expect_err("nobody"),
    ] {
        assert_eq!(status.code(), Code::Unauthenticated);
    }
}

/// Two refusals are the same, but for the ids that were asked for.
fn alike(one: &Status, of: &str, other: &Status, of_other: &str) {
    let about = |status: &Status, id: &str| {
        let details = String::from_utf8_lossy(status.details()).replace(id, "?");
        (status.code(), status.message().replace(id, "?"), details)
    };
    assert_eq!(about(one, of), about(other, of_other));
}

#[tokio::test]
async fn goals_of_others_are_as_if_there_were_none() {
    let stage = Stage::guarded(&Identities::new(), false).await;
    let seen = set(&stage, "south", "", "each_of:M2").await.expect("all of them are seen");
    let other = set(&stage, "admin", "", "rep:U1").await.expect("it is set");
    let everyone = set(&stage, "admin", "", "everyone").await.expect("it is set");
    let (unknown, id) = ("g-0000000000000000", other.id.as_str());
    for who in ["U2", "south"] {
        let refused = edits(&stage, who, id).await.expect_err("of another");
        assert_eq!(refused.code(), Code::NotFound);
        alike(&refused, id, &edits(&stage, who, unknown).await.expect_err("unknown"), unknown);
    }
    let refused = delete(&stage, "south", id).await.expect_err("of another");
    assert_eq!(refused.code(), Code::NotFound);
    alike(&refused, id, &delete(&stage, "south", unknown).await.expect_err("unknown"), unknown);
    let refused = set(&stage, "south", id, "rep:U3").await.expect_err("of another");
    let nothing = set(&stage, "south", unknown, "rep:U3").await.expect_err("unknown");
    alike(&refused, id, &nothing, unknown);
    // What may be of others too is seen, and not theirs to set; and whether there are such others is not told.
    for whose in ["rep:U1", "rep:U9", "everyone", "role:ae", "team:M1", "each_of:M9"] {
        let refused = set(&stage, "south", "", whose).await.expect_err(whose);
        assert_eq!(refused.code(), Code::PermissionDenied, "{whose}");
    }
    let refused = delete(&stage, "south", &everyone.id).await.expect_err("everyone's");
    assert_eq!(refused.code(), Code::PermissionDenied);
    delete(&stage, "south", &seen.id).await.expect("it is theirs to delete");
    assert_eq!(edits(&stage, "south", &seen.id).await.expect("edits"), ["-", "each_of:M2"]);
    // A goal that becomes another's is not told of any longer.
    set(&stage, "admin", id, "rep:U2").await.expect("it is set");
    assert_eq!(edits(&stage, "U1", id).await.expect("what it was"), ["rep:U1"]);
    assert_eq!(edits(&stage, "U2", id).await.expect_err("before it was").code(), Code::NotFound);
}
