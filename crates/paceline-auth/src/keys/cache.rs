//! Keys as they are known: believed for a while, asked for again when one is missing, kept when their source is gone.
//!
//! Whoever sends tokens with names of keys that do not exist must not be able to have the identity provider asked for each of
//! them. So it is asked once in a while at most, by one request, while others wait for the same answer.

use std::sync::{Arc, PoisonError, RwLock};

use jiff::{SignedDuration, Timestamp};
use metrics::{counter, gauge};
use paceline_grpc::{Clock, Unidentified};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::Algorithm;
use super::fetch::{Error, Fetch};
use super::jwk::{Key, KeySet};
use super::source::KeySource;
use crate::metric;
use crate::token::invalid;

/// How long keys are used when they cannot be fetched.
const STALE_MAX: SignedDuration = SignedDuration::from_hours(24);
/// How often a file is read again while somebody asks.
const FILE_AGAIN: SignedDuration = SignedDuration::from_secs(1);

/// How often keys are asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// After how long they are asked for again; so long a key is believed that is no longer published.
    pub(crate) ttl: SignedDuration,
    /// The least time between two times that they are asked for.
    pub(crate) cool_down: SignedDuration,
}

/// The keys of a source.
pub(crate) struct Keys {
    fetch: Fetch,
    pace: Pace,
    clock: Clock,
    /// Held for an instant.
    known: RwLock<Option<Known>>,
    /// Held by who fetches.
    attempts: Arc<Mutex<Attempts>>,
}

/// Keys that were fetched.
#[derive(Clone)]
struct Known {
    keys: Arc<KeySet>,
    at: Timestamp,
}

/// What became of fetching.
#[derive(Default)]
struct Attempts {
    last: Option<Timestamp>,
    is_failing: bool,
}

impl Keys {
    pub(crate) fn new(source: &KeySource, pace: Pace, clock: Clock) -> Result<Arc<Self>, Error> {
        let pace = match source {
            KeySource::File(_) => Pace { ttl: FILE_AGAIN, cool_down: FILE_AGAIN },
            KeySource::Url { .. } => pace,
        };
        let (known, attempts) = (RwLock::default(), Arc::default());
        Ok(Arc::new(Self { fetch: Fetch::new(source)?, pace, clock, known, attempts }))
    }

    /// The key of a name for an algorithm.
    ///
    /// # Errors
    /// There is none, or no key at all can be had.
    pub(crate) async fn find(
        self: &Arc<Self>,
        kid: &str,
        algorithm: Algorithm,
    ) -> Result<Key, Unidentified> {
        let known = self.known();
        let now = (self.clock)();
        let is_enough =
            |known: &Known| since(known.at, now) < self.pace.ttl && known.keys.knows(kid);
        if !known.as_ref().is_some_and(is_enough) {
            self.renew(known.as_ref(), kid).await;
        }
        let unavailable = Unidentified { reason: "KEYS_UNAVAILABLE", detail: "keys" };
        let known = self.known().filter(|known| since(known.at, now) < STALE_MAX);
        let keys = known.ok_or(unavailable)?.keys;
        keys.find(kid, algorithm).cloned().ok_or_else(|| invalid("key"))
    }

    /// Asks for the keys again unless that was done only just, or by somebody else while this waited.
    async fn renew(self: &Arc<Self>, seen: Option<&Known>, kid: &str) {
        // Who has a key that is but old need not wait for who asks already.
        let has_key = seen.is_some_and(|seen| seen.keys.knows(kid));
        let attempts = match self.attempts.clone().try_lock_owned() {
            Ok(attempts) => attempts,
            Err(_) if has_key => return,
            Err(_) => self.attempts.clone().lock_owned().await,
        };
        if self.known().map(|known| known.at) != seen.map(|seen| seen.at) {
            return;
        }
        let now = (self.clock)();
        if attempts.last.is_some_and(|last| since(last, now) < self.pace.cool_down) {
            return;
        }
        // In a task of its own: a caller who goes away must not end what others wait for.
        let fetching = tokio::spawn(self.clone().fetch(attempts, now));
        fetching.await.ok();
    }

    async fn fetch(self: Arc<Self>, mut attempts: OwnedMutexGuard<Attempts>, now: Timestamp) {
        attempts.last = Some(now);
        match self.fetch.keys().await {
            Ok(keys) => {
                counter!(metric::KEY_FETCHES, "outcome" => "ok").increment(1);
                gauge!(metric::KEYS).set(keys.len() as f64);
                if attempts.is_failing {
                    tracing::info!(
                        keys = keys.len(),
                        "the identity provider's keys can be had again"
                    );
                }
                attempts.is_failing = false;
                let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
                *known = Some(Known { keys: Arc::new(keys), at: now });
            }
            Err(error) => {
                counter!(metric::KEY_FETCHES, "outcome" => "failed").increment(1);
                if !attempts.is_failing {
                    tracing::warn!(%error, "the identity provider's keys cannot be had; those that are known stay for a day");
                }
                attempts.is_failing = true;
            }
        }
    }

    fn known(&self) -> Option<Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// How long ago something was. A clock that was set back must not make anything last: that is forever ago.
fn since(then: Timestamp, now: Timestamp) -> SignedDuration {
    let passed = now.duration_since(then);
    if passed.is_negative() { SignedDuration::MAX } else { passed }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").field("pace", &self.pace).finish_non_exhaustive()
    }
}
