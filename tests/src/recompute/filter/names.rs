//! The names in an expression.

use std::collections::BTreeSet;

use cel::{IdedExpr, common::ast::Expr};

use super::Filter;

impl Filter {
    /// The fields it names, those of other records as `link.field`.
    #[must_use]
    pub fn named(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        collect(self.program.expression(), &mut names);
        names
    }
}

fn collect(node: &IdedExpr, names: &mut BTreeSet<String>) {
    names.extend(of(node));
    match &node.expr {
        Expr::Call(call) => call.args.iter().for_each(|arg| collect(arg, names)),
        Expr::List(list) => list.elements.iter().for_each(|member| collect(member, names)),
        _ => {}
    }
}

/// The name of a field, `field` or `link.field`.
pub(super) fn of(node: &IdedExpr) -> Option<String> {
    match &node.expr {
        Expr::Ident(name) => Some(name.clone()),
        Expr::Select(select) => match &select.operand.expr {
            Expr::Ident(link) if link != "states" => Some(format!("{link}.{}", select.field)),
            _ => None,
        },
        _ => None,
    }
}

/// The name of a set of states, `set` or `link.set`.
pub(super) fn of_set(node: &IdedExpr) -> Option<String> {
    let Expr::Select(select) = &node.expr else { return None };
    match &select.operand.expr {
        Expr::Ident(states) if states == "states" => Some(select.field.clone()),
        Expr::Select(states) if states.field == "states" => match &states.operand.expr {
            Expr::Ident(link) => Some(format!("{link}.{}", select.field)),
            _ => None,
        },
        _ => None,
    }
}
