//! What the audit log is told of what callers do not get: all of it, by whoever judges it, and within bounds.

use paceline_client::proto::watch_leaderboard_response::Frame;
use paceline_client::proto::{
    DeleteGoalRequest, GetCoachingFocusRequest, GetStandingsRequest, GoalTerms, ListAlertsRequest,
    ListGoalsRequest, Selector, SetGoalRequest, WatchAlertsRequest, WatchLeaderboardRequest,
};
use paceline_grpc::{About, Named, REQUEST_ID, Refusal};
use tokio::time::timeout;
use tonic::{Code, Request, Status};

use crate::alert_topic::AlertTopic;
use crate::follower::{Follower, Seen};
use crate::identities::{Identities, by};
use crate::stage::{DEADLINE, Stage, select, watch};

async fn guarded() -> Stage {
    Stage::guarded(&Identities::new(), false).await
}

/// The refusals that the log was told of.
fn told(stage: &Stage) -> Vec<Refusal> {
    std::mem::take(&mut stage.ledger.kept().refusals)
}

/// The only one.
#[track_caller]
fn only(stage: &Stage) -> Refusal {
    let told = told(stage);
    let [refusal] = told.as_slice() else { panic!("{told:?}") };
    refusal.clone()
}

fn scopes(names: &[&str]) -> Named {
    Named::scopes(names.iter().copied())
}

#[tokio::test]
async fn of_a_watch_the_log_is_told_what_it_withholds_and_of_nothing_that_is_seen() {
    let stage = guarded().await;
    let request = by("U1", watch(select(&["rep:U3", "rep:U1", "rep:U3", "rep:X9"], &[], &[])));
    let stream = stage.standings().await.watch_standings(request).await.expect("it is opened");
    let id = stream.metadata().get(REQUEST_ID).expect("an id").to_str().expect("text").to_owned();
    let mut follower = Follower::new(stream.into_inner());
    assert!(matches!(follower.seen().await, Seen::Snapshot(_)));
    let refusal = only(&stage);
    assert_eq!(refusal.outcome, "OUT_OF_SCOPE");
    // Whether there is such a scope is for the log to find out.
    assert_eq!(refusal.named, scopes(&["rep:U3", "rep:X9"]));
    assert_eq!((refusal.call.request_id.as_str(), id.as_str()), ("this-one", "this-one"));
    assert_eq!(refusal.who.map(|who| who.subject.clone()).as_deref(), Some("U1"));
    // Who sees all is refused nothing.
    for (who, names) in [("executive", ["rep:U3", "rep:X9"]), ("M1", ["rep:U1", "team:M1"])] {
        let request = by(who, watch(select(&names, &[], &[])));
        let stream = stage.standings().await.watch_standings(request).await.expect("it is opened");
        Follower::new(stream.into_inner()).seen().await;
    }
    assert!(told(&stage).is_empty());
}

#[tokio::test]
async fn a_watch_that_waits_for_the_sources_is_judged_when_they_are_caught_up() {
    let stage = Stage::guarded_and_closed(&Identities::new(), false, Vec::new()).await;
    let request = by("U1", watch(select(&["rep:U3", "rep:U1"], &[], &[])));
    let stream = stage.standings().await.watch_standings(request).await.expect("it is opened");
    assert!(told(&stage).is_empty(), "nobody has judged yet");
    stage.open_board();
    Follower::new(stream.into_inner()).seen().await;
    assert_eq!(only(&stage).named, scopes(&["rep:U3"]));
}

#[tokio::test]
async fn a_full_selector_is_told_within_bounds() {
    let stage = guarded().await;
    let names: Vec<String> = (0..5_000).map(|at| format!("rep:{}", at / 2)).collect();
    let selector = Selector { scopes: names.clone(), ..Selector::default() };
    let request = by("U1", watch(selector.clone()));
    let stream = stage.standings().await.watch_standings(request).await.expect("it is opened");
    Follower::new(stream.into_inner()).seen().await;
    let watched = only(&stage).named;
    let request = GetStandingsRequest { selector: Some(selector), on: String::new() };
    let status = stage.standings().await.get_standings(by("U1", request)).await;
    assert_eq!(status.expect_err("there are none").code(), Code::NotFound);
    for named in [watched, only(&stage).named] {
        assert_eq!(named.about.len() + named.further, 2_500, "each once");
        assert!(named.about.len() <= 64, "{} are kept", named.about.len());
    }
    let long = format!("rep:{}", "x".repeat(60_000));
    let request = WatchLeaderboardRequest { scope: long, ..ranking("") };
    begin(&stage, "U1", request).await;
    let [About::Scope(name)] = &only(&stage).named.about[..] else { panic!("a scope") };
    assert!(name.len() < 300, "{} bytes are kept", name.len());
}

#[tokio::test]
async fn of_a_watch_of_alerts_the_log_is_told_what_it_withholds() {
    let stage = guarded().await;
    AlertTopic::of(&stage).caught_up();
    let selector = Some(select(&["rep:U1", "rep:U3", "rep:X9"], &[], &[]));
    let request = by("U1", WatchAlertsRequest { selector, ..WatchAlertsRequest::default() });
    let stream = stage.alerts().await.watch_alerts(request).await.expect("it is opened");
    let message = timeout(DEADLINE, stream.into_inner().message()).await.expect("in time");
    message.expect("the stream goes on");
    let refusal = only(&stage);
    assert_eq!((refusal.outcome, refusal.named), ("OUT_OF_SCOPE", scopes(&["rep:U3", "rep:X9"])));
}

fn ranking(scope: &str) -> WatchLeaderboardRequest {
    let [scope, kpi, period] = [scope, "bookings", "month"].map(str::to_owned);
    WatchLeaderboardRequest { scope, kpi, period, ..WatchLeaderboardRequest::default() }
}

/// What a watch of a leaderboard begins with.
async fn begin(stage: &Stage, who: &str, request: WatchLeaderboardRequest) -> Frame {
    let stream = stage.standings().await.watch_leaderboard(by(who, request)).await;
    let mut stream = stream.expect("it is opened").into_inner();
    let message = timeout(DEADLINE, stream.message()).await.expect("a frame in time");
    message.expect("the stream goes on").expect("a frame").frame.expect("a frame")
}

#[tokio::test]
async fn a_leaderboard_is_told_as_refused_if_it_is_and_only_then() {
    for (ranks_only, who, scope, is_shown) in [
        (true, "U1", "team:M1", true),
        (false, "U1", "team:M1", false),
        (true, "U1", "team:M2", false),
        (true, "U1", "team:X9", false),
        (true, "M1", "team:M1", true),
        (true, "M1", "team:M2", false),
        // They see the team's number, and none of its members.
        (false, "sums", "team:M1", false),
        (false, "executive", "team:M1", true),
    ] {
        let stage = Stage::guarded(&Identities::new(), ranks_only).await;
        let frame = begin(&stage, who, ranking(scope)).await;
        assert_eq!(matches!(frame, Frame::Leaderboard(_)), is_shown, "{who} {scope}");
        let told: Vec<_> =
            told(&stage).into_iter().map(|refusal| (refusal.outcome, refusal.named)).collect();
        let due = (!is_shown).then(|| ("OUT_OF_SCOPE", scopes(&[scope])));
        assert_eq!(told, Vec::from_iter(due), "{who} {scope}");
    }
}

#[tokio::test]
async fn a_leaderboard_that_is_lost_later_was_not_refused() {
    let stage = Stage::guarded(&Identities::new(), true).await;
    let stream = stage.standings().await.watch_leaderboard(by("U1", ranking("team:M1"))).await;
    let mut stream = stream.expect("it is opened").into_inner();
    stream.message().await.expect("a frame");
    stage.tell(&[("U1", Some(Some("M2")))]);
    let message = timeout(DEADLINE, stream.message()).await.expect("a frame in time");
    let frame = message.expect("the stream goes on").and_then(|message| message.frame);
    assert!(matches!(frame, Some(Frame::OutOfScope(_))), "{frame:?}");
    assert!(told(&stage).is_empty());
}

#[tokio::test]
async fn every_name_that_is_not_found_is_told_and_the_answer_names_the_first() {
    let stage = guarded().await;
    AlertTopic::of(&stage).caught_up();
    let names = ["rep:A0", "rep:U1", "rep:U3"];
    let selector = || Some(select(&names, &[], &[]));
    let (mut standings, mut alerts) = (stage.standings().await, stage.alerts().await);
    let mut goals = stage.goals().await;
    let request = GetStandingsRequest { selector: selector(), on: String::new() };
    check(&stage, standings.get_standings(by("U1", request)).await);
    let request = GetCoachingFocusRequest { selector: selector(), ..Default::default() };
    check(&stage, standings.get_coaching_focus(by("U1", request)).await);
    let request = ListAlertsRequest { selector: selector(), ..Default::default() };
    check(&stage, alerts.list_alerts(by("U1", request)).await);
    let request =
        ListGoalsRequest { scopes: names.map(str::to_owned).into(), ..Default::default() };
    check(&stage, goals.list_goals(by("U1", request)).await);
}

#[track_caller]
fn check<T: std::fmt::Debug>(stage: &Stage, answer: Result<T, Status>) {
    let status = answer.expect_err("two are not there");
    assert_eq!(status.message(), "scope `rep:A0` is unknown, or not visible to you");
    let refusal = only(stage);
    assert_eq!((refusal.outcome, refusal.named), ("NOT_FOUND", scopes(&["rep:A0", "rep:U3"])));
}

#[tokio::test]
async fn who_may_not_set_goals_is_told_with_the_goal_and_answered_as_without() {
    let stage = guarded().await;
    let set = |id: &str, whose: &str| {
        let goal = GoalTerms {
            kpi: "bookings".to_owned(),
            period: "month".to_owned(),
            target: "10".to_owned(),
            r#for: whose.to_owned(),
            ..GoalTerms::default()
        };
        SetGoalRequest { id: id.to_owned(), goal: Some(goal), expected_edit: None }
    };
    let mut goals = stage.goals().await;
    let goal = goals.set_goal(by("admin", set("", "rep:U1"))).await.expect("it is set");
    let known = goal.into_inner().goal.expect("the goal").id;
    let mut answers = Vec::new();
    for (who, id, whose) in [
        ("U1", "", "rep:U1"),
        ("U1", "g-1", "rep:U1"),
        ("U1", known.as_str(), "rep:U3"),
        // They may set goals, and none of whom they do not see.
        ("south", "", "rep:U1"),
        ("south", "g-1", "each_of:M1"),
    ] {
        let status = goals.set_goal(by(who, set(id, whose))).await.expect_err("they may not");
        assert_eq!(status.code(), Code::PermissionDenied);
        let refusal = only(&stage);
        let mut due = Vec::from_iter(Named::goal(id).about.iter().cloned());
        due.extend((who == "south").then(|| About::Scope(whose.to_owned())));
        assert_eq!((refusal.outcome, &refusal.named.about[..]), ("PERMISSION_DENIED", &due[..]));
        answers.push((status.message().to_owned(), status.details().to_vec()));
    }
    let request = DeleteGoalRequest { id: known.clone(), expected_edit: None };
    let status = goals.delete_goal(by("U1", request)).await.expect_err("they may not");
    assert_eq!(only(&stage).named, Named::goal(&known));
    answers.push((status.message().to_owned(), status.details().to_vec()));
    for (one, other) in [(0, 1), (0, 2), (0, 5), (3, 4)] {
        assert_eq!(answers[one], answers[other], "what is answered tells of no goal");
    }
}

#[tokio::test]
async fn a_call_of_no_method_is_told_as_unknown_however_long_its_path_is() {
    let stage = guarded().await;
    let mut client = tonic::client::Grpc::new(stage.channel().await);
    for path in ["/paceline.v1.GoalsService/Sell".to_owned(), format!("/{}", "x".repeat(10_000))] {
        client.ready().await.expect("a connection");
        let codec = tonic_prost::ProstCodec::<ListGoalsRequest, ListGoalsRequest>::default();
        let path = path.parse().expect("a path");
        let answer = client.unary(Request::new(ListGoalsRequest::default()), path, codec).await;
        assert_eq!(answer.expect_err("nobody asks").code(), Code::Unauthenticated);
        assert_eq!(only(&stage).call.method, "unknown");
    }
}
