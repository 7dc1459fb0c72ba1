//! Joint owners: owners that stand for several reps of one record, so that a scope with more than one of them counts the
//! record as a whole.
//!
//! What reps share in adds up along the teams like anything else, save for two things: the record is one, however many
//! members of a scope share in it; and overlay credit counts once, in place of the regular amounts, where it outweighs
//! them. Both are corrections in some scopes only, and in which follows from the reps alone. So a correction is an entry
//! like any other, credited to an owner that is no rep but a rule, whose scopes are those that the rule picks from the
//! roster. Everything stays a sum: a correction is withdrawn as it was made, and where the teams are others the rule
//! picks other scopes.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::roster::{Roster, ScopeId};
use crate::shares::Holder;
use crate::symbol::Symbol;

/// A rule that picks scopes by who of some owners is in them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Joint {
    /// The scopes with at least so many of the owners.
    AtLeast {
        /// How many.
        count: u16,
        /// The owners, each once.
        of: Arc<[Symbol]>,
    },
    /// The scopes in which a holder's overlay share counts, in place of the regular shares.
    Overlay {
        /// All who share, in the order of their ids.
        of: Arc<[Holder]>,
        /// The holder, as an index.
        whose: u16,
    },
    /// The scopes that have a holder and in which its regular share does not count, because of an overlay share.
    Outweighed {
        /// All who share, in the order of their ids.
        of: Arc<[Holder]>,
        /// The holder, as an index.
        whose: u16,
    },
}

impl Joint {
    fn any_owner(&self, is_one: impl Fn(Symbol) -> bool) -> bool {
        match self {
            Self::AtLeast { of, .. } => of.iter().any(|owner| is_one(*owner)),
            Self::Overlay { of, .. } | Self::Outweighed { of, .. } => {
                of.iter().any(|holder| is_one(holder.owner))
            }
        }
    }

    /// The scopes that it picks.
    pub fn scopes(&self, roster: &Roster) -> Vec<ScopeId> {
        match self {
            Self::AtLeast { count, of } => {
                let has_enough = |scope: &ScopeId| {
                    let members = of.iter().filter(|owner| roster.path(**owner).contains(scope));
                    members.count() >= usize::from(*count)
                };
                let mut scopes: Vec<ScopeId> =
                    of.iter().flat_map(|owner| roster.path(*owner)).copied().collect();
                scopes.sort_unstable();
                scopes.dedup();
                scopes.retain(has_enough);
                scopes
            }
            Self::Overlay { of, whose } => {
                let whose = usize::from(*whose);
                let path = roster.path(of[whose].owner).iter().copied();
                path.filter(|scope| overlay(of, *scope, roster) == Some(whose)).collect()
            }
            Self::Outweighed { of, whose } => {
                let path = roster.path(of[usize::from(*whose)].owner).iter().copied();
                path.filter(|scope| overlay(of, *scope, roster).is_some()).collect()
            }
        }
    }
}

/// The holder whose overlay share counts in a scope: the greatest of its members, the first of those if several are, when
/// that is greater than all regular shares of its members together.
fn overlay(of: &[Holder], scope: ScopeId, roster: &Roster) -> Option<usize> {
    let is_member = |holder: &Holder| roster.path(holder.owner).contains(&scope);
    let members = || of.iter().enumerate().filter(|(_, holder)| is_member(holder));
    let shares = members().filter_map(|(at, holder)| Some((at, holder.overlay?)));
    let (at, greatest) =
        shares.reduce(|best, other| if other.1 > best.1 { other } else { best })?;
    let regular = members().filter_map(|(_, holder)| holder.regular).sum();
    (greatest > regular).then_some(at)
}

/// The joint owners that a board has met, with their scopes in its roster.
#[derive(Debug, Default)]
pub(crate) struct Joints {
    /// By their symbols, the first at 0.
    met: Vec<Option<Met>>,
}

#[derive(Debug)]
struct Met {
    joint: Joint,
    scopes: Box<[ScopeId]>,
}

impl Joints {
    /// Learns what a symbol stands for.
    pub(crate) fn define(&mut self, symbol: Symbol, joint: &Joint, roster: &Roster) {
        let Some(at) = symbol.joint_number() else { return };
        if at >= self.met.len() {
            self.met.resize_with(at + 1, || None);
        }
        let met = || Met { joint: joint.clone(), scopes: joint.scopes(roster).into() };
        self.met[at].get_or_insert_with(met);
    }

    /// Picks scopes from another roster, by which the path of some owners is another one. Answers the joint owners that
    /// other scopes count now, each with those that did before.
    pub(crate) fn follow(
        &mut self,
        roster: &Roster,
        is_moved: impl Fn(Symbol) -> bool,
    ) -> Vec<(Symbol, Box<[ScopeId]>)> {
        let mut moved = Vec::new();
        for (at, met) in self.met.iter_mut().enumerate() {
            let Some(Met { joint, scopes }) = met else { continue };
            if !joint.any_owner(&is_moved) {
                continue;
            }
            let now: Box<[ScopeId]> = joint.scopes(roster).into();
            if now != *scopes {
                moved.push((Symbol::joint(at), std::mem::replace(scopes, now)));
            }
        }
        moved
    }

    /// The scopes that count what an owner is credited with.
    pub(crate) fn path<'a>(&'a self, owner: Symbol, roster: &'a Roster) -> &'a [ScopeId] {
        let Some(at) = owner.joint_number() else { return roster.path(owner) };
        self.met.get(at).and_then(Option::as_ref).map_or(&[], |met| &met.scopes)
    }

    /// The joint owners that each of some scopes counts. `scopes` are in order.
    pub(crate) fn by_scope(&self, scopes: &[ScopeId]) -> BTreeMap<ScopeId, Vec<Symbol>> {
        let mut by_scope = BTreeMap::<ScopeId, Vec<Symbol>>::new();
        for (at, met) in self.met.iter().enumerate() {
            let path = met.iter().flat_map(|met| &met.scopes);
            for scope in path.filter(|scope| scopes.binary_search(scope).is_ok()) {
                by_scope.entry(*scope).or_default().push(Symbol::joint(at));
            }
        }
        by_scope
    }

    /// The joint owners that some of the scopes count.
    pub(crate) fn of(&self, scopes: &[ScopeId]) -> impl Iterator<Item = Symbol> {
        let counted = |(at, met): (usize, &Option<Met>)| {
            let mut path = met.iter().flat_map(|met| &met.scopes);
            path.any(|scope| scopes.contains(scope)).then(|| Symbol::joint(at))
        };
        self.met.iter().enumerate().filter_map(counted)
    }
}

#[cfg(test)]
mod tests {
    use super::Joint;
    use crate::calendar::{Calendar, CalendarId};
    use crate::decimal::Decimal;
    use crate::roster::{Rep, Roster};
    use crate::shares::Holder;
    use crate::symbol::{Intern, Symbol, Symbols};

    /// M1 above M2 above U1 and U2; U3 alone.
    fn roster(symbols: &mut Symbols) -> Roster {
        let reps = [
            ("M1", None),
            ("M2", Some("M1")),
            ("U1", Some("M2")),
            ("U2", Some("M2")),
            ("U3", None),
        ];
        let rep = |(id, manager): (&str, Option<&str>)| Rep {
            id: id.to_owned(),
            name: id.to_owned(),
            manager: manager.map(str::to_owned),
            role: None,
            start: None,
            end: None,
            zone: None,
            calendar: CalendarId::DEFAULT,
            time_off: Vec::new(),
        };
        Roster::new(reps.map(rep).to_vec(), &[Calendar::default()], symbols).expect("a roster")
    }

    fn names(joint: &Joint, roster: &Roster) -> String {
        let mut names: Vec<String> =
            joint.scopes(roster).into_iter().map(|scope| roster.name(scope)).collect();
        names.sort();
        names.join(" ")
    }

    #[test]
    fn at_least_so_many_are_in_the_teams_above_them() {
        let mut symbols = Symbols::default();
        let roster = roster(&mut symbols);
        for (count, of, expected) in [
            (2, &["U1", "U2"][..], "org team:M1 team:M2"),
            (2, &["U1", "M1"], "org team:M1"),
            (2, &["U1", "U3"], "org"),
            (2, &["x", "y"], "org unassigned"),
            (2, &["U1", "U2", "M1"], "org team:M1 team:M2"),
            (3, &["U1", "U2", "M1"], "org team:M1"),
        ] {
            let owners: Vec<Symbol> = of.iter().map(|id| symbols.intern(id)).collect();
            let joint = Joint::AtLeast { count, of: owners.into() };
            assert_eq!(names(&joint, &roster), expected, "{count} of {of:?}");
        }
    }

    /// Of a list of `(who, regular, overlay)` where each one's overlay counts and where each one's regular share does not.
    #[test]
    fn overlay_counts_where_it_outweighs_the_regular_shares() {
        let mut symbols = Symbols::default();
        let roster = roster(&mut symbols);
        type Case<'a> = (&'a [(&'a str, Option<i64>, Option<i64>)], &'a [&'a str], &'a [&'a str]);
        let cases: [Case<'_>; 5] = [
            // In the org nothing is more than the whole.
            (&[("U1", Some(100), None), ("U3", None, Some(100))], &["", "rep:U3"], &["", "rep:U3"]),
            // In the team of both the greater one counts.
            (
                &[("U1", Some(30), None), ("U2", None, Some(50)), ("U3", Some(70), None)],
                &["", "rep:U2 team:M1 team:M2", ""],
                &["team:M1 team:M2", "rep:U2 team:M1 team:M2", ""],
            ),
            // Of equal ones the first.
            (
                &[("U1", None, Some(50)), ("U2", None, Some(50)), ("U3", Some(100), None)],
                &["rep:U1 team:M1 team:M2", "rep:U2", ""],
                &["rep:U1 team:M1 team:M2", "rep:U2 team:M1 team:M2", ""],
            ),
            // A rep's own overlay is not added to their regular share.
            (
                &[("U1", Some(40), Some(60)), ("U3", Some(60), None)],
                &["rep:U1 team:M1 team:M2", ""],
                &["rep:U1 team:M1 team:M2", ""],
            ),
            (&[("U1", Some(60), Some(60)), ("U3", Some(40), None)], &["", ""], &["", ""]),
        ];
        for (of, overlays, outweighed) in cases {
            let holders: Vec<Holder> = of
                .iter()
                .map(|(who, regular, overlay)| Holder {
                    owner: symbols.intern(who),
                    regular: regular.map(Decimal::from_int),
                    overlay: overlay.map(Decimal::from_int),
                })
                .collect();
            for whose in 0..of.len() {
                let (of, nth) = (holders.clone().into(), whose as u16);
                let overlay = Joint::Overlay { of, whose: nth };
                assert_eq!(names(&overlay, &roster), overlays[whose], "{overlay:?}");
                let (of, nth) = (holders.clone().into(), whose as u16);
                let lost = Joint::Outweighed { of, whose: nth };
                assert_eq!(names(&lost, &roster), outweighed[whose], "{lost:?}");
            }
        }
    }
}
