//! What is told of the records that name one that changes.

use std::borrow::Cow;
use std::fmt::Write as _;

use jiff::Timestamp;
use smallvec::smallvec;

use super::Records;
use crate::calendar::Calendar;
use crate::change::{Change, Mention, Op, Value};
use crate::decimal::Decimal;
use crate::entity::{Entity, EntityId, Field, FieldId, FieldType};
use crate::expr::{Cell, Row};
use crate::extra::{Extra, Link, Splits};
use crate::kpi::{Band, Bands};
use crate::model::Model;
use crate::record::{Life, Scratch};
use crate::symbol::Symbols;
use crate::version::Version;

const DEAL: EntityId = EntityId(0);
const ACCOUNT: EntityId = EntityId(1);
const SPLIT: EntityId = EntityId(2);

/// Deals (account, amount) look at the size of accounts (size, and another field), and are split by splits (deal, who, share).
fn model() -> Model {
    let entity = |name: &str, fields: &[(&str, FieldType)], extras: Vec<Extra>| Entity {
        name: name.to_owned(),
        fields: fields
            .iter()
            .map(|(name, kind)| Field { name: (*name).to_owned(), kind: *kind, currency: None })
            .collect(),
        extras,
    };
    let link = Link { field: FieldId(0), entity: ACCOUNT };
    let splits = Splits {
        entity: SPLIT,
        record: FieldId(0),
        who: FieldId(1),
        share: FieldId(2),
        overlay: None,
    };
    let of_deal = vec![
        Extra::Doubt(link),
        Extra::Borrowed { link, field: FieldId(0), kind: FieldType::Decimal },
        Extra::Splits(splits),
    ];
    let band = Band { enter: Decimal::ZERO, leave: Decimal::ZERO };
    let (text, decimal) = (FieldType::Text, FieldType::Decimal);
    Model {
        entities: vec![
            entity("deal", &[("account", text), ("amount", decimal)], of_deal),
            entity("account", &[("size", decimal), ("unseen", decimal)], Vec::new()),
            entity("split", &[("deal", text), ("who", text), ("share", decimal)], Vec::new()),
        ],
        kpis: Vec::new(),
        calendars: vec![Calendar::default()],
        goals: Vec::new(),
        bands: Bands { behind: band, ahead: band, grace: Decimal::ZERO },
        symbols: Symbols::default(),
        rates: None,
    }
}

struct Bench {
    records: Records,
    symbols: Symbols,
    version: i64,
}

impl Bench {
    fn new() -> Self {
        Self { records: Records::new(&model()), symbols: Symbols::default(), version: 0 }
    }

    /// Applies a change of fields, texts being quoted and `-` being null, and answers what is told: of each record its
    /// entity, its life and its cells from what to what, and the owners of its shares with these.
    fn apply(
        &mut self,
        entity: EntityId,
        id: &str,
        op: Op,
        fields: &[(u8, &'static str)],
    ) -> String {
        self.version += 1;
        let mention = |text: &'static str| match text.strip_prefix('\'') {
            Some(text) => Mention::Set(Value::Text(Cow::Borrowed(text))),
            None if text == "-" => Mention::Null,
            None => Mention::Set(Value::Decimal(Decimal::parse(text).expect("a decimal"))),
        };
        let change = Change {
            entity,
            ids: smallvec![Cow::Owned(id.to_owned())],
            op,
            version: Version::from_counter(self.version),
            time: Timestamp::UNIX_EPOCH,
            actor: None,
            fields: fields.iter().map(|(at, text)| (FieldId(*at), mention(text))).collect(),
        };
        let place = self.records.place(entity, id);
        let mut told = String::new();
        let mut scratch = Scratch::default();
        let Self { records, symbols, .. } = self;
        records.change(
            place,
            &change,
            symbols,
            &mut scratch,
            |entity, change, scratch, symbols| {
                let (was, is) = (
                    shown(change.was, &scratch.old, symbols),
                    shown(change.is, &scratch.new, symbols),
                );
                write!(told, "{} {was} → {is}", entity.0).expect("a string takes any text");
                for (_, shares) in &scratch.shares {
                    let [was, is] = shares.each_ref().map(|shares| {
                        let holders = shares.holders().iter();
                        let holder = holders.map(|holder| {
                            let who = symbols.text(holder.owner).unwrap_or("nobody");
                            format!("{who} {}", holder.regular.unwrap_or_default())
                        });
                        holder.collect::<Vec<_>>().join(", ")
                    });
                    write!(told, " ({was} → {is})").expect("a string takes any text");
                }
                told.push('\n');
            },
        );
        told
    }
}

fn shown(life: Life, row: &Row, symbols: &Symbols) -> String {
    let cell = |(at, cell): (usize, &Cell)| match cell {
        Cell::Unknown => "?".to_owned(),
        Cell::Null => "-".to_owned(),
        Cell::Known(value) if *value < 100 && at < 2 => {
            symbols.text(crate::symbol::Symbol(*value as u32)).unwrap_or("none").to_owned()
        }
        Cell::Known(value) if *value < 100 => value.to_string(),
        Cell::Known(value) => Decimal::from_micros(*value).to_string(),
    };
    let cells: Vec<String> = row.iter().enumerate().map(cell).collect();
    format!("{}{}", if life.alive { "" } else { "dead " }, cells.join(" "))
}

#[test]
fn what_is_borrowed_follows_the_record_it_is_borrowed_from() {
    let mut bench = Bench::new();
    let mut check = |entity, id: &str, op, fields: &[(u8, &'static str)], told: &str| {
        assert_eq!(bench.apply(entity, id, op, fields), told, "{id} {op:?} {fields:?}");
    };
    let nobody = "(nobody 100 → nobody 100)";
    check(
        DEAL,
        "D1",
        Op::Full,
        &[(0, "'A1"), (1, "5")],
        &format!("0 dead ? ? ? ? ? → A1 5 0 ? 0 {nobody}\n"),
    );
    check(
        DEAL,
        "D2",
        Op::Full,
        &[(0, "'A1"), (1, "6")],
        &format!("0 dead ? ? ? ? ? → A1 6 0 ? 0 {nobody}\n"),
    );
    check(ACCOUNT, "A1", Op::Patch, &[(1, "3")], "1 dead ? ? → ? 3\n");
    check(
        ACCOUNT,
        "A1",
        Op::Patch,
        &[(0, "7")],
        &format!(
            "1 ? 3 → 7 3\n0 A1 5 0 ? 0 → A1 5 0 7 0 {nobody}\n0 A1 6 0 ? 0 → A1 6 0 7 0 {nobody}\n"
        ),
    );
    check(ACCOUNT, "A1", Op::Patch, &[(1, "4")], "1 7 3 → 7 4\n");
    check(DEAL, "D2", Op::Patch, &[(0, "-")], &format!("0 A1 6 0 7 0 → - 6 0 - 0 {nobody}\n"));
    check(
        ACCOUNT,
        "A1",
        Op::Gap,
        &[],
        &format!("1 7 4 → 7 4\n0 A1 5 0 7 0 → A1 5 1 7 0 {nobody}\n"),
    );
    check(
        ACCOUNT,
        "A1",
        Op::Delete,
        &[],
        &format!("1 7 4 → dead 7 4\n0 A1 5 1 7 0 → A1 5 1 - 0 {nobody}\n"),
    );
    // Of an account that nobody names only itself is told, and of one that is first heard of by its end too.
    check(ACCOUNT, "A2", Op::Delete, &[], "1 dead ? ? → dead ? ?\n");
    check(DEAL, "D2", Op::Patch, &[(0, "'A2")], &format!("0 - 6 0 - 0 → A2 6 0 - 0 {nobody}\n"));
    check(
        DEAL,
        "D3",
        Op::Patch,
        &[(0, "'A3")],
        &format!("0 dead ? ? ? ? ? → A3 ? 0 ? 0 {nobody}\n"),
    );
    check(
        ACCOUNT,
        "A3",
        Op::Delete,
        &[],
        &format!("1 dead ? ? → dead ? ?\n0 A3 ? 0 ? 0 → A3 ? 0 - 0 {nobody}\n"),
    );
}

#[test]
fn a_record_is_told_of_when_its_splits_change() {
    let mut bench = Bench::new();
    let mut check = |entity, id: &str, op, fields: &[(u8, &'static str)], told: &[&str]| {
        let all: String = told.iter().map(|line| format!("{line}\n")).collect();
        let said = bench.apply(entity, id, op, fields);
        // What is told of splits themselves is as of any record.
        let said: String = said
            .lines()
            .filter(|line| line.starts_with('0'))
            .map(|line| format!("{line}\n"))
            .collect();
        assert_eq!(said, all, "{id} {op:?} {fields:?}");
    };
    let split = |who: &'static str, share: &'static str| [(0, "'D1"), (1, who), (2, share)];
    check(SPLIT, "S1", Op::Full, &split("'U1", "60"), &[]);
    check(
        DEAL,
        "D1",
        Op::Full,
        &[(1, "5")],
        &["0 dead ? ? ? ? ? → - 5 0 - 0 (nobody 40, U1 60 → nobody 40, U1 60)"],
    );
    check(
        SPLIT,
        "S2",
        Op::Full,
        &split("'U2", "40"),
        &["0 - 5 0 - 0 → - 5 0 - 0 (nobody 40, U1 60 → U1 60, U2 40)"],
    );
    check(SPLIT, "S2", Op::Gap, &[], &["0 - 5 0 - 0 → - 5 0 - 1 (U1 60, U2 40 → U1 60, U2 40)"]);
    // It is of D2 in truth, which is told of when it is seen.
    check(
        SPLIT,
        "S2",
        Op::Full,
        &[(0, "'D2"), (1, "'U2"), (2, "40")],
        &["0 - 5 0 - 1 → - 5 0 - 0 (U1 60, U2 40 → nobody 40, U1 60)"],
    );
    check(
        DEAL,
        "D2",
        Op::Full,
        &[(1, "6")],
        &["0 dead ? ? ? ? ? → - 6 0 - 0 (nobody 60, U2 40 → nobody 60, U2 40)"],
    );
    check(
        SPLIT,
        "S1",
        Op::Patch,
        &[(0, "'D2")],
        &[
            "0 - 5 0 - 0 → - 5 0 - 0 (nobody 40, U1 60 → nobody 100)",
            "0 - 6 0 - 0 → - 6 0 - 0 (nobody 60, U2 40 → U1 60, U2 40)",
        ],
    );
    check(
        SPLIT,
        "S1",
        Op::Delete,
        &[],
        &["0 - 6 0 - 0 → - 6 0 - 0 (U1 60, U2 40 → nobody 60, U2 40)"],
    );
    check(SPLIT, "S3", Op::Patch, &[(1, "'U3"), (2, "100")], &[]);
}
