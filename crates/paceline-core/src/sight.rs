//! Sight: whose numbers somebody may see, whoever is part of whom.
//!
//! It names scopes rather than holding them: which scopes there are, and who is part of them, changes with the roster, and so
//! does what is seen. So a sight is asked by the roster of the revision at which something is shown.

use std::sync::Arc;

use crate::roster::{Roster, ScopeId};

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

    /// Whether a scope in force is seen by a roster.
    pub fn sees(&self, scope: ScopeId, roster: &Roster) -> bool {
        let Self::Of(roots) = self else { return true };
        let Some(above) = roster.above(scope) else { return false };
        roots.iter().any(|root| {
            roster
                .named(&root.scope)
                .is_some_and(|known| known == scope || root.with_members && above.contains(&known))
        })
    }
}
