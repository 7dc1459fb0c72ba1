//! Lineage: which scope was part of which, revision by revision, as far back as streams that are behind may ask.

use std::collections::BTreeMap;

use super::Revision;
use super::trail::{Step, Trail};
use crate::roster::{Roster, ScopeId};

/// How many times everything may be part of something else before the first of it is forgotten.
const TIMES: usize = 4;

/// A change: the scopes that a scope was part of; `None` when it was not in force.
type Change = Step<Option<Box<[ScopeId]>>>;

/// What scopes were part of before each change of it.
#[derive(Debug, Default)]
pub(super) struct Lineage {
    changes: Trail<Option<Box<[ScopeId]>>>,
}

/// What became of a scope since a revision.
#[derive(Debug)]
pub(super) struct Moved<'a> {
    /// What it was part of at that revision; `None` when it was not in force.
    pub(super) was: Option<&'a [ScopeId]>,
    /// The revisions of its changes since, the newest first, each with what it was part of before.
    pub(super) changes: Vec<(Revision, Option<&'a [ScopeId]>)>,
}

impl Lineage {
    /// Notes in what two rosters differ, of which the second follows the first at a revision.
    pub(super) fn note(&mut self, at: Revision, from: &Roster, to: &Roster) {
        self.changes.allow(TIMES * to.scopes().len());
        for scope in (0..to.scopes().len() as u32).map(ScopeId) {
            let was = from.above(scope);
            if was != to.above(scope) {
                self.changes.note(at, scope, was.map(Into::into));
            }
        }
    }

    /// Whether everything that changed after a revision is remembered.
    pub(super) fn remembers(&self, since: Revision) -> bool {
        self.changes.remembers(since)
    }

    /// Whether anything changed after a revision.
    pub(super) fn changed(&self, since: Revision) -> bool {
        self.changes.since(since).next().is_some()
    }

    /// The scopes that changed after a revision; of a few, if only those are asked about.
    pub(super) fn since<'a>(
        &'a self,
        since: Revision,
        few: Option<&[ScopeId]>,
    ) -> BTreeMap<ScopeId, Moved<'a>> {
        let mut moved = BTreeMap::<ScopeId, Moved<'a>>::new();
        let mut add = |step: &'a Change| {
            let was = step.what.as_deref();
            let new = || Moved { was, changes: Vec::new() };
            let known = moved.entry(step.scope).or_insert_with(new);
            known.was = was;
            known.changes.push((step.at, was));
        };
        match few {
            Some(scopes) => {
                scopes.iter().flat_map(|scope| self.changes.of(*scope, since)).for_each(&mut add);
            }
            None => self.changes.since(since).for_each(&mut add),
        }
        moved
    }
}
