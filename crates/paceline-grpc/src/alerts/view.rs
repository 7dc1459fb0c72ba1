//! The view of one caller: which alerts a selector names, and the caller sees.
//!
//! What is seen goes by the roster of the moment, whenever an alert is from: of whom somebody has lost sight, they are told nothing
//! that was before either.

use paceline_core::model::Model;
use paceline_core::roster::{Roster, ScopeId};
use paceline_core::sight::Sight;
use paceline_engine::ToldAlert;

use super::token::Kept;
use crate::selector::{self, Hash};

/// Which alerts a selector names.
#[derive(Clone, Debug)]
pub(super) struct View {
    selection: paceline_core::board::Selection,
    /// The names of its KPIs: an alert may be of a KPI that the config no longer has.
    kpis: Vec<String>,
    /// Stands for the selector and the sight in a token.
    pub(super) hash: Hash,
}

impl View {
    pub(super) fn new(view: selector::View, model: &Model) -> Self {
        let selector::View { selection, hash } = view;
        let kpis = selection.kpis.iter().map(|kpi| model.kpi(*kpi).name.clone()).collect();
        Self { selection, kpis, hash }
    }

    /// The scopes that it names, and that there are not now or that are not seen.
    pub(super) fn unknown<'a>(&'a self, roster: &'a Roster) -> impl Iterator<Item = &'a str> {
        let horizon = self.selection.sight.horizon(roster);
        let sees = move |scope: ScopeId| horizon.sees(scope, roster.above(scope));
        let scopes = self.selection.scopes.iter().map(String::as_str);
        scopes.filter(move |name| !roster.named(name).is_some_and(&sees))
    }

    /// How a token of it is kept: from who does not see all also how many alerts there are.
    pub(super) fn kept(&self) -> Kept {
        if self.selection.sight == Sight::All { Kept::Plain } else { Kept::Sealed }
    }

    /// Whether it holds an alert, by the roster of the moment. One of a scope that is no more is seen by those alone who see all, and
    /// held where its scope is named, or all are.
    pub(super) fn holds(&self, alert: &ToldAlert, roster: &Roster) -> bool {
        let kinds = &self.selection.kinds;
        (self.kpis.is_empty() || self.kpis.contains(&alert.kpi))
            && (kinds.is_empty() || kinds.contains(&alert.kind))
            && self.sees(&alert.scope, roster)
            && self.holds_scope(&alert.scope, roster)
    }

    /// Whose alerts are seen.
    pub(super) fn sight(&self) -> &Sight {
        &self.selection.sight
    }

    fn sees(&self, scope: &str, roster: &Roster) -> bool {
        let sight = &self.selection.sight;
        *sight == Sight::All || sight.named(scope, roster).is_some()
    }

    fn holds_scope(&self, scope: &str, roster: &Roster) -> bool {
        let scopes = &self.selection.scopes;
        let names = |name: &str| scopes.iter().any(|asked| asked == name);
        if scopes.is_empty() || names(scope) {
            return true;
        }
        let above = roster.ever_named(scope).and_then(|scope| roster.above(scope));
        let above = above.filter(|_| self.selection.with_members);
        let asked = |name: &str| names(name) && self.sees(name, roster);
        above.is_some_and(|above| above.iter().any(|scope| asked(&roster.name(*scope))))
    }
}
