//! In which currency the value of an expression is.

use cel::{
    IdedExpr,
    common::ast::{CallExpr, Expr, operators as op},
};

use super::{Filter, names};

/// The field with the currency of a field, where it has one.
type CurrencyOf<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Filter {
    /// The field that holds the currency of the value; `None` where it is no money, or always the organisation's.
    #[must_use]
    pub fn currency(&self, of: CurrencyOf<'_>) -> Option<String> {
        currency(self.program.expression(), of)
    }
}

fn currency(node: &IdedExpr, of: CurrencyOf<'_>) -> Option<String> {
    match &node.expr {
        Expr::Call(call) => of_call(call, of),
        _ => of(&names::of(node)?),
    }
}

/// Sums and products of money are money, and so is what is chosen; money by money is a plain number.
fn of_call(call: &CallExpr, of: CurrencyOf<'_>) -> Option<String> {
    let of = |node: &IdedExpr| currency(node, of);
    match (call.func_name.as_str(), call.args.as_slice()) {
        (op::NEGATE, [a]) => of(a),
        (op::ADD | op::SUBSTRACT | op::MULTIPLY, [a, b]) => of(a).or_else(|| of(b)),
        (op::CONDITIONAL, [_, yes, no]) => of(yes).or_else(|| of(no)),
        (op::DIVIDE, [a, b]) => of(a).filter(|_| of(b).is_none()),
        _ => None,
    }
}
