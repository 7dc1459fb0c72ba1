//! Merging, case by case: each case is a list of changes and the image they leave, in whatever order they come.

use std::borrow::Cow;

use jiff::Timestamp;
use proptest::prelude::*;
use smallvec::smallvec;

use super::rows::Rows;
use super::{Applied, Images, Scratch};
use crate::change::{Change, Mention, Op, Value};
use crate::decimal::Decimal;
use crate::entity::{Entity, EntityId, Field, FieldId, FieldType};
use crate::expr::{Cell, Comparison, Test, Word};
use crate::extra::Extra;
use crate::moment::{Kind, Moment};
use crate::symbol::Symbols;
use crate::version::Version;

/// `(operation, version, amount, rank)`; a field is left out by `None`, nulled by `Some(None)`.
type Step = (Op, i64, Option<Option<i64>>, Option<Option<i64>>);

fn entity() -> Entity {
    let field =
        |name: &str| Field { name: name.to_owned(), kind: FieldType::Decimal, currency: None };
    Entity {
        name: "deal".to_owned(),
        fields: vec![field("amount"), field("rank")],
        extras: Vec::new(),
    }
}

fn change((op, version, amount, rank): Step) -> Change<'static> {
    let mention = |value: Option<i64>| match value {
        Some(value) => Mention::Set(Value::Decimal(Decimal::from_micros(value.into()))),
        None => Mention::Null,
    };
    let fields = [amount, rank].into_iter().enumerate();
    Change {
        entity: EntityId(0),
        ids: smallvec![Cow::Borrowed("d1")],
        op,
        version: Version::from_counter(version),
        time: Timestamp::UNIX_EPOCH,
        actor: None,
        fields: fields
            .filter_map(|(at, value)| Some((FieldId(at as u8), mention(value?))))
            .collect(),
    }
}

fn apply(
    images: &mut Images,
    change: &Change<'_>,
    id: &str,
    symbols: &mut Symbols,
    scratch: &mut Scratch,
) -> Applied {
    let place = images.place(id);
    images.merge(place, change, symbols, scratch)
}

/// The image after steps: `alive? in-doubt? amount rank`.
fn image(steps: &[Step]) -> String {
    let mut images = Images::new(&entity());
    let (mut symbols, mut scratch) = (Symbols::default(), Scratch::default());
    for step in steps {
        apply(&mut images, &change(*step), "d1", &mut symbols, &mut scratch);
    }
    let mut shown = "nothing".to_owned();
    images.for_each(|life, cells| {
        let alive = if life.alive { "alive" } else { "dead" };
        let doubt = if life.in_doubt { " in doubt" } else { "" };
        let cell = |cell: &Cell| match cell {
            Cell::Unknown => "?".to_owned(),
            Cell::Null => "null".to_owned(),
            Cell::Known(value) => value.to_string(),
        };
        shown = format!("{alive}{doubt} {} {}", cell(&cells[0]), cell(&cells[1]));
    });
    shown
}

/// All orders of up to four steps.
fn orders(steps: &[Step]) -> Vec<Vec<Step>> {
    if steps.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for at in 0..steps.len() {
        let mut rest = steps.to_vec();
        let first = rest.remove(at);
        all.extend(orders(&rest).into_iter().map(|order| [vec![first], order].concat()));
    }
    all
}

#[test]
fn the_image_does_not_depend_on_the_order() {
    use Op::{Delete, Full, Gap, Patch};
    let (set, null, left_out) = (|value| Some(Some(value)), Some(None), None);
    let cases: [(&[Step], &str); 11] = [
        (&[(Full, 1, set(5), set(7))], "alive 5 7"),
        (&[(Full, 1, set(5), left_out)], "alive 5 null"),
        (&[(Patch, 1, set(5), left_out)], "alive 5 ?"),
        (&[(Full, 1, set(5), set(7)), (Patch, 2, null, left_out)], "alive null 7"),
        (&[(Full, 2, set(5), set(7)), (Patch, 1, set(9), set(9))], "alive 5 7"),
        (
            &[
                (Full, 1, set(1), set(1)),
                (Patch, 2, set(2), left_out),
                (Full, 3, set(3), set(3)),
                (Patch, 4, left_out, set(4)),
            ],
            "alive 3 4",
        ),
        (&[(Full, 1, set(5), set(7)), (Delete, 2, left_out, left_out)], "dead 5 7"),
        (
            &[
                (Full, 1, set(5), set(7)),
                (Delete, 2, left_out, left_out),
                (Full, 3, set(6), left_out),
            ],
            "alive 6 null",
        ),
        (
            &[
                (Full, 1, set(5), set(7)),
                (Delete, 2, left_out, left_out),
                (Patch, 3, set(6), left_out),
            ],
            "dead in doubt 6 7",
        ),
        (&[(Full, 1, set(5), set(7)), (Gap, 2, left_out, left_out)], "alive in doubt 5 7"),
        (
            &[(Full, 1, set(5), set(7)), (Gap, 2, left_out, left_out), (Full, 3, set(8), set(8))],
            "alive 8 8",
        ),
    ];
    for (steps, expected) in cases {
        for order in orders(steps) {
            assert_eq!(image(&order), expected, "{order:?}");
            let twice: Vec<Step> = order.iter().chain(&order).copied().collect();
            assert_eq!(image(&twice), expected, "{twice:?}");
        }
    }
}

#[test]
fn a_null_value_deletes_the_image_it_stands_at() {
    use Op::{Full, Patch, Tombstone};
    let tombstone = (Tombstone, 0, None, None);
    assert_eq!(image(&[tombstone]), "dead ? ?");
    assert_eq!(image(&[tombstone, (Patch, 1, Some(Some(5)), None)]), "dead in doubt 5 ?");
    assert_eq!(image(&[(Full, 1, Some(Some(5)), None), tombstone]), "dead 5 null");
    assert_eq!(
        image(&[(Full, 1, Some(Some(5)), None), tombstone, (Full, 2, Some(Some(6)), None)]),
        "alive 6 null"
    );
    assert_eq!(
        image(&[
            (Full, 1, Some(Some(5)), None),
            (Patch, 3, Some(Some(7)), None),
            tombstone,
            (Full, 2, Some(Some(6)), None)
        ]),
        "dead 7 null"
    );
}

#[test]
fn what_a_full_image_leaves_out_as_unchanged_keeps_its_version() {
    let kept = |version, amount: i64| {
        let mut change = change((Op::Full, version, Some(Some(amount)), None));
        change.fields.push((FieldId(1), Mention::Kept));
        change
    };
    let full = change((Op::Full, 1, Some(Some(1)), Some(Some(1))));
    let patch = change((Op::Patch, 2, None, Some(Some(2))));
    for order in
        [[&full, &patch, &kept(3, 3)], [&kept(3, 3), &patch, &full], [&patch, &kept(3, 3), &full]]
    {
        let mut images = Images::new(&entity());
        let (mut symbols, mut scratch) = (Symbols::default(), Scratch::default());
        for change in order {
            apply(&mut images, change, "d1", &mut symbols, &mut scratch);
        }
        images.for_each(|life, cells| {
            assert!(life.alive);
            assert_eq!(cells, [Cell::Known(3), Cell::Known(2)]);
        });
    }
}

#[test]
fn values_beyond_64_bits_come_and_go() {
    let large = 10i128.pow(22);
    let with = |version, value: i128| {
        let mut change = change((Op::Full, version, None, Some(Some(1))));
        change.fields.push((FieldId(0), Mention::Set(Value::Decimal(Decimal::from_micros(value)))));
        change
    };
    let mut images = Images::new(&entity());
    let (mut symbols, mut scratch) = (Symbols::default(), Scratch::default());
    for version in 1..100 {
        let value = if version % 2 == 0 { large + i128::from(version) } else { 7 };
        assert!(matches!(
            apply(&mut images, &with(version, value), "d1", &mut symbols, &mut scratch),
            Applied::Changed(_)
        ));
        images.for_each(|_, cells| assert_eq!(cells[0], Cell::Known(value)));
    }
    assert_eq!(apply(&mut images, &with(99, 1), "d1", &mut symbols, &mut scratch), Applied::Stale);
}

#[test]
fn many_records_keep_apart() {
    let mut images = Images::new(&entity());
    let (mut symbols, mut scratch) = (Symbols::default(), Scratch::default());
    for round in 1..=2 {
        for record in 0..5_000i64 {
            let change = change((Op::Full, round, Some(Some(record * round)), None));
            apply(
                &mut images,
                &change,
                &format!("a record with a longer id {record}"),
                &mut symbols,
                &mut scratch,
            );
        }
    }
    assert_eq!(images.len(), 5_000);
    let mut record = 0;
    images.for_each(|_, cells| {
        assert_eq!(cells[0], Cell::Known(record * 2));
        record += 1;
    });
}

/// When the amount was above 3 first, and since when it is.
fn moments(changes: &[Change<'_>]) -> [Cell; 2] {
    let above = |kind| Moment {
        kind,
        condition: Test::Compare {
            op: Comparison::Greater,
            left: Word::Field(FieldId(0)),
            right: Word::Const(3),
        },
        states: None,
    };
    let extras = [Kind::First, Kind::Since].map(|kind| Extra::Moment(above(kind))).to_vec();
    let mut images = Images::new(&Entity { extras, ..entity() });
    let (mut symbols, mut scratch) = (Symbols::default(), Scratch::default());
    for change in changes {
        apply(&mut images, change, "d1", &mut symbols, &mut scratch);
    }
    let mut found = [Cell::Unknown; 2];
    images.for_each(|_, cells| found = [cells[2], cells[3]]);
    found
}

/// A change whose version is its time in seconds.
fn timed((op, amount): (Op, Option<i64>), version: i64) -> Change<'static> {
    let time = Timestamp::from_second(version).expect("in range");
    Change { time, ..change((op, version, amount.map(Some), None)) }
}

#[test]
fn a_late_change_moves_no_moment_that_a_newer_one_set() {
    use Op::{Full, Patch};
    let second = |second: i128| Cell::Known(second * 1_000_000_000);
    /// What happened, when, to which amount.
    type Told = (Op, i64, i64);
    let cases: [(&[Told], [Cell; 2]); 4] = [
        (&[(Full, 2, 5), (Full, 1, 9)], [second(2), second(2)]),
        (&[(Full, 1, 5), (Patch, 3, 1), (Patch, 2, 9)], [second(1), Cell::Null]),
        // What was never above as far as anybody knew is above no more when that is told.
        (&[(Full, 2, 1), (Full, 1, 9)], [Cell::Null, Cell::Null]),
        (&[(Full, 1, 1), (Patch, 3, 5), (Patch, 2, 1)], [second(3), second(3)]),
    ];
    for (steps, expected) in cases {
        let changes: Vec<_> =
            steps.iter().map(|(op, at, amount)| timed((*op, Some(*amount)), *at)).collect();
        assert_eq!(moments(&changes), expected, "{steps:?}");
    }
}

proptest! {
    /// Of changes in the order of their versions it does not matter which of them come again, and when.
    #[test]
    fn replays_move_no_moment(
        steps in prop::collection::vec(
            (prop::sample::select(vec![Op::Full, Op::Patch, Op::Delete]), prop::option::of(0i64..8)),
            1..12,
        ),
        replays in prop::collection::vec((0usize..12, 0usize..12), 0..12),
    ) {
        let once: Vec<_> = (1..).zip(&steps).map(|(at, step)| timed(*step, at)).collect();
        let mut again = Vec::new();
        for (nth, change) in once.iter().enumerate() {
            again.push(change.clone());
            let replayed = replays.iter().filter(|(after, which)| *after == nth && *which <= nth);
            again.extend(replayed.map(|(_, which)| once[*which].clone()));
        }
        prop_assert_eq!(moments(&again), moments(&once));
    }

    /// Rows hold what is written to them, of every type and size, also once versions get longer.
    #[test]
    fn rows_hold_what_is_written(
        writes in prop::collection::vec((0usize..40, 0usize..6, cell(), version()), 1..60)
    ) {
        use FieldType::{Bool, Date, Decimal, Int, Text, Timestamp};
        let kinds = [Text, Timestamp, Bool, Decimal, Date, Int].into_iter().cycle().take(20);
        let fields: Vec<FieldType> = kinds.collect();
        // Of all lengths around the longest that a row holds itself.
        let id = |record: usize| format!("{record:0>width$}", width = record % 30);
        let mut rows = Rows::new(&fields);
        let mut model: Vec<(Vec<Cell>, Version)> = Vec::new();
        let mut marked = vec![false; 40];
        for record in 0..40 {
            rows.push(&id(record));
            model.push((vec![Cell::Unknown; fields.len()], Version::MIN));
        }
        let mut cells = Vec::new();
        for (record, group, cell, version) in writes {
            let changed = 0b1001 << (group * 3);
            let known = &mut model[record];
            (known.0[group * 3], known.0[group * 3 + 3], known.1) = (cell, cell, version);
            rows.write(record as u32, &known.0, changed);
            rows.set_full_version(record as u32, version);
            rows.set_marked(record as u32, group == 1);
            marked[record] = group == 1;
        }
        // What comes after versions became longer is laid out like what was there.
        rows.push("another");
        model.push((vec![Cell::Unknown; fields.len()], Version::MIN));
        marked.push(false);
        for (record, (expected, version)) in model.iter().enumerate() {
            let slot = record as u32;
            rows.read(slot, &mut cells);
            prop_assert_eq!(&cells, expected);
            prop_assert_eq!(rows.full_version(slot), *version);
            let id = if record == 40 { "another".to_owned() } else { id(record) };
            prop_assert_eq!(rows.is_marked(slot), marked[record]);
            prop_assert!(rows.has_id(slot, Rows::pack(&id), &id));
            prop_assert!(rows.with_id(slot, |bytes| bytes == id.as_bytes()));
        }
    }
}

fn cell() -> impl Strategy<Value = Cell> {
    prop_oneof![
        Just(Cell::Unknown),
        Just(Cell::Null),
        (any::<i128>(), 0u32..127).prop_map(|(value, shift)| Cell::Known(value >> shift)),
    ]
}

/// Mostly short ones.
fn version() -> impl Strategy<Value = Version> {
    prop_oneof![
        9 => any::<i64>().prop_map(Version::from_counter),
        1 => any::<(u64, u64)>().prop_map(|(high, low)| Version::from_parts(high, low)),
    ]
}
