//! Puts a config together from its files: `include`, the CSVs of reps and rates, and the preset.

use std::io;
use std::path::{Path, PathBuf};

use super::node::{self, Entry, Node, Value};
use super::place::At;
use super::report::Report;
use super::{csv, currency, preset, reps, secret};

/// Reads a config file and all that it includes.
pub(super) fn read(path: &Path, report: &mut Report) -> Option<Node> {
    let name = path.display().to_string();
    match std::fs::read_to_string(path) {
        Ok(text) => assemble(&text, &name, report),
        Err(error) => {
            let file = report.places.add_file(&name, "");
            let message = format!("the file cannot be read: {}", reason(&error));
            report.error_in_file(
                file,
                1,
                1,
                &message,
                "give the path of a YAML file, such as --config paceline.yaml",
            );
            None
        }
    }
}

/// Reads a config from a text; what it includes is found relative to its name.
pub(super) fn assemble(text: &str, name: &str, report: &mut Report) -> Option<Node> {
    let mut seen = vec![(canonical(Path::new(name)), None)];
    let mut top = parse(text, name, &mut seen, report)?;
    expand_reps(&mut top, report);
    expand_rates(&mut top, report);
    preset::apply(&mut top, report);
    Some(top)
}

/// Files by their canonical paths, each with the place that included it.
type Seen = Vec<(PathBuf, Option<At>)>;

fn parse(text: &str, name: &str, seen: &mut Seen, report: &mut Report) -> Option<Node> {
    let file = report.places.add_file(name, text);
    let mut top = node::read(text, file, report)?;
    let folder = folder(name);
    secret::expand(&mut top, &folder, report);
    secret::hide_written(&top, report);
    if !matches!(top.value, Value::Map(_)) {
        report.error(
            top.at,
            format_args!("a config is a mapping, not {}", top.kind()),
            "begin with `kafka:`",
        );
        return None;
    }
    if let Some(entry) = top.take("include") {
        for path in included(&entry.node, report) {
            match include(&path, &folder, seen, report) {
                Some(part) => merge(&mut top, part, report),
                None => report.lose_file(),
            }
        }
    }
    Some(top)
}

/// The paths that `include` lists.
fn included(node: &Node, report: &mut Report) -> Vec<(String, At)> {
    let Value::List(items) = &node.value else {
        report.error(
            node.at,
            format_args!("expected a list, found {}", node.kind()),
            "write `include: [kpis.yaml]`",
        );
        report.lose_file();
        return Vec::new();
    };
    let path = |item: &Node| match item.scalar() {
        Some(path) => Some((path.to_owned(), item.at)),
        None => {
            report.error(
                item.at,
                format_args!("expected a path, found {}", item.kind()),
                "write a path here",
            );
            report.lose_file();
            None
        }
    };
    items.iter().filter_map(path).collect()
}

fn include(
    (path, at): &(String, At),
    folder: &Path,
    seen: &mut Seen,
    report: &mut Report,
) -> Option<Node> {
    let full = folder.join(path);
    let unique = canonical(&full);
    if let Some((_, before)) = seen.iter().find(|(path, _)| *path == unique) {
        let before = before.map_or_else(
            || "it is where the config begins".to_owned(),
            |at| format!("it is included at {}", report.places.shown(at)),
        );
        report.error(
            *at,
            format_args!("`{path}` is already part of the config: {before}"),
            "include each file once",
        );
        return None;
    }
    seen.push((unique, Some(*at)));
    match std::fs::read_to_string(&full) {
        Ok(text) => parse(&text, &full.display().to_string(), seen, report),
        Err(error) => {
            let remedy = "give a path relative to this file";
            report.error(*at, format_args!("`{path}` cannot be read: {}", reason(&error)), remedy);
            None
        }
    }
}

/// Adds what a part says: mappings by key, lists at the end.
fn merge(into: &mut Node, part: Node, report: &mut Report) {
    let (Value::Map(entries), Value::Map(more)) = (&mut into.value, part.value) else { return };
    for entry in more {
        match entries.iter_mut().find(|known| known.key == entry.key) {
            None => entries.push(entry),
            Some(known) => merge_entry(known, entry, report),
        }
    }
}

fn merge_entry(known: &mut Entry, entry: Entry, report: &mut Report) {
    match (&mut known.node.value, entry.node.value) {
        (Value::List(items), Value::List(more)) => items.extend(more),
        (Value::Map(_), value @ Value::Map(_)) => {
            merge(&mut known.node, Node { at: entry.node.at, value }, report);
        }
        _ => {
            let before = report.places.shown(known.key_at);
            report.error(
                entry.key_at,
                format_args!("`{}` is also given at {before}", entry.key),
                "keep one of the two: an included file adds, and overrides nothing",
            );
        }
    }
}

/// Puts the rows of `reps.file` in the place of `reps.list`.
fn expand_reps(top: &mut Node, report: &mut Report) {
    let Value::Map(entries) = &mut top.value else { return };
    let Some(reps) = entries.iter_mut().find(|entry| entry.key == "reps") else { return };
    let Some(entry) = reps.node.take("file") else { return };
    if let Some(list) = reps.node.get("list") {
        let place = report.places.shown(list.at);
        report.error(
            entry.key_at,
            format_args!("reps are also listed at {place}"),
            "give a list or a file, not both",
        );
        return;
    }
    let Some(path) = entry.node.scalar() else {
        report.error(
            entry.node.at,
            format_args!("expected a path, found {}", entry.node.kind()),
            "write a path here",
        );
        return;
    };
    let rows = read_rows(&reps::CSV, path, entry.node.at, report);
    let list = Entry {
        key: "list".to_owned(),
        key_at: entry.key_at,
        node: Node { at: entry.node.at, value: rows },
    };
    if let Value::Map(keys) = &mut reps.node.value {
        keys.push(list);
    }
}

/// Puts the rows of a file in the place of its path, `currency.rates`.
fn expand_rates(top: &mut Node, report: &mut Report) {
    let Value::Map(entries) = &mut top.value else { return };
    let Some(currency) = entries.iter_mut().find(|entry| entry.key == "currency") else { return };
    let Value::Map(keys) = &mut currency.node.value else { return };
    let Some(rates) = keys.iter_mut().find(|entry| entry.key == "rates") else { return };
    let Some(path) = rates.node.scalar() else { return };
    rates.node.value = read_rows(&currency::CSV, path, rates.node.at, report);
}

fn read_rows(table: &csv::Table, path: &str, at: At, report: &mut Report) -> Value {
    let Some(text) = read_named(path, at, report) else {
        report.lose_file();
        return Value::List(Vec::new());
    };
    let name = beside(path, at, report).display().to_string();
    Value::List(csv::read(table, &text, &name, at, report))
}

/// Reads a file that is named in a config, or tells why it cannot be read.
pub(super) fn read_named(path: &str, at: At, report: &mut Report) -> Option<String> {
    match std::fs::read_to_string(beside(path, at, report)) {
        Ok(text) => Some(text),
        Err(error) => {
            let remedy = "give a path relative to this config file";
            report.error(at, format_args!("`{path}` cannot be read: {}", reason(&error)), remedy);
            None
        }
    }
}

/// The path of a file, relative to the one that names it.
pub(super) fn beside(path: &str, at: At, report: &Report) -> PathBuf {
    folder(report.places.file_name(report.places.place(at).file)).join(path)
}

/// Why a file cannot be read, in words that do not depend on the system.
pub(super) fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "it is a directory".to_owned(),
        io::ErrorKind::InvalidData => "it is not UTF-8".to_owned(),
        _ => error.to_string(),
    }
}

fn folder(name: &str) -> PathBuf {
    Path::new(name).parent().map(Path::to_path_buf).unwrap_or_default()
}

fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_path_buf())
}
