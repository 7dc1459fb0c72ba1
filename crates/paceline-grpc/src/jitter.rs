//! Jitter: chance that spreads over time what many would do at once.

/// A number from 0 to 1.
pub(crate) fn jitter() -> f64 {
    // What has no randomness left falls together, which is no reason to fail.
    f64::from(getrandom::u32().unwrap_or_default()) / f64::from(u32::MAX)
}
