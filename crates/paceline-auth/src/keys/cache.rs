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
        if !self.is_younger(known.as_ref(), self.pace.ttl, kid) {
            let is_usable = self.is_younger(known.as_ref(), STALE_MAX, kid);
            self.renew(known.as_ref(), is_usable).await;
        }
        let unavailable = Unidentified { reason: "KEYS_UNAVAILABLE", detail: "keys" };
        let known = self.known().ok_or(unavailable)?;
        if self.age(&known) >= STALE_MAX {
            return Err(unavailable);
        }
        known.keys.find(kid, algorithm).cloned().ok_or_else(|| invalid("key"))
    }

    /// Whether a key of a name is known, and has been fetched within a time.
    fn is_younger(&self, known: Option<&Known>, age: SignedDuration, kid: &str) -> bool {
        known.is_some_and(|known| known.keys.knows(kid) && self.age(known) < age)
    }

    /// How long ago keys were fetched. The clock is asked after them, for they may have come meanwhile.
    fn age(&self, known: &Known) -> SignedDuration {
        since(known.at, (self.clock)())
    }

    /// Asks for the keys again unless that was done only just, or by somebody else while this waited. Whoever has a usable key,
    /// though an old one, waits neither for who asks already nor for a source that failed the last time.
    async fn renew(self: &Arc<Self>, seen: Option<&Known>, is_usable: bool) {
        let attempts = match self.attempts.clone().try_lock_owned() {
            Ok(attempts) => attempts,
            Err(_) if is_usable => return,
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
        let is_failing = attempts.is_failing;
        let fetching = tokio::spawn(self.clone().fetch(attempts, now));
        if !(is_usable && is_failing) {
            fetching.await.ok();
        }
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
