//! What names mean in an expression: the fields and states of an entity and of those that its fields name, and the extras
//! that expressions add to its records.

use std::cell::RefCell;

use super::eval::Cell;
use crate::entity::{Entity, EntityId, FieldId, FieldType};
use crate::extra::{Extra, Link, Splits};
use crate::moment::{Moment, Order};
use crate::symbol::Intern;

/// The ordered states of an entity (the stages of an opportunity) and their named sets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct States {
    /// The field that holds the state.
    pub field: String,
    /// All states in their order.
    pub order: Vec<String>,
    /// The named sets, such as `open` and `won`.
    pub sets: Vec<(String, Vec<String>)>,
}

/// What names mean in an expression.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// The entity whose fields are visible.
    pub entity: &'a Entity,
    /// Its states, if it has any.
    pub states: Option<&'a States>,
    /// The extras of its records; expressions add those they need.
    pub extras: &'a RefCell<Vec<Extra>>,
    /// Beside the entity's fields: which record each of them names. What is left out names none.
    pub links: &'a [Option<Linked<'a>>],
}

/// The entity of the records that a field names.
#[derive(Clone, Copy, Debug)]
pub struct Linked<'a> {
    /// Which entity.
    pub id: EntityId,
    /// The entity, whose fields are visible behind the name of the field.
    pub entity: &'a Entity,
    /// Its states, if it has any.
    pub states: Option<&'a States>,
}

impl Scope<'_> {
    /// The cell of a moment, which all that need it share.
    pub fn remember(self, moment: Moment) -> FieldId {
        self.extra(Extra::Moment(moment))
    }

    /// The cell that stands for how records are split.
    pub fn split(self, splits: Splits) -> FieldId {
        self.extra(Extra::Splits(splits))
    }

    /// The cell of a field of the record that a link names.
    pub(super) fn look(self, link: Link, field: FieldId, kind: FieldType) -> FieldId {
        self.extra(Extra::Doubt(link));
        self.extra(Extra::Borrowed { link, field, kind })
    }

    /// Whether a cell is that of a field of another record.
    pub fn is_borrowed(self, cell: FieldId) -> bool {
        let at = usize::from(cell.0).checked_sub(self.entity.fields.len());
        let extras = self.extras.borrow();
        let extra = at.and_then(|at| extras.get(at));
        matches!(extra, Some(Extra::Borrowed { .. }))
    }

    /// The cell of an extra, which all that need it share.
    fn extra(self, extra: Extra) -> FieldId {
        let mut extras = self.extras.borrow_mut();
        let known = extras.iter().position(|known| *known == extra);
        let at = known.unwrap_or(extras.len());
        if known.is_none() {
            extras.push(extra);
        }
        FieldId((self.entity.fields.len() + at) as u8)
    }

    /// The states in their order, if there are any.
    pub(super) fn order(self, symbols: &mut dyn Intern) -> Option<Order> {
        let states = self.states?;
        let (field, _) = self.entity.field(&states.field)?;
        let cell = |state: &String| Cell::Known(symbols.intern(state).0.into());
        let cells: Vec<Cell> = states.order.iter().map(cell).collect();
        let open = states.order.iter().map(|state| states.is_open(state));
        Some(Order { field, states: cells.into_iter().zip(open).collect() })
    }
}

impl States {
    /// Whether a state is among the `open` ones; without a set of that name, whether it is neither won nor lost.
    pub fn is_open(&self, state: &str) -> bool {
        let set = |name: &str| self.sets.iter().find(|(set, _)| set == name);
        let holds = |name| set(name).is_some_and(|(_, members)| members.iter().any(|m| m == state));
        if set("open").is_some() { holds("open") } else { !holds("won") && !holds("lost") }
    }
}
