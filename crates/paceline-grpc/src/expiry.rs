//! Expiry: when credentials are worth nothing any longer.
//!
//! It is an instant of the wall clock, which may be set. So who waits for it looks at that clock again before it should have come.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{Instant, sleep};

use crate::served::Clock;

/// After how long the clock is looked at again.
const LOOK: Duration = Duration::from_millis(500);

/// When credentials expire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Expiry {
    /// By the wall clock.
    at: Timestamp,
    /// By the clock that nobody sets, if nobody sets the other; nothing when that is further away than there is time.
    pub(crate) about: Option<Instant>,
}

impl Expiry {
    pub(crate) fn new(at: Timestamp, wall: &Clock) -> Self {
        Self { at, about: Instant::now().checked_add(left(at, wall)) }
    }

    /// Whether it has come.
    pub(crate) fn is_over(&self, wall: &Clock) -> bool {
        self.at <= wall()
    }
}

/// Waits until credentials have expired.
pub(crate) async fn expired(wall: Clock, expiry: Option<Expiry>) {
    let Some(expiry) = expiry else { return std::future::pending().await };
    while !expiry.is_over(&wall) {
        sleep(left(expiry.at, &wall).min(LOOK)).await;
    }
}

/// How long it is until an instant.
fn left(at: Timestamp, wall: &Clock) -> Duration {
    Duration::try_from(at.duration_since(wall())).unwrap_or(Duration::ZERO)
}
