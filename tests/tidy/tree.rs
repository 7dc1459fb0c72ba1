//! The files that belong to the repository, and how the rules read them.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

/// A text file of the repository.
pub(crate) struct File {
    /// Its path from the top, with slashes.
    pub(crate) path: String,
    /// Its content.
    pub(crate) text: String,
}

impl File {
    /// Whether it lies in this folder, given from the top.
    pub(crate) fn is_in(&self, folder: &str) -> bool {
        self.path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
    }

    /// Its lines without `//` comments, numbered from 1: what the compiler sees, near enough for these rules.
    pub(crate) fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.lines().map(without_comment))
    }

    /// The places, as `path:line: what`, where the code says any of `words`.
    pub(crate) fn says(&self, words: &[&str]) -> Vec<String> {
        self.code()
            .flat_map(|(number, line)| {
                let said = words.iter().filter(move |word| names(line, word));
                said.map(move |word| format!("{}:{number}: {word}", self.path))
            })
            .collect()
    }
}

/// The top folder of the repository.
pub(crate) fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All text files of the repository: those that Git tracks, or would on the next `git add`.
pub(crate) fn files() -> &'static [File] {
    static FILES: OnceLock<Vec<File>> = OnceLock::new();
    FILES.get_or_init(|| paths().into_iter().filter_map(read).collect())
}

/// The Rust files of the repository.
pub(crate) fn rust() -> impl Iterator<Item = &'static File> {
    files().iter().filter(|file| file.path.ends_with(".rs"))
}

/// The manifests of the member packages.
pub(crate) fn manifests() -> impl Iterator<Item = &'static File> {
    files().iter().filter(|file| file.path.ends_with("/Cargo.toml"))
}

/// The file at this path, if it is there.
pub(crate) fn file(path: &str) -> Option<&'static File> {
    files().iter().find(|file| file.path == path)
}

/// Whether `text` holds `word` on its own and not as a part of a longer one.
pub(crate) fn names(text: &str, word: &str) -> bool {
    let part_of_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    text.match_indices(word).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + word.len()..]);
        !part_of_word(before.chars().next_back()) && !part_of_word(after.chars().next())
    })
}

fn paths() -> Vec<String> {
    let arguments = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let output = Command::new("git").args(arguments).current_dir(top()).output();
    let output = output.expect("git is installed");
    assert!(output.status.success(), "git: {}", String::from_utf8_lossy(&output.stderr));
    let listed = String::from_utf8(output.stdout).expect("our paths are UTF-8");
    listed.split_terminator('\0').map(str::to_owned).collect()
}

/// `None` for a file that is no text, or was deleted but not yet from the index.
fn read(path: String) -> Option<File> {
    let text = fs::read_to_string(top().join(&path)).ok()?;
    Some(File { path, text })
}

/// Cuts off a `//` comment. The `//` of an address inside a string follows a colon and stays.
fn without_comment(line: &str) -> &str {
    let start = line.match_indices("//").map(|(at, _)| at).find(|&at| !line[..at].ends_with(':'));
    &line[..start.unwrap_or(line.len())]
}

#[test]
fn comments_are_not_code() {
    assert_eq!(without_comment("let a = 1; // Instant::now"), "let a = 1; ");
    assert_eq!(without_comment(r#"get("http://host") //x"#), r#"get("http://host") "#);
    assert!(names("use rdkafka::Message", "rdkafka") && !names("librdkafka", "rdkafka"));
}
