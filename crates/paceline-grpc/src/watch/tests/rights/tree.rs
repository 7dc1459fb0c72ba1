//! Who sees whom, from names alone: a table of managers, walked every time.

use std::collections::{BTreeMap, BTreeSet};

use paceline_core::sight::Sight;

use crate::proto::Selector;

/// Reps, each with the manager.
#[derive(Clone, Debug)]
pub(super) struct Tree(BTreeMap<String, Option<String>>);

/// The tree at a revision, of those since each revision at which it became another.
pub(super) fn at(trees: &BTreeMap<u64, Tree>, revision: u64) -> &Tree {
    trees.range(..=revision).next_back().expect("the first").1
}

/// What is to be told of reps: their manager, or that they are none.
pub(super) type News = Vec<(String, Option<Option<String>>)>;

impl Tree {
    pub(super) fn new(reps: &[(&str, Option<&str>)]) -> Self {
        let rep =
            |(id, manager): &(&str, Option<&str>)| ((*id).to_owned(), manager.map(str::to_owned));
        Self(reps.iter().map(rep).collect())
    }

    pub(super) fn reps(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }

    /// Gives a rep a manager, or none, unless that makes a circle.
    pub(super) fn place(&mut self, rep: &str, manager: Option<&str>) -> News {
        if manager.is_some_and(|manager| manager == rep || self.managers(manager).contains(rep)) {
            return News::new();
        }
        let manager = manager.map(str::to_owned);
        self.0.insert(rep.to_owned(), manager.clone());
        vec![(rep.to_owned(), Some(manager))]
    }

    /// Somebody joins below a manager.
    pub(super) fn hire(&mut self, rep: &str, manager: &str) -> News {
        if self.0.contains_key(rep) { News::new() } else { self.place(rep, Some(manager)) }
    }

    /// Somebody leaves, unless they manage others.
    pub(super) fn dismiss(&mut self, rep: &str) -> News {
        if !self.0.contains_key(rep) || self.manages(rep) {
            return News::new();
        }
        self.0.remove(rep);
        vec![(rep.to_owned(), None)]
    }

    /// All of a team go to another manager at once.
    pub(super) fn dissolve(&mut self, manager: &str, other: &str) -> News {
        let reports = self.0.iter().filter(|(_, of)| of.as_deref() == Some(manager));
        let reports: Vec<String> = reports.map(|(rep, _)| rep.clone()).collect();
        reports.iter().flat_map(|rep| self.place(rep, Some(other))).collect()
    }

    fn manages(&self, rep: &str) -> bool {
        self.0.values().any(|manager| manager.as_deref() == Some(rep))
    }

    /// The managers above a rep.
    fn managers(&self, rep: &str) -> BTreeSet<&str> {
        let mut above = BTreeSet::new();
        let mut at = rep;
        while let Some(Some(manager)) = self.0.get(at) {
            above.insert(manager.as_str());
            at = manager;
        }
        above
    }

    /// All scopes there are.
    fn scopes(&self) -> BTreeSet<String> {
        let reps = self.0.keys().map(|rep| format!("rep:{rep}"));
        let teams = self.0.values().flatten().map(|manager| format!("team:{manager}"));
        let all = ["org".to_owned(), "unassigned".to_owned()];
        all.into_iter().chain(reps).chain(teams).collect()
    }

    fn has(&self, scope: &str) -> bool {
        match scope.split_once(':') {
            Some(("rep", rep)) => self.0.contains_key(rep),
            Some((_, manager)) => self.manages(manager),
            None => true,
        }
    }

    /// Whether a scope is another, or part of it.
    fn is_within(&self, scope: &str, of: &str) -> bool {
        if scope == of || of == "org" {
            return true;
        }
        let Some(team) = of.strip_prefix("team:") else { return false };
        match scope.split_once(':') {
            Some(("rep", rep)) => {
                rep == team && self.manages(team) || self.managers(rep).contains(team)
            }
            Some((_, manager)) => self.managers(manager).contains(team),
            None => false,
        }
    }
}

/// What a leaderboard shows somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ranked {
    /// That there is no such scope.
    OutOfScope,
    /// These reps, by their scopes, of so many.
    Shown { reps: BTreeSet<String>, members: usize },
}

/// What somebody asks for and may see: names, each with whether what is part of it counts too.
#[derive(Debug)]
pub(super) struct Eyes {
    asked: Option<Vec<(String, bool)>>,
    may: Option<Vec<(String, bool)>>,
}

impl Eyes {
    pub(super) fn new(sight: &Sight, selector: &Selector) -> Self {
        let asked = selector.scopes.iter().map(|scope| (scope.clone(), selector.with_members));
        let asked = (!selector.scopes.is_empty()).then(|| asked.collect());
        let may = match sight {
            Sight::All => None,
            Sight::Of(roots) => {
                Some(roots.iter().map(|root| (root.scope.clone(), root.with_members)).collect())
            }
        };
        Self { asked, may }
    }

    /// The scopes that they are shown.
    pub(super) fn sees(&self, tree: &Tree) -> BTreeSet<String> {
        let scopes = tree.scopes().into_iter();
        scopes.filter(|scope| self.shows(scope, tree)).collect()
    }

    /// Whether they are shown a scope that there is.
    fn shows(&self, scope: &str, tree: &Tree) -> bool {
        // Who asks for the members of somebody they do not see asks for nobody's.
        let seen = |(name, _): &&(String, bool)| holds(self.may.as_ref(), name, tree);
        let asked = self.asked.as_ref().map(|names| names.iter().filter(seen).cloned().collect());
        holds(asked.as_ref(), scope, tree) && holds(self.may.as_ref(), scope, tree)
    }

    /// Whether they are told alerts of a scope, of which there may have been an end.
    pub(super) fn hears(&self, scope: &str, tree: &Tree) -> bool {
        if tree.has(scope) {
            return self.shows(scope, tree);
        }
        let names = |(name, _): &(String, bool)| name == scope;
        self.may.is_none() && self.asked.as_ref().is_none_or(|asked| asked.iter().any(names))
    }

    /// What the leaderboard of a scope shows them: all reps of one whose all they see, and otherwise the rep that they are.
    pub(super) fn ranked(&self, scope: &str, rep: Option<&str>, tree: &Tree) -> Ranked {
        if !tree.has(scope) {
            return Ranked::OutOfScope;
        }
        let reps = tree.0.keys().map(|rep| format!("rep:{rep}"));
        let reps: BTreeSet<String> = reps.filter(|rep| tree.is_within(rep, scope)).collect();
        let members = reps.len();
        if self.sees_all_of(scope, tree) {
            return Ranked::Shown { reps, members };
        }
        let own = rep.map(|rep| format!("rep:{rep}")).filter(|own| reps.contains(own));
        own.map_or(Ranked::OutOfScope, |own| Ranked::Shown { reps: [own].into(), members })
    }

    fn sees_all_of(&self, scope: &str, tree: &Tree) -> bool {
        let alone = scope.starts_with("rep:");
        let sees = |(name, with_members): &(String, bool)| {
            *with_members && tree.is_within(scope, name) || alone && name == scope
        };
        self.may.as_ref().is_none_or(|may| may.iter().any(sees))
    }

    /// What became of a scope after it was last shown: whether it was lost from sight while there was one, and whether it ended.
    pub(super) fn last_saw<'a>(
        &self,
        scope: &str,
        trees: impl Iterator<Item = &'a Tree>,
    ) -> (bool, bool) {
        let (mut is_lost, mut has_ended) = (false, false);
        for tree in trees {
            let is_there = tree.has(scope);
            if is_there && self.shows(scope, tree) {
                (is_lost, has_ended) = (false, false);
            } else if !is_there {
                has_ended = true;
            } else if !has_ended && !holds(self.may.as_ref(), scope, tree) {
                is_lost = true;
            }
        }
        (is_lost, has_ended)
    }
}

fn holds(names: Option<&Vec<(String, bool)>>, scope: &str, tree: &Tree) -> bool {
    let holds = |(name, with_members): &(String, bool)| {
        name == scope || *with_members && tree.is_within(scope, name)
    };
    names.is_none_or(|names| names.iter().any(holds))
}
