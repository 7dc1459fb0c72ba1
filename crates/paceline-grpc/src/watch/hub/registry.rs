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
    /// Those of which nothing outside a scope is shown, by its name: scopes may begin to exist while they are watched.
    by_scope: HashMap<String, Vec<Seat>>,
    /// Those that watch all scopes, and see them.
    wide: Vec<Arc<Audience>>,
    /// Why it takes no more streams.
    closed: Option<End>,
}

/// An audience that something of a scope is shown to, and whether what is part of it is too.
type Seat = (Arc<Audience>, bool);

/// The scopes below another that changed, each with the newest revision at which it did.
type Below = Vec<(ScopeId, Revision)>;

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
        if audience.within.is_none() {
            self.wide.push(audience.clone());
        }
        for (scope, with_members) in audience.within.iter().flatten() {
            let seat = (audience.clone(), *with_members);
            self.by_scope.entry(scope.clone()).or_default().push(seat);
        }
        gauge!(metric::AUDIENCES).set(self.audiences.len() as f64);
        audience
    }

    /// Removes an audience that nobody belongs to any longer.
    pub(super) fn remove(&mut self, audience: &Arc<Audience>) {
        self.audiences.remove(&(audience.view.hash, audience.interval));
        if audience.within.is_none() {
            self.wide.retain(|known| !Arc::ptr_eq(known, audience));
        }
        for (scope, _) in audience.within.iter().flatten() {
            let Some(known) = self.by_scope.get_mut(scope) else { continue };
            known.retain(|(known, _)| !Arc::ptr_eq(known, audience));
            if known.is_empty() {
                self.by_scope.remove(scope);
            }
        }
        gauge!(metric::AUDIENCES).set(self.audiences.len() as f64);
    }

    /// The audiences that are concerned by changes of scopes, each with the newest revision of one: those that are shown the
    /// scope, itself or as a member of one above it, and those that are shown all. Whoever does not see it is not woken.
    pub(super) fn concerned(
        &self,
        scopes: &BTreeMap<ScopeId, Revision>,
        roster: &Roster,
    ) -> Vec<(Arc<Audience>, Revision)> {
        let mut concerned = Vec::new();
        let newest = scopes.values().max().copied().unwrap_or_default();
        concerned.extend(self.wide.iter().map(|audience| (audience.clone(), newest)));
        let mut above = BTreeMap::<ScopeId, Below>::new();
        for (scope, at) in scopes {
            let shown = self.seats(*scope, roster).filter(|(seat, _)| seat.shows(*scope, roster));
            concerned.extend(shown.map(|(audience, _)| (audience.clone(), *at)));
            for over in roster.above(*scope).unwrap_or_default() {
                above.entry(*over).or_default().push((*scope, *at));
            }
        }
        for (scope, below) in above {
            let newest = below.iter().map(|(_, at)| *at).max();
            for (audience, _) in self.seats(scope, roster).filter(|(_, with_members)| *with_members)
            {
                let shown = below.iter().filter(|(scope, _)| audience.shows(*scope, roster));
                let at = if audience.is_whole { newest } else { shown.map(|(_, at)| *at).max() };
                concerned.extend(at.map(|at| (audience.clone(), at)));
            }
        }
        concerned
    }

    /// Those that are registered for a scope.
    fn seats(&self, scope: ScopeId, roster: &Roster) -> impl Iterator<Item = &Seat> {
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
