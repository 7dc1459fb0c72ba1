//! Reps from the records of an entity, such as the users of a CRM.

use crate::day::Day;
use crate::entity::{EntityId, FieldId};
use crate::expr::{Cell, Test, Tri};
use crate::facts::Said;
use crate::record::Life;
use crate::symbol::Symbol;

/// Which records are reps, and which of their fields say what.
#[derive(Clone, Debug, PartialEq)]
pub struct FromEntity {
    /// The entity; the id of a record is the rep's.
    pub entity: EntityId,
    /// Which of its living records are reps.
    pub filter: Test,
    /// What people call them.
    pub name: Option<FieldId>,
    /// Their manager's id.
    pub manager: Option<FieldId>,
    /// Their role.
    pub role: Option<FieldId>,
    /// Their first day.
    pub start: Option<FieldId>,
    /// Their last day.
    pub end: Option<FieldId>,
    /// The name of their time zone.
    pub time_zone: Option<FieldId>,
    /// The name of their calendar.
    pub calendar: Option<FieldId>,
}

impl FromEntity {
    /// What a record says of a rep, `text` being what its symbols stand for; `None` when it is of no rep. What is unknown is
    /// taken as null.
    pub fn said(
        &self,
        life: Life,
        row: &[Cell],
        text: impl Fn(Symbol) -> Option<String>,
    ) -> Option<Said> {
        if !life.alive || self.filter.eval(row) != Tri::True {
            return None;
        }
        let known = |field: Option<FieldId>| match row[usize::from(field?.0)] {
            Cell::Known(value) => Some(value),
            Cell::Null | Cell::Unknown => None,
        };
        let words = |field| known(field).and_then(|symbol| text(Symbol(symbol as u32)));
        let day = |field| known(field).map(|day| Day(day as i32));
        Some(Said {
            name: Some(words(self.name)),
            manager: Some(words(self.manager)),
            role: Some(words(self.role)),
            start: Some(day(self.start)),
            end: Some(day(self.end)),
            time_zone: Some(words(self.time_zone)),
            calendar: Some(words(self.calendar)),
            time_off: None,
        })
    }
}
