//! How expressions are refused: what is wrong, and what to do about it.

use super::Operand;
use crate::expr::ExprError;
use crate::expr::syntax::Node;

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
            "write the constant without quotes, or declare the field as text"
        }
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
    refuse(
        node,
        format!("`{shown}` is not supported here"),
        "use ==, !=, <, <=, >, >=, in, &&, ||, !, + - * /, ?:, date(…), timestamp(…), age(…), now(), today()".to_owned(),
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
