//! The fold: from a record before and after a change to a handful of signed entries.

use jiff::Timestamp;

use crate::day::Day;
use crate::decimal::Decimal;
use crate::entity::EntityId;
use crate::entry::{Entry, NO_DAY, Part};
use crate::expr::{Cell, Number, Outcome, Row, Tri};
use crate::kpi::{Aggregate, At, KpiId, Simple};
use crate::model::Model;
use crate::record::{Life, Scratch, Transition};
use crate::roster::Roster;
use crate::symbol::Symbol;

/// The KPIs of one entity, ready to be folded.
#[derive(Clone, Debug)]
pub struct Fold {
    kpis: Vec<(KpiId, u64, Simple)>,
}

/// What one record says for one KPI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Contribution {
    Nothing,
    Part(Symbol, Part),
}

impl Fold {
    /// The fold of an entity's records.
    pub fn new(model: &Model, entity: EntityId) -> Self {
        let simple = |id: KpiId| model.kpi(id).simple().map(|simple| (id, simple.fields(), simple.clone()));
        Self { kpis: model.kpi_ids().filter_map(simple).filter(|(_, _, simple)| simple.entity == entity).collect() }
    }

    /// The entries of a record that went from `scratch.old` to `scratch.new`.
    pub fn transition(&self, change: Transition, scratch: &Scratch, roster: &Roster, mut emit: impl FnMut(Entry)) {
        let everything = change.was != change.is;
        for (kpi, fields, simple) in &self.kpis {
            if !everything && change.changed & fields == 0 {
                continue;
            }
            let (old, new) = (
                contribution(simple, change.was, &scratch.old, roster),
                contribution(simple, change.is, &scratch.new, roster),
            );
            if old != new {
                withdraw(*kpi, old, &mut emit);
                add(*kpi, new, &mut emit);
            }
            doubt(*kpi, simple, change, scratch, &mut emit);
        }
    }

    /// The entries of a record as it stands, for folding all records anew.
    pub fn whole(&self, life: Life, row: &Row, roster: &Roster, emit: impl FnMut(Entry)) {
        let scratch = Scratch { old: vec![Cell::Unknown; row.len()], new: row.to_vec() };
        let change = Transition { was: Life::default(), is: life, changed: u64::MAX };
        self.transition(change, &scratch, roster, emit);
    }
}

fn add(kpi: KpiId, contribution: Contribution, emit: &mut impl FnMut(Entry)) {
    if let Contribution::Part(owner, part) = contribution {
        emit(Entry { owner, kpi, part });
    }
}

fn withdraw(kpi: KpiId, contribution: Contribution, emit: &mut impl FnMut(Entry)) {
    if let Contribution::Part(owner, part) = contribution {
        emit(Entry { owner, kpi, part: part.negated() });
    }
}

/// Moves the mark of a record in doubt from who had it to who has it.
fn doubt(kpi: KpiId, simple: &Simple, change: Transition, scratch: &Scratch, emit: &mut impl FnMut(Entry)) {
    let mark = |life: Life, row: &Row| life.in_doubt.then(|| owner(simple, row));
    let (old, new) = (mark(change.was, &scratch.old), mark(change.is, &scratch.new));
    if old == new {
        return;
    }
    for (owner, gap) in [(old, -1), (new, 1)] {
        if let Some(owner) = owner {
            emit(Entry { owner, kpi, part: Part::Doubt { incomplete: 0, gap } });
        }
    }
}

fn contribution(simple: &Simple, life: Life, row: &Row, roster: &Roster) -> Contribution {
    if !life.alive {
        return Contribution::Nothing;
    }
    match simple.filter.eval(row) {
        Tri::False => return Contribution::Nothing,
        Tri::Unknown => return incomplete(simple, row),
        Tri::True => {}
    }
    if row[usize::from(simple.credit.0)] == Cell::Unknown {
        return incomplete(simple, row);
    }
    let owner = owner(simple, row);
    match dated(simple.at, owner, row, roster) {
        Outcome::Unknown => incomplete(simple, row),
        Outcome::Null => Contribution::Nothing,
        Outcome::Known(day) => match part(&simple.aggregate, day, row) {
            Outcome::Unknown => incomplete(simple, row),
            Outcome::Null => Contribution::Nothing,
            Outcome::Known(part) => Contribution::Part(owner, part),
        },
    }
}

fn incomplete(simple: &Simple, row: &Row) -> Contribution {
    Contribution::Part(owner(simple, row), Part::Doubt { incomplete: 1, gap: 0 })
}

fn owner(simple: &Simple, row: &Row) -> Symbol {
    match row[usize::from(simple.credit.0)] {
        Cell::Known(symbol) => Symbol(symbol as u32),
        Cell::Null | Cell::Unknown => Symbol::NONE,
    }
}

fn dated(at: Option<At>, owner: Symbol, row: &Row, roster: &Roster) -> Outcome<Day> {
    let Some(at) = at else { return Outcome::Known(NO_DAY) };
    let (At::Date(field) | At::Timestamp(field)) = at;
    let value = match row[usize::from(field.0)] {
        Cell::Unknown => return Outcome::Unknown,
        Cell::Null => return Outcome::Null,
        Cell::Known(value) => value,
    };
    match at {
        At::Date(_) => Outcome::Known(Day(value as i32)),
        At::Timestamp(_) => Timestamp::from_nanosecond(value)
            .map_or(Outcome::Null, |instant| Outcome::Known(Day::of(instant, roster.zone_of(owner)))),
    }
}

fn part(aggregate: &Aggregate, day: Day, row: &Row) -> Outcome<Part> {
    match aggregate {
        Aggregate::Count => Outcome::Known(Part::Amount { day, amount: Decimal::from_int(1), records: 1 }),
        Aggregate::Sum(number) | Aggregate::Average(number) => {
            value(number, row, |amount| Part::Amount { day, amount, records: 1 })
        }
        Aggregate::Min(number) | Aggregate::Max(number) => {
            value(number, row, |amount| Part::Member { day, value: amount.micros(), records: 1 })
        }
        Aggregate::CountDistinct(field, _) => match row[usize::from(field.0)] {
            Cell::Unknown => Outcome::Unknown,
            Cell::Null => Outcome::Null,
            Cell::Known(value) => Outcome::Known(Part::Member { day, value, records: 1 }),
        },
    }
}

fn value(number: &Number, row: &Row, part: impl FnOnce(Decimal) -> Part) -> Outcome<Part> {
    match number.contribution(row) {
        Outcome::Unknown => Outcome::Unknown,
        Outcome::Null => Outcome::Null,
        Outcome::Known(amount) => Outcome::Known(part(amount)),
    }
}
