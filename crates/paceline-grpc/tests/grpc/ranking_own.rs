//! Leaderboards for reps: none of whom they do not see, or with `ranks_only` their own rank alone.

use paceline_client::proto::watch_leaderboard_response::Frame;
use paceline_client::proto::{
    GetLeaderboardRequest, GetLeaderboardResponse, WatchLeaderboardRequest,
    WatchLeaderboardResponse,
};
use tokio::time::timeout;
use tonic::{Code, Status, Streaming};

use crate::identities::{Identities, by};
use crate::stage::{DEADLINE, Stage};

async fn ask(stage: &Stage, who: &str, scope: &str) -> Result<GetLeaderboardResponse, Status> {
    let [scope, kpi, period] = [scope, "bookings", "month"].map(str::to_owned);
    let request = GetLeaderboardRequest { scope, kpi, period, limit: 1, ..Default::default() };
    Ok(stage.standings().await.get_leaderboard(by(who, request)).await?.into_inner())
}

/// Rank and scope of each row, and how many members there are.
async fn ranks(stage: &Stage, who: &str, scope: &str) -> (Vec<(u32, String)>, u32) {
    let response = ask(stage, who, scope).await.expect("a leaderboard");
    let row = |rank: &paceline_client::proto::Rank| {
        (rank.rank, rank.standing.as_ref().expect("a standing").scope.clone())
    };
    (response.ranks.iter().map(row).collect(), response.members)
}

#[tokio::test]
async fn a_rep_sees_no_leaderboard_of_others_unless_ranks_are_shown_and_then_their_own_rank() {
    for ranks_only in [false, true] {
        let stage = Stage::guarded(&Identities::new(), ranks_only).await;
        stage.book(&[("U2", "30"), ("U1", "20"), ("U3", "50")]);
        let own = |rank| vec![(rank, "rep:U1".to_owned())];
        assert_eq!(ranks(&stage, "U1", "rep:U1").await, (own(1), 1));
        for (scope, rank, members) in [("team:M1", 2, 3), ("org", 3, 5)] {
            if ranks_only {
                assert_eq!(ranks(&stage, "U1", scope).await, (own(rank), members), "{scope}");
            } else {
                let refused = ask(&stage, "U1", scope).await.expect_err(scope);
                assert_eq!(refused.code(), Code::NotFound);
            }
        }
        for scope in ["team:M2", "team:M9", "rep:U2"] {
            let refused = ask(&stage, "U1", scope).await.expect_err(scope);
            assert_eq!(refused.code(), Code::NotFound, "they are no part of {scope}");
        }
        let refused = ask(&stage, "M1", "org").await.expect_err("no rep's");
        assert_eq!(refused.code(), Code::NotFound);
        assert_eq!(ranks(&stage, "M1", "team:M1").await, (vec![(1, "rep:U2".to_owned())], 3));
    }
}

struct Reader(Streaming<WatchLeaderboardResponse>);

impl Reader {
    async fn message(&mut self) -> Frame {
        let message = timeout(DEADLINE, self.0.message()).await.expect("a frame in time");
        let message = message.expect("the stream goes on").expect("a frame");
        message.frame.expect("a frame")
    }

    /// The own rank and actual, and the number of members.
    async fn rank(&mut self) -> (u32, String, u32) {
        let Frame::Leaderboard(leaderboard) = self.message().await else { panic!("a leaderboard") };
        assert_eq!(leaderboard.ranks.len(), 1, "nobody else");
        let row = &leaderboard.ranks[0];
        let standing = row.standing.as_ref().expect("a standing");
        assert_eq!(standing.scope, "rep:U1");
        (row.rank, standing.actual.clone(), leaderboard.members)
    }
}

#[tokio::test]
async fn a_rep_is_told_when_their_own_rank_changes_and_of_nothing_else() {
    let stage = Stage::guarded(&Identities::new(), true).await;
    stage.book(&[("U2", "30"), ("U1", "20"), ("U3", "50")]);
    let [scope, kpi, period] = ["team:M1", "bookings", "month"].map(str::to_owned);
    let seconds = |seconds| Some(prost_types::Duration { seconds, nanos: 0 });
    let (heartbeat, min_interval) = (seconds(60), seconds(0));
    let request = WatchLeaderboardRequest {
        scope,
        kpi,
        period,
        heartbeat,
        min_interval,
        ..WatchLeaderboardRequest::default()
    };
    let stream = stage.standings().await.watch_leaderboard(by("U1", request)).await;
    let mut reader = Reader(stream.expect("a stream").into_inner());
    assert_eq!(reader.rank().await, (2, "20".to_owned(), 3));
    // What others sell is nothing to them, as long as it passes nobody by.
    stage.book(&[("U2", "5")]);
    stage.book(&[("M1", "5")]);
    stage.book(&[("U1", "20")]);
    assert_eq!(reader.rank().await, (1, "40".to_owned(), 3));
    stage.book(&[("U2", "50")]);
    assert_eq!(reader.rank().await, (2, "40".to_owned(), 3));
    stage.tell(&[("V1", Some(Some("M1")))]);
    assert_eq!(reader.rank().await, (2, "40".to_owned(), 4));
    stage.tell(&[("U1", Some(Some("M2")))]);
    assert!(matches!(reader.message().await, Frame::OutOfScope(_)), "they are part of it no more");
}
