//! Keys as they are known: believed for a while, asked for again when one is missing, kept when their source is gone.
//!
//! Whoever sends tokens with names of keys that do not exist must not be able to have the identity provider asked for each of
//! them. So it is asked once in a while at most, by one request, while others wait for the same answer, and not all of them.
//! A name that could not be asked for may be that of a new key: whoever shows it is not refused for good, but told to come again.

use std::sync::{Arc, PoisonError, RwLock};

use jiff::{SignedDuration, Timestamp};
use metrics::{counter, gauge};
use paceline_grpc::{Clock, Unidentified};
use tokio::sync::{Mutex, OwnedMutexGuard, Semaphore};

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
/// The most requests that wait for keys that somebody else has asked for.
const WAITING_MAX: usize = 1_024;

/// How often keys are asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// After how long they are asked for again; so long a key is believed that is no longer published.
    pub(crate) ttl: SignedDuration,
    /// The least time between the end of one attempt to fetch them and the beginning of the next.
    pub(crate) cool_down: SignedDuration,
}

/// The keys of a source.
pub(crate) struct Keys {
    fetch: Fetch,
    pace: Pace,
    clock: Clock,
    /// Held for an instant.
    state: RwLock<State>,
    /// Held by who fetches.
    turn: Arc<Mutex<()>>,
    /// The places of those who wait for that.
    places: Semaphore,
}

/// What is known, and what became of fetching it.
#[derive(Clone, Default)]
struct State {
    known: Option<Known>,
    /// How many attempts have ended.
    attempts: u64,
    /// When the last one ended.
    ended: Option<Timestamp>,
    /// Whether it failed.
    is_failing: bool,
}

/// Keys that were fetched.
#[derive(Clone)]
struct Known {
    keys: Arc<KeySet>,
    /// When they were asked for.
    at: Timestamp,
}

impl Keys {
    pub(crate) fn new(source: &KeySource, pace: Pace, clock: Clock) -> Result<Arc<Self>, Error> {
        let pace = match source {
            KeySource::File(_) => Pace { ttl: FILE_AGAIN, cool_down: FILE_AGAIN },
            KeySource::Url { .. } => pace,
        };
        let (state, turn, places) =
            (RwLock::default(), Arc::default(), Semaphore::new(WAITING_MAX));
        Ok(Arc::new(Self { fetch: Fetch::new(source)?, pace, clock, state, turn, places }))
    }

    /// The key of a name for an algorithm.
    ///
    /// # Errors
    /// There is none; or none is known, and it cannot be asked for just now; or no key at all can be had.
    pub(crate) async fn find(
        self: &Arc<Self>,
        kid: &str,
        algorithm: Algorithm,
    ) -> Result<Key, Unidentified> {
        let seen = self.state();
        let mut is_told = false;
        if !self.is_younger(seen.known.as_ref(), self.pace.ttl, kid) {
            let is_usable = self.is_younger(seen.known.as_ref(), STALE_MAX, kid);
            is_told = self.renew(&seen, is_usable).await;
        }
        let state = self.state();
        let known = state.known.as_ref().filter(|known| self.age(known) < STALE_MAX);
        let no_keys = || self.not_yet("KEYS_UNAVAILABLE", "keys", &state);
        let keys = &known.ok_or_else(no_keys)?.keys;
        match keys.find(kid, algorithm) {
            Some(key) => Ok(key.clone()),
            None if is_told || keys.knows(kid) => Err(invalid("key")),
            None => Err(self.not_yet("KEY_UNKNOWN", "key_unasked", &state)),
        }
    }

    /// Whether a key of a name is known, and has been fetched within a time.
    fn is_younger(&self, known: Option<&Known>, age: SignedDuration, kid: &str) -> bool {
        known.is_some_and(|known| known.keys.knows(kid) && self.age(known) < age)
    }

    /// How long ago keys were asked for. The clock is asked after them, for they may have come meanwhile.
    fn age(&self, known: &Known) -> SignedDuration {
        since(known.at, (self.clock)())
    }

    /// For how long keys are not asked for again.
    fn rest(&self, state: &State) -> SignedDuration {
        let Some(ended) = state.ended else { return SignedDuration::ZERO };
        let passed = since(ended, (self.clock)());
        self.pace.cool_down.saturating_sub(passed).max(SignedDuration::ZERO)
    }

    /// A refusal that may be no fault of the caller's, who may come again when keys may be asked for again.
    fn not_yet(&self, reason: &'static str, detail: &'static str, state: &State) -> Unidentified {
        Unidentified { reason, detail, wait: Some(self.rest(state).unsigned_abs()) }
    }

    /// Asks for the keys again unless that was done only just, or by somebody else while this waited. Whoever has a usable key,
    /// though an old one, waits neither for who asks already nor for a source that failed the last time.
    ///
    /// Answers whether the source was asked after the caller came, and has told its keys: then a name that is not among them
    /// is nobody's.
    async fn renew(self: &Arc<Self>, seen: &State, is_usable: bool) -> bool {
        if !self.rest(seen).is_zero() {
            return false;
        }
        let Some(turn) = self.turn(is_usable).await else { return false };
        let state = self.state();
        if state.attempts != seen.attempts {
            return false;
        }
        // In a task of its own: a caller who goes away must not end what others wait for.
        let fetching = tokio::spawn(self.clone().fetch(turn));
        if is_usable && state.is_failing {
            return false;
        }
        fetching.await.unwrap_or(false)
    }

    /// The turn to fetch, which is waited for while somebody else has it, unless a key is usable or too many wait already.
    async fn turn(&self, is_usable: bool) -> Option<OwnedMutexGuard<()>> {
        if let Ok(turn) = self.turn.clone().try_lock_owned() {
            return Some(turn);
        }
        if is_usable {
            return None;
        }
        let _place = self.places.try_acquire().ok()?;
        Some(self.turn.clone().lock_owned().await)
    }

    /// Fetches the keys in somebody's turn, and answers whether they came.
    async fn fetch(self: Arc<Self>, _turn: OwnedMutexGuard<()>) -> bool {
        let at = (self.clock)();
        match self.fetch.keys().await {
            Ok(keys) => {
                counter!(metric::KEY_FETCHES, "outcome" => "ok").increment(1);
                let count = keys.len();
                gauge!(metric::KEYS).set(count as f64);
                if self.end(Some(Known { keys: Arc::new(keys), at })) {
                    tracing::info!(keys = count, "the identity provider's keys can be had again");
                }
                true
            }
            Err(error) => {
                counter!(metric::KEY_FETCHES, "outcome" => "failed").increment(1);
                if !self.end(None) {
                    tracing::warn!(%error, "the identity provider's keys cannot be had; those that are known stay for a day");
                }
                false
            }
        }
    }

    /// Notes that an attempt has ended, with keys or without, and answers whether the one before had failed.
    fn end(&self, fetched: Option<Known>) -> bool {
        let ended = (self.clock)();
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        state.attempts += 1;
        state.ended = Some(ended);
        let was_failing = std::mem::replace(&mut state.is_failing, fetched.is_none());
        state.known = fetched.or_else(|| state.known.take());
        was_failing
    }

    fn state(&self) -> State {
        self.state.read().unwrap_or_else(PoisonError::into_inner).clone()
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
