//! Tokens that are let in.

use paceline_auth::Algorithm;
use paceline_grpc::Role;
use serde_json::{Value, json};

use crate::idp::{Hand, NOW, ask, authenticator, by_file, claims, header, with};
use crate::signer::{ED, P256, P384, RSA, Signer, set};

/// A good token, and what it is about.
struct Good {
    name: &'static str,
    signer: &'static Signer,
    header: Value,
    claims: Value,
}

fn table() -> Vec<Good> {
    let rsa = || header("RS256", "rsa");
    let of = |name, header: Value, changes: Value| Good {
        name,
        signer: &RSA,
        header,
        claims: with(claims(), changes),
    };
    let mut table = vec![
        of("an everyday token", rsa(), json!({})),
        of("for several, of whom we are one", rsa(), json!({"aud": ["x", "paceline"]})),
        of("for us alone, as a list", rsa(), json!({"aud": ["paceline"]})),
        of("an access token", with(rsa(), json!({"typ": "at+jwt"})), json!({})),
        of("a kind as a media type", with(rsa(), json!({"typ": "application/at+JWT"})), json!({})),
        of("a kind in lower case", with(rsa(), json!({"typ": "jwt"})), json!({})),
        of("without nbf and iat", rsa(), json!({"nbf": null, "iat": null})),
        of("of a clock that is a little ahead", rsa(), json!({"nbf": NOW + 29, "iat": NOW + 29})),
        of("in its last second", rsa(), json!({"exp": NOW + 1})),
        of("with parts of seconds", rsa(), json!({"exp": NOW as f64 + 0.5})),
        of(
            "with claims that nobody knows",
            rsa(),
            json!({"azp": "x", "amr": ["pwd"], "nested": {"a": 1}}),
        ),
        of("of a manager", rsa(), json!({"role": "manager", "rep": "M1"})),
        of("with several roles", rsa(), json!({"role": ["x", "rep", "executive"]})),
        of("of a service that claims no role", rsa(), json!({"sub": "alerts", "role": null})),
        of(
            "with the place of keys, which is not looked at",
            with(rsa(), json!({"jku": "https://evil.example.com/", "x5t": "AA"})),
            json!({}),
        ),
    ];
    for (name, algorithm, signer) in
        [("signed by ES256", "ES256", &*P256), ("signed by EdDSA", "EdDSA", &*ED)]
    {
        table.push(Good { name, signer, header: header(algorithm, signer.kid), claims: claims() });
    }
    table
}

#[tokio::test]
async fn good_tokens_are_let_in() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("keys.json");
    std::fs::write(&file, set([&*RSA, &*P256, &*ED])).expect("written");
    let authenticator = authenticator(by_file(&file), &Hand::new());
    for Good { name, signer, header, claims } in table() {
        let principal = ask(&authenticator, &signer.token(&header, &claims)).await;
        let principal = principal.unwrap_or_else(|refused| panic!("{name}: {refused:?}"));
        assert_eq!(principal.subject, claims["sub"], "{name}");
        let expires = principal.expires.expect("tokens expire");
        assert_eq!(expires.as_second(), claims["exp"].as_f64().expect("a number") as i64, "{name}");
    }
}

#[tokio::test]
async fn every_algorithm_can_be_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("keys.json");
    std::fs::write(&file, set([&*RSA, &*P256, &*P384, &*ED])).expect("written");
    for (algorithm, name) in Algorithm::NAMES {
        let mut tokens = by_file(&file);
        tokens.algorithms = vec![algorithm];
        let authenticator = authenticator(tokens, &Hand::new());
        for (other, signer) in [
            ("RS256", &*RSA),
            ("RS384", &RSA),
            ("RS512", &RSA),
            ("PS256", &RSA),
            ("PS384", &RSA),
            ("PS512", &RSA),
            ("ES256", &P256),
            ("ES384", &P384),
            ("EdDSA", &ED),
        ] {
            let token = signer.token(&header(other, signer.kid), &claims());
            let is_let_in = ask(&authenticator, &token).await.is_ok();
            assert_eq!(is_let_in, name == other, "{other} where {name} is asked for");
        }
    }
}

#[tokio::test]
async fn a_token_says_who_it_is_and_what_they_may() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("keys.json");
    std::fs::write(&file, set([&*RSA])).expect("written");
    let authenticator = authenticator(by_file(&file), &Hand::new());
    for (role, sets_goals) in
        [(Role::Rep, false), (Role::Manager, false), (Role::Executive, false), (Role::Admin, true)]
    {
        let token =
            RSA.token(&header("RS256", "rsa"), &with(claims(), json!({"role": role.name()})));
        let principal = ask(&authenticator, &token).await.expect("good");
        assert_eq!((principal.role, principal.sets_goals), (role, sets_goals));
        assert_eq!(principal.rep.as_deref(), Some("U1"));
        assert_eq!(principal.issuer, crate::idp::ISSUER);
    }
}
