//! Trails: what happened to scopes, revision by revision, as far back as streams that are behind may ask.
//!
//! Most who ask ask about few scopes, and a new day or another roster happens to all of them at once. So what happened to one
//! scope is found without a look at the others.

use std::collections::{HashMap, VecDeque};

use foldhash::fast::FixedState;

use super::Revision;
use crate::roster::ScopeId;

/// How much is remembered at least.
const LIMIT: usize = 200_000;

/// What happened to scopes.
#[derive(Debug)]
pub(super) struct Trail<T> {
    all: VecDeque<Step<T>>,
    /// By scope, where its steps are, counted from the first there ever was.
    of: HashMap<ScopeId, VecDeque<u64>, FixedState>,
    limit: usize,
    /// How many are not remembered any longer, and the newest revision of them.
    forgotten: u64,
    forgotten_at: Revision,
}

/// Something that happened to a scope.
#[derive(Debug)]
pub(super) struct Step<T> {
    pub(super) at: Revision,
    pub(super) scope: ScopeId,
    pub(super) what: T,
}

impl<T> Default for Trail<T> {
    fn default() -> Self {
        let (all, of) = (VecDeque::new(), HashMap::default());
        Self { all, of, limit: LIMIT, forgotten: 0, forgotten_at: Revision::default() }
    }
}

impl<T> Trail<T> {
    /// A trail that remembers so much at least.
    pub(super) fn of_last(limit: usize) -> Self {
        Self { limit, ..Self::default() }
    }

    /// Has at least so much be remembered: what may happen at once must not be more, or even who has everything else would have
    /// to begin anew.
    pub(super) fn allow(&mut self, most: usize) {
        self.limit = self.limit.max(most);
    }

    /// Notes what happens to a scope at a revision, which is not less than any before.
    pub(super) fn note(&mut self, at: Revision, scope: ScopeId, what: T) {
        let place = self.forgotten + self.all.len() as u64;
        self.of.entry(scope).or_default().push_back(place);
        self.all.push_back(Step { at, scope, what });
        if self.all.len() > self.limit {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        let Some(Step { at, scope, .. }) = self.all.pop_front() else { return };
        (self.forgotten, self.forgotten_at) = (self.forgotten + 1, at);
        // The oldest of all is the oldest of its scope.
        if let Some(places) = self.of.get_mut(&scope) {
            places.pop_front();
            if places.is_empty() {
                self.of.remove(&scope);
            }
        }
    }

    /// What happened up to this revision may not be remembered.
    pub(super) fn forgotten_at(&self) -> Revision {
        self.forgotten_at
    }

    /// Whether everything that happened after a revision is remembered.
    pub(super) fn remembers(&self, since: Revision) -> bool {
        self.forgotten_at <= since
    }

    /// What happened after a revision, the newest first.
    pub(super) fn since(&self, since: Revision) -> impl Iterator<Item = &Step<T>> {
        self.all.iter().rev().take_while(move |step| step.at > since)
    }

    /// What happened to a scope after a revision, the newest first.
    pub(super) fn of(&self, scope: ScopeId, since: Revision) -> impl Iterator<Item = &Step<T>> {
        let places = self.of.get(&scope).into_iter().flat_map(|places| places.iter().rev());
        let steps = places.filter_map(|place| self.all.get((place - self.forgotten) as usize));
        steps.take_while(move |step| step.at > since)
    }
}

#[cfg(test)]
mod tests {
    use super::{LIMIT, Trail};
    use crate::board::Revision;
    use crate::roster::ScopeId;

    #[test]
    fn what_happened_to_a_scope_is_found_among_all_that_happened() {
        let mut trail = Trail::default();
        let count = LIMIT as u64 + 50;
        (1..=count).for_each(|at| trail.note(Revision(at), ScopeId((at % 7) as u32), at));
        assert!(!trail.remembers(Revision(49)) && trail.remembers(Revision(50)));
        trail.allow(LIMIT + 1_000);
        (count + 1..=count + 1_000)
            .for_each(|at| trail.note(Revision(at), ScopeId((at % 7) as u32), at));
        assert!(trail.remembers(Revision(50)), "it is allowed to hold more");
        (0..1_000).for_each(|_| trail.forget_oldest());
        let count = count + 1_000;
        for since in [1_050, 1_051, 1_060, count - 1, count].map(Revision) {
            for scope in (0..7).map(ScopeId) {
                let all = trail.since(since).filter(|step| step.scope == scope);
                let all: Vec<u64> = all.map(|step| step.what).collect();
                let of: Vec<u64> = trail.of(scope, since).map(|step| step.what).collect();
                assert_eq!(of, all, "{scope:?} since {since:?}");
                assert_eq!(
                    of.len(),
                    (since.0 + 1..=count).filter(|at| at % 7 == u64::from(scope.0)).count()
                );
            }
        }
    }
}
