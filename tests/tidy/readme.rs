//! What the README tells people to type exists.
//!
//! The first command that does not work is the last that many try. Only code is looked at (fenced blocks and spans
//! in backquotes), since prose may well say "make sure".

use paceline_tests::process::Paceline;

use crate::{check, tree};

#[test]
fn make_targets_in_the_readme_exist() {
    let makefile = &tree::file("Makefile").expect("there is a Makefile").text;
    let missing = words_after(readme(), "make")
        .into_iter()
        .filter(|target| !makefile.lines().any(|line| line.starts_with(&format!("{target}:"))));
    check("the README names a make target that the Makefile lacks", missing.collect());
}

#[test]
fn subcommands_in_the_readme_exist() {
    let missing = words_after(readme(), "paceline").into_iter().filter(|name| !is_subcommand(name));
    check("the README names a subcommand that paceline lacks", missing.collect());
}

fn readme() -> &'static str {
    &tree::file("README.md").expect("the repository has a README.md").text
}

/// Whether the binary knows the subcommand, by its own account.
fn is_subcommand(name: &str) -> bool {
    Paceline::start([name, "--help"]).wait().success()
}

/// The word that follows each call of `program` in the code of a Markdown text.
fn words_after(markdown: &str, program: &str) -> Vec<String> {
    let mut found: Vec<String> =
        code(markdown).into_iter().filter_map(|line| word_after(line, program)).collect();
    found.sort();
    found.dedup();
    found
}

/// The code of a Markdown text: each command in a fenced block or a span in backquotes.
fn code(markdown: &str) -> Vec<&str> {
    let mut fenced = false;
    let mut found = Vec::new();
    for line in markdown.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if fenced {
            found.push(line.split(" #").next().unwrap_or(line));
        } else {
            found.extend(line.split('`').skip(1).step_by(2));
        }
    }
    found.into_iter().flat_map(|line| line.split("&&")).collect()
}

/// The word after the program, given by name or by path; `None` without one that looks like a command's name.
fn word_after(line: &str, program: &str) -> Option<String> {
    let mut words = line.split_whitespace().skip_while(|word| !is_call(word, program)).skip(1);
    let next = words.find(|word| *word != "--")?;
    let plain = next.chars().all(|c| c.is_ascii_lowercase() || c == '-') && !next.starts_with('-');
    plain.then(|| next.to_owned())
}

/// Whether the word is the program, by its name or as a file that a build or an install made.
fn is_call(word: &str, program: &str) -> bool {
    let folders = ["./", "bin/", "release/", "debug/"];
    word.strip_suffix(program)
        .is_some_and(|path| path.is_empty() || folders.iter().any(|folder| path.ends_with(folder)))
}

#[test]
fn calls_are_found_in_code_only() {
    let text = "Please make sure. Run `make demo`:\n```sh\ngit clone x && cd paceline && make test\n$ ./target/release/paceline watch --team a\ncargo run --bin paceline -- serve # paceline nothing\n```\n";
    assert_eq!(words_after(text, "make"), ["demo", "test"]);
    assert_eq!(words_after(text, "paceline"), ["serve", "watch"]);
}
