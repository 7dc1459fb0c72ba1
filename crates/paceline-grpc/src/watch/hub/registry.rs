//! The registry: which audiences there are, and by what each is concerned.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use metrics::gauge;
use paceline_core::board::Revision;
use paceline_core::roster::{Roster, ScopeId};

use super::Board;
use crate::metric;
use crate::selector::{Hash, View};
use crate::watch::audience::Audience;
use crate::watch::end::End;

/// All audiences.
#[derive(Debug, Default)]
pub(super) struct Registry {
    audiences: HashMap<Key, Arc<Audience>>,
    /// Those that watch a scope, by its name: scopes may begin to exist while they are watched.
    by_scope: HashMap<String, Vec<Arc<Audience>>>,
    /// Those that watch all scopes.
    wide: Vec<Arc<Audience>>,
    /// Why it takes no more streams.
    closed: Option<End>,
}

/// What streams have in common that share an audience: the view, and the least time between two updates.
type Key = (Hash, Duration);

impl Registry {
    /// The audience of a view.
    pub(super) fn audience(
        &mut self,
        view: View,
        interval: Duration,
        board: &Arc<Board>,
    ) -> Arc<Audience> {
        let key = (view.hash, interval);
        if let Some(known) = self.audiences.get(&key) {
            return known.clone();
        }
        let audience = Arc::new(Audience::new(view, interval, board.clone()));
        self.audiences.insert(key, audience.clone());
        let scopes = &audience.view.selection.scopes;
        if scopes.is_empty() {
            self.wide.push(audience.clone());
        }
        for scope in scopes {
            self.by_scope.entry(scope.clone()).or_default().push(audience.clone());
        }
        gauge!(metric::AUDIENCES).set(self.audiences.len() as f64);
        audience
    }

    /// Removes an audience that nobody belongs to any longer.
    pub(super) fn remove(&mut self, audience: &Arc<Audience>) {
        self.audiences.remove(&(audience.view.hash, audience.interval));
        let others = |known: &Arc<Audience>| !Arc::ptr_eq(known, audience);
        let scopes = &audience.view.selection.scopes;
        if scopes.is_empty() {
            self.wide.retain(others);
        }
        for scope in scopes {
            let Some(known) = self.by_scope.get_mut(scope) else { continue };
            known.retain(others);
            if known.is_empty() {
                self.by_scope.remove(scope);
            }
        }
        gauge!(metric::AUDIENCES).set(self.audiences.len() as f64);
    }

    /// The audiences that are concerned by changes of scopes, each with the newest revision of one: those that watch the
    /// scope, those that watch one above it with its members, and those that watch all.
    pub(super) fn concerned(
        &self,
        scopes: &BTreeMap<ScopeId, Revision>,
        roster: &Roster,
    ) -> Vec<(Arc<Audience>, Revision)> {
        let mut concerned = Vec::new();
        let newest = scopes.values().max().copied().unwrap_or_default();
        concerned.extend(self.wide.iter().map(|audience| (audience.clone(), newest)));
        let mut above = BTreeMap::<ScopeId, Revision>::new();
        for (scope, at) in scopes {
            let watching = self.watching(*scope, roster);
            concerned.extend(watching.map(|audience| (audience.clone(), *at)));
            for scope in roster.above(*scope).unwrap_or_default() {
                let known = above.entry(*scope).or_insert(*at);
                *known = (*at).max(*known);
            }
        }
        for (scope, at) in above {
            let watching = self.watching(scope, roster);
            let with_members = watching.filter(|audience| audience.view.selection.with_members);
            concerned.extend(with_members.map(|audience| (audience.clone(), at)));
        }
        concerned
    }

    /// Those that watch a scope.
    fn watching(&self, scope: ScopeId, roster: &Roster) -> impl Iterator<Item = &Arc<Audience>> {
        self.by_scope.get(&roster.name(scope)).into_iter().flatten()
    }

    /// All audiences.
    pub(super) fn all(&self) -> Vec<Arc<Audience>> {
        self.audiences.values().cloned().collect()
    }

    /// Takes no more streams. Answers all audiences.
    pub(super) fn close(&mut self, end: End) -> Vec<Arc<Audience>> {
        self.closed = Some(end);
        self.all()
    }

    /// Why it takes no more streams, if it does not.
    pub(super) fn closed(&self) -> Option<End> {
        self.closed
    }
}
