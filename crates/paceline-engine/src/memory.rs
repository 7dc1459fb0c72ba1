//! The status memory: what is to be written of statuses and alerts, in the order in which nothing is lost by a crash.
//!
//! 1. A change of status is written to the memory.
//! 2. An alert that is due is written to the memory too, whole, with the status it is of.
//! 3. Only when the memory has both for good, the alert is appended to the topic of alerts.
//! 4. When that has it for good, the memory is written without it.
//!
//! So an alert that the memory holds may or may not stand on its topic, and is appended again after a crash just as it is; one
//! that the memory does not hold does not stand there. Of each standing only the newest that is to be remembered waits to be
//! written, beside all its alerts: nothing but alerts adds up while a topic takes nothing.

mod about;
mod follower;
mod kept;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use metrics::gauge;
use paceline_core::alert::{Alert, Remembered};
use tokio::sync::watch;

use crate::metric;

pub use about::About;
pub use follower::{MemoryFollower, MemoryRecord, MemorySaid, Recalled};
use kept::Kept;

/// What is to be written, and what was read before the board opened.
#[derive(Debug)]
pub struct Memory {
    /// Held for a few words of one standing each; no other lock is taken meanwhile.
    kept: Mutex<Kept>,
    /// Counts what comes to be written.
    signal: watch::Sender<u64>,
}

/// An alert that is not known to stand on its topic.
#[derive(Debug)]
pub struct Raised {
    /// None of one that was read as it is written.
    alert: Option<Alert>,
    text: OnceLock<String>,
}

/// What is to be written of one standing.
#[derive(Clone, Debug)]
pub struct Write {
    /// Which.
    pub about: About,
    /// What is to be remembered of it; nothing when it may be forgotten.
    pub remembered: Option<Remembered>,
    /// Its alerts that are not known to stand on their topic, in their order.
    pub raised: Vec<Arc<Raised>>,
}

/// An alert that the memory has for good, and that is to be told.
#[derive(Clone, Debug)]
pub struct Ready {
    /// What it is about.
    pub about: About,
    /// The alert.
    pub raised: Arc<Raised>,
}

/// How much waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Standings of which something is to be written.
    pub standings: usize,
    /// Alerts that are not known to stand on their topic.
    pub alerts: usize,
}

impl Raised {
    pub(crate) fn new(alert: Alert) -> Self {
        Self { alert: Some(alert), text: OnceLock::new() }
    }

    pub(crate) fn written(text: String) -> Self {
        Self { alert: None, text: OnceLock::from(text) }
    }

    /// The alert as it is written. It is made once, so that it is the same wherever it stands.
    pub fn text(&self, write: impl FnOnce(&Alert) -> String) -> &str {
        self.text.get_or_init(|| self.alert.as_ref().map(write).unwrap_or_default())
    }
}

impl Memory {
    pub(crate) fn new() -> Self {
        Self { kept: Mutex::default(), signal: watch::Sender::new(0) }
    }

    /// Wakes when something is to be written.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.signal.subscribe()
    }

    /// Whether all that was there at start is read.
    pub fn is_read(&self) -> bool {
        self.kept().is_read
    }

    /// How much waits.
    pub fn waiting(&self) -> Waiting {
        self.kept().waiting()
    }

    /// Up to `most` of what is to be written to the memory. Of one standing there is one at a time, until it is
    /// [written](Self::written) or has [failed](Self::failed).
    pub fn writes(&self, most: usize) -> Vec<Write> {
        self.kept().writes(most)
    }

    /// Notes that the memory has what was to be written for good. The alerts in it are ready.
    pub fn written(&self, write: &Write) {
        self.kept().written(write);
        self.wake();
    }

    /// Notes that it is not known whether the memory has what was to be written: it is to be written again.
    pub fn failed(&self, write: &Write) {
        self.kept().failed(write);
        self.wake();
    }

    /// Up to `most` alerts that are ready. Of one standing there is one at a time, until it is [told](Self::told) or
    /// [not](Self::untold): they are told in their order.
    pub fn ready(&self, most: usize) -> Vec<Ready> {
        self.kept().ready(most)
    }

    /// Notes that an alert stands on its topic for good.
    pub fn told(&self, ready: &Ready) {
        self.kept().told(ready);
        self.wake();
    }

    /// Notes that it is not known whether an alert stands on its topic: it is to be told again.
    pub fn untold(&self, ready: Ready) {
        self.kept().untold(ready);
        self.wake();
    }

    /// Has something else be remembered, with the alerts that were raised meanwhile.
    pub(crate) fn remember(
        &self,
        raised: impl IntoIterator<Item = (About, Alert)>,
        changed: impl IntoIterator<Item = (About, Option<Remembered>)>,
    ) {
        let mut kept = self.kept();
        raised.into_iter().for_each(|(about, alert)| kept.raise(about, Raised::new(alert)));
        changed.into_iter().for_each(|(about, remembered)| kept.remember(about, remembered));
        drop(kept);
        self.wake();
    }

    /// What was read, when the board opens. What is read from then on is our own.
    pub(crate) fn open(&self) -> Vec<(About, Recalled)> {
        self.kept().open()
    }

    fn wake(&self) {
        let Waiting { standings, alerts } = self.waiting();
        gauge!(metric::STATUSES_WAITING).set(standings as f64);
        gauge!(metric::ALERTS_WAITING).set(alerts as f64);
        self.signal.send_modify(|signal| *signal += 1);
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().expect("no note of a status has panicked")
    }
}
