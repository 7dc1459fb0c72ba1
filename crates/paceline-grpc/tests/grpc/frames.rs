//! Large snapshots and updates: in chunks, each small enough, and resumed as a whole.

use paceline_client::proto::{Selector, WatchStandingsRequest};
use paceline_core::entry::Part;
use paceline_grpc::Limits;
use prost::Message as _;

use crate::follower::{Follower, Seen, canonical};
use crate::stage::{BOOKINGS, Stage, at, decimal, select, watch};

const REPS: usize = 1_500;
const CHUNK_BYTES: usize = 256 * 1024;

async fn large() -> Stage {
    let stage = Stage::closed(Limits::default(), REPS).await;
    stage.open_board();
    stage
}

/// Books something for every rep, in one commit.
fn book_all(stage: &Stage) -> u64 {
    let day = paceline_core::day::Day::parse("2026-11-20").expect("a day");
    let part = Part::Amount { day, amount: decimal("1234.56"), records: 1 };
    stage.commit((0..REPS).map(|rep| stage.entry(&format!("V{rep}"), BOOKINGS, part))).0
}

/// Reads until a whole frame, and answers how many chunks it came in and the tokens of all but the last.
async fn chunks(follower: &mut Follower) -> (Seen, Vec<Vec<u8>>) {
    let mut tokens = Vec::new();
    loop {
        let message = follower.message().await.expect("a chunk");
        assert!(message.encoded_len() <= CHUNK_BYTES, "{} bytes", message.encoded_len());
        let token = message.resume_token.clone();
        if let Some(seen) = follower.apply(message) {
            return (seen, tokens);
        }
        tokens.push(token);
    }
}

#[tokio::test]
async fn snapshots_and_updates_come_in_chunks_of_one_revision() {
    let stage = large().await;
    assert_eq!(stage.now(), at(crate::stage::NOW));
    let mut follower = stage.watch(watch(Selector::default())).await;
    let (_, tokens) = chunks(&mut follower).await;
    assert!(
        tokens.len() > 2 && tokens.iter().all(Vec::is_empty),
        "no token before a snapshot's end"
    );
    let before = follower.token.clone();
    book_all(&stage);
    let (seen, tokens) = chunks(&mut follower).await;
    assert!(matches!(seen, Seen::Update(..)) && tokens.len() > 1);
    assert!(
        tokens.iter().all(|token| *token == before),
        "a token amid an update resumes before it"
    );
    let whole = select(&[], &["bookings"], &["month"]);
    let known = canonical(follower.board.values().filter(|s| s.kpi == "bookings").cloned());
    let asked = canonical(stage.get(whole).await);
    assert!(asked.iter().all(|(key, standing)| known[key] == *standing));
}

#[tokio::test]
async fn a_token_amid_an_update_skips_nothing() {
    let stage = large().await;
    let mut follower = stage.watch(watch(Selector::default())).await;
    follower.seen().await;
    let revision = book_all(&stage);
    let message = follower.message().await.expect("the first chunk");
    let resume_token = message.resume_token.clone();
    let request = WatchStandingsRequest { resume_token, ..watch(Selector::default()) };
    let mut resumed = stage.watch(request).await;
    let Seen::Update(message, standings, _) = resumed.seen().await else { panic!("an update") };
    assert_eq!(message.revision, revision);
    // The reps, their team and the org, each in a month and a quarter.
    assert_eq!(standings.len(), (REPS + 2) * 2);
}
