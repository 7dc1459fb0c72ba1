//! `${env:NAME}` and `${file:path}`: how a secret gets into a config without being written in it.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::node::{Node, Value};
use super::report::Report;

/// What to do with a secret that is written in a config.
pub(super) const REMEDY: &str = "refer to it as ${env:NAME} or ${file:path}";
/// What neither owner nor group may do with a file. A group may read it: that is how orchestrators hand secrets to a process that
/// is not root.
const OTHERS: u32 = 0o007;
/// What the names of settings have in them whose values nobody may see.
const NAMES: [&str; 5] = ["password", "passphrase", "secret", "key.pem", "ssl_key"];

/// Whether the value of a setting is a secret.
pub(super) fn is_name(name: &str) -> bool {
    NAMES.iter().any(|part| name.contains(part))
}

/// The user and the password in an address, `https://user:password@host`.
pub(super) fn in_url(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    authority.rsplit_once('@').map(|(credentials, _)| credentials)
}

/// Keeps secrets that are written in a file out of all that is shown of it: that they are is told by whoever reads the setting.
pub(super) fn hide_written(top: &Node, report: &mut Report) {
    let settings = top.get("kafka").and_then(|kafka| kafka.get("settings"));
    for entry in settings.map(Node::entries).unwrap_or_default() {
        let Some(text) = entry.node.scalar() else { continue };
        if is_name(&entry.key) && !report.is_reference(entry.node.at) {
            report.hide(text, "…");
            let written = report.places.written(entry.node.at);
            let written = written.trim_matches(['"', '\'']).to_owned();
            report.hide(&written, "…");
        }
        if let Some(credentials) = in_url(text) {
            report.hide(credentials, "…");
        }
    }
    let brokers = top.get("kafka").and_then(|kafka| kafka.get("brokers")?.scalar());
    if let Some((credentials, _)) = brokers.and_then(|brokers| brokers.rsplit_once('@')) {
        report.hide(credentials.rsplit("://").next().unwrap_or(credentials), "…");
    }
}

/// Replaces the references in every scalar of a file; what replaces them is never shown.
pub(super) fn expand(node: &mut Node, folder: &Path, report: &mut Report) {
    match &mut node.value {
        Value::Nothing => {}
        Value::Scalar(text) => match expanded(text, folder) {
            Ok(Expanded { value, hidden, is_whole }) => {
                *text = value;
                for (secret, shown) in &hidden {
                    report.hide_at(node.at, secret, shown);
                }
                if is_whole {
                    report.refer(node.at);
                }
            }
            Err(refusal) => {
                if text.starts_with("${") {
                    report.refer(node.at);
                }
                report.error(node.at, refusal.message, refusal.remedy);
            }
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

/// A text with its references replaced.
struct Expanded {
    value: String,
    /// What each became, and what is shown instead.
    hidden: Vec<(String, String)>,
    /// Whether there was nothing beside them.
    is_whole: bool,
}

fn expanded(text: &str, folder: &Path) -> Result<Expanded, Refusal> {
    let (mut out, mut hidden, mut rest) = (String::new(), Vec::new(), text);
    let mut written = 0;
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
            written += end + "${}".len();
            out.push_str(&secret);
            rest = &inner[end + 1..];
        } else {
            out.push('$');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    let is_whole = !hidden.is_empty() && written == text.len();
    Ok(Expanded { value: out, hidden, is_whole })
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
    let unreadable = |error: io::Error| Refusal {
        message: format!("file `{path}` cannot be read: {}", super::include::reason(&error)),
        remedy: "give a readable UTF-8 file, by a path relative to this config file".to_owned(),
    };
    let mut file = File::open(folder.join(path)).map_err(unreadable)?;
    let mode = file.metadata().map_err(unreadable)?.permissions().mode() & 0o777;
    if mode & OTHERS != 0 {
        return Err(Refusal {
            message: format!(
                "file `{path}` is open to everybody on this machine, by its mode {mode:03o}"
            ),
            remedy: format!(
                "say `chmod o= {path}`; where a volume brings it, give that the mode 0440"
            ),
        });
    }
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(unreadable)?;
    text.truncate(text.trim_end_matches(['\r', '\n']).len());
    Ok(text)
}

fn unclosed() -> Refusal {
    Refusal {
        message: "a reference without an end".to_owned(),
        remedy: "close it: ${env:NAME}; for the plain characters, write $${".to_owned(),
    }
}
