//! Text to a tree with places: the `cel` crate parses, this file gives every node its span and drops the rest
//! of that crate, so that only this file follows its releases.

use cel::Program;
use cel::common::ast::{Expr, IdedExpr, LiteralValue, SourceInfo};

use super::ExprError;

/// A node and where it begins, as a byte offset into the text.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) at: usize,
    pub(super) kind: Kind,
}

/// The syntax that filters use.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    Name(String),
    /// A dotted name or a field of something: `states.won`.
    Select(Box<Node>, String),
    Text(String),
    /// A number as it was written, so that none passes through a float.
    Number(String),
    Bool(bool),
    Null,
    List(Vec<Node>),
    /// An operator or function by CEL's name (`_&&_`, `@in`, `date`), a receiver being the first argument.
    Call(String, Vec<Node>),
    /// Syntax outside the supported part, by a name for the message.
    Other(&'static str),
}

/// Parses an expression.
pub(super) fn parse(text: &str) -> Result<Node, ExprError> {
    if text.trim().is_empty() {
        return Err(ExprError {
            at: 0,
            message: "the expression is empty".to_owned(),
            help: "write a condition such as `stage in states.won`, or leave the key out"
                .to_owned(),
        });
    }
    let program = Program::compile(text).map_err(|errors| syntax_error(text, &errors))?;
    let source = Source { text, info: program.source_info() };
    Ok(source.node(program.expression()))
}

fn syntax_error(text: &str, errors: &cel::ParseErrors) -> ExprError {
    let first = errors.errors.first();
    let (line, column) = first.map_or((1, 1), |error| error.pos);
    let before: usize =
        text.split_inclusive('\n').take((line - 1).max(0) as usize).map(str::len).sum();
    let at = (before + (column - 1).max(0) as usize).min(text.len());
    ExprError {
        at,
        message: format!(
            "not a CEL expression: {}",
            first.map_or_else(|| "it does not parse".to_owned(), |error| reason(&error.msg))
        ),
        help: help(text, at).to_owned(),
    }
}

/// What the parser says, without the list of its own names for what it would have taken.
fn reason(message: &str) -> String {
    let message = message.split(" expecting ").next().unwrap_or_default();
    let stumbled = ["mismatched input '", "extraneous input '", "token recognition error at: '"]
        .into_iter()
        .find_map(|lead| message.split_once(lead)?.1.strip_suffix('\''));
    match stumbled.map(str::trim) {
        Some("<EOF>") => "it ends too soon".to_owned(),
        Some(token) => format!("`{token}` has no meaning here"),
        None => message.to_owned(),
    }
}

/// What to write in place of what the parser stumbled over: most often a habit of another language.
fn help(text: &str, at: usize) -> &'static str {
    let (before, rest) = text.split_at_checked(at).unwrap_or((text, ""));
    let part = |c: char| c.is_alphanumeric() || c == '_';
    let word = rest.split(|c| !part(c)).next().unwrap_or_default();
    let last = before.trim_end().rsplit(|c| !part(c)).next().unwrap_or_default();
    match (last.to_lowercase().as_str(), word.to_lowercase().as_str()) {
        (_, "and") => "join conditions with `&&`",
        (_, "or") => "join conditions with `||`",
        ("not", _) | (_, "not" | "is" | "like" | "between") => {
            "write `!(…)` for not, `== null` for is null, `a <= x && x <= b` for between"
        }
        _ if rest.starts_with("= ") => "compare with `==`",
        _ if before.ends_with('<') && rest.starts_with('>') => "write `!=` for not equal",
        _ if text.trim_end().ends_with('%') => "write a share as a decimal: 0.15 for 15 %",
        _ if rest.starts_with(',') => {
            "write numbers without separators, as in 1000, and lists in brackets: [1, 2]"
        }
        _ => "compare with ==, !=, <, <=, >, >=, in; join with && and ||; put text in quotes",
    }
}

struct Source<'a> {
    text: &'a str,
    info: &'a SourceInfo,
}

impl Source<'_> {
    fn node(&self, expr: &IdedExpr) -> Node {
        let kind = match &expr.expr {
            Expr::Ident(name) => Kind::Name(name.clone()),
            Expr::Select(select) if select.test => Kind::Other("has(…)"),
            Expr::Select(select) => {
                Kind::Select(Box::new(self.node(&select.operand)), select.field.clone())
            }
            Expr::Literal(value) => self.literal(expr.id, value),
            Expr::List(list) => {
                Kind::List(list.elements.iter().map(|element| self.node(element)).collect())
            }
            Expr::Call(call) => {
                let receiver = call.target.as_deref().into_iter();
                let args = receiver.chain(&call.args).map(|arg| self.node(arg)).collect();
                Kind::Call(call.func_name.clone(), args)
            }
            Expr::Comprehension(_) => Kind::Other("a macro over a list"),
            Expr::Map(_) | Expr::Struct(_) => Kind::Other("a map or message"),
            Expr::Unspecified => Kind::Other("an empty expression"),
        };
        Node { at: self.start(expr.id, &kind), kind }
    }

    /// The span of a call is its operator's; it begins where its first operand does.
    fn start(&self, id: u64, kind: &Kind) -> usize {
        let own = self.info.offset_for(id).map_or(0, |(start, _)| start as usize);
        let inner = match kind {
            Kind::Call(_, args) => args.first().map(|arg| arg.at),
            Kind::Select(operand, _) => Some(operand.at),
            _ => None,
        };
        inner.map_or(own, |inner| own.min(inner)).min(self.text.len())
    }

    fn literal(&self, id: u64, value: &LiteralValue) -> Kind {
        match value {
            LiteralValue::Boolean(value) => Kind::Bool(*value.inner()),
            LiteralValue::String(value) => Kind::Text(value.inner().to_owned()),
            LiteralValue::Int(value) => Kind::Number(value.inner().to_string()),
            LiteralValue::UInt(value) => Kind::Number(value.inner().to_string()),
            LiteralValue::Double(value) => {
                Kind::Number(self.decimal(id, value.inner().is_sign_negative()))
            }
            LiteralValue::Null => Kind::Null,
            LiteralValue::Bytes(_) => Kind::Other("a bytes literal"),
        }
    }

    /// A number with places as it is written. The parser takes the sign of a negative one into the literal, and
    /// gives it the place of the digits alone.
    fn decimal(&self, id: u64, negative: bool) -> String {
        let digits = self.written(id).trim_start_matches('-');
        format!("{}{digits}", if negative { "-" } else { "" })
    }

    fn written(&self, id: u64) -> &str {
        let (start, stop) = self.info.offset_for(id).unwrap_or((0, 0));
        self.text.get(start as usize..=stop as usize).unwrap_or_default()
    }
}
