//! Opening: waiting until all that was on the topics at start is counted, by the reps that there are then.

use std::sync::atomic::Ordering;

use jiff::Timestamp;
use paceline_core::ledger::Tallies;

use super::Live;

impl Live {
    /// Whether all that was on the topics at start is counted, so that standings are judged.
    pub fn is_open(&self) -> bool {
        self.board().board.is_open()
    }

    /// Takes over what the records of a shard add up to by the time its lane has caught up.
    pub fn adopt(&self, shard: usize, tallies: Tallies) {
        self.board().board.adopt(shard, tallies);
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
        shared.open(now, &self.around());
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
        shared.open(now, &self.around());
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
}
