//! What many watch is made once.

use std::collections::BTreeSet;
use std::time::Duration;

use super::known::Seen;
use super::{House, Viewer, select};
use crate::limits::Limits;

const LONG: Duration = Duration::from_secs(60);

/// How many different encodings of their last chunk viewers have.
fn encodings<'a>(viewers: impl IntoIterator<Item = &'a Viewer>) -> usize {
    let last = |viewer: &Viewer| viewer.chunks.last().expect("a chunk").bytes().as_ptr() as usize;
    viewers.into_iter().map(last).collect::<BTreeSet<usize>>().len()
}

/// Has everybody take all until each has had one whole frame.
async fn one_frame(house: &House, viewers: &mut [Viewer]) -> Vec<Seen> {
    let mut seen: Vec<Option<Seen>> = viewers.iter().map(|_| None).collect();
    while seen.iter().any(Option::is_none) {
        house.run().await;
        for (viewer, seen) in viewers.iter_mut().zip(&mut seen) {
            if seen.is_none() {
                *seen = viewer.take_all().pop();
            }
        }
    }
    seen.into_iter().flatten().collect()
}

#[tokio::test]
async fn watchers_of_one_view_share_each_encoding() {
    let house = House::open(Limits::default());
    let watch = |_| house.watch(select(&["org"], false), &[], LONG);
    let mut viewers: Vec<Viewer> = (0..200).map(watch).collect();
    one_frame(&house, &mut viewers).await;
    assert_eq!(encodings(&viewers), 1, "a snapshot");
    for amount in ["1", "2", "3"] {
        house.organisation.book(&[("U1", amount)]);
        let seen = one_frame(&house, &mut viewers).await;
        assert!(seen.iter().all(|seen| matches!(seen, Seen::Update(..))));
        assert_eq!(encodings(&viewers), 1, "an update");
    }
    house
        .organisation
        .live
        .set_cause(paceline_engine::Cause::Unreadable { error: "checksum".to_owned() }, true);
    let seen = one_frame(&house, &mut viewers).await;
    assert!(seen.iter().all(|seen| matches!(seen, Seen::Bookmark(_))));
    assert_eq!(encodings(&viewers), 1, "a bookmark");
}

#[tokio::test]
async fn who_joined_at_another_revision_is_in_step_after_one_beat() {
    let house = House::open(Limits::default());
    let mut viewers = Vec::new();
    for amount in ["1", "2", "3", "4"] {
        let mut joining = vec![house.watch(select(&["org"], false), &[], LONG)];
        one_frame(&house, &mut joining).await;
        viewers.append(&mut joining);
        house.organisation.book(&[("U1", amount)]);
        one_frame(&house, &mut viewers).await;
        assert_eq!(encodings(&viewers), 1, "{} viewers", viewers.len());
    }
}

#[tokio::test]
async fn who_stalls_is_not_worked_for_and_gets_one_frame_when_it_goes_on() {
    let house = House::open(Limits::default());
    let watch = |_| house.watch(select(&["org"], false), &[], LONG);
    let mut viewers: Vec<Viewer> = (0..10).map(watch).collect();
    one_frame(&house, &mut viewers).await;
    let (stalling, others) = viewers.split_first_mut().expect("ten");
    for at in 1..=20 {
        house.organisation.book(&[("U1", "1")]);
        let seen = one_frame(&house, others).await;
        assert!(seen.iter().all(|seen| seen.message().revision >= at));
        assert_eq!(encodings(&*others), 1);
    }
    let seen = one_frame(&house, std::slice::from_mut(stalling)).await;
    let Seen::Update(_, standings, _) = &seen[0] else { panic!("an update") };
    assert!(standings.iter().any(|standing| standing.actual == "20"), "{standings:?}");
    house.run().await;
    assert!(stalling.take_all().is_empty());
    house.organisation.book(&[("U1", "1")]);
    one_frame(&house, &mut viewers).await;
    assert_eq!(encodings(&viewers), 1, "in step again");
}

#[tokio::test]
async fn what_does_not_concern_a_view_wakes_nobody() {
    let house = House::open(Limits::default());
    let mut viewers = vec![house.watch(select(&["rep:U1"], false), &[], LONG)];
    one_frame(&house, &mut viewers).await;
    house.organisation.book(&[("U3", "1")]);
    house.run().await;
    assert!(viewers[0].take_all().is_empty());
    house.organisation.book(&[("U1", "1")]);
    assert!(matches!(one_frame(&house, &mut viewers).await[0], Seen::Update(..)));
}

#[tokio::test]
async fn the_place_of_who_takes_nothing_is_free_after_its_patience() {
    let patience = Duration::from_millis(40);
    let house = House::open(Limits { patience, streams: 1, ..Limits::default() });
    let mut viewers = vec![house.watch(select(&["org"], false), &[], LONG)];
    one_frame(&house, &mut viewers).await;
    let token = viewers[0].known.token.clone();
    house.organisation.book(&[("U1", "1")]);
    while house.room().is_err() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    viewers[0].take_all();
    let status = viewers[0].end.as_ref().expect("an end");
    assert_eq!(status.code(), tonic::Code::ResourceExhausted);
    let trailer = status.metadata().get_bin(crate::TOKEN_TRAILER).expect("a token");
    assert_eq!(trailer.to_bytes().expect("bytes"), token);
}

#[tokio::test]
async fn who_was_told_that_nothing_is_new_is_not_told_what_was_before() {
    let house = House::open(Limits::default());
    let watch = |token: &[u8]| house.watch(select(&["rep:N1"], false), token, LONG);
    let mut before = watch(&[]);
    while before.known.token.is_empty() {
        house.run().await;
        before.take_all();
    }
    let token = before.known.token.clone();
    // One is amid a frame all the time, so that the others are not alone.
    let mut amid = watch(&[]);
    while amid.chunks.is_empty() {
        house.run().await;
        drop(amid.take());
    }
    drop(before);
    house.organisation.tell(&[("N1", Some(None))]);
    let mut slow = watch(&token);
    assert!(slow.take().is_pending());
    house.run().await;
    house.organisation.tell(&[("N1", None)]);
    let mut late = watch(&token);
    assert!(late.take().is_pending());
    house.run().await;
    let seen = late.take_all();
    assert!(matches!(seen.as_slice(), [Seen::Bookmark(_)]), "{seen:?}");
}
