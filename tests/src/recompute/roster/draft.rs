//! A rep being put together from rows, and what about it had to be replaced because it is wrong.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;

use crate::recompute::config::{Config, Rep};

/// A rep of the day as far as known, and which facts are wrong.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) rep: Rep,
    wrong: BTreeSet<&'static str>,
}

impl Draft {
    pub(super) fn new(rep: Rep) -> Self {
        Self { rep, wrong: BTreeSet::new() }
    }

    /// A zone that does not exist is replaced by the calendar's.
    pub(super) fn set_time_zone(&mut self, name: Option<&str>) {
        self.rep.time_zone = name.and_then(|name| TimeZone::get(name).ok());
        self.note("time_zone", name.is_some() && self.rep.time_zone.is_none());
    }

    /// A calendar that does not exist is replaced by the default one.
    pub(super) fn set_calendar(&mut self, config: &Config, name: Option<String>) {
        let is_known = |name: &String| config.calendars.has(name);
        self.note("calendar", name.as_ref().is_some_and(|name| !is_known(name)));
        self.rep.calendar = name.filter(is_known);
    }

    /// Notes whether a fact is wrong.
    pub(super) fn note(&mut self, fact: &'static str, wrong: bool) {
        if wrong {
            self.wrong.insert(fact);
        } else {
            self.wrong.remove(fact);
        }
    }

    /// Whether any of its facts is.
    pub(super) fn is_wrong(&self) -> bool {
        !self.wrong.is_empty()
    }
}
