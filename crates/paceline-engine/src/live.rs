//! The live board: the one board of the process, behind its lock, with the signal that it changed.

mod alarms;
mod completeness;
mod explaining;
mod opening;
mod ranks;
mod reading;
mod telling;

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::atomic::{AtomicBool, AtomicUsize};

use jiff::Timestamp;
use metrics::{counter, gauge};
use paceline_core::alert::Hold;
use paceline_core::basis::Basis;
use paceline_core::board::{Batch, Board, Revision};
use paceline_core::entity::EntityId;
use paceline_core::facts::{Facts, FromEntity};
use paceline_core::model::Model;
use paceline_core::rates::Rates;
use paceline_core::roster::Roster;
use tokio::sync::watch;

use crate::alerts::Alerts;
use crate::asking::Asking;
use crate::bases::Bases;
use crate::freshness::Freshness;
use crate::goals::Goals;
use crate::memory::Memory;
use crate::metric;
use crate::shared::{Around, Shared};
use crate::symbols::{LaneSymbols, SharedSymbols};

use alarms::Alarms;

pub use alarms::Alarm;
pub use explaining::{Explanation, Moved, MovedSince, Rebased, Unexplained};
pub use ranks::Focused;
pub use reading::{Got, Shown};

/// The one board of the process.
#[derive(Debug)]
pub struct Live {
    /// A plain mutex: readers of a lock that prefers them could keep a lane from committing. A commit of one
    /// change and a reader's copy take microseconds, a full batch or the sums of a past period milliseconds.
    board: Mutex<Shared>,
    model: Arc<Model>,
    bases: Bases,
    asking: Asking,
    reps_from: Option<FromEntity>,
    /// Which entities each source may feed.
    feeds: Vec<Vec<EntityId>>,
    symbols: Arc<SharedSymbols>,
    freshness: Freshness,
    goals: Goals,
    memory: Memory,
    alerts: Alerts,
    /// Partitions that are not caught up yet.
    behind: AtomicUsize,
    /// Whether all have, and the board waits for lanes that fold by the reps of then.
    opening: AtomicBool,
    /// Counts everything a watcher may want to know of: commits, turns of the clock, causes.
    signal: watch::Sender<u64>,
    alarms: Arc<Alarms>,
}

impl Live {
    /// An unopened board over the topics of the sources.
    pub fn new(model: Arc<Model>, roster: Arc<Roster>, topics: Vec<String>) -> Self {
        let symbols = Arc::new(SharedSymbols::new(&model.symbols));
        let board = Board::new(model.clone(), roster.clone());
        let shared = Shared::new(board, LaneSymbols::new(symbols.clone()));
        Self {
            board: Mutex::new(shared),
            symbols,
            bases: Bases::new(Basis::new(&model.calendars, roster, Arc::default())),
            asking: Asking::default(),
            model,
            reps_from: None,
            feeds: Vec::new(),
            freshness: Freshness::new(topics),
            goals: Goals::new(),
            memory: Memory::new(),
            alerts: Alerts::new(),
            behind: AtomicUsize::new(0),
            opening: AtomicBool::new(false),
            signal: watch::Sender::new(0),
            alarms: Arc::new(Alarms::new()),
        }
    }

    /// The same, told which entities each source may feed.
    #[must_use]
    pub fn with_feeds(mut self, feeds: Vec<Vec<EntityId>>) -> Self {
        self.feeds = feeds;
        self
    }

    /// The same, with rates by which money is converted until records say others.
    #[must_use]
    pub fn with_rates(mut self, rates: Rates) -> Self {
        self.bases = Bases::new(self.bases.current().basis.with_rates(Arc::new(rates)));
        self
    }

    /// The same, waiting for a topic of its own records too, such as that of goals, whose index is that after the last.
    #[must_use]
    pub fn with_own(mut self, topic: String) -> Self {
        self.freshness.add_own(topic);
        self
    }

    /// The same, with alerts only of statuses that have held for so long. Without, each change of a status raises one.
    #[must_use]
    pub fn with_hold(self, hold: Hold) -> Self {
        self.board().hold(hold);
        self
    }

    /// The same, with reps by facts: those of the config, what records of an entity say, and what is told later. From the
    /// opening of the board on they are the roster.
    #[must_use]
    pub fn with_reps(mut self, facts: Facts, from: Option<FromEntity>) -> Self {
        self.reps_from = from;
        let mut shared = self.board();
        (shared.facts, shared.stale) = (facts, true);
        drop(shared);
        self
    }

    /// The model it counts by.
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// The reps and teams it counts for now. All that was read from the board before can be named by them.
    pub fn roster(&self) -> Arc<Roster> {
        self.bases.current().basis.roster.clone()
    }

    /// The records that are reps, if any.
    pub(crate) fn reps_from(&self) -> Option<&FromEntity> {
        self.reps_from.as_ref()
    }

    /// What records are folded by.
    pub(crate) fn bases(&self) -> &Bases {
        &self.bases
    }

    /// What its lanes are asked.
    pub(crate) fn asking(&self) -> &Asking {
        &self.asking
    }

    /// The table of texts its lanes share.
    pub fn symbols(&self) -> &Arc<SharedSymbols> {
        &self.symbols
    }

    /// What is remembered of statuses, and the alerts on their way to their topic.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// The alerts that stand on their topic.
    pub fn alerts(&self) -> &Alerts {
        &self.alerts
    }

    /// Wakes when the board, or what is known of its completeness, changed.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.signal.subscribe()
    }

    /// The newest revision.
    pub fn revision(&self) -> Revision {
        self.board().board.revision()
    }

    /// Commits what lanes have added up.
    pub fn commit<'a>(
        &self,
        batches: impl IntoIterator<Item = (usize, &'a Batch)>,
        now: Timestamp,
    ) -> Revision {
        let mut shared = self.board();
        shared.advance(now, &self.around());
        let revision = shared.board.commit(batches, now);
        shared.follow_statuses(&self.around());
        drop(shared);
        counter!(metric::COMMITS).increment(1);
        self.moved(revision);
        revision
    }

    fn moved(&self, revision: Revision) {
        gauge!(metric::REVISION).set(revision.0 as f64);
        self.wake();
    }

    fn around(&self) -> Around<'_> {
        Around { bases: &self.bases, freshness: &self.freshness, memory: &self.memory }
    }

    /// Lets time pass and rings the alarms that are due, and answers the next instant at which something changes by the clock
    /// alone.
    pub fn advance(&self, now: Timestamp) -> Option<Timestamp> {
        let mut shared = self.board();
        let changed = shared.advance(now, &self.around());
        let due = shared.next_due();
        drop(shared);
        if changed {
            self.wake();
        }
        self.alarms.ring(now);
        due
    }

    /// The next instant at which something changes by the clock alone.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.board().next_due()
    }

    /// The next instant at which an alarm rings.
    pub fn next_alarm(&self) -> Option<Timestamp> {
        self.alarms.first()
    }

    /// Wakes when an alarm is to ring before all others that are set.
    pub fn subscribe_to_alarms(&self) -> watch::Receiver<u64> {
        self.alarms.subscribe()
    }

    fn wake(&self) {
        self.signal.send_modify(|signal| *signal += 1);
    }

    /// A commit that panicked has left the board half changed: there is no number to serve from it, and the
    /// lane's end ends the process.
    fn board(&self) -> MutexGuard<'_, Shared> {
        self.board.lock().expect("no commit has panicked")
    }
}
