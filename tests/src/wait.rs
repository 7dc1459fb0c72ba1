//! Waiting for something another process does, with a limit that is a failure and never a measure.
//!
//! A test asserts on what happened, not on how long it took: a loaded machine is not a broken program. The limit is
//! there only so that a test which would wait for ever ends, and says what it waited for.

use std::{
    thread,
    time::{Duration, Instant},
};

/// How long to wait for anything before giving up: far more than any of it takes, even where two cores are shared.
pub const LIMIT: Duration = Duration::from_secs(120);

/// How long to rest between two attempts.
const PAUSE: Duration = Duration::from_millis(25);

/// Attempts until there is an answer, and returns it.
///
/// # Panics
///
/// After [`LIMIT`] without one, naming `what` was awaited.
#[track_caller]
pub fn until<T>(what: &str, attempt: impl FnMut() -> Option<T>) -> T {
    match attempts(attempt) {
        Some(answer) => answer,
        None => panic!("waited {LIMIT:?} in vain until {what}"),
    }
}

/// Attempts until there is an answer; `None` after [`LIMIT`], for callers with more to say than a panic here could.
pub fn attempts<T>(mut attempt: impl FnMut() -> Option<T>) -> Option<T> {
    let start = Instant::now();
    loop {
        if let Some(answer) = attempt() {
            return Some(answer);
        }
        if start.elapsed() > LIMIT {
            return None;
        }
        thread::sleep(PAUSE);
    }
}
