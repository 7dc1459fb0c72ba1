//! Reading: the standings of a selection, what changed in it, and which scopes anything changed of.

use std::sync::Arc;

use jiff::Timestamp;
use paceline_core::board::{Board, Changed, Reading, Revision, Selection, Standing, Update};
use paceline_core::day::Day;
use paceline_core::roster::Roster;

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

/// What somebody gets of a selection, by what they have of it.
#[derive(Clone, Debug)]
pub enum Got {
    /// Who has nothing: everything.
    All(Shown),
    /// Who has what there was at a revision: what changed since.
    Changes(Update),
    /// The same, when too much was removed since.
    Forgotten,
}

/// What is read while the board is held.
enum Held {
    All(Vec<Reading>, Vec<String>),
    Changes(Option<Update<Reading>>),
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

    /// What everybody gets of a selection who has what there was at `since`, or nothing; all at one revision, which is
    /// answered.
    pub fn catch_up(
        &self,
        selection: &Selection,
        since: &[Option<Revision>],
        now: Timestamp,
    ) -> (Vec<Got>, Revision) {
        let (held, revision) = self.read(now, |board| {
            let held = since.iter().map(|since| match since {
                None => Held::All(board.readings(selection, None, now), board.unknown(selection)),
                Some(since) => Held::Changes(board.changes_since(*since, selection)),
            });
            held.collect::<Vec<Held>>()
        });
        (held.into_iter().map(|held| held.at(now, revision)).collect(), revision)
    }

    /// Which scopes anything changed of after a revision, with the roster by which they are part of one another, and the revision
    /// up to which that is; nothing before the sources are caught up.
    pub fn changed_since(
        &self,
        since: Revision,
        now: Timestamp,
    ) -> Option<(Changed, Arc<Roster>, Revision)> {
        let (changed, revision) = self.read(now, |board| {
            board.is_open().then(|| (board.changed_since(since), board.roster().clone()))
        });
        changed.map(|(changed, roster)| (changed, roster, revision))
    }

    /// Reads something from the board as it is at an instant, with the revision at which it was read. What can be worked out
    /// of it afterwards should be: the board is locked meanwhile.
    pub(crate) fn read<T>(
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

impl Held {
    /// It at an instant, which takes arithmetic, and so is done when the board is held no longer.
    fn at(self, now: Timestamp, revision: Revision) -> Got {
        match self {
            Self::All(readings, unknown) => {
                let standings = readings.into_iter().map(|reading| reading.at(now)).collect();
                Got::All(Shown { standings, unknown, revision })
            }
            Self::Changes(Some(update)) => Got::Changes(update.at(now)),
            Self::Changes(None) => Got::Forgotten,
        }
    }
}
