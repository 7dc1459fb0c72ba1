//! Whose numbers: a rep, a team, the whole organisation, or what belongs to nobody.

use std::{collections::BTreeSet, fmt};

use jiff::tz::TimeZone;

use super::config::{Calendar, Config, Rep};

/// Whose numbers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Everybody, and what belongs to nobody.
    Org,
    /// The records without a known owner.
    Unassigned,
    /// One rep.
    Rep(String),
    /// A manager and everyone below.
    Team(String),
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Org => f.write_str("org"),
            Self::Unassigned => f.write_str("unassigned"),
            Self::Rep(id) => write!(f, "rep:{id}"),
            Self::Team(id) => write!(f, "team:{id}"),
        }
    }
}

impl Scope {
    /// All scopes there are.
    #[must_use]
    pub fn all(config: &Config) -> Vec<Self> {
        let reps = &config.reps.list;
        let leads = |rep: &&Rep| reps.iter().any(|other| other.manager.as_ref() == Some(&rep.id));
        let mut all = vec![Self::Org, Self::Unassigned];
        all.extend(reps.iter().map(|rep| Self::Rep(rep.id.clone())));
        all.extend(reps.iter().filter(leads).map(|rep| Self::Team(rep.id.clone())));
        all
    }

    /// The reps in it.
    #[must_use]
    pub fn members(&self, config: &Config) -> BTreeSet<String> {
        let reps = config.reps.list.iter().map(|rep| rep.id.clone());
        match self {
            Self::Org => reps.collect(),
            Self::Unassigned => BTreeSet::new(),
            Self::Rep(id) => BTreeSet::from([id.clone()]),
            Self::Team(lead) => {
                reps.filter(|id| id == lead || distance(config, lead, id).is_some()).collect()
            }
        }
    }

    /// Whether a record of this owner, `None` for nobody, belongs to it.
    #[must_use]
    pub fn takes(&self, members: &BTreeSet<String>, owner: Option<&String>) -> bool {
        match owner {
            Some(owner) => members.contains(owner),
            None => matches!(self, Self::Org | Self::Unassigned),
        }
    }

    /// Its calendar: the rep's, a team's its manager's, else the default one.
    #[must_use]
    pub fn calendar<'a>(&self, config: &'a Config) -> &'a Calendar {
        let name = self.rep(config).and_then(|rep| rep.calendar.as_deref());
        name.map_or(&config.calendars.default, |name| config.calendars.named(name))
    }

    /// The time zone in which its days begin: the rep's, a team's its manager's, else the calendar's.
    #[must_use]
    pub fn zone<'a>(&self, config: &'a Config) -> &'a TimeZone {
        let own = self.rep(config).and_then(|rep| rep.time_zone.as_ref());
        own.unwrap_or_else(|| &self.calendar(config).time_zone)
    }

    /// The rep that it is, or that leads it.
    fn rep<'a>(&self, config: &'a Config) -> Option<&'a Rep> {
        match self {
            Self::Rep(id) | Self::Team(id) => config.rep(id),
            Self::Org | Self::Unassigned => None,
        }
    }
}

/// How many steps up from a rep a manager is; `None` when the rep is not below the manager.
#[must_use]
pub fn distance(config: &Config, manager: &str, rep: &str) -> Option<usize> {
    let mut above = config.rep(rep)?.manager.as_ref();
    // As many steps as there are reps end every chain, also one that turns in a circle.
    for steps in 1..=config.reps.list.len() {
        let id = above?;
        if id == manager {
            return Some(steps);
        }
        above = config.rep(id)?.manager.as_ref();
    }
    None
}
