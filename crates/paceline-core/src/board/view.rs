//! What readers of the board get: standings of a selection, and what changed since a revision.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Board, Revision};
use crate::day::Day;
use crate::kpi::KpiId;
use crate::ledger::Doubt;
use crate::period::{Period, PeriodKind};
use crate::roster::ScopeId;
use crate::standing::{Numbers, Status};

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
    /// The records behind it; of a ratio those of the denominator.
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

/// A standing that left the board because its period is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    /// What it was about.
    pub key: Key,
}

/// What changed between two revisions.
#[derive(Clone, Debug, Default)]
pub struct Update {
    /// The standings that changed, as they are now.
    pub standings: Vec<Standing>,
    /// The standings that left.
    pub removed: Vec<Removal>,
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
    /// The standings of a selection at an instant, in the periods that are running, or on `on` in those that
    /// hold that day. Time must have been advanced to `now`.
    pub fn standings(
        &mut self,
        selection: &Selection,
        on: Option<Day>,
        now: Timestamp,
    ) -> Vec<Standing> {
        let lives: Vec<u32> = self.selected(selection);
        lives.into_iter().filter_map(|live| self.standing_on(live, on, now)).collect()
    }

    /// What changed in a selection after a revision; `None` when what was removed since is no longer known.
    pub fn changes_since(
        &self,
        since: Revision,
        selection: &Selection,
        now: Timestamp,
    ) -> Option<Update> {
        let forgotten = self.removals.len() >= super::REMOVALS;
        if forgotten && self.removals.front().is_none_or(|(oldest, _)| *oldest > since) {
            return None;
        }
        let after = (Revision(since.0 + 1), 0);
        let changed = self.changed.range(after..).map(|(_, live)| *live);
        let standings = changed.filter(|live| self.is_selected(*live, selection));
        let removed = self
            .removals
            .iter()
            .rev()
            .take_while(|(at, _)| *at > since)
            .map(|(_, removal)| removal);
        Some(Update {
            standings: standings.filter_map(|live| self.standing(live, now)).collect(),
            removed: removed
                .filter(|Removal { key }| selection.holds(key.scope, key.kpi, key.period.kind))
                .cloned()
                .collect(),
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

    fn standing_on(&mut self, live: u32, on: Option<Day>, now: Timestamp) -> Option<Standing> {
        let Some(day) = on else { return self.standing(live, now) };
        let (scope, slot) = self.place(live);
        let (kpi, kind) = (self.slots.get(slot).kpi, self.slots.get(slot).kind);
        let period = kind.holding(day, &self.model.calendar);
        let running =
            self.live[live as usize].state.as_ref().is_some_and(|state| *state.period == period);
        if running {
            self.standing(live, now)
        } else {
            Some(self.standing_in(scope, kpi, period, now))
        }
    }

    fn standing(&self, live: u32, now: Timestamp) -> Option<Standing> {
        let (scope, slot) = self.place(live);
        let standing = &self.live[live as usize];
        let state = standing.state.as_ref()?;
        let (case, _) = self.case(live)?;
        Some(Standing {
            key: Key { scope, kpi: self.slots.get(slot).kpi, period: state.period.clone() },
            numbers: case.numbers(now, state.spread.as_deref()),
            sample: state.shown.sample,
            status: state.status,
            since: state.since,
            next_change: state.shown.next_change,
            doubt: state.shown.doubt,
            revision: standing.revision,
        })
    }

    pub(super) fn key(&self, scope: ScopeId, kpi: KpiId, period: &Period) -> Key {
        Key { scope, kpi, period: Arc::new(period.clone()) }
    }
}
