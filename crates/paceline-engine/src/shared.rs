//! What is behind the board's lock: the board, and the facts of which its roster is made.

use std::sync::Arc;

use jiff::Timestamp;
use paceline_core::basis::Basis;
use paceline_core::board::Board;
use paceline_core::calendar::CalendarId;
use paceline_core::day::Day;
use paceline_core::facts::{Facts, InForce};

use crate::bases::Bases;
use crate::freshness::Freshness;
use crate::symbols::LaneSymbols;

/// The board, and the facts of which its roster is made.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) board: Board,
    pub(crate) facts: Facts,
    symbols: LaneSymbols,
    /// Whether the roster may not be what the facts come to.
    pub(crate) stale: bool,
    /// When other facts come into force.
    due: Option<Timestamp>,
}

impl Shared {
    pub(crate) fn new(board: Board, symbols: LaneSymbols) -> Self {
        Self { board, facts: Facts::default(), symbols, stale: false, due: None }
    }

    /// The next instant at which something changes by the clock alone.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.due.filter(|_| self.board.is_open()).into_iter().chain(self.board.next_due()).min()
    }

    /// Lets time pass: facts come into force each at its instant, like all that the board does by itself. Answers whether
    /// anything changed.
    pub(crate) fn advance(&mut self, now: Timestamp, around: &Around<'_>) -> bool {
        let before = self.board.revision();
        while let Some(due) = self.due.filter(|due| *due <= now && self.board.is_open()) {
            self.settle(due, around);
        }
        self.board.advance(now);
        before != self.board.revision()
    }

    /// Has the board count by the roster that the facts come to, if that may be another. While catching up that waits.
    pub(crate) fn refresh(&mut self, now: Timestamp, around: &Around<'_>) {
        if self.stale && self.board.is_open() {
            self.advance(now, around);
            self.settle(now, around);
        }
    }

    /// Has the board count by the roster that the facts come to. The board comes first, and is right in who is below whom
    /// and who owes what; lanes follow with what a roster says of records.
    pub(crate) fn settle(&mut self, now: Timestamp, around: &Around<'_>) {
        self.stale = false;
        let model = self.board.model().clone();
        let zone = &model.calendar(CalendarId::DEFAULT).zone;
        let today = Day::of(now, zone);
        let InForce { reps, findings } = self.facts.on(today, &model.calendars);
        self.due = self.facts.next_change(today).map(|day| day.start(zone));
        around.freshness.set_findings(findings);
        let former = self.board.roster().clone();
        if former.reps() == reps {
            return;
        }
        let roster = former.after(reps, &model.calendars, &mut self.symbols);
        let roster = Arc::new(roster.expect("facts in force name every rep once, and no cycle"));
        self.board.set_roster(roster.clone(), now);
        around.bases.publish(Basis { roster }, now, &model, around.freshness);
    }
}

/// What is told when the roster becomes another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Around<'a> {
    pub(crate) bases: &'a Bases,
    pub(crate) freshness: &'a Freshness,
}
