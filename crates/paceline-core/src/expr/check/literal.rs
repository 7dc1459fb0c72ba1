//! Constants in expressions.

use super::Operand;
use super::refusal::refuse;
use crate::day::Day;
use crate::entity::FieldType;
use crate::expr::syntax::{Kind, Node};
use crate::expr::{ExprError, Number, Word};
use crate::rational::Rational;

use super::Checked;

pub(in crate::expr) fn literal_number(node: &Node, text: &str) -> Checked<Number> {
    let text = text.trim_end_matches(['u', 'U']);
    // A literal keeps all its places, also those that no contribution could have.
    Rational::parse(text).map(Number::Const).ok_or_else(|| {
        refuse(
            node,
            format!("`{text}` is not a number of at most 24 digits"),
            "write a plain decimal".to_owned(),
        )
    })
}

pub(super) fn literal_time(node: &Node, name: &str, args: &[Node]) -> Checked<Operand> {
    let [Node { kind: Kind::Text(text), .. }] = args else {
        return Err(bad_time(node, name, format!("{name}(…) takes one text constant")));
    };
    if name == "date" {
        let day = Day::parse(text).ok_or_else(|| {
            bad_time(node, name, format!("`{text}` is not a day of the calendar"))
        })?;
        return Ok(Operand::Word(FieldType::Date, Word::Const(day.0.into())));
    }
    let instant: jiff::Timestamp = text.parse().map_err(|_| {
        bad_time(node, name, format!("`{text}` is not an instant with its offset from UTC"))
    })?;
    Ok(Operand::Word(FieldType::Timestamp, Word::Const(instant.as_nanosecond())))
}

fn bad_time(node: &Node, name: &str, message: String) -> ExprError {
    let example =
        if name == "date" { "date(\"2026-11-23\")" } else { "timestamp(\"2026-11-23T10:00:00Z\")" };
    refuse(node, message, format!("write {example}"))
}

pub(super) fn exact_micros(value: &Rational) -> Option<i128> {
    let decimal = value.to_decimal()?;
    (Rational::from(decimal) == *value).then(|| decimal.micros())
}
