//! Lineage: which scope was part of which, revision by revision, as far back as streams that are behind may ask.

use std::collections::{BTreeMap, VecDeque};

use super::Revision;
use crate::roster::{Roster, ScopeId};

/// How many changes are remembered.
const CHANGES: usize = 200_000;

/// What scopes were part of before each change of it.
#[derive(Debug, Default)]
pub(super) struct Lineage {
    changes: VecDeque<Change>,
    /// The newest change that is not remembered any longer.
    forgotten: Revision,
}

/// A change of what a scope is part of.
#[derive(Debug)]
struct Change {
    at: Revision,
    scope: ScopeId,
    /// The scopes that it was part of; `None` when it was not in force.
    was: Option<Box<[ScopeId]>>,
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
        for scope in (0..to.scopes().len() as u32).map(ScopeId) {
            let was = from.above(scope);
            if was != to.above(scope) {
                self.changes.push_back(Change { at, scope, was: was.map(Into::into) });
            }
        }
        while self.changes.len() > CHANGES {
            if let Some(oldest) = self.changes.pop_front() {
                self.forgotten = oldest.at;
            }
        }
    }

    /// The scopes that changed after a revision; `None` when that is not remembered.
    pub(super) fn since(&self, since: Revision) -> Option<BTreeMap<ScopeId, Moved<'_>>> {
        if self.forgotten > since {
            return None;
        }
        let mut moved = BTreeMap::<ScopeId, Moved<'_>>::new();
        for Change { at, scope, was } in self.changes.iter().rev().take_while(|it| it.at > since) {
            let was = was.as_deref();
            let known = moved.entry(*scope).or_insert_with(|| Moved { was, changes: Vec::new() });
            known.was = was;
            known.changes.push((*at, was));
        }
        Some(moved)
    }
}
