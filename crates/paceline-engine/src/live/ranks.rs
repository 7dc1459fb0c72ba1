//! Ranks and history: what is made of many standings at once, or of many days of one.

use jiff::Timestamp;
use paceline_core::board::{History, OfReps, Revision, Selection, Subject};
use paceline_core::day::Day;
use paceline_core::ranks::{By, Focus, Leaderboard, focus};

use super::Live;
use super::alarms::Alarm;

/// What to look at first in a selection.
#[derive(Clone, Debug)]
pub struct Focused {
    /// What is behind, in the order in which to look at it.
    pub focus: Vec<Focus>,
    /// The names in the selection of which there is no scope.
    pub unknown: Vec<String>,
    /// The revision at which it stands so.
    pub revision: Revision,
}

impl Live {
    /// The reps in a scope by rank, in the periods that are running or that hold a day; `None` when there is no such scope of
    /// which all are seen.
    pub fn leaderboard(
        &self,
        subject: &Subject,
        by: By,
        on: Option<Day>,
        now: Timestamp,
    ) -> (Option<Leaderboard>, Revision) {
        self.leaderboard_for(None, subject, by, on, now)
    }

    /// The same for a rep: of a scope that they are part of, and of which they do not see all, they are shown their own rank.
    pub fn leaderboard_for(
        &self,
        rep: Option<&str>,
        subject: &Subject,
        by: By,
        on: Option<Day>,
        now: Timestamp,
    ) -> (Option<Leaderboard>, Revision) {
        let ((reps, roster), revision) = self.read(now, |board| {
            (board.readings_of_reps(subject, rep, on, now), board.roster().clone())
        });
        let rank =
            |OfReps { readings, only }| Leaderboard::new(readings, by, &roster, now).only(only);
        (reps.map(rank), revision)
    }

    /// What a standing came to day by day, in the period that is running or that holds a day; `None` when there is no such
    /// scope.
    pub fn history(
        &self,
        subject: &Subject,
        on: Option<Day>,
        now: Timestamp,
    ) -> (Option<History>, Revision) {
        self.read(now, |board| board.history(subject, on, now))
    }

    /// What is behind in a selection, in the order in which to look at it.
    pub fn focus(&self, selection: &Selection, now: Timestamp) -> Focused {
        let ((readings, unknown, roster), revision) = self.read(now, |board| {
            let readings = board.readings(selection, None, now);
            (readings, board.unknown(selection), board.roster().clone())
        });
        Focused { focus: focus(readings, self.model(), &roster, now), unknown, revision }
    }

    /// An alarm, which is not set yet.
    pub fn alarm(&self) -> Alarm {
        Alarm::new(&self.alarms)
    }
}
