//! Money in the org's currency: converted once, by the rate of the day for which a record counts.

use crate::basis::Basis;
use crate::contributor::Money;
use crate::day::Day;
use crate::decimal::Decimal;
use crate::entity::FieldId;
use crate::expr::{Number, Outcome, Row, contributed};
use crate::kpi::{Aggregate, Simple};
use crate::rates::{Worth, currency};

/// What a record's number contributes, `currency` being the field of its currency if it is money. Nothing is
/// nothing in any currency; of anything else it is not known how much it is without the currency, the day or a rate.
pub(super) fn converted(
    number: &Number,
    simple: &Simple,
    row: &Row,
    on: &Outcome<Day>,
    basis: &Basis,
) -> Outcome<Decimal> {
    match worth(simple.currency, row, on, basis) {
        Some(Worth::Same) => number.contribution(row),
        Some(Worth::Times(rate)) => match number.eval(row) {
            Outcome::Known(value) => contributed(&(&value * rate)),
            Outcome::Null => Outcome::Null,
            Outcome::Unknown => Outcome::Unknown,
        },
        None => match number.eval(row) {
            Outcome::Null => Outcome::Null,
            Outcome::Known(_) | Outcome::Unknown => Outcome::Unknown,
        },
    }
}

/// What a unit of the money is worth, as far as that is known. What is no money stays as it is.
fn worth<'a>(
    field: Option<FieldId>,
    row: &Row,
    on: &Outcome<Day>,
    basis: &'a Basis,
) -> Option<Worth<'a>> {
    let Some(field) = field else { return Some(Worth::Same) };
    let (code, Outcome::Known(day)) = (currency(row[usize::from(field.0)])?, on) else {
        return None;
    };
    basis.rates.worth(code, *day)
}

/// The money of a record that was converted by the rate of a day; `None` where nothing was.
pub(super) fn origin(simple: &Simple, row: &Row, on: Day, basis: &Basis) -> Option<Money> {
    let currency = currency(row[usize::from(simple.currency?.0)])?;
    let (dated, rate) = basis.rates.in_force(currency, on)?;
    let number = match &simple.aggregate {
        Aggregate::Sum(number)
        | Aggregate::Average(number)
        | Aggregate::Min(number)
        | Aggregate::Max(number)
        | Aggregate::Median(number)
        | Aggregate::P90(number) => number,
        Aggregate::Count | Aggregate::CountDistinct(..) => return None,
    };
    let Outcome::Known(amount) = number.eval(row) else { return None };
    Some(Money { currency, amount: amount.to_decimal()?, rate: rate.clone(), dated })
}

/// The days on which a record's money will be worth something else, if it is converted by the rate of today.
pub(super) fn days_ahead<'a>(
    simple: &Simple,
    row: &Row,
    basis: &'a Basis,
) -> impl Iterator<Item = Day> + use<'a> {
    let field = simple.currency.filter(|_| simple.has_rate_of_today());
    let code = field.and_then(|field| currency(row[usize::from(field.0)]));
    code.into_iter().flat_map(|code| basis.rates.changes(code))
}
