//! The basis: what records are folded by besides the model, and what may become another while the engine runs.

use std::collections::HashSet;
use std::sync::Arc;

use crate::kpi::{At, Simple};
use crate::model::Model;
use crate::roster::Roster;
use crate::symbol::Symbol;

/// What records are folded by besides the model.
#[derive(Clone, Debug)]
pub struct Basis {
    /// The reps, whose time zones say on which day something is.
    pub roster: Arc<Roster>,
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
}

impl<'a> Difference<'a> {
    /// What becomes another from one basis to the next.
    pub fn new(from: &'a Basis, to: &'a Basis) -> Self {
        let (former, roster) = (&from.roster, &to.roster);
        let owners = former.symbols().iter().chain(roster.symbols()).copied();
        let moved = owners.filter(|owner| former.zone_of(*owner) != roster.zone_of(*owner));
        Self { from, to, moved_days: moved.collect() }
    }

    /// Whether contributions to a KPI may differ. Who manages whom is nothing to a record.
    pub fn concerns(&self, simple: &Simple) -> bool {
        let by_day = matches!(simple.at, Some(At::Timestamp(_) | At::Else { .. }));
        !self.moved_days.is_empty() && (by_day || simple.filter.is_timed_by_day())
    }

    /// Whether contributions of an owner's records may differ.
    pub(crate) fn concerns_owner(&self, owner: Symbol) -> bool {
        self.moved_days.contains(&owner)
    }

    /// Whether contributions to any KPI of a model may differ.
    pub fn concerns_any(&self, model: &Model) -> bool {
        model.kpis.iter().filter_map(|kpi| kpi.simple()).any(|simple| self.concerns(simple))
    }
}
