//! `entities.<name>.states`: the ordered states of an entity, and their named sets.

use paceline_core::entity::{Entity, FieldType};
use paceline_core::expr::States;
use paceline_core::suggest;
use schemars::JsonSchema;
use serde::Deserialize;

use super::field;
use crate::config::located::{Entries, Located, Text};
use crate::config::report::Report;
use crate::config::value;

/// The ordered states of an entity.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "States")]
pub(super) struct RawStates {
    /// The field that holds the state, of type text. Required.
    field: Text,
    /// All states, from the first to the last; expressions may compare the field with no other text. Required.
    order: Located<Vec<Text>>,
    /// Named sets of states, for `stage in states.won`: usually open, qualified, won, lost, late. No state is two of open,
    /// won and lost. Default: none.
    sets: Option<Entries<Vec<Text>>>,
}

impl RawStates {
    /// Compiles them.
    pub(super) fn compile(&self, entity: &Entity, report: &mut Report) -> States {
        if !self.field_fits(entity, report) {
            report.lose(self.field.as_str());
        }
        self.check_order(report);
        self.check_ends(report);
        let sets = self.sets.iter().flat_map(|sets| &sets.0);
        States {
            field: self.field.value.clone(),
            order: self.order.value.iter().map(|state| state.value.clone()).collect(),
            sets: sets
                .map(|(name, members)| (name.value.clone(), self.set(name, members, report)))
                .collect(),
        }
    }

    fn field_fits(&self, entity: &Entity, report: &mut Report) -> bool {
        let Some((_, field)) = field(&self.field, entity, report) else { return false };
        if field.kind != FieldType::Text {
            let message = format!("`{}` is {}, and states are text", field.name, field.kind);
            report.error(self.field.at, message, "name a field of type text");
        }
        field.kind == FieldType::Text
    }

    fn check_order(&self, report: &mut Report) {
        let states = &self.order.value;
        if states.is_empty() {
            report.error(
                self.order.at,
                "there is no state",
                "list all states, from the first to the last",
            );
        }
        for state in states {
            value::not_empty(state, "a state", report);
        }
        check_twice(states, report);
    }

    /// What is open is neither won nor lost: an open state that is jumped over counts as passed, the ends do not.
    fn check_ends(&self, report: &mut Report) {
        let members = |end: &'static str| {
            let sets = self.sets.iter().flat_map(|sets| &sets.0);
            sets.filter(move |(name, _)| name.as_str() == end).flat_map(|(_, members)| members)
        };
        for (set, other) in [("won", "open"), ("lost", "open"), ("lost", "won")] {
            for member in members(set) {
                if members(other).any(|state| state.value == member.value) {
                    report.error(
                        member.at,
                        format_args!("`{}` is {set} and {other} at once", member.as_str()),
                        "take it out of one of the two sets",
                    );
                }
            }
        }
    }

    fn set(&self, name: &Text, members: &[Text], report: &mut Report) -> Vec<String> {
        value::identifier(name, "a set of states", report);
        if members.is_empty() {
            report.error(
                name.at,
                format_args!("there is no state in `{}`", name.as_str()),
                "list those that belong to it, or leave the set out",
            );
        }
        check_twice(members, report);
        let states = || self.order.value.iter().map(Text::as_str);
        for member in members {
            if !states().any(|state| state == member.as_str()) {
                let remedy = suggest::remedy(member.as_str(), states(), "the states are");
                report.unknown(
                    member.at,
                    format_args!("`{}` is not in `order`", member.as_str()),
                    remedy,
                );
            }
        }
        members.iter().map(|member| member.value.clone()).collect()
    }
}

fn check_twice(states: &[Text], report: &mut Report) {
    for (index, state) in states.iter().enumerate() {
        if states[..index].iter().any(|other| other.value == state.value) {
            report.error(
                state.at,
                format_args!("`{}` is listed twice", state.as_str()),
                "keep one of the two",
            );
        }
    }
}
