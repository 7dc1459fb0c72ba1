//! Alarms: instants at which somebody wants to look again although nothing on the board changes then, as when one rep draws
//! level with another.
//!
//! They go by the clock that the board goes by: whoever lets its time pass rings them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use jiff::Timestamp;
use tokio::sync::{Notify, watch};

/// All alarms that are set.
#[derive(Debug)]
pub(super) struct Alarms {
    set: Mutex<Set>,
    /// Counts how often the earliest became an earlier one.
    moved: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Set {
    by_instant: BTreeMap<(Timestamp, u64), Arc<Notify>>,
    /// How many there ever were.
    count: u64,
}

/// An alarm that can be set to one instant at a time. What is dropped rings no more.
#[derive(Debug)]
pub struct Alarm {
    alarms: Arc<Alarms>,
    id: u64,
    instant: Option<Timestamp>,
    rung: Arc<Notify>,
}

impl Alarms {
    pub(super) fn new() -> Self {
        Self { set: Mutex::default(), moved: watch::Sender::new(0) }
    }

    /// The instant of the first to ring.
    pub(super) fn first(&self) -> Option<Timestamp> {
        self.set().by_instant.first_key_value().map(|((at, _), _)| *at)
    }

    /// Wakes when the first is an earlier one than before.
    pub(super) fn subscribe(&self) -> watch::Receiver<u64> {
        self.moved.subscribe()
    }

    /// Rings those that are due.
    pub(super) fn ring(&self, now: Timestamp) {
        let mut set = self.set();
        while let Some(first) = set.by_instant.first_entry().filter(|first| first.key().0 <= now) {
            first.remove().notify_one();
        }
    }

    fn set(&self) -> MutexGuard<'_, Set> {
        self.set.lock().expect("nothing that holds it panics")
    }
}

impl Alarm {
    pub(super) fn new(alarms: &Arc<Alarms>) -> Self {
        let mut set = alarms.set();
        set.count += 1;
        let id = set.count;
        drop(set);
        Self { alarms: alarms.clone(), id, instant: None, rung: Arc::default() }
    }

    /// Sets it to an instant in place of the one before, or to none.
    pub fn set(&mut self, instant: Option<Timestamp>) {
        if self.instant.is_none() && instant.is_none() {
            return;
        }
        let mut set = self.alarms.set();
        let first = set.by_instant.first_key_value().map(|((at, _), _)| *at);
        if let Some(former) = std::mem::replace(&mut self.instant, instant) {
            set.by_instant.remove(&(former, self.id));
        }
        let Some(instant) = instant else { return };
        set.by_instant.insert((instant, self.id), self.rung.clone());
        drop(set);
        if first.is_none_or(|first| instant < first) {
            self.alarms.moved.send_modify(|moved| *moved += 1);
        }
    }

    /// Waits until it has rung since this was last waited for.
    pub async fn rung(&self) {
        self.rung.notified().await;
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        self.set(None);
    }
}
