//! How expressions are refused: what is wrong, and what to do about it.

use super::{Operand, comparison};
use crate::entity::FieldType;
use crate::expr::syntax::Node;
use crate::expr::{ExprError, Word};

pub(in crate::expr) fn refuse(node: &Node, message: String, help: String) -> ExprError {
    ExprError { at: node.at, message, help }
}

pub(super) fn mismatch(node: &Node, left: &Operand, right: &Operand) -> ExprError {
    let help = match (left.kind(), right.kind()) {
        ("date", "text") | ("text", "date") => "write the constant as date(\"2026-11-23\")",
        ("timestamp", "text") | ("text", "timestamp") => {
            "write the constant as timestamp(\"2026-11-23T10:00:00Z\")"
        }
        ("an age", _) | (_, "an age") => "compare an age with duration(\"14d\")",
        ("date", "now()") | ("now()", "date") => "compare a date with today()",
        ("timestamp", "today()") | ("today()", "timestamp") => "compare a timestamp with now()",
        ("a number", "text") | ("text", "a number") => {
            let quoted =
                |side: &Operand| matches!(side, Operand::Word(FieldType::Text, Word::Const(_)));
            if quoted(left) || quoted(right) {
                "write the constant without quotes, or declare the field as text"
            } else {
                "write the constant in quotes, or declare the field as decimal"
            }
        }
        ("bool", _) | (_, "bool") => "write the field alone, or `!` and the field for the opposite",
        _ => "compare values of one type",
    };
    refuse(
        node,
        format!("{} cannot be compared with {}", left.kind(), right.kind()),
        help.to_owned(),
    )
}

pub(super) fn not_a_condition(node: &Node) -> ExprError {
    refuse(
        node,
        "this is not a condition".to_owned(),
        "compare it with something, as in `amount > 0`".to_owned(),
    )
}

pub(super) fn not_a_number(node: &Node) -> ExprError {
    refuse(
        node,
        "this is not a number".to_owned(),
        "use a number, or a field of type decimal or int".to_owned(),
    )
}

pub(super) fn not_supported(node: &Node, name: &str) -> ExprError {
    let shown = name.trim_matches('_').trim_matches('@');
    if comparison(name).is_some() || matches!(name, "@in" | "_&&_" | "_||_" | "!_") {
        return refuse(
            node,
            "this is a condition, not a number".to_owned(),
            "choose between two numbers by it: `amount > 5 ? amount : 0`".to_owned(),
        );
    }
    if matches!(name, "now" | "today") {
        return refuse(
            node,
            format!("{name}() is not to be computed with"),
            "compare with it as it is, as in `close_date < today()`, or compare age(…) with \
             duration(\"14d\")"
                .to_owned(),
        );
    }
    refuse(
        node,
        format!("`{shown}` is not supported here"),
        "use ==, !=, <, <=, >, >=, in, &&, ||, !, + - * /, ?:, date(…), timestamp(…), age(…), now(), today(), first(…), since(…), days(…)".to_owned(),
    )
}

pub(super) fn no_states(node: &Node, entity: &str) -> ExprError {
    refuse(
        node,
        format!("entity `{entity}` has no such name"),
        "a dotted name is `states.<set>`, a set from the entity's `states`".to_owned(),
    )
}

pub(super) fn too_fine(node: &Node) -> ExprError {
    refuse(
        node,
        "more than six places".to_owned(),
        "fields hold at most six places; round the constant".to_owned(),
    )
}
