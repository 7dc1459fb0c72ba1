//! Moments: what a record remembers of its past, because its present fields cannot tell when it came to be so.
//!
//! The moments that KPIs ask for are cells of the record's image, behind those of its fields. They are set as changes
//! come. What holds:
//!
//! - A moment is the time of the change with which the image came to meet the condition. `first` is set once and
//!   stays; `since` ends when the image ceases to meet the condition, and that of a field begins anew with every value. Deletes, undeletes, gaps and null values move none.
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
    /// Since when a field has had the value that it has, null included. There is no condition.
    Unchanged(FieldId),
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
            Self::First | Self::Since | Self::Then(_) | Self::Unchanged(_) => FieldType::Timestamp,
            Self::Already => FieldType::Bool,
            Self::Kept(_) => FieldType::Text,
        }
    }
}

impl Moment {
    /// Since when a field has had its value.
    pub const fn unchanged(field: FieldId) -> Self {
        Self { kind: Kind::Unchanged(field), condition: Test::Const(true), states: None }
    }

    /// The cell after a change made at `time` led from one row to another; `was` is the cell before. The row after is
    /// as before when this returns.
    pub(crate) fn after(&self, was: Cell, old: &Row, new: &mut Row, time: Timestamp) -> Cell {
        match self.kind {
            Kind::Kept(field) => return self.kept(field, was, old, new),
            Kind::Unchanged(field) => return unchanged(field, was, old, new, time),
            Kind::First | Kind::Since | Kind::Already | Kind::Then(_) => {}
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
            (Kind::Kept(_) | Kind::Unchanged(_), ..) => was,
            (_, _, Tri::False) => Cell::Null,
            (_, _, Tri::Unknown) => Cell::Unknown,
        }
    }
}

fn unchanged(field: FieldId, was: Cell, old: &Row, new: &Row, time: Timestamp) -> Cell {
    let at = usize::from(field.0);
    match (new[at], was) {
        (Cell::Unknown, _) => Cell::Unknown,
        (value, Cell::Known(_)) if value == old[at] => was,
        _ => Cell::Known(time.as_nanosecond()),
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

#[cfg(test)]
mod tests {
    //! What is remembered over a list of changes, each a state and a time.

    use jiff::Timestamp;

    use super::{Kind, Moment, Order};
    use crate::entity::FieldId;
    use crate::expr::{Cell, Comparison, Test, Word};

    const STATE: FieldId = FieldId(0);

    fn is(state: i128) -> Test {
        Test::Compare { op: Comparison::Equal, left: Word::Field(STATE), right: Word::Const(state) }
    }

    /// States 1 to 5, of which 4 and 5 are not open.
    fn moment(kind: Kind, condition: Test) -> Moment {
        let states = (1..=5).map(|state| (Cell::Known(state), state < 4)).collect();
        Moment { kind, condition, states: Some(Order { field: STATE, states }) }
    }

    /// The cell after the record was in `states`, the nth of them at second n.
    fn after(moment: &Moment, states: &[Cell]) -> Cell {
        let (mut cell, mut row) = (Cell::Unknown, vec![Cell::Unknown]);
        for (second, state) in (1..).zip(states) {
            let mut new = vec![*state];
            let time = Timestamp::from_second(second).expect("in range");
            cell = moment.after(cell, &row, &mut new, time);
            assert_eq!(new, [*state], "passing states leaves the record where it is");
            row = new;
        }
        cell
    }

    fn second(second: i128) -> Cell {
        Cell::Known(second * 1_000_000_000)
    }

    #[test]
    fn moments_follow_the_states() {
        use Cell::{Known, Null, Unknown};
        use Kind::{Already, First, Since};
        let cases: [(Kind, Test, &[Cell], Cell); 16] = [
            (First, is(2), &[], Unknown),
            (First, is(2), &[Unknown], Unknown),
            (First, is(2), &[Known(1)], Null),
            (First, is(2), &[Known(1), Known(2)], second(2)),
            (First, is(2), &[Known(1), Known(2), Known(1), Known(2)], second(2)),
            // Jumped over, but not from nowhere, not back, and not when it is not open.
            (First, is(2), &[Known(1), Known(3)], second(2)),
            (First, is(2), &[Known(1), Known(5)], second(2)),
            (First, is(2), &[Known(3), Known(1)], Null),
            (First, is(2), &[Unknown, Known(3)], Null),
            (First, is(4), &[Known(1), Known(5)], Null),
            // A state that is in no order passes none.
            (First, is(2), &[Known(1), Known(9), Known(3)], Null),
            (Since, is(2), &[Known(2), Known(2), Known(3)], Null),
            (Since, is(2), &[Known(2), Known(1), Known(2), Known(2)], second(3)),
            (Since, Test::Not(Box::new(is(2))), &[Known(1), Known(1), Known(3)], second(3)),
            (Already, is(2), &[Known(2), Known(1), Known(2)], Known(1)),
            (Already, is(2), &[Known(1), Known(2)], Known(0)),
        ];
        for (kind, condition, states, expected) in cases {
            let moment = moment(kind, condition);
            assert_eq!(after(&moment, states), expected, "{moment:?} of {states:?}");
        }
    }

    #[test]
    fn a_value_is_as_old_as_its_last_change() {
        use Cell::{Known, Null, Unknown};
        let cases: [(&[Cell], Cell); 6] = [
            (&[Unknown], Unknown),
            (&[Known(1), Known(1)], second(1)),
            (&[Known(1), Known(2), Known(2)], second(2)),
            (&[Known(1), Known(2), Known(1)], second(3)),
            (&[Known(1), Null, Null], second(2)),
            (&[Unknown, Known(1)], second(2)),
        ];
        for (values, expected) in cases {
            assert_eq!(after(&Moment::unchanged(STATE), values), expected, "{values:?}");
        }
    }

    #[test]
    fn a_kept_field_is_that_of_the_beginning() {
        const OWNER: FieldId = FieldId(1);
        let moment = Moment { kind: Kind::Kept(OWNER), condition: is(2), states: None };
        let mut cell = Cell::Unknown;
        let mut row = vec![Cell::Unknown; 2];
        // The state, the owner, and who is kept.
        for (state, owner, kept) in
            [(1, 7, 7), (1, 8, 8), (2, 9, 9), (2, 7, 9), (1, 7, 7), (2, 8, 8), (2, 9, 8)]
        {
            let mut new = vec![Cell::Known(state), Cell::Known(owner)];
            cell = moment.after(cell, &row, &mut new, Timestamp::UNIX_EPOCH);
            assert_eq!(cell, Cell::Known(kept), "in state {state} with owner {owner}");
            row = new;
        }
    }
}
