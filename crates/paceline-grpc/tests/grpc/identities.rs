//! Identities: who somebody is by the word that they show as a bearer token, and a wall clock that is set by hand.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use paceline_core::sight::{Root, Sight};
use paceline_grpc::{Credentials, Identify, Identifying, Principal, Role, Unidentified};
use tonic::Request;
use tonic::metadata::MetadataValue;

use crate::stage::{NOW, at};

/// Who there is.
#[derive(Debug)]
pub(crate) struct Identities {
    known: Mutex<BTreeMap<&'static str, Principal>>,
    pub(crate) wall: Mutex<Timestamp>,
}

impl Identities {
    /// Somebody of each role; the words are their names.
    pub(crate) fn new() -> Arc<Self> {
        let roots = |scope: &str, with_members| {
            Sight::Of([Root { scope: scope.to_owned(), with_members }].into())
        };
        let known = [
            ("U1", principal("U1", Role::Rep, Sight::of_rep("U1"), false)),
            ("U2", principal("U2", Role::Rep, Sight::of_rep("U2"), false)),
            ("M1", principal("M1", Role::Manager, Sight::of_manager("M1"), false)),
            ("executive", principal("X1", Role::Executive, Sight::All, false)),
            ("admin", principal("A1", Role::Admin, Sight::All, true)),
            ("board", principal("S1", Role::Service, Sight::All, false)),
            ("south", principal("S2", Role::Service, roots("team:M2", true), true)),
            ("sums", principal("S3", Role::Service, roots("team:M1", false), false)),
        ];
        Arc::new(Self { known: Mutex::new(known.into()), wall: Mutex::new(at(NOW)) })
    }

    /// Has the credentials of somebody expire at an instant of the wall clock.
    pub(crate) fn expire(&self, word: &str, instant: &str) {
        let mut known = self.known.lock().expect("identities");
        known.get_mut(word).expect("somebody").expires = Some(at(instant));
    }

    pub(crate) fn set_wall(&self, instant: &str) {
        *self.wall.lock().expect("a clock") = at(instant);
    }
}

fn principal(subject: &str, role: Role, sight: Sight, sets_goals: bool) -> Principal {
    let rep = matches!(role, Role::Rep | Role::Manager).then(|| subject.to_owned());
    Principal {
        issuer: "https://id.example.com".to_owned(),
        subject: subject.to_owned(),
        role,
        sight,
        rep,
        sets_goals,
        expires: None,
    }
}

impl Identify for Identities {
    fn identify<'a>(&'a self, shown: Credentials<'a>) -> Identifying<'a> {
        let word = shown.headers.get("authorization").and_then(|value| value.to_str().ok());
        let word = word.and_then(|value| value.strip_prefix("Bearer "));
        let missing = Unidentified { reason: "CREDENTIALS_MISSING", detail: "missing", wait: None };
        let known = self.known.lock().expect("identities");
        let found = word.and_then(|word| known.get(word).cloned()).ok_or(missing);
        Box::pin(std::future::ready(found))
    }
}

/// A request of somebody; with no word, of nobody. All have one id, which is in the answers: these are compared to the byte.
pub(crate) fn by<T>(word: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("x-request-id", MetadataValue::from_static("this-one"));
    if !word.is_empty() {
        let value = format!("Bearer {word}").parse().expect("a value");
        request.metadata_mut().insert("authorization", value);
    }
    request
}
