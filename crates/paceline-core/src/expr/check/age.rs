//! Ages: how long ago a timestamp was, compared with a constant duration.

use super::super::clock::{Duration, before_now, duration, turned, worked};
use super::super::syntax::{Kind, Node};
use super::super::{Comparison, ExprError, Test, Word};
use super::{Checked, Checker, Operand, refuse};
use crate::entity::{FieldId, FieldType};
use crate::working_age::WORKING_DAYS_MAX;

/// How long ago a timestamp was.
pub(super) struct Age {
    of: FieldId,
    /// Whether it is counted in the rep's working days.
    working: bool,
}

impl Checker<'_> {
    pub(super) fn age(&mut self, node: &Node, args: &[Node]) -> Checked<Operand> {
        let (of, working) = match args {
            [of] => (of, false),
            [of, Node { kind: Kind::Text(how), .. }] if how == "working" => (of, true),
            [_, how, ..] => {
                return Err(refuse(
                    how,
                    "the second argument of age(…) can only be \"working\"".to_owned(),
                    "write age(created, \"working\") for working days, or age(created)".to_owned(),
                ));
            }
            [] => {
                return Err(refuse(
                    node,
                    "age(…) takes a timestamp".to_owned(),
                    "write age(created) or age(since(stage == 'Proposal'))".to_owned(),
                ));
            }
        };
        Ok(Operand::Age(Age { of: self.instant(of)?, working }))
    }

    /// The field or moment that holds an instant.
    fn instant(&mut self, node: &Node) -> Checked<FieldId> {
        match self.operand(node)? {
            Operand::Word(FieldType::Timestamp, Word::Field(field)) => Ok(field),
            other => Err(refuse(
                node,
                format!("{} has no age", other.kind()),
                "name a field of type timestamp, or write age(since(<condition>))".to_owned(),
            )),
        }
    }
}

/// An age compared with a duration, which was written at `place`.
pub(super) fn compare_ages(
    node: &Node,
    op: Comparison,
    age: Age,
    (than, place): (Duration, &Node),
) -> Checked<Test> {
    if !age.working {
        // Older than a duration is what lies before the instant so long ago.
        return timed(node, before_now(turned(op), age.of, than.nanos));
    }
    let test = worked(op, age.of, working_days(place, than)?);
    test.ok_or_else(|| {
        refuse(
            node,
            "a working age is hardly ever just so many days".to_owned(),
            "compare with <, <=, > or >=".to_owned(),
        )
    })
}

/// A duration in whole working days: what an hour of work is differs from day to day.
fn working_days(node: &Node, duration: Duration) -> Checked<u16> {
    let Some(days) = duration.days else {
        return Err(refuse(
            node,
            "a working age is counted in days, not in hours".to_owned(),
            "write whole working days, such as duration(\"3d\")".to_owned(),
        ));
    };
    u16::try_from(days).ok().filter(|days| *days <= WORKING_DAYS_MAX).ok_or_else(|| {
        refuse(
            node,
            format!("{days} working days are more than {WORKING_DAYS_MAX}"),
            "compare with fewer, or write age(…) without \"working\"".to_owned(),
        )
    })
}

pub(super) fn literal_duration(node: &Node, args: &[Node]) -> Checked<Operand> {
    let [constant @ Node { kind: Kind::Text(text), .. }] = args else {
        return Err(refuse(
            node,
            "duration(…) takes one text constant".to_owned(),
            "write duration(\"14d\"), duration(\"36h\") or duration(\"1h30m\")".to_owned(),
        ));
    };
    duration(text).map(Operand::Duration).ok_or_else(|| no_duration(constant, text))
}

/// What is wrong with a text that is no duration.
fn no_duration(node: &Node, text: &str) -> ExprError {
    let mut words = text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
    let message = match words.find(|word| !matches!(*word, "d" | "h" | "m" | "s")) {
        _ if text.trim_start().starts_with('-') => {
            format!("`{text}` is negative, and a duration is not")
        }
        Some(word) => format!("`{word}` is no unit of a duration"),
        None => format!("`{text}` is no duration"),
    };
    let help = "write whole numbers, each with a unit d, h, m or s: duration(\"14d\"), \
                duration(\"36h\") or duration(\"1h30m\")";
    refuse(node, message, help.to_owned())
}

/// A comparison with the clock, which hits an instant only for an instant.
pub(super) fn timed(node: &Node, test: Option<Test>) -> Checked<Test> {
    test.ok_or_else(|| {
        refuse(
            node,
            "nothing is as old as that for more than an instant".to_owned(),
            "compare with <, <=, > or >=".to_owned(),
        )
    })
}
