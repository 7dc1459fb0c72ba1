//! Reps that change while they are watched: what they move, and what comes into a selection and leaves it.

use std::collections::BTreeMap;

use paceline_client::proto::{
    GetStandingsRequest, GoalTerms, ListScopesRequest, Removal, RemovalReason, Selector,
    SetGoalRequest, Standing, WatchStandingsRequest,
};
use tonic::Code;

use crate::follower::{Follower, Seen, canonical};
use crate::stage::{Stage, select, watch};

fn below(scope: &str) -> Selector {
    Selector { with_members: true, ..select(&[scope], &["bookings"], &["month"]) }
}

async fn update(follower: &mut Follower) -> (Vec<Standing>, Vec<Removal>) {
    let Seen::Update(_, standings, removed) = follower.seen().await else { panic!("an update") };
    (standings, removed)
}

fn numbers(standings: &[Standing]) -> BTreeMap<&str, (&str, &str, u64)> {
    standings
        .iter()
        .map(|it| (it.scope.as_str(), (it.actual.as_str(), it.goal.as_str(), it.revision)))
        .collect()
}

fn reasons(removed: &[Removal]) -> Vec<(&str, RemovalReason)> {
    let mut reasons: Vec<_> = removed.iter().map(|it| (it.scope.as_str(), it.reason())).collect();
    reasons.sort_unstable_by_key(|(scope, _)| *scope);
    reasons
}

#[tokio::test]
async fn a_rep_moves_between_two_teams_in_one_update() {
    let stage = Stage::open().await;
    stage.book(&[("U1", "10"), ("U2", "100"), ("U3", "1000")]);
    let mut teams =
        stage.watch(watch(select(&["team:M1", "team:M2"], &["bookings"], &["month"]))).await;
    let mut members = stage.watch(watch(below("team:M1"))).await;
    let mut others = stage.watch(watch(below("team:M2"))).await;
    for follower in [&mut teams, &mut members, &mut others] {
        assert!(matches!(follower.seen().await, Seen::Snapshot(_)));
    }
    let revision = stage.tell(&[("U2", Some(Some("M2")))]).0;
    let (standings, removed) = update(&mut teams).await;
    let moved = BTreeMap::from([
        ("team:M1", ("10", "84000", revision)),
        ("team:M2", ("1100", "126000", revision)),
    ]);
    assert_eq!((numbers(&standings), removed.len()), (moved, 0));
    let (standings, removed) = update(&mut members).await;
    assert_eq!(numbers(&standings), BTreeMap::from([("team:M1", ("10", "84000", revision))]));
    assert_eq!(reasons(&removed), [("rep:U2", RemovalReason::OutOfFilter)]);
    let (standings, removed) = update(&mut others).await;
    let came = BTreeMap::from([
        ("rep:U2", ("100", "42000", revision)),
        ("team:M2", ("1100", "126000", revision)),
    ]);
    assert_eq!((numbers(&standings), removed.len()), (came, 0), "it is stamped when it came");
    let mut resumed = stage
        .watch(WatchStandingsRequest {
            resume_token: others.token.clone(),
            ..watch(below("team:M2"))
        })
        .await;
    assert!(matches!(resumed.seen().await, Seen::Bookmark(_)), "nothing is sent twice");
}

#[tokio::test]
async fn a_scope_that_begins_is_sent_and_one_that_ends_is_removed() {
    let stage = Stage::open().await;
    let selector = select(&["rep:U9", "team:U3", "rep:U1"], &["bookings"], &["month"]);
    let mut follower = stage.watch(watch(selector.clone())).await;
    assert!(matches!(follower.seen().await, Seen::Snapshot(_)));
    let (_, removed) = update(&mut follower).await;
    let out = RemovalReason::OutOfScope;
    assert_eq!(reasons(&removed), [("rep:U9", out), ("team:U3", out)]);
    stage.book(&[("U9", "7")]);
    let token = follower.token.clone();
    let revision = stage.tell(&[("U9", Some(Some("U3")))]).0;
    let (standings, removed) = update(&mut follower).await;
    let begun = BTreeMap::from([
        ("rep:U9", ("7", "42000", revision)),
        ("team:U3", ("7", "84000", revision)),
    ]);
    assert_eq!((numbers(&standings), removed.len()), (begun.clone(), 0));
    assert_eq!(stage.get(selector.clone()).await.len(), 3);
    let scopes = stage.catalog().await.list_scopes(ListScopesRequest {}).await.expect("scopes");
    let scopes = scopes.into_inner().scopes;
    let place = scopes.iter().find(|scope| scope.name == "rep:U9").expect("the scope");
    assert_eq!(place.parent, "team:U3");
    let goal = GoalTerms {
        kpi: "bookings".to_owned(),
        period: "month".to_owned(),
        target: "5".to_owned(),
        r#for: "rep:U9".to_owned(),
        ..GoalTerms::default()
    };
    let request = SetGoalRequest { goal: Some(goal), ..SetGoalRequest::default() };
    let set = stage.goals().await.set_goal(request).await.expect("it is set").into_inner();
    assert_eq!(set.goal.expect("the goal").without_effect, "");
    update(&mut follower).await;

    let resume = |token: &[u8]| WatchStandingsRequest {
        resume_token: token.to_vec(),
        ..watch(selector.clone())
    };
    let mut late = stage.watch(resume(&token)).await;
    let (standings, removed) = update(&mut late).await;
    assert_eq!((numbers(&standings).len(), removed.len()), (2, 0), "who resumes gets them too");
    stage.tell(&[("U9", None)]);
    let deleted = RemovalReason::Deleted;
    for follower in [&mut follower, &mut late] {
        let (standings, removed) = update(follower).await;
        assert_eq!(standings.len(), 0);
        assert_eq!(reasons(&removed), [("rep:U9", deleted), ("team:U3", deleted)]);
    }
    let mut never = stage.watch(resume(&token)).await;
    assert!(matches!(never.seen().await, Seen::Bookmark(_)), "came and went unseen");
    let request = GetStandingsRequest { selector: Some(selector), on: String::new() };
    let status = stage.standings().await.get_standings(request).await.expect_err("it has ended");
    assert_eq!(status.code(), Code::NotFound);
    assert_eq!(stage.get(select(&["unassigned"], &["bookings"], &["month"])).await[0].actual, "7");
}

#[tokio::test]
async fn whatever_reps_become_a_stream_and_its_resumptions_show_what_a_snapshot_does() {
    let stage = Stage::open().await;
    let selectors = [below("team:M1"), below("org"), select(&[], &[], &[]), below("team:U1")];
    let mut followers = Vec::new();
    for selector in &selectors {
        let mut follower = stage.watch(watch(selector.clone())).await;
        while follower.token.is_empty() {
            follower.seen().await;
        }
        followers.push(follower);
    }
    let managers = [Some(Some("M1")), Some(Some("M2")), Some(Some("U1")), Some(None), None];
    let mut dice = 7_u64;
    let mut roll = |sides: usize| {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (dice >> 33) as usize % sides
    };
    for round in 0..60 {
        let rep = ["U2", "U3", "V1", "V2", "V3"][roll(5)];
        stage.book(&[(rep, "1")]);
        let revision = stage.tell(&[(rep, managers[roll(5)])]).0;
        for (at, selector) in selectors.iter().enumerate().filter(|_| roll(3) == 0) {
            let token = followers[at].token.clone();
            let request = WatchStandingsRequest { resume_token: token, ..watch(selector.clone()) };
            followers[at].go_on_with(stage.watch(request).await);
            followers[at].catch_up(revision).await;
            let shown = match at {
                3 if stage.live.roster().named("team:U1").is_none() => Vec::new(),
                _ => stage.get(selector.clone()).await,
            };
            assert_eq!(followers[at].canonical(), canonical(shown), "round {round}: {selector:?}");
        }
    }
}
