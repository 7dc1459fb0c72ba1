//! What is behind the board's lock: the board, and what was said of reps and rates, of which the basis is made.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use paceline_core::board::Board;
use paceline_core::calendar::CalendarId;
use paceline_core::day::Day;
use paceline_core::facts::{Facts, InForce};
use paceline_core::kpi::KpiId;
use paceline_core::rates::{Book, Rate};

use crate::bases::Bases;
use crate::freshness::Freshness;
use crate::symbols::LaneSymbols;

/// The board, and what the basis is made of.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) board: Board,
    pub(crate) facts: Facts,
    symbols: LaneSymbols,
    /// Whether the roster may not be what the facts come to.
    pub(crate) stale: bool,
    book: Book,
    /// Whether the rates may not be those of the book.
    outdated: bool,
    /// When other facts come into force.
    due: Option<Timestamp>,
    /// The simple KPIs that the board knows to lag behind.
    pub(crate) lagging: BTreeSet<KpiId>,
}

impl Shared {
    pub(crate) fn new(board: Board, symbols: LaneSymbols) -> Self {
        Self {
            board,
            facts: Facts::default(),
            symbols,
            stale: false,
            book: Book::default(),
            outdated: false,
            due: None,
            lagging: BTreeSet::new(),
        }
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
            self.settle_reps(due, around);
        }
        self.board.advance(now);
        before != self.board.revision()
    }

    /// Notes what records say of rates.
    pub(crate) fn say_rates(&mut self, said: impl IntoIterator<Item = (String, Option<Rate>)>) {
        for (id, rate) in said {
            self.outdated |= self.book.set(&id, rate);
        }
    }

    /// Whether the basis may not be what was said comes to.
    pub(crate) fn is_stale(&self) -> bool {
        self.stale || self.outdated
    }

    /// Has everything be counted by what was said, if that may be otherwise. While catching up that waits.
    pub(crate) fn refresh(&mut self, now: Timestamp, around: &Around<'_>) {
        if self.is_stale() && self.board.is_open() {
            self.advance(now, around);
            self.settle(now, around);
        }
    }

    /// Has everything be counted by what was said.
    pub(crate) fn settle(&mut self, now: Timestamp, around: &Around<'_>) {
        if self.stale {
            self.settle_reps(now, around);
        }
        if self.outdated {
            self.settle_rates(now, around);
        }
    }

    /// Has lanes fold by the rates of the book. The board knows none.
    fn settle_rates(&mut self, now: Timestamp, around: &Around<'_>) {
        self.outdated = false;
        let now = now.max(self.board.clock());
        let model = self.board.model().clone();
        let today = Day::of(now, &model.calendar(CalendarId::DEFAULT).zone);
        let basis = around.bases.current().basis;
        let rates = Arc::new(basis.rates.anew(self.book.rates()).since(today));
        around.bases.publish(basis.with_rates(rates), now, &model, around.freshness);
    }

    /// Has the board count by the roster that the facts come to. The board comes first, and is right in who is below whom
    /// and who owes what; lanes follow with what a roster says of records.
    fn settle_reps(&mut self, now: Timestamp, around: &Around<'_>) {
        self.stale = false;
        // Who read the clock before midnight and came after it must not turn the reps back to yesterday's.
        let now = now.max(self.board.clock());
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
        let basis = around.bases.current().basis.with_roster(roster);
        around.bases.publish(basis, now, &model, around.freshness);
    }
}

/// What is told when the basis becomes another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Around<'a> {
    pub(crate) bases: &'a Bases,
    pub(crate) freshness: &'a Freshness,
}
