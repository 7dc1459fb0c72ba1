//! Exchange rates: how much of the org's currency a unit of another is worth, from a day on.
//!
//! Rates are direct and dated: the latest on or before a day is in force on it. None is turned round, and none is made
//! of two others, for nobody would have set it.

mod book;

use std::collections::{BTreeMap, HashMap, HashSet};

use foldhash::fast::FixedState;

use crate::day::Day;
use crate::decimal::Decimal;
use crate::entity::{EntityId, FieldId};
use crate::expr::{Cell, Row};
use crate::rational::Rational;
use crate::record::Life;
use crate::symbol::Symbol;

pub use book::Book;

/// A rate as somebody set it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rate {
    /// The code of the currency of which one unit is meant.
    pub from: Symbol,
    /// The code of the currency in which its worth is told.
    pub to: Symbol,
    /// The first day on which it is in force.
    pub date: Day,
    /// The worth, with all places that were written.
    pub rate: Rational,
}

/// The entity whose records are rates, and the fields that say what each is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateFields {
    /// The entity.
    pub entity: EntityId,
    /// The text field of [`Rate::from`].
    pub from: FieldId,
    /// The text field of [`Rate::to`].
    pub to: FieldId,
    /// The date field of [`Rate::date`].
    pub date: FieldId,
    /// The decimal field of [`Rate::rate`].
    pub rate: FieldId,
}

impl RateFields {
    /// The fields, in no order that matters.
    pub fn fields(&self) -> [FieldId; 4] {
        [self.from, self.to, self.date, self.rate]
    }

    /// The rate that a record is: one that lives, says all of it, and is above 0.
    pub fn read(&self, life: Life, row: &Row) -> Option<Rate> {
        let cell = |field: FieldId| match row[usize::from(field.0)] {
            Cell::Known(value) if life.alive => Some(value),
            Cell::Known(_) | Cell::Null | Cell::Unknown => None,
        };
        Some(Rate {
            from: Symbol(cell(self.from)? as u32),
            to: Symbol(cell(self.to)? as u32),
            date: Day(cell(self.date)? as i32),
            rate: cell(self.rate).filter(|micros| *micros > 0).map(Decimal::from_micros)?.into(),
        })
    }
}

/// The rates to the org's currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rates {
    /// The code of the org's currency; none where all is in one.
    org: Option<Symbol>,
    /// By currency, in the order of the days.
    dated: HashMap<Symbol, Vec<(Day, Rational)>, FixedState>,
    /// The day before which nobody will ask what is in force today.
    since: Option<Day>,
}

impl Rates {
    /// The rates to the currency `org`; those to another say nothing of it and are left aside. Of two of one currency and
    /// one day the latter counts.
    pub fn new(org: Symbol, rates: impl IntoIterator<Item = Rate>) -> Self {
        let mut sorted: BTreeMap<(Symbol, Day), Rational> = BTreeMap::new();
        for rate in rates.into_iter().filter(|rate| rate.to == org) {
            sorted.insert((rate.from, rate.date), rate.rate);
        }
        let mut dated: HashMap<_, Vec<_>, _> = HashMap::with_hasher(FixedState::default());
        for ((from, date), rate) in sorted {
            dated.entry(from).or_default().push((date, rate));
        }
        Self { org: Some(org), dated, since: None }
    }

    /// Rates to the same currency that are set anew.
    #[must_use]
    pub fn anew(&self, rates: impl IntoIterator<Item = Rate>) -> Self {
        self.org.map_or_else(Self::default, |org| Self::new(org, rates))
    }

    /// The currencies of which others have other rates, on any day.
    pub(crate) fn differing(&self, others: &Self) -> HashSet<Symbol> {
        let known = self.dated.keys().chain(others.dated.keys());
        let differ = |currency: &&Symbol| self.dated.get(currency) != others.dated.get(currency);
        known.filter(differ).copied().collect()
    }

    /// The same, put in force on a day of the org: for what is converted by the rate of today, all that was before that
    /// day is past, so that years of daily rates cost nothing.
    #[must_use]
    pub fn since(self, day: Day) -> Self {
        Self { since: Some(day), ..self }
    }

    /// What one unit of money is worth on a day, of which a cell holds the code of the currency; `None` without a rate.
    /// Money without a currency is in that of the org.
    pub(crate) fn worth(&self, currency: Symbol, day: Day) -> Option<Worth<'_>> {
        if currency == Symbol::NONE || Some(currency) == self.org {
            return Some(Worth::Same);
        }
        self.in_force(currency, day).map(|(_, rate)| Worth::Times(rate))
    }

    /// The rate of a currency other than the org's that is in force on a day, with its first day.
    pub(crate) fn in_force(&self, currency: Symbol, day: Day) -> Option<(Day, &Rational)> {
        let dated = self.dated.get(&currency).filter(|_| Some(currency) != self.org)?;
        let later = dated.partition_point(|(date, _)| *date <= day);
        later.checked_sub(1).map(|at| (dated[at].0, &dated[at].1))
    }

    /// The day by whose rate something is converted that is converted by the rate of today.
    pub(crate) fn today(&self, today: Day) -> Day {
        self.since.map_or(today, |since| since.max(today))
    }

    /// The days yet to come when it was put in force on which a currency has another rate than before.
    pub(crate) fn changes(&self, currency: Symbol) -> impl Iterator<Item = Day> {
        let dated = self.dated.get(&currency).filter(|_| Some(currency) != self.org);
        let days = dated.into_iter().flatten().map(|(day, _)| *day);
        days.filter(|day| self.since.is_none_or(|since| *day > since))
    }
}

/// What one unit of a currency is worth in that of the org.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Worth<'a> {
    /// It is that of the org.
    Same,
    /// So many of them.
    Times(&'a Rational),
}

/// The currency whose code a cell holds, [`Symbol::NONE`] where it is empty; `None` when it was never seen.
pub(crate) fn currency(code: Cell) -> Option<Symbol> {
    match code {
        Cell::Unknown => None,
        Cell::Null => Some(Symbol::NONE),
        Cell::Known(symbol) => Some(Symbol(symbol as u32)),
    }
}

#[cfg(test)]
mod tests;
