//! A compiled expression of the config beside the same written in Rust.

use std::cell::RefCell;
use std::hint::black_box;

use criterion::Criterion;
use paceline_core::entity::{Entity, Field, FieldType};
use paceline_core::expr::{Cell, Row, Scope, States, Test, Tri, test};
use paceline_core::symbol::{Intern as _, Symbols};

/// Half of what real filters look like: a set of stages, an amount, a type.
const TEXT: &str = "stage in states.open && amount > 1000 && deal_type == 'Upsell'";

pub(crate) fn bench(criterion: &mut Criterion) {
    let mut symbols = Symbols::default();
    let compiled = compiled(&mut symbols);
    let stages = ["Prospecting", "Qualification", "Proposal"]
        .map(|stage| i128::from(symbols.intern(stage).0));
    let upsell = i128::from(symbols.intern("Upsell").0);
    let row = [Cell::Known(stages[2]), Cell::Known(20_000_000_000), Cell::Known(upsell)];
    assert_eq!((compiled.eval(&row), by_hand(&row, &stages, upsell)), (Tri::True, true));
    criterion.bench_function("expression/compiled", |bencher| {
        bencher.iter(|| compiled.eval(black_box(&row)))
    });
    criterion.bench_function("expression/by hand", |bencher| {
        bencher.iter(|| by_hand(black_box(&row), &stages, upsell));
    });
}

fn compiled(symbols: &mut Symbols) -> Test {
    let field = |name: &str, kind| Field { name: name.to_owned(), kind, currency: None };
    let fields = vec![
        field("stage", FieldType::Text),
        field("amount", FieldType::Decimal),
        field("deal_type", FieldType::Text),
    ];
    let entity = Entity { name: "opportunity".to_owned(), fields, extras: Vec::new() };
    let order: Vec<String> = ["Prospecting", "Qualification", "Proposal"].map(str::to_owned).into();
    let states = States {
        field: "stage".to_owned(),
        order: order.clone(),
        sets: vec![("open".to_owned(), order)],
    };
    let extras = RefCell::default();
    let scope = Scope { entity: &entity, states: Some(&states), extras: &extras, links: &[] };
    test(TEXT, scope, symbols).expect("an expression")
}

fn by_hand(row: &Row, open: &[i128], upsell: i128) -> bool {
    let [Cell::Known(stage), Cell::Known(amount), Cell::Known(deal_type)] = row else {
        return false;
    };
    open.contains(stage) && *amount > 1_000_000_000 && *deal_type == upsell
}
