//! Types and names: from the syntax tree to a tree that runs without looking anything up.

mod age;
mod days;
mod literal;
mod names;
mod refusal;
mod states;

use super::clock::{Duration, before_now, turned, with_today};
use super::syntax::{Kind, Node};
use super::{Comparison, ExprError, Number, Operator, Scope, Test, Word};
use crate::entity::{FieldId, FieldType};
use crate::moment::{self, Moment};
use crate::symbol::Intern;

use age::{Age, compare_ages, literal_duration, timed};
use literal::{exact_micros, literal_time};
use refusal::{mismatch, not_a_condition, not_a_number, not_supported};

pub(super) use literal::literal_number;
pub(super) use refusal::refuse;

type Checked<T> = Result<T, ExprError>;

pub(super) fn test(node: &Node, scope: Scope<'_>, symbols: &mut dyn Intern) -> Checked<Test> {
    Checker::new(scope, symbols).test(node)
}

pub(super) fn number(node: &Node, scope: Scope<'_>, symbols: &mut dyn Intern) -> Checked<Number> {
    Checker::new(scope, symbols).number(node)
}

pub(super) fn field(
    node: &Node,
    scope: Scope<'_>,
    symbols: &mut dyn Intern,
) -> Checked<(FieldId, FieldType)> {
    Checker::new(scope, symbols).field(node)
}

pub(super) fn moment(
    node: &Node,
    kind: moment::Kind,
    scope: Scope<'_>,
    symbols: &mut dyn Intern,
) -> Checked<Moment> {
    Checker::new(scope, symbols).moment(node, kind)
}

struct Checker<'a> {
    scope: Scope<'a>,
    symbols: &'a mut dyn Intern,
    /// Whether it is in a condition of which something is remembered.
    remembers: bool,
}

/// An operand of a comparison. All but numbers are one cell.
enum Operand {
    Word(FieldType, Word),
    Number(Number),
    Null,
    Age(Age),
    Duration(Duration),
    Now,
    Today,
}

impl<'a> Checker<'a> {
    fn new(scope: Scope<'a>, symbols: &'a mut dyn Intern) -> Self {
        Self { scope, symbols, remembers: false }
    }
}

impl Checker<'_> {
    fn test(&mut self, node: &Node) -> Checked<Test> {
        match &node.kind {
            Kind::Bool(value) => Ok(Test::Const(*value)),
            Kind::Name(_) | Kind::Select(..) => self.flag(node),
            Kind::Call(name, args) => self.call(node, name, args),
            _ => Err(not_a_condition(node)),
        }
    }

    fn call(&mut self, node: &Node, name: &str, args: &[Node]) -> Checked<Test> {
        match (name, args) {
            ("_&&_", [left, right]) => Ok(Test::All([self.test(left)?, self.test(right)?].into())),
            ("_||_", [left, right]) => Ok(Test::Any([self.test(left)?, self.test(right)?].into())),
            ("!_", [test]) => Ok(Test::Not(Box::new(self.test(test)?))),
            ("_?_:_", [test, yes, no]) => self.choice(test, yes, no),
            ("@in", [value, set]) => self.membership(value, set),
            ("age" | "now" | "today" | "duration" | "first" | "since" | "days", _) => {
                Err(not_a_condition(node))
            }
            (_, [left, right]) => match comparison(name) {
                Some(op) => self.comparison(node, op, left, right),
                None => Err(not_supported(node, name)),
            },
            _ => Err(not_supported(node, name)),
        }
    }

    fn choice(&mut self, test: &Node, yes: &Node, no: &Node) -> Checked<Test> {
        let test = self.test(test)?;
        let chosen = Test::All([test.clone(), self.test(yes)?].into());
        let otherwise = Test::All([Test::Not(Box::new(test)), self.test(no)?].into());
        Ok(Test::Any([chosen, otherwise].into()))
    }

    fn comparison(
        &mut self,
        node: &Node,
        op: Comparison,
        left: &Node,
        right: &Node,
    ) -> Checked<Test> {
        if matches!(op, Comparison::Equal | Comparison::NotEqual) {
            self.check_state_compared(left, right)?;
        }
        match (self.operand(left)?, self.operand(right)?) {
            (Operand::Null, Operand::Word(_, Word::Field(field)))
            | (Operand::Word(_, Word::Field(field)), Operand::Null)
            | (Operand::Null, Operand::Number(Number::Field(field)))
            | (Operand::Number(Number::Field(field)), Operand::Null) => null_test(node, op, field),
            (Operand::Null, _) | (_, Operand::Null) => Err(refuse(
                node,
                "only a field can be compared with null".to_owned(),
                "write `field == null` or `field != null`".to_owned(),
            )),
            (Operand::Number(left), Operand::Number(right)) => Ok(compare_numbers(op, left, right)),
            (Operand::Word(FieldType::Timestamp, Word::Field(field)), Operand::Now) => {
                timed(node, before_now(op, field, 0))
            }
            (Operand::Now, Operand::Word(FieldType::Timestamp, Word::Field(field))) => {
                timed(node, before_now(turned(op), field, 0))
            }
            (Operand::Word(FieldType::Date, Word::Field(field)), Operand::Today) => {
                Ok(with_today(op, field))
            }
            (Operand::Today, Operand::Word(FieldType::Date, Word::Field(field))) => {
                Ok(with_today(turned(op), field))
            }
            (Operand::Age(age), Operand::Duration(than)) => {
                compare_ages(node, op, age, (than, right))
            }
            (Operand::Duration(than), Operand::Age(age)) => {
                compare_ages(node, turned(op), age, (than, left))
            }
            (Operand::Word(left, a), Operand::Word(right, b)) if left == right => {
                compare_words(node, op, left, a, b)
            }
            (left, right) => Err(mismatch(node, &left, &right)),
        }
    }

    fn operand(&mut self, node: &Node) -> Checked<Operand> {
        match &node.kind {
            Kind::Null => Ok(Operand::Null),
            Kind::Text(text) => {
                Ok(Operand::Word(FieldType::Text, Word::Const(self.symbols.intern(text).0.into())))
            }
            Kind::Bool(value) => Ok(Operand::Word(FieldType::Bool, Word::Const((*value).into()))),
            Kind::Name(_) | Kind::Select(..) => self.named_operand(node),
            Kind::Call(name, args) if name == "date" || name == "timestamp" => {
                literal_time(node, name, args)
            }
            Kind::Call(name, args) if name == "now" && args.is_empty() => Ok(Operand::Now),
            Kind::Call(name, args) if name == "today" && args.is_empty() => Ok(Operand::Today),
            Kind::Call(name, args) if name == "duration" => literal_duration(node, args),
            Kind::Call(name, args) if name == "age" => self.age(node, args),
            Kind::Call(name, args) if let Some(kind) = days::moment_kind(name) => {
                self.remembered(node, kind, args)
            }
            _ => self.number(node).map(Operand::Number),
        }
    }

    fn moment(&mut self, node: &Node, kind: moment::Kind) -> Checked<Moment> {
        if let Some(moment) = days::unchanged(kind, node, self) {
            return Ok(moment);
        }
        let outside = std::mem::replace(&mut self.remembers, true);
        let condition = self.untimed(node);
        self.remembers = outside;
        let condition = condition?;
        self.check_moment(node, &condition)?;
        let order = self.scope.order(self.symbols);
        let mut depends = false;
        condition.for_each_field(&mut |field| {
            depends |= order.as_ref().is_some_and(|order| order.field == field);
        });
        Ok(Moment { kind, condition, states: order.filter(|_| depends) })
    }

    /// A condition that only a change of the record changes.
    fn untimed(&mut self, node: &Node) -> Checked<Test> {
        let test = self.test(node)?;
        if !test.is_timed() {
            return Ok(test);
        }
        Err(refuse(
            node,
            "this changes by the clock alone".to_owned(),
            "use age(…), now() and today() in `where` only, outside of since(…)".to_owned(),
        ))
    }

    fn number(&mut self, node: &Node) -> Checked<Number> {
        match &node.kind {
            Kind::Number(text) => literal_number(node, text),
            Kind::Name(_) | Kind::Select(..) => self.number_field(node),
            Kind::Call(name, args) => self.arithmetic(node, name, args),
            Kind::Other(what) => Err(refuse(
                node,
                format!("{what} is not supported here"),
                "use fields, constants, arithmetic and comparisons".to_owned(),
            )),
            Kind::Text(_) | Kind::Bool(_) | Kind::Null | Kind::List(_) => Err(not_a_number(node)),
        }
    }

    fn arithmetic(&mut self, node: &Node, name: &str, args: &[Node]) -> Checked<Number> {
        match (name, args) {
            ("days", args) => self.days(node, args),
            ("-_", [value]) => Ok(Number::Negate(Box::new(self.number(value)?))),
            ("_?_:_", [test, yes, no]) => Ok(Number::If(
                Box::new(self.untimed(test)?),
                Box::new(self.number(yes)?),
                Box::new(self.number(no)?),
            )),
            (_, [left, right]) => {
                let op = operator(name).ok_or_else(|| not_supported(node, name))?;
                check_divisor(op, right)?;
                Ok(Number::Combine(op, Box::new(self.number(left)?), Box::new(self.number(right)?)))
            }
            _ => Err(not_supported(node, name)),
        }
    }
}

fn null_test(node: &Node, op: Comparison, field: FieldId) -> Checked<Test> {
    match op {
        Comparison::Equal => Ok(Test::IsNull(field)),
        Comparison::NotEqual => Ok(Test::Not(Box::new(Test::IsNull(field)))),
        Comparison::Less
        | Comparison::LessOrEqual
        | Comparison::Greater
        | Comparison::GreaterOrEqual => Err(refuse(
            node,
            "null has no order".to_owned(),
            "compare with null by == or != only".to_owned(),
        )),
    }
}

/// Two plain numbers compare as cells; anything computed compares as rationals.
fn compare_numbers(op: Comparison, left: Number, right: Number) -> Test {
    match (number_word(&left), number_word(&right)) {
        (Some(left), Some(right)) => Test::Compare { op, left, right },
        _ => Test::Numbers { op, left, right },
    }
}

fn number_word(number: &Number) -> Option<Word> {
    match number {
        Number::Field(field) => Some(Word::Field(*field)),
        Number::Const(value) => exact_micros(value).map(Word::Const),
        Number::Negate(_) | Number::Combine(..) | Number::If(..) | Number::Days(_) => None,
    }
}

fn compare_words(
    node: &Node,
    op: Comparison,
    kind: FieldType,
    left: Word,
    right: Word,
) -> Checked<Test> {
    let ordered = matches!(kind, FieldType::Date | FieldType::Timestamp);
    if !ordered && !matches!(op, Comparison::Equal | Comparison::NotEqual) {
        return Err(refuse(
            node,
            format!("{kind} values have no order here"),
            "compare them with == or !=, or list values with `in`".to_owned(),
        ));
    }
    Ok(Test::Compare { op, left, right })
}

pub(super) fn comparison(name: &str) -> Option<Comparison> {
    Some(match name {
        "_==_" => Comparison::Equal,
        "_!=_" => Comparison::NotEqual,
        "_<_" => Comparison::Less,
        "_<=_" => Comparison::LessOrEqual,
        "_>_" => Comparison::Greater,
        "_>=_" => Comparison::GreaterOrEqual,
        _ => return None,
    })
}

pub(super) fn operator(name: &str) -> Option<Operator> {
    Some(match name {
        "_+_" => Operator::Add,
        "_-_" => Operator::Subtract,
        "_*_" => Operator::Multiply,
        "_/_" => Operator::Divide,
        _ => return None,
    })
}

/// What is divided by a constant 0 is nothing, for ever.
pub(super) fn check_divisor(op: Operator, divisor: &Node) -> Checked<()> {
    let Kind::Number(text) = &divisor.kind else { return Ok(()) };
    match (op, literal_number(divisor, text)?) {
        (Operator::Divide, Number::Const(value)) if value.is_zero() => Err(refuse(
            divisor,
            "nothing can be divided by 0".to_owned(),
            "divide by something else".to_owned(),
        )),
        _ => Ok(()),
    }
}

impl Operand {
    fn kind(&self) -> &'static str {
        match self {
            Self::Word(FieldType::Text, _) => "text",
            Self::Word(FieldType::Bool, _) => "bool",
            Self::Word(FieldType::Date, _) => "date",
            Self::Word(FieldType::Timestamp, _) => "timestamp",
            Self::Word(FieldType::Int | FieldType::Decimal, _) | Self::Number(_) => "a number",
            Self::Null => "null",
            Self::Age(_) => "an age",
            Self::Duration(_) => "a duration",
            Self::Now => "now()",
            Self::Today => "today()",
        }
    }
}
