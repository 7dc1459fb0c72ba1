//! `${env:NAME}` and `${file:path}`: how a secret gets into a config without being written in it.

use std::path::Path;

use super::node::{Node, Value};
use super::report::Report;

/// Replaces the references in every scalar of a file; what replaces them is never shown.
pub(super) fn expand(node: &mut Node, folder: &Path, report: &mut Report) {
    match &mut node.value {
        Value::Nothing => {}
        Value::Scalar(text) => match expanded(text, folder) {
            Ok((value, hidden)) => {
                *text = value;
                hidden.iter().for_each(|(secret, shown)| report.hide(secret, shown));
            }
            Err(refusal) => report.error(node.at, refusal.message, refusal.remedy),
        },
        Value::List(items) => items.iter_mut().for_each(|item| expand(item, folder, report)),
        Value::Map(entries) => {
            entries.iter_mut().for_each(|entry| expand(&mut entry.node, folder, report))
        }
    }
}

struct Refusal {
    message: String,
    remedy: String,
}

/// The text with its references replaced, and what each became.
fn expanded(text: &str, folder: &Path) -> Result<(String, Vec<(String, String)>), Refusal> {
    let (mut out, mut hidden, mut rest) = (String::new(), Vec::new(), text);
    while let Some(dollar) = rest.find('$') {
        out.push_str(&rest[..dollar]);
        rest = &rest[dollar..];
        if let Some(after) = rest.strip_prefix("$${") {
            out.push_str("${");
            rest = after;
        } else if let Some(inner) = rest.strip_prefix("${") {
            let end = inner.find('}').ok_or_else(unclosed)?;
            let secret = resolve(&inner[..end], folder)?;
            hidden.push((secret.clone(), format!("${{{}}}", &inner[..end])));
            out.push_str(&secret);
            rest = &inner[end + 1..];
        } else {
            out.push('$');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    Ok((out, hidden))
}

fn resolve(reference: &str, folder: &Path) -> Result<String, Refusal> {
    match reference.split_once(':') {
        Some(("env", name)) => std::env::var(name).map_err(|error| Refusal {
            message: match error {
                std::env::VarError::NotPresent => {
                    format!("the environment has no variable `{name}`")
                }
                std::env::VarError::NotUnicode(_) => {
                    format!("the environment variable `{name}` is not UTF-8")
                }
            },
            remedy: format!("set it before starting: {name}=…"),
        }),
        Some(("file", path)) => read(path, folder),
        _ => Err(Refusal {
            message: format!("`${{{reference}}}` refers to nothing"),
            remedy: "write ${env:NAME} or ${file:path}; for the plain characters, $${".to_owned(),
        }),
    }
}

fn read(path: &str, folder: &Path) -> Result<String, Refusal> {
    let full = folder.join(path);
    match std::fs::read_to_string(&full) {
        Ok(text) => Ok(text.trim_end_matches(['\r', '\n']).to_owned()),
        Err(error) => Err(Refusal {
            message: format!("file `{path}` cannot be read: {}", super::include::reason(&error)),
            remedy: "give a readable UTF-8 file, by a path relative to this config file".to_owned(),
        }),
    }
}

fn unclosed() -> Refusal {
    Refusal {
        message: "a reference without an end".to_owned(),
        remedy: "close it: ${env:NAME}; for the plain characters, write $${".to_owned(),
    }
}
