//! Schedules: entries that take effect at an instant, because a record's membership changes by the clock alone.
//!
//! A record says when that will be as soon as it changes, as signed parts like any other: a later change of it takes
//! away what was scheduled and adds anew. So the clock needs to look at no record, and what is to come can be looked at
//! ahead.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::day::Day;
use crate::entry::{Part, PartKey};

/// Parts that take effect later, by the instant, by what they are of, and by what they change. What adds up to nothing is removed.
#[derive(Clone, Debug)]
pub(crate) struct Schedule<Of> {
    parts: BTreeMap<(Timestamp, Of, PartKey), Part>,
}

impl<Of> Default for Schedule<Of> {
    fn default() -> Self {
        Self { parts: BTreeMap::new() }
    }
}

impl<Of: Ord + Copy> Schedule<Of> {
    /// Adds a part that takes effect at an instant.
    pub(crate) fn add(&mut self, at: Timestamp, of: Of, part: Part) {
        let key = (at, of, part.key());
        let sum = self.parts.remove(&key).map_or(part, |known| known.plus(part));
        if !sum.is_nothing() {
            self.parts.insert(key, sum);
        }
    }

    /// The first instant at which something takes effect.
    pub(crate) fn first(&self) -> Option<Timestamp> {
        self.parts.first_key_value().map(|((at, ..), _)| *at)
    }

    /// Takes out what takes effect up to an instant, in that order.
    pub(crate) fn take(&mut self, until: Timestamp) -> Vec<(Timestamp, Of, Part)> {
        let mut taken = Vec::new();
        while let Some(first) = self.parts.first_entry().filter(|first| first.key().0 <= until) {
            let ((at, of, _), part) = first.remove_entry();
            taken.push((at, of, part));
        }
        taken
    }

    /// Everything, in the order of the instants.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Timestamp, Of, Part)> {
        self.parts.iter().map(|((at, of, _), part)| (*at, *of, *part))
    }
}

impl Schedule<()> {
    /// The first instant after another at which something takes effect.
    pub(crate) fn after(&self, instant: Timestamp) -> Option<Timestamp> {
        let later = instant.checked_add(jiff::SignedDuration::from_nanos(1)).ok()?;
        self.parts
            .range((later, (), (0, Day(i32::MIN), i128::MIN))..)
            .next()
            .map(|((at, ..), _)| *at)
    }

    /// What takes effect at an instant.
    pub(crate) fn at(&self, instant: Timestamp) -> impl Iterator<Item = Part> {
        let from = (instant, (), (0, Day(i32::MIN), i128::MIN));
        self.parts
            .range(from..)
            .take_while(move |((at, ..), _)| *at == instant)
            .map(|(_, part)| *part)
    }
}
