//! The Rust in documents is a part of the examples, word for word.
//!
//! What nobody compiles is wrong sooner or later, and is what readers copy first.

use crate::{check, tree};

const EXAMPLES: &str = "crates/paceline-client/examples";

#[test]
fn rust_in_documents_is_of_an_example() {
    let examples: Vec<String> = tree::rust()
        .filter(|file| file.is_in(EXAMPLES))
        .map(|file| without_indents(&file.text))
        .collect();
    let documents = tree::files().iter().filter(|file| file.path.ends_with(".md"));
    let snippets = documents.flat_map(|file| {
        snippets(&file.text).into_iter().map(|snippet| (file.path.as_str(), snippet))
    });
    let snippets: Vec<(&str, String)> = snippets.collect();
    assert!(!snippets.is_empty(), "the documents show Rust");
    let foreign = snippets.into_iter().filter(|(_, snippet)| {
        let snippet = without_indents(snippet);
        !examples.iter().any(|example| example.contains(&snippet))
    });
    check(
        "Rust in a document stands in a file of crates/paceline-client/examples, word for word",
        foreign.map(|(path, snippet)| format!("{path}:\n{snippet}")).collect(),
    );
}

/// The blocks of Rust in a Markdown text.
fn snippets(markdown: &str) -> Vec<String> {
    let blocks = markdown.split("\n```rust\n").skip(1);
    blocks.filter_map(|rest| Some(format!("{}\n", rest.split_once("\n```")?.0))).collect()
}

/// A text whose lines begin at the left: a part of a function stands further to the right in its file.
fn without_indents(text: &str) -> String {
    text.lines().map(|line| format!("{}\n", line.trim_start())).collect()
}

#[test]
fn snippets_are_found() {
    let text =
        "As:\n\n```rust\nlet a = 1;\n```\n\n```\nmake\n```\n\n```rust\nlet b;\nb = 2;\n```\n";
    assert_eq!(snippets(text), ["let a = 1;\n", "let b;\nb = 2;\n"]);
    assert_eq!(without_indents("    a\n      b\n"), "a\nb\n");
}
