//! Sight: whose numbers somebody may see, whoever is part of whom.
//!
//! It names scopes rather than holding them: which scopes there are, and who is part of them, changes with the roster, and so
//! does what is seen. So a sight is asked by the roster of the revision at which something is shown. A [`Horizon`] is the sight
//! with its names looked up, for who asks about many scopes at once.

use std::sync::Arc;

use crate::roster::{Roster, Scope, ScopeId};

/// Whose numbers somebody may see.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sight {
    /// Everyone's.
    #[default]
    All,
    /// Those of what grows from these roots, and nobody else's.
    Of(Arc<[Root]>),
}

/// A scope that somebody may see.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Root {
    /// The name of the scope, as selectors write it.
    pub scope: String,
    /// Whether everything that is part of it is seen too.
    pub with_members: bool,
}

/// A sight with its roots found. They keep their ids in later rosters, and had them in those before.
#[derive(Clone, Debug)]
pub struct Horizon {
    /// Each with whether what is part of it is seen too; `None` for everyone's.
    roots: Option<Vec<(ScopeId, bool)>>,
}

impl Sight {
    /// That of a rep: their own numbers.
    pub fn of_rep(id: &str) -> Self {
        Self::Of([Root { scope: format!("rep:{id}"), with_members: false }].into())
    }

    /// That of a manager: their own numbers, their team's, and those of everyone below.
    pub fn of_manager(id: &str) -> Self {
        let own = Root { scope: format!("rep:{id}"), with_members: false };
        Self::Of([own, Root { scope: format!("team:{id}"), with_members: true }].into())
    }

    /// The roots from which everything grows that is seen; nothing when all is.
    pub fn roots(&self) -> Option<&[Root]> {
        match self {
            Self::All => None,
            Self::Of(roots) => Some(roots),
        }
    }

    /// It with its roots found, as far as there ever were such scopes.
    pub fn horizon(&self, roster: &Roster) -> Horizon {
        let find = |root: &Root| Some((roster.ever_named(&root.scope)?, root.with_members));
        Horizon { roots: self.roots().map(|roots| roots.iter().filter_map(find).collect()) }
    }

    /// Whether a scope in force is seen by a roster.
    pub fn sees(&self, scope: ScopeId, roster: &Roster) -> bool {
        self.horizon(roster).sees(scope, roster.above(scope))
    }

    /// The scope in force that a name means to whom it belongs: one that is not seen is as if there were none.
    pub fn named(&self, name: &str, roster: &Roster) -> Option<ScopeId> {
        roster.named(name).filter(|scope| self.sees(*scope, roster))
    }
}

impl Horizon {
    /// Whether a scope is seen that is part of those `above`; `None` is for one that is not in force, of which only those have
    /// sight who have it of everyone.
    pub fn sees(&self, scope: ScopeId, above: Option<&[ScopeId]>) -> bool {
        let Some(roots) = &self.roots else { return true };
        let Some(above) = above else { return false };
        let shows = |(root, with_members): &(ScopeId, bool)| {
            *root == scope || *with_members && above.contains(root)
        };
        roots.iter().any(shows)
    }

    /// Whether a scope is seen and so is everyone who is part of it.
    pub fn sees_all_of(&self, scope: ScopeId, roster: &Roster) -> bool {
        let Some(roots) = &self.roots else { return true };
        let Some(above) = roster.above(scope) else { return false };
        let alone = matches!(roster.scope(scope), Scope::Rep(_));
        let shows = |(root, with_members): &(ScopeId, bool)| {
            *root == scope && (alone || *with_members) || *with_members && above.contains(root)
        };
        roots.iter().any(shows)
    }
}

#[cfg(test)]
mod tests;
