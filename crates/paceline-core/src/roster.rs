//! Reps and teams: who is credited, who is below whom, and in which time zone their days begin.
//!
//! A roster holds on one day. When the facts change, another is made [after](Roster::after) it, in which every scope that
//! goes on has the id it had, and one that is no more keeps its id and its name.

mod names;
mod rep;
mod tree;

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::FixedState;
use jiff::tz::TimeZone;

use crate::calendar::{Calendar, CalendarId};
use crate::day::Day;
use crate::symbol::{Intern, Symbol};

use names::Names;
pub use rep::Rep;
use tree::{index, managers, paths};

/// Which scope, as an index into [`Roster::scopes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScopeId(pub u32);

/// A scope: whom a number is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Everyone, and what nobody is credited with.
    Org,
    /// What nobody is credited with.
    Unassigned,
    /// One rep, by index into [`Roster::reps`].
    Rep(usize),
    /// A manager and everyone below, by the manager's index.
    Team(usize),
    /// Nobody: a rep or a team that is no more.
    Ended,
}

/// All reps and the teams they form.
#[derive(Clone, Debug)]
pub struct Roster {
    reps: Vec<Arc<Rep>>,
    zones: Vec<TimeZone>,
    /// The zone of the calendar of the org.
    default_zone: TimeZone,
    /// The days that some zone of these leaves out.
    left_out: Vec<Day>,
    names: Arc<Names>,
    scopes: Vec<Scope>,
    by_symbol: HashMap<Symbol, usize, FixedState>,
    symbols: Vec<Symbol>,
    managers: Vec<Option<usize>>,
    own: Vec<ScopeId>,
    teams: Vec<Option<ScopeId>>,
    paths: Vec<Vec<ScopeId>>,
    /// By scope, the reps whose numbers it counts.
    members: Vec<Vec<usize>>,
    everyone: Vec<ScopeId>,
}

/// Why reps do not form a roster.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RosterError {
    /// Two reps have one id.
    #[error("two reps have the id `{id}`")]
    Duplicate {
        /// The index of the second.
        rep: usize,
        /// The id.
        id: String,
    },
    /// A manager is no rep.
    #[error("manager `{manager}` is not in the list of reps")]
    UnknownManager {
        /// The index of the rep.
        rep: usize,
        /// The manager's id.
        manager: String,
    },
    /// A rep is, through others, their own manager.
    #[error("a cycle of managers: {}", ids.join(" → "))]
    Cycle {
        /// The index of a rep in it.
        rep: usize,
        /// The ids along it.
        ids: Vec<String>,
    },
}

/// The org, always the first scope.
pub const ORG: ScopeId = ScopeId(0);
/// What nobody is credited with, always the second scope.
pub const UNASSIGNED: ScopeId = ScopeId(1);

impl Roster {
    /// Forms the teams of reps, whose calendars must be among `calendars`.
    ///
    /// # Errors
    /// [`RosterError`] when ids repeat, or managers are unknown or in a cycle.
    pub fn new(
        reps: Vec<Rep>,
        calendars: &[Calendar],
        symbols: &mut dyn Intern,
    ) -> Result<Self, RosterError> {
        let reps = reps.into_iter().map(Arc::new).collect();
        Self::named_by(Arc::new(Names::new()), reps, calendars, symbols)
    }

    /// The roster that follows this one.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn after(
        &self,
        reps: Vec<Arc<Rep>>,
        calendars: &[Calendar],
        symbols: &mut dyn Intern,
    ) -> Result<Self, RosterError> {
        Self::named_by(self.names.clone(), reps, calendars, symbols)
    }

    fn named_by(
        mut names: Arc<Names>,
        reps: Vec<Arc<Rep>>,
        calendars: &[Calendar],
        symbols: &mut dyn Intern,
    ) -> Result<Self, RosterError> {
        let by_id = index(&reps)?;
        let managers = managers(&reps, &by_id)?;
        let own: Vec<ScopeId> = reps.iter().map(|rep| Names::rep(&mut names, &rep.id)).collect();
        let mut teams = vec![None; reps.len()];
        for manager in managers.iter().flatten() {
            teams[*manager].get_or_insert_with(|| Names::team(&mut names, &reps[*manager].id));
        }
        let scopes = scopes(names.len(), &own, &teams);
        let paths = paths(&reps, &managers, &own, &teams)?;
        let members = members(scopes.len(), &paths);
        let symbols: Vec<Symbol> = reps.iter().map(|rep| symbols.intern(&rep.id)).collect();
        let by_symbol = symbols.iter().enumerate().map(|(at, symbol)| (*symbol, at)).collect();
        let zone_of = |id: CalendarId| {
            calendars.get(usize::from(id.0)).map_or(TimeZone::UTC, |calendar| calendar.zone.clone())
        };
        let zone = |rep: &Arc<Rep>| rep.zone.clone().unwrap_or_else(|| zone_of(rep.calendar));
        let zones: Vec<TimeZone> = reps.iter().map(zone).collect();
        let default_zone = zone_of(CalendarId::DEFAULT);
        let left_out = distinct(&zones).into_iter().flat_map(Day::left_out).collect();
        let in_force = |id: &ScopeId| scopes[id.0 as usize] != Scope::Ended;
        let everyone = (0..scopes.len() as u32).map(ScopeId).filter(in_force).collect();
        Ok(Self {
            reps,
            zones,
            default_zone,
            left_out,
            names,
            scopes,
            by_symbol,
            symbols,
            managers,
            own,
            teams,
            paths,
            members,
            everyone,
        })
    }

    /// All reps.
    pub fn reps(&self) -> &[Arc<Rep>] {
        &self.reps
    }

    /// All scopes there ever were; [`ScopeId`] is the index.
    pub fn scopes(&self) -> &[Scope] {
        &self.scopes
    }

    /// The ids of the scopes in force.
    pub fn scope_ids(&self) -> impl Iterator<Item = ScopeId> {
        self.everyone.iter().copied()
    }

    /// The scope of an id; one that did not begin yet is as if it had ended.
    pub fn scope(&self, id: ScopeId) -> &Scope {
        self.scopes.get(id.0 as usize).unwrap_or(&Scope::Ended)
    }

    /// Whether there is such a scope now.
    pub fn is_in_force(&self, scope: ScopeId) -> bool {
        *self.scope(scope) != Scope::Ended
    }

    /// The scopes that count what an owner is credited with: the rep, the teams above, the org. An owner that
    /// is not known may be in any of them.
    pub fn path(&self, owner: Symbol) -> &[ScopeId] {
        if owner == Symbol::UNKNOWN {
            return &self.everyone;
        }
        self.by_symbol.get(&owner).map_or(&[UNASSIGNED, ORG], |rep| &self.paths[*rep])
    }

    /// The rep an owner is.
    pub fn rep_of(&self, owner: Symbol) -> Option<usize> {
        self.by_symbol.get(&owner).copied()
    }

    /// The symbol of a rep's id.
    pub fn symbol(&self, rep: usize) -> Symbol {
        self.symbols[rep]
    }

    /// The symbols of all reps' ids.
    pub fn symbols(&self) -> &[Symbol] {
        &self.symbols
    }

    /// The time zone in which an owner's days begin; that of the calendar for who is no rep.
    pub fn zone_of(&self, owner: Symbol) -> &TimeZone {
        self.by_symbol.get(&owner).map_or(&self.default_zone, |rep| &self.zones[*rep])
    }

    /// The time zone of a scope: a team has its manager's.
    pub fn zone(&self, scope: ScopeId) -> &TimeZone {
        match self.scope(scope) {
            Scope::Org | Scope::Unassigned | Scope::Ended => &self.default_zone,
            Scope::Rep(rep) | Scope::Team(rep) => &self.zones[*rep],
        }
    }

    /// The days that there are not for some of the reps.
    pub(crate) fn left_out(&self) -> &[Day] {
        &self.left_out
    }

    /// The calendar of a scope: a team has its manager's.
    pub fn calendar(&self, scope: ScopeId) -> CalendarId {
        match self.scope(scope) {
            Scope::Org | Scope::Unassigned | Scope::Ended => CalendarId::DEFAULT,
            Scope::Rep(rep) | Scope::Team(rep) => self.reps[*rep].calendar,
        }
    }

    /// The reps whose numbers a scope counts.
    pub fn members(&self, scope: ScopeId) -> impl Iterator<Item = usize> + '_ {
        self.members.get(scope.0 as usize).into_iter().flatten().copied()
    }

    /// How many reps there are whose numbers a scope counts.
    pub fn size(&self, scope: ScopeId) -> usize {
        self.members.get(scope.0 as usize).map_or(0, Vec::len)
    }

    /// The scopes that a scope is part of, the nearest first, itself not among them; `None` when it is not in force.
    pub fn above(&self, scope: ScopeId) -> Option<&[ScopeId]> {
        Some(match self.scope(scope) {
            Scope::Ended => return None,
            Scope::Org => &[],
            Scope::Unassigned => &[ORG],
            Scope::Rep(rep) => &self.paths[*rep][1..],
            // Before those above a manager come the manager and their own team.
            Scope::Team(rep) => &self.paths[*rep][2..],
        })
    }

    /// The scopes that are part of a scope, itself not among them.
    pub fn below(&self, scope: ScopeId) -> impl Iterator<Item = ScopeId> {
        let reps = self.members(scope).flat_map(|rep| [Some(self.own[rep]), self.teams[rep]]);
        let scopes = reps.flatten().chain([UNASSIGNED]);
        scopes.filter(move |below| self.above(*below).is_some_and(|above| above.contains(&scope)))
    }

    /// A rep's manager.
    pub fn manager(&self, rep: usize) -> Option<usize> {
        self.managers[rep]
    }

    /// The scope of a rep.
    pub fn rep_scope(&self, rep: usize) -> ScopeId {
        self.own[rep]
    }

    /// The team a rep manages.
    pub fn team(&self, rep: usize) -> Option<ScopeId> {
        self.teams[rep]
    }

    /// A scope as selectors write it: `rep:U1`, `team:M1`, `org`, `unassigned`. A later roster calls it the same.
    pub fn name(&self, scope: ScopeId) -> String {
        self.names.text(scope)
    }

    /// The scope in force that a selector names.
    pub fn named(&self, name: &str) -> Option<ScopeId> {
        self.ever_named(name).filter(|scope| self.is_in_force(*scope))
    }

    /// The scope that a selector names, in force or ended.
    pub fn ever_named(&self, name: &str) -> Option<ScopeId> {
        self.names.find(name)
    }
}

/// All scopes by their ids, of which there are `count`.
fn scopes(count: usize, own: &[ScopeId], teams: &[Option<ScopeId>]) -> Vec<Scope> {
    let mut scopes = vec![Scope::Ended; count];
    (scopes[0], scopes[1]) = (Scope::Org, Scope::Unassigned);
    for (rep, id) in own.iter().enumerate() {
        scopes[id.0 as usize] = Scope::Rep(rep);
    }
    for (rep, id) in teams.iter().enumerate() {
        if let Some(id) = id {
            scopes[id.0 as usize] = Scope::Team(rep);
        }
    }
    scopes
}

fn members(scopes: usize, paths: &[Vec<ScopeId>]) -> Vec<Vec<usize>> {
    let mut members = vec![Vec::new(); scopes];
    for (rep, path) in paths.iter().enumerate() {
        path.iter().for_each(|scope| members[scope.0 as usize].push(rep));
    }
    members
}

/// Each zone once.
fn distinct(zones: &[TimeZone]) -> Vec<&TimeZone> {
    let mut distinct: Vec<&TimeZone> = Vec::new();
    for zone in zones {
        if !distinct.contains(&zone) {
            distinct.push(zone);
        }
    }
    distinct
}
