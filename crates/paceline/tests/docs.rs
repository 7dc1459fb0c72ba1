//! The examples of configuration in the documentation are right: each is read as part of a small config.

use std::fs;
use std::path::Path;

use paceline::config;

/// What an example may leave out, by the top-level key it would give it with.
const PARTS: [(&str, &str); 5] = [
    ("kafka:", include_str!("config/parts/kafka.yaml")),
    ("entities:", include_str!("config/parts/entities.yaml")),
    ("kpis:", include_str!("config/parts/kpis.yaml")),
    ("reps:", include_str!("config/parts/reps.yaml")),
    ("calendars:", ""),
];

/// The example with all that it leaves out.
fn whole(example: &str) -> String {
    let given = |key: &str| example.lines().any(|line| line.starts_with(key));
    let rest = PARTS.iter().filter(|(key, _)| !given(key)).map(|(_, part)| *part);
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
