//! What holds for every file, whatever it is about.

use crate::{
    check,
    tree::{self, File},
};

/// The longest file that needs no excuse.
const LINES: usize = 800;

/// How a longer file says why it is so long.
const EXCUSE: &str = "// tidy: long because ";

#[test]
fn every_rust_file_says_what_it_is() {
    check(
        "every .rs file opens with `//!`: what it is, then why it exists",
        paths_of(tree::rust().filter(|file| !file.text.starts_with("//! "))),
    );
}

#[test]
fn no_file_is_long_without_a_reason() {
    let long = tree::files().iter().filter(|file| {
        let source = [".rs", ".proto"].iter().any(|end| file.path.ends_with(end));
        source && file.text.lines().count() > LINES && !file.text.contains(EXCUSE)
    });
    check(
        "a file over 800 lines is two files, or has a line `// tidy: long because …`",
        paths_of(long),
    );
}

#[test]
fn exceptions_from_lints_give_a_reason() {
    // Put together here, so that this file does not offend.
    let silencers = [["#[al", "low("].concat(), ["#![al", "low("].concat()];
    let silenced = tree::rust().flat_map(|file| {
        let lines =
            file.code().filter(|(_, line)| silencers.iter().any(|s| line.contains(s.as_str())));
        lines.map(|(number, line)| format!("{}:{number}: {}", file.path, line.trim()))
    });
    check(
        "an exception from a lint is an `#[expect(…, reason = \"…\")]`: it ends when it is not needed",
        silenced.collect(),
    );
}

#[test]
fn only_the_batch_call_is_unsafe() {
    let excused = ["crates/paceline-kafka/src/queue.rs", "benches/src/bin/whole/batch.rs"];
    // Put together here, so that this file does not offend.
    let lint = ["unsafe", "_code"].concat();
    let others = tree::rust().filter(|file| !excused.contains(&file.path.as_str()));
    check(
        "librdkafka's batch call has no safe wrapper; nothing else needs code that no compiler checks",
        paths_of(others.filter(|file| file.text.contains(&lint))),
    );
}

#[test]
fn no_file_names_a_place_of_one_machine() {
    let found = tree::files().iter().flat_map(|file| {
        let lines = (1..).zip(file.text.lines()).filter(|(_, line)| names_a_machine(line));
        lines.map(|(number, line)| format!("{}:{number}: {}", file.path, line.trim()))
    });
    check("a path of somebody's machine is nowhere on the next one", found.collect());
}

/// Whether the line holds an absolute path into somebody's home or work folder.
fn names_a_machine(line: &str) -> bool {
    // The slashes are added here, so that this list does not offend.
    let folders = ["root", "home", "work", "Users"].map(|folder| format!("/{folder}/"));
    let goes_on = |c: char| c.is_alphanumeric() || "._-~*/)}>]".contains(c);
    folders.iter().any(|folder| {
        line.match_indices(folder.as_str()).any(|(at, _)| !line[..at].ends_with(goes_on))
    })
}

#[test]
fn places_of_one_machine_are_recognised() {
    assert!(names_a_machine(&["path = \"", "/ho", "me/someone/x\""].concat()));
    assert!(!names_a_machine("GET https://host.example/work/items"));
}

fn paths_of<'a>(files: impl Iterator<Item = &'a File>) -> Vec<String> {
    files.map(|file| file.path.clone()).collect()
}
