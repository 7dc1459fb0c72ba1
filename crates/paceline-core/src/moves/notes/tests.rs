//! Notes: what is kept of them, and how much they hold.

use jiff::Timestamp;

use super::{BESIDE, Notes, PIECES, ROOM, Source, TEXT, TEXTS};
use crate::day::Day;
use crate::decimal::Decimal;
use crate::entity::EntityId;
use crate::entry::{Entry, Part};
use crate::kpi::KpiId;
use crate::symbol::Symbol;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;
const LATER: Timestamp = Timestamp::MAX;

fn entry(amount: i64) -> Entry {
    let part = Part::Amount { day: Day(0), amount: Decimal::from_int(amount), records: 1 };
    Entry { owner: Symbol(1), kpi: KpiId(0), part }
}

fn said<'a>(record: &'a str, actor: Option<&'a str>) -> Source<'a> {
    let (source, partition, offset, time) = (0, 0, 0, NOW);
    Source { source, partition, offset, time, actor, entity: EntityId(0), record }
}

#[test]
fn a_change_that_only_schedules_what_is_yet_to_come_takes_no_room() {
    let mut notes = Notes::default();
    for (amount, record) in ["first", "second", "third", "fourth"].into_iter().enumerate() {
        let (of, entry) = (notes.next(), entry(amount as i64));
        match record {
            "first" | "third" => notes.schedule(of, LATER, &entry),
            "second" => notes.schedule(of, NOW, &entry),
            _ => notes.note(of, &entry),
        }
        notes.close(said(record, Some("ana")));
    }
    let kept = notes.keep(NOW).expect("there are pieces");
    let told = kept.pieces.iter().map(|piece| {
        let (origin, _, record) = kept.change(piece.change).expect("its change");
        (piece.amount.to_string(), record, origin.actor.expect("who").to_string())
    });
    let expected = [("3", "fourth", "ana"), ("1", "second", "ana")];
    assert_eq!(told.collect::<Vec<_>>(), expected.map(|(a, b, c)| (a.into(), b.into(), c.into())));
    assert!(kept.pieces[0].change > kept.pieces[1].change, "the later has the greater number");
    assert_eq!((kept.changes.len(), &*kept.texts), (2, "secondanafourthana"));
    let contents = 2 * size_of_val(&kept.changes[0]) + 2 * size_of_val(&kept.pieces[0]);
    assert_eq!(kept.bytes(), contents + "secondanafourthana".len() + BESIDE);
}

#[test]
fn what_is_too_much_is_noted_no_further_until_the_next_batch() {
    let whole = |notes: &mut Notes, count: usize| {
        for _ in 0..count {
            notes.note(notes.next(), &entry(1));
            notes.close(said("a record", None));
        }
    };
    let mut notes = Notes::default();
    whole(&mut notes, PIECES);
    assert!(!notes.overflowed() && notes.pieces.len() == PIECES);
    whole(&mut notes, 2 * PIECES);
    assert!(notes.overflowed() && notes.keep(NOW).is_none());
    assert!(notes.pieces.capacity() <= ROOM && notes.texts.capacity() <= ROOM * TEXT);
    assert!(notes.changes.capacity() <= ROOM);
    notes.schedule(notes.next(), NOW, &entry(1));
    notes.refold((0, 1), None, &entry(1));
    assert!(notes.keep(NOW).is_none(), "of what overflowed nothing is told");
    notes.clear();
    whole(&mut notes, 1);
    assert!(!notes.overflowed() && notes.keep(NOW).is_some());
}

#[test]
fn ids_of_any_length_are_too_much_as_well() {
    let long = "x".repeat(usize::from(u16::MAX));
    let mut notes = Notes::default();
    let fit = TEXTS / long.len();
    for nth in 0..=fit {
        assert!(!notes.overflowed(), "{nth} of {fit}");
        notes.note(notes.next(), &entry(1));
        notes.close(said(&long, None));
    }
    assert!(notes.overflowed());
}
