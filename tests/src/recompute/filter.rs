//! Evaluates the CEL expressions of a config over one record, with three-valued logic.
//!
//! Only the parser is borrowed; each operator is spelled out here on plain values. The rules are few: what is unknown
//! stays unknown unless logic can do without it, null compares as false and makes arithmetic null.

mod money;
mod names;

use std::{cmp::Ordering, collections::BTreeMap, rc::Rc};

use cel::{
    IdedExpr, Program,
    common::ast::{CallExpr, Expr, LiteralValue, operators as op},
};
use jiff::{Timestamp, civil::Date};

use super::{
    config::Entity,
    number::{self, Exact},
    parsed::parsed,
};

/// A value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum V {
    /// Never seen.
    Unknown,
    /// Empty.
    Null,
    /// Any text.
    Text(String),
    /// True or false.
    Bool(bool),
    /// A number.
    Num(Exact),
    /// A calendar day.
    Date(Date),
    /// An instant.
    Instant(Timestamp),
}

/// A compiled expression.
#[derive(Debug)]
pub struct Filter {
    text: String,
    program: Rc<Program>,
    sets: BTreeMap<String, Vec<String>>,
}

/// The record an expression is evaluated over.
pub trait Cells {
    /// The value of a field, of a `link.field`, of `now()` or of `today()`.
    fn cell(&self, name: &str) -> V;

    /// The working days since an instant, of the rep to whom the record is credited. Of a row of bare cells it is not known
    /// who that is.
    fn working_days(&self, _since: &V) -> V {
        V::Unknown
    }
}

impl<T: Fn(&str) -> V> Cells for T {
    fn cell(&self, name: &str) -> V {
        self(name)
    }
}

type Row<'a> = &'a dyn Cells;

impl Filter {
    /// Compiles an expression over an entity.
    ///
    /// # Errors
    /// What the parser says.
    pub fn compile(text: &str, entity: &Entity) -> Result<Self, String> {
        let program = parsed(text)?;
        let sets = entity.states.sets.iter().chain(&entity.states_across);
        let sets = sets.map(|(name, states)| (name.clone(), states.clone())).collect();
        Ok(Self { text: text.to_owned(), program, sets })
    }

    /// The value over a record.
    ///
    /// # Panics
    /// On an expression that `paceline check` refuses: an operator or a type that makes no sense there.
    #[must_use]
    pub fn value(&self, row: Row<'_>) -> V {
        self.eval(self.program.expression(), row)
    }

    /// Whether a record passes; `None` when that is unknown.
    ///
    /// # Panics
    /// As [`Self::value`].
    #[must_use]
    pub fn passes(&self, row: Row<'_>) -> Option<bool> {
        truth(&self.value(row))
    }

    fn eval(&self, node: &IdedExpr, row: Row<'_>) -> V {
        match &node.expr {
            Expr::Literal(literal) => self.literal(node.id, literal),
            Expr::Ident(name) => row.cell(name),
            Expr::Select(_) => {
                row.cell(&names::of(node).unwrap_or_else(|| refuse(&self.text, node)))
            }
            Expr::Call(call) => self.call(call, row),
            other => refuse(&self.text, other),
        }
    }

    fn literal(&self, id: u64, literal: &LiteralValue) -> V {
        match literal {
            LiteralValue::Null => V::Null,
            LiteralValue::Boolean(value) => V::Bool(*value.inner()),
            LiteralValue::String(value) => V::Text(value.inner().to_owned()),
            LiteralValue::Int(value) => V::Num(number::whole(*value.inner())),
            LiteralValue::UInt(value) => V::Num(number::whole(*value.inner())),
            LiteralValue::Double(value) => V::Num(self.decimal(id, *value.inner())),
            LiteralValue::Bytes(_) => refuse(&self.text, literal),
        }
    }

    /// A decimal literal as it is written: the parsed float gives no more than the sign, which stands before the token.
    fn decimal(&self, id: u64, float: f64) -> Exact {
        let (start, stop) = self.program.source_info().offset_for(id).unwrap_or_default();
        // Bytes, both ends included.
        let written = self.text.get(start as usize..=stop as usize).unwrap_or_default();
        let unsigned = number::parse(written.trim_start_matches('-'));
        let unsigned = unsigned.unwrap_or_else(|| refuse(&self.text, written));
        if float.is_sign_negative() { -unsigned } else { unsigned }
    }

    fn call(&self, call: &CallExpr, row: Row<'_>) -> V {
        let name = call.func_name.as_str();
        match (name, call.args.as_slice()) {
            (op::LOGICAL_AND, [a, b]) => and(truth(&self.eval(a, row)), truth(&self.eval(b, row))),
            (op::LOGICAL_OR, [a, b]) => or(truth(&self.eval(a, row)), truth(&self.eval(b, row))),
            (op::LOGICAL_NOT, [a]) => of_truth(truth(&self.eval(a, row)).map(|truth| !truth)),
            (op::CONDITIONAL, [condition, yes, no]) => match truth(&self.eval(condition, row)) {
                None => V::Unknown,
                Some(true) => self.eval(yes, row),
                Some(false) => self.eval(no, row),
            },
            (op::EQUALS | op::NOT_EQUALS, [a, b]) if is_null(a) || is_null(b) => {
                let value = self.eval(if is_null(b) { a } else { b }, row);
                null_test(&value, name == op::EQUALS)
            }
            (op::IN, [a, list]) => self.is_in(&self.eval(a, row), list, row),
            (op::NEGATE, [a]) => self.arithmetic(op::SUBSTRACT, &zero(), &self.eval(a, row)),
            (op::ADD | op::SUBSTRACT | op::MULTIPLY | op::DIVIDE, [a, b]) => {
                self.arithmetic(name, &self.eval(a, row), &self.eval(b, row))
            }
            ("now", []) => row.cell("now()"),
            ("today", []) => row.cell("today()"),
            ("age", [of]) => self.age(&row.cell("now()"), &self.eval(of, row)),
            ("age", [of, _working]) => {
                let day = V::Num(number::whole(86_400_000_000_000_i64));
                self.arithmetic(op::MULTIPLY, &row.working_days(&self.eval(of, row)), &day)
            }
            ("days", [from, to]) => self.days(&self.eval(from, row), &self.eval(to, row)),
            ("duration", [text]) => self.duration(&self.eval(text, row)),
            ("date", [text]) => V::Date(self.constant(&self.eval(text, row))),
            ("timestamp", [text]) => V::Instant(self.constant(&self.eval(text, row))),
            (_, [a, b]) => self.compare(name, &self.eval(a, row), &self.eval(b, row)),
            _ => refuse(&self.text, call),
        }
    }

    fn compare(&self, operator: &str, a: &V, b: &V) -> V {
        if *a == V::Unknown || *b == V::Unknown {
            return V::Unknown;
        }
        if *a == V::Null || *b == V::Null {
            return V::Bool(false);
        }
        if std::mem::discriminant(a) != std::mem::discriminant(b) {
            refuse(&self.text, &(a, b));
        }
        let order = a.cmp(b);
        V::Bool(match operator {
            op::EQUALS => order == Ordering::Equal,
            op::NOT_EQUALS => order != Ordering::Equal,
            op::LESS => order == Ordering::Less,
            op::LESS_EQUALS => order != Ordering::Greater,
            op::GREATER => order == Ordering::Greater,
            op::GREATER_EQUALS => order != Ordering::Less,
            _ => refuse(&self.text, &operator),
        })
    }

    /// Equal to at least one member.
    fn is_in(&self, value: &V, list: &IdedExpr, row: Row<'_>) -> V {
        let mut found = V::Bool(false);
        for member in self.members(list, row) {
            let equal = self.compare(op::EQUALS, value, &member);
            found = or(truth(&found), truth(&equal));
        }
        found
    }

    /// The members of `[…]`, of `states.<set>` or of `<link>.states.<set>`.
    fn members(&self, list: &IdedExpr, row: Row<'_>) -> Vec<V> {
        if let Expr::List(list) = &list.expr {
            return list.elements.iter().map(|member| self.eval(member, row)).collect();
        }
        let set = names::of_set(list).and_then(|name| self.sets.get(&name));
        let set = set.unwrap_or_else(|| refuse(&self.text, list));
        set.iter().cloned().map(V::Text).collect()
    }

    fn arithmetic(&self, operator: &str, a: &V, b: &V) -> V {
        let (a, b) = match (a, b) {
            (V::Unknown, _) | (_, V::Unknown) => return V::Unknown,
            (V::Null, _) | (_, V::Null) => return V::Null,
            (V::Num(a), V::Num(b)) => (a, b),
            pair => refuse(&self.text, &pair),
        };
        match operator {
            op::ADD => V::Num(a + b),
            op::SUBSTRACT => V::Num(a - b),
            op::MULTIPLY => V::Num(a * b),
            _ => number::divided(a, b).map_or(V::Null, V::Num),
        }
    }

    /// Nanoseconds from an instant until now.
    fn age(&self, now: &V, of: &V) -> V {
        match (now, of) {
            (_, V::Unknown) => V::Unknown,
            (_, V::Null) => V::Null,
            (V::Instant(now), V::Instant(of)) => {
                V::Num(number::whole(now.as_nanosecond() - of.as_nanosecond()))
            }
            pair => refuse(&self.text, &pair),
        }
    }

    /// Days from one point in time to another: of the calendar between dates, of 24 hours between instants.
    fn days(&self, from: &V, to: &V) -> V {
        match (from, to) {
            (V::Unknown, _) | (_, V::Unknown) => V::Unknown,
            (V::Null, _) | (_, V::Null) => V::Null,
            (V::Date(from), V::Date(to)) => {
                let between = from.until(*to).expect("days between two dates");
                V::Num(number::whole(between.get_days()))
            }
            (V::Instant(from), V::Instant(to)) => {
                let nanos = to.as_nanosecond() - from.as_nanosecond();
                V::Num(Exact::new(nanos.into(), (24 * 60 * 60 * 1_000_000_000_i64).into()))
            }
            pair => refuse(&self.text, &pair),
        }
    }

    /// Nanoseconds of so many days, hours, minutes and seconds.
    fn duration(&self, text: &V) -> V {
        let V::Text(written) = text else { refuse(&self.text, text) };
        let mut seconds = 0;
        let mut number = String::new();
        for c in written.chars() {
            let unit = match c {
                'd' => 24 * 60 * 60,
                'h' => 60 * 60,
                'm' => 60,
                's' => 1,
                digit => {
                    number.push(digit);
                    continue;
                }
            };
            let count: i128 = number.parse().unwrap_or_else(|_| refuse(&self.text, written));
            seconds += count * unit;
            number.clear();
        }
        V::Num(number::whole(seconds * 1_000_000_000))
    }

    fn constant<T: std::str::FromStr>(&self, text: &V) -> T {
        let V::Text(written) = text else { refuse(&self.text, text) };
        written.parse().unwrap_or_else(|_| refuse(&self.text, written))
    }
}

fn zero() -> V {
    V::Num(number::whole(0))
}

fn is_null(node: &IdedExpr) -> bool {
    node.expr == Expr::Literal(LiteralValue::Null)
}

fn null_test(value: &V, equals: bool) -> V {
    match value {
        V::Unknown => V::Unknown,
        value => V::Bool((*value == V::Null) == equals),
    }
}

/// A value as a condition: null is false.
fn truth(value: &V) -> Option<bool> {
    match value {
        V::Unknown => None,
        value => Some(*value == V::Bool(true)),
    }
}

fn of_truth(truth: Option<bool>) -> V {
    truth.map_or(V::Unknown, V::Bool)
}

fn and(a: Option<bool>, b: Option<bool>) -> V {
    match (a, b) {
        (Some(false), _) | (_, Some(false)) => V::Bool(false),
        (Some(true), Some(true)) => V::Bool(true),
        _ => V::Unknown,
    }
}

fn or(a: Option<bool>, b: Option<bool>) -> V {
    match (a, b) {
        (Some(true), _) | (_, Some(true)) => V::Bool(true),
        (Some(false), Some(false)) => V::Bool(false),
        _ => V::Unknown,
    }
}

fn refuse(text: &str, what: &(impl std::fmt::Debug + ?Sized)) -> ! {
    panic!("`{text}` is no expression of a valid config: {what:?}")
}
