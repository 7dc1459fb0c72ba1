//! Moments: what a record remembers of its past, because its present fields cannot tell when it came to be so.
//!
//! The moments that KPIs ask for are cells of the record's image, behind those of its fields. They are set as changes
//! come. What holds:
//!
//! - A moment is the time of the change with which the image came to meet the condition. `first` is set once and
//!   stays; `since` ends when the image ceases to meet the condition. Deletes, undeletes, gaps and null values move none.
//! - A duplicate or replayed change alters no field, so it alters no moment. While the changes of a record come in the
//!   order of their versions, its moments are those of its history, however often each of them comes.
//! - A late change, older than one that came before it, acts through the image alone: what it says of fields that
//!   something newer has set is ignored, for moments too, so it moves no moment that a newer change set. Where it fills
//!   fields that nothing newer has set, and the image thereby comes to meet the condition or ceases to, then the
//!   moment is its time, or `since` ends. A `first` that is set never moves.
//! - A condition that cannot be told, for a field was never seen, leaves a moment that is not set unknown.
//! - With ordered states, a record that moves forward from one state to another passes the open ones between at the
//!   same moment, as if changes to each of them had come one by one. That needs a state to come from: a record first
//!   seen late in the order has passed nothing.

use jiff::Timestamp;

use crate::entity::{FieldId, FieldType};
use crate::expr::{Cell, Row, Test, Tri};

/// Something that is remembered of a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    /// What of the condition is remembered.
    pub kind: Kind,
    /// The condition.
    pub condition: Test,
    /// The states in whose order the record may pass some; none where the condition does not depend on them.
    pub states: Option<Order>,
}

/// What of a condition is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// When it first became true.
    First,
    /// Since when it has been true without a break.
    Since,
    /// Whether it was not known to be false before it first became true: the record was first seen like that.
    Already,
    /// When it first was true at or after another moment, the cell of which comes before this one.
    Then(FieldId),
    /// Whom a field named when the condition became true, for as long as it is; else whom the field names now. What was
    /// not known when it became true is kept from when it is known.
    Kept(FieldId),
}

/// States in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The field that holds the state.
    pub field: FieldId,
    /// The states, and whether each is open: passed when it is jumped over.
    pub states: Box<[(Cell, bool)]>,
}

impl Kind {
    /// What its cell holds.
    pub const fn field_type(self) -> FieldType {
        match self {
            Self::First | Self::Since | Self::Then(_) => FieldType::Timestamp,
            Self::Already => FieldType::Bool,
            Self::Kept(_) => FieldType::Text,
        }
    }
}

impl Moment {
    /// The cell after a change made at `time` led from one row to another; `was` is the cell before. The row after is
    /// as before when this returns.
    pub(crate) fn after(&self, was: Cell, old: &Row, new: &mut Row, time: Timestamp) -> Cell {
        if let Kind::Kept(field) = self.kind {
            return self.kept(field, was, old, new);
        }
        let was = self.pass(was, old, new, time);
        self.step(was, old, new, time)
    }

    /// What the states between are does not matter here: the record is looked at as it was and as it is.
    fn kept(&self, field: FieldId, was: Cell, old: &Row, new: &Row) -> Cell {
        let goes_on = [old, new].into_iter().all(|row| self.condition.eval(row) == Tri::True);
        if goes_on && was != Cell::Unknown { was } else { new[usize::from(field.0)] }
    }

    /// The cell once the record has passed the open states between two.
    fn pass(&self, was: Cell, old: &Row, new: &mut Row, time: Timestamp) -> Cell {
        let Some(order) = &self.states else { return was };
        let at = usize::from(order.field.0);
        let reached = new[at];
        let mut cell = was;
        for state in order.between(old[at], reached) {
            new[at] = state;
            cell = self.step(cell, old, new, time);
        }
        new[at] = reached;
        cell
    }

    fn step(&self, was: Cell, old: &Row, new: &Row, time: Timestamp) -> Cell {
        let holds = self.condition.eval(new);
        match (self.kind, was, holds) {
            (Kind::First | Kind::Then(_) | Kind::Already, Cell::Known(_), _)
            | (Kind::Since, Cell::Known(_), Tri::True) => was,
            // What is reached by the change that sets the other moment is reached at that moment.
            (Kind::Then(other), ..) if !matches!(new[usize::from(other.0)], Cell::Known(_)) => {
                Cell::Null
            }
            (Kind::First | Kind::Then(_) | Kind::Since, _, Tri::True) => {
                Cell::Known(time.as_nanosecond())
            }
            (Kind::Already, _, Tri::True) => {
                Cell::Known((self.condition.eval(old) != Tri::False).into())
            }
            (Kind::Kept(_), ..) => was,
            (_, _, Tri::False) => Cell::Null,
            (_, _, Tri::Unknown) => Cell::Unknown,
        }
    }
}

impl Order {
    /// The open states that a record passes on its way forward.
    fn between(&self, from: Cell, to: Cell) -> impl Iterator<Item = Cell> {
        let place = |state: Cell| self.states.iter().position(|(known, _)| *known == state);
        let passed = match (place(from), place(to)) {
            (Some(from), Some(to)) if from < to => &self.states[from + 1..to],
            _ => &[],
        };
        passed.iter().filter(|(_, open)| *open).map(|(state, _)| *state)
    }
}
