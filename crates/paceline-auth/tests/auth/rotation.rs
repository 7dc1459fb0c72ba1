//! Keys that change, and an identity provider that is gone, says nonsense, or is asked too much.

use std::future::{Future as _, poll_fn};
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use jiff::Timestamp;
use paceline_auth::{Authenticator, Tokens};
use paceline_grpc::{Clock, Principal, Unidentified};
use rustls::pki_types::PrivateKeyDer;
use serde_json::json;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use crate::certificates::Authority;
use crate::idp::{Hand, NOW, Web, ask, authenticator, by_file, by_url, claims, header, with};
use crate::signer::{NEW_RSA, RSA, Signer, set};

fn old() -> String {
    lasting(&RSA)
}

fn new() -> String {
    lasting(&NEW_RSA)
}

/// A token that outlasts the keys.
fn lasting(signer: &Signer) -> String {
    let claims = with(claims(), json!({"exp": NOW + 1_000_000}));
    signer.token(&header("RS256", signer.kid), &claims)
}

/// The refusal of who shows the name of a key that may be new, and who may come again after so many seconds.
fn unasked(seconds: u64) -> Unidentified {
    let wait = Some(Duration::from_secs(seconds));
    Unidentified { reason: "KEY_UNKNOWN", detail: "key_unasked", wait }
}

#[tokio::test]
async fn a_new_key_is_found_and_an_old_one_is_forgotten() {
    let web = Web::new(&set([&*RSA])).await;
    let hand = Hand::new();
    let authenticator = authenticator(by_url(&web.url, None), &hand);
    ask(&authenticator, &old()).await.expect("known");
    web.publish(&set([&*RSA, &*NEW_RSA]));
    // Not at once: it was asked for only just.
    assert_eq!(ask(&authenticator, &new()).await, Err(unasked(10)));
    hand.forward(3);
    assert_eq!(ask(&authenticator, &new()).await, Err(unasked(7)));
    hand.forward(-3);
    assert_eq!(web.asked(), 1);
    hand.forward(10);
    ask(&authenticator, &new()).await.expect("known by now");
    ask(&authenticator, &old()).await.expect("still known");
    assert_eq!(web.asked(), 2);
    web.publish(&set([&*NEW_RSA]));
    hand.forward(599);
    ask(&authenticator, &old()).await.expect("nobody has looked");
    hand.forward(1);
    assert_eq!(ask(&authenticator, &old()).await.expect_err("taken back").detail, "key");
    assert_eq!(web.asked(), 3);
}

#[tokio::test]
async fn a_key_that_is_new_during_an_outage_is_not_refused_for_good() {
    let web = Web::new(&set([&*RSA])).await;
    let hand = Hand::new();
    let authenticator = authenticator(by_url(&web.url, None), &hand);
    ask(&authenticator, &old()).await.expect("known");
    web.say("503 Service Unavailable", "x: y", "");
    hand.forward(10);
    assert_eq!(ask(&authenticator, &new()).await, Err(unasked(10)));
    web.publish(&set([&*RSA, &*NEW_RSA]));
    hand.forward(4);
    assert_eq!(ask(&authenticator, &new()).await, Err(unasked(6)));
    hand.forward(6);
    ask(&authenticator, &new()).await.expect("known by now");
    // Whose key is known to be nobody's is told so.
    let stranger = RSA.token(&header("RS256", "nobody"), &claims());
    hand.forward(10);
    let refused = ask(&authenticator, &stranger).await.expect_err("unknown");
    assert_eq!((refused.reason, refused.detail), ("CREDENTIALS_INVALID", "key"));
    assert_eq!(refused.wait, None);
}

#[tokio::test]
async fn keys_that_take_a_while_to_come_are_not_older_than_who_asked() {
    let web = Web::new(&set([&*RSA])).await;
    // A clock that goes on, unlike that of the other tests.
    let clock: Clock = Arc::new(Timestamp::now);
    let authenticator = Authenticator::new(Some(by_url(&web.url, None)), None, clock);
    let authenticator = authenticator.expect("keys can be asked for");
    let exp = Timestamp::now().as_second() + 3600;
    let claims = with(claims(), json!({"exp": exp, "iat": null, "nbf": null}));
    let token = RSA.token(&header("RS256", "rsa"), &claims);
    for _ in 0..3 {
        ask(&authenticator, &token).await.expect("the keys are there");
    }
    assert_eq!(web.asked(), 1);
}

#[tokio::test]
async fn ten_thousand_unknown_keys_are_asked_for_a_few_times() {
    let web = Web::new(&set([&*RSA])).await;
    let hand = Hand::new();
    let authenticator = Arc::new(authenticator(by_url(&web.url, None), &hand));
    let token = |n: usize| RSA.token_of(&header("RS256", &format!("unknown{n}")).to_string(), "{}");
    // Made before: signing takes longer than all the rest.
    let tokens: Vec<String> = (0..100).map(token).collect();
    let mut known_to_be_none = 0;
    for round in 0..100 {
        let asking = tokens.iter().cloned().map(|token| {
            let authenticator = authenticator.clone();
            tokio::spawn(async move { ask(&authenticator, &token).await })
        });
        for asked in asking.collect::<Vec<_>>() {
            match asked.await.expect("no panic").expect_err("unknown").detail {
                "key" => known_to_be_none += 1,
                detail => assert_eq!(detail, "key_unasked"),
            }
        }
        if round % 10 == 9 {
            hand.forward(5);
        }
    }
    // Fifty seconds, and one time in ten of them at most.
    assert!((1..=6).contains(&web.asked()), "asked {} times", web.asked());
    // Who had it asked knows; all others are told to come again.
    assert_eq!(known_to_be_none, web.asked());
    ask(&authenticator, &old()).await.expect("others are not kept out");
}

#[tokio::test]
async fn many_who_come_at_once_wait_for_one_answer() {
    let web = Web::new(&set([&*RSA])).await;
    let authenticator = Arc::new(authenticator(by_url(&web.url, None), &Hand::new()));
    let token = old();
    let asking: Vec<_> = (0..200)
        .map(|_| {
            let (authenticator, token) = (authenticator.clone(), token.clone());
            tokio::spawn(async move { ask(&authenticator, &token).await })
        })
        .collect();
    for asked in asking {
        asked.await.expect("no panic").expect("let in");
    }
    assert_eq!(web.asked(), 1);
}

#[tokio::test]
async fn who_goes_away_does_not_end_what_others_wait_for() {
    let web = Web::new(&set([&*RSA])).await;
    let authenticator = authenticator(by_url(&web.url, None), &Hand::new());
    let token = old();
    {
        let mut asking = pin!(ask(&authenticator, &token));
        // Looked at once: any time limit is enough for an answer from this host now and then.
        let look = poll_fn(|context| Poll::Ready(asking.as_mut().poll(context)));
        assert!(look.await.is_pending(), "it is given up before the answer");
    }
    ask(&authenticator, &token).await.expect("the keys have come");
    assert_eq!(web.asked(), 1);
}

#[tokio::test]
async fn known_keys_outlast_an_outage_for_a_day() {
    let web = Web::new(&set([&*RSA])).await;
    let hand = Hand::new();
    let authenticator = authenticator(by_url(&web.url, None), &hand);
    ask(&authenticator, &old()).await.expect("known");
    web.say("503 Service Unavailable", "x: y", "");
    hand.forward(600);
    ask(&authenticator, &old()).await.expect("kept");
    web.fall_silent();
    hand.forward(23 * 3600);
    let token = old();
    let at_once = tokio::time::timeout(Duration::from_secs(4), ask(&authenticator, &token));
    at_once.await.expect("nobody waits for who failed before").expect("still kept");
    web.say("503 Service Unavailable", "x: y", "");
    hand.forward(3600);
    let refused = ask(&authenticator, &old()).await.expect_err("too old");
    assert_eq!(refused.reason, "KEYS_UNAVAILABLE");
    web.publish(&set([&*RSA]));
    assert!(ask(&authenticator, &old()).await.is_err(), "not before the cool-down");
    hand.forward(10);
    ask(&authenticator, &old()).await.expect("it is back");
}

#[tokio::test]
async fn answers_that_are_no_keys_change_nothing() {
    let web = Web::new(&set([&*RSA])).await;
    let elsewhere = Web::new(&set([&*NEW_RSA])).await;
    let hand = Hand::new();
    let authenticator = authenticator(by_url(&web.url, None), &hand);
    ask(&authenticator, &old()).await.expect("known");
    let huge = format!("{{\"keys\":[],\"x\":\"{}\"}}", "x".repeat(256 * 1024));
    let location = format!("location: {}", elsewhere.url);
    for (status, head, body) in [
        ("200 OK", "x: y", "<html>"),
        ("200 OK", "x: y", "{}"),
        ("200 OK", "x: y", "{\"keys\":{}}"),
        ("200 OK", "x: y", "{\"keys\":[]}"),
        ("200 OK", "x: y", "{\"keys\":[],\"keys\":[]}"),
        ("200 OK", "x: y", "{\"keys\":[{\"kty\":\"oct\",\"kid\":\"rsa\",\"k\":\"AA\"}]}"),
        ("200 OK", "x: y", huge.as_str()),
        ("204 No Content", "x: y", ""),
        ("301 Moved Permanently", location.as_str(), ""),
        ("302 Found", location.as_str(), ""),
        ("307 Temporary Redirect", location.as_str(), ""),
        ("404 Not Found", "x: y", "{\"keys\":[]}"),
        ("500 Internal Server Error", "x: y", ""),
    ] {
        web.say(status, head, body);
        let before = web.asked();
        hand.forward(600);
        ask(&authenticator, &old()).await.unwrap_or_else(|no| panic!("{status} {body}: {no:?}"));
        // Whoever has a key does not wait for who failed before.
        while web.asked() == before {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(web.asked(), before + 1, "{status}");
        assert!(ask(&authenticator, &new()).await.is_err(), "{status}");
    }
    assert_eq!(elsewhere.asked(), 0, "redirections are not followed");
}

#[tokio::test]
async fn without_any_keys_nobody_is_refused_for_good() {
    let web = Web::new("nonsense").await;
    let hand = Hand::new();
    let authenticator = authenticator(by_url(&web.url, None), &hand);
    assert_eq!(ask(&authenticator, &old()).await.expect_err("no keys").reason, "KEYS_UNAVAILABLE");
    // Nobody listens there.
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("an address");
    let url = format!("http://{}/keys", closed.local_addr().expect("an address"));
    drop(closed);
    let nobody = crate::idp::authenticator(by_url(&url, None), &hand);
    assert_eq!(ask(&nobody, &old()).await.expect_err("no keys").reason, "KEYS_UNAVAILABLE");
}

#[tokio::test]
async fn a_provider_that_does_not_answer_is_given_up() {
    let web = Web::new("").await;
    web.fall_silent();
    let authenticator = authenticator(by_url(&web.url, None), &Hand::new());
    let token = old();
    let asking = tokio::time::timeout(Duration::from_secs(30), ask(&authenticator, &token));
    let refused = asking.await.expect("within its time").expect_err("no keys");
    assert_eq!(refused.reason, "KEYS_UNAVAILABLE");
}

/// Many who ask at once.
fn asking(
    authenticator: &Arc<Authenticator>,
    many: usize,
) -> Vec<JoinHandle<Result<Principal, Unidentified>>> {
    let token = old();
    let one = |_| {
        let (authenticator, token) = (authenticator.clone(), token.clone());
        tokio::spawn(async move { ask(&authenticator, &token).await })
    };
    (0..many).map(one).collect()
}

/// How each of them is refused.
async fn refused(asking: Vec<JoinHandle<Result<Principal, Unidentified>>>) -> Vec<Unidentified> {
    let mut all = Vec::new();
    for asked in asking {
        all.push(asked.await.expect("no panic").expect_err("there are no keys"));
    }
    all
}

#[tokio::test]
async fn all_who_wait_for_a_provider_that_does_not_answer_wait_for_one_attempt() {
    let web = Web::new("").await;
    web.fall_silent();
    let hand = Hand::new();
    // Less than an attempt takes.
    let tokens = Tokens { cool_down: Duration::from_secs(1), ..by_url(&web.url, None) };
    let authenticator = Arc::new(authenticator(tokens, &hand));
    let waiting = asking(&authenticator, 20);
    while web.asked() == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    hand.forward(5);
    let wait = Some(Duration::from_secs(1));
    let none = Unidentified { reason: "KEYS_UNAVAILABLE", detail: "keys", wait };
    assert_eq!(refused(waiting).await, [none; 20]);
    assert_eq!(web.asked(), 1);
    // It rests from the end of that attempt, not from its beginning.
    assert_eq!(refused(asking(&authenticator, 20)).await, [none; 20]);
    assert_eq!(web.asked(), 1);
}

#[tokio::test]
async fn some_wait_for_keys_and_all_others_come_again() {
    let web = Web::new("").await;
    web.fall_silent();
    let authenticator = Arc::new(authenticator(by_url(&web.url, None), &Hand::new()));
    // One asks, and so many wait for that.
    let all = refused(asking(&authenticator, 1 + 1_024 + 10)).await;
    // After the attempt there is something to wait for.
    let at_once = all.iter().filter(|refused| refused.wait == Some(Duration::ZERO));
    assert_eq!(at_once.count(), 10);
    assert!(all.iter().all(|refused| refused.reason == "KEYS_UNAVAILABLE"));
}

#[tokio::test]
async fn a_file_is_read_again_when_it_changes_and_kept_when_it_breaks() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("keys.json");
    let hand = Hand::new();
    let authenticator = authenticator(by_file(&file), &hand);
    assert_eq!(ask(&authenticator, &old()).await.expect_err("no file").reason, "KEYS_UNAVAILABLE");
    std::fs::write(&file, set([&*RSA])).expect("written");
    hand.forward(1);
    ask(&authenticator, &old()).await.expect("known");
    std::fs::write(&file, "{\"keys\": [").expect("written");
    hand.forward(1);
    ask(&authenticator, &old()).await.expect("kept");
    std::fs::write(&file, set([&*NEW_RSA])).expect("written");
    hand.forward(1);
    ask(&authenticator, &new()).await.expect("known");
    assert!(ask(&authenticator, &old()).await.is_err(), "taken back");
}

#[tokio::test]
async fn keys_come_over_tls_from_an_authority_that_is_named_and_from_no_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let (ours, others) = (Authority::new("ours"), Authority::new("others"));
    let ca = |authority: &Authority, name: &str| -> PathBuf {
        let path = folder.path().join(name);
        std::fs::write(&path, authority.pem()).expect("written");
        path
    };
    let (certificate, key) = ours.issue(&["127.0.0.1"], &[]);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("TLS")
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).expect("a key"),
        );
    let tls = TlsAcceptor::from(Arc::new(config.expect("a pair")));
    let web = Web::secured(&set([&*RSA]), tls).await;
    let hand = Hand::new();
    let believed = authenticator(by_url(&web.url, Some(&ca(&ours, "ours.pem"))), &hand);
    ask(&believed, &old()).await.expect("believed");
    let unbelieved = authenticator(by_url(&web.url, Some(&ca(&others, "others.pem"))), &hand);
    let refused = ask(&unbelieved, &old()).await.expect_err("not believed");
    assert_eq!(refused.reason, "KEYS_UNAVAILABLE");
    assert_eq!(web.asked(), 1);
}
