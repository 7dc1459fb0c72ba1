//! Constants that are compared with the field of the states: a state that there is not is mistyped.
//!
//! Nothing would tell otherwise: no record is ever in it, so a KPI would count nothing, or everything, for ever.

use super::super::syntax::{Kind, Node};
use super::{Checked, Checker, refuse};
use crate::suggest;

impl Checker<'_> {
    /// A state that is compared with the field of the states, on either side.
    pub(super) fn check_state_compared(&self, left: &Node, right: &Node) -> Checked<()> {
        self.check_state(left, right)?;
        self.check_state(right, left)
    }

    /// If `field` is the field of the states and `constant` is text, that is one of them.
    pub(super) fn check_state(&self, field: &Node, constant: &Node) -> Checked<()> {
        let (Kind::Name(name), Kind::Text(state)) = (&field.kind, &constant.kind) else {
            return Ok(());
        };
        let Some(states) = self.scope.states.filter(|states| states.field == *name) else {
            return Ok(());
        };
        if states.order.contains(state) {
            return Ok(());
        }
        let known = states.order.iter().map(String::as_str);
        let remedy = suggest::remedy(state, known, "the states are");
        Err(refuse(
            constant,
            format!("`{state}` is no state of `{name}`"),
            format!("{remedy} (any other must be added to `order` of the entity's `states`)"),
        ))
    }
}
