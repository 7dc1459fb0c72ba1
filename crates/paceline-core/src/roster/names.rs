//! The names of scopes: every id that was ever given, so that what a scope was called can be told after its end, and one
//! that begins anew is the same as before.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use foldhash::fast::FixedState;

use super::{ORG, ScopeId, UNASSIGNED};

/// A name of a scope.
#[derive(Clone, Debug)]
enum Name {
    Org,
    Unassigned,
    Rep(Arc<str>),
    Team(Arc<str>),
}

/// All names that were ever given; the id of a scope is its index.
#[derive(Clone, Debug)]
pub(super) struct Names {
    all: Vec<Name>,
    reps: HashMap<Arc<str>, ScopeId, FixedState>,
    teams: HashMap<Arc<str>, ScopeId, FixedState>,
}

impl Names {
    pub(super) fn new() -> Self {
        let all = vec![Name::Org, Name::Unassigned];
        Self { all, reps: HashMap::default(), teams: HashMap::default() }
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// The scope of a rep, of which a name is given if there is none. Names that are shared are copied only then.
    pub(super) fn rep(names: &mut Arc<Self>, rep: &str) -> ScopeId {
        if let Some(known) = names.reps.get(rep) {
            return *known;
        }
        let names = Arc::make_mut(names);
        let (id, rep) = (ScopeId(names.all.len() as u32), Arc::<str>::from(rep));
        names.all.push(Name::Rep(rep.clone()));
        names.reps.insert(rep, id);
        id
    }

    /// The scope of the team of a manager, of which a name is given if there is none.
    pub(super) fn team(names: &mut Arc<Self>, manager: &str) -> ScopeId {
        if let Some(known) = names.teams.get(manager) {
            return *known;
        }
        let names = Arc::make_mut(names);
        let (id, manager) = (ScopeId(names.all.len() as u32), Arc::<str>::from(manager));
        names.all.push(Name::Team(manager.clone()));
        names.teams.insert(manager, id);
        id
    }

    /// The scope that a selector names, if it ever was.
    pub(super) fn find(&self, name: &str) -> Option<ScopeId> {
        match name.split_once(':') {
            None if name == "org" => Some(ORG),
            None if name == "unassigned" => Some(UNASSIGNED),
            Some(("rep", id)) => self.reps.get(id).copied(),
            Some(("team", id)) => self.teams.get(id).copied(),
            _ => None,
        }
    }

    /// A scope as selectors write it.
    pub(super) fn text(&self, scope: ScopeId) -> String {
        self.all[scope.0 as usize].to_string()
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Org => f.write_str("org"),
            Self::Unassigned => f.write_str("unassigned"),
            Self::Rep(id) => write!(f, "rep:{id}"),
            Self::Team(id) => write!(f, "team:{id}"),
        }
    }
}
