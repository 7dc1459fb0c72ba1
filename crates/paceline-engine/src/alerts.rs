//! The alerts that stand on their topic: read back from it, and told to everyone from one list that all share.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use foldhash::fast::FixedState;
use jiff::Timestamp;
use metrics::{counter, gauge};
use paceline_core::alert::AlertId;
use paceline_core::period::PeriodKind;
use tokio::sync::watch;

use crate::live::Live;
use crate::log::Log;
use crate::metric;

/// The alerts that are kept.
#[derive(Debug)]
pub struct Alerts {
    /// Held while some are looked at or come; no other lock is taken meanwhile.
    kept: Mutex<Kept>,
    /// Counts whatever changes.
    signal: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Kept {
    /// In the order of their offsets.
    told: VecDeque<Arc<ToldAlert>>,
    ids: HashSet<AlertId, FixedState>,
    /// The offset from which on all are known.
    first: i64,
    /// The offset after the last that is known.
    next: i64,
    is_read: bool,
    secret: Option<[u8; 32]>,
}

/// An alert as it stands on its topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldAlert {
    /// Where.
    pub offset: i64,
    /// Since when, by the brokers' clocks.
    pub stands_since: Timestamp,
    /// Its id.
    pub id: AlertId,
    /// The name of the scope it is about.
    pub scope: String,
    /// The KPI's name.
    pub kpi: String,
    /// The kind of period.
    pub kind: PeriodKind,
    /// Since when its status holds.
    pub since: Timestamp,
    /// The alert itself, as who serves it wants it.
    pub body: Vec<u8>,
    /// Whether it stood there before.
    pub is_repeat: bool,
}

/// A stretch of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stretch {
    /// The alerts on it, in their order, repeats left out.
    pub alerts: Vec<Arc<ToldAlert>>,
    /// Where the list goes on.
    pub next: i64,
}

/// What a position follows is not kept, or never was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfRange;

impl Alerts {
    pub(crate) fn new() -> Self {
        Self { kept: Mutex::default(), signal: watch::Sender::new(0) }
    }

    /// Wakes when alerts come, or more is known of them.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.signal.subscribe()
    }

    /// Whether all that stood on the topic at start is known, and what tokens are authenticated by.
    pub fn is_ready(&self) -> bool {
        let kept = self.kept();
        kept.is_read && kept.secret.is_some()
    }

    /// What resume tokens are authenticated by, once it is known.
    pub fn secret(&self) -> Option<[u8; 32]> {
        self.kept().secret
    }

    /// The offset after the last that is known.
    pub fn next(&self) -> i64 {
        self.kept().next
    }

    /// Up to `most` alerts from an offset on.
    ///
    /// # Errors
    /// [`OutOfRange`] when some from there on are no longer kept, or there never was as much.
    pub fn from(&self, offset: i64, most: usize) -> Result<Stretch, OutOfRange> {
        let kept = self.kept();
        if offset < kept.first || offset > kept.next {
            return Err(OutOfRange);
        }
        let begin = kept.told.partition_point(|told| told.offset < offset);
        let stretch: Vec<_> = kept.told.iter().skip(begin).take(most).cloned().collect();
        let more = begin + stretch.len() < kept.told.len();
        let next = stretch.last().filter(|_| more).map_or(kept.next, |last| last.offset + 1);
        let alerts = stretch.into_iter().filter(|told| !told.is_repeat).collect();
        Ok(Stretch { alerts, next })
    }

    /// Up to `most` alerts before an offset, the newest first; `next` is the offset before which the list goes on.
    pub fn before(&self, offset: i64, most: usize) -> Stretch {
        let kept = self.kept();
        let end = kept.told.partition_point(|told| told.offset < offset);
        let stretch: Vec<_> = kept.told.range(..end).rev().take(most).cloned().collect();
        let next = stretch.last().map_or(0, |last| last.offset);
        let alerts = stretch.into_iter().filter(|told| !told.is_repeat).collect();
        Stretch { alerts, next }
    }

    /// The id of the alert that stands right before an offset, if that is kept: by it a topic that was made anew is told from
    /// the one before.
    pub fn anchor(&self, offset: i64) -> Option<AlertId> {
        let kept = self.kept();
        let at = kept.told.partition_point(|told| told.offset < offset);
        let before = kept.told.get(at.checked_sub(1)?)?;
        (before.offset == offset - 1).then_some(before.id)
    }

    /// Takes alerts that stand on the topic, in the order of their offsets, which ends before `next`.
    pub fn take(&self, alerts: impl IntoIterator<Item = ToldAlert>, next: i64) {
        let mut kept = self.kept();
        for mut told in alerts {
            told.is_repeat = !kept.ids.insert(told.id);
            kept.told.push_back(Arc::new(told));
        }
        kept.next = kept.next.max(next);
        gauge!(metric::ALERTS_KEPT).set(kept.told.len() as f64);
        drop(kept);
        self.wake();
    }

    /// Lets go of what has stood on the topic since before an instant.
    pub fn forget_before(&self, instant: Timestamp) {
        let mut kept = self.kept();
        while kept.told.front().is_some_and(|oldest| oldest.stands_since < instant) {
            let Some(oldest) = kept.told.pop_front() else { return };
            kept.first = oldest.offset + 1;
            if !oldest.is_repeat {
                kept.ids.remove(&oldest.id);
            }
        }
    }

    /// Takes what tokens are to be authenticated by; the first that is told stays.
    pub fn agree_on(&self, secret: [u8; 32]) {
        self.kept().secret.get_or_insert(secret);
        self.wake();
    }

    fn begin_at(&self, first: i64) {
        let mut kept = self.kept();
        (kept.first, kept.next) = (first, first);
    }

    fn read(&self) {
        if !std::mem::replace(&mut self.kept().is_read, true) {
            self.wake();
        }
    }

    fn wake(&self) {
        self.signal.send_modify(|signal| *signal += 1);
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().expect("no look at alerts has panicked")
    }
}

/// A record of the topic of alerts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertRecord {
    /// Its offset.
    pub offset: i64,
    /// The alert; nothing when it cannot be understood.
    pub alert: Option<ToldAlert>,
}

/// Follows the topic of alerts.
#[derive(Debug)]
pub struct AlertFollower {
    live: Arc<Live>,
    log: Log,
    topic: String,
}

impl AlertFollower {
    /// A follower of `topic` from the offset `first` on, whose index is `source` among the topics the board is made of.
    pub fn new(live: Arc<Live>, source: usize, topic: String, first: i64) -> Self {
        live.alerts().begin_at(first);
        Self { live, log: Log::new(source, topic.clone()), topic }
    }

    /// Takes records in their order. One that cannot be understood is nobody's alert, and makes no number incomplete.
    pub fn take(&mut self, records: Vec<AlertRecord>) {
        let Some(last) = records.last().map(|record| record.offset) else { return };
        for AlertRecord { offset, alert } in &records {
            self.log.note(*offset, &[], false);
            if alert.is_none() {
                let labels = [("topic", self.topic.clone()), ("reason", "malformed".to_owned())];
                counter!(metric::REJECTED, &labels).increment(1);
            }
        }
        self.live.alerts().take(records.into_iter().filter_map(|record| record.alert), last + 1);
        self.log.counted(&self.live);
    }

    /// Tells that all that was there at start is known.
    pub fn caught_up(&mut self, now: Timestamp) {
        self.live.alerts().read();
        self.log.caught_up(&self.live, now);
    }
}
