//! `at: first(…)` and `at: since(…)`: moments that records remember, as they are spelled in a config.

use paceline_core::entity::{FieldId, FieldType};
use paceline_core::expr::{self, Scope};
use paceline_core::kpi::At;
use paceline_core::moment::{Kind, Moment};
use paceline_core::symbol::Symbols;

use super::fields;
use crate::config::located::Text;
use crate::config::report::Report;

/// A moment as it was written. CEL has no named arguments, so `else` is read before the condition is.
pub(super) struct Spelled<'a> {
    text: &'a Text,
    kind: Kind,
    /// The condition, and where in the text it begins.
    condition: (usize, &'a str),
    otherwise: Option<Text>,
}

/// A field that can date a record.
pub(super) struct Dating {
    field: FieldId,
    is_date: bool,
}

impl<'a> Spelled<'a> {
    /// Reads a moment: nothing when the text begins like the name of a field, `Some(None)` after a mistake.
    #[expect(clippy::option_option, reason = "not a moment, a wrong one, and a right one")]
    pub(super) fn read(text: &'a Text, report: &mut Report) -> Option<Option<Self>> {
        let words = [("first(", Kind::First), ("since(", Kind::Since)];
        let (word, kind) = words.into_iter().find(|(word, _)| text.value.starts_with(word))?;
        let Some(inner) = text.value[word.len()..].trim_end().strip_suffix(')') else {
            let message = format!("`{word}` is not closed");
            report.error(text.at, message, format_args!("write `{word}<condition>)`"));
            return Some(None);
        };
        let (condition, otherwise) = split(inner);
        let otherwise = otherwise.map(|name| Text { value: name.to_owned(), at: text.at });
        if kind == Kind::Since && otherwise.is_some() {
            report.error(
                text.at,
                "`since(…)` takes no `else`",
                "leave it out, or write `first(…, else: …)`",
            );
            return Some(None);
        }
        Some(Some(Self { text, kind, condition: (word.len(), condition), otherwise }))
    }

    pub(super) fn compile(
        self,
        scope: Scope<'_>,
        symbols: &mut Symbols,
        report: &mut Report,
    ) -> Option<At> {
        let moment = self.moment(scope, symbols, report);
        let Some(name) = &self.otherwise else {
            return moment.map(|moment| At::Timestamp(scope.remember(moment)));
        };
        let otherwise = dating_field(name, scope, report);
        let (moment, otherwise) = (moment?, otherwise?);
        let already = Moment { kind: Kind::Already, ..moment.clone() };
        Some(At::Else {
            moment: scope.remember(moment),
            already: scope.remember(already),
            field: otherwise.field,
            is_date: otherwise.is_date,
        })
    }

    fn moment(
        &self,
        scope: Scope<'_>,
        symbols: &mut Symbols,
        report: &mut Report,
    ) -> Option<Moment> {
        let (start, condition) = self.condition;
        match expr::moment(self.kind, condition, scope, symbols) {
            Ok(moment) => Some(moment),
            Err(error) => {
                let (text, at) = (self.text, start + error.at);
                report.unknown_within(text.at, text.as_str(), at, &error.message, &error.help);
                None
            }
        }
    }
}

impl Dating {
    pub(super) fn at(self) -> At {
        if self.is_date { At::Date(self.field) } else { At::Timestamp(self.field) }
    }
}

/// A field that is a date or a timestamp, or a mistake.
pub(super) fn dating_field(name: &Text, scope: Scope<'_>, report: &mut Report) -> Option<Dating> {
    let (field, kind) = fields::field(name, scope, report)?;
    match kind {
        FieldType::Date => Some(Dating { field, is_date: true }),
        FieldType::Timestamp => Some(Dating { field, is_date: false }),
        kind @ (FieldType::Text | FieldType::Bool | FieldType::Int | FieldType::Decimal) => {
            let message = format!(
                "`{}` is {kind}, and what dates a record is a date or a timestamp",
                name.as_str()
            );
            report.error(name.at, message, "name a field of type date or timestamp");
            None
        }
    }
}

/// The condition, and the field after `, else:` if there is one.
fn split(inner: &str) -> (&str, Option<&str>) {
    let parts = inner.rsplit_once("else:").and_then(|(condition, name)| {
        let condition = condition.trim_end().strip_suffix(',')?;
        let name = name.trim();
        let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.');
        // Otherwise it is part of a text in the condition.
        is_name.then_some((condition, Some(name)))
    });
    parts.unwrap_or((inner, None))
}
