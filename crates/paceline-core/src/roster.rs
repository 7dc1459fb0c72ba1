//! Reps and teams: who is credited, who is below whom, and in which time zone their days begin.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::calendar::{Calendar, CalendarId};
use crate::day::Day;
use crate::symbol::{Intern, Symbol};

/// A user who carries goals; managers are reps too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rep {
    /// The id that the credit field of records holds.
    pub id: String,
    /// What people call them.
    pub name: String,
    /// Their manager's id.
    pub manager: Option<String>,
    /// Their role, for goals by role.
    pub role: Option<String>,
    /// Their first day.
    pub start: Option<Day>,
    /// Their last day.
    pub end: Option<Day>,
    /// Their own time zone, if it is not the calendar's.
    pub zone: Option<TimeZone>,
    /// Their calendar.
    pub calendar: CalendarId,
    /// When they are off: the first and the last day of each time.
    pub time_off: Vec<(Day, Day)>,
}

impl Rep {
    /// Whether they are employed and not off.
    pub fn is_present(&self, day: Day) -> bool {
        self.start.is_none_or(|start| start <= day)
            && self.end.is_none_or(|end| day <= end)
            && !self.time_off.iter().any(|(first, last)| *first <= day && day <= *last)
    }

    /// How many months of tenure are completed on a day, the day of the month being clamped where a month is shorter:
    /// who starts on 31 January has completed one on 28 February. `None` without a first day.
    pub fn tenure_months(&self, day: Day) -> Option<u32> {
        let (start, day) = (self.start?.civil(), day.civil());
        let months = (i32::from(day.year()) - i32::from(start.year())) * 12
            + i32::from(day.month())
            - i32::from(start.month());
        let completed = day.day() >= start.day().min(day.days_in_month());
        Some((months - i32::from(!completed)).max(0) as u32)
    }

    /// The day on which so many months of tenure are completed. `None` without a first day.
    pub fn anniversary(&self, months: u32) -> Option<Day> {
        let start = self.start?.civil();
        let total = i32::from(start.year()) * 12 + i32::from(start.month()) - 1 + months as i32;
        let (year, month) = (total.div_euclid(12) as i16, (total.rem_euclid(12) + 1) as i8);
        let first = Date::new(year, month, 1).ok()?;
        let day = start.day().min(first.days_in_month());
        Some(Day::from_civil(first).plus(i32::from(day) - 1))
    }
}

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
}

/// All reps and the teams they form.
#[derive(Clone, Debug)]
pub struct Roster {
    reps: Vec<Rep>,
    zones: Vec<TimeZone>,
    /// The zone of the calendar of the org.
    default_zone: TimeZone,
    scopes: Vec<Scope>,
    by_symbol: HashMap<Symbol, usize, FixedState>,
    symbols: Vec<Symbol>,
    managers: Vec<Option<usize>>,
    teams: Vec<Option<ScopeId>>,
    paths: Vec<Vec<ScopeId>>,
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
        let by_id = index(&reps)?;
        let managers = managers(&reps, &by_id)?;
        let mut scopes = vec![Scope::Org, Scope::Unassigned];
        scopes.extend((0..reps.len()).map(Scope::Rep));
        let mut teams = vec![None; reps.len()];
        for manager in managers.iter().flatten() {
            if teams[*manager].is_none() {
                teams[*manager] = Some(ScopeId(scopes.len() as u32));
                scopes.push(Scope::Team(*manager));
            }
        }
        let paths = paths(&reps, &managers, &teams)?;
        let symbols: Vec<Symbol> = reps.iter().map(|rep| symbols.intern(&rep.id)).collect();
        let by_symbol = symbols.iter().enumerate().map(|(at, symbol)| (*symbol, at)).collect();
        let zone_of = |id: CalendarId| {
            calendars.get(usize::from(id.0)).map_or(TimeZone::UTC, |calendar| calendar.zone.clone())
        };
        let zone = |rep: &Rep| rep.zone.clone().unwrap_or_else(|| zone_of(rep.calendar));
        let zones = reps.iter().map(zone).collect();
        let default_zone = zone_of(CalendarId::DEFAULT);
        let everyone = (0..scopes.len() as u32).map(ScopeId).collect();
        Ok(Self {
            reps,
            zones,
            default_zone,
            scopes,
            by_symbol,
            symbols,
            managers,
            teams,
            paths,
            everyone,
        })
    }

    /// All reps.
    pub fn reps(&self) -> &[Rep] {
        &self.reps
    }

    /// All scopes; [`ScopeId`] is the index.
    pub fn scopes(&self) -> &[Scope] {
        &self.scopes
    }

    /// All ids of scopes.
    pub fn scope_ids(&self) -> impl Iterator<Item = ScopeId> + use<> {
        (0..self.scopes.len() as u32).map(ScopeId)
    }

    /// The scope of an id.
    pub fn scope(&self, id: ScopeId) -> &Scope {
        &self.scopes[id.0 as usize]
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

    /// The time zone in which an owner's days begin; that of the calendar for who is no rep.
    pub fn zone_of(&self, owner: Symbol) -> &TimeZone {
        self.by_symbol.get(&owner).map_or(&self.default_zone, |rep| &self.zones[*rep])
    }

    /// The time zone of a scope: a team has its manager's.
    pub fn zone(&self, scope: ScopeId) -> &TimeZone {
        match self.scope(scope) {
            Scope::Org | Scope::Unassigned => &self.default_zone,
            Scope::Rep(rep) | Scope::Team(rep) => &self.zones[*rep],
        }
    }

    /// The calendar of a scope: a team has its manager's.
    pub fn calendar(&self, scope: ScopeId) -> CalendarId {
        match self.scope(scope) {
            Scope::Org | Scope::Unassigned => CalendarId::DEFAULT,
            Scope::Rep(rep) | Scope::Team(rep) => self.reps[*rep].calendar,
        }
    }

    /// Whether a scope counts what a rep is credited with.
    pub fn includes(&self, scope: ScopeId, rep: usize) -> bool {
        self.paths[rep].contains(&scope)
    }

    /// The reps whose numbers a scope counts.
    pub fn members(&self, scope: ScopeId) -> impl Iterator<Item = usize> + '_ {
        (0..self.reps.len()).filter(move |rep| self.includes(scope, *rep))
    }

    /// The scopes strictly below a scope: its reps and the teams within it.
    pub fn below(&self, scope: ScopeId) -> Vec<ScopeId> {
        let inside = |id: &ScopeId| match self.scope(*id) {
            Scope::Org => false,
            Scope::Unassigned => scope == ORG,
            Scope::Rep(rep) | Scope::Team(rep) => *id != scope && self.includes(scope, *rep),
        };
        match self.scope(scope) {
            Scope::Rep(_) | Scope::Unassigned => Vec::new(),
            Scope::Org | Scope::Team(_) => self.scope_ids().filter(inside).collect(),
        }
    }

    /// A rep's manager.
    pub fn manager(&self, rep: usize) -> Option<usize> {
        self.managers[rep]
    }

    /// The scope of a rep.
    pub fn rep_scope(&self, rep: usize) -> ScopeId {
        ScopeId(2 + rep as u32)
    }

    /// The team a rep manages.
    pub fn team(&self, rep: usize) -> Option<ScopeId> {
        self.teams[rep]
    }

    /// A scope as selectors write it: `rep:U1`, `team:M1`, `org`, `unassigned`.
    pub fn name(&self, scope: ScopeId) -> String {
        match self.scope(scope) {
            Scope::Org => "org".to_owned(),
            Scope::Unassigned => "unassigned".to_owned(),
            Scope::Rep(rep) => format!("rep:{}", self.reps[*rep].id),
            Scope::Team(rep) => format!("team:{}", self.reps[*rep].id),
        }
    }

    /// The scope that a selector names.
    pub fn named(&self, name: &str) -> Option<ScopeId> {
        let rep = |id: &str| self.reps.iter().position(|rep| rep.id == id);
        match name.split_once(':') {
            None if name == "org" => Some(ORG),
            None if name == "unassigned" => Some(UNASSIGNED),
            Some(("rep", id)) => rep(id).map(|rep| self.rep_scope(rep)),
            Some(("team", id)) => rep(id).and_then(|rep| self.team(rep)),
            _ => None,
        }
    }
}

fn index(reps: &[Rep]) -> Result<HashMap<&str, usize>, RosterError> {
    let mut by_id = HashMap::new();
    for (at, rep) in reps.iter().enumerate() {
        if by_id.insert(rep.id.as_str(), at).is_some() {
            return Err(RosterError::Duplicate { rep: at, id: rep.id.clone() });
        }
    }
    Ok(by_id)
}

fn managers(reps: &[Rep], by_id: &HashMap<&str, usize>) -> Result<Vec<Option<usize>>, RosterError> {
    let manager = |(at, rep): (usize, &Rep)| {
        let Some(id) = &rep.manager else { return Ok(None) };
        let known = by_id.get(id.as_str()).copied();
        known.map(Some).ok_or_else(|| RosterError::UnknownManager { rep: at, manager: id.clone() })
    };
    reps.iter().enumerate().map(manager).collect()
}

/// For each rep the scopes that count them, walking up the managers.
fn paths(
    reps: &[Rep],
    managers: &[Option<usize>],
    teams: &[Option<ScopeId>],
) -> Result<Vec<Vec<ScopeId>>, RosterError> {
    let path = |rep: usize| {
        let mut walked = vec![rep];
        while let Some(above) = managers[walked[walked.len() - 1]] {
            if walked.contains(&above) {
                let ids = walked.iter().chain([&above]).map(|at| reps[*at].id.clone()).collect();
                return Err(RosterError::Cycle { rep, ids });
            }
            walked.push(above);
        }
        let own = ScopeId(2 + rep as u32);
        Ok([own]
            .into_iter()
            .chain(walked.iter().filter_map(|at| teams[*at]))
            .chain([ORG])
            .collect())
    };
    (0..reps.len()).map(path).collect()
}

#[cfg(test)]
mod tests {
    use super::Rep;
    use crate::calendar::CalendarId;
    use crate::day::Day;

    fn day(text: &str) -> Day {
        Day::parse(text).expect("a day")
    }

    fn since(start: &str) -> Rep {
        Rep {
            id: String::new(),
            name: String::new(),
            manager: None,
            role: None,
            start: Some(day(start)),
            end: Some(day("2026-12-31")),
            zone: None,
            calendar: CalendarId::DEFAULT,
            time_off: vec![
                (day("2026-03-02"), day("2026-03-06")),
                (day("2026-05-01"), day("2026-05-01")),
            ],
        }
    }

    #[test]
    fn tenure_counts_completed_months_clamped_at_their_ends() {
        for (start, on, months) in [
            ("2026-01-31", "2026-01-31", 0),
            ("2026-01-31", "2026-02-27", 0),
            ("2026-01-31", "2026-02-28", 1),
            ("2026-01-31", "2026-03-30", 1),
            ("2026-01-31", "2026-03-31", 2),
            ("2024-02-29", "2025-02-28", 12),
            ("2024-02-29", "2025-02-27", 11),
            ("2026-09-15", "2026-12-14", 2),
            ("2026-09-15", "2026-12-15", 3),
            ("2026-09-15", "2026-01-01", 0),
        ] {
            assert_eq!(since(start).tenure_months(day(on)), Some(months), "{start} to {on}");
        }
    }

    #[test]
    fn an_anniversary_is_the_first_day_with_so_many_months() {
        for start in ["2026-01-31", "2024-02-29", "2026-09-15", "2025-12-30"] {
            let rep = since(start);
            for months in 1..40 {
                let anniversary = rep.anniversary(months).expect("a day");
                assert_eq!(rep.tenure_months(anniversary), Some(months), "{start}");
                assert_eq!(rep.tenure_months(anniversary.plus(-1)), Some(months - 1), "{start}");
            }
        }
    }

    #[test]
    fn presence_is_employment_without_time_off() {
        let rep = since("2026-02-01");
        for (on, present) in [
            ("2026-01-31", false),
            ("2026-02-01", true),
            ("2026-03-01", true),
            ("2026-03-02", false),
            ("2026-03-06", false),
            ("2026-03-07", true),
            ("2026-05-01", false),
            ("2026-12-31", true),
            ("2027-01-01", false),
        ] {
            assert_eq!(rep.is_present(day(on)), present, "{on}");
        }
    }
}
