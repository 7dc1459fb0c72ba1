//! The basis: what records are folded by besides the model, and what may become another while the engine runs.

use std::collections::HashSet;
use std::sync::Arc;

use crate::calendar::Calendar;
use crate::entity::FieldId;
use crate::expr::Row;
use crate::kpi::{At, Simple};
use crate::model::Model;
use crate::rates::{Rates, currency};
use crate::roster::{Roster, UNASSIGNED};
use crate::symbol::Symbol;
use crate::working_age::Workplace;

/// What records are folded by besides the model.
#[derive(Clone, Debug)]
pub struct Basis {
    /// The reps, whose time zones say on which day something is.
    pub roster: Arc<Roster>,
    /// The rates by which money becomes money of the org's currency.
    pub rates: Arc<Rates>,
    /// The calendars by which the reps work.
    calendars: Arc<[Calendar]>,
}

impl Basis {
    /// What records are folded by. The calendars are those of the model.
    pub fn new(calendars: &[Calendar], roster: Arc<Roster>, rates: Arc<Rates>) -> Self {
        Self { roster, rates, calendars: calendars.into() }
    }

    /// The same with other reps.
    #[must_use]
    pub fn with_roster(&self, roster: Arc<Roster>) -> Self {
        Self { roster, ..self.clone() }
    }

    /// The same with other rates.
    #[must_use]
    pub fn with_rates(&self, rates: Arc<Rates>) -> Self {
        Self { rates, ..self.clone() }
    }

    /// Where and when an owner works: for who is no rep, by the calendar of the org.
    pub(crate) fn workplace(&self, owner: Symbol) -> Workplace<'_> {
        let rep = self.roster.rep_of(owner);
        let scope = rep.map_or(UNASSIGNED, |rep| self.roster.rep_scope(rep));
        Workplace {
            zone: self.roster.zone(scope),
            calendar: &self.calendars[usize::from(self.roster.calendar(scope).0)],
            time_off: rep.map_or(&[], |rep| &self.roster.reps()[rep].time_off),
        }
    }
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
    /// Who works at other times.
    moved_work: HashSet<Symbol>,
    /// Of which currencies the rates are others.
    revalued: HashSet<Symbol>,
}

impl<'a> Difference<'a> {
    /// What becomes another from one basis to the next.
    pub fn new(from: &'a Basis, to: &'a Basis) -> Self {
        let owners = || from.roster.symbols().iter().chain(to.roster.symbols()).copied();
        let moves = |owner: &Symbol| from.roster.zone_of(*owner) != to.roster.zone_of(*owner);
        let works = |owner: &Symbol| from.workplace(*owner) != to.workplace(*owner);
        Self {
            from,
            to,
            moved_days: owners().filter(moves).collect(),
            moved_work: owners().filter(works).collect(),
            revalued: from.rates.differing(&to.rates),
        }
    }

    /// Whether contributions to a KPI may differ. Who manages whom is nothing to a record.
    pub fn concerns(&self, simple: &Simple) -> bool {
        self.moves(simple) || self.reworks(simple) || self.revalues(simple)
    }

    /// Whether what a record contributes to a KPI may differ, when these are credited with it.
    pub(crate) fn concerns_record(
        &self,
        simple: &Simple,
        owners: impl IntoIterator<Item = Symbol>,
        row: &Row,
    ) -> bool {
        let code = |field: FieldId| currency(row[usize::from(field.0)]);
        let is_revalued = |code| self.revalued.contains(&code);
        let (moves, reworks) = (self.moves(simple), self.reworks(simple));
        let is_moved = |owner: Symbol| {
            moves && self.moved_days.contains(&owner) || reworks && self.moved_work.contains(&owner)
        };
        simple.currency.and_then(code).is_some_and(is_revalued) || owners.into_iter().any(is_moved)
    }

    fn moves(&self, simple: &Simple) -> bool {
        let by_day = matches!(simple.at, Some(At::Timestamp(_) | At::Else { .. }));
        !self.moved_days.is_empty() && (by_day || simple.filter.is_timed_by_day())
    }

    fn reworks(&self, simple: &Simple) -> bool {
        !self.moved_work.is_empty() && simple.filter.is_timed_by_work()
    }

    fn revalues(&self, simple: &Simple) -> bool {
        !self.revalued.is_empty() && simple.currency.is_some()
    }

    /// Whether contributions to any KPI of a model may differ.
    pub fn concerns_any(&self, model: &Model) -> bool {
        model.kpis.iter().filter_map(|kpi| kpi.simple()).any(|simple| self.concerns(simple))
    }
}
