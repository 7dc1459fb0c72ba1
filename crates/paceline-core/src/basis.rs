//! The basis: what records are folded by besides the model, and what may become another while the engine runs.

use std::sync::Arc;

use crate::calendar::Calendar;
use crate::model::Model;
use crate::roster::{Roster, UNASSIGNED};
use crate::symbol::Symbol;
use crate::working_age::Workplace;

/// What records are folded by besides the model.
#[derive(Clone, Debug)]
pub struct Basis {
    /// The reps, whose time zones say on which day something is.
    pub roster: Arc<Roster>,
    /// The calendars by which the reps work.
    calendars: Arc<[Calendar]>,
}

impl Basis {
    /// What the records of a model are folded by.
    pub fn new(model: &Model, roster: Arc<Roster>) -> Self {
        Self { roster, calendars: model.calendars.clone().into() }
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
