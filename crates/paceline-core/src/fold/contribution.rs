//! What one record contributes to one KPI: to whom, on which day, how much.

use jiff::Timestamp;

use crate::basis::Basis;
use crate::day::Day;
use crate::decimal::Decimal;
use crate::entity::FieldId;
use crate::entry::{NO_DAY, Part};
use crate::expr::{Cell, Outcome, Row, Tri};
use crate::kpi::{Aggregate, At, Simple};
use crate::record::Life;
use crate::symbol::Symbol;

use super::money::converted;

/// What one record says for one KPI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Contribution {
    Nothing,
    Part(Symbol, Part),
}

pub(super) fn contribution(simple: &Simple, life: Life, row: &Row, basis: &Basis) -> Contribution {
    if !life.alive {
        return Contribution::Nothing;
    }
    // What the day matters to changes by the clock alone.
    contribution_if(simple.filter.eval(row), simple, row, basis, NO_DAY)
}

/// What a living record contributes when so it is with the filter, and `today` is the day of the org.
pub(super) fn contribution_if(
    belongs: Tri,
    simple: &Simple,
    row: &Row,
    basis: &Basis,
    today: Day,
) -> Contribution {
    let owner = owner(simple, row);
    let incomplete = || doubtful(simple, owner, row, basis, 1, 0);
    match belongs {
        Tri::False => return Contribution::Nothing,
        Tri::Unknown => return incomplete(),
        Tri::True => {}
    }
    match value(simple, owner, row, basis, today) {
        Outcome::Null => Contribution::Nothing,
        Outcome::Known((day, value)) if owner != Symbol::UNKNOWN => {
            Contribution::Part(owner, value.on(day))
        }
        Outcome::Known(_) | Outcome::Unknown => incomplete(),
    }
}

/// What a record adds if it belongs, and on which day for an owner, when `today` is the day of the org.
pub(super) fn value(
    simple: &Simple,
    owner: Symbol,
    row: &Row,
    basis: &Basis,
    today: Day,
) -> Outcome<(Day, Amount)> {
    let day = dated(simple.at, owner, row, basis);
    let worth_on =
        if simple.at.is_some() { day.clone() } else { Outcome::Known(basis.rates.today(today)) };
    match (day, part(simple, row, &worth_on, basis)) {
        (Outcome::Null, _) | (_, Outcome::Null) => Outcome::Null,
        (Outcome::Known(day), Outcome::Known(value)) => Outcome::Known((day, value)),
        _ => Outcome::Unknown,
    }
}

/// A record whose contribution is not known, credited to whom and dated when it would be as far as that is.
pub(super) fn doubtful(
    simple: &Simple,
    owner: Symbol,
    row: &Row,
    basis: &Basis,
    incomplete: i32,
    gap: i32,
) -> Contribution {
    let day = possible_day(simple, owner, row, basis);
    Contribution::Part(owner, Part::Doubt { day, incomplete, gap })
}

/// The day on which a record would count for an owner; [`NO_DAY`] when that is not known.
pub(super) fn possible_day(simple: &Simple, owner: Symbol, row: &Row, basis: &Basis) -> Day {
    match dated(simple.at, owner, row, basis) {
        Outcome::Known(day) => day,
        Outcome::Null | Outcome::Unknown => NO_DAY,
    }
}

/// Whom the field of the credit names.
pub(super) fn owner(simple: &Simple, row: &Row) -> Symbol {
    match row[usize::from(simple.credit.cell().0)] {
        Cell::Known(symbol) => Symbol(symbol as u32),
        Cell::Null => Symbol::NONE,
        Cell::Unknown => Symbol::UNKNOWN,
    }
}

fn dated(at: Option<At>, owner: Symbol, row: &Row, basis: &Basis) -> Outcome<Day> {
    let Some(at) = at else { return Outcome::Known(NO_DAY) };
    let cell = |field: FieldId| row[usize::from(field.0)];
    let (cell, is_date) = match at {
        At::Date(field) => (cell(field), true),
        At::Timestamp(field) => (cell(field), false),
        At::Else { already, field, is_date, .. }
            if cell(already) == Cell::Known(1) && cell(field) != Cell::Null =>
        {
            (cell(field), is_date)
        }
        At::Else { moment, .. } => (cell(moment), false),
    };
    let value = match cell {
        Cell::Unknown => return Outcome::Unknown,
        Cell::Null => return Outcome::Null,
        Cell::Known(value) => value,
    };
    if is_date {
        return Outcome::Known(Day(value as i32));
    }
    // Whose clock tells the day is not known.
    if owner == Symbol::UNKNOWN {
        return Outcome::Unknown;
    }
    Timestamp::from_nanosecond(value).map_or(Outcome::Null, |instant| {
        Outcome::Known(Day::of(instant, basis.roster.zone_of(owner)))
    })
}

/// What a record that belongs adds, before it is dated.
#[derive(Clone, Copy, Debug)]
pub(super) enum Amount {
    Sum(Decimal),
    Member(i128),
}

impl Amount {
    fn on(self, day: Day) -> Part {
        match self {
            Self::Sum(amount) => Part::Amount { day, amount, records: 1 },
            Self::Member(value) => Part::Member { day, value, records: 1 },
        }
    }
}

/// `on` is the day by whose rate money is converted.
fn part(simple: &Simple, row: &Row, on: &Outcome<Day>, basis: &Basis) -> Outcome<Amount> {
    let converted = |number| converted(number, simple, row, on, basis);
    match &simple.aggregate {
        Aggregate::Count => Outcome::Known(Amount::Sum(Decimal::from_int(1))),
        Aggregate::Sum(number) | Aggregate::Average(number) => converted(number).map(Amount::Sum),
        Aggregate::Min(number)
        | Aggregate::Max(number)
        | Aggregate::Median(number)
        | Aggregate::P90(number) => converted(number).map(|amount| Amount::Member(amount.micros())),
        Aggregate::CountDistinct(field, _) => match row[usize::from(field.0)] {
            Cell::Unknown => Outcome::Unknown,
            Cell::Null => Outcome::Null,
            Cell::Known(value) => Outcome::Known(Amount::Member(value)),
        },
    }
}
