//! What those hold who stall amid a frame: no more than has a bound, however many they are.

use std::time::Duration;

use tonic::Code;

use super::{House, Viewer, select};
use crate::limits::Limits;

const LONG: Duration = Duration::from_secs(60);
/// Reps, so that a snapshot of all comes in several chunks.
const MANY: usize = 1_000;

/// Somebody who has taken the first chunk of everything, and stalls.
async fn stall(house: &House) -> Viewer {
    let mut viewer = house.watch(select(&[], false), &[], LONG);
    while viewer.chunks.is_empty() {
        // Large views are made aside, which takes its time.
        tokio::time::sleep(Duration::from_millis(1)).await;
        drop(viewer.take());
        assert!(viewer.end.is_none(), "{:?}", viewer.end);
    }
    viewer
}

#[tokio::test]
async fn who_begins_within_a_moment_shares_a_large_snapshot_though_it_changes() {
    let house = House::with(Limits::default(), MANY);
    let mut stalled = Vec::new();
    for _ in 0..50 {
        stalled.push(stall(&house).await);
        house.organisation.book(&[("U1", "1")]);
    }
    let held = house.watches.hub.board.stock.bytes();
    let chunk = stalled[0].chunks[0].bytes().len();
    assert!(chunk > 50_000 && stalled[0].chunks.len() == 1, "{chunk} bytes");
    // A second or so may pass, after which there is another snapshot.
    assert!(held < 50 * chunk, "{held} bytes are held by 50 who share");
    // Each gets the rest, and then what has changed since.
    for viewer in &mut stalled {
        while viewer.timeless() != house.shown(&viewer.selector) {
            tokio::time::sleep(Duration::from_millis(1)).await;
            viewer.take_all();
            assert!(viewer.end.is_none(), "{:?}", viewer.end);
        }
    }
    drop(stalled);
    house.run().await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert!(house.watches.hub.board.stock.bytes() < 2 * chunk, "it is let go");
}

#[tokio::test]
async fn no_more_is_opened_while_too_much_is_held() {
    let house = House::with(Limits { frames: 1_000, ..Limits::default() }, MANY);
    let stalled = stall(&house).await;
    let refused = house.try_watch(select(&[], false), &[], LONG).err().expect("too much is held");
    assert_eq!(refused.code(), Code::ResourceExhausted);
    drop(stalled);
    while house.try_watch(select(&["rep:U1"], false), &[], LONG).is_err() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
