//! What the person who wrote a config is told: each file in `tests/config` beside the exact text that it leads to.
//!
//! `UPDATE_GOLDEN=1` writes the texts anew, to be looked at as a diff.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use paceline::config;
use serde_json::Value;

/// Relative, so that the texts hold no path of one machine.
const FOLDER: &str = "tests/config";

#[test]
fn every_config_leads_to_its_text() {
    set_mode("parts/secret", 0o640);
    set_mode("parts/open_secret", 0o644);
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let differences: Vec<String> = configs()
        .iter()
        .filter_map(|path| difference(&said(path), &path.with_extension("expected"), update))
        .collect();
    assert!(
        differences.is_empty(),
        "{}\n{} texts differ",
        differences.join("\n"),
        differences.len()
    );
}

/// Git keeps no modes.
fn set_mode(file: &str, mode: u32) {
    let mode = std::os::unix::fs::PermissionsExt::from_mode(mode);
    fs::set_permissions(Path::new(FOLDER).join(file), mode).expect("a mode");
}

fn configs() -> Vec<PathBuf> {
    let files = fs::read_dir(FOLDER).expect("the folder of configs");
    let mut paths: Vec<PathBuf> =
        files.map(|file| Path::new(FOLDER).join(file.expect("a file").file_name())).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    paths.sort();
    assert!(paths.len() > 50, "only {} configs were found", paths.len());
    paths
}

/// What is said of a config: its mistakes, or what it holds.
fn said(path: &Path) -> String {
    match config::load(path) {
        Ok(config) => {
            let notes: String = config.notes.iter().map(|note| format!("note: {note}\n")).collect();
            let risks: String =
                config.risks.0.iter().map(|risk| format!("without --insecure: {risk}")).collect();
            format!("{}\n{notes}{risks}", config.summary())
        }
        Err(diagnostics) => diagnostics.to_string(),
    }
}

fn difference(said: &str, golden: &Path, update: bool) -> Option<String> {
    if update {
        fs::write(golden, said).expect("write the text");
        return None;
    }
    let expected = fs::read_to_string(golden).unwrap_or_default();
    (expected != said).then(|| format!("--- {}\n{expected}+++ now\n{said}", golden.display()))
}

#[test]
fn the_example_is_accepted() {
    let config = config::load_str(config::EXAMPLE, "example.yaml").expect("no mistake");
    assert_eq!(config.summary(), "3 sources, 3 entities, 13 KPIs, 8 goals, 3 reps");
}

#[test]
fn a_config_spelled_out_is_the_same_config() {
    let right = configs().into_iter().filter(|path| config::load(path).is_ok());
    let mut spelled = 0;
    for path in right.chain(["src/config/example.yaml".into()]) {
        let name = path.display().to_string();
        let text = config::spell(&path).unwrap_or_else(|mistakes| panic!("{name}: {mistakes}"));
        let again = config::load_str(&text, &name).unwrap_or_else(|mistakes| panic!("{mistakes}"));
        let first = config::load(&path).expect("no mistake");
        assert_eq!(again.model.kpis, first.model.kpis, "{name}:\n{text}");
        assert_eq!(again.model.goals, first.model.goals, "{name}:\n{text}");
        assert_eq!(again.model.calendars, first.model.calendars, "{name}:\n{text}");
        assert_eq!(again.summary(), first.summary(), "{name}:\n{text}");
        assert_eq!((again.sources, again.bindings), (first.sources, first.bindings), "{name}");
        spelled += 1;
    }
    assert!(spelled > 10, "only {spelled} configs were spelled out");
}

#[test]
fn a_config_spelled_out_shows_no_secret() {
    let output =
        paceline(&["config", "show", "--config", "tests/config/parts/brokers_from_env.yaml"]);
    let said = String::from_utf8(output.stdout).expect("text");
    assert!(said.contains("brokers: '${env:PACELINE_TEST_BROKERS}'"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
    let output = paceline(&["config", "show", "--config", "tests/config/secret_address.yaml"]);
    let said = String::from_utf8(output.stdout).expect("text");
    assert!(said.contains("keys: 'https://…@login.example.com/jwks'"), "{said}");
    assert!(!said.contains("hun"), "{said}");
}

#[test]
fn a_nonsense_config_is_told_at_most_a_hundred_mistakes() {
    let text: String = (0..500).map(|n| format!("nonsense_{n}: 1\n")).collect();
    let diagnostics = config::load_str(&text, "nonsense.yaml").expect_err("nonsense");
    assert_eq!(diagnostics.0.len(), 100);
}

fn paceline(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_paceline"));
    command
        .args(arguments)
        .env("PACELINE_TEST_BROKERS", "kafka-7:9092 hunter2")
        .output()
        .expect("run paceline")
}

#[test]
fn exit_codes_tell_a_mistake_from_bad_usage() {
    for (arguments, code) in [
        (&["check", "--config", "src/config/example.yaml"][..], 0),
        (&["check", "--config", "tests/config/kpi_unknown_field.yaml"], 1),
        (&["check", "--config", "tests/config/there_is_none.yaml"], 1),
        (&["check", "--config", "tests/config/ok_auth.yaml"], 0),
        (&["check", "--config", "tests/config/server_exposed.yaml"], 1),
        (&["check", "--config", "tests/config/server_exposed_plain.yaml"], 1),
        (&["check", "--config", "tests/config/server_exposed.yaml", "--insecure"], 0),
        (&["serve", "--config", "tests/config/server_exposed.yaml"], 2),
        (&["serve", "--config", "tests/config/server_exposed_plain.yaml"], 2),
        (&["check"], 2),
        (&["dance"], 2),
        (&["config", "schema"], 0),
        (&["config", "example"], 0),
        (&["config", "preset"], 0),
        (&["config", "show", "--config", "tests/config/ok_preset.yaml"], 0),
        (&["config", "show", "--config", "tests/config/yaml_broken.yaml"], 1),
    ] {
        let output = paceline(arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {output:?}");
    }
}

#[test]
fn the_environment_is_read_and_never_shown() {
    let output = paceline(&["check", "--config", "tests/config/parts/brokers_from_env.yaml"]);
    let said = String::from_utf8(output.stderr).expect("text");
    assert!(said.contains("`${env:PACELINE_TEST_BROKERS}` is no broker"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}

#[test]
fn the_schema_is_one_of_objects_without_unknown_keys() {
    let schema = schema();
    assert_eq!(schema["additionalProperties"], false);
    let descriptions = undescribed(&schema["$defs"]);
    assert!(descriptions.is_empty(), "without a description: {descriptions:?}");
}

/// What an editor offers at a place of a config, given by the keys that lead there: the properties with what they mean.
fn offered<'a>(schema: &'a Value, way: &[&str]) -> Vec<&'a Value> {
    let mut places = meant(schema, schema);
    for key in way {
        let into = |place: &&'a Value| match *key {
            "[]" => place.get("items"),
            key => place
                .pointer(&format!("/properties/{key}"))
                .or_else(|| place.get("additionalProperties")),
        };
        places = places.iter().filter_map(into).flat_map(|next| meant(schema, next)).collect();
    }
    places
}

/// A schema and what it refers to.
fn meant<'a>(root: &'a Value, schema: &'a Value) -> Vec<&'a Value> {
    let choices = ["anyOf", "oneOf", "allOf"].into_iter().filter_map(|key| schema[key].as_array());
    let referred = schema["$ref"].as_str().and_then(|name| root.pointer(&name[1..]));
    let inner = choices.flatten().chain(referred).flat_map(|inner| meant(root, inner));
    std::iter::once(schema).chain(inner).collect()
}

fn schema() -> Value {
    serde_json::from_slice(&paceline(&["config", "schema"]).stdout).expect("JSON")
}

#[test]
fn the_schema_completes_the_preset_and_the_keys_of_a_kpi() {
    let schema = schema();
    let words = |way: &[&str]| {
        let places = offered(&schema, way);
        let of = |place: &&Value| {
            [place["enum"].as_array().cloned(), place.get("const").map(|it| vec![it.clone()])]
        };
        places.iter().flat_map(of).flatten().flatten().collect::<Vec<_>>()
    };
    assert_eq!(words(&["preset"]), ["salesforce"]);
    assert_eq!(words(&["kpis", "[]", "type"]), ["simple", "ratio", "derived", "conversion"]);
    assert_eq!(words(&["kpis", "[]", "role"]), ["input", "output"]);
    for way in [
        &["preset"][..],
        &["kpis", "[]", "where"],
        &["kpis", "[]", "description"],
        &["kpis", "[]", "at"],
    ] {
        let described =
            |place: &&Value| place["description"].as_str().is_some_and(|text| text.len() > 40);
        assert!(offered(&schema, way).iter().any(described), "nothing is said of {way:?}");
    }
    let names = offered(&schema, &["kpis", "[]", "name"]);
    let examples =
        names.iter().find_map(|place| place["examples"].as_array()).expect("names of KPIs");
    assert!(examples.contains(&"bookings".into()) && examples.len() == 18, "{examples:?}");
}

#[test]
fn every_key_of_the_example_and_the_preset_is_in_the_schema() {
    let schema = schema();
    for text in [config::EXAMPLE, config::SALESFORCE] {
        let config: Value = serde_saphyr::from_str(text).expect("YAML");
        let missing = missing(&schema, &meant(&schema, &schema), &config, "");
        assert!(missing.is_empty(), "not in the schema: {missing:?}");
    }
}

/// The keys of a value that no schema of its place knows.
fn missing(root: &Value, places: &[&Value], value: &Value, path: &str) -> Vec<String> {
    let below = |key: &str, value: &Value, of: &dyn Fn(&Value) -> Option<Value>| {
        let path = format!("{path}/{key}");
        let next: Vec<Value> = places.iter().filter_map(|place| of(place)).collect();
        if next.is_empty() {
            return vec![path];
        }
        let next: Vec<&Value> = next.iter().flat_map(|next| meant(root, next)).collect();
        missing(root, &next, value, &path)
    };
    match value {
        Value::Object(entries) => {
            let of = |(key, value): (&String, &Value)| {
                let known = |place: &Value| {
                    let any = place.get("additionalProperties").filter(|any| any.is_object());
                    place["properties"].get(key).or(any).cloned()
                };
                below(key, value, &known)
            };
            entries.iter().flat_map(of).collect()
        }
        Value::Array(items) => {
            let of = |item: &Value| below("[]", item, &|place| place.get("items").cloned());
            items.iter().flat_map(of).collect()
        }
        _ => Vec::new(),
    }
}

#[test]
fn the_schema_asks_for_whole_kpis_only_without_a_preset() {
    let schema = schema();
    assert_eq!(schema["if"], serde_json::json!({"not": {"required": ["preset"]}}));
    let whole = &schema["then"]["properties"];
    assert_eq!(whole["kpis"]["items"]["required"], serde_json::json!(["name", "type"]));
    let entity = &whole["entities"]["additionalProperties"];
    assert_eq!(entity["required"], serde_json::json!(["fields"]));
    let field = &entity["properties"]["fields"]["additionalProperties"];
    assert_eq!(field["required"], serde_json::json!(["path", "type"]));
}

/// The properties that the schema says nothing about.
fn undescribed(definitions: &Value) -> Vec<String> {
    let of = |(name, definition): (&String, &Value)| {
        let properties = definition["properties"].as_object().into_iter().flatten();
        let silent = properties.filter(|(_, property)| property["description"].is_null());
        silent.map(|(property, _)| format!("{name}.{property}")).collect::<Vec<_>>()
    };
    definitions.as_object().into_iter().flatten().flat_map(of).collect()
}
