//! Keys that sign tokens, in any way that is asked for, and the sets that publish them.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
    KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256,
    RSA_PSS_SHA384, RSA_PSS_SHA512, RsaKeyPair,
};
use serde_json::{Value, json};

/// A key with its name.
pub(crate) struct Signer {
    pub(crate) kid: &'static str,
    pair: Pair,
}

enum Pair {
    Rsa(Box<RsaKeyPair>),
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

pub(crate) static RSA: LazyLock<Signer> =
    LazyLock::new(|| rsa("rsa", include_bytes!("keys/rsa_one.pk8")));
/// Of the same name as [`RSA`], and published by nobody.
pub(crate) static FALSE_RSA: LazyLock<Signer> =
    LazyLock::new(|| rsa("rsa", include_bytes!("keys/rsa_two.pk8")));
/// The key of [`FALSE_RSA`] by a name of its own.
pub(crate) static NEW_RSA: LazyLock<Signer> =
    LazyLock::new(|| rsa("new", include_bytes!("keys/rsa_two.pk8")));
pub(crate) static P256: LazyLock<Signer> = LazyLock::new(|| {
    let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random());
    let der = der.expect("a key");
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der.as_ref(), &random());
    Signer { kid: "p256", pair: Pair::P256(pair.expect("a key")) }
});
pub(crate) static P384: LazyLock<Signer> = LazyLock::new(|| {
    let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, &random());
    let der = der.expect("a key");
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, der.as_ref(), &random());
    Signer { kid: "p384", pair: Pair::P384(pair.expect("a key")) }
});
pub(crate) static ED: LazyLock<Signer> = LazyLock::new(|| {
    let der = Ed25519KeyPair::generate_pkcs8(&random()).expect("a key");
    let pair = Ed25519KeyPair::from_pkcs8(der.as_ref()).expect("a key");
    Signer { kid: "ed", pair: Pair::Ed(pair) }
});

fn rsa(kid: &'static str, der: &[u8]) -> Signer {
    Signer { kid, pair: Pair::Rsa(Box::new(RsaKeyPair::from_pkcs8(der).expect("a key"))) }
}

fn random() -> SystemRandom {
    SystemRandom::new()
}

pub(crate) fn base64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Signer {
    /// The key as it is published.
    pub(crate) fn jwk(&self) -> Value {
        match &self.pair {
            Pair::Rsa(pair) => {
                let public = PublicKeyComponents::<Vec<u8>>::from(pair.public());
                let (n, e) = (base64(public.n), base64(public.e));
                json!({"kty": "RSA", "kid": self.kid, "use": "sig", "n": n, "e": e})
            }
            Pair::P256(pair) => self.ec("P-256", pair.public_key().as_ref()),
            Pair::P384(pair) => self.ec("P-384", pair.public_key().as_ref()),
            Pair::Ed(pair) => {
                let x = base64(pair.public_key());
                json!({"kty": "OKP", "kid": self.kid, "crv": "Ed25519", "x": x, "alg": "EdDSA"})
            }
        }
    }

    fn ec(&self, crv: &str, point: &[u8]) -> Value {
        let (x, y) = point[1..].split_at(point.len() / 2);
        json!({"kty": "EC", "kid": self.kid, "crv": crv, "x": base64(x), "y": base64(y)})
    }

    /// The modulus of an RSA key, as text and as bytes that somebody might take for a secret.
    pub(crate) fn modulus(&self) -> Vec<u8> {
        let Pair::Rsa(pair) = &self.pair else { panic!("no RSA key") };
        PublicKeyComponents::<Vec<u8>>::from(pair.public()).n
    }

    /// Signs as the algorithm has it, or by the key's own where it does not fit.
    pub(crate) fn sign(&self, algorithm: &str, message: &[u8]) -> Vec<u8> {
        match &self.pair {
            Pair::Rsa(pair) => {
                let padding: &dyn ring::signature::RsaEncoding = match algorithm {
                    "RS384" => &RSA_PKCS1_SHA384,
                    "RS512" => &RSA_PKCS1_SHA512,
                    "PS256" => &RSA_PSS_SHA256,
                    "PS384" => &RSA_PSS_SHA384,
                    "PS512" => &RSA_PSS_SHA512,
                    _ => &RSA_PKCS1_SHA256,
                };
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(padding, &random(), message, &mut signature).expect("a signature");
                signature
            }
            Pair::P256(pair) | Pair::P384(pair) => {
                pair.sign(&random(), message).expect("a signature").as_ref().to_vec()
            }
            Pair::Ed(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }

    /// A token with any header, whose `alg` is signed by, and any claims.
    pub(crate) fn token(&self, header: &Value, claims: &Value) -> String {
        self.token_of(&header.to_string(), &claims.to_string())
    }

    /// A token of texts that need not be JSON.
    pub(crate) fn token_of(&self, header: &str, claims: &str) -> String {
        let algorithm = serde_json::from_str::<Value>(header).ok();
        let algorithm = algorithm.and_then(|header| Some(header["alg"].as_str()?.to_owned()));
        let message = format!("{}.{}", base64(header), base64(claims));
        let signature = self.sign(algorithm.as_deref().unwrap_or_default(), message.as_bytes());
        format!("{message}.{}", base64(signature))
    }
}

/// A set of keys as it is published.
pub(crate) fn set<'a>(signers: impl IntoIterator<Item = &'a Signer>) -> String {
    json!({"keys": signers.into_iter().map(Signer::jwk).collect::<Vec<_>>()}).to_string()
}
