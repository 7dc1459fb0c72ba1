//! Ranks: who is first among reps, and which of those who are behind to look at first.
//!
//! Values are compared as the exact fractions that they are, so that two are equal only when they are. What is shown of
//! them is rounded and decides nothing.

mod crossing;
mod focus;

use std::cmp::Ordering;

use jiff::Timestamp;

use crate::board::{Reading, Standing};
use crate::kpi::Better;
use crate::rational::Rational;
use crate::roster::{Roster, ScopeId};
use crate::standing::Case;

pub use focus::{Focus, focus};

/// What reps are ranked by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The KPI's value.
    Actual,
    /// The value by the goal.
    Attainment,
    /// The value by what is due.
    Pace,
}

/// Reps by rank, at an instant.
#[derive(Clone, Debug)]
pub struct Leaderboard {
    by: By,
    at: Timestamp,
    ranked: Vec<Ranked>,
    /// Of whom alone anything is shown, if that is so.
    only: Option<ScopeId>,
}

/// A rep on a leaderboard.
#[derive(Clone, Debug)]
pub struct Ranked {
    /// The rank, from 1; none for one without a value.
    pub rank: Option<u32>,
    /// The standing that it goes by.
    pub reading: Reading,
    value: Option<Rational>,
    name: String,
}

impl Leaderboard {
    /// Ranks standings on one KPI at an instant: the best first, equals with one rank in the order of their scopes' names, and
    /// those without a value last.
    pub fn new(readings: Vec<Reading>, by: By, roster: &Roster, at: Timestamp) -> Self {
        let ranked = readings.into_iter().map(|reading| Ranked {
            rank: None,
            value: by.value(reading.case(), at),
            name: roster.name(reading.key().scope),
            reading,
        });
        let mut ranked: Vec<Ranked> = ranked.collect();
        ranked
            .sort_by(|one, other| one.compared(other, by).then_with(|| one.name.cmp(&other.name)));
        for at in 0..ranked.len() {
            let same = at > 0 && ranked[at - 1].value == ranked[at].value;
            let rank = if same { ranked[at - 1].rank } else { Some(at as u32 + 1) };
            ranked[at].rank = rank.filter(|_| ranked[at].value.is_some());
        }
        Self { by, at, ranked, only: None }
    }

    /// The same for who is shown no rep but one; all count nonetheless.
    #[must_use]
    pub fn only(self, rep: Option<ScopeId>) -> Self {
        Self { only: rep, ..self }
    }

    /// How many reps there are.
    pub fn members(&self) -> usize {
        self.ranked.len()
    }

    /// The reps in their order, as far as they are shown: the first `limit`, or with 0 all.
    pub fn shown(&self, limit: usize) -> impl Iterator<Item = &Ranked> {
        let first = if limit == 0 { usize::MAX } else { limit };
        let ranked = self.ranked.iter().filter(|ranked| self.shows(ranked));
        ranked.take(first)
    }

    fn shows(&self, ranked: &Ranked) -> bool {
        self.only.is_none_or(|only| ranked.reading.key().scope == only)
    }

    /// The first instant at which the clock alone may change the order, if there is one: at which one who is behind draws level
    /// with the one before, one gets a value, or what is due of some goal begins to grow at another rate. Until then it
    /// does not.
    pub fn next_move(&self) -> Option<Timestamp> {
        if self.by != By::Pace {
            return None;
        }
        crossing::first(self.ranked.iter().map(|ranked| ranked.reading.case()), self.at)
    }

    /// The ranks and standings of the first `limit` reps that are shown, or with 0 of all.
    pub fn into_standings(self, limit: usize) -> Vec<(Option<u32>, Standing)> {
        let shown = self.shown(limit).cloned();
        shown.map(|ranked| (ranked.rank, ranked.reading.at(self.at))).collect()
    }
}

impl Ranked {
    /// Who is better comes first, and who has no value last.
    fn compared(&self, other: &Self, by: By) -> Ordering {
        match (&self.value, &other.value) {
            (Some(one), Some(other)) if by.lower_first(self.reading.case()) => one.cmp(other),
            (Some(one), Some(other)) => other.cmp(one),
            (one, other) => other.is_some().cmp(&one.is_some()),
        }
    }
}

impl By {
    fn value(self, case: &Case, at: Timestamp) -> Option<Rational> {
        match self {
            Self::Actual => case.actual.clone(),
            Self::Attainment => case.attainment(),
            Self::Pace => case.pace(at),
        }
    }

    /// Whether the lowest value is the best. Pace is inverted where lower is better, so it never is.
    fn lower_first(self, case: &Case) -> bool {
        self != Self::Pace && case.better == Better::Lower
    }
}
