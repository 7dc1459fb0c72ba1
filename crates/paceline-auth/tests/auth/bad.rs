//! Tokens that are refused, each for what is wrong with it and for nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use paceline_grpc::Unidentified;
use ring::hmac;
use serde_json::{Value, json};

use crate::idp::{Hand, ISSUER, NOW, ask, ask_with, authenticator, by_file, claims, header, with};
use crate::signer::{ED, FALSE_RSA, NEW_RSA, P256, P384, RSA, base64, set};

/// What is sent, and what it is refused for.
struct Bad {
    name: String,
    values: Vec<Vec<u8>>,
    detail: &'static str,
}

fn sent(name: impl Into<String>, token: impl AsRef<str>, detail: &'static str) -> Bad {
    raw(name, [format!("Bearer {}", token.as_ref())], detail)
}

fn raw<const N: usize>(name: impl Into<String>, values: [String; N], detail: &'static str) -> Bad {
    Bad { name: name.into(), values: values.map(String::into_bytes).into(), detail }
}

fn good() -> String {
    RSA.token(&rsa(), &claims())
}

fn rsa() -> Value {
    header("RS256", "rsa")
}

/// A token whose header says something else, and that is rightly signed as that.
fn headed(name: &'static str, changes: Value, detail: &'static str) -> Bad {
    sent(name, RSA.token(&with(rsa(), changes), &claims()), detail)
}

/// A token that claims something else.
fn claiming(name: &'static str, changes: Value, detail: &'static str) -> Bad {
    sent(name, RSA.token(&rsa(), &with(claims(), changes)), detail)
}

/// A token whose claims are this text.
fn text(name: &'static str, claims: &str, detail: &'static str) -> Bad {
    sent(name, RSA.token_of(&rsa().to_string(), claims), detail)
}

/// A token signed by a secret, which anybody knows.
fn by_secret(name: &'static str, algorithm: &str, secret: &[u8]) -> Bad {
    let message = message(&header(algorithm, "rsa"));
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let signature = hmac::sign(&key, message.as_bytes());
    sent(name, format!("{message}.{}", base64(signature)), "algorithm")
}

fn message(header: &Value) -> String {
    format!("{}.{}", base64(header.to_string()), base64(claims().to_string()))
}

fn unsigned() -> Vec<Bad> {
    let mut all = Vec::new();
    for name in ["none", "None", "NONE", "nOnE", "", " none", "null"] {
        let message = message(&header(name, "rsa"));
        all.push(sent(format!("alg `{name}` without a signature"), format!("{message}."), "form"));
        let token = format!("{message}.{}", base64("x"));
        all.push(sent(format!("alg `{name}` with a signature"), token, "algorithm"));
    }
    let signed = good();
    let (message, _) = signed.rsplit_once('.').expect("three parts");
    all.extend([
        sent("an empty signature", format!("{message}."), "form"),
        sent("no signature at all", message, "form"),
        sent("a signature of zeros", format!("{message}.{}", base64([0; 256])), "signature"),
        sent("a signature that is cut", format!("{message}.{}", base64([1; 128])), "signature"),
    ]);
    all
}

fn confused() -> Vec<Bad> {
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        STANDARD.encode(RSA.modulus())
    );
    let other = |name, algorithm, signer: &crate::signer::Signer, kid, detail| {
        sent(name, signer.token(&header(algorithm, kid), &claims()), detail)
    };
    vec![
        by_secret("HS256 with the RSA modulus for a secret", "HS256", &RSA.modulus()),
        by_secret(
            "HS256 with the RSA key's JSON for a secret",
            "HS256",
            RSA.jwk().to_string().as_bytes(),
        ),
        by_secret("HS256 with the RSA key's PEM for a secret", "HS256", pem.as_bytes()),
        by_secret("HS256 with an empty secret", "HS256", b""),
        by_secret("HS384", "HS384", &RSA.modulus()),
        by_secret("HS512", "HS512", &RSA.modulus()),
        other("RS384, which the config does not name", "RS384", &RSA, "rsa", "algorithm"),
        other("PS256, which the config does not name", "PS256", &RSA, "rsa", "algorithm"),
        other("ES384, which the config does not name", "ES384", &P384, "p384", "algorithm"),
        other("ES256 by a key of RSA", "ES256", &RSA, "rsa", "key"),
        other("RS256 by a key of a curve", "RS256", &P256, "p256", "key"),
        other("EdDSA by a key of P-256", "EdDSA", &P256, "p256", "key"),
        other("ES256 by a key of Ed25519", "ES256", &ED, "ed", "key"),
        other("ES256 by a key of P-384: the wrong curve", "ES256", &P384, "p384", "key"),
        other("RS256 in lower case", "rs256", &RSA, "rsa", "algorithm"),
        other("a key that is for encryption", "RS256", &RSA, "for_encryption", "key"),
        other("a key that is for signing only", "RS256", &RSA, "for_signing", "key"),
        other("a key that is for another algorithm", "RS256", &RSA, "for_ps256", "key"),
        other("a key that is symmetric", "RS256", &RSA, "symmetric", "key"),
        sent("a key of 1024 bits", include_str!("keys/weak_token.txt").trim(), "key"),
        headed("no algorithm", json!({"alg": null}), "algorithm"),
        headed("an algorithm that is a list", json!({"alg": ["RS256"]}), "algorithm"),
        headed("an algorithm that is a number", json!({"alg": 256}), "algorithm"),
    ]
}

fn named() -> Vec<Bad> {
    let mut all: Vec<Bad> = [
        "../../../../dev/null",
        "/dev/null",
        "file:///dev/null",
        "' OR 1=1 --",
        "rsa' UNION SELECT 'x",
        "RSA",
        "rsa ",
        "http://evil.example.com/keys",
        "| cat keys",
        "${env:HOME}",
    ]
    .into_iter()
    .map(|kid| sent(format!("kid `{kid}`"), RSA.token(&header("RS256", kid), &claims()), "key"))
    .collect();
    all.extend([
        headed("a kid with a null byte", json!({"kid": "rsa\u{0}"}), "kid"),
        headed("a kid with a line break", json!({"kid": "rsa\r\nx: y"}), "kid"),
        headed("a kid of 257 bytes", json!({"kid": "k".repeat(257)}), "kid"),
        headed("an empty kid", json!({"kid": ""}), "kid"),
        headed("no kid", json!({"kid": null}), "kid"),
        headed("a kid that is a list", json!({"kid": ["rsa"]}), "kid"),
        headed("a kid that is an object", json!({"kid": {"$ne": ""}}), "kid"),
        headed("a kid that is a number", json!({"kid": 1}), "kid"),
        sent(
            "the signature of another key by the same name",
            FALSE_RSA.token(&rsa(), &claims()),
            "signature",
        ),
    ]);
    all
}

fn headers() -> Vec<Bad> {
    let own = json!({"alg": "RS256", "kid": "new", "typ": "JWT", "jwk": NEW_RSA.jwk()});
    let own_by_known_name = with(own.clone(), json!({"kid": "rsa"}));
    let jku =
        json!({"alg": "RS256", "kid": "new", "typ": "JWT", "jku": "https://evil.example.com/keys"});
    let x5u = with(rsa(), json!({"x5u": "https://evil.example.com/chain.pem"}));
    let x5c = with(rsa(), json!({"x5c": ["MIIB"]}));
    vec![
        sent("a key that it brings along", NEW_RSA.token(&own, &claims()), "key"),
        sent(
            "a key that it brings along by a known name",
            FALSE_RSA.token(&own_by_known_name, &claims()),
            "signature",
        ),
        sent("a place of keys that it brings along", NEW_RSA.token(&jku, &claims()), "key"),
        sent(
            "a place of certificates that it brings along",
            FALSE_RSA.token(&x5u, &claims()),
            "signature",
        ),
        sent("certificates that it brings along", FALSE_RSA.token(&x5c, &claims()), "signature"),
        headed("crit of something unknown", json!({"crit": ["exp2"], "exp2": 1}), "crit"),
        headed("crit of something known", json!({"crit": ["exp"]}), "crit"),
        headed("an empty crit", json!({"crit": []}), "crit"),
        headed("a payload that is not in base64", json!({"crit": ["b64"], "b64": false}), "crit"),
        headed("b64 without crit", json!({"b64": false}), "crit"),
        headed("compressed", json!({"zip": "DEF"}), "crit"),
        headed("a token within", json!({"cty": "JWT"}), "nested"),
        headed("an id token of another kind", json!({"typ": "logout+jwt"}), "typ"),
        headed("a proof of possession", json!({"typ": "dpop+jwt"}), "typ"),
        headed("a kind with more behind it", json!({"typ": "JWT2"}), "typ"),
        headed("no kind", json!({"typ": null}), "typ"),
        headed("a kind that is a list", json!({"typ": ["JWT"]}), "typ"),
        sent(
            "a header in which alg comes twice",
            RSA.token_of(
                r#"{"alg":"RS256","kid":"rsa","typ":"JWT","alg":"RS256"}"#,
                &claims().to_string(),
            ),
            "header_json",
        ),
        sent(
            "a header in which kid comes twice",
            RSA.token_of(
                r#"{"alg":"RS256","kid":"x","typ":"JWT","kid":"rsa"}"#,
                &claims().to_string(),
            ),
            "header_json",
        ),
        sent(
            "a header that is no JSON",
            RSA.token_of("alg=RS256", &claims().to_string()),
            "header_json",
        ),
        sent("a header that is a list", RSA.token_of("[]", &claims().to_string()), "header_json"),
        sent(
            "a header with a byte order mark",
            RSA.token_of(&format!("\u{feff}{}", rsa()), &claims().to_string()),
            "header_json",
        ),
        sent("another header than was signed", swapped(), "signature"),
        sent("other claims than were signed", promoted(), "signature"),
    ]
}

/// A good token whose header is of another that means the same.
fn swapped() -> String {
    let token = good();
    let (_, rest) = token.split_once('.').expect("three parts");
    format!("{}.{rest}", base64(with(rsa(), json!({"x": 1})).to_string()))
}

/// A good token whose rep makes an admin of themselves.
fn promoted() -> String {
    let token = good();
    let parts: Vec<&str> = token.split('.').collect();
    let claims = with(claims(), json!({"role": "admin"})).to_string();
    format!("{}.{}.{}", parts[0], base64(claims), parts[2])
}

fn times() -> Vec<Bad> {
    let exp = |exp: &str| {
        format!(
            r#"{{"iss":"{ISSUER}","aud":"paceline","sub":"ana","role":"rep","rep":"U1","exp":{exp}}}"#
        )
    };
    vec![
        claiming(
            "expired for an hour",
            json!({"exp": NOW - 3600, "iat": NOW - 7200, "nbf": NOW - 7200}),
            "exp_passed",
        ),
        claiming("expired this second", json!({"exp": NOW}), "exp_passed"),
        claiming("no end", json!({"exp": null}), "exp"),
        claiming("an end in words", json!({"exp": (NOW + 60).to_string()}), "exp"),
        claiming("an end that is true", json!({"exp": true}), "exp"),
        claiming("an end that is a list", json!({"exp": [NOW + 60]}), "exp"),
        claiming("an end before 1970", json!({"exp": -1}), "exp"),
        claiming("an end in milliseconds", json!({"exp": (NOW + 60) * 1000}), "exp"),
        claiming("an end beyond all numbers of 64 bits", json!({"exp": 1e300}), "exp"),
        text("an end that is infinite", &exp("1e999"), "claims_json"),
        text("an end that is no number", &exp("NaN"), "claims_json"),
        text("an end that is null", &exp("null"), "exp"),
        claiming("not yet", json!({"nbf": NOW + 31}), "not_yet"),
        claiming("not yet, in words", json!({"nbf": "tomorrow"}), "nbf"),
        claiming("issued in the future", json!({"iat": NOW + 31}), "issued_later"),
        claiming("issued after its end", json!({"iat": NOW + 20, "exp": NOW + 10}), "exp"),
        claiming("issued in words", json!({"iat": "now"}), "iat"),
    ]
}

fn told() -> Vec<Bad> {
    vec![
        claiming("another audience", json!({"aud": "other"}), "audience"),
        claiming("no audience", json!({"aud": null}), "audience"),
        claiming("an empty audience", json!({"aud": ""}), "audience"),
        claiming("no audience in a list", json!({"aud": []}), "audience"),
        claiming("others in a list", json!({"aud": ["other", "paceline2"]}), "audience"),
        claiming(
            "us among things that are no audiences",
            json!({"aud": ["paceline", 1]}),
            "audience",
        ),
        claiming("an audience that is an object", json!({"aud": {"paceline": true}}), "audience"),
        claiming("an audience in capitals", json!({"aud": "Paceline"}), "audience"),
        claiming("an audience with a blank", json!({"aud": "paceline "}), "audience"),
        claiming("another issuer", json!({"iss": "https://evil.example.com/"}), "issuer"),
        claiming("no issuer", json!({"iss": null}), "issuer"),
        claiming(
            "the issuer without its slash",
            json!({"iss": "https://login.example.com"}),
            "issuer",
        ),
        claiming("the issuer in capitals", json!({"iss": "https://LOGIN.example.com/"}), "issuer"),
        claiming("the issuer over http", json!({"iss": "http://login.example.com/"}), "issuer"),
        claiming(
            "the issuer with more behind it",
            json!({"iss": "https://login.example.com/evil"}),
            "issuer",
        ),
        claiming(
            "the issuer as the user of another",
            json!({"iss": "https://login.example.com/@evil.example.com"}),
            "issuer",
        ),
        claiming("the issuer in a list", json!({"iss": [ISSUER]}), "issuer"),
        claiming("no subject", json!({"sub": null}), "subject"),
        claiming("an empty subject", json!({"sub": ""}), "subject"),
        claiming("a subject with a line break", json!({"sub": "ana\nadmin"}), "subject"),
        claiming("a subject that is a number", json!({"sub": 7}), "subject"),
        claiming("a subject of 256 bytes", json!({"sub": "s".repeat(256)}), "subject"),
        claiming("no role", json!({"role": null}), "role"),
        claiming("a role that nobody has", json!({"role": "root"}), "role"),
        claiming("a rep without an id", json!({"rep": null}), "rep"),
        claiming("a manager without an id", json!({"role": "manager", "rep": null}), "rep"),
        claiming("a service that is not listed", json!({"role": "service"}), "service_unknown"),
        text(
            "claims in which role comes twice",
            &claims().to_string().replace(r#""role""#, r#""role":"admin","role""#),
            "claims_json",
        ),
        text(
            "claims in which exp comes twice",
            &claims().to_string().replace(r#""exp""#, r#""exp":1,"exp""#),
            "claims_json",
        ),
        text("claims that are a list", "[]", "claims_json"),
        text("claims that are no JSON", "ana", "claims_json"),
        text("no claims", "", "claims_json"),
        text("claims with something behind them", &format!("{}x", claims()), "claims_json"),
    ]
}

fn shapes() -> Vec<Bad> {
    let token = good();
    let parts: Vec<&str> = token.split('.').collect();
    let padded = |part: &str| {
        let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).expect("base64");
        URL_SAFE.encode([bytes, vec![b' ']].concat())
    };
    let huge = RSA.token(&rsa(), &with(claims(), json!({"x": "x".repeat(8 * 1024)})));
    vec![
        sent("one part", parts[0], "form"),
        sent("two parts", format!("{}.{}", parts[0], parts[1]), "form"),
        sent("four parts", format!("{token}.{}", parts[2]), "form"),
        sent(
            "five parts, as of an encrypted one",
            format!("{token}.{}.{}", parts[1], parts[2]),
            "form",
        ),
        sent("only dots", "..", "form"),
        sent("nothing in its first part", format!(".{}.{}", parts[1], parts[2]), "header_json"),
        sent("padding", format!("{}=.{}.{}", parts[0], parts[1], parts[2]), "form"),
        sent(
            "padding that is right",
            format!("{}.{}.{}", padded(parts[0]), parts[1], parts[2]),
            "form",
        ),
        sent("base64 with + and /", format!("{}.{}.{}+/", parts[0], parts[1], parts[2]), "form"),
        sent("base64 that cannot be", format!("{}.A.{}", parts[0], parts[2]), "claims_json"),
        sent("a blank within", format!("{} .{}.{}", parts[0], parts[1], parts[2]), "form"),
        sent("a blank behind", format!("{token} "), "form"),
        sent("a blank before", format!(" {token}"), "form"),
        sent("a tab behind", format!("{token}\t"), "form"),
        sent("letters that are not ASCII", format!("{token}ä"), "form"),
        sent("huge", huge, "too_long"),
        sent("huge, and dots alone", ".".repeat(9000), "too_long"),
        sent("as JSON", json!({"payload": parts[1], "signature": parts[2]}).to_string(), "form"),
        sent("in quotes", format!("\"{token}\""), "form"),
        sent("in words", "please", "form"),
        raw(
            "two headers of which one is good",
            [format!("Bearer {token}"), "Bearer x".to_owned()],
            "several_headers",
        ),
        raw(
            "two headers that are the same",
            [format!("Bearer {token}"), format!("Bearer {token}")],
            "several_headers",
        ),
        raw("two tokens in one header", [format!("Bearer {token}, Bearer {token}")], "form"),
        raw("two tokens with a blank between", [format!("Bearer {token} {token}")], "form"),
        raw("Basic", [format!("Basic {}", STANDARD.encode("ana:secret"))], "scheme"),
        raw("a token as Basic", [format!("Basic {token}")], "scheme"),
        raw("a token without a scheme", [token.clone()], "scheme"),
        raw("another scheme", [format!("DPoP {token}")], "scheme"),
        raw("a scheme alone", ["Bearer".to_owned()], "scheme"),
        raw("a scheme and a blank", ["Bearer ".to_owned()], "form"),
        raw("an empty header", [String::new()], "scheme"),
    ]
}

/// Keys that are published too, and that nothing may be checked with.
fn unusable() -> Vec<Value> {
    let rsa = |kid: &str, changes: Value| with(with(RSA.jwk(), json!({"kid": kid})), changes);
    vec![
        rsa("for_encryption", json!({"use": "enc"})),
        rsa("for_signing", json!({"key_ops": ["sign"]})),
        rsa("for_ps256", json!({"alg": "PS256"})),
        rsa("", json!({})),
        rsa("unnamed", json!({"kid": null})),
        json!({"kty": "oct", "kid": "symmetric", "k": base64("secret")}),
        json!({"kty": "RSA", "kid": "empty", "n": "", "e": "AQAB"}),
        json!({"kty": "EC", "kid": "half", "crv": "P-256", "x": base64([1; 32])}),
        json!({"kty": "EC", "kid": "odd", "crv": "secp256k1", "x": base64([1; 32]), "y": base64([1; 32])}),
        json!("no key"),
        serde_json::from_str(include_str!("keys/weak_jwk.json")).expect("JSON"),
    ]
}

#[tokio::test]
async fn bad_tokens_are_refused_each_for_its_own_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("keys.json");
    let mut keys: Value = serde_json::from_str(&set([&*RSA, &*P256, &*P384, &*ED])).expect("JSON");
    keys["keys"].as_array_mut().expect("a list").extend(unusable());
    std::fs::write(&file, keys.to_string()).expect("written");
    let open = || authenticator(by_file(&file), &Hand::new());
    let asked_all = open();
    let tables = [unsigned(), confused(), named(), headers(), times(), told(), shapes()];
    let (mut rows, mut wrong) = (0, Vec::new());
    for Bad { name, values, detail } in tables.into_iter().flatten() {
        rows += 1;
        let (reason, detail) = match detail {
            "exp_passed" => ("CREDENTIALS_EXPIRED", "exp"),
            detail => ("CREDENTIALS_INVALID", detail),
        };
        // One for each: just after the keys were read, nobody is refused for good for a name that is not among them.
        let refused = ask_with(&open(), &values).await;
        if refused != Err(Unidentified { reason, detail, wait: None }) {
            wrong.push(format!("{name}: {detail} expected, and it is {refused:?}"));
        }
        if ask_with(&asked_all, &values).await.is_ok() {
            wrong.push(format!("{name}: it is let in"));
        }
    }
    assert!(wrong.is_empty(), "{} of {rows}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(rows >= 80, "only {rows} tokens were tried");
    ask(&asked_all, &good()).await.expect("a good one is let in after all of them");
}

#[tokio::test]
async fn who_shows_nothing_is_told_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("keys.json");
    std::fs::write(&file, set([&*RSA])).expect("written");
    let authenticator = authenticator(by_file(&file), &Hand::new());
    let refused = ask_with(&authenticator, &[]).await.expect_err("nobody");
    assert_eq!(refused.reason, "CREDENTIALS_MISSING");
}
