//! Types and names of a formula: from the syntax tree to a tree of KPIs.

use super::super::ExprError;
use super::super::check::{check_divisor, comparison, literal_number, operator, refuse};
use super::super::syntax::{self, Kind, Node};
use super::super::{Number, Operator};
use super::{Condition, Formula, Operand};
use crate::kpi::KpiId;
use crate::rational::Rational;
use crate::suggest;

type Checked<T> = Result<T, ExprError>;

/// Compiles a formula; a KPI's place among `kpis` is its id.
pub(in crate::expr) fn compile(text: &str, kpis: &[&str]) -> Checked<Formula> {
    if text.trim().is_empty() {
        return Err(ExprError {
            at: 0,
            message: "the expression is empty".to_owned(),
            help: "write a computation over KPIs, such as `pipeline / remaining(bookings)`"
                .to_owned(),
        });
    }
    Checker { kpis }.number(&syntax::parse(text)?)
}

struct Checker<'a> {
    kpis: &'a [&'a str],
}

impl Checker<'_> {
    fn number(&self, node: &Node) -> Checked<Formula> {
        match &node.kind {
            Kind::Number(text) => constant(node, text),
            Kind::Name(name) => {
                self.kpi(node, name).map(|kpi| Formula::Operand(Operand::Actual(kpi)))
            }
            Kind::Call(name, args) => self.call(node, name, args),
            Kind::Text(text) => Err(refuse(
                node,
                format!("'{text}' is text, not a number"),
                "write the name of a KPI without quotes".to_owned(),
            )),
            Kind::Bool(_) | Kind::Null | Kind::List(_) | Kind::Select(..) | Kind::Other(_) => {
                Err(not_a_number(node))
            }
        }
    }

    fn call(&self, node: &Node, name: &str, args: &[Node]) -> Checked<Formula> {
        match (name, args) {
            ("goal", _) => self.named(node, name, args).map(goal),
            ("remaining", _) => self.named(node, name, args).map(remaining),
            ("max", [left, right]) => {
                Ok(Formula::Max(self.boxed_number(left)?, self.boxed_number(right)?))
            }
            ("min", [left, right]) => {
                Ok(Formula::Min(self.boxed_number(left)?, self.boxed_number(right)?))
            }
            ("max" | "min", _) => Err(refuse(
                node,
                format!("{name}(…) takes two numbers, here are {}", args.len()),
                format!("write `{name}(a, b)`, and one within the other for more"),
            )),
            ("-_", [value]) => Ok(Formula::Negate(self.boxed_number(value)?)),
            ("_?_:_", [test, yes, no]) => Ok(Formula::If(
                Box::new(self.condition(test)?),
                self.boxed_number(yes)?,
                self.boxed_number(no)?,
            )),
            (_, [left, right]) if operator(name).is_some() => {
                let op = operator(name).unwrap_or(Operator::Add);
                check_divisor(op, right)?;
                Ok(Formula::Combine(op, self.boxed_number(left)?, self.boxed_number(right)?))
            }
            _ if is_condition(name) => Err(not_a_number(node)),
            _ => Err(not_supported(node, name)),
        }
    }

    fn boxed_number(&self, node: &Node) -> Checked<Box<Formula>> {
        self.number(node).map(Box::new)
    }

    fn condition(&self, node: &Node) -> Checked<Condition> {
        let both = |left, right| Ok(Box::new([self.condition(left)?, self.condition(right)?]));
        match &node.kind {
            Kind::Bool(value) => Ok(Condition::Const(*value)),
            Kind::Call(name, args) => match (name.as_str(), args.as_slice()) {
                ("_&&_", [left, right]) => both(left, right).map(Condition::Both),
                ("_||_", [left, right]) => both(left, right).map(Condition::Either),
                ("!_", [test]) => Ok(Condition::Not(Box::new(self.condition(test)?))),
                (_, [left, right]) => match comparison(name) {
                    Some(op) => Ok(Condition::Compare(op, self.number(left)?, self.number(right)?)),
                    None => Err(not_a_condition(node)),
                },
                _ => Err(not_a_condition(node)),
            },
            _ => Err(not_a_condition(node)),
        }
    }

    /// The KPI that a function is asked about.
    fn named(&self, node: &Node, function: &str, args: &[Node]) -> Checked<KpiId> {
        match args {
            [kpi @ Node { kind: Kind::Name(name), .. }] => self.kpi(kpi, name),
            _ => Err(refuse(
                node,
                format!("{function}(…) takes the name of one KPI"),
                format!("write it without quotes, as in `{function}(bookings)`"),
            )),
        }
    }

    fn kpi(&self, node: &Node, name: &str) -> Checked<KpiId> {
        if let Some(at) = self.kpis.iter().position(|known| *known == name) {
            return Ok(KpiId(at as u16));
        }
        let help = suggest::remedy(name, self.kpis.iter().copied(), "the KPIs are");
        Err(refuse(node, format!("there is no KPI `{name}`"), help))
    }
}

fn goal(kpi: KpiId) -> Formula {
    Formula::Operand(Operand::Goal(kpi))
}

/// `max(goal − actual, 0)`.
fn remaining(kpi: KpiId) -> Formula {
    let actual = Formula::Operand(Operand::Actual(kpi));
    let missing = Formula::Combine(Operator::Subtract, Box::new(goal(kpi)), Box::new(actual));
    Formula::Max(Box::new(missing), Box::new(Formula::Const(Rational::ZERO)))
}

fn constant(node: &Node, text: &str) -> Checked<Formula> {
    match literal_number(node, text)? {
        Number::Const(value) => Ok(Formula::Const(value)),
        Number::Field(_)
        | Number::Negate(_)
        | Number::Combine(..)
        | Number::If(..)
        | Number::Days(_) => Err(not_a_number(node)),
    }
}

fn is_condition(name: &str) -> bool {
    comparison(name).is_some() || matches!(name, "_&&_" | "_||_" | "!_" | "@in")
}

fn not_a_number(node: &Node) -> ExprError {
    refuse(
        node,
        "this is not a number".to_owned(),
        "use KPIs, goals, constants and arithmetic; a condition chooses between two numbers by `?:`".to_owned(),
    )
}

fn not_a_condition(node: &Node) -> ExprError {
    refuse(
        node,
        "this is not a condition".to_owned(),
        "compare two numbers, as in `bookings > 0 ? … : …`".to_owned(),
    )
}

fn not_supported(node: &Node, name: &str) -> ExprError {
    let shown = name.trim_matches('_').trim_matches('@');
    refuse(
        node,
        format!("`{shown}` is not supported here"),
        "use KPIs, goal(…), remaining(…), max(…), min(…), + - * /, ?:, comparisons, &&, ||, !"
            .to_owned(),
    )
}
