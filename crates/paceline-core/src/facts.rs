//! Dated facts of reps: who they are, whom they report to and what they work by, each from a day on.
//!
//! Base rows say all of a rep; rows told later change what they mention, and lie over the base rows and over each other
//! in the order of their days. What is in force on a day follows from all of them, whatever their order of arrival. Facts
//! that cannot hold give way to what is nearest to them, and are found.

mod from_entity;
mod in_force;
mod said;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use crate::calendar::Calendar;
use crate::day::Day;
use crate::roster::Rep;

pub use from_entity::FromEntity;
pub use said::Said;

/// A row that says something of a rep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The rep's id.
    pub id: String,
    /// The day from which on it holds; none is since ever.
    pub from: Option<Day>,
    /// What it says.
    pub said: Said,
}

/// What is said on a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// Something of a rep.
    Row(Box<Row>),
    /// Nothing: what was said is taken back.
    Withdrawn,
    /// Nothing that can be understood. It takes the place of what was said all the same, since a log that is compacted
    /// keeps this only.
    Malformed,
}

/// Something that cannot hold, and in place of which something else does. What was said is not repeated, for it may be anything,
/// such as somebody's address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Finding {
    /// A fact of a rep.
    Fact {
        /// The rep's id.
        rep: String,
        /// What is wrong.
        wrong: Wrong,
        /// Where it is said.
        place: Whence,
    },
    /// What is told on some keys cannot be understood: it counts as nothing. A key may be anything too.
    Malformed {
        /// How many.
        keys: usize,
    },
}

/// What may be wrong with a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wrong {
    /// The manager is no rep: there is none in their place.
    UnknownManager,
    /// The rep is, through others, their own manager: they have none.
    Cycle,
    /// No time zone is called like that: it is the calendar's.
    UnknownZone,
    /// No calendar is called like that: it is the default one.
    UnknownCalendar,
}

/// Where a fact is said.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Whence {
    /// In the rep's base row: that of the config, or the record of their id.
    Base,
    /// In a row told later.
    Told,
}

/// What is in force on a day.
#[derive(Clone, Debug, Default)]
pub struct InForce {
    /// The reps, with managers who are reps too, and in no cycle.
    pub reps: Vec<Arc<Rep>>,
    /// What cannot hold.
    pub findings: BTreeSet<Finding>,
}

/// Where a row told later lies among those of its rep: by the day it holds from, then by its key.
type Place = (Option<Day>, Vec<u8>);

/// All that is said of reps.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The ids of the first base rows, in the order they were written.
    order: Vec<String>,
    /// By rep and by the day they hold from.
    base: BTreeMap<String, BTreeMap<Option<Day>, Said>>,
    /// The rows told later, by their keys.
    told: BTreeMap<Vec<u8>, Row>,
    /// Keys on which nothing that can be understood is told.
    malformed: BTreeSet<Vec<u8>>,
    /// The keys of the rows told later, by rep and in the order in which they lie over each other.
    order_of_told: BTreeMap<String, BTreeSet<Place>>,
    /// What was worked out for the last day that was asked for, by rep.
    known: BTreeMap<String, (Option<Arc<Rep>>, Vec<Finding>)>,
    known_on: Option<Day>,
}

impl Facts {
    /// The base rows of a config. Of two of a rep with the same day the latter counts.
    pub fn new(rows: impl IntoIterator<Item = Row>) -> Self {
        let mut facts = Self::default();
        for Row { id, from, said } in rows {
            if !facts.base.contains_key(&id) {
                facts.order.push(id.clone());
            }
            facts.base.entry(id).or_default().insert(from, said);
        }
        facts
    }

    /// How many reps the base rows of the config are of.
    pub fn listed(&self) -> usize {
        self.order.len()
    }

    /// Sets what a record says of a rep since ever, or that none does. Answers whether that is another.
    pub fn set_base(&mut self, id: &str, said: Option<Said>) -> bool {
        let known = self.base.get(id).and_then(|rows| rows.get(&None));
        if known == said.as_ref() {
            return false;
        }
        self.known.remove(id);
        match said {
            Some(said) => {
                self.base.entry(id.to_owned()).or_default().insert(None, said);
            }
            None => {
                self.base.remove(id);
            }
        }
        true
    }

    /// Puts what is told on a key in the place of what was told on it before. Answers whether that is another.
    pub fn tell(&mut self, key: &[u8], told: Told) -> bool {
        let is_malformed = told == Told::Malformed;
        let was_malformed = match is_malformed {
            true => !self.malformed.insert(key.to_vec()),
            false => self.malformed.remove(key),
        };
        let row = match told {
            Told::Row(row) => Some(*row),
            Told::Withdrawn | Told::Malformed => None,
        };
        if self.told.get(key) == row.as_ref() {
            return is_malformed != was_malformed;
        }
        if let Some(former) = self.told.remove(key) {
            self.known.remove(&former.id);
            if let Some(rows) = self.order_of_told.get_mut(&former.id) {
                rows.remove(&(former.from, key.to_vec()));
                if rows.is_empty() {
                    self.order_of_told.remove(&former.id);
                }
            }
        }
        if let Some(row) = row {
            self.known.remove(&row.id);
            let rows = self.order_of_told.entry(row.id.clone()).or_default();
            rows.insert((row.from, key.to_vec()));
            self.told.insert(key.to_vec(), row);
        }
        true
    }

    /// Of which rep something is told on a key.
    pub fn told_of(&self, key: &[u8]) -> Option<&str> {
        self.told.get(key).map(|row| row.id.as_str())
    }

    /// The first day after another on which something comes into force.
    pub fn next_change(&self, after: Day) -> Option<Day> {
        let base = self.base.values().flat_map(|rows| rows.keys().copied());
        let told = self.told.values().map(|row| row.from);
        base.chain(told).flatten().filter(|from| *from > after).min()
    }

    /// What is in force on a day.
    pub fn on(&mut self, day: Day, calendars: &[Calendar]) -> InForce {
        if self.known_on.replace(day) != Some(day) {
            self.known.clear();
        }
        let mut ids: Vec<&String> = self.order.iter().collect();
        let listed: BTreeSet<&String> = self.order.iter().collect();
        let others = self.base.keys().chain(self.order_of_told.keys());
        let others: BTreeSet<&String> = others.filter(|id| !listed.contains(id)).collect();
        ids.extend(others);
        let mut found = InForce::default();
        for id in ids {
            if !self.known.contains_key(id) {
                let compiled = self.compile(id, day, calendars);
                self.known.insert(id.clone(), compiled);
            }
            if let Some((rep, findings)) = self.known.get(id) {
                found.reps.extend(rep.clone());
                found.findings.extend(findings.iter().cloned());
            }
        }
        in_force::settle_managers(&mut found, |id, wrong| {
            self.place(id, day, |said| wrong.is_of(said))
        });
        let malformed = Some(self.malformed.len()).filter(|keys| *keys > 0);
        found.findings.extend(malformed.map(|keys| Finding::Malformed { keys }));
        found
    }

    /// What a rep is on a day, if they are one, and what cannot hold of that.
    fn compile(
        &self,
        id: &str,
        day: Day,
        calendars: &[Calendar],
    ) -> (Option<Arc<Rep>>, Vec<Finding>) {
        let base = self.base.get(id).and_then(|rows| rows.range(..=Some(day)).next_back());
        let told = self.order_of_told.get(id).into_iter().flatten();
        let told = told.take_while(|(from, _)| *from <= Some(day));
        let told: Vec<&Row> = told.filter_map(|(_, key)| self.told.get(key)).collect();
        if base.is_none() && told.is_empty() {
            return (None, Vec::new());
        }
        let mut said = base.map(|(_, said)| said.clone()).unwrap_or_default();
        told.into_iter().for_each(|row| said.change_by(&row.said));
        let (rep, wrong) = said.rep(id, calendars);
        let finding = |wrong: Wrong| {
            let place = self.place(id, day, |said| wrong.is_of(said));
            Finding::Fact { rep: id.to_owned(), wrong, place }
        };
        (Some(Arc::new(rep)), wrong.into_iter().map(finding).collect())
    }

    /// Where that is said of a rep which is in force on a day.
    fn place(&self, id: &str, day: Day, is_it: impl Fn(&Said) -> bool) -> Whence {
        let told = self.order_of_told.get(id).into_iter().flatten();
        let mut in_force = told.filter(|(from, _)| *from <= Some(day));
        let is_there = |at: &[u8]| self.told.get(at).is_some_and(|row| is_it(&row.said));
        if in_force.any(|(_, at)| is_there(at)) { Whence::Told } else { Whence::Base }
    }
}

impl Wrong {
    /// The key of the fact.
    fn fact(self) -> &'static str {
        match self {
            Self::UnknownManager | Self::Cycle => "manager",
            Self::UnknownZone => "time_zone",
            Self::UnknownCalendar => "calendar",
        }
    }

    /// Whether it is something that is said there.
    fn is_of(self, said: &Said) -> bool {
        match self {
            Self::UnknownManager | Self::Cycle => said.manager.is_some(),
            Self::UnknownZone => said.time_zone.is_some(),
            Self::UnknownCalendar => said.calendar.is_some(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (rep, wrong, place) = match self {
            Self::Fact { rep, wrong, place } => (rep, wrong, place),
            Self::Malformed { keys } => {
                return write!(
                    f,
                    "what the topic of reps says on {keys} of its keys cannot be understood: see the log"
                );
            }
        };
        let problem = match wrong {
            Wrong::UnknownManager => "is no rep",
            Wrong::Cycle => "is part of a cycle of managers",
            Wrong::UnknownZone => "is no time zone",
            Wrong::UnknownCalendar => "is no calendar",
        };
        write!(f, "rep `{rep}`: the `{}` {place} {problem}", wrong.fact())
    }
}

impl fmt::Display for Whence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Base => write!(f, "in their own row or record"),
            Self::Told => write!(f, "on the topic of reps"),
        }
    }
}
