//! Watching a leaderboard: whole at first, and again whenever it is another, by a change or by the clock.

use std::time::Duration;

use paceline_client::proto::watch_leaderboard_response::Frame;
use paceline_client::proto::{RankBy, WatchLeaderboardRequest, WatchLeaderboardResponse};
use paceline_core::entry::Part;
use paceline_core::kpi::KpiId;
use paceline_grpc::{Limits, TOKEN_TRAILER};
use prost::Message as _;
use tokio::time::timeout;
use tonic::{Code, Status, Streaming};
use tonic_types::StatusExt as _;

use crate::stage::{BOOKINGS, DEADLINE, NOW, Stage, at, decimal};

const CALLS: KpiId = KpiId(1);

/// A client that puts chunks together and holds each frame to what is promised.
struct Reader {
    stream: Streaming<WatchLeaderboardResponse>,
    revision: u64,
    /// The chunks of the last leaderboard.
    chunks: usize,
}

/// What a whole frame was.
#[derive(Debug, PartialEq, Eq)]
enum Seen {
    /// Rank, scope and actual of each, and how many there are.
    Leaderboard(Vec<String>, u32),
    Bookmark,
    OutOfScope(String),
}

fn of(scope: &str, by: RankBy) -> WatchLeaderboardRequest {
    let seconds = |seconds| Some(prost_types::Duration { seconds, nanos: 0 });
    let [scope, kpi, period] = [scope, "bookings", "month"].map(str::to_owned);
    WatchLeaderboardRequest {
        scope,
        kpi,
        period,
        by: by.into(),
        limit: 0,
        heartbeat: seconds(60),
        min_interval: seconds(0),
    }
}

impl Reader {
    async fn open(stage: &Stage, request: WatchLeaderboardRequest) -> Self {
        let stream = stage.standings().await.watch_leaderboard(request).await.expect("a stream");
        Self { stream: stream.into_inner(), revision: 0, chunks: 0 }
    }

    async fn message(&mut self) -> Result<WatchLeaderboardResponse, Status> {
        let message = timeout(DEADLINE, self.stream.message()).await.expect("a frame in time");
        let message = message?.expect("a stream ends with a status");
        assert!(message.revision >= self.revision, "revisions never decrease");
        assert_eq!(message.complete, message.causes.is_empty());
        assert!(message.as_of.is_some() && message.emitted_at.is_some());
        assert!(message.encoded_len() <= 256 * 1024, "{} bytes", message.encoded_len());
        self.revision = message.revision;
        Ok(message)
    }

    /// The next whole frame.
    async fn next(&mut self) -> Result<Seen, Status> {
        let (mut shown, mut of) = (Vec::new(), None);
        self.chunks = 0;
        loop {
            let message = self.message().await?;
            let chunk = match message.frame.expect("a frame") {
                Frame::Leaderboard(chunk) => chunk,
                Frame::Bookmark(_) => return Ok(Seen::Bookmark),
                Frame::OutOfScope(gone) => return Ok(Seen::OutOfScope(gone.scope)),
            };
            let of = of.get_or_insert((message.revision, chunk.members));
            assert_eq!(*of, (message.revision, chunk.members), "chunks are of one leaderboard");
            self.chunks += 1;
            shown.extend(chunk.ranks.into_iter().map(|rank| {
                let standing = rank.standing.expect("a standing");
                assert!(standing.revision <= message.revision, "newer than its leaderboard");
                format!("{} {} {}", rank.rank, standing.scope, standing.actual)
            }));
            if chunk.last {
                return Ok(Seen::Leaderboard(shown, chunk.members));
            }
        }
    }

    /// The rows of the next frame, which is a leaderboard.
    async fn ranks(&mut self) -> Vec<String> {
        match self.next().await.expect("the stream goes on") {
            Seen::Leaderboard(shown, _) => shown,
            other => panic!("{other:?} instead of a leaderboard"),
        }
    }
}

#[tokio::test]
async fn it_is_whole_at_first_and_whenever_it_is_another() {
    let stage = Stage::open().await;
    stage.book(&[("U1", "300"), ("U2", "200")]);
    let mut reader = Reader::open(&stage, of("team:M1", RankBy::Actual)).await;
    assert_eq!(reader.ranks().await, ["1 rep:U1 300", "2 rep:U2 200", "3 rep:M1 0"]);
    // A rep of another team, and another KPI, change nothing.
    stage.book(&[("U3", "1")]);
    let day = paceline_core::day::Day::parse("2026-11-23").expect("a day");
    let call = Part::Amount { day, amount: decimal("1"), records: 1 };
    stage.commit([stage.entry("U1", CALLS, call)]);
    let revision = stage.book(&[("U2", "100")]);
    assert_eq!(reader.ranks().await, ["1 rep:U1 300", "1 rep:U2 300", "3 rep:M1 0"]);
    assert_eq!(reader.revision, revision.0);
    // Who joins a team is ranked in it.
    stage.tell(&[("U3", Some(Some("M1")))]);
    let joined = ["1 rep:U1 300", "1 rep:U2 300", "3 rep:U3 1", "4 rep:M1 0"];
    assert_eq!(reader.ranks().await, joined);
}

#[tokio::test]
async fn what_a_limit_leaves_out_is_counted_and_not_told() {
    let stage = Stage::open().await;
    stage.book(&[("U1", "300"), ("U2", "200")]);
    let limited = WatchLeaderboardRequest { limit: 1, ..of("team:M1", RankBy::Actual) };
    let mut reader = Reader::open(&stage, limited).await;
    let seen = reader.next().await.expect("a leaderboard");
    assert_eq!(seen, Seen::Leaderboard(vec!["1 rep:U1 300".to_owned()], 3));
    stage.book(&[("U2", "50")]);
    let revision = stage.book(&[("U2", "51")]);
    assert_eq!(reader.ranks().await, ["1 rep:U2 301"]);
    assert_eq!(reader.revision, revision.0);
}

/// 30,000 / 31,000 falls to 29,000 / 30,000 while Ana's day goes on and Ben's has not begun, at no whole nanosecond; the next
/// one is that at which Ben leads.
#[tokio::test]
async fn time_alone_changes_the_order_by_pace() {
    let stage = Stage::open().await;
    stage.tell_zone("U2", "M1", "America/New_York");
    stage.book(&[("U1", "30000"), ("U2", "29000"), ("M1", "40000")]);
    let mut reader = Reader::open(&stage, of("team:M1", RankBy::Pace)).await;
    let before = ["1 rep:M1 40000", "2 rep:U1 30000", "3 rep:U2 29000"];
    assert_eq!(reader.ranks().await, before);
    assert_eq!(stage.live.next_alarm(), Some(at("2026-11-23T13:08:16.551724138Z")));
    let revision = stage.live.revision();
    stage.turn_to("2026-11-23T13:08:16.551724137Z");
    assert_eq!(stage.live.next_alarm(), Some(at("2026-11-23T13:08:16.551724138Z")));
    stage.turn_to("2026-11-23T13:08:16.551724138Z");
    let after = ["1 rep:M1 40000", "2 rep:U2 29000", "3 rep:U1 30000"];
    assert_eq!(reader.ranks().await, after);
    assert_eq!((reader.revision, stage.live.revision()), (revision.0, revision));
    // Who reads no more has no alarm.
    drop(reader);
    let gone = async {
        while stage.live.next_alarm().is_some() {
            tokio::task::yield_now().await;
        }
    };
    timeout(DEADLINE, gone).await.expect("it is let go");
}

#[tokio::test]
async fn by_what_is_there_the_clock_sends_nothing_but_bookmarks() {
    let stage = Stage::open().await;
    stage.book(&[("U1", "300")]);
    let heartbeat = Some(prost_types::Duration { seconds: 1, nanos: 0 });
    let request = WatchLeaderboardRequest { heartbeat, ..of("rep:U1", RankBy::Attainment) };
    let mut reader = Reader::open(&stage, request).await;
    assert_eq!(reader.ranks().await, ["1 rep:U1 300"]);
    assert_eq!(stage.live.next_alarm(), None);
    stage.turn_to("2026-11-23T13:10:00Z");
    assert_eq!(reader.next().await.expect("a frame"), Seen::Bookmark);
    assert_eq!(reader.next().await.expect("a frame"), Seen::Bookmark);
}

#[tokio::test]
async fn an_unknown_scope_is_told_and_followed_when_it_begins() {
    let stage = Stage::open().await;
    let mut reader = Reader::open(&stage, of("team:U1", RankBy::Actual)).await;
    let gone = || Seen::OutOfScope("team:U1".to_owned());
    assert_eq!(reader.next().await.expect("a frame"), gone());
    stage.tell(&[("U2", Some(Some("U1")))]);
    assert_eq!(reader.ranks().await, ["1 rep:U1 0", "1 rep:U2 0"]);
    stage.tell(&[("U2", None)]);
    assert_eq!(reader.next().await.expect("a frame"), gone());
}

#[tokio::test]
async fn it_is_silent_until_the_sources_are_caught_up() {
    let stage = Stage::closed(Limits::default(), 0).await;
    let mut reader = Reader::open(&stage, of("rep:U1", RankBy::Actual)).await;
    stage.book(&[("U1", "300")]);
    stage.open_board();
    assert_eq!(reader.ranks().await, ["1 rep:U1 300"]);
    assert_eq!(stage.now(), at(NOW));
}

#[tokio::test]
async fn a_large_one_comes_in_chunks_of_one_revision() {
    const REPS: usize = 1_500;
    let stage = Stage::closed(Limits::default(), REPS).await;
    stage.open_board();
    let mut reader = Reader::open(&stage, of("team:M2", RankBy::Actual)).await;
    assert_eq!(reader.ranks().await.len(), REPS + 2);
    assert!(reader.chunks > 1, "{}", reader.chunks);
    let day = paceline_core::day::Day::parse("2026-11-20").expect("a day");
    let part = Part::Amount { day, amount: decimal("1234.56"), records: 1 };
    stage.commit((0..REPS).map(|rep| stage.entry(&format!("V{rep}"), BOOKINGS, part)));
    let ranks = reader.ranks().await;
    assert!(reader.chunks > 1 && ranks[REPS - 1].starts_with("1 rep:V"), "{}", ranks[REPS - 1]);
    assert_eq!(ranks[REPS..], ["1501 rep:M2 0", "1501 rep:U3 0"]);
}

#[tokio::test]
async fn a_wrong_field_is_named_and_too_many_are_refused() {
    let stage = Stage::closed(Limits { streams: 1, ..Limits::default() }, 0).await;
    stage.open_board();
    let mut client = stage.standings().await;
    let good = || of("org", RankBy::Actual);
    let heartbeat = Some(prost_types::Duration { seconds: 61, nanos: 0 });
    for (request, field) in [
        (WatchLeaderboardRequest { kpi: "boking".to_owned(), ..good() }, "kpi"),
        (WatchLeaderboardRequest { scope: "unassigned".to_owned(), ..good() }, "scope"),
        (WatchLeaderboardRequest { heartbeat, ..good() }, "heartbeat"),
    ] {
        let status = client.watch_leaderboard(request).await.expect_err(field);
        assert_eq!(status.code(), Code::InvalidArgument);
        let violations = status.get_details_bad_request().expect("details").field_violations;
        assert_eq!(violations[0].field, field);
    }
    let _open = client.watch_leaderboard(good()).await.expect("a stream");
    let status = client.watch_leaderboard(good()).await.expect_err("one too many");
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert_eq!(status.get_details_error_info().expect("details").reason, "TOO_MANY_STREAMS");
}

#[tokio::test]
async fn it_ends_with_a_reason_and_without_a_token() {
    for (limits, code, reason) in [
        (
            Limits { age: Duration::from_millis(200), ..Limits::default() },
            Code::Unavailable,
            "STREAM_AGE",
        ),
        (Limits::default(), Code::Unavailable, "SERVER_DRAINING"),
    ] {
        let stage = Stage::closed(limits, 0).await;
        stage.open_board();
        let mut reader = Reader::open(&stage, of("org", RankBy::Actual)).await;
        if reason == "SERVER_DRAINING" {
            reader.ranks().await;
            stage.shutdown.cancel();
        }
        let status = loop {
            if let Err(status) = reader.next().await {
                break status;
            }
        };
        assert_eq!(status.code(), code, "{status:?}");
        assert_eq!(status.get_details_error_info().expect("details").reason, reason);
        assert!(status.get_details_retry_info().is_some());
        assert!(status.metadata().get_bin(TOKEN_TRAILER).is_none());
    }
}

/// A client that takes nothing is let go, and its place is free again.
#[tokio::test(flavor = "multi_thread")]
async fn who_takes_nothing_is_let_go() {
    const REPS: usize = 1_500;
    let patience = Duration::from_millis(300);
    let stage = Stage::closed(Limits { patience, streams: 1, ..Limits::default() }, REPS).await;
    stage.open_board();
    let mut narrow = paceline_client::proto::standings_service_client::StandingsServiceClient::new(
        stage.narrow_channel().await,
    );
    let stalled = narrow.watch_leaderboard(of("org", RankBy::Actual)).await.expect("a stream");
    let others = async {
        while stage.standings().await.watch_leaderboard(of("rep:U1", RankBy::Actual)).await.is_err()
        {
            stage.book(&[("U1", "1")]);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(DEADLINE, others).await.expect("the place is free in time");
    let mut reader = Reader { stream: stalled.into_inner(), revision: 0, chunks: 0 };
    let status = loop {
        if let Err(status) = reader.message().await {
            break status;
        }
    };
    assert_eq!(status.code(), Code::ResourceExhausted, "{status:?}");
    assert_eq!(status.get_details_error_info().expect("details").reason, "SLOW_CLIENT");
}
