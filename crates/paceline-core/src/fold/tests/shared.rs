//! The entries that a change of a record with splits makes.

use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::basis::Basis;
use crate::calendar::{Calendar, CalendarId};
use crate::decimal::Decimal;
use crate::entity::{Entity, EntityId, Field, FieldId, FieldType};
use crate::entry::{Entry, NO_DAY, Part};
use crate::expr::{Cell, Number, Test};
use crate::extra::{Extra, Splits};
use crate::fold::Fold;
use crate::joint::Joint;
use crate::kpi::{
    Aggregate, At, Band, Bands, Better, Credit, GoalKind, Kpi, KpiId, Measure, Role, Simple, Unit,
};
use crate::model::Model;
use crate::record::{Life, Scratch, Transition};
use crate::roster::{Rep, Roster};
use crate::shares::{Shares, Split};
use crate::symbol::{Intern, Symbol, Symbols};

const AMOUNT: FieldId = FieldId(0);
const CLOSED: FieldId = FieldId(1);
const SPLITS: FieldId = FieldId(2);
/// 12:00 UTC on day 0, when it is day 1 in Auckland.
const NOON: i128 = 12 * 3_600 * 1_000_000_000;

fn model() -> Model {
    let field = |name: &str, kind| Field { name: name.to_owned(), kind, currency: None };
    let splits = Splits {
        entity: EntityId(1),
        record: FieldId(0),
        who: FieldId(1),
        share: FieldId(2),
        overlay: Some(FieldId(3)),
    };
    let simple = Simple {
        entity: EntityId(0),
        filter: Test::Const(true),
        aggregate: Aggregate::Sum(Number::Field(AMOUNT)),
        currency: None,
        at: Some(At::Timestamp(CLOSED)),
        credit: Credit::Splits(SPLITS),
    };
    let band = Band { enter: Decimal::ZERO, leave: Decimal::ZERO };
    Model {
        entities: vec![Entity {
            name: "deal".to_owned(),
            fields: vec![
                field("amount", FieldType::Decimal),
                field("closed", FieldType::Timestamp),
            ],
            extras: vec![Extra::Splits(splits)],
        }],
        kpis: vec![Kpi {
            name: "shared".to_owned(),
            title: "Shared".to_owned(),
            description: String::new(),
            wording: String::new(),
            unit: Unit::Currency,
            better: Better::Higher,
            goal_kind: GoalKind::Reach,
            role: Role::Output,
            periods: Vec::new(),
            min_sample: 1,
            measure: Measure::Simple(simple),
        }],
        calendars: vec![Calendar::default()],
        goals: Vec::new(),
        bands: Bands { behind: band, ahead: band, grace: Decimal::ZERO },
        symbols: Symbols::default(),
        rates: None,
    }
}

/// Of U1, U2 and U3, the last of whom is in Auckland.
fn basis(symbols: &mut Symbols) -> Basis {
    let rep = |id: &str| Rep {
        id: id.to_owned(),
        name: id.to_owned(),
        manager: None,
        role: None,
        start: None,
        end: None,
        zone: (id == "U3").then(|| TimeZone::get("Pacific/Auckland").expect("a zone")),
        calendar: CalendarId::DEFAULT,
        time_off: Vec::new(),
    };
    let reps = ["U1", "U2", "U3"].map(rep).to_vec();
    let roster = Roster::new(reps, &[Calendar::default()], symbols).expect("a roster");
    Basis::new(&[Calendar::default()], Arc::new(roster), Arc::default())
}

/// A deal with an amount and splits, `(who, percent, overlay?)`.
type Deal<'a> = (i64, &'a [(&'a str, i64, bool)]);

/// The entries of a change from one deal to another, one a line: whose, which day, how much and how many records.
fn entries((before, were): Deal<'_>, (after, are): Deal<'_>) -> Vec<String> {
    let model = model();
    let mut symbols = Symbols::default();
    let basis = basis(&mut symbols);
    let mut shares = |splits: &[(&str, i64, bool)]| {
        let split = |(who, share, overlay): &(&str, i64, bool)| Split {
            who: Cell::Known(symbols.intern(who).0.into()),
            share: Cell::Known(Decimal::from_int(*share).micros()),
            overlay: Cell::Known((*overlay).into()),
        };
        Shares::of(splits.iter().map(split), |one: Symbol, other: Symbol| one.cmp(&other))
    };
    let shares = vec![(SPLITS, [shares(were), shares(are)])];
    let row = |amount| {
        vec![Cell::Known(Decimal::from_int(amount).micros()), Cell::Known(NOON), Cell::Known(0)]
    };
    let scratch = Scratch { old: row(before), new: row(after), shares };
    let life = Life { alive: true, in_doubt: false };
    let change = Transition { was: life, is: life, changed: AMOUNT.bit() | SPLITS.bit() };
    let mut entries = Vec::new();
    let fold = Fold::new(&model, EntityId(0));
    fold.transition(change, &scratch, &basis, &mut symbols, |entry| entries.push(entry));
    let owner = |owner: Symbol| match symbols.joints().find(|(symbol, _)| *symbol == owner) {
        Some((_, Joint::AtLeast { count, .. })) => format!("at least {count}"),
        Some((_, Joint::Overlay { whose, .. })) => format!("overlay {whose}"),
        Some((_, Joint::Outweighed { whose, .. })) => format!("outweighed {whose}"),
        None => symbols.text(owner).unwrap_or("nobody").to_owned(),
    };
    let line = |Entry { owner: whose, part, .. }: Entry| match part {
        Part::Amount { day, amount, records } => {
            format!("{} on {}: {amount}, {records}", owner(whose), day.0)
        }
        Part::Doubt { day, incomplete, gap } => {
            format!("{} on {}: {incomplete} incomplete, {gap} missed", owner(whose), day.0)
        }
        Part::Member { .. } => "a member".to_owned(),
    };
    entries.into_iter().map(line).collect()
}

#[test]
fn a_change_of_a_shared_record_is_the_difference() {
    let halves: &[_] = &[("U1", 50, false), ("U2", 50, false)];
    let cases: [(Deal<'_>, Deal<'_>, &[&str]); 6] = [
        // Another amount is one entry for each who shares.
        ((100, halves), (60, halves), &["U1 on 0: -20, 0", "U2 on 0: -20, 0"]),
        ((100, halves), (100, halves), &[]),
        // Of one alone nothing is counted twice.
        (
            (100, &[("U1", 100, false)]),
            (100, &[("U2", 100, false)]),
            &["U1 on 0: -100, -1", "U2 on 0: 100, 1"],
        ),
        // What comes to be shared is one record where both are.
        (
            (100, &[("U1", 100, false)]),
            (100, halves),
            &["U1 on 0: -50, 0", "U2 on 0: 50, 1", "at least 2 on 0: 0, -1"],
        ),
        // Who dates it on another day has it on that.
        (
            (100, halves),
            (100, &[("U1", 50, false), ("U3", 50, false)]),
            &["U2 on 0: -50, -1", "U3 on 1: 50, 1", "at least 2 on 0: 0, 1"],
        ),
        (
            (100, halves),
            (100, &[("U1", 50, false)]),
            &[
                "nobody on 0: 50, 1",
                "nobody on 0: 1 incomplete, 0 missed",
                "U1 on 0: 1 incomplete, 0 missed",
                "U2 on 0: -50, -1",
                "at least 2 on 0: 0, 1",
                "at least 2 on 0: 0, -1",
                "at least 2 on 0: -1 incomplete, 0 missed",
            ],
        ),
    ];
    for (before, after, expected) in cases {
        assert_eq!(entries(before, after), expected, "{before:?} → {after:?}");
    }
}

#[test]
fn overlay_takes_the_place_of_the_regular_amounts() {
    let alone: &[_] = &[("U1", 100, false)];
    let helped: &[_] = &[("U1", 100, false), ("U2", 30, true)];
    assert_eq!(
        entries((200, alone), (200, helped)),
        [
            "U2 on 0: 0, 1",
            "at least 2 on 0: 0, -1",
            "outweighed 0 on 0: -200, 0",
            "overlay 1 on 0: 60, 0",
        ]
    );
    assert_eq!(
        entries((200, helped), (100, helped)),
        ["U1 on 0: -100, 0", "outweighed 0 on 0: 100, 0", "overlay 1 on 0: -30, 0"]
    );
}

#[test]
fn an_overflow_of_splits_may_be_of_any_record_they_split() {
    let model = model();
    for entity in [EntityId(0), EntityId(1)] {
        let mut entries = Vec::new();
        Fold::new(&model, entity).overflow(|entry| entries.push(entry));
        let part = Part::Doubt { day: NO_DAY, incomplete: 0, gap: 1 };
        assert_eq!(entries, [Entry { owner: Symbol::UNKNOWN, kpi: KpiId(0), part }]);
    }
    let mut others = 0;
    Fold::new(&model, EntityId(2)).overflow(|_| others += 1);
    assert_eq!(others, 0);
}
