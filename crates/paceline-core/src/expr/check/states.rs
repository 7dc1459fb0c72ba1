//! Constants that are compared with the field of the states: a state that there is not is mistyped.
//!
//! Nothing would tell otherwise: no record is ever in it, so a KPI would count nothing, or everything, for ever.

use super::super::syntax::{Kind, Node};
use super::names::shown;
use super::{Checked, Checker, refuse};
use crate::expr::States;
use crate::suggest;

impl Checker<'_> {
    /// A state that is compared with the field of the states, on either side.
    pub(super) fn check_state_compared(&self, left: &Node, right: &Node) -> Checked<()> {
        self.check_state(left, right)?;
        self.check_state(right, left)
    }

    /// If `field` is the field of the states and `constant` is text, that is one of them.
    pub(super) fn check_state(&self, field: &Node, constant: &Node) -> Checked<()> {
        let Kind::Text(state) = &constant.kind else { return Ok(()) };
        let Some(states) = self.states_in(field).filter(|states| !states.order.contains(state))
        else {
            return Ok(());
        };
        let known = states.order.iter().map(String::as_str);
        let remedy = suggest::remedy(state, known, "the states are");
        Err(refuse(
            constant,
            format!("`{state}` is no state of `{}`", shown(field)),
            format!("{remedy} (any other must be added to `order` of the entity's `states`)"),
        ))
    }

    /// The states that a field holds, of the record itself or of the one that another field names.
    fn states_in(&self, field: &Node) -> Option<&States> {
        let (states, name) = match &field.kind {
            Kind::Name(name) => (self.scope.states, name),
            Kind::Select(link, name) => {
                let Kind::Name(own) = &link.kind else { return None };
                // What is wrong with the link is told where the field is looked up.
                (self.linked(link, own).ok()?.1.states, name)
            }
            _ => return None,
        };
        states.filter(|states| states.field == *name)
    }
}
