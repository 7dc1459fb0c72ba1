//! Dimensions: what in an expression is money of which currency, and what a plain number.
//!
//! Types are checked before and apart; here only such arithmetic and comparisons are refused as would mix currencies,
//! or money with numbers, without anybody noticing.

use super::check::{comparison, operator, refuse};
use super::syntax::{Kind, Node};
use super::{ExprError, Operator, Scope};
use crate::entity::{FieldId, FieldType};
use crate::extra::Link;
use crate::rational::Rational;

type Checked<T> = Result<T, ExprError>;

/// What a number is a number of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dimension {
    /// The constants 0 and null, which are as good in any currency.
    Any,
    /// A plain number, or no number at all.
    Plain,
    /// Money in the currency whose code this field holds.
    Money(FieldId),
}

use Dimension::{Any, Money, Plain};

impl Dimension {
    /// The field that holds the code of the currency, of money.
    pub(super) fn currency(self) -> Option<FieldId> {
        match self {
            Money(currency) => Some(currency),
            Any | Plain => None,
        }
    }

    const fn shown(self) -> &'static str {
        match self {
            Money(_) => "money",
            Any | Plain => "a number",
        }
    }
}

/// The dimension of an expression over the fields of an entity, after those of all its parts. A condition is plain. The
/// currency of money of another record is looked up there, too.
pub(super) fn of(node: &Node, scope: Scope<'_>) -> Checked<Dimension> {
    Ok(match &node.kind {
        Kind::Name(name) => {
            let field = scope.entity.field(name);
            field.and_then(|(_, field)| field.currency).map_or(Plain, Money)
        }
        Kind::Select(operand, name) => across(operand, name, scope).map_or(Plain, Money),
        Kind::Number(text) if Rational::parse(text).is_some_and(|value| value.is_zero()) => Any,
        Kind::Null => Any,
        Kind::Call(name, args) if name == "@in" => listed(args, scope)?,
        Kind::Call(name, args) => {
            let parts = args.iter().map(|arg| of(arg, scope)).collect::<Checked<Vec<_>>>()?;
            call(node, name, &parts)?
        }
        _ => Plain,
    })
}

/// The field that holds the currency of money of the record that a field names.
fn across(operand: &Node, name: &str, scope: Scope<'_>) -> Option<FieldId> {
    let Kind::Name(own) = &operand.kind else { return None };
    let (field, _) = scope.entity.field(own)?;
    let linked = scope.links.get(usize::from(field.0)).copied().flatten()?;
    let currency = linked.entity.field(name)?.1.currency?;
    Some(scope.look(Link { field, entity: linked.id }, currency, FieldType::Text))
}

fn call(node: &Node, name: &str, parts: &[Dimension]) -> Checked<Dimension> {
    match (name, parts) {
        ("-_", [value]) => Ok(*value),
        ("_?_:_", [_, yes, no]) => alike(*yes, *no).ok_or_else(|| mixed(node, *yes, *no)),
        (_, [left, right]) if comparison(name).is_some() => {
            alike(*left, *right).map(|_| Plain).ok_or_else(|| not_comparable(node, *left, *right))
        }
        (_, [left, right]) => match operator(name) {
            Some(Operator::Add | Operator::Subtract) => {
                alike(*left, *right).ok_or_else(|| mixed(node, *left, *right))
            }
            Some(Operator::Multiply) => product(node, *left, *right),
            Some(Operator::Divide) => quotient(node, *left, *right),
            None => Ok(Plain),
        },
        _ => Ok(Plain),
    }
}

/// A field among constants, of which money knows only 0.
fn listed(args: &[Node], scope: Scope<'_>) -> Checked<Dimension> {
    if let [field, Node { kind: Kind::List(members), .. }] = args {
        let field = of(field, scope)?;
        for member in members {
            let constant = of(member, scope)?;
            alike(field, constant).ok_or_else(|| not_comparable(member, field, constant))?;
        }
    }
    Ok(Plain)
}

/// What two dimensions have in common, if they do.
fn alike(left: Dimension, right: Dimension) -> Option<Dimension> {
    match (left, right) {
        (Any, other) | (other, Any) => Some(other),
        (left, right) => (left == right).then_some(left),
    }
}

fn product(node: &Node, left: Dimension, right: Dimension) -> Checked<Dimension> {
    match (left, right) {
        (Money(_), Money(_)) => Err(refuse(
            node,
            "money times money is nothing that can be paid".to_owned(),
            "multiply money by a number".to_owned(),
        )),
        (Money(currency), _) | (_, Money(currency)) => Ok(Money(currency)),
        (Any | Plain, Any | Plain) => Ok(Plain),
    }
}

fn quotient(node: &Node, left: Dimension, right: Dimension) -> Checked<Dimension> {
    match (left, right) {
        (Money(above), Money(below)) if above != below => Err(mixed(node, left, right)),
        (Money(_) | Any, Money(_)) => Ok(Plain),
        (Money(currency), _) => Ok(Money(currency)),
        (Plain, Money(_)) => Err(refuse(
            node,
            "a number divided by money is nothing that can be paid".to_owned(),
            "divide money by a number, or by money of the same currency".to_owned(),
        )),
        (Any | Plain, Any | Plain) => Ok(Plain),
    }
}

fn mixed(node: &Node, left: Dimension, right: Dimension) -> ExprError {
    if let (Money(_), Money(_)) = (left, right) {
        return two_currencies(node);
    }
    refuse(
        node,
        format!("{} and {} do not go together", left.shown(), right.shown()),
        "add money to money, multiply or divide it by numbers; to compute with the bare number, declare the same \
         path once more with `type: decimal`"
            .to_owned(),
    )
}

fn not_comparable(node: &Node, left: Dimension, right: Dimension) -> ExprError {
    if let (Money(_), Money(_)) = (left, right) {
        return two_currencies(node);
    }
    refuse(
        node,
        "money of any currency cannot be compared with a number".to_owned(),
        "compare it with 0, null or money of the same `currency`; to compare the bare number, declare the same path \
         once more with `type: decimal`"
            .to_owned(),
    )
}

fn two_currencies(node: &Node) -> ExprError {
    refuse(
        node,
        "money of two currencies: each amount has a `currency` of its own".to_owned(),
        "keep to amounts whose fields have the same path as `currency`".to_owned(),
    )
}

#[cfg(test)]
mod tests;
