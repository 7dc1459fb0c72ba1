//! The fold: from a record before and after a change to a handful of signed entries.

mod contribution;
mod money;
mod shown;
mod split;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::basis::{Basis, Difference};
use crate::day::Day;
use crate::entity::{EntityId, FieldId};
use crate::entry::{Entry, NO_DAY, Part};
use crate::expr::{Cell, Now, Outcome, Row};
use crate::kpi::{Credit, KpiId, Simple};
use crate::model::Model;
use crate::record::{Life, Scratch, Transition};
use crate::roster::ORG;
use crate::symbol::{Intern, Symbol};
use crate::working_age::Workplace;

use contribution::{Contribution, contribution, contribution_if, doubtful, owner};
use money::days_ahead;
use split::{Parts, Sharing};

/// The KPIs of one entity, ready to be folded.
#[derive(Clone, Debug)]
pub struct Fold {
    kpis: Vec<Folded>,
    /// The KPIs that look at its records, be it from another entity.
    looking: Vec<KpiId>,
}

/// A KPI, and what of it is looked at for every change.
#[derive(Clone, Debug)]
struct Folded {
    id: KpiId,
    fields: u64,
    /// The cells that say whether what it looks at of other records is in doubt.
    doubts: u64,
    /// Whether the clock alone changes what records contribute.
    timed: bool,
    simple: Simple,
}

impl Fold {
    /// The fold of an entity's records.
    pub fn new(model: &Model, entity: EntityId) -> Self {
        let folded = |id: KpiId| {
            let simple = model.kpi(id).simple().filter(|simple| simple.entity == entity)?;
            let doubts = model.entity(entity).doubts_of(simple.fields());
            let (fields, timed) = (simple.fields() | doubts, simple.is_timed());
            Some(Folded { id, fields, doubts, timed, simple: simple.clone() })
        };
        Self {
            kpis: model.kpi_ids().filter_map(folded).collect(),
            looking: model.kpi_ids().filter(|kpi| model.looks_at(*kpi, entity)).collect(),
        }
    }

    /// The entries of a record that went from `scratch.old` to `scratch.new`.
    pub fn transition(
        &self,
        change: Transition,
        scratch: &Scratch,
        basis: &Basis,
        symbols: &mut impl Intern,
        mut emit: impl FnMut(Entry),
    ) {
        let everything = change.was != change.is;
        for Folded { id: kpi, fields, doubts, timed, simple } in &self.kpis {
            if !everything && change.changed & fields == 0 {
                continue;
            }
            if let Credit::Splits(cell) = simple.credit {
                let Some([was, is]) = Sharing::both(simple, cell, scratch, basis) else { continue };
                if !timed {
                    let (old, new) = (was.parts(change.was, symbols), is.parts(change.is, symbols));
                    replace_all(*kpi, old, new, &mut emit);
                }
                let (old, new) = (
                    was.marks(in_doubt(change.was, &scratch.old, *doubts), symbols),
                    is.marks(in_doubt(change.is, &scratch.new, *doubts), symbols),
                );
                replace_all(*kpi, old, new, &mut emit);
                continue;
            }
            if !timed {
                let (old, new) = (
                    contribution(simple, change.was, &scratch.old, basis),
                    contribution(simple, change.is, &scratch.new, basis),
                );
                replace(*kpi, old, new, &mut emit);
            }
            let mark = |life, row: &Row| mark(simple, in_doubt(life, row, *doubts), row, basis);
            let (old, new) = (mark(change.was, &scratch.old), mark(change.is, &scratch.new));
            replace(*kpi, old, new, &mut emit);
        }
    }

    /// The entries of the KPIs to which records contribute otherwise by the clock alone, for a record that went from `scratch.old` to
    /// `scratch.new`, each with the instant from which on it counts: what was scheduled before is taken away, and what is
    /// now is added.
    pub fn schedule(
        &self,
        change: Transition,
        scratch: &Scratch,
        basis: &Basis,
        symbols: &mut impl Intern,
        mut emit: impl FnMut(Timestamp, Entry),
    ) {
        let everything = change.was != change.is;
        let timed = self.kpis.iter().filter(|kpi| kpi.timed);
        for Folded { id: kpi, fields, simple, .. } in timed {
            if !everything && change.changed & fields == 0 {
                continue;
            }
            if let Credit::Splits(cell) = simple.credit {
                let Some([was, is]) = Sharing::both(simple, cell, scratch, basis) else { continue };
                was.timeline(change.was, symbols, |at, from, to| {
                    replace_all(*kpi, to, from, &mut |entry| emit(at, entry));
                });
                is.timeline(change.is, symbols, |at, from, to| {
                    replace_all(*kpi, from, to, &mut |entry| emit(at, entry));
                });
                continue;
            }
            timeline(simple, change.was, &scratch.old, basis, |at, from, to| {
                replace(*kpi, to, from, &mut |entry| emit(at, entry));
            });
            timeline(simple, change.is, &scratch.new, basis, |at, from, to| {
                replace(*kpi, from, to, &mut |entry| emit(at, entry));
            });
        }
    }

    /// Whether contributions of the entity's records may differ between two bases.
    pub fn is_concerned(&self, difference: &Difference<'_>) -> bool {
        self.kpis.iter().any(|kpi| difference.concerns(&kpi.simple))
    }

    /// The entries that turn what a record contributes by one basis into what it does by another; those of KPIs whose
    /// records change by the clock alone with the instant from which on they count. The record is as `scratch` has it
    /// after its last change.
    pub fn refold(
        &self,
        life: Life,
        scratch: &Scratch,
        difference: &Difference<'_>,
        symbols: &mut impl Intern,
        mut emit: impl FnMut(Option<Timestamp>, Entry),
    ) {
        for folded in &self.kpis {
            match folded.simple.credit {
                Credit::Field(_) => folded.refold(life, &scratch.new, difference, &mut emit),
                Credit::Splits(cell) => {
                    folded.refold_shared(cell, life, scratch, difference, symbols, &mut emit);
                }
            }
        }
    }

    /// The entries of an overflow: whatever is counted of the entity may be wrong, for anyone and on any day.
    pub fn overflow(&self, mut emit: impl FnMut(Entry)) {
        let part = Part::Doubt { day: NO_DAY, incomplete: 0, gap: 1 };
        self.looking.iter().for_each(|kpi| emit(Entry { owner: Symbol::UNKNOWN, kpi: *kpi, part }));
    }
}

impl Folded {
    fn refold(
        &self,
        life: Life,
        row: &Row,
        difference: &Difference<'_>,
        emit: &mut impl FnMut(Option<Timestamp>, Entry),
    ) {
        let Self { id: kpi, doubts, timed, simple, .. } = self;
        let Difference { from, to, .. } = difference;
        if !difference.concerns_record(simple, [owner(simple, row)], row) {
            return;
        }
        if *timed {
            timeline(simple, life, row, from, |at, old, new| {
                replace(*kpi, new, old, &mut |entry| emit(Some(at), entry));
            });
            timeline(simple, life, row, to, |at, old, new| {
                replace(*kpi, old, new, &mut |entry| emit(Some(at), entry));
            });
        } else {
            let (old, new) =
                (contribution(simple, life, row, from), contribution(simple, life, row, to));
            replace(*kpi, old, new, &mut |entry| emit(None, entry));
        }
        let mark = |basis| mark(simple, in_doubt(life, row, *doubts), row, basis);
        replace(*kpi, mark(from), mark(to), &mut |entry| emit(None, entry));
    }

    fn refold_shared(
        &self,
        cell: FieldId,
        life: Life,
        scratch: &Scratch,
        difference: &Difference<'_>,
        symbols: &mut impl Intern,
        emit: &mut impl FnMut(Option<Timestamp>, Entry),
    ) {
        let Self { id: kpi, doubts, timed, simple, .. } = self;
        let Some(was) = Sharing::after(simple, cell, scratch, difference.from) else { return };
        let Some(is) = Sharing::after(simple, cell, scratch, difference.to) else { return };
        // A day in the condition is one of the org, which shares in nothing.
        let owners = was.owners().chain([Symbol::NONE]);
        if !difference.concerns_record(simple, owners, &scratch.new) {
            return;
        }
        if *timed {
            was.timeline(life, symbols, |at, old, new| {
                replace_all(*kpi, new, old, &mut |entry| emit(Some(at), entry));
            });
            is.timeline(life, symbols, |at, old, new| {
                replace_all(*kpi, old, new, &mut |entry| emit(Some(at), entry));
            });
        } else {
            let (old, new) = (was.parts(life, symbols), is.parts(life, symbols));
            replace_all(*kpi, old, new, &mut |entry| emit(None, entry));
        }
        let doubtful = in_doubt(life, &scratch.new, *doubts);
        let (old, new) = (was.marks(doubtful, symbols), is.marks(doubtful, symbols));
        replace_all(*kpi, old, new, &mut |entry| emit(None, entry));
    }
}

/// Whether what is seen of a record is in doubt: because of itself, or, while it lives, of what it is made of.
fn in_doubt(life: Life, row: &Row, doubts: u64) -> bool {
    let known = |(cell, value): (usize, &Cell)| doubts >> cell & 1 == 1 && *value == Cell::Known(1);
    life.in_doubt || doubts != 0 && life.alive && row.iter().enumerate().any(known)
}

/// What a record contributes over all time: each change of it with its instant, beginning with nothing.
fn timeline(
    simple: &Simple,
    life: Life,
    row: &Row,
    basis: &Basis,
    mut change: impl FnMut(Timestamp, Contribution, Contribution),
) {
    if !life.alive {
        return;
    }
    let owner = owner(simple, row);
    let place = (owner != Symbol::UNKNOWN).then(|| basis.workplace(owner));
    let org = basis.roster.zone(ORG);
    let mut before = Contribution::Nothing;
    for at in instants(simple, row, place, basis) {
        let now = Now { instant: at.as_nanosecond(), place };
        let belongs = simple.filter.eval_at(row, &now);
        let after = contribution_if(belongs, simple, row, basis, Day::of(at, org));
        if after != before {
            change(at, before, after);
        }
        before = after;
    }
}

/// The instants at which the clock may change what a record contributes, the beginning of time first.
fn instants(
    simple: &Simple,
    row: &Row,
    place: Option<Workplace<'_>>,
    basis: &Basis,
) -> BTreeSet<Timestamp> {
    let mut instants = BTreeSet::from([Timestamp::MIN]);
    simple.filter.for_each_threshold(&mut |threshold| {
        // What lies outside of all time has always come, or never comes.
        if let Outcome::Known(instant) = threshold.instant(row, place) {
            instants.extend(Timestamp::from_nanosecond(instant).ok());
        }
    });
    let org = basis.roster.zone(ORG);
    instants.extend(days_ahead(simple, row, basis).map(|day| day.start(org)));
    instants
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

/// Takes contributions away and adds others, in one entry wherever they are of the same owner and day.
fn replace_all(kpi: KpiId, old: Parts, new: Parts, emit: &mut impl FnMut(Entry)) {
    let mut parts: Parts = old.into_iter().map(|(owner, part)| (owner, part.negated())).collect();
    parts.extend(new);
    parts.sort_by_key(|(owner, part)| (*owner, part.key()));
    let same = |one: &(Symbol, Part), other: &(Symbol, Part)| {
        (one.0, one.1.key()) == (other.0, other.1.key())
    };
    for equals in parts.chunk_by(same) {
        let sum = equals.iter().map(|(_, part)| *part).reduce(Part::plus);
        if let Some(part) = sum.filter(|sum| !sum.is_nothing()) {
            emit(Entry { owner: equals[0].0, kpi, part });
        }
    }
}

/// The mark of a record in doubt. Whether the record belongs is not asked: what was not told may be just that.
fn mark(simple: &Simple, in_doubt: bool, row: &Row, basis: &Basis) -> Contribution {
    if in_doubt {
        doubtful(simple, owner(simple, row), row, basis, 0, 1)
    } else {
        Contribution::Nothing
    }
}
