//! Rates as the records of an entity.

use paceline_core::entity::{Entity, FieldId, FieldType};
use paceline_core::rates::RateFields;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::entities::{self, Declared};
use crate::config::located::Text;
use crate::config::report::Report;

/// An entity whose records are rates, and the fields that say what each is. A record counts while it lives and says all
/// four, with a rate above 0; of two of the same currencies and day the one with the greater id.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RatesOfEntity")]
pub(super) struct RawFields {
    /// The entity. Required.
    entity: Text,
    /// Its text field with the code of the currency of which one unit is meant. Required.
    from: Text,
    /// Its text field with the code of the currency in which its worth is told. Required.
    to: Text,
    /// Its date field with the first day on which the rate is in force. Required.
    date: Text,
    /// Its decimal field with the worth of one unit. Like any decimal it has six places at most. Required.
    rate: Text,
}

impl RawFields {
    pub(super) fn compile(&self, all: &[Declared], report: &mut Report) -> Option<RateFields> {
        let id = entities::used(&self.entity, all, report)?;
        let entity = &all[usize::from(id.0)].entity;
        let text = "a code is text";
        let from = field(&self.from, entity, FieldType::Text, text, report);
        let to = field(&self.to, entity, FieldType::Text, text, report);
        let date =
            field(&self.date, entity, FieldType::Date, "what dates a rate is a date", report);
        let rate = field(&self.rate, entity, FieldType::Decimal, "a rate is a decimal", report);
        if from.is_some() && from == to {
            let message = format!("`{}` is `from` already", self.to.as_str());
            report.error(self.to.at, message, "name the field with the code of the other currency");
        }
        if rate.is_some_and(|rate| entity.fields[usize::from(rate.0)].currency.is_some()) {
            let message = format!(
                "`{}` is money of a currency, and a rate is a bare number",
                self.rate.as_str()
            );
            report.error(self.rate.at, message, "declare the same path once more as decimal");
        }
        Some(RateFields { entity: id, from: from?, to: to?, date: date?, rate: rate? })
    }
}

/// The field of a name if it is of a type, or a mistake.
fn field(
    name: &Text,
    entity: &Entity,
    kind: FieldType,
    rule: &str,
    report: &mut Report,
) -> Option<FieldId> {
    let (id, field) = entities::field(name, entity, report)?;
    if field.kind == kind {
        return Some(id);
    }
    let message = format!("`{}` is {}, and {rule}", field.name, field.kind);
    report.error(name.at, message, format_args!("name a field of type {kind}"));
    None
}
