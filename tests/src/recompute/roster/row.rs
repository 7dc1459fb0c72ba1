//! A row of the topic of reps: from some day on it changes what it mentions.

use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::draft::Draft;
use crate::recompute::config::{Config, TimeOff};

/// A row.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// The rep.
    pub(super) id: String,
    /// The first day on which it holds; without one it always did.
    pub(super) from: Option<Date>,
    facts: Vec<Fact>,
}

/// What a row says. Nothing clears what was said before.
#[derive(Clone, Debug)]
enum Fact {
    /// It decides no number.
    Name,
    Manager(Option<String>),
    Role(Option<String>),
    Start(Option<Date>),
    End(Option<Date>),
    TimeZone(Option<String>),
    Calendar(Option<String>),
    TimeOff(Vec<TimeOff>),
}

impl Row {
    /// Reads a row.
    ///
    /// # Errors
    /// When it is none, with the id that it is about if it says so.
    pub(super) fn read(value: &[u8]) -> Result<Self, Option<String>> {
        let mut keys: Map<String, Value> = serde_json::from_slice(value).map_err(|_| None)?;
        let Some(Value::String(id)) = keys.remove("id") else { return Err(None) };
        if id.is_empty() {
            return Err(None);
        }
        let wrong = || Some(id.clone());
        let from = keys.remove("from").map_or(Some(None), date).ok_or_else(wrong)?;
        let facts = keys.into_iter().map(|(key, value)| Fact::read(&key, value));
        let facts = facts.collect::<Option<_>>().ok_or_else(wrong)?;
        Ok(Self { id, from, facts })
    }

    /// Changes what it mentions.
    pub(super) fn lay_over(&self, config: &Config, draft: &mut Draft) {
        for fact in self.facts.clone() {
            match fact {
                Fact::Name => {}
                Fact::Manager(manager) => draft.rep.manager = manager,
                Fact::Role(role) => draft.rep.role = role,
                Fact::Start(start) => draft.rep.start = start,
                Fact::End(end) => draft.rep.end = end,
                Fact::TimeZone(name) => draft.set_time_zone(name.as_deref()),
                Fact::Calendar(name) => draft.set_calendar(config, name),
                Fact::TimeOff(days) => draft.rep.time_off = days,
            }
        }
    }
}

impl Fact {
    /// `None` when it is no fact.
    fn read(key: &str, value: Value) -> Option<Self> {
        Some(match key {
            "name" => text(value).map(|_| Self::Name)?,
            "manager" => Self::Manager(text(value)?),
            "role" => Self::Role(text(value)?),
            "start" => Self::Start(date(value)?),
            "end" => Self::End(date(value)?),
            "time_zone" => Self::TimeZone(text(value)?),
            "calendar" => Self::Calendar(text(value)?),
            "time_off" => Self::TimeOff(days_off(value)?),
            _ => return None,
        })
    }
}

fn text(value: Value) -> Option<Option<String>> {
    match value {
        Value::Null => Some(None),
        Value::String(text) => Some(Some(text)),
        _ => None,
    }
}

fn date(value: Value) -> Option<Option<Date>> {
    let Some(text) = text(value)? else { return Some(None) };
    text.parse().ok().map(Some)
}

fn days_off(value: Value) -> Option<Vec<TimeOff>> {
    let days: Option<Vec<TimeOff>> = Option::deserialize(value).ok()?;
    let days = days.unwrap_or_default();
    days.iter().all(TimeOff::is_right).then_some(days)
}
