//! The fold: from a record before and after a change to a handful of signed entries.

mod contribution;
mod money;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::basis::{Basis, Difference};
use crate::day::Day;
use crate::entity::EntityId;
use crate::entry::{Entry, NO_DAY, Part};
use crate::expr::{Now, Outcome, Row};
use crate::kpi::{KpiId, Simple};
use crate::model::Model;
use crate::record::{Life, Scratch, Transition};
use crate::roster::ORG;
use crate::symbol::Symbol;

use contribution::{Contribution, contribution, contribution_if, doubtful, owner};
use money::days_ahead;

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
    /// Whether the clock alone changes what records contribute.
    timed: bool,
    simple: Simple,
}

impl Fold {
    /// The fold of an entity's records.
    pub fn new(model: &Model, entity: EntityId) -> Self {
        let folded = |id: KpiId| {
            let simple = model.kpi(id).simple().filter(|simple| simple.entity == entity)?;
            let (fields, timed) = (simple.fields(), simple.is_timed());
            Some(Folded { id, fields, timed, simple: simple.clone() })
        };
        Self { kpis: model.kpi_ids().filter_map(folded).collect() }
    }

    /// The entries of a record that went from `scratch.old` to `scratch.new`.
    pub fn transition(
        &self,
        change: Transition,
        scratch: &Scratch,
        basis: &Basis,
        mut emit: impl FnMut(Entry),
    ) {
        let everything = change.was != change.is;
        for Folded { id: kpi, fields, timed, simple } in &self.kpis {
            if !everything && change.changed & fields == 0 {
                continue;
            }
            if !timed {
                let (old, new) = (
                    contribution(simple, change.was, &scratch.old, basis),
                    contribution(simple, change.is, &scratch.new, basis),
                );
                replace(*kpi, old, new, &mut emit);
            }
            doubt(*kpi, simple, change, scratch, basis, &mut emit);
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
        mut emit: impl FnMut(Timestamp, Entry),
    ) {
        let everything = change.was != change.is;
        let timed = self.kpis.iter().filter(|kpi| kpi.timed);
        for Folded { id: kpi, fields, simple, .. } in timed {
            if !everything && change.changed & fields == 0 {
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
    /// records change by the clock alone with the instant from which on they count.
    pub fn refold(
        &self,
        life: Life,
        row: &Row,
        difference: &Difference<'_>,
        mut emit: impl FnMut(Option<Timestamp>, Entry),
    ) {
        let Difference { from, to, .. } = difference;
        let concerned = self.kpis.iter().filter(|Folded { simple, .. }| {
            difference.concerns_record(simple, owner(simple, row), row)
        });
        for Folded { id: kpi, timed, simple, .. } in concerned {
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
            let marks = (mark(life, simple, row, from), mark(life, simple, row, to));
            replace(*kpi, marks.0, marks.1, &mut |entry| emit(None, entry));
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
    basis: &Basis,
    mut change: impl FnMut(Timestamp, Contribution, Contribution),
) {
    if !life.alive {
        return;
    }
    let owner = owner(simple, row);
    let place = (owner != Symbol::UNKNOWN).then(|| basis.workplace(owner));
    let mut instants = BTreeSet::from([Timestamp::MIN]);
    simple.filter.for_each_threshold(&mut |threshold| {
        // What lies outside of all time has always come, or never comes.
        if let Outcome::Known(instant) = threshold.instant(row, place) {
            instants.extend(Timestamp::from_nanosecond(instant).ok());
        }
    });
    let org = basis.roster.zone(ORG);
    instants.extend(days_ahead(simple, row, basis).map(|day| day.start(org)));
    let mut before = Contribution::Nothing;
    for at in instants {
        let now = Now { instant: at.as_nanosecond(), place };
        let belongs = simple.filter.eval_at(row, &now);
        let after = contribution_if(belongs, simple, row, basis, Day::of(at, org));
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
    basis: &Basis,
    emit: &mut impl FnMut(Entry),
) {
    let old = mark(change.was, simple, &scratch.old, basis);
    let new = mark(change.is, simple, &scratch.new, basis);
    replace(kpi, old, new, emit);
}

/// The mark of a record, if it is in doubt.
fn mark(life: Life, simple: &Simple, row: &Row, basis: &Basis) -> Contribution {
    if life.in_doubt { doubtful(simple, row, basis, 0, 1) } else { Contribution::Nothing }
}
