//! What lets somebody in: an identity provider that signs tokens, and an authority that issues certificates.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, SanType};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};

/// Signs tokens.
pub(crate) struct Idp(Ed25519KeyPair);

fn base64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Idp {
    pub(crate) fn new() -> Self {
        let der = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("a key");
        Self(Ed25519KeyPair::from_pkcs8(der.as_ref()).expect("a key"))
    }

    /// Its keys, as it publishes them.
    pub(crate) fn keys(&self) -> String {
        let x = base64(self.0.public_key());
        json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "one", "x": x}]}).to_string()
    }

    /// A token that holds for so many seconds.
    pub(crate) fn token(&self, subject: &str, claims: Value, seconds: i64) -> String {
        let mut all = json!({"iss": "https://idp.example.com", "aud": "paceline", "sub": subject,
            "exp": Timestamp::now().as_second() + seconds});
        let entries = all.as_object_mut().expect("an object");
        entries.extend(claims.as_object().expect("an object").clone());
        let header = json!({"alg": "EdDSA", "kid": "one", "typ": "JWT"});
        let message = format!("{}.{}", base64(header.to_string()), base64(all.to_string()));
        format!("{message}.{}", base64(self.0.sign(message.as_bytes())))
    }
}

/// Issues certificates.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    /// One of a name, by which certificates name it as their issuer.
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("a certificate"))
    }

    /// Writes its certificate.
    pub(crate) fn write(&self, path: &Path) -> PathBuf {
        fs::write(path, self.0.pem()).expect("written");
        path.to_owned()
    }

    /// Writes a certificate for this host, or a URI, and its key, into a folder.
    pub(crate) fn issue(&self, folder: &Path, name: &str, uri: Option<&str>) -> (PathBuf, PathBuf) {
        let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("names");
        if let Some(uri) = uri {
            params.subject_alt_names = vec![SanType::URI(uri.try_into().expect("ASCII"))];
        }
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.0).expect("a certificate");
        let paths = (folder.join(format!("{name}.pem")), folder.join(format!("{name}.key")));
        fs::write(&paths.1, key.serialize_pem()).expect("written");
        fs::set_permissions(&paths.1, Permissions::from_mode(0o600)).expect("permitted");
        fs::write(&paths.0, certificate.pem()).expect("written");
        paths
    }
}
