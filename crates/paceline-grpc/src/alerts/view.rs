//! The view of one caller: which alerts a selector names, and the caller sees.
//!
//! What is seen goes by the roster of the moment, whenever an alert is from: of whom somebody has lost sight, they are told nothing
//! that was before either.

use std::collections::HashSet;
use std::sync::Arc;

use paceline_core::board::Selection;
use paceline_core::roster::{Roster, ScopeId};
use paceline_core::sight::{Horizon, Sight};
use paceline_engine::ToldAlert;
use tonic::Status;

use super::token::Kept;
use crate::proto;
use crate::selector::{self, Hash};
use crate::served::Served;
use crate::who::Principal;

/// Which alerts a selector names.
#[derive(Clone, Debug)]
pub(super) struct View {
    selection: Selection,
    /// The names of its KPIs: an alert may be of a KPI that the config no longer has.
    kpis: Vec<String>,
    /// Stands for the selector and the sight in a token.
    pub(super) hash: Hash,
}

/// What a view names and sees by one roster: looked up once, for as many alerts as are asked about.
#[derive(Debug)]
pub(super) struct Lens {
    roster: Arc<Roster>,
    horizon: Horizon,
    /// Of the scopes that are named those that are seen; nothing when none is named, and all are asked for.
    asked: Option<HashSet<ScopeId>>,
}

impl View {
    /// What a selector names for somebody.
    ///
    /// # Errors
    /// As [`selector::View::of`].
    pub(super) fn of(
        selector: Option<&proto::Selector>,
        served: &Served,
        principal: &Principal,
    ) -> Result<Self, Status> {
        let (model, selector) = (served.live.model(), selector.cloned().unwrap_or_default());
        let view = selector::View::of(&selector, model, &principal.sight)?;
        let selector::View { selection, hash } = view;
        let kpis = selection.kpis.iter().map(|kpi| model.kpi(*kpi).name.clone()).collect();
        Ok(Self { selection, kpis, hash })
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

    /// It by a roster.
    pub(super) fn by(&self, roster: Arc<Roster>) -> Lens {
        let Selection { sight, scopes, .. } = &self.selection;
        let horizon = sight.horizon(&roster);
        let seen = |name: &String| {
            let scope = roster.ever_named(name)?;
            horizon.sees(scope, roster.above(scope)).then_some(scope)
        };
        let asked = (!scopes.is_empty()).then(|| scopes.iter().filter_map(seen).collect());
        Lens { roster, horizon, asked }
    }

    /// Whether it holds an alert, by the roster of the moment. One of a scope that is no more is seen by those alone who see all, and
    /// held where its scope is named, or all are.
    pub(super) fn holds(&self, alert: &ToldAlert, lens: &Lens) -> bool {
        let kinds = &self.selection.kinds;
        (self.kpis.is_empty() || self.kpis.contains(&alert.kpi))
            && (kinds.is_empty() || kinds.contains(&alert.kind))
            && self.holds_scope(&alert.scope, lens)
    }

    /// Whose alerts are seen.
    pub(super) fn sight(&self) -> &Sight {
        &self.selection.sight
    }

    fn holds_scope(&self, name: &str, lens: &Lens) -> bool {
        let Selection { sight, scopes, with_members, .. } = &self.selection;
        let Lens { roster, horizon, asked } = lens;
        let Some(scope) = roster.ever_named(name) else {
            // It was no more when the service began, and is known by its name alone.
            return *sight == Sight::All
                && (scopes.is_empty() || scopes.iter().any(|it| it == name));
        };
        let above = roster.above(scope);
        let is_asked = |asked: &HashSet<ScopeId>| {
            let above = above.filter(|_| *with_members).unwrap_or_default();
            asked.contains(&scope) || above.iter().any(|above| asked.contains(above))
        };
        horizon.sees(scope, above) && asked.as_ref().is_none_or(is_asked)
    }
}
