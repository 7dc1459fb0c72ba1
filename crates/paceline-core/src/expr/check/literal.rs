//! Constants in expressions.

use super::Operand;
use super::refusal::refuse;
use crate::day::Day;
use crate::entity::FieldType;
use crate::expr::clock::duration;
use crate::expr::syntax::{Kind, Node};
use crate::expr::{ExprError, Number, Word};
use crate::rational::Rational;

use super::Checked;

pub(in crate::expr) fn literal_number(node: &Node, text: &str) -> Checked<Number> {
    let text = text.trim_end_matches(['u', 'U']);
    exact_literal(text).map(Number::Const).ok_or_else(|| {
        refuse(
            node,
            format!("`{text}` is not a number of at most 24 digits"),
            "write a plain decimal".to_owned(),
        )
    })
}

/// A literal keeps all its places, also those that no contribution could have.
fn exact_literal(text: &str) -> Option<Rational> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let unscaled: i128 = format!("{whole}{fraction}").parse().ok()?;
    let places = i32::try_from(fraction.len()).ok()? - exponent;
    let power = 10i128.checked_pow(places.unsigned_abs())?;
    if places > 0 {
        Rational::new(unscaled, power)
    } else {
        Some(Rational::from_int(unscaled.checked_mul(power)?))
    }
}

pub(super) fn literal_time(node: &Node, name: &str, args: &[Node]) -> Checked<Operand> {
    let [Node { kind: Kind::Text(text), .. }] = args else { return Err(bad_time(node, name)) };
    if name == "date" {
        let day = Day::parse(text).ok_or_else(|| bad_time(node, name))?;
        return Ok(Operand::Word(FieldType::Date, Word::Const(day.0.into())));
    }
    let instant: jiff::Timestamp = text.parse().map_err(|_| bad_time(node, name))?;
    Ok(Operand::Word(FieldType::Timestamp, Word::Const(instant.as_nanosecond())))
}

pub(super) fn literal_duration(node: &Node, args: &[Node]) -> Checked<Operand> {
    let text = if let [Node { kind: Kind::Text(text), .. }] = args { Some(text) } else { None };
    text.and_then(|text| duration(text)).map(Operand::Duration).ok_or_else(|| {
        refuse(
            node,
            "duration(…) takes one text constant".to_owned(),
            "write duration(\"14d\"), duration(\"36h\") or duration(\"1h30m\")".to_owned(),
        )
    })
}

fn bad_time(node: &Node, name: &str) -> ExprError {
    let example =
        if name == "date" { "date(\"2026-11-23\")" } else { "timestamp(\"2026-11-23T10:00:00Z\")" };
    refuse(node, format!("{name}(…) takes one text constant"), format!("write {example}"))
}

pub(super) fn exact_micros(value: &Rational) -> Option<i128> {
    let decimal = value.to_decimal()?;
    (Rational::from(decimal) == *value).then(|| decimal.micros())
}
