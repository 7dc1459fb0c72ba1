//! The examples of configuration in the documentation are right: each is read as part of a small config. What it says of the
//! preset is what the preset says.

use std::fs;
use std::path::Path;

use paceline::config;

/// What an example may leave out, by the top-level key it would give it with. Its source feeds all entities.
const PARTS: [(&str, &str); 5] = [
    (
        "kafka:",
        "kafka: {brokers: localhost:9092}\nsources: [{topic: crm.changes, format: paceline}]\n",
    ),
    ("entities:", include_str!("config/parts/entities.yaml")),
    ("kpis:", include_str!("config/parts/kpis.yaml")),
    ("reps:", include_str!("config/parts/reps.yaml")),
    ("calendars:", ""),
];

/// The same for an example with a preset, which has entities and KPIs: a source that feeds them all.
const PARTS_WITH_PRESET: [(&str, &str); 2] = [
    (
        "kafka:",
        "kafka: {brokers: localhost:9092}\nsources: [{topic: salesforce, format: salesforce}]\n",
    ),
    ("reps:", include_str!("config/parts/reps.yaml")),
];

/// The example with all that it leaves out.
fn whole(example: &str) -> String {
    let given = |key: &str| example.lines().any(|line| line.starts_with(key));
    let parts = if given("preset:") { &PARTS_WITH_PRESET[..] } else { &PARTS };
    let rest = parts.iter().filter(|(key, _)| !given(key)).map(|(_, part)| *part);
    let mut whole: String = rest.collect::<Vec<_>>().join("\n");
    whole.push('\n');
    whole.push_str(example);
    whole
}

/// The blocks of YAML in a text, each with the line it begins on.
fn examples(text: &str) -> Vec<(usize, String)> {
    let mut examples = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        if line == "```yaml" {
            let block = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```");
            examples.push((number + 1, block.collect::<Vec<_>>().join("\n")));
        }
    }
    examples
}

#[test]
fn every_example_is_accepted() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let mut found = 0;
    for file in fs::read_dir(folder).expect("the folder of the documentation") {
        let path = file.expect("a file").path();
        let text = fs::read_to_string(&path).expect("a text");
        for (line, example) in examples(&text) {
            found += 1;
            if let Err(mistakes) = config::load_str(&whole(&example), "example.yaml") {
                panic!("{}:{line}: the example is refused:\n{mistakes}", path.display());
            }
        }
    }
    assert!(found > 5, "only {found} examples were found");
}

#[test]
fn the_tables_of_the_preset_are_the_preset() {
    let text = include_str!("../../../docs/preset.md");
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `")?.strip_suffix(" |"));
    let rows: Vec<Vec<&str>> = rows.map(|row| row.split(" | ").collect()).collect();
    let rows: Vec<_> = rows.into_iter().filter(|row| row.len() == 7).collect();
    let mut told: Vec<Vec<String>> = Vec::new();
    for row in &rows {
        let [name, meaning, definition, role, unit, better, catch] = row[..] else { continue };
        assert!(definition.len() > 20 && catch.len() > 20, "{name}: say it in a sentence");
        told.push(
            [name.trim_end_matches('`'), meaning, role, unit, better].map(str::to_owned).into(),
        );
    }
    let config =
        config::load_str(&whole("preset: salesforce\n"), "preset.yaml").expect("no mistake");
    let word = |value: &dyn std::fmt::Debug| format!("{value:?}").to_lowercase();
    let kpis = config.model.kpis.iter().map(|kpi| {
        let words = [word(&kpi.role), word(&kpi.unit), word(&kpi.better)];
        [kpi.name.clone(), kpi.description.clone()].into_iter().chain(words).collect()
    });
    let kpis: Vec<Vec<String>> = kpis.collect();
    assert_eq!(told, kpis, "docs/preset.md and the preset differ");
    assert_eq!(kpis.len(), 18, "sixteen and two that they need");
}
