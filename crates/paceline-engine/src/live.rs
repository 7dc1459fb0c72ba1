//! The live board: the one board of the process, behind its lock, with the signal that it changed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::Timestamp;
use metrics::{counter, gauge};
use paceline_core::basis::Basis;
use paceline_core::board::{Batch, Board, Revision, Selection, Standing, Update};
use paceline_core::day::Day;
use paceline_core::entity::EntityId;
use paceline_core::goal::Goal;
use paceline_core::ledger::Tallies;
use paceline_core::model::Model;
use paceline_core::rates::Rates;
use paceline_core::roster::Roster;
use tokio::sync::watch;

use crate::freshness::{Cause, Freshness, PartitionFreshness};
use crate::goals::Goals;
use crate::metric;
use crate::symbols::SharedSymbols;

/// The one board of the process.
#[derive(Debug)]
pub struct Live {
    /// A plain mutex: readers of a lock that prefers them could keep a lane from committing. A commit of one
    /// change and a reader's copy take microseconds, a full batch or the sums of a past period milliseconds.
    board: Mutex<Board>,
    model: Arc<Model>,
    basis: Basis,
    symbols: Arc<SharedSymbols>,
    freshness: Freshness,
    goals: Goals,
    /// Partitions that are not caught up yet.
    behind: AtomicUsize,
    /// Counts everything a watcher may want to know of: commits, turns of the clock, causes.
    signal: watch::Sender<u64>,
}

impl Live {
    /// An unopened board over the topics of the sources.
    pub fn new(model: Arc<Model>, roster: Arc<Roster>, topics: Vec<String>) -> Self {
        Self {
            board: Mutex::new(Board::new(model.clone(), roster.clone())),
            symbols: Arc::new(SharedSymbols::new(&model.symbols)),
            model,
            basis: Basis { roster, rates: Arc::default() },
            freshness: Freshness::new(topics),
            goals: Goals::new(),
            behind: AtomicUsize::new(0),
            signal: watch::Sender::new(0),
        }
    }

    /// The same, with rates by which money is converted.
    #[must_use]
    pub fn with_rates(mut self, rates: Rates) -> Self {
        self.basis.rates = Arc::new(rates);
        self
    }

    /// The same, waiting for a topic of goals too, whose index is that after the last source.
    #[must_use]
    pub fn with_goals(mut self, topic: String) -> Self {
        self.freshness.add_own(topic);
        self
    }

    /// The model it counts by.
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// The reps and teams it counts for.
    pub fn roster(&self) -> &Arc<Roster> {
        &self.basis.roster
    }

    /// What records are folded by besides the model.
    pub fn basis(&self) -> &Basis {
        &self.basis
    }

    /// The table of texts its lanes share.
    pub fn symbols(&self) -> &Arc<SharedSymbols> {
        &self.symbols
    }

    /// What of the sources is counted.
    pub fn freshness(&self) -> &Freshness {
        &self.freshness
    }

    /// Wakes when the board, or what is known of its completeness, changed.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.signal.subscribe()
    }

    /// Whether all that was on the topics at start is counted, so that standings are judged.
    pub fn is_open(&self) -> bool {
        self.board().is_open()
    }

    /// The newest revision.
    pub fn revision(&self) -> Revision {
        self.board().revision()
    }

    /// Commits what lanes have added up.
    pub fn commit<'a>(
        &self,
        batches: impl IntoIterator<Item = (usize, &'a Batch)>,
        now: Timestamp,
    ) -> Revision {
        let revision = self.board().commit(batches, now);
        counter!(metric::COMMITS).increment(1);
        gauge!(metric::REVISION).set(revision.0 as f64);
        self.wake();
        revision
    }

    /// Puts the goals that were set while running on the board, in place of those before.
    pub(crate) fn set_goals(&self, set: &[Goal], now: Timestamp) -> Revision {
        let revision = self.board().set_goals(set, now);
        gauge!(metric::REVISION).set(revision.0 as f64);
        self.wake();
        revision
    }

    /// The goals that were set while running.
    pub(crate) fn goals(&self) -> &Goals {
        &self.goals
    }

    /// Takes over what the records of a shard add up to by the time its lane has caught up.
    pub fn adopt(&self, shard: usize, tallies: Tallies) {
        self.board().adopt(shard, tallies);
    }

    /// Lets time pass, and answers the next instant at which something changes by the clock alone.
    pub fn advance(&self, now: Timestamp) -> Option<Timestamp> {
        let mut board = self.board();
        let changed = board.advance(now);
        let due = board.next_due();
        drop(board);
        if changed {
            self.wake();
        }
        due
    }

    /// The next instant at which something changes by the clock alone.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.board().next_due()
    }

    /// Sets how many partitions have to catch up before the board opens.
    pub fn expect(&self, partitions: usize) {
        self.behind.store(partitions, Ordering::Release);
    }

    /// Notes that one more partition has caught up; with the last the board opens. Answers whether it did.
    pub fn partition_caught_up(&self, now: Timestamp) -> bool {
        let last = self.behind.fetch_sub(1, Ordering::AcqRel) == 1;
        if last {
            self.open(now);
        }
        last
    }

    /// Opens the board: everything is judged for the first time.
    pub fn open(&self, now: Timestamp) {
        self.board().open(now);
        self.freshness.open();
        self.completeness_changed();
    }

    /// Raises or clears a cause of incompleteness.
    pub fn set_cause(&self, cause: Cause, raised: bool) {
        if self.freshness.set_cause(cause, raised) {
            self.completeness_changed();
        }
    }

    /// Changes what is known of a partition.
    pub fn update_partition(
        &self,
        source: usize,
        partition: i32,
        update: impl FnOnce(&mut PartitionFreshness),
    ) {
        if self.freshness.update(source, partition, update) {
            self.completeness_changed();
        }
    }

    /// Sets the metrics that are worth their cost only when somebody looks.
    pub fn publish_lag(&self) {
        for source in self.freshness.sources() {
            for (partition, known) in &source.partitions {
                let labels =
                    [("topic", source.topic.clone()), ("partition", partition.to_string())];
                gauge!(metric::LAG, &labels).set(known.lag() as f64);
            }
        }
    }

    /// Takes over what a lane has counted.
    pub(crate) fn update_counted(
        &self,
        partitions: impl IntoIterator<Item = (usize, i32, PartitionFreshness)>,
        gaps: &BTreeMap<EntityId, i64>,
    ) {
        if self.freshness.commit(partitions, gaps) {
            self.completeness_changed();
        }
    }

    /// The standings of a selection at an instant, with the revision they stand at.
    pub fn standings(
        &self,
        selection: &Selection,
        on: Option<Day>,
        now: Timestamp,
    ) -> (Vec<Standing>, Revision) {
        let mut board = self.board();
        if board.advance(now) {
            self.wake();
        }
        let (readings, revision) = (board.readings(selection, on, now), board.revision());
        drop(board);
        (readings.into_iter().map(|reading| reading.at(now)).collect(), revision)
    }

    /// What changed in a selection after a revision, with the revision it changed to; `None` in place of the
    /// changes when too much was removed since.
    pub fn changes_since(
        &self,
        since: Revision,
        selection: &Selection,
        now: Timestamp,
    ) -> (Option<Update>, Revision) {
        let mut board = self.board();
        if board.advance(now) {
            self.wake();
        }
        let (update, revision) = (board.changes_since(since, selection), board.revision());
        drop(board);
        (update.map(|update| update.at(now)), revision)
    }

    fn completeness_changed(&self) {
        let complete = self.freshness.causes().is_empty();
        gauge!(metric::COMPLETE).set(if complete { 1.0 } else { 0.0 });
        self.wake();
    }

    fn wake(&self) {
        self.signal.send_modify(|signal| *signal += 1);
    }

    /// A commit that panicked has left the board half changed: there is no number to serve from it, and the
    /// lane's end ends the process.
    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().expect("no commit has panicked")
    }
}
