//! What readers of the board get: standings of a selection, and what changed since a revision.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Board, Revision};
use crate::day::Day;
use crate::kpi::KpiId;
use crate::ledger::Doubt;
use crate::period::{Period, PeriodKind};
use crate::roster::ScopeId;
use crate::spread::Spread;
use crate::standing::{Case, Numbers, Status};

/// What a standing is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Whom.
    pub scope: ScopeId,
    /// Which KPI.
    pub kpi: KpiId,
    /// In which period.
    pub period: Arc<Period>,
}

/// Where one scope stands on one KPI in one period, at an instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// What it is about.
    pub key: Key,
    /// Its numbers.
    pub numbers: Numbers,
    /// The records behind it; of a ratio those of the denominator, of a derived KPI the fewest of its
    /// [sampled](crate::expr::Formula::sampled) KPIs.
    pub sample: u64,
    /// Where actual stands to goal.
    pub status: Status,
    /// Since when.
    pub since: Timestamp,
    /// When the status changes if nothing but time happens.
    pub next_change: Option<Timestamp>,
    /// The records whose contribution is not known.
    pub doubt: Doubt,
    /// The revision at which it last changed.
    pub revision: Revision,
}

/// A standing as the board keeps it, from which its numbers at any instant follow. Taking one costs no
/// arithmetic, so the board is locked for no longer than it takes to copy a few words.
#[derive(Clone, Debug)]
pub struct Reading {
    pub(super) key: Key,
    pub(super) case: Arc<Case>,
    pub(super) load: Option<Arc<Spread>>,
    pub(super) status: Status,
    pub(super) since: Timestamp,
    pub(super) next_change: Option<Timestamp>,
    pub(super) revision: Revision,
}

impl Reading {
    /// The standing at an instant up to which the board was advanced.
    pub fn at(self, now: Timestamp) -> Standing {
        Standing {
            numbers: self.case.numbers(now, self.load.as_deref()),
            key: self.key,
            sample: self.case.sample,
            status: self.status,
            since: self.since,
            next_change: self.next_change,
            doubt: self.case.doubt,
            revision: self.revision,
        }
    }
}

/// A standing that left the board because its period is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    /// What it was about.
    pub key: Key,
}

/// A removal, and when what it was about came and went.
#[derive(Debug)]
pub(super) struct Left {
    pub(super) at: Revision,
    pub(super) entered: Revision,
    pub(super) removal: Removal,
}

/// What changed between two revisions.
#[derive(Clone, Debug)]
pub struct Update<S = Standing> {
    /// The standings that changed, as they are now.
    pub standings: Vec<S>,
    /// The standings that left.
    pub removed: Vec<Removal>,
}

/// Nothing changed.
impl<S> Default for Update<S> {
    fn default() -> Self {
        Self { standings: Vec::new(), removed: Vec::new() }
    }
}

impl Update<Reading> {
    /// The update with its standings at an instant.
    pub fn at(self, now: Timestamp) -> Update {
        let standings = self.standings.into_iter().map(|reading| reading.at(now)).collect();
        Update { standings, removed: self.removed }
    }
}

/// A part of the board: the scopes, KPIs and kinds of period somebody asks for. Empty is everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// The scopes, sorted.
    pub scopes: Vec<ScopeId>,
    /// The KPIs.
    pub kpis: Vec<KpiId>,
    /// The kinds of period.
    pub kinds: Vec<PeriodKind>,
}

impl Selection {
    fn holds(&self, scope: ScopeId, kpi: KpiId, kind: PeriodKind) -> bool {
        (self.scopes.is_empty() || self.scopes.binary_search(&scope).is_ok())
            && (self.kpis.is_empty() || self.kpis.contains(&kpi))
            && (self.kinds.is_empty() || self.kinds.contains(&kind))
    }
}

impl Board {
    /// The standings of a selection in the periods that are running, or on `on` in those that hold that day.
    /// Time must have been advanced to `now`.
    pub fn readings(
        &mut self,
        selection: &Selection,
        on: Option<Day>,
        now: Timestamp,
    ) -> Vec<Reading> {
        let lives = self.selected(selection);
        match on {
            Some(day) => self.readings_on(&lives, day, now),
            None => lives.into_iter().filter_map(|live| self.reading(live)).collect(),
        }
    }

    /// What changed in a selection after a revision; `None` when what was removed since is no longer known.
    pub fn changes_since(&self, since: Revision, selection: &Selection) -> Option<Update<Reading>> {
        let forgotten = self.removals.len() >= super::REMOVALS;
        if forgotten && self.removals.front().is_none_or(|oldest| oldest.at > since) {
            return None;
        }
        let after = (Revision(since.0 + 1), 0);
        let changed = self.changed.range(after..).map(|(_, live)| *live);
        let standings = changed.filter(|live| self.is_selected(*live, selection));
        let left = self.removals.iter().rev().take_while(|left| left.at > since);
        // What also came after `since` was never seen, so it has not left.
        let removed = left.filter(|left| left.entered <= since).map(|left| &left.removal);
        Some(Update {
            standings: standings.filter_map(|live| self.reading(live)).collect(),
            removed: removed
                .filter(|Removal { key }| selection.holds(key.scope, key.kpi, key.period.kind))
                .cloned()
                .collect(),
        })
    }

    /// A standing of a running period.
    pub(super) fn reading(&self, live: u32) -> Option<Reading> {
        let (scope, slot) = self.place(live);
        let standing = &self.live[live as usize];
        let state = standing.state.as_ref()?;
        Some(Reading {
            key: Key { scope, kpi: self.slots.get(slot).kpi, period: state.period.clone() },
            case: state.case.clone()?,
            load: state.load.clone(),
            status: state.status,
            since: state.since,
            next_change: state.next_change,
            revision: standing.revision,
        })
    }

    fn selected(&self, selection: &Selection) -> Vec<u32> {
        (0..self.live.len() as u32).filter(|live| self.is_selected(*live, selection)).collect()
    }

    fn is_selected(&self, live: u32, selection: &Selection) -> bool {
        let (scope, slot) = self.place(live);
        let slot = self.slots.get(slot);
        slot.shown && selection.holds(scope, slot.kpi, slot.kind)
    }
}
