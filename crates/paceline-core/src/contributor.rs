//! Contributors: the records behind a standing, each with what it adds there.
//!
//! A record's part in a standing is made of the very entries that the board has added up, so all parts together are what the
//! standing comes to. What several entries say of one record and day is told as one.

use std::sync::Arc;

use jiff::Timestamp;

use crate::day::Day;
use crate::decimal::Decimal;
use crate::entity::EntityId;
use crate::entry::NO_DAY;
use crate::kpi::KpiId;
use crate::ledger::Doubt;
use crate::period::Period;
use crate::rational::Rational;
use crate::roster::ScopeId;
use crate::symbol::Symbol;

/// The standing whose contributors are sought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sought {
    /// Whose it is.
    pub scope: ScopeId,
    /// On what.
    pub kpi: KpiId,
    /// Of when.
    pub period: Arc<Period>,
    /// The simple KPIs that it comes down to and that have a value in the period: a stock has none in one that is over.
    pub leaves: Vec<KpiId>,
}

impl Sought {
    /// Whether what is on a day counts.
    pub fn holds(&self, day: Day) -> bool {
        day == NO_DAY || self.period.holds(day)
    }
}

/// What one record contributes to a standing in one simple KPI, over all time: by the clock alone it may change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contribution {
    /// The entity.
    pub entity: EntityId,
    /// The record's id.
    pub id: String,
    /// The KPI.
    pub kpi: KpiId,
    /// From when on it contributes what, in the order of time.
    pub states: Vec<(Timestamp, Vec<Part>)>,
}

impl Contribution {
    /// What it contributes at an instant.
    pub fn at(mut self, now: Timestamp) -> Vec<Contributor> {
        let begun = self.states.partition_point(|(at, _)| *at <= now);
        let Some((_, parts)) = begun.checked_sub(1).map(|at| self.states.swap_remove(at)) else {
            return Vec::new();
        };
        let Self { entity, id, kpi, .. } = self;
        let contributor = |part| Contributor { entity, id: id.clone(), kpi, part };
        parts.into_iter().map(contributor).collect()
    }
}

/// What one record contributes to a standing in one simple KPI on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contributor {
    /// The entity.
    pub entity: EntityId,
    /// The record's id.
    pub id: String,
    /// The simple KPI.
    pub kpi: KpiId,
    /// What it contributes.
    pub part: Part,
}

impl Contributor {
    /// The order in which contributors of one KPI are listed: the greatest amounts first, whatever their sign; equals by the
    /// entity, the id and the day.
    pub fn order(&self) -> impl Ord + use<> {
        let size = self.part.amount.map_or(0, |amount| amount.micros().unsigned_abs());
        (std::cmp::Reverse(size), self.entity, self.id.clone(), self.part.day)
    }
}

/// What a record adds on one day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// The day on which it counts; none for a stock, and where it is not known.
    pub day: Option<Day>,
    /// What it adds to a sum or a count, or its value where values are compared; none where it adds nothing or the values
    /// are no numbers.
    pub amount: Option<Decimal>,
    /// The value, as a cell, where it is values that count.
    pub value: Option<i128>,
    /// As how many records it counts.
    pub records: i64,
    /// Why it is in doubt, if it is.
    pub doubt: Doubt,
    /// Those of the scope who are credited, each with their part of the amount.
    pub credits: Vec<Credit>,
    /// The money before it was converted, if it was.
    pub money: Option<Money>,
}

/// What one who is credited has of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credit {
    /// Who; [`Symbol::UNKNOWN`] where that is not known.
    pub owner: Symbol,
    /// What of the amount is theirs.
    pub amount: Decimal,
    /// Their share of the record in percent.
    pub share: Decimal,
    /// Whether the share is overlay, and counts in place of the regular ones.
    pub overlay: bool,
}

/// Money as the record has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Money {
    /// The code of the currency.
    pub currency: Symbol,
    /// How much the whole record is worth in it.
    pub amount: Decimal,
    /// How much of the org's currency one of it is worth.
    pub rate: Rational,
    /// The first day of that rate.
    pub dated: Day,
}
