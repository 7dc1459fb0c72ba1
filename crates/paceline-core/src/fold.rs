//! The fold: from a record before and after a change to a handful of signed entries.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::day::Day;
use crate::decimal::Decimal;
use crate::entity::{EntityId, FieldId};
use crate::entry::{Entry, NO_DAY, Part};
use crate::expr::{Cell, Now, Outcome, Row, Tri};
use crate::kpi::{Aggregate, At, KpiId, Simple};
use crate::model::Model;
use crate::record::{Life, Scratch, Transition};
use crate::roster::Roster;
use crate::symbol::Symbol;

/// The KPIs of one entity, ready to be folded.
#[derive(Clone, Debug)]
pub struct Fold {
    kpis: Vec<Folded>,
}

/// A KPI, and what of it is looked at for every change.
#[derive(Clone, Debug)]
struct Folded {
    id: KpiId,
    fields: u64,
    /// Whether the clock alone changes which records belong.
    timed: bool,
    simple: Simple,
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
        let folded = |id: KpiId| {
            let simple = model.kpi(id).simple().filter(|simple| simple.entity == entity)?;
            let (fields, timed) = (simple.fields(), simple.filter.is_timed());
            Some(Folded { id, fields, timed, simple: simple.clone() })
        };
        Self { kpis: model.kpi_ids().filter_map(folded).collect() }
    }

    /// The entries of a record that went from `scratch.old` to `scratch.new`.
    pub fn transition(
        &self,
        change: Transition,
        scratch: &Scratch,
        roster: &Roster,
        mut emit: impl FnMut(Entry),
    ) {
        let everything = change.was != change.is;
        for Folded { id: kpi, fields, timed, simple } in &self.kpis {
            if !everything && change.changed & fields == 0 {
                continue;
            }
            if !timed {
                let (old, new) = (
                    contribution(simple, change.was, &scratch.old, roster),
                    contribution(simple, change.is, &scratch.new, roster),
                );
                replace(*kpi, old, new, &mut emit);
            }
            doubt(*kpi, simple, change, scratch, roster, &mut emit);
        }
    }

    /// The entries of the KPIs whose records change by the clock alone, for a record that went from `scratch.old` to
    /// `scratch.new`, each with the instant from which on it counts: what was scheduled before is taken away, and what is
    /// now is added.
    pub fn schedule(
        &self,
        change: Transition,
        scratch: &Scratch,
        roster: &Roster,
        mut emit: impl FnMut(Timestamp, Entry),
    ) {
        let everything = change.was != change.is;
        let timed = self.kpis.iter().filter(|kpi| kpi.timed);
        for Folded { id: kpi, fields, simple, .. } in timed {
            if !everything && change.changed & fields == 0 {
                continue;
            }
            timeline(simple, change.was, &scratch.old, roster, |at, from, to| {
                replace(*kpi, to, from, &mut |entry| emit(at, entry));
            });
            timeline(simple, change.is, &scratch.new, roster, |at, from, to| {
                replace(*kpi, from, to, &mut |entry| emit(at, entry));
            });
        }
    }

    /// The entries of an overflow: whatever is counted of the entity may be wrong, for anyone and on any day.
    pub fn overflow(&self, mut emit: impl FnMut(Entry)) {
        let part = Part::Doubt { day: NO_DAY, incomplete: 0, gap: 1 };
        self.kpis.iter().for_each(|kpi| emit(Entry { owner: Symbol::UNKNOWN, kpi: kpi.id, part }));
    }
}

/// What a record contributes over all time: each change of it with its instant, beginning with nothing.
fn timeline(
    simple: &Simple,
    life: Life,
    row: &Row,
    roster: &Roster,
    mut change: impl FnMut(Timestamp, Contribution, Contribution),
) {
    if !life.alive {
        return;
    }
    let owner = owner(simple, row);
    let zone = (owner != Symbol::UNKNOWN).then(|| roster.zone_of(owner));
    let mut instants = BTreeSet::from([Timestamp::MIN]);
    simple.filter.for_each_threshold(&mut |threshold| {
        // What lies outside of all time has always come, or never comes.
        if let Outcome::Known(instant) = threshold.instant(row, zone) {
            instants.extend(Timestamp::from_nanosecond(instant).ok());
        }
    });
    let mut before = Contribution::Nothing;
    for at in instants {
        let now = Now { instant: at.as_nanosecond(), zone };
        let after = contribution_if(simple.filter.eval_at(row, &now), simple, row, roster);
        if after != before {
            change(at, before, after);
        }
        before = after;
    }
}

/// Takes one contribution away and adds another.
fn replace(kpi: KpiId, old: Contribution, new: Contribution, emit: &mut impl FnMut(Entry)) {
    if old == new {
        return;
    }
    if let Some((owner, part)) = difference(old, new) {
        return emit(Entry { owner, kpi, part });
    }
    withdraw(kpi, old, emit);
    add(kpi, new, emit);
}

/// What turns one contribution into another of the same owner and day, where that is a single entry: only the amount
/// has changed.
fn difference(old: Contribution, new: Contribution) -> Option<(Symbol, Part)> {
    match (old, new) {
        (
            Contribution::Part(was, Part::Amount { day: from, amount: old, records: before }),
            Contribution::Part(owner, Part::Amount { day, amount: new, records: after }),
        ) if was == owner && from == day => {
            Some((owner, Part::Amount { day, amount: new - old, records: after - before }))
        }
        _ => None,
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

/// Moves the mark of a record in doubt from where it was to where it is. Whether the record belongs is not
/// asked: what was not told may be just that.
fn doubt(
    kpi: KpiId,
    simple: &Simple,
    change: Transition,
    scratch: &Scratch,
    roster: &Roster,
    emit: &mut impl FnMut(Entry),
) {
    let mark = |life: Life, row: &Row| life.in_doubt.then(|| doubtful(simple, row, roster, 0, 1));
    let (old, new) = (mark(change.was, &scratch.old), mark(change.is, &scratch.new));
    let or_nothing = |mark: Option<Contribution>| mark.unwrap_or(Contribution::Nothing);
    replace(kpi, or_nothing(old), or_nothing(new), emit);
}

fn contribution(simple: &Simple, life: Life, row: &Row, roster: &Roster) -> Contribution {
    if !life.alive {
        return Contribution::Nothing;
    }
    contribution_if(simple.filter.eval(row), simple, row, roster)
}

/// What a living record contributes when so it is with the filter.
fn contribution_if(belongs: Tri, simple: &Simple, row: &Row, roster: &Roster) -> Contribution {
    let incomplete = || doubtful(simple, row, roster, 1, 0);
    match belongs {
        Tri::False => return Contribution::Nothing,
        Tri::Unknown => return incomplete(),
        Tri::True => {}
    }
    let owner = owner(simple, row);
    match (dated(simple.at, owner, row, roster), part(&simple.aggregate, row)) {
        (Outcome::Null, _) | (_, Outcome::Null) => Contribution::Nothing,
        (Outcome::Known(day), Outcome::Known(value)) if owner != Symbol::UNKNOWN => {
            Contribution::Part(owner, value.on(day))
        }
        _ => incomplete(),
    }
}

/// A record whose contribution is not known, credited to whom and dated when it would be as far as that is.
fn doubtful(
    simple: &Simple,
    row: &Row,
    roster: &Roster,
    incomplete: i32,
    gap: i32,
) -> Contribution {
    let owner = owner(simple, row);
    let day = match dated(simple.at, owner, row, roster) {
        Outcome::Known(day) => day,
        Outcome::Null | Outcome::Unknown => NO_DAY,
    };
    Contribution::Part(owner, Part::Doubt { day, incomplete, gap })
}

fn owner(simple: &Simple, row: &Row) -> Symbol {
    match row[usize::from(simple.credit.0)] {
        Cell::Known(symbol) => Symbol(symbol as u32),
        Cell::Null => Symbol::NONE,
        Cell::Unknown => Symbol::UNKNOWN,
    }
}

fn dated(at: Option<At>, owner: Symbol, row: &Row, roster: &Roster) -> Outcome<Day> {
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
    Timestamp::from_nanosecond(value)
        .map_or(Outcome::Null, |instant| Outcome::Known(Day::of(instant, roster.zone_of(owner))))
}

/// What a record that belongs adds, before it is dated.
#[derive(Clone, Copy, Debug)]
enum Amount {
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

fn part(aggregate: &Aggregate, row: &Row) -> Outcome<Amount> {
    match aggregate {
        Aggregate::Count => Outcome::Known(Amount::Sum(Decimal::from_int(1))),
        Aggregate::Sum(number) | Aggregate::Average(number) => {
            number.contribution(row).map(Amount::Sum)
        }
        Aggregate::Min(number)
        | Aggregate::Max(number)
        | Aggregate::Median(number)
        | Aggregate::P90(number) => {
            number.contribution(row).map(|amount| Amount::Member(amount.micros()))
        }
        Aggregate::CountDistinct(field, _) => match row[usize::from(field.0)] {
            Cell::Unknown => Outcome::Unknown,
            Cell::Null => Outcome::Null,
            Cell::Known(value) => Outcome::Known(Amount::Member(value)),
        },
    }
}
