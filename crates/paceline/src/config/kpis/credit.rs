//! `credit`: who is credited, as it is spelled in a config.

use std::fmt;

use paceline_core::entity::{Entity, FieldId, FieldType};
use paceline_core::expr::{Scope, Test};
use paceline_core::moment::{Kind, Moment};
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::config::entities;
use crate::config::located::{Located, Text};
use crate::config::report::Report;

/// Who is credited.
#[derive(JsonSchema)]
#[schemars(untagged, rename = "Credit")]
pub(super) enum RawCredit {
    /// The text field that holds the rep's id.
    Field(String),
    /// A field, and what happens when it changes.
    Rule(RawRule),
}

/// A field that names the rep, and what happens when it changes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CreditRule")]
pub(super) struct RawRule {
    /// The text field that holds the rep's id. Required.
    field: Text,
    /// follow: everything the record contributes moves to the new rep. keep: the rep is the one that the field named
    /// when the record came to match `where`, for as long as it does; only with `at`. Default: follow.
    on_change: Option<Located<OnChange>>,
}

/// What happens when the field that names the rep changes.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum OnChange {
    Follow,
    Keep,
}

/// Compiles the field that names the rep. `filter` is that of the KPI, and `dated` says whether it has an `at`.
pub(super) fn compile(
    raw: &Located<RawCredit>,
    filter: Option<&Test>,
    dated: bool,
    scope: Scope<'_>,
    report: &mut Report,
) -> Option<FieldId> {
    let rule = match &raw.value {
        RawCredit::Field(name) => {
            return field(&Text { value: name.clone(), at: raw.at }, scope.entity, report);
        }
        RawCredit::Rule(rule) => rule,
    };
    let field = field(&rule.field, scope.entity, report);
    let Some(keep) = rule.on_change.filter(|rule| rule.value == OnChange::Keep) else {
        return field;
    };
    if !dated {
        let remedy = "add `at: …`, or leave `on_change` out";
        report.error(
            keep.at,
            "what is right now has the rep it has now: `keep` needs `at`",
            remedy,
        );
        return None;
    }
    let condition = filter?.clone();
    if condition.is_timed() {
        let remedy = "leave `on_change` out, or the clock out of `where`";
        report.error(keep.at, "`keep` is not possible where `where` looks at the clock", remedy);
        return None;
    }
    if looks_back(&condition, scope) {
        let remedy = "leave `on_change` out, or first(…) and since(…) out of `where`";
        report.error(keep.at, "`keep` is not possible where `where` looks at a moment", remedy);
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
) -> Option<FieldId> {
    // Only what has an `at` and a `where` can keep a rep.
    if let RawCredit::Rule(RawRule { on_change: Some(rule), .. }) = &raw.value
        && rule.value == OnChange::Keep
    {
        report.error(
            rule.at,
            "a conversion follows the present rep of its records",
            "leave `on_change` out",
        );
        return None;
    }
    compile(raw, None, true, scope, report)
}

fn field(name: &Text, entity: &Entity, report: &mut Report) -> Option<FieldId> {
    let (id, field) = entities::field(name, entity, report)?;
    if field.kind == FieldType::Text {
        return Some(id);
    }
    let message = format!("`{}` is {}, and a rep's id is text", field.name, field.kind);
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
        f.write_str("the name of a field, or `{field: …, on_change: keep}`")
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
