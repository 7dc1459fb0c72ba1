//! Evaluates the expression of a derived KPI over the values and goals of one scope in one period.
//!
//! As with filters, only the parser is borrowed. A result is a number, a truth, or the lack of one: of two lacks, what is
//! missing outweighs a denominator of zero.

use cel::{
    IdedExpr, Program,
    common::ast::{CallExpr, Expr, LiteralValue, operators as op},
};
use num_traits::{Signed, Zero};
use std::{collections::BTreeSet, rc::Rc};

use super::{
    number::{self, Exact},
    parsed::parsed,
};

/// What an expression comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum F {
    /// A number.
    Num(Exact),
    /// A truth.
    Bool(bool),
    /// None, because a denominator is zero.
    OverZero,
    /// None, because a value or a goal is missing.
    Missing,
}

/// The expression of a derived KPI.
#[derive(Clone, Debug)]
pub struct Formula {
    text: String,
    program: Rc<Program>,
}

/// The value or the goal of a KPI by its name, if there is one.
pub type Look<'a> = &'a dyn Fn(&str) -> Option<Exact>;

impl Formula {
    /// Compiles an expression.
    ///
    /// # Panics
    /// On one that `paceline check` refuses.
    #[must_use]
    pub fn compile(text: &str) -> Self {
        let program = parsed(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        Self { text: text.to_owned(), program }
    }

    /// What it comes to.
    ///
    /// # Panics
    /// On an expression that `paceline check` refuses.
    #[must_use]
    pub fn value(&self, actual: Look<'_>, goal: Look<'_>) -> F {
        self.eval(self.program.expression(), actual, goal)
    }

    /// The KPIs whose values it names.
    #[must_use]
    pub fn named(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        name(self.program.expression(), &mut names);
        names
    }

    /// The KPIs that tell how many records stand behind it: those whose values the denominator names when it is a
    /// division by any, otherwise all.
    #[must_use]
    pub fn sampled(&self) -> BTreeSet<String> {
        let mut below = BTreeSet::new();
        if let Expr::Call(call) = &self.program.expression().expr
            && call.func_name == op::DIVIDE
        {
            name(&call.args[1], &mut below);
        }
        if below.is_empty() { self.named() } else { below }
    }

    fn eval(&self, node: &IdedExpr, actual: Look<'_>, goal: Look<'_>) -> F {
        match &node.expr {
            Expr::Literal(literal) => self.literal(node.id, literal),
            Expr::Ident(name) => found(actual(name)),
            Expr::Call(call) => self.call(call, actual, goal),
            other => self.refuse(other),
        }
    }

    fn literal(&self, id: u64, literal: &LiteralValue) -> F {
        match literal {
            LiteralValue::Boolean(value) => F::Bool(*value.inner()),
            LiteralValue::Int(value) => F::Num(number::whole(*value.inner())),
            LiteralValue::Double(value) => {
                // The digits as they are written; the float gives no more than the sign, which stands before them.
                let (start, stop) = self.program.source_info().offset_for(id).unwrap_or_default();
                let written = self.text.get(start as usize..=stop as usize).unwrap_or_default();
                let number = number::parse(written.trim_start_matches('-'));
                let number = number.unwrap_or_else(|| self.refuse(written)).abs();
                F::Num(if value.inner().is_sign_negative() { -number } else { number })
            }
            other => self.refuse(other),
        }
    }

    fn call(&self, call: &CallExpr, actual: Look<'_>, goal: Look<'_>) -> F {
        let eval = |node: &IdedExpr| self.eval(node, actual, goal);
        match (call.func_name.as_str(), call.args.as_slice()) {
            ("goal", [kpi]) => found(goal(ident(kpi))),
            ("remaining", [kpi]) => self.numbers(
                &found(goal(ident(kpi))),
                &found(actual(ident(kpi))),
                |goal, actual| F::Num((goal - actual).max(Exact::zero())),
            ),
            ("max", [a, b]) => self.numbers(&eval(a), &eval(b), |a, b| F::Num(a.max(b).clone())),
            ("min", [a, b]) => self.numbers(&eval(a), &eval(b), |a, b| F::Num(a.min(b).clone())),
            (op::NEGATE, [a]) => {
                self.numbers(&F::Num(Exact::zero()), &eval(a), |zero, a| F::Num(zero - a))
            }
            (op::CONDITIONAL, [condition, yes, no]) => match eval(condition) {
                F::Bool(true) => eval(yes),
                F::Bool(false) => eval(no),
                lack @ (F::OverZero | F::Missing) => lack,
                other => self.refuse(&other),
            },
            (op::LOGICAL_NOT, [a]) => match eval(a) {
                F::Bool(truth) => F::Bool(!truth),
                lack => lack,
            },
            (op::LOGICAL_AND, [a, b]) => decided(eval(a), eval(b), false),
            (op::LOGICAL_OR, [a, b]) => decided(eval(a), eval(b), true),
            (operator, [a, b]) => {
                self.numbers(&eval(a), &eval(b), |a, b| self.binary(operator, a, b))
            }
            _ => self.refuse(call),
        }
    }

    fn binary(&self, operator: &str, a: &Exact, b: &Exact) -> F {
        match operator {
            op::ADD => F::Num(a + b),
            op::SUBSTRACT => F::Num(a - b),
            op::MULTIPLY => F::Num(a * b),
            op::DIVIDE => number::divided(a, b).map_or(F::OverZero, F::Num),
            op::EQUALS => F::Bool(a == b),
            op::NOT_EQUALS => F::Bool(a != b),
            op::LESS => F::Bool(a < b),
            op::LESS_EQUALS => F::Bool(a <= b),
            op::GREATER => F::Bool(a > b),
            op::GREATER_EQUALS => F::Bool(a >= b),
            _ => self.refuse(operator),
        }
    }

    fn numbers(&self, a: &F, b: &F, combine: impl FnOnce(&Exact, &Exact) -> F) -> F {
        match (a, b) {
            (F::Missing, _) | (_, F::Missing) => F::Missing,
            (F::OverZero, _) | (_, F::OverZero) => F::OverZero,
            (F::Num(a), F::Num(b)) => combine(a, b),
            pair => self.refuse(&pair),
        }
    }

    fn refuse(&self, what: &(impl std::fmt::Debug + ?Sized)) -> ! {
        panic!("`{}` is no expression of a valid config: {what:?}", self.text)
    }
}

fn found(number: Option<Exact>) -> F {
    number.map_or(F::Missing, F::Num)
}

fn ident(node: &IdedExpr) -> &str {
    match &node.expr {
        Expr::Ident(name) => name,
        other => panic!("a valid config names a KPI here: {other:?}"),
    }
}

/// `&&` is decided by one false, `||` by one true.
fn decided(a: F, b: F, decisive: bool) -> F {
    if a == F::Bool(decisive) || b == F::Bool(decisive) {
        return F::Bool(decisive);
    }
    match (a, b) {
        (F::Missing, _) | (_, F::Missing) => F::Missing,
        (F::OverZero, _) | (_, F::OverZero) => F::OverZero,
        _ => F::Bool(!decisive),
    }
}

fn name(node: &IdedExpr, names: &mut BTreeSet<String>) {
    match &node.expr {
        Expr::Ident(name) => {
            names.insert(name.clone());
        }
        Expr::Call(call) if call.func_name == "goal" => {}
        Expr::Call(call) => call.args.iter().for_each(|arg| name(arg, names)),
        _ => {}
    }
}
