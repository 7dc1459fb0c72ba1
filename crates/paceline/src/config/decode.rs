//! From the tree of texts to the typed raw config, telling all that does not fit and not only the first of it.
//!
//! Serde stops at the first mistake. So what is wrong is taken out of the tree and the rest is read again, until
//! it fits; a mapping that lost a key is not blamed for the lack of it.

mod from_node;
mod misfit;

use std::collections::HashSet;

use serde::de::DeserializeOwned;

use self::from_node::FromNode;
use self::misfit::Kind;
use super::later;
use super::node::{Node, Value};
use super::place::At;
use super::report::Report;
use paceline_core::suggest;

/// After so many mistakes a file is probably not a config.
const MISTAKES_MAX: usize = 100;

/// Reads a tree as a type; `None` when nothing of it can be used.
pub(super) fn decode<T: DeserializeOwned>(root: &mut Node, report: &mut Report) -> Option<T> {
    let mut robbed = HashSet::new();
    loop {
        let misfit = match T::deserialize(FromNode(root)) {
            Ok(value) => return Some(value),
            Err(misfit) => misfit,
        };
        let at = misfit.at.unwrap_or(root.at);
        if !robbed.contains(&at) {
            tell(at, &misfit.kind, report);
        }
        let name = report.places.place(at).label.clone();
        report.lose(&name);
        if report.places.labels(at).len() == 1 {
            report.lose_file();
        }
        if report.len() >= MISTAKES_MAX {
            return None;
        }
        robbed.insert(remove(root, at)?);
    }
}

/// Removes the value or key at a place, and says from what.
fn remove(node: &mut Node, at: At) -> Option<At> {
    let parent = node.at;
    let removed = match &mut node.value {
        Value::Nothing | Value::Scalar(_) => false,
        Value::List(items) => {
            let before = items.len();
            items.retain(|item| item.at != at);
            items.len() < before
        }
        Value::Map(entries) => {
            let before = entries.len();
            entries.retain(|entry| entry.key_at != at && entry.node.at != at);
            entries.len() < before
        }
    };
    if removed {
        return Some(parent);
    }
    match &mut node.value {
        Value::Nothing | Value::Scalar(_) => None,
        Value::List(items) => items.iter_mut().find_map(|item| remove(item, at)),
        Value::Map(entries) => entries.iter_mut().find_map(|entry| remove(&mut entry.node, at)),
    }
}

fn tell(at: At, kind: &Kind, report: &mut Report) {
    let labels = report.places.labels(at);
    let section = labels.first().copied().unwrap_or_default().to_owned();
    let section = if labels.len() < 2 { "" } else { &section };
    match kind {
        Kind::UnknownKey { key, expected } => unknown_key(at, section, key, expected, report),
        Kind::UnknownWord { word, expected } => unknown_word(at, section, word, expected, report),
        Kind::Missing { key } => {
            report.error(at, format_args!("`{key}` is missing"), format_args!("add `{key}: …`"));
        }
        Kind::Type { expected, found } => wrong_type(at, expected, found, report),
        Kind::Other { message } => {
            report.error(at, message, "see `paceline config schema` for what fits here")
        }
    }
}

fn unknown_key(at: At, section: &str, key: &str, expected: &[&str], report: &mut Report) {
    match later::key(section, key) {
        Some(remedy) => {
            report.error(at, format_args!("`{key}` is not supported by this version"), remedy)
        }
        None => {
            let remedy = suggest::remedy(key, expected.iter().copied(), "the keys here are");
            report.error(at, format_args!("unknown key `{key}`"), remedy);
        }
    }
}

fn unknown_word(at: At, section: &str, word: &str, expected: &[&str], report: &mut Report) {
    match later::word(section, word) {
        Some(remedy) => {
            report.error(at, format_args!("`{word}` is not supported by this version"), remedy)
        }
        None => {
            let remedy = suggest::remedy(word, expected.iter().copied(), "use one of");
            report.error(at, format_args!("`{word}` is none of {}", expected.join(", ")), remedy);
        }
    }
}

fn wrong_type(at: At, expected: &str, found: &str, report: &mut Report) {
    if found == "nothing" {
        report.error(at, "nothing is written here", "write it, or leave the key out");
        return;
    }
    let remedy = match expected {
        "a list" => "write a list here: [a, b], or a line `- …` for each".to_owned(),
        "a mapping" => "write keys with their values here: {key: value}".to_owned(),
        "text" => "write one value here".to_owned(),
        other => format!("write {other} here"),
    };
    report.error(at, format_args!("expected {expected}, found {found}"), remedy);
}
