//! Types and names: from the syntax tree to a tree that runs without looking anything up.

mod age;
mod days;

use self::age::{Age, compare_ages, literal_duration, timed};
use super::clock::{Duration, before_now, turned, with_today};
use super::syntax::{Kind, Node};
use super::{Comparison, ExprError, Number, Operator, Scope, Test, Word};
use crate::day::Day;
use crate::entity::{FieldId, FieldType};
use crate::moment::{self, Moment};
use crate::rational::Rational;
use crate::suggest;
use crate::symbol::Intern;

type Checked<T> = Result<T, ExprError>;

pub(super) fn test(node: &Node, scope: Scope<'_>, symbols: &mut dyn Intern) -> Checked<Test> {
    Checker { scope, symbols }.test(node)
}

pub(super) fn number(node: &Node, scope: Scope<'_>, symbols: &mut dyn Intern) -> Checked<Number> {
    Checker { scope, symbols }.number(node)
}

pub(super) fn moment(
    node: &Node,
    kind: moment::Kind,
    scope: Scope<'_>,
    symbols: &mut dyn Intern,
) -> Checked<Moment> {
    Checker { scope, symbols }.moment(node, kind)
}

struct Checker<'a> {
    scope: Scope<'a>,
    symbols: &'a mut dyn Intern,
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

impl Checker<'_> {
    fn test(&mut self, node: &Node) -> Checked<Test> {
        match &node.kind {
            Kind::Bool(value) => Ok(Test::Const(*value)),
            Kind::Name(name) => self.flag(node, name),
            Kind::Call(name, args) => self.call(node, name, args),
            _ => Err(not_a_condition(node)),
        }
    }

    fn flag(&self, node: &Node, name: &str) -> Checked<Test> {
        let (field, kind) = self.field(node, name)?;
        if kind == FieldType::Bool {
            return Ok(Test::Flag(field));
        }
        Err(refuse(
            node,
            format!("`{name}` is {kind}, and a condition must be true or false"),
            format!("compare it, as in `{name} == …`"),
        ))
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
            Kind::Name(name) => self.named_operand(node, name),
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
        let condition = self.untimed(node)?;
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

    fn named_operand(&self, node: &Node, name: &str) -> Checked<Operand> {
        let (field, kind) = self.field(node, name)?;
        Ok(match kind {
            FieldType::Int | FieldType::Decimal => Operand::Number(Number::Field(field)),
            FieldType::Text | FieldType::Bool | FieldType::Date | FieldType::Timestamp => {
                Operand::Word(kind, Word::Field(field))
            }
        })
    }

    fn membership(&mut self, value: &Node, set: &Node) -> Checked<Test> {
        let Kind::Name(name) = &value.kind else {
            return Err(refuse(
                value,
                "the left side of `in` must be a field".to_owned(),
                "write `field in [\"a\", \"b\"]` or `stage in states.won`".to_owned(),
            ));
        };
        let (field, kind) = self.field(value, name)?;
        match &set.kind {
            Kind::List(elements) => self.one_of(field, kind, elements),
            Kind::Select(operand, set_name) => {
                self.state_set(value, field, kind, operand, set_name)
            }
            _ => Err(refuse(
                set,
                "the right side of `in` must be a list or a set of states".to_owned(),
                "write `in [\"a\", \"b\"]` or `in states.won`".to_owned(),
            )),
        }
    }

    fn one_of(&mut self, field: FieldId, kind: FieldType, elements: &[Node]) -> Checked<Test> {
        let members =
            elements.iter().map(|element| self.member(kind, element)).collect::<Checked<_>>()?;
        Ok(Test::OneOf { field, members })
    }

    fn member(&mut self, kind: FieldType, element: &Node) -> Checked<i128> {
        let numeric = matches!(kind, FieldType::Int | FieldType::Decimal);
        match self.operand(element)? {
            Operand::Word(found, Word::Const(value)) if found == kind => Ok(value),
            Operand::Number(Number::Const(value)) if numeric => {
                exact_micros(&value).ok_or_else(|| too_fine(element))
            }
            _ => Err(refuse(
                element,
                format!("this is no {kind} constant"),
                format!("list constants of type {kind} only"),
            )),
        }
    }

    fn state_set(
        &mut self,
        value: &Node,
        field: FieldId,
        kind: FieldType,
        operand: &Node,
        set: &str,
    ) -> Checked<Test> {
        let states = match (&operand.kind, self.scope.states) {
            (Kind::Name(name), Some(states)) if name == "states" => states,
            _ => return Err(no_states(operand, &self.scope.entity.name)),
        };
        let state_field = self.scope.entity.field(&states.field).map(|(id, _)| id);
        if kind != FieldType::Text || state_field != Some(field) {
            return Err(refuse(
                value,
                format!("states.{set} are values of `{}`", states.field),
                format!("write `{} in states.{set}`", states.field),
            ));
        }
        let Some((_, members)) = states.sets.iter().find(|(name, _)| name == set) else {
            let known = states.sets.iter().map(|(name, _)| name.as_str());
            return Err(refuse(
                operand,
                format!("there is no set of states `{set}`"),
                suggest::remedy(set, known, "the sets are"),
            ));
        };
        let members =
            members.iter().map(|member| i128::from(self.symbols.intern(member).0)).collect();
        Ok(Test::OneOf { field, members })
    }

    fn number(&mut self, node: &Node) -> Checked<Number> {
        match &node.kind {
            Kind::Number(text) => literal_number(node, text),
            Kind::Name(name) => self.number_field(node, name),
            Kind::Call(name, args) => self.arithmetic(node, name, args),
            Kind::Other(what) => Err(refuse(
                node,
                format!("{what} is not supported here"),
                "use fields, constants, arithmetic and comparisons".to_owned(),
            )),
            Kind::Select(..) => Err(no_states(node, &self.scope.entity.name)),
            Kind::Text(_) | Kind::Bool(_) | Kind::Null | Kind::List(_) => Err(not_a_number(node)),
        }
    }

    fn number_field(&self, node: &Node, name: &str) -> Checked<Number> {
        let (field, kind) = self.field(node, name)?;
        match kind {
            FieldType::Int | FieldType::Decimal => Ok(Number::Field(field)),
            FieldType::Text | FieldType::Bool | FieldType::Date | FieldType::Timestamp => {
                Err(refuse(
                    node,
                    format!("`{name}` is {kind}, not a number"),
                    "use a field of type decimal or int".to_owned(),
                ))
            }
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
                Ok(Number::Combine(op, Box::new(self.number(left)?), Box::new(self.number(right)?)))
            }
            _ => Err(not_supported(node, name)),
        }
    }

    fn field(&self, node: &Node, name: &str) -> Checked<(FieldId, FieldType)> {
        let entity = self.scope.entity;
        if let Some((id, field)) = entity.field(name) {
            return Ok((id, field.kind));
        }
        let known = entity.fields.iter().map(|field| field.name.as_str());
        let help = suggest::remedy(name, known, "its fields are");
        Err(refuse(node, format!("entity `{}` has no field `{name}`", entity.name), help))
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

pub(super) fn literal_number(node: &Node, text: &str) -> Checked<Number> {
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

fn literal_time(node: &Node, name: &str, args: &[Node]) -> Checked<Operand> {
    let [Node { kind: Kind::Text(text), .. }] = args else { return Err(bad_time(node, name)) };
    if name == "date" {
        let day = Day::parse(text).ok_or_else(|| bad_time(node, name))?;
        return Ok(Operand::Word(FieldType::Date, Word::Const(day.0.into())));
    }
    let instant: jiff::Timestamp = text.parse().map_err(|_| bad_time(node, name))?;
    Ok(Operand::Word(FieldType::Timestamp, Word::Const(instant.as_nanosecond())))
}

fn bad_time(node: &Node, name: &str) -> ExprError {
    let example =
        if name == "date" { "date(\"2026-11-23\")" } else { "timestamp(\"2026-11-23T10:00:00Z\")" };
    refuse(node, format!("{name}(…) takes one text constant"), format!("write {example}"))
}

fn exact_micros(value: &Rational) -> Option<i128> {
    let decimal = value.to_decimal()?;
    (Rational::from(decimal) == *value).then(|| decimal.micros())
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

pub(super) fn refuse(node: &Node, message: String, help: String) -> ExprError {
    ExprError { at: node.at, message, help }
}

fn mismatch(node: &Node, left: &Operand, right: &Operand) -> ExprError {
    let help = match (left.kind(), right.kind()) {
        ("date", "text") | ("text", "date") => "write the constant as date(\"2026-11-23\")",
        ("timestamp", "text") | ("text", "timestamp") => {
            "write the constant as timestamp(\"2026-11-23T10:00:00Z\")"
        }
        ("an age", _) | (_, "an age") => "compare an age with duration(\"14d\")",
        ("date", "now()") | ("now()", "date") => "compare a date with today()",
        ("timestamp", "today()") | ("today()", "timestamp") => "compare a timestamp with now()",
        ("a number", "text") | ("text", "a number") => {
            "write the constant without quotes, or declare the field as text"
        }
        _ => "compare values of one type",
    };
    refuse(
        node,
        format!("{} cannot be compared with {}", left.kind(), right.kind()),
        help.to_owned(),
    )
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

fn not_a_condition(node: &Node) -> ExprError {
    refuse(
        node,
        "this is not a condition".to_owned(),
        "compare it with something, as in `amount > 0`".to_owned(),
    )
}

fn not_a_number(node: &Node) -> ExprError {
    refuse(
        node,
        "this is not a number".to_owned(),
        "use a number, or a field of type decimal or int".to_owned(),
    )
}

fn not_supported(node: &Node, name: &str) -> ExprError {
    let shown = name.trim_matches('_').trim_matches('@');
    refuse(
        node,
        format!("`{shown}` is not supported here"),
        "use ==, !=, <, <=, >, >=, in, &&, ||, !, + - * /, ?:, date(…), timestamp(…), age(…), now(), today(), first(…), since(…), days(…)".to_owned(),
    )
}

fn no_states(node: &Node, entity: &str) -> ExprError {
    refuse(
        node,
        format!("entity `{entity}` has no such name"),
        "a dotted name is `states.<set>`, a set from the entity's `states`".to_owned(),
    )
}

fn too_fine(node: &Node) -> ExprError {
    refuse(
        node,
        "more than six places".to_owned(),
        "fields hold at most six places; round the constant".to_owned(),
    )
}
