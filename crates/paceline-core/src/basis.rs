//! The basis: what records are folded by besides the model, and what may become another while the engine runs.

use std::collections::HashSet;
use std::sync::Arc;

use crate::entity::FieldId;
use crate::expr::Row;
use crate::kpi::{At, Simple};
use crate::model::Model;
use crate::rates::{Rates, currency};
use crate::roster::Roster;
use crate::symbol::Symbol;

/// What records are folded by besides the model.
#[derive(Clone, Debug)]
pub struct Basis {
    /// The reps, whose time zones say on which day something is.
    pub roster: Arc<Roster>,
    /// The rates by which money becomes money of the org's currency.
    pub rates: Arc<Rates>,
}

/// In what one basis differs from another, as far as contributions of records may.
#[derive(Debug)]
pub struct Difference<'a> {
    /// The former.
    pub(crate) from: &'a Basis,
    /// The latter.
    pub(crate) to: &'a Basis,
    /// Whose days begin at other instants.
    moved_days: HashSet<Symbol>,
    /// Of which currencies the rates are others.
    revalued: HashSet<Symbol>,
}

impl<'a> Difference<'a> {
    /// What becomes another from one basis to the next.
    pub fn new(from: &'a Basis, to: &'a Basis) -> Self {
        let (former, roster) = (&from.roster, &to.roster);
        let owners = former.symbols().iter().chain(roster.symbols()).copied();
        let moved = owners.filter(|owner| former.zone_of(*owner) != roster.zone_of(*owner));
        let revalued = from.rates.differing(&to.rates);
        Self { from, to, moved_days: moved.collect(), revalued }
    }

    /// Whether contributions to a KPI may differ. Who manages whom is nothing to a record.
    pub fn concerns(&self, simple: &Simple) -> bool {
        self.moves(simple) || self.revalues(simple)
    }

    /// Whether what a record contributes to a KPI may differ, whoever is credited with it.
    pub(crate) fn concerns_record(&self, simple: &Simple, owner: Symbol, row: &Row) -> bool {
        let code = |field: FieldId| currency(row[usize::from(field.0)]);
        let is_revalued = |code| self.revalued.contains(&code);
        self.moves(simple) && self.moved_days.contains(&owner)
            || simple.currency.and_then(code).is_some_and(is_revalued)
    }

    fn moves(&self, simple: &Simple) -> bool {
        let by_day = matches!(simple.at, Some(At::Timestamp(_) | At::Else { .. }));
        !self.moved_days.is_empty() && (by_day || simple.filter.is_timed_by_day())
    }

    fn revalues(&self, simple: &Simple) -> bool {
        !self.revalued.is_empty() && simple.currency.is_some()
    }

    /// Whether contributions to any KPI of a model may differ.
    pub fn concerns_any(&self, model: &Model) -> bool {
        model.kpis.iter().filter_map(|kpi| kpi.simple()).any(|simple| self.concerns(simple))
    }
}
