//! A config as one YAML text, with its preset, its includes and its reps' file spelled out.

use super::node::{Entry, Node, Value};
use super::report::Report;

/// Spells a config out. What replaced a reference to a secret is the reference again.
pub(super) fn spell(top: &Node, report: &Report) -> String {
    let mut out = String::new();
    for entry in top.entries().iter().filter(|entry| entry.key != "preset") {
        out.push_str(&key(entry, report));
        out.push(':');
        nested(&entry.node, 1, report, &mut out);
    }
    out
}

/// A value after its key or dash, with the end of its line.
fn nested(node: &Node, depth: usize, report: &Report, out: &mut String) {
    if is_small(node) {
        out.push(' ');
        inline(node, report, out);
        out.push('\n');
        return;
    }
    out.push('\n');
    for entry in node.entries() {
        out.push_str(&"  ".repeat(depth));
        out.push_str(&key(entry, report));
        out.push(':');
        nested(&entry.node, depth + 1, report, out);
    }
    for item in node.items() {
        out.push_str(&"  ".repeat(depth));
        out.push('-');
        item_lines(item, depth + 1, report, out);
    }
}

/// An item of a list: the first key of a mapping stands beside the dash.
fn item_lines(item: &Node, depth: usize, report: &Report, out: &mut String) {
    if is_small(item) || item.entries().is_empty() {
        return nested(item, depth, report, out);
    }
    for (number, entry) in item.entries().iter().enumerate() {
        out.push_str(&if number == 0 { " ".to_owned() } else { "  ".repeat(depth) });
        out.push_str(&key(entry, report));
        out.push(':');
        nested(&entry.node, depth + 1, report, out);
    }
}

/// Whether a value fits on a line: a scalar, or a few of them.
fn is_small(node: &Node) -> bool {
    let is_leaf = |node: &Node| matches!(node.value, Value::Nothing | Value::Scalar(_));
    match &node.value {
        Value::Nothing | Value::Scalar(_) => true,
        Value::List(items) => items.iter().all(is_leaf),
        Value::Map(entries) => {
            entries.len() <= 3 && entries.iter().all(|entry| is_leaf(&entry.node))
        }
    }
}

fn inline(node: &Node, report: &Report, out: &mut String) {
    match &node.value {
        Value::Nothing => out.push_str("null"),
        Value::Scalar(text) => {
            // The characters that would begin a reference are not one.
            out.push_str(&scalar(&report.without_secrets(&text.replace("${", "$${"))));
        }
        Value::List(items) => {
            let items = items.iter().map(|item| flow(item, report)).collect::<Vec<_>>();
            out.push_str(&format!("[{}]", items.join(", ")));
        }
        Value::Map(entries) => {
            let entry =
                |entry: &Entry| format!("{}: {}", key(entry, report), flow(&entry.node, report));
            let entries = entries.iter().map(entry).collect::<Vec<_>>();
            out.push_str(&format!("{{{}}}", entries.join(", ")));
        }
    }
}

fn flow(node: &Node, report: &Report) -> String {
    let mut out = String::new();
    inline(node, report, &mut out);
    out
}

fn key(entry: &Entry, report: &Report) -> String {
    scalar(&report.without_secrets(&entry.key))
}

/// A scalar, in quotes where it would be something else without them.
fn scalar(text: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/' | '-');
    let begins =
        text.trim_start_matches('-').starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    if text.chars().all(is_word) && begins && !text.eq_ignore_ascii_case("null") {
        return text.to_owned();
    }
    if !text.contains(|c: char| c.is_control()) {
        return format!("'{}'", text.replace('\'', "''"));
    }
    let escaped = text.chars().map(|c| match c {
        '"' | '\\' => format!("\\{c}"),
        c if c.is_control() => format!("\\u{:04x}", u32::from(c)),
        c => c.to_string(),
    });
    format!("\"{}\"", escaped.collect::<String>())
}
