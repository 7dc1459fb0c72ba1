//! An identity provider for tests and benches: a key of its own, the set that publishes it, and tokens signed with it.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};

/// Who issues the tokens.
pub const ISSUER: &str = "https://id.example.com";
/// Whom they are for.
pub const AUDIENCE: &str = "paceline";
/// The id of the key, unless it has another.
const KEY: &str = "test";

/// An identity provider with one Ed25519 key.
#[derive(Debug)]
pub struct Issuer {
    document: Vec<u8>,
    key: Ed25519KeyPair,
    kid: String,
}

impl Issuer {
    /// One with a new key.
    #[must_use]
    pub fn new() -> Self {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("a key");
        Self::of(document.as_ref())
    }

    /// The one whose key is in a file, by [`Self::keep`].
    #[must_use]
    pub fn kept(file: &Path) -> Self {
        Self::of(&std::fs::read(file).expect("a key that was kept"))
    }

    fn of(document: &[u8]) -> Self {
        let key = Ed25519KeyPair::from_pkcs8(document).expect("a key of ours");
        Self { document: document.to_vec(), key, kid: KEY.to_owned() }
    }

    /// The same one, whose key has another id.
    #[must_use]
    pub fn with_kid(self, kid: &str) -> Self {
        Self { kid: kid.to_owned(), ..self }
    }

    /// Keeps its key in a file, for another process.
    pub fn keep(&self, file: &Path) {
        std::fs::write(file, &self.document).expect("a file can be written");
    }

    /// The JSON Web Key Set that publishes its key.
    #[must_use]
    pub fn keys(&self) -> String {
        let x = BASE64.encode(self.key.public_key());
        let key = json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": self.kid, "x": x});
        json!({ "keys": [key] }).to_string()
    }

    /// The config's `auth.tokens` that believes it, its keys being in a file.
    #[must_use]
    pub fn config(keys: &Path) -> String {
        format!(
            "tokens: {{issuer: \"{ISSUER}\", audience: {AUDIENCE}, keys: \"{}\", algorithms: [EdDSA]}}",
            keys.display()
        )
    }

    /// A token of somebody with further claims, good for so long.
    #[must_use]
    pub fn token(&self, subject: &str, claims: &Value, good: Duration) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
        self.token_until(subject, claims, (now + good).as_secs())
    }

    /// A token of somebody with further claims, good until then, in seconds since 1970.
    #[must_use]
    pub fn token_until(&self, subject: &str, claims: &Value, expires: u64) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
        let mut all = json!({
            "iss": ISSUER, "aud": AUDIENCE, "sub": subject, "iat": now.as_secs(), "exp": expires,
        });
        let entries = all.as_object_mut().expect("an object");
        entries.extend(claims.as_object().expect("claims are an object").clone());
        self.sign(&all)
    }

    fn sign(&self, claims: &Value) -> String {
        let header = json!({"alg": "EdDSA", "typ": "JWT", "kid": self.kid});
        let encode = |value: &Value| BASE64.encode(value.to_string());
        let signed = format!("{}.{}", encode(&header), encode(claims));
        let signature = BASE64.encode(self.key.sign(signed.as_bytes()));
        format!("{signed}.{signature}")
    }
}

impl Default for Issuer {
    fn default() -> Self {
        Self::new()
    }
}
