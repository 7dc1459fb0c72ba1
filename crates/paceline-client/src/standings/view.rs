//! A view: the newest standings of a selection, as the server had them at one revision.
//!
//! It is a value: what it says never changes, and a clone costs nothing. The next view shares with it all that is the
//! same in both.

use std::collections::BTreeMap;
use std::sync::Arc;

use prost_types::Timestamp;

use super::pending::Whole;
use crate::proto::{
    Cause, Covered, Period, Removal, RemovalReason, Standing, WatchStandingsResponse,
};

/// The standings of one scope, by KPI and name of the period.
type Row = Vec<Arc<Standing>>;

/// The newest standings of a selection.
#[derive(Clone, Debug, Default)]
pub struct View {
    rows: Arc<BTreeMap<Arc<str>, Arc<Row>>>,
    stamp: Stamp,
    freshness: Freshness,
}

/// What a frame says besides its content.
#[derive(Clone, Debug, Default)]
struct Stamp {
    revision: u64,
    as_of: Option<Timestamp>,
    complete: bool,
    causes: Arc<[Cause]>,
    covered: Arc<[Covered]>,
}

/// Whether a view is what the server has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Freshness {
    /// No snapshot has come yet: that the view is empty says nothing.
    #[default]
    Awaited,
    /// It is, as of its last message.
    Live,
    /// It was. The connection is lost, or the server has voided it, and what it has now has not come as a whole yet.
    Stale,
}

/// A standing that came or changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// As it was; `None` if it was not there.
    pub before: Option<Arc<Standing>>,
    /// As it is.
    pub after: Arc<Standing>,
}

/// Standings that left.
#[derive(Clone, Debug, PartialEq)]
pub struct Removed {
    /// Whom they were about.
    pub scope: String,
    /// Why they left. [`RemovalReason::Unspecified`]: a snapshot came without them.
    pub reason: RemovalReason,
    /// The standings as they were. None for a scope that is unknown, and for what came and went between two updates.
    pub standings: Vec<Arc<Standing>>,
}

/// What is different between two views.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Diff {
    /// What came or changed.
    pub changed: Vec<Change>,
    /// What left.
    pub removed: Vec<Removed>,
}

impl View {
    /// All standings, by scope, KPI and name of the period.
    pub fn standings(&self) -> impl Iterator<Item = &Arc<Standing>> {
        self.rows.values().flat_map(|row| row.iter())
    }

    /// The standings of a scope, by KPI and name of the period.
    pub fn of(&self, scope: &str) -> &[Arc<Standing>] {
        self.rows.get(scope).map_or(&[], |row| row)
    }

    /// The standing of a scope and KPI in the running period of a kind.
    pub fn get(&self, scope: &str, kpi: &str, kind: &str) -> Option<&Arc<Standing>> {
        let named =
            |standing: &&Arc<Standing>| standing.kpi == kpi && period(standing).kind == kind;
        // While one period ends and the next begins both may be there.
        self.of(scope).iter().rev().find(named)
    }

    /// How many standings there are.
    pub fn len(&self) -> usize {
        self.rows.values().map(|row| row.len()).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The revision of the board that it shows.
    pub fn revision(&self) -> u64 {
        self.stamp.revision
    }

    /// The instant at which its values are evaluated, by the engine's clock.
    pub fn as_of(&self) -> Option<&Timestamp> {
        self.stamp.as_of.as_ref()
    }

    /// Whether no input was degraded, gapped or recovering.
    pub fn is_complete(&self) -> bool {
        self.stamp.complete
    }

    /// Why it is not complete.
    pub fn causes(&self) -> &[Cause] {
        &self.stamp.causes
    }

    /// Per source, up to where its changes are counted.
    pub fn covered(&self) -> &[Covered] {
        &self.stamp.covered
    }

    /// Whether it is what the server has.
    pub fn freshness(&self) -> Freshness {
        self.freshness
    }

    /// Takes what came as a whole; answers what that changed.
    pub(super) fn take(&mut self, whole: Whole) -> Diff {
        match whole {
            Whole::Snapshot(standings) => self.replace(standings),
            Whole::Update(standings, removed) => self.update(standings, &removed),
        }
    }

    /// Takes what a message that completes something says besides its content; answers whether completeness is another.
    pub(super) fn stamp(&mut self, message: WatchStandingsResponse) -> bool {
        self.freshness = Freshness::Live;
        let WatchStandingsResponse { revision, as_of, complete, causes, covered, .. } = message;
        let before = std::mem::replace(
            &mut self.stamp,
            Stamp { revision, as_of, complete, causes: causes.into(), covered: covered.into() },
        );
        before.complete != self.stamp.complete || before.causes != self.stamp.causes
    }

    /// It may no longer be what the server has.
    pub(super) fn stale(&mut self) {
        if self.freshness == Freshness::Live {
            self.freshness = Freshness::Stale;
        }
    }

    fn replace(&mut self, standings: Vec<Standing>) -> Diff {
        let before = Self { rows: std::mem::take(&mut self.rows), ..Self::default() };
        let mut diff = Diff::default();
        for after in standings.into_iter().map(Arc::new) {
            self.put(after.clone());
            let known = before.find(&after).cloned();
            if known.as_ref().is_none_or(|known| !same(known, &after)) {
                diff.changed.push(Change { before: known, after });
            }
        }
        for (scope, row) in before.rows.iter() {
            let gone: Row = row.iter().filter(|one| self.find(one).is_none()).cloned().collect();
            if !gone.is_empty() {
                let (scope, reason) = (scope.to_string(), RemovalReason::Unspecified);
                diff.removed.push(Removed { scope, reason, standings: gone });
            }
        }
        diff
    }

    fn update(&mut self, standings: Vec<Standing>, removed: &[Removal]) -> Diff {
        let removed = removed.iter().map(|removal| self.remove(removal)).collect();
        let put = |after: Arc<Standing>| Change { before: self.put(after.clone()), after };
        let changed = standings.into_iter().map(Arc::new).map(put).collect();
        Diff { changed, removed }
    }

    fn find(&self, like: &Standing) -> Option<&Arc<Standing>> {
        let row = self.rows.get(like.scope.as_str())?;
        position(row, like).ok().and_then(|at| row.get(at))
    }

    fn put(&mut self, standing: Arc<Standing>) -> Option<Arc<Standing>> {
        let rows = Arc::make_mut(&mut self.rows);
        let row = rows.entry(standing.scope.as_str().into()).or_default();
        let row = Arc::make_mut(row);
        match position(row, &standing) {
            Ok(at) => Some(std::mem::replace(&mut row[at], standing)),
            Err(at) => {
                row.insert(at, standing);
                None
            }
        }
    }

    fn remove(&mut self, removal: &Removal) -> Removed {
        let rows = Arc::make_mut(&mut self.rows);
        let (scope, reason) = (removal.scope.clone(), removal.reason());
        let Some(row) = rows.get_mut(scope.as_str()) else {
            return Removed { scope, reason, standings: Vec::new() };
        };
        let standings: Row =
            Arc::make_mut(row).extract_if(.., |standing| leaves(standing, removal)).collect();
        if row.is_empty() {
            rows.remove(scope.as_str());
        }
        Removed { scope, reason, standings }
    }
}

/// Whether a standing of the removal's scope is among what leaves: an empty KPI and an absent period stand for all.
fn leaves(standing: &Standing, removal: &Removal) -> bool {
    let of_kpi = removal.kpi.is_empty() || standing.kpi == removal.kpi;
    let left = removal.period.as_ref();
    of_kpi && left.is_none_or(|left| period(standing).name == left.name)
}

/// Where in the row of its scope a standing is, or would be.
fn position(row: &[Arc<Standing>], standing: &Standing) -> Result<usize, usize> {
    let key = key(standing);
    row.binary_search_by(|known| self::key(known).cmp(&key))
}

fn key(standing: &Standing) -> (&str, &str) {
    (&standing.kpi, &period(standing).name)
}

fn period(standing: &Standing) -> &Period {
    static NONE: Period = Period {
        kind: String::new(),
        name: String::new(),
        start: String::new(),
        end: String::new(),
    };
    standing.period.as_ref().unwrap_or(&NONE)
}

/// Whether two standings say the same, but for the revision, which is counted anew in each epoch.
fn same(one: &Standing, other: &Standing) -> bool {
    one.revision == other.revision && one == other
        || Standing { revision: 0, ..one.clone() } == Standing { revision: 0, ..other.clone() }
}
