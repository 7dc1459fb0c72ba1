//! Changes in any order, and what a record looks like after them.

use super::{super::filter::V, BOOKINGS, Feed, config};
use crate::recompute::{number, records::Image};

fn feed() -> Feed {
    Feed::new(config(&[BOOKINGS], &[]))
}

fn image(feed: &Feed) -> Image {
    feed.records.images(&feed.config, "opportunity").remove(0).1
}

fn number(text: &str) -> V {
    V::Num(number::parse(text).unwrap())
}

#[test]
fn a_patch_tells_set_from_nulled_from_not_mentioned() {
    let mut feed = feed();
    feed.say("A", "patch", 2, r#""set":{"Amount":"5"},"unset":["StageName"]"#);
    let image = image(&feed);
    assert_eq!(image.field("amount"), number("5"));
    assert_eq!(image.field("stage"), V::Null);
    assert_eq!(image.field("owner"), V::Unknown);
    assert!(image.alive && !image.in_doubt);
}

#[test]
fn a_full_image_nulls_what_it_leaves_out() {
    let mut feed = feed();
    feed.say("A", "patch", 1, r#""set":{"Amount":"5","Days":3}"#);
    feed.say("A", "upsert", 2, r#""set":{"Amount":7.25}"#);
    assert_eq!(image(&feed).field("amount"), number("7.25"));
    assert_eq!(image(&feed).field("days"), V::Null);
}

#[test]
fn order_and_duplicates_do_not_matter() {
    let changes = [
        ("upsert", 1, r#""set":{"OwnerId":"U1","Amount":"1"}"#),
        ("patch", 2, r#""set":{"Amount":"2"}"#),
        ("patch", 4, r#""set":{"StageName":"Proposal"}"#),
        ("patch", 3, r#""set":{"StageName":"Closed Won","Days":9}"#),
    ];
    // All orders of four changes, each with the first one said again at the end.
    for code in 0..24 {
        let (mut left, mut code, mut feed) = (changes.to_vec(), code, feed());
        let mut order = Vec::new();
        for size in (1..=4).rev() {
            order.push(left.remove(code % size));
            code /= size;
        }
        order.push(order[0]);
        for (op, version, rest) in order {
            feed.say("A", op, version, rest);
        }
        let image = image(&feed);
        assert_eq!(image.field("amount"), number("2")); // version 2 after 1
        assert_eq!(image.field("stage"), V::Text("Proposal".into())); // version 4 after 3
        assert_eq!(image.field("days"), number("9")); // nothing newer than 3 speaks of it
        assert_eq!(image.field("owner"), V::Text("U1".into()));
        assert_eq!(image.field("account"), V::Null); // the full image spoke of it
    }
}

#[test]
fn of_equal_versions_the_first_to_come_stays() {
    let mut feed = feed();
    feed.say("A", "patch", 1, r#""set":{"Amount":"1"}"#);
    feed.say("A", "patch", 1, r#""set":{"Amount":"2"}"#);
    assert_eq!(image(&feed).field("amount"), number("1"));
}

#[test]
fn the_offset_is_the_version_of_a_change_without_one() {
    let mut feed = feed();
    feed.take("A", Some(br#"{"op":"upsert","set":{"Amount":1}}"#)).unwrap(); // offset 1
    feed.say("A", "patch", 1, r#""set":{"Amount":2}"#);
    feed.say("A", "patch", 2, r#""set":{"Days":2}"#);
    assert_eq!(image(&feed).field("amount"), number("1"));
    assert_eq!(image(&feed).field("days"), number("2"));
}

#[test]
fn a_delete_needs_to_be_newer_than_the_full_image() {
    // The versions of a full image, a delete and a patch (0: none); whether it lives, whether it is in doubt.
    let cases = [
        ((2, 1, 0), (true, false)),
        ((1, 2, 0), (false, false)),
        ((1, 1, 0), (true, false)), // equally new is not newer
        ((1, 2, 3), (false, true)), // who patches a dead record
        ((1, 3, 2), (false, false)),
        ((3, 1, 2), (true, false)),
        ((0, 1, 2), (false, true)),
        ((0, 2, 1), (false, false)),
        ((0, 0, 1), (true, false)), // only patches: it lives
    ];
    for ((full, delete, patch), (alive, in_doubt)) in cases {
        for reversed in [false, true] {
            let mut feed = feed();
            let mut said = vec![("upsert", full), ("delete", delete), ("patch", patch)];
            if reversed {
                said.reverse();
            }
            for (op, version) in said.into_iter().filter(|(_, version)| *version > 0) {
                feed.say("A", op, version, "");
            }
            let image = image(&feed);
            assert_eq!((image.alive, image.in_doubt), (alive, in_doubt), "{full} {delete} {patch}");
        }
    }
}

#[test]
fn an_undelete_is_a_full_image() {
    let mut feed = feed();
    feed.say("A", "upsert", 1, r#""set":{"Amount":1,"Days":1}"#);
    feed.say("A", "delete", 2, "");
    feed.say("A", "undelete", 3, r#""set":{"Amount":2}"#);
    let image = image(&feed);
    assert!(image.alive);
    assert_eq!((image.field("amount"), image.field("days")), (number("2"), V::Null));
}

#[test]
fn a_null_value_deletes_at_the_version_of_the_image_and_wins_the_tie() {
    let mut feed = feed();
    feed.say("A", "upsert", 5, "");
    feed.tombstone("A"); // at version 5
    assert!(!image(&feed).alive);
    feed.say("A", "upsert", 5, ""); // the same again
    assert!(!image(&feed).alive);
    feed.say("A", "patch", 5, ""); // not newer: no doubt
    assert!(!image(&feed).in_doubt);
    feed.say("A", "upsert", 6, "");
    assert!(image(&feed).alive);
    feed.say("A", "patch", 8, "");
    feed.tombstone("A"); // at version 8, which the patch brought
    feed.say("A", "upsert", 7, ""); // late
    assert!(!image(&feed).alive);
}

#[test]
fn a_null_value_on_an_unseen_key_is_older_than_everything() {
    let mut feed = feed();
    feed.tombstone("A");
    assert!(!image(&feed).alive);
    feed.say("A", "upsert", i64::MIN, "");
    assert!(image(&feed).alive);
}

#[test]
fn a_gap_leaves_doubt_until_a_newer_full_image() {
    let mut feed = feed();
    feed.say("A", "upsert", 1, r#""set":{"Amount":1}"#);
    feed.say("A", "gap", 3, "");
    feed.say("A", "patch", 4, r#""set":{"Amount":2}"#);
    feed.say("A", "upsert", 2, r#""set":{"Amount":3}"#);
    assert!(image(&feed).in_doubt && image(&feed).alive);
    assert_eq!(image(&feed).field("amount"), number("2"));
    feed.say("A", "upsert", 5, "");
    assert!(!image(&feed).in_doubt);
}

#[test]
fn a_message_with_one_wrong_field_is_refused_whole() {
    let wrong = [
        &b""[..],
        b"[1,2]",
        b"\"closed won\"",
        br#"{"id":"A"}"#,
        br#"{"id":"A","op":""}"#,
        br#"{"id":"A","op":"explode"}"#,
        br#"{"id":"A","op":"patch","version":1.5}"#,
        br#"{"id":"A","op":"patch","time":"yesterday"}"#,
        br#"{"id":"A","op":"patch","set":{"Days":1,"Amount":"abc"}}"#,
        br#"{"id":"A","op":"patch","set":{"Amount":1e999999}}"#,
        br#"{"id":"A","op":"patch","set":{"Amount":{"value":1}}}"#,
        br#"{"id":"A","op":"patch","set":{"CloseDate":"2026-02-30"}}"#,
        br#"{"id":"A","op":"patch","set":{"CloseDate":"2026-02-03T10:00:00Z"}}"#,
        br#"{"id":"A","op":"patch","set":{"Days":1.5}}"#,
        b"{\"id\":\"A\",\"op\":\"patch\",\"set\":{\"StageName\":\"\xff\"}}",
    ];
    for value in wrong {
        let mut feed = feed();
        let text = String::from_utf8_lossy(value);
        assert!(feed.take("A", Some(value)).is_err(), "{text}");
        assert_eq!(feed.records.images(&feed.config, "opportunity"), [], "{text}");
    }
}
