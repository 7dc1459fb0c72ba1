//! The records of the audit log: one JSON object each, the same bytes on the topic and as a line of the file.
//!
//! ```json
//! {"time":"2026-11-23T13:00:00.5Z","what":"goal.set","who":{"issuer":"https://id.example.com","subject":"ana","role":"admin"},
//!  "method":"paceline.v1.GoalsService/SetGoal","goal":{"id":"g-6f3c0a91d2b47e58","edit":2,"by":"ana"},
//!  "old":{"kpi":"bookings","period":"month","target":"42000","for":{"rep":"U1"}},
//!  "new":{"kpi":"bookings","period":"month","target":"45000","for":{"rep":"U1"}},
//!  "outcome":"ACCEPTED","request_id":"5f0c…","peer":"10.0.0.7:51344","chain":"9a4e…","seq":17,"prev":"77c1…","hash":"e3b0…"}
//! ```
//!
//! `hash` is the SHA-256 of all bytes before `,"hash"`, and `prev` that of the record before in the same chain. A chain is what
//! one run of the service wrote without a failure between; its first record, `log.opened`, has as `prev` the hash of the record
//! that was the last on the topic then, or zeros. As others may write to the topic and not to the file, it also has the hash of the record
//! that was the last in the file, `prev_in_file`.

use jiff::Timestamp;
use paceline_grpc::{About, Call, GoalChange, Named, Principal, Refusal, Step};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::service::goals::record::{Terms, terms};

/// The `prev` of a record before which there was none.
pub const NONE_BEFORE: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// What the first record of a chain is called.
pub(crate) const OPENED: &str = "log.opened";
/// What the last record of a chain is called, if the service ended in order.
pub(crate) const CLOSED: &str = "log.closed";
/// What changes that are accepted are called.
const SET: &str = "goal.set";
const DELETED: &str = "goal.deleted";
/// What stands before the hash of a record, and what follows it.
const BEFORE_HASH: &[u8] = b",\"hash\":\"";
const AFTER_HASH: &[u8] = b"\"}";
/// The digits of a hash.
const HASH_LEN: usize = 64;

/// What a record says, apart from its place in a chain.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Record {
    time: String,
    pub(crate) what: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    software: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prev_in_file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    who: Option<Who>,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    goal: Option<Goal>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    scopes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    further_scopes: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    old: Option<Terms>,
    #[serde(skip_serializing_if = "Option::is_none")]
    new: Option<Terms>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    #[serde(skip_serializing_if = "String::is_empty")]
    reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressed: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
struct Who {
    #[serde(skip_serializing_if = "String::is_empty")]
    issuer: String,
    subject: String,
    role: &'static str,
}

#[derive(Clone, Debug, Serialize)]
struct Goal {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    edit: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
}

impl Record {
    fn new(what: &'static str, time: Timestamp) -> Self {
        Self { what, time: time.to_string(), ..Self::default() }
    }

    /// A chain begins, in a file after a record if there is one.
    pub(crate) fn opened(time: Timestamp, prev_in_file: Option<String>) -> Self {
        let software = concat!("paceline ", env!("CARGO_PKG_VERSION"));
        Self { software: Some(software), prev_in_file, ..Self::new(OPENED, time) }
    }

    /// The service ends in order.
    pub(crate) fn closed(time: Timestamp) -> Self {
        Self::new(CLOSED, time)
    }

    /// So many refusals were not written down each by itself.
    pub(crate) fn suppressed(count: u64, time: Timestamp) -> Self {
        Self { suppressed: Some(count), ..Self::new("suppressed", time) }
    }

    /// What becomes of a goal.
    pub(crate) fn of_change(change: &GoalChange, time: Timestamp) -> Self {
        let GoalChange { call, who, edit, step } = change;
        let (what, outcome) = match (step, &edit.new) {
            (Step::Accepted, Some(_)) => (SET, "ACCEPTED"),
            (Step::Accepted, None) => (DELETED, "ACCEPTED"),
            (Step::Unconfirmed(_), _) => ("goal.unconfirmed", "UNAVAILABLE"),
        };
        let goal =
            Goal { id: edit.goal.clone(), edit: Some(edit.number), by: Some(edit.who.clone()) };
        Self {
            goal: Some(goal),
            old: edit.old.as_ref().map(terms),
            new: edit.new.as_ref().map(terms),
            outcome: Some(outcome),
            reason: match step {
                Step::Accepted => String::new(),
                Step::Unconfirmed(error) => error.clone(),
            },
            ..Self::of_call(what, call, Some(who), time)
        }
    }

    /// That the change of which this tells was not made; nothing if it tells of none that was accepted.
    pub(crate) fn not_made(&self, time: Timestamp) -> Option<Self> {
        matches!(self.what, SET | DELETED).then(|| Self {
            who: self.who.clone(),
            method: self.method.clone(),
            goal: self.goal.clone(),
            outcome: Some("UNAVAILABLE"),
            reason: "GOAL_NOT_AUDITED".to_owned(),
            request_id: self.request_id.clone(),
            peer: self.peer.clone(),
            ..Self::new("goal.not_made", time)
        })
    }

    /// Somebody was refused something, or several things.
    pub(crate) fn of_refusal(refusal: &Refusal, time: Timestamp) -> Self {
        let Refusal { call, who, outcome, reason, detail, named: Named { about, further } } =
            refusal;
        let scope = |about: &About| match about {
            About::Scope(name) => Some(name.clone()),
            About::Goal(_) => None,
        };
        let goal = |about: &About| match about {
            About::Scope(_) => None,
            About::Goal(id) => Some(Goal { id: id.clone(), edit: None, by: None }),
        };
        Self {
            goal: about.iter().find_map(goal),
            scopes: about.iter().filter_map(scope).collect(),
            further_scopes: (*further > 0).then_some(*further),
            outcome: Some(outcome),
            reason: reason.clone(),
            detail: *detail,
            ..Self::of_call("refused", call, who.as_deref(), time)
        }
    }

    fn of_call(what: &'static str, call: &Call, who: Option<&Principal>, time: Timestamp) -> Self {
        let who = who.map(|Principal { issuer, subject, role, .. }| Who {
            issuer: issuer.clone(),
            subject: subject.clone(),
            role: role.name(),
        });
        Self {
            who,
            method: Some(call.method.clone()),
            request_id: Some(call.request_id.clone()),
            peer: call.peer.map(|peer| peer.to_string()),
            ..Self::new(what, time)
        }
    }
}

/// A record in its place in a chain.
#[derive(Serialize)]
struct Chained<'a> {
    #[serde(flatten)]
    record: &'a Record,
    chain: &'a str,
    seq: u64,
    prev: &'a str,
}

/// A record as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sealed {
    pub(crate) line: String,
    pub(crate) hash: String,
}

/// Puts a record into its place in a chain.
///
/// # Errors
/// It cannot be written as JSON.
pub(crate) fn seal(
    record: &Record,
    (chain, seq, prev): (&str, u64, &str),
) -> Result<Sealed, serde_json::Error> {
    let mut line = serde_json::to_string(&Chained { record, chain, seq, prev })?;
    line.pop();
    let hash = hex(&Sha256::digest(line.as_bytes()));
    line.push_str(&format!(",\"hash\":\"{hash}\"}}"));
    Ok(Sealed { line, hash })
}

/// What the check of a chain needs of a record.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Link {
    /// When it was written.
    pub time: String,
    /// What it tells of.
    pub what: String,
    /// Its chain.
    pub chain: String,
    /// Its number in that.
    pub seq: u64,
    /// The hash of the record before it.
    pub prev: String,
    /// That of the record before it in the file, where a chain begins in a file that had any.
    pub prev_in_file: Option<String>,
    /// Its own hash, as it says itself.
    pub hash: String,
    /// Its own hash, as its bytes come to.
    #[serde(skip)]
    pub computed: String,
}

/// Reads a record as it is written; nothing if it is none.
pub fn read(line: &[u8]) -> Option<Link> {
    let body = line.strip_suffix(AFTER_HASH)?;
    let body = body.get(..body.len().checked_sub(HASH_LEN)?)?.strip_suffix(BEFORE_HASH)?;
    let link: Link = serde_json::from_slice(line).ok()?;
    Some(Link { computed: hex(&Sha256::digest(body)), ..link })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
