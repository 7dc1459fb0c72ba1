//! The live board: the one board of the process, behind its lock, with the signal that it changed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use jiff::Timestamp;
use metrics::{counter, gauge};
use paceline_core::basis::Basis;
use paceline_core::board::{Batch, Board, Revision, Selection, Standing, Update};
use paceline_core::day::Day;
use paceline_core::entity::EntityId;
use paceline_core::facts::{Facts, FromEntity, Said, Told};
use paceline_core::goal::Goal;
use paceline_core::kpi::KpiId;
use paceline_core::ledger::Tallies;
use paceline_core::model::Model;
use paceline_core::rates::{Rate, Rates};
use paceline_core::roster::Roster;
use tokio::sync::watch;

use crate::bases::Bases;
use crate::freshness::{Cause, Freshness, PartitionFreshness};
use crate::goals::Goals;
use crate::metric;
use crate::shared::{Around, Shared};
use crate::symbols::{LaneSymbols, SharedSymbols};

/// The one board of the process.
#[derive(Debug)]
pub struct Live {
    /// A plain mutex: readers of a lock that prefers them could keep a lane from committing. A commit of one
    /// change and a reader's copy take microseconds, a full batch or the sums of a past period milliseconds.
    board: Mutex<Shared>,
    model: Arc<Model>,
    bases: Bases,
    reps_from: Option<FromEntity>,
    /// Which entities each source may feed.
    feeds: Vec<Vec<EntityId>>,
    symbols: Arc<SharedSymbols>,
    freshness: Freshness,
    goals: Goals,
    /// Partitions that are not caught up yet.
    behind: AtomicUsize,
    /// Whether all have, and the board waits for lanes that fold by the reps of then.
    opening: AtomicBool,
    /// Counts everything a watcher may want to know of: commits, turns of the clock, causes.
    signal: watch::Sender<u64>,
}

/// The standings of a selection.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The standings.
    pub standings: Vec<Standing>,
    /// The names in the selection of which there is no scope.
    pub unknown: Vec<String>,
    /// The revision they stand at.
    pub revision: Revision,
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
            model,
            reps_from: None,
            feeds: Vec::new(),
            freshness: Freshness::new(topics),
            goals: Goals::new(),
            behind: AtomicUsize::new(0),
            opening: AtomicBool::new(false),
            signal: watch::Sender::new(0),
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
        self.board().board.is_open()
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
        drop(shared);
        counter!(metric::COMMITS).increment(1);
        self.moved(revision);
        revision
    }

    /// Notes what records say of reps, and has the board count by what that comes to, in one revision.
    pub(crate) fn say_reps(
        &self,
        said: impl IntoIterator<Item = (String, Option<Said>)>,
        now: Timestamp,
    ) {
        self.change_facts(now, |facts| {
            said.into_iter().fold(false, |changed, (id, said)| facts.set_base(&id, said) | changed)
        });
    }

    /// Notes what is told of reps, and has the board count by what that comes to, in one revision.
    pub(crate) fn tell_reps(
        &self,
        told: impl IntoIterator<Item = (Vec<u8>, Told)>,
        now: Timestamp,
    ) {
        self.change_facts(now, |facts| {
            told.into_iter().fold(false, |changed, (key, told)| facts.tell(&key, told) | changed)
        });
    }

    /// Notes what records say of rates, by which lanes fold from then on.
    pub(crate) fn say_rates(
        &self,
        said: impl IntoIterator<Item = (String, Option<Rate>)>,
        now: Timestamp,
    ) {
        let mut shared = self.board();
        shared.say_rates(said);
        shared.refresh(now, &self.around());
        drop(shared);
        self.completeness_changed();
    }

    fn change_facts(&self, now: Timestamp, change: impl FnOnce(&mut Facts) -> bool) {
        let mut shared = self.board();
        shared.stale |= change(&mut shared.facts);
        let before = shared.board.revision();
        shared.refresh(now, &self.around());
        let revision = shared.board.revision();
        drop(shared);
        if revision != before {
            self.moved(revision);
        }
        // What cannot hold is a cause, and may be told of without any other number.
        self.completeness_changed();
    }

    fn moved(&self, revision: Revision) {
        gauge!(metric::REVISION).set(revision.0 as f64);
        self.wake();
    }

    fn around(&self) -> Around<'_> {
        Around { bases: &self.bases, freshness: &self.freshness }
    }

    /// Puts the goals that were set while running on the board, in place of those before.
    pub(crate) fn set_goals(&self, set: &[Goal], now: Timestamp) -> Revision {
        let mut shared = self.board();
        shared.advance(now, &self.around());
        let revision = shared.board.set_goals(set, now);
        drop(shared);
        self.moved(revision);
        revision
    }

    /// The goals that were set while running.
    pub(crate) fn goals(&self) -> &Goals {
        &self.goals
    }

    /// Takes over what the records of a shard add up to by the time its lane has caught up.
    pub fn adopt(&self, shard: usize, tallies: Tallies) {
        self.board().board.adopt(shard, tallies);
    }

    /// Lets time pass, and answers the next instant at which something changes by the clock alone.
    pub fn advance(&self, now: Timestamp) -> Option<Timestamp> {
        let mut shared = self.board();
        let changed = shared.advance(now, &self.around());
        let due = shared.next_due();
        drop(shared);
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

    /// Notes that one more partition has caught up. With the last the board opens, as soon as lanes fold by the reps that
    /// there are then.
    pub fn partition_caught_up(&self, now: Timestamp) {
        if self.behind.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.opening.store(true, Ordering::Release);
            self.try_open(now);
        }
    }

    /// Opens the board: everything is judged for the first time.
    pub fn open(&self, now: Timestamp) {
        self.opening.store(true, Ordering::Release);
        let mut shared = self.board();
        if !shared.board.is_open() {
            shared.settle(now, &self.around());
        }
        shared.board.open(now);
        drop(shared);
        self.opened();
    }

    fn try_open(&self, now: Timestamp) {
        let mut shared = self.board();
        if shared.board.is_open() {
            return;
        }
        shared.settle(now, &self.around());
        if !self.bases.all_followed() {
            return;
        }
        shared.board.open(now);
        drop(shared);
        self.opened();
    }

    fn opened(&self) {
        self.freshness.open();
        self.completeness_changed();
    }

    /// Notes that all a lane has committed is folded by a version of the basis.
    pub(crate) fn followed(&self, lane: usize, version: u64, now: Timestamp) {
        self.bases.followed(lane, version, &self.freshness);
        self.completeness_changed();
        if self.opening.load(Ordering::Acquire) {
            self.try_open(now);
        }
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

    /// The standings of a selection at an instant.
    pub fn standings(&self, selection: &Selection, on: Option<Day>, now: Timestamp) -> Shown {
        let mut shared = self.board();
        if shared.advance(now, &self.around()) {
            self.wake();
        }
        let board = &mut shared.board;
        let (readings, unknown) = (board.readings(selection, on, now), board.unknown(selection));
        let revision = board.revision();
        drop(shared);
        let standings = readings.into_iter().map(|reading| reading.at(now)).collect();
        Shown { standings, unknown, revision }
    }

    /// What changed in a selection after a revision, with the revision it changed to; `None` in place of the
    /// changes when too much was removed since.
    pub fn changes_since(
        &self,
        since: Revision,
        selection: &Selection,
        now: Timestamp,
    ) -> (Option<Update>, Revision) {
        let mut shared = self.board();
        if shared.advance(now, &self.around()) {
            self.wake();
        }
        let board = &shared.board;
        let (update, revision) = (board.changes_since(since, selection), board.revision());
        drop(shared);
        (update.map(|update| update.at(now)), revision)
    }

    fn completeness_changed(&self) {
        let summary = self.freshness.summary();
        self.follow_lag(&summary.lagging);
        let complete = summary.causes.is_empty();
        gauge!(metric::COMPLETE).set(if complete { 1.0 } else { 0.0 });
        self.wake();
    }

    /// Puts in doubt what is counted of sources that lag behind.
    fn follow_lag(&self, sources: &BTreeSet<usize>) {
        let entities = sources.iter().filter_map(|source| self.feeds.get(*source)).flatten();
        let entities: BTreeSet<EntityId> = entities.copied().collect();
        let looks = |kpi: &KpiId| entities.iter().any(|at| self.model.looks_at(*kpi, *at));
        let leaves: BTreeSet<KpiId> = self.model.kpi_ids().filter(looks).collect();
        let mut shared = self.board();
        if std::mem::replace(&mut shared.lagging, leaves.clone()) != leaves {
            shared.board.set_lagging(&leaves);
        }
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
