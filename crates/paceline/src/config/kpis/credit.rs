//! `credit`: who is credited, as it is spelled in a config.

use std::fmt;

use paceline_core::entity::{EntityId, FieldId, FieldType};
use paceline_core::expr::{Scope, Test};
use paceline_core::kpi::Credit;
use paceline_core::moment::{Kind, Moment};
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};

use super::{Agg, fields};
use crate::config::entities::Declared;
use crate::config::located::{Located, Text};
use crate::config::place::At;
use crate::config::report::Report;

/// Who is credited.
#[derive(JsonSchema)]
#[schemars(untagged, rename = "Credit")]
pub(super) enum RawCredit {
    /// The text field that holds the rep's id.
    Field(String),
    /// A field and what happens when it changes, or splits.
    Rule(RawRule),
}

/// A field that names the rep, and what happens when it changes; or the splits that say who shares in a record.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CreditRule")]
pub(super) struct RawRule {
    /// The text field that holds the rep's id. Required without `splits`.
    pub(super) field: Option<Text>,
    /// follow: everything the record contributes moves to the new rep. keep: the rep is the one that the field named
    /// when the record came to match `where`, for as long as it does; only with `at`. Default: follow. Only with `field`.
    pub(super) on_change: Option<Located<OnChange>>,
    /// The entity whose records say who shares in a record, and how much: what the regular shares of a record leave of a
    /// hundred is nobody's, and overlay shares count where they are more than the regular ones. Only for `agg: sum` and
    /// `agg: count`. Default: none; one rep is credited.
    pub(super) splits: Option<Text>,
    /// The text field of a split that holds the id of the record that is split. Required with `splits`.
    pub(super) record: Option<Text>,
    /// The text field of a split that holds the rep's id. Required with `splits`.
    pub(super) who: Option<Text>,
    /// The field of a split, of type int or decimal, that holds the share in percent. Required with `splits`.
    pub(super) share: Option<Text>,
    /// The bool field of a split that says whether the share is overlay. Default: none is. Only with `splits`.
    pub(super) overlay: Option<Text>,
}

/// What happens when the field that names the rep changes.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum OnChange {
    Follow,
    Keep,
}

/// What of a KPI its credit depends on.
pub(super) struct Measured<'a> {
    /// Its entity.
    pub(super) id: EntityId,
    /// Its `where`, unless that has a mistake.
    pub(super) filter: Option<&'a Test>,
    /// Whether it has an `at`.
    pub(super) dated: bool,
    /// What is computed of its records.
    pub(super) agg: Option<Located<Agg>>,
}

/// Compiles who is credited with the records of a KPI.
pub(super) fn compile(
    raw: &Located<RawCredit>,
    measured: &Measured<'_>,
    entities: &[Declared],
    scope: Scope<'_>,
    report: &mut Report,
) -> Option<Credit> {
    let rule = match &raw.value {
        RawCredit::Field(name) => {
            let name = Text { value: name.clone(), at: raw.at };
            return field(&name, scope, report).map(Credit::Field);
        }
        RawCredit::Rule(rule) => rule,
    };
    if let Some(splits) = rule.splits(raw.at, report)? {
        return splits.compile(measured, entities, scope, report).map(Credit::Splits);
    }
    let field = field(rule.field.as_ref()?, scope, report);
    let Some(keep) = rule.on_change.filter(|rule| rule.value == OnChange::Keep) else {
        return field.map(Credit::Field);
    };
    kept(keep.at, field, measured, scope, report).map(Credit::Field)
}

/// The moment in which whom the field named is kept.
fn kept(
    at: At,
    field: Option<FieldId>,
    measured: &Measured<'_>,
    scope: Scope<'_>,
    report: &mut Report,
) -> Option<FieldId> {
    if !measured.dated {
        let remedy = "add `at: …`, or leave `on_change` out";
        report.error(at, "what is right now has the rep it has now: `keep` needs `at`", remedy);
        return None;
    }
    let condition = measured.filter?.clone();
    if condition.is_timed() {
        let remedy = "leave `on_change` out, or the clock out of `where`";
        report.error(at, "`keep` is not possible where `where` looks at the clock", remedy);
        return None;
    }
    let mut looks_across = false;
    condition.for_each_field(&mut |cell| looks_across |= scope.is_borrowed(cell));
    if looks_across {
        let remedy = "leave `on_change` out, or fields of other records out of `where`";
        report.error(at, "`keep` is not possible where `where` looks at another record", remedy);
        return None;
    }
    if field.is_some_and(|field| scope.is_borrowed(field)) {
        let message = "only what the record itself names is kept";
        report.error(at, message, "leave `on_change` out, or name a field of the record itself");
        return None;
    }
    if looks_back(&condition, scope) {
        let remedy = "leave `on_change` out, or first(…) and since(…) out of `where`";
        report.error(at, "`keep` is not possible where `where` looks at a moment", remedy);
        return None;
    }
    Some(scope.remember(Moment { kind: Kind::Kept(field?), condition, states: None }))
}

/// Whether a condition depends on a moment, of which another cannot be made.
fn looks_back(condition: &Test, scope: Scope<'_>) -> bool {
    let mut looks_back = false;
    condition.for_each_field(&mut |field| {
        looks_back |= usize::from(field.0) >= scope.entity.fields.len();
    });
    looks_back
}

/// Compiles the field that names the rep of a conversion.
pub(super) fn field_alone(
    raw: &Located<RawCredit>,
    scope: Scope<'_>,
    report: &mut Report,
) -> Option<Credit> {
    let rule = match &raw.value {
        RawCredit::Field(name) => {
            let name = Text { value: name.clone(), at: raw.at };
            return field(&name, scope, report).map(Credit::Field);
        }
        RawCredit::Rule(rule) => rule,
    };
    if let Some(splits) = rule.splits(raw.at, report)? {
        report.error(
            splits.splits.at,
            "a conversion is credited to one rep",
            "name the one field that holds the rep's id: `credit: owner`",
        );
        return None;
    }
    // Only what has an `at` and a `where` can keep a rep.
    if let Some(keep) = rule.on_change.filter(|rule| rule.value == OnChange::Keep) {
        report.error(
            keep.at,
            "a conversion follows the present rep of its records",
            "leave `on_change` out",
        );
        return None;
    }
    field(rule.field.as_ref()?, scope, report).map(Credit::Field)
}

fn field(name: &Text, scope: Scope<'_>, report: &mut Report) -> Option<FieldId> {
    let (id, kind) = fields::field(name, scope, report)?;
    if kind == FieldType::Text {
        return Some(id);
    }
    let message = format!("`{}` is {kind}, and a rep's id is text", name.as_str());
    report.error(name.at, message, "name a field of type text that holds the rep's id");
    None
}

impl<'de> Deserialize<'de> for RawCredit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CreditVisitor)
    }
}

struct CreditVisitor;

impl<'de> Visitor<'de> for CreditVisitor {
    type Value = RawCredit;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field, `{field: …, on_change: keep}` or `{splits: …, record: …, who: …, share: …}`")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<RawCredit, E> {
        Ok(RawCredit::Field(name.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<RawCredit, A::Error> {
        Err(de::Error::invalid_type(de::Unexpected::Other("a list"), &self))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RawCredit, A::Error> {
        RawRule::deserialize(MapAccessDeserializer::new(map)).map(RawCredit::Rule)
    }
}
