//! Which rate is in force, by example.

use super::{Rate, Rates, Worth, currency};
use crate::day::Day;
use crate::expr::Cell;
use crate::rational::Rational;
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
