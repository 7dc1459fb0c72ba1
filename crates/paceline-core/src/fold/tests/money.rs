//! What money contributes: in which currency, by the rate of which day, and from which instant on.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::super::contribution::{Contribution, contribution};
use super::super::{Fold, Folded, timeline};
use crate::basis::{Basis, Difference};
use crate::calendar::Calendar;
use crate::day::Day;
use crate::decimal::Decimal;
use crate::entity::{EntityId, FieldId};
use crate::entry::{Entry, NO_DAY, Part};
use crate::expr::{Cell, Number, Operator, Test};
use crate::kpi::{Aggregate, At, Credit, KpiId, Simple};
use crate::rates::{Rate, Rates};
use crate::rational::Rational;
use crate::record::{Life, Scratch};
use crate::roster::Roster;
use crate::symbol::{Intern, Symbol, Symbols};

const ALIVE: Life = Life { alive: true, in_doubt: false };
/// The fields of a record, in their order.
const AMOUNT: FieldId = FieldId(0);
const CURRENCY: FieldId = FieldId(1);
const OWNER: FieldId = FieldId(2);
const CLOSED: FieldId = FieldId(3);

fn day(text: &str) -> Day {
    Day::parse(text).expect("a day")
}

fn decimal(text: &str) -> Decimal {
    Decimal::parse(text).expect("a decimal")
}

struct Bench {
    basis: Basis,
    symbols: Symbols,
    owner: Symbol,
}

impl Bench {
    /// An org that counts in euros, in Madrid, with rates of dollars put in force on a day.
    fn new(rates: &[(&str, &str)], since: &str) -> Self {
        let mut symbols = Symbols::default();
        let zone = TimeZone::get("Europe/Madrid").expect("a zone");
        let calendar = Calendar { zone, ..Calendar::default() };
        let calendars = [calendar];
        let roster = Roster::new(Vec::new(), &calendars, &mut symbols).expect("a roster");
        let [eur, usd, owner] = ["EUR", "USD", "U1"].map(|text| symbols.intern(text));
        let rate = |(date, rate): &(&str, &str)| Rate {
            from: usd,
            to: eur,
            date: day(date),
            rate: Rational::parse(rate).expect("a rate"),
        };
        let rates = Rates::new(eur, rates.iter().map(rate)).since(day(since));
        let basis = Basis::new(&calendars, Arc::new(roster), Arc::new(rates));
        Self { basis, symbols, owner }
    }

    fn code(&mut self, code: &str) -> Cell {
        Cell::Known(self.symbols.intern(code).0.into())
    }

    /// A record of the owner, closed on 20 November.
    fn row(&self, amount: &str, currency: Cell) -> [Cell; 4] {
        let closed = Cell::Known(day("2026-11-20").0.into());
        let amount = Cell::Known(decimal(amount).micros());
        [amount, currency, Cell::Known(self.owner.0.into()), closed]
    }
}

fn kpi(number: Number, at: Option<At>) -> Simple {
    Simple {
        entity: EntityId(0),
        filter: Test::Const(true),
        aggregate: Aggregate::Sum(number),
        currency: Some(CURRENCY),
        at,
        credit: Credit::Field(OWNER),
    }
}

/// The sum of what was closed.
fn flow() -> Simple {
    kpi(Number::Field(AMOUNT), Some(At::Date(CLOSED)))
}

/// What a record adds to a sum; nothing of one that is incomplete.
fn amount(contribution: Contribution) -> Option<String> {
    match contribution {
        Contribution::Part(_, Part::Amount { amount, records: 1, .. }) => Some(amount.to_string()),
        Contribution::Part(_, Part::Doubt { incomplete: 1, gap: 0, .. }) => None,
        other => panic!("{other:?}"),
    }
}

#[test]
fn money_counts_in_the_currency_of_the_org() {
    let mut bench = Bench::new(&[("2026-11-01", "0.5"), ("2026-11-21", "2")], "2026-11-25");
    let [eur, usd, gbp] = ["EUR", "USD", "GBP"].map(|code| bench.code(code));
    for (currency, expected) in [
        (eur, Some("100")),
        (Cell::Null, Some("100")),
        (usd, Some("50")),
        (gbp, None),
        (Cell::Unknown, None),
    ] {
        let row = bench.row("100", currency);
        let found = amount(contribution(&flow(), ALIVE, &row, &bench.basis));
        assert_eq!(found.as_deref(), expected, "{currency:?}");
    }
}

#[test]
fn a_conversion_rounds_half_even_once() {
    let mut bench = Bench::new(&[("2026-11-01", "0.0000005")], "2026-11-25");
    let usd = bench.code("USD");
    let third = Number::Combine(
        Operator::Divide,
        Box::new(Number::Field(AMOUNT)),
        Box::new(Number::Const(Rational::from_int(3))),
    );
    for (number, value, expected) in [
        (Number::Field(AMOUNT), "1", "0"),
        (Number::Field(AMOUNT), "3", "0.000002"),
        (Number::Field(AMOUNT), "5", "0.000002"),
        (Number::Field(AMOUNT), "-3", "-0.000002"),
        // 8.999999 / 3 × 0.0000005, just below the tie that it would be if it were rounded before.
        (third.clone(), "8.999999", "0.000001"),
        // 3.000001 / 3 × 0.0000005, just above the tie.
        (third, "3.000001", "0.000001"),
    ] {
        let row = bench.row(value, usd);
        let flow = kpi(number, Some(At::Date(CLOSED)));
        let found = amount(contribution(&flow, ALIVE, &row, &bench.basis));
        assert_eq!(found.as_deref(), Some(expected), "{value}");
    }
}

#[test]
fn nothing_is_nothing_in_any_currency() {
    let mut bench = Bench::new(&[], "2026-11-25");
    for currency in [Cell::Unknown, Cell::Null, bench.code("USD")] {
        let mut row = bench.row("0", currency);
        row[usize::from(AMOUNT.0)] = Cell::Null;
        assert_eq!(contribution(&flow(), ALIVE, &row, &bench.basis), Contribution::Nothing);
    }
}

/// What a stock contributes over time: from when on, and how much of it.
fn over_time(bench: &Bench, row: &[Cell]) -> Vec<(Timestamp, Option<String>)> {
    let mut changes = Vec::new();
    let stock = kpi(Number::Field(AMOUNT), None);
    let mut last = Contribution::Nothing;
    timeline(&stock, ALIVE, row, &bench.basis, |at, from, to| {
        assert_eq!(from, last, "each change goes on from the one before");
        last = to;
        changes.push((at, amount(to)));
    });
    changes
}

#[test]
fn a_stock_has_the_rate_of_today_from_midnight_of_the_org_on() {
    let rates = [("2026-11-01", "0.5"), ("2026-11-25", "0.6"), ("2026-11-27", "0.7")];
    let mut bench = Bench::new(&rates, "2026-11-25");
    let row = bench
        .row("100", bench.symbols.get("USD").map_or(Cell::Null, |usd| Cell::Known(usd.0.into())));
    let midnight: Timestamp = "2026-11-26T23:00:00Z".parse().expect("an instant");
    let some = |amount: &str| Some(amount.to_owned());
    assert_eq!(over_time(&bench, &row), [(Timestamp::MIN, some("60")), (midnight, some("70"))]);
    let eur = bench.row("100", Cell::Null);
    assert_eq!(over_time(&bench, &eur), [(Timestamp::MIN, some("100"))]);
    let gbp = bench.code("GBP");
    assert_eq!(over_time(&bench, &bench.row("100", gbp)), [(Timestamp::MIN, None)]);
}

#[test]
fn a_stock_is_incomplete_until_its_first_rate_begins() {
    let mut bench = Bench::new(&[("2026-11-27", "0.7")], "2026-11-25");
    let usd = bench.code("USD");
    let midnight: Timestamp = "2026-11-26T23:00:00Z".parse().expect("an instant");
    let row = bench.row("100", usd);
    assert_eq!(
        over_time(&bench, &row),
        [(Timestamp::MIN, None), (midnight, Some("70".to_owned()))]
    );
}

#[test]
fn what_is_incomplete_for_want_of_a_rate_is_so_on_its_day() {
    let mut bench = Bench::new(&[("2026-11-21", "2")], "2026-11-25");
    let usd = bench.code("USD");
    let incomplete =
        |day| Contribution::Part(bench.owner, Part::Doubt { day, incomplete: 1, gap: 0 });
    let row = bench.row("100", usd);
    let found = contribution(&flow(), ALIVE, &row, &bench.basis);
    assert_eq!(found, incomplete(day("2026-11-20")));
    let stock = kpi(Number::Field(AMOUNT), None);
    timeline(&stock, ALIVE, &bench.row("1", Cell::Unknown), &bench.basis, |_, _, to| {
        assert_eq!(to, incomplete(NO_DAY));
    });
}

/// The entries by which a record is revalued from one basis to another, and by when they count.
fn revalued(
    simple: Simple,
    row: &[Cell],
    from: &Basis,
    to: &Basis,
) -> Vec<(Option<Timestamp>, Part)> {
    let (id, fields, timed) = (KpiId(0), simple.fields(), simple.is_timed());
    let folded = Folded { id, fields, doubts: 0, timed, simple };
    let fold = Fold { kpis: vec![folded], looking: vec![id] };
    let difference = Difference::new(from, to);
    let mut parts = Vec::new();
    let scratch = Scratch { new: row.to_vec(), ..Scratch::default() };
    let mut symbols = Symbols::default();
    fold.refold(ALIVE, &scratch, &difference, &mut symbols, |at, Entry { part, .. }| {
        parts.push((at, part));
    });
    assert!(parts.is_empty() || fold.is_concerned(&difference));
    parts
}

#[test]
fn other_rates_revalue_what_was_counted_by_their_difference() {
    let mut bench = Bench::new(&[("2026-11-01", "0.5"), ("2026-11-27", "0.7")], "2026-11-20");
    let [usd, gbp] = ["USD", "GBP"].map(|code| bench.code(code));
    let other = [("2026-11-01", "0.6"), ("2026-11-27", "0.7"), ("2026-11-28", "0.8")];
    let other = Bench::new(&other, "2026-11-25").basis;
    let (from, row) = (&bench.basis, bench.row("100", usd));
    let amount = |day, amount| Part::Amount { day, amount: decimal(amount), records: 0 };
    let found = revalued(flow(), &row, from, &other);
    assert_eq!(found, [(None, amount(day("2026-11-20"), "10"))]);
    // A stock is taken away at each instant at which it was to change, and added at each at which it is now.
    let whole = |sum: &str, records| Part::Amount { day: NO_DAY, amount: decimal(sum), records };
    let step = |sum| amount(NO_DAY, sum);
    let midnight =
        |day| Some(self::day(day).start(&TimeZone::get("Europe/Madrid").expect("a zone")));
    assert_eq!(
        revalued(kpi(Number::Field(AMOUNT), None), &row, from, &other),
        [
            (Some(Timestamp::MIN), whole("-50", -1)),
            (midnight("2026-11-27"), step("-20")),
            (Some(Timestamp::MIN), whole("60", 1)),
            (midnight("2026-11-27"), step("10")),
            (midnight("2026-11-28"), step("10")),
        ]
    );
    // Nothing of another currency.
    assert_eq!(revalued(flow(), &bench.row("100", gbp), from, &other), []);
    assert_eq!(revalued(flow(), &bench.row("100", Cell::Null), from, &other), []);
    // Without a rate it is incomplete.
    let none = from.with_rates(Arc::new(from.rates.anew([])));
    assert_eq!(
        revalued(flow(), &row, from, &none),
        [
            (None, Part::Amount { day: day("2026-11-20"), amount: decimal("-50"), records: -1 }),
            (None, Part::Doubt { day: day("2026-11-20"), incomplete: 1, gap: 0 }),
        ]
    );
}
