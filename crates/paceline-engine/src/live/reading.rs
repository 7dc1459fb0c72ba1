//! Reading: the standings of a selection, and what changed in it.

use jiff::Timestamp;
use paceline_core::board::{Board, Revision, Selection, Standing, Update};
use paceline_core::day::Day;

use super::Live;

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
    /// The standings of a selection at an instant.
    pub fn standings(&self, selection: &Selection, on: Option<Day>, now: Timestamp) -> Shown {
        let ((readings, unknown), revision) =
            self.read(now, |board| (board.readings(selection, on, now), board.unknown(selection)));
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
        let (update, revision) = self.read(now, |board| board.changes_since(since, selection));
        (update.map(|update| update.at(now)), revision)
    }

    /// Reads something from the board as it is at an instant, with the revision at which it was read. What can be worked out
    /// of it afterwards should be: the board is locked meanwhile.
    pub(super) fn read<T>(
        &self,
        now: Timestamp,
        read: impl FnOnce(&mut Board) -> T,
    ) -> (T, Revision) {
        let mut shared = self.board();
        if shared.advance(now, &self.around()) {
            self.wake();
        }
        let board = &mut shared.board;
        (read(board), board.revision())
    }
}
