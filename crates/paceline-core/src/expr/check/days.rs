//! Time within a record: the moments that a condition or a number names, and how many days lie between two points.

use super::{Checked, Checker, Operand, refuse};
use crate::entity::FieldType;
use crate::expr::syntax::{Kind, Node};
use crate::expr::{ExprError, Number, Span, Test, Word};
use crate::moment::{self, Moment};

/// Nanoseconds of a day of 24 hours.
const DAY: i128 = 86_400_000_000_000;

impl Checker<'_> {
    /// `first(<condition>)` and `since(<condition>)`: an instant like that of a field.
    pub(super) fn remembered(
        &mut self,
        node: &Node,
        kind: moment::Kind,
        args: &[Node],
    ) -> Checked<Operand> {
        let [condition] = args else {
            return Err(refuse(
                node,
                "a moment takes one condition here".to_owned(),
                "write first(stage in states.won) or since(stage == 'Proposal'); `else:` is for `at` only"
                    .to_owned(),
            ));
        };
        let moment = self.moment(condition, kind)?;
        let field = self.scope.remember(moment);
        Ok(Operand::Word(FieldType::Timestamp, Word::Field(field)))
    }

    /// `days(from, to)`: between two timestamps with their part of a day, between two dates whole ones.
    pub(super) fn days(&mut self, node: &Node, args: &[Node]) -> Checked<Number> {
        let [from, to] = args else {
            return Err(not_two_times(node));
        };
        let (from, to) = (self.operand(from)?, self.operand(to)?);
        let (Operand::Word(kind, from), Operand::Word(other, to)) = (from, to) else {
            return Err(not_two_times(node));
        };
        let unit = match (kind, other) {
            (FieldType::Timestamp, FieldType::Timestamp) => DAY,
            (FieldType::Date, FieldType::Date) => 1,
            _ => return Err(not_two_times(node)),
        };
        Ok(Number::Days(Box::new(Span { from, to, unit })))
    }

    /// A moment is of what the fields say; of another moment nothing is remembered.
    pub(super) fn check_moment(&self, node: &Node, condition: &Test) -> Checked<()> {
        let mut of_moment = false;
        condition.for_each_field(&mut |field| {
            of_moment |= usize::from(field.0) >= self.scope.entity.fields.len();
        });
        if !of_moment {
            return Ok(());
        }
        Err(refuse(
            node,
            "a moment cannot be made of another".to_owned(),
            "write a condition over fields alone inside of first(…) and since(…)".to_owned(),
        ))
    }
}

/// The moment that a name in a condition is, if it is one.
pub(super) fn moment_kind(name: &str) -> Option<moment::Kind> {
    match name {
        "first" => Some(moment::Kind::First),
        "since" => Some(moment::Kind::Since),
        _ => None,
    }
}

/// What `since(…)` without a comparison is about: the value of a field.
pub(super) fn unchanged(kind: moment::Kind, node: &Node, checker: &Checker<'_>) -> Option<Moment> {
    let Kind::Name(name) = &node.kind else { return None };
    let (id, field) = checker.scope.entity.field(name)?;
    let is_value = kind == moment::Kind::Since && field.kind != FieldType::Bool;
    is_value.then(|| Moment::unchanged(id))
}

fn not_two_times(node: &Node) -> ExprError {
    refuse(
        node,
        "days(…) takes two timestamps, or two dates".to_owned(),
        "write days(created, first(stage in states.won)), or name two fields of type date"
            .to_owned(),
    )
}
