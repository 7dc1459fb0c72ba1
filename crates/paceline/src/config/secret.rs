//! `${env:NAME}` and `${file:path}`: how a secret gets into a config without being written in it.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::node::{Node, Value};
use super::place::At;
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
    in_urls(text).next()
}

/// The users and passwords in all addresses of a text.
fn in_urls(text: &str) -> impl Iterator<Item = &str> {
    let rests = text.match_indices("://").map(|(at, scheme)| &text[at + scheme.len()..]);
    rests.filter_map(before_host).filter(|credentials| !credentials.is_empty())
}

/// What stands before the host, where an address goes on after its scheme.
fn before_host(rest: &str) -> Option<&str> {
    let authority = rest.split(['/', '?', '#']).next()?;
    if let Some((credentials, _)) = authority.rsplit_once('@') {
        return Some(credentials);
    }
    // A password with such a character in it makes no address, and is one all the same. Digits after the colon are a port.
    let (_, password) = authority.split_once(':')?;
    let is_port = password.bytes().all(|byte| byte.is_ascii_digit());
    rest.rsplit_once('@').map(|(credentials, _)| credentials).filter(|_| !is_port)
}

/// Keeps secrets that are written in a file out of all that is shown of it: that they are is told by whoever reads the setting.
pub(super) fn hide_written(top: &Node, report: &mut Report) {
    hide_addresses(top, report);
    let settings = top.get("kafka").and_then(|kafka| kafka.get("settings"));
    for entry in settings.map(Node::entries).unwrap_or_default() {
        let Some(text) = entry.node.scalar() else { continue };
        if is_name(&entry.key) && !report.is_reference(entry.node.at) {
            report.hide(text, "…");
            let written = report.places.written(entry.node.at);
            let written = written.trim_matches(['"', '\'']).to_owned();
            report.hide(&written, "…");
        }
    }
    let brokers = top.get("kafka").and_then(|kafka| kafka.get("brokers")?.scalar());
    if let Some((credentials, _)) = brokers.and_then(|brokers| brokers.rsplit_once('@')) {
        report.hide(credentials.rsplit("://").next().unwrap_or(credentials), "…");
    }
}

/// Keeps users and passwords out of what is shown of addresses, whichever values or keys these are.
fn hide_addresses(node: &Node, report: &mut Report) {
    match &node.value {
        Value::Nothing => {}
        Value::Scalar(text) => hide_credentials(node.at, text, report),
        Value::List(items) => items.iter().for_each(|item| hide_addresses(item, report)),
        Value::Map(entries) => {
            for entry in entries {
                hide_credentials(entry.key_at, &entry.key, report);
                hide_addresses(&entry.node, report);
            }
        }
    }
}

fn hide_credentials(at: At, text: &str, report: &mut Report) {
    if in_url(text).is_none() {
        return;
    }
    let written = report.places.written(at).trim_matches(['"', '\'']).to_owned();
    for credentials in in_urls(text).chain(in_urls(&written)) {
        // With what follows, for a user may be as short as any other word.
        report.hide(&format!("{credentials}@"), "…@");
    }
    let is_escaped = in_url(&written).is_none() && !written.contains("${");
    if is_escaped {
        report.hide(&written, "…");
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

#[cfg(test)]
mod tests {
    use super::in_urls;

    #[test]
    fn whatever_stands_before_a_host_is_found() {
        for (text, found) in [
            ("https://me:secret@id.example.com/jwks", &["me:secret"][..]),
            ("see https://me@id.example.com", &["me"]),
            ("https://me:se/cret@id.example.com", &["me:se/cret"]),
            ("https://me:se?c#ret@id.example.com/", &["me:se?c#ret"]),
            ("https://me:se@cret@id.example.com/", &["me:se@cret"]),
            ("http://me:1@a/,http://you:2@b/", &["me:1", "you:2"]),
            ("https://id.example.com:8443/@team", &[]),
            ("https://id.example.com/@team", &[]),
            ("https://id.example.com", &[]),
            ("me:secret@id.example.com", &[]),
            ("https://@id.example.com", &[]),
        ] {
            assert_eq!(in_urls(text).collect::<Vec<_>>(), found, "{text}");
        }
    }
}
