//! The form of a token: three parts, of which the first says how the last was made.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use paceline_grpc::Unidentified;
use serde_json::{Map, Value};

use super::{invalid, json};
use crate::keys::Algorithm;

/// The longest name of a key, in bytes.
const KID_BYTES: usize = 256;

/// A token in its parts. Nothing of it is believed yet.
#[derive(Debug)]
pub(crate) struct Form<'a> {
    /// The algorithm that it names. It has to be one of the config's, and fit the key.
    pub(crate) algorithm: Algorithm,
    /// The name of the key that it was signed with.
    pub(crate) kid: String,
    /// What kind of token it says it is, in lower case without `application/`.
    pub(crate) kind: Option<String>,
    /// What it claims.
    pub(crate) claims: Map<String, Value>,
    /// What was signed.
    pub(crate) signed: &'a str,
    /// The signature, in base64.
    pub(crate) signature: &'a str,
}

/// Takes a token apart.
///
/// # Errors
/// It is no signed token of one of the algorithms.
pub(crate) fn take_apart<'a>(
    token: &'a str,
    algorithms: &[Algorithm],
) -> Result<Form<'a>, Unidentified> {
    let (signed, signature) = token.rsplit_once('.').ok_or_else(|| invalid("form"))?;
    let (header, payload) = signed.split_once('.').ok_or_else(|| invalid("form"))?;
    // Encrypted tokens have five parts.
    if payload.contains('.') || signature.is_empty() {
        return Err(invalid("form"));
    }
    let header = part(header).ok_or_else(|| invalid("header_json"))?;
    check_header(&header)?;
    let named = header.get("alg").and_then(Value::as_str).and_then(|name| name.parse().ok());
    let algorithm = named
        .filter(|algorithm| algorithms.contains(algorithm))
        .ok_or_else(|| invalid("algorithm"))?;
    let kid = header.get("kid").and_then(Value::as_str).filter(|kid| is_name(kid));
    let kid = kid.ok_or_else(|| invalid("kid"))?.to_owned();
    let kind = kind(&header)?;
    let claims = part(payload).ok_or_else(|| invalid("claims_json"))?;
    Ok(Form { algorithm, kid, kind, claims, signed, signature })
}

/// Refuses what would change what the token means, and is not understood here. Keys, and places of keys, that a token brings
/// along are not looked at.
fn check_header(header: &Map<String, Value>) -> Result<(), Unidentified> {
    for (name, detail) in [("crit", "crit"), ("b64", "crit"), ("zip", "crit"), ("cty", "nested")] {
        if header.contains_key(name) {
            return Err(invalid(detail));
        }
    }
    Ok(())
}

fn kind(header: &Map<String, Value>) -> Result<Option<String>, Unidentified> {
    let Some(kind) = header.get("typ") else { return Ok(None) };
    let kind = kind.as_str().ok_or_else(|| invalid("typ"))?.to_ascii_lowercase();
    Ok(Some(kind.strip_prefix("application/").map(str::to_owned).unwrap_or(kind)))
}

/// A part that is a JSON object.
fn part(text: &str) -> Option<Map<String, Value>> {
    json::object(&URL_SAFE_NO_PAD.decode(text).ok()?)
}

fn is_name(kid: &str) -> bool {
    !kid.is_empty() && kid.len() <= KID_BYTES && !kid.contains(char::is_control)
}
