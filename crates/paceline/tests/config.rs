//! What the person who wrote a config is told: each file in `tests/config` beside the exact text that it leads to.
//!
//! `UPDATE_GOLDEN=1` writes the texts anew, to be looked at as a diff.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use paceline::config;

/// Relative, so that the texts hold no path of one machine.
const FOLDER: &str = "tests/config";

#[test]
fn every_config_leads_to_its_text() {
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
            format!("{}\n{notes}", config.summary())
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
        (&["check"], 2),
        (&["dance"], 2),
        (&["config", "schema"], 0),
        (&["config", "example"], 0),
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
    let output = paceline(&["config", "schema"]);
    let schema: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(schema["additionalProperties"], false);
    let descriptions = undescribed(&schema["$defs"]);
    assert!(descriptions.is_empty(), "without a description: {descriptions:?}");
}

/// The properties that the schema says nothing about.
fn undescribed(definitions: &serde_json::Value) -> Vec<String> {
    let of = |(name, definition): (&String, &serde_json::Value)| {
        let properties = definition["properties"].as_object().into_iter().flatten();
        let silent = properties.filter(|(_, property)| property["description"].is_null());
        silent.map(|(property, _)| format!("{name}.{property}")).collect::<Vec<_>>()
    };
    definitions.as_object().into_iter().flatten().flat_map(of).collect()
}
