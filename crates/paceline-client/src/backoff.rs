//! How long to wait before a lost server is tried again: a random part of a bound that doubles, so that the clients of
//! a server that went away do not all come back in the same moment.

use std::time::Duration;

/// The bound of the first wait.
const FIRST: Duration = Duration::from_millis(250);
/// The bound of any wait.
const MOST: Duration = Duration::from_secs(5);

/// The waits between attempts that fail one after another.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// How long to wait after one more failure, on top of what the server asked for. `chance` is from 0 to 1.
    pub(crate) fn wait(&mut self, asked: Duration, chance: f64) -> Duration {
        let bound = FIRST.saturating_mul(1 << self.failures.min(8)).min(MOST);
        self.failures = self.failures.saturating_add(1);
        asked + bound.mul_f64(chance.clamp(0.0, 1.0))
    }

    /// The server is there again.
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }
}

/// A random number from 0 to 1. What has no randomness left waits half the time, which is no reason to fail.
pub(crate) fn chance() -> f64 {
    getrandom::u32().map_or(0.5, |number| f64::from(number) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::{Backoff, MOST};
    use std::time::Duration;

    #[test]
    fn waits_grow_up_to_a_bound_and_begin_again() {
        let mut backoff = Backoff::default();
        let waits: Vec<_> = (0..8).map(|_| backoff.wait(Duration::ZERO, 1.0).as_millis()).collect();
        assert_eq!(waits, [250, 500, 1000, 2000, 4000, 5000, 5000, 5000]);
        backoff.reset();
        assert_eq!(backoff.wait(Duration::ZERO, 0.5), Duration::from_millis(125));
        (0..1000).for_each(|_| assert!(backoff.wait(Duration::ZERO, 1.0) <= MOST));
    }

    #[test]
    fn the_server_is_never_asked_sooner_than_it_wants() {
        let asked = Duration::from_secs(7);
        for chance in [0.0, 0.3, 1.0] {
            let wait = Backoff::default().wait(asked, chance);
            assert!(wait >= asked && wait <= asked + Duration::from_millis(250));
        }
    }
}
