//! Which rate is in force, by example.

use std::collections::HashSet;

use super::{Book, Rate, RateFields, Rates, Worth, currency};
use crate::day::Day;
use crate::entity::{EntityId, FieldId};
use crate::expr::Cell;
use crate::rational::Rational;
use crate::record::Life;
use crate::symbol::{Intern, Symbol, Symbols};

fn day(text: &str) -> Day {
    Day::parse(text).expect("a day")
}

/// Dollars and francs to euros, and euros to dollars.
fn rates() -> (Rates, [Symbol; 4]) {
    let mut symbols = Symbols::default();
    let [eur, usd, chf, gbp] = ["EUR", "USD", "CHF", "GBP"].map(|code| symbols.intern(code));
    let rate = |from, to, date, rate| Rate {
        from,
        to,
        date: day(date),
        rate: Rational::parse(rate).expect("a rate"),
    };
    let table = [
        rate(usd, eur, "2026-11-20", "0.9212345678"),
        rate(usd, eur, "2026-11-01", "0.9"),
        rate(chf, eur, "2026-11-01", "1.05"),
        rate(usd, eur, "2026-12-01", "0.93"),
        rate(eur, usd, "2026-11-01", "1.1"),
        rate(gbp, usd, "2026-11-01", "1.3"),
        rate(usd, eur, "2026-12-01", "0.94"),
    ];
    (Rates::new(eur, table), [eur, usd, chf, gbp])
}

#[test]
fn the_latest_rate_on_or_before_the_day_is_in_force() {
    let (rates, [eur, usd, chf, gbp]) = rates();
    for (currency, on, expected) in [
        (usd, "2026-10-31", None),
        (usd, "2026-11-01", Some("0.9")),
        (usd, "2026-11-19", Some("0.9")),
        (usd, "2026-11-20", Some("0.9212345678")),
        // Of two of one day the latter.
        (usd, "2027-01-01", Some("0.94")),
        (chf, "2026-11-20", Some("1.05")),
        // Nothing is turned round, and nothing goes through a third currency.
        (gbp, "2026-11-20", None),
    ] {
        let expected = expected.and_then(Rational::parse);
        assert_eq!(rates.worth(currency, day(on)), expected.as_ref().map(Worth::Times), "{on}");
    }
    for same in [eur, Symbol::NONE] {
        assert_eq!(rates.worth(same, day("1970-01-01")), Some(Worth::Same));
    }
}

#[test]
fn only_what_is_yet_to_come_changes_the_rate_of_today() {
    let (rates, [eur, usd, chf, _]) = rates();
    let changes = |rates: &Rates, currency| rates.changes(currency).collect::<Vec<_>>();
    let all = ["2026-11-01", "2026-11-20", "2026-12-01"].map(day);
    assert_eq!(changes(&rates, usd), all);
    assert_eq!(rates.today(day("1970-01-01")), day("1970-01-01"));
    let rates = rates.since(day("2026-11-20"));
    assert_eq!(changes(&rates, usd), all[2..]);
    assert_eq!((changes(&rates, chf), changes(&rates, eur)), (Vec::new(), Vec::new()));
    assert_eq!(rates.today(day("1970-01-01")), day("2026-11-20"));
    assert_eq!(rates.today(day("2026-12-24")), day("2026-12-24"));
}

#[test]
fn a_cell_names_a_currency_or_none_or_is_not_known() {
    assert_eq!(currency(Cell::Known(7)), Some(Symbol(7)));
    assert_eq!(currency(Cell::Null), Some(Symbol::NONE));
    assert_eq!(currency(Cell::Unknown), None);
}

const ALIVE: Life = Life { alive: true, in_doubt: false };

#[test]
fn a_record_is_a_rate_when_it_lives_and_says_all_of_it() {
    let fields = RateFields {
        entity: EntityId(1),
        from: FieldId(2),
        to: FieldId(0),
        date: FieldId(3),
        rate: FieldId(1),
    };
    let whole = [7, 850_000, 9, 20_000].map(Cell::Known);
    let rate = Rate {
        from: Symbol(9),
        to: Symbol(7),
        date: Day(20_000),
        rate: Rational::new(85, 100).expect("a rate"),
    };
    assert_eq!(fields.read(ALIVE, &whole), Some(rate.clone()));
    assert_eq!(fields.read(Life { in_doubt: true, ..ALIVE }, &whole), Some(rate));
    assert_eq!(fields.read(Life { alive: false, ..ALIVE }, &whole), None);
    for field in 0..4 {
        for missing in [Cell::Null, Cell::Unknown] {
            let mut row = whole;
            row[field] = missing;
            assert_eq!(fields.read(ALIVE, &row), None, "{field}: {missing:?}");
        }
    }
    for micros in [0, -850_000] {
        let mut row = whole;
        row[1] = Cell::Known(micros);
        assert_eq!(fields.read(ALIVE, &row), None, "{micros}");
    }
}

#[test]
fn of_rates_that_are_told_the_one_with_the_greatest_id_counts() {
    let (empty, [eur, usd, chf, _]) = rates();
    let rate = |rate| {
        let rate = Rational::parse(rate).expect("a rate");
        Some(Rate { from: usd, to: eur, date: day("2026-11-01"), rate })
    };
    let mut book = Book::default();
    let in_force = |book: &Book| match empty.anew(book.rates()).worth(usd, day("2026-11-20")) {
        Some(Worth::Times(rate)) => Some(rate.clone()),
        _ => None,
    };
    assert!(book.set("R2", rate("0.2")) && book.set("R10", rate("0.1")));
    assert_eq!(in_force(&book), Rational::parse("0.2"));
    assert!(book.set("R3", rate("0.3")) && !book.set("R3", rate("0.3")));
    assert_eq!(in_force(&book), Rational::parse("0.3"));
    let before = empty.anew(book.rates());
    assert!(book.set("R3", None) && !book.set("R3", None));
    assert_eq!(in_force(&book), Rational::parse("0.2"));
    let after = empty.anew(book.rates());
    assert_eq!(before.differing(&after), HashSet::from([usd]));
    assert_eq!(after.differing(&empty), HashSet::from([usd, chf]));
    assert_eq!(after.differing(&after.clone().since(day("2026-11-20"))), HashSet::new());
}
