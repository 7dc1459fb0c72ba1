//! What is behind the board's lock: the board, and what was said of reps and rates, of which the basis is made.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use metrics::counter;
use paceline_core::alert::{Alert, Hold, Machine, Owed, Subject};
use paceline_core::board::{Board, Key, Sayings, Standing};
use paceline_core::calendar::CalendarId;
use paceline_core::day::Day;
use paceline_core::facts::{Facts, InForce};
use paceline_core::kpi::KpiId;
use paceline_core::moves::{Origin, Origins};
use paceline_core::rates::{Book, Rate};

use crate::bases::{Bases, For, Versions};
use crate::freshness::Freshness;
use crate::memory::{About, Memory, Recalled};
use crate::metric;
use crate::symbols::LaneSymbols;

/// The board, and what the basis is made of.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) board: Board,
    /// Which changes of status are to be told.
    alerts: Machine,
    pub(crate) facts: Facts,
    /// Where it was said of reps what no roster has followed yet.
    sayings: Sayings,
    symbols: LaneSymbols,
    /// Whether the roster may not be what the facts come to.
    pub(crate) stale: bool,
    book: Book,
    /// Where it was said of rates what no basis has followed yet.
    rate_sayings: Origins,
    /// What versions of the basis were made for.
    pub(crate) versions: Versions,
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
            alerts: Machine::default(),
            facts: Facts::default(),
            sayings: Sayings::new(),
            symbols,
            stale: false,
            book: Book::default(),
            rate_sayings: Origins::default(),
            versions: Versions::default(),
            outdated: false,
            due: None,
            lagging: BTreeSet::new(),
        }
    }

    /// The next instant at which something changes by the clock alone.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        let facts = self.due.filter(|_| self.board.is_open());
        facts.into_iter().chain(self.board.next_due()).chain(self.alerts.next_due()).min()
    }

    /// Has alerts be raised only of statuses that have held for so long. Nothing is followed before.
    pub(crate) fn hold(&mut self, hold: Hold) {
        self.alerts = Machine::new(hold);
    }

    /// Opens the board, which goes on with the statuses that are remembered.
    pub(crate) fn open(&mut self, now: Timestamp, around: &Around<'_>) {
        if self.board.is_open() {
            return;
        }
        for (about, Recalled { remembered, .. }) in around.memory.open() {
            let Some(remembered) = remembered else { continue };
            match self.key(&about, remembered.last_day) {
                Some(key) => {
                    self.alerts.recall(key.clone(), &remembered);
                    if !remembered.is_over {
                        self.board.recall(key, remembered.held());
                    }
                }
                None => around.memory.remember([], [(about, None)]),
            }
        }
        self.board.open(now);
        self.follow_statuses(around);
    }

    /// What names are of now, if the board shows such a standing.
    fn key(&self, about: &About, last_day: Day) -> Option<Key> {
        let About { scope, kpi, kind, period } = about;
        let scope = self.board.roster().named(scope)?;
        let kpi = self.board.model().kpi_named(kpi)?;
        let key = self.board.key(scope, kpi, *kind, last_day)?;
        (key.period.name == *period).then_some(key)
    }

    /// Follows what became of statuses: raises the alerts that are due, and has all of it be remembered.
    pub(crate) fn follow_statuses(&mut self, around: &Around<'_>) {
        for transition in self.board.transitions() {
            self.alerts.take(&transition);
        }
        let now = self.board.clock();
        let mut owed = Vec::new();
        while let Some(next) = self.alerts.due(now) {
            owed.push(next);
        }
        let alerts = self.alerts_of(owed, now);
        let mut changed = self.alerts.changed().peekable();
        if changed.peek().is_none() {
            return;
        }
        let (model, roster) = (self.board.model(), self.board.roster());
        let about = |key: &Key| About::of(key, model, roster);
        let raised = alerts.into_iter().map(|alert| (about(&alert.standing.key), alert));
        around.memory.remember(raised, changed.map(|(key, remembered)| (about(&key), remembered)));
    }

    /// The alerts that are due, as they are told. Of a scope that is no more there is none.
    fn alerts_of(&mut self, owed: Vec<Owed>, now: Timestamp) -> Vec<Alert> {
        if owed.is_empty() {
            return Vec::new();
        }
        let keys: Vec<Key> = owed.iter().map(|owed| owed.key.clone()).collect();
        let standings = self.board.standings_of(&keys, now);
        let alert = |owed: Owed| {
            let Owed { key, from, to, since, trigger, judged } = owed;
            let standing = standings.get(&Subject::from(&key))?.clone();
            counter!(metric::ALERTS_RAISED, "status" => to.name()).increment(1);
            // That of a period that is over adds up to what it does now, and has the status it ended with.
            let standing = Standing { key, status: to, since, ..standing };
            Some(Alert { standing, from, trigger, judged })
        };
        owed.into_iter().filter_map(alert).collect()
    }

    /// Lets time pass: facts come into force each at its instant, like all that the board does by itself. Answers whether
    /// anything changed.
    pub(crate) fn advance(&mut self, now: Timestamp, around: &Around<'_>) -> bool {
        let before = self.board.revision();
        // One instant after the other, so that an alert is raised by what was so when it was due.
        while let Some(due) = self.next_due().filter(|due| *due < now) {
            self.advance_to(due, around);
        }
        self.advance_to(now, around);
        before != self.board.revision()
    }

    /// Lets time pass up to an instant before which nothing is due.
    fn advance_to(&mut self, now: Timestamp, around: &Around<'_>) {
        while let Some(due) = self.due.filter(|due| *due <= now && self.board.is_open()) {
            self.settle_reps(due, around);
        }
        self.board.advance(now);
        self.follow_statuses(around);
    }

    /// Changes what is said of reps, and notes where it was said.
    pub(crate) fn change_facts(&mut self, change: impl FnOnce(&mut Facts, &mut Sayings) -> bool) {
        self.stale |= change(&mut self.facts, &mut self.sayings);
    }

    /// Notes what records say of rates, and where.
    pub(crate) fn say_rates(
        &mut self,
        said: impl IntoIterator<Item = (String, (Option<Rate>, Origin))>,
    ) {
        for (id, (rate, origin)) in said {
            if self.book.set(&id, rate) {
                self.outdated = true;
                self.rate_sayings.push(origin);
            }
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
            self.follow_statuses(around);
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
        let basis = basis.with_rates(rates);
        let version = around.bases.publish(basis, now, &model, around.freshness);
        self.versions.note(version, For::Rates(std::mem::take(&mut self.rate_sayings)));
    }

    /// Has the board count by the roster that the facts come to. The board comes first, and is right in who is below whom
    /// and who owes what; lanes follow with what a roster says of records.
    fn settle_reps(&mut self, now: Timestamp, around: &Around<'_>) {
        self.stale = false;
        let sayings = std::mem::take(&mut self.sayings);
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
        let revision = self.board.set_roster_said(roster.clone(), &sayings, now);
        let basis = around.bases.current().basis.with_roster(roster);
        let version = around.bases.publish(basis, now, &model, around.freshness);
        self.versions.note(version, For::Reps(revision));
    }
}

/// What is told when the basis becomes another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Around<'a> {
    pub(crate) bases: &'a Bases,
    pub(crate) freshness: &'a Freshness,
    pub(crate) memory: &'a Memory,
}
