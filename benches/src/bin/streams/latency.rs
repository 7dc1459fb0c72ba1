//! How old what is read is: counts by age, in steps of two percent.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

/// The relative size of a step.
const STEP: f64 = 1.02;
/// Steps up to an age of more than an hour.
const STEPS: usize = 1_200;

/// Ages that many threads add to.
#[derive(Debug)]
pub(crate) struct Ages(Vec<AtomicU64>);

/// What ages come to, in milliseconds.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Latency {
    pub(crate) count: u64,
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) max: f64,
}

impl Ages {
    pub(crate) fn new() -> Self {
        Self((0..STEPS).map(|_| AtomicU64::new(0)).collect())
    }

    pub(crate) fn add(&self, micros: u64) {
        let step = (micros.max(1) as f64).ln() / STEP.ln();
        self.0[(step as usize).min(STEPS - 1)].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn clear(&self) {
        self.0.iter().for_each(|count| count.store(0, Ordering::Relaxed));
    }

    pub(crate) fn latency(&self) -> Latency {
        let counts: Vec<u64> = self.0.iter().map(|count| count.load(Ordering::Relaxed)).collect();
        let count = counts.iter().sum();
        // The upper end of a step, so that no age is made better than it was.
        let at = |share: f64| {
            let wanted = ((count as f64 * share).ceil() as u64).max(1);
            let mut sum = 0;
            let step = counts.iter().position(|count| {
                sum += count;
                sum >= wanted
            });
            step.map_or(0.0, |step| STEP.powf(step as f64 + 1.0) / 1_000.0)
        };
        Latency { count, p50: at(0.5), p99: at(0.99), max: at(1.0) }
    }
}
