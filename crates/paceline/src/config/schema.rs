//! The JSON Schema of a config file, for completion and checks in an editor.

use schemars::Schema;
use serde_json::{Value, json};

use super::{document, preset};

/// The definitions whose required keys a preset may have given already, each with where its values are in a config.
const OVERLAID: [(&str, &[&str]); 3] = [
    ("Kpi", &["properties", "kpis", "items"]),
    ("Entity", &["properties", "entities", "additionalProperties"]),
    (
        "Field",
        &[
            "properties",
            "entities",
            "additionalProperties",
            "properties",
            "fields",
            "additionalProperties",
        ],
    ),
];

/// What types cannot say: with a preset, an entity or a KPI need not be whole; and which names a preset knows.
pub(super) fn schema() -> Schema {
    let mut schema = schemars::schema_for!(document::Document);
    let mut whole = json!({});
    for (name, way) in OVERLAID {
        let definition = schema.get_mut("$defs").and_then(|definitions| definitions.get_mut(name));
        if let Some(required) = definition.and_then(|of| of.as_object_mut()?.remove("required")) {
            let place = way.iter().fold(&mut whole, |value, key| &mut value[*key]);
            place["required"] = required;
        }
    }
    schema.insert("if".to_owned(), json!({"not": {"required": ["preset"]}}));
    schema.insert("then".to_owned(), whole);
    suggest_names(&mut schema, &["Kpi", "name"]);
    suggest_names(&mut schema, &["Goal", "kpi"]);
    schema
}

/// Has editors offer the names of the presets' KPIs for a property.
fn suggest_names(schema: &mut Schema, [definition, property]: &[&str; 2]) {
    let place = format!("/{definition}/properties/{property}");
    let found = schema.get_mut("$defs").and_then(|definitions| definitions.pointer_mut(&place));
    if let Some(Value::Object(found)) = found {
        found.insert("examples".to_owned(), preset::kpi_names().into());
    }
}
