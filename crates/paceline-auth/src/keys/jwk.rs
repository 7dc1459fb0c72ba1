//! A set of keys as an identity provider publishes it (RFC 7517), of which only those are kept that can check a token.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use serde_json::{Map, Value};

use super::{Algorithm, Family};
use crate::token::json;

/// The bounds of an RSA modulus, in bits: a shorter one is too weak, a longer one takes too long.
const MODULUS_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// A key that can check tokens.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    kid: String,
    family: Family,
    /// The one algorithm that it is for, where it says so.
    algorithm: Option<Algorithm>,
    /// What is checked with.
    pub(crate) material: DecodingKey,
}

/// Keys by their names.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeySet(Vec<Key>);

impl KeySet {
    /// Reads a set; `None` when it is none. Keys that cannot check a token are left out: those that are symmetric, for
    /// encryption, without a name, of an unknown kind, or too weak.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let set = json::object(bytes)?;
        let keys = set.get("keys")?.as_array()?;
        Some(Self(keys.iter().filter_map(|key| Key::read(key.as_object()?)).collect()))
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is a key of a name, whatever it is for.
    pub(crate) fn knows(&self, kid: &str) -> bool {
        self.0.iter().any(|key| key.kid == kid)
    }

    /// The key of a name that an algorithm can be used with.
    pub(crate) fn find(&self, kid: &str, algorithm: Algorithm) -> Option<&Key> {
        self.0.iter().find(|key| key.kid == kid && key.fits(algorithm))
    }
}

impl Key {
    fn read(jwk: &Map<String, Value>) -> Option<Self> {
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        let kid = text("kid").filter(|kid| !kid.is_empty())?.to_owned();
        if !is_for_signatures(jwk) {
            return None;
        }
        let algorithm = match jwk.get("alg") {
            None => None,
            Some(name) => Some(name.as_str()?.parse::<Algorithm>().ok()?),
        };
        let (family, material) = match (text("kty")?, text("crv")) {
            ("RSA", _) => (Family::Rsa, rsa(text("n")?, text("e")?)?),
            ("EC", Some("P-256")) => (Family::P256, point(text("x")?, text("y")?, 32)?),
            ("EC", Some("P-384")) => (Family::P384, point(text("x")?, text("y")?, 48)?),
            ("OKP", Some("Ed25519")) => {
                let x = bytes(text("x")?).filter(|x| x.len() == 32)?;
                (Family::Ed25519, DecodingKey::from_ed_der(&x))
            }
            _ => return None,
        };
        let key = Self { kid, family, algorithm, material };
        key.algorithm.is_none_or(|algorithm| key.fits(algorithm)).then_some(key)
    }

    fn fits(&self, algorithm: Algorithm) -> bool {
        algorithm.family() == self.family && self.algorithm.is_none_or(|own| own == algorithm)
    }
}

/// Whether a key may check signatures, by what it says of its use.
fn is_for_signatures(jwk: &Map<String, Value>) -> bool {
    let has_use = jwk.get("use").is_none_or(|it| it == "sig");
    let verifies = |operations: &Value| {
        operations.as_array().is_some_and(|all| all.iter().any(|one| one == "verify"))
    };
    has_use && jwk.get("key_ops").is_none_or(verifies)
}

fn rsa(n: &str, e: &str) -> Option<DecodingKey> {
    let (n, e) = (unsigned(n)?, unsigned(e)?);
    let bits = n.len() * 8 - n.first()?.leading_zeros() as usize;
    let is_odd = |number: &[u8]| number.last().is_some_and(|byte| byte % 2 == 1);
    let fits = MODULUS_BITS.contains(&bits) && is_odd(&n) && is_odd(&e) && e != [1];
    fits.then(|| DecodingKey::from_rsa_raw_components(&n, &e))
}

/// A point of a curve whose coordinates have so many bytes.
fn point(x: &str, y: &str, length: usize) -> Option<DecodingKey> {
    let (x, y) = (bytes(x)?, bytes(y)?);
    let fits = x.len() == length && y.len() == length;
    fits.then(|| DecodingKey::from_ec_der(&[&[4], x.as_slice(), &y].concat()))
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// A number without zeros before it, which some write.
fn unsigned(text: &str) -> Option<Vec<u8>> {
    let bytes = bytes(text)?;
    let start = bytes.iter().position(|byte| *byte != 0)?;
    Some(bytes[start..].to_vec())
}
