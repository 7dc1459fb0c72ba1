//! Selections: the part of the board that somebody asks for, and of that what they may see.

use std::collections::BTreeSet;

use crate::kpi::KpiId;
use crate::period::PeriodKind;
use crate::roster::{Roster, ScopeId};
use crate::sight::{Horizon, Sight};

/// A part of the board: the scopes, KPIs and kinds of period somebody asks for. Empty is everything that they see.
///
/// Scopes are asked for by name, for which of them there are, and who is part of them, changes with the roster. A scope that is
/// not seen is as if there were none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// What of all this the one who asks may see.
    pub sight: Sight,
    /// The names of the scopes.
    pub scopes: Vec<String>,
    /// Whether the scopes that are part of these are asked for too.
    pub with_members: bool,
    /// The KPIs.
    pub kpis: Vec<KpiId>,
    /// The kinds of period.
    pub kinds: Vec<PeriodKind>,
}

/// One line of the board: the scope, KPI and kind of period that somebody asks about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Whose numbers the one who asks may see.
    pub sight: Sight,
    /// The name of the scope.
    pub scope: String,
    /// The KPI.
    pub kpi: KpiId,
    /// The kind of period.
    pub kind: PeriodKind,
}

impl Selection {
    /// The names of scopes within which all lies that it may show, each with whether what is part of the scope does too; nothing
    /// when that may be anything. Of what is asked for and what is seen it is the one that holds less, by a roster; by a later
    /// one it holds the rest as well.
    pub fn within(&self, roster: &Roster) -> Option<Vec<(&str, bool)>> {
        let asked = self.scopes.iter().map(|name| (name.as_str(), self.with_members));
        let asked: Option<Vec<_>> = (!self.scopes.is_empty()).then(|| asked.collect());
        let seen: Option<Vec<_>> = self.sight.roots().map(|roots| {
            roots.iter().map(|root| (root.scope.as_str(), root.with_members)).collect()
        });
        match (asked, seen) {
            (Some(asked), Some(seen)) if extent(&seen, roster) < extent(&asked, roster) => {
                Some(seen)
            }
            (asked, seen) => asked.or(seen),
        }
    }

    /// Whether it shows a scope by a roster.
    pub fn shows(&self, scope: ScopeId, roster: &Roster) -> bool {
        View::new(self, roster).shows(scope, roster.above(scope))
    }
}

/// About how many scopes there are within some, by a roster.
fn extent(names: &[(&str, bool)], roster: &Roster) -> usize {
    let extent = |(name, with_members): &(&str, bool)| match roster.named(name) {
        Some(scope) if *with_members => 1 + roster.size(scope),
        Some(_) | None => 1,
    };
    names.iter().map(extent).sum()
}

/// A selection, with its scopes found by their names.
pub(super) struct View<'a> {
    selection: &'a Selection,
    /// Those that are asked for.
    scopes: Vec<ScopeId>,
    horizon: Horizon,
    /// [`Selection::within`].
    within: Option<Vec<(ScopeId, bool)>>,
}

impl<'a> View<'a> {
    pub(super) fn new(selection: &'a Selection, roster: &Roster) -> Self {
        let found = selection.scopes.iter().filter_map(|name| roster.ever_named(name));
        let mut scopes: Vec<ScopeId> = found.collect();
        scopes.sort_unstable();
        scopes.dedup();
        let within = selection.within(roster).map(|names| {
            let find = |(name, with_members)| Some((roster.ever_named(name)?, with_members));
            names.into_iter().filter_map(find).collect()
        });
        Self { selection, scopes, horizon: selection.sight.horizon(roster), within }
    }

    /// All scopes that it may show by a roster, and maybe others, in their order; `None` when those are all.
    pub(super) fn few(&self, roster: &Roster) -> Option<BTreeSet<ScopeId>> {
        let within = self.within.as_ref()?;
        let mut few: BTreeSet<ScopeId> = within.iter().map(|(scope, _)| *scope).collect();
        let whole = within.iter().filter(|(_, with_members)| *with_members);
        few.extend(whole.flat_map(|(scope, _)| roster.below(*scope)));
        Some(few)
    }

    /// The scopes of which it may show some, when it shows no others whoever is part of whom.
    pub(super) fn named(&self) -> Option<Vec<ScopeId>> {
        let within = self.within.as_ref()?;
        if within.iter().any(|(_, with_members)| *with_members) {
            return None;
        }
        let mut named: Vec<ScopeId> = within.iter().map(|(scope, _)| *scope).collect();
        named.sort_unstable();
        named.dedup();
        Some(named)
    }

    /// Whether it holds a scope that is part of those `above`; `None` is for one that is not in force.
    pub(super) fn shows(&self, scope: ScopeId, above: Option<&[ScopeId]>) -> bool {
        above.is_some_and(|above| self.asks_for(scope, above)) && self.sees(scope, above)
    }

    fn asks_for(&self, scope: ScopeId, above: &[ScopeId]) -> bool {
        let asked = |scope: &ScopeId| self.scopes.binary_search(scope).is_ok();
        // Who asks for the members of what they do not see asks for nobody's, or they would learn who is a member. What a scope
        // above is part of comes after it.
        let with_members =
            |(at, over): (usize, &ScopeId)| asked(over) && self.sees(*over, above.get(at + 1..));
        self.selection.scopes.is_empty()
            || asked(&scope)
            || self.selection.with_members && above.iter().enumerate().any(with_members)
    }

    /// Whether whoever asks sees a scope that is part of those `above`.
    pub(super) fn sees(&self, scope: ScopeId, above: Option<&[ScopeId]>) -> bool {
        self.horizon.sees(scope, above)
    }

    pub(super) fn holds(&self, kpi: KpiId, kind: PeriodKind) -> bool {
        let Selection { kpis, kinds, .. } = self.selection;
        (kpis.is_empty() || kpis.contains(&kpi)) && (kinds.is_empty() || kinds.contains(&kind))
    }
}
