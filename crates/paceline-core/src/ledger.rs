//! The ledger: tallies by rep, KPI and day, kept shard by shard.
//!
//! A tally cell takes 16 bytes; a sum that leaves 64 bits makes its run of days wide, once and for all. What
//! has come back to zero is removed, so the ledger is as large as what counts.

mod cells;

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::FixedState;

use crate::day::Day;
use crate::entry::{Entry, Part};
use crate::kpi::KpiId;
use crate::symbol::Symbol;

pub use cells::{Cells, Sum};

/// All tallies.
#[derive(Debug, Default)]
pub struct Ledger {
    shards: Vec<Tallies>,
}

/// The tallies that the records of one shard add up to.
#[derive(Debug, Default)]
pub struct Tallies {
    by_owner: HashMap<(Symbol, KpiId), Tally, FixedState>,
}

/// One rep's cells of one KPI.
#[derive(Debug, Default)]
pub struct Tally {
    /// Sums by day.
    pub sums: Cells,
    /// Most tallies have none of these, and there are very many tallies.
    others: Option<Box<Others>>,
}

/// What is no sum.
#[derive(Debug, Default)]
struct Others {
    members: BTreeMap<Day, BTreeMap<i128, u32>>,
    doubts: BTreeMap<Day, Doubt>,
}

/// How many records have a contribution that is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Doubt {
    /// Records with an unknown field that is needed.
    pub incomplete: i64,
    /// Records that changed in a way that was not told.
    pub gap: i64,
}

impl Ledger {
    /// Adds an entry to a shard's tallies.
    pub fn add(&mut self, shard: usize, entry: &Entry) {
        self.shard(shard).add(entry);
    }

    /// Takes over the tallies of a shard of which nothing was added before.
    pub fn adopt(&mut self, shard: usize, tallies: Tallies) {
        *self.shard(shard) = tallies;
    }

    fn shard(&mut self, shard: usize) -> &mut Tallies {
        if shard >= self.shards.len() {
            self.shards.resize_with(shard + 1, Tallies::default);
        }
        &mut self.shards[shard]
    }

    /// The tallies of an owner's KPI, one of each shard that has any.
    pub fn tallies(&self, owner: Symbol, kpi: KpiId) -> impl Iterator<Item = &Tally> {
        self.shards.iter().filter_map(move |shard| shard.by_owner.get(&(owner, kpi)))
    }

    /// All tallies with whose and what they are.
    pub fn iter(&self) -> impl Iterator<Item = (Symbol, KpiId, &Tally)> {
        self.shards.iter().flat_map(|shard| {
            shard.by_owner.iter().map(|((owner, kpi), tally)| (*owner, *kpi, tally))
        })
    }
}

impl Tallies {
    /// Adds an entry.
    pub fn add(&mut self, entry: &Entry) {
        let tally = self.by_owner.entry((entry.owner, entry.kpi)).or_default();
        tally.add(entry.part);
        if tally.is_empty() {
            self.by_owner.remove(&(entry.owner, entry.kpi));
        }
    }
}

impl Tally {
    fn add(&mut self, part: Part) {
        match part {
            Part::Amount { day, amount, records } => self.sums.add(day, amount, records),
            Part::Member { day, value, records } => self.add_member(day, value, records),
            Part::Doubt { day, incomplete, gap } => self.add_doubt(day, incomplete, gap),
        }
    }

    /// Occurrences of values by day, for aggregates that are no sums.
    pub fn members(&self) -> impl Iterator<Item = (Day, &BTreeMap<i128, u32>)> {
        let others = self.others.iter();
        others.flat_map(|others| others.members.iter().map(|(day, values)| (*day, values)))
    }

    /// Records whose contribution is not known, by the day they would count on.
    pub fn doubts(&self) -> impl Iterator<Item = (Day, Doubt)> {
        let others = self.others.iter();
        others.flat_map(|others| others.doubts.iter().map(|(day, doubt)| (*day, *doubt)))
    }

    fn add_member(&mut self, day: Day, value: i128, records: i32) {
        let members = &mut self.others.get_or_insert_default().members;
        let values = members.entry(day).or_default();
        count(values, value, records);
        if values.is_empty() {
            members.remove(&day);
        }
    }

    fn add_doubt(&mut self, day: Day, incomplete: i32, gap: i32) {
        let doubts = &mut self.others.get_or_insert_default().doubts;
        let doubt = doubts.entry(day).or_default();
        doubt.add(Doubt { incomplete: incomplete.into(), gap: gap.into() });
        if *doubt == Doubt::default() {
            doubts.remove(&day);
        }
    }

    fn is_empty(&self) -> bool {
        self.sums.is_empty() && self.others.as_ref().is_none_or(|others| others.is_empty())
    }
}

impl Others {
    fn is_empty(&self) -> bool {
        self.members.is_empty() && self.doubts.is_empty()
    }
}

impl Doubt {
    /// Adds other records.
    pub fn add(&mut self, other: Self) {
        self.incomplete += other.incomplete;
        self.gap += other.gap;
    }

    /// As many records, or with a sign of -1 as many fewer.
    pub(crate) fn times(self, sign: i32) -> Self {
        let sign = i64::from(sign);
        Self { incomplete: self.incomplete * sign, gap: self.gap * sign }
    }
}

/// Adds to how often a value occurs; what occurs no more is removed.
fn count(values: &mut BTreeMap<i128, u32>, value: i128, records: i32) {
    let occurrences = values.entry(value).or_default();
    *occurrences = occurrences.saturating_add_signed(records);
    if *occurrences == 0 {
        values.remove(&value);
    }
}

#[cfg(test)]
mod tests {
    use super::{Cells, Sum};
    use crate::day::Day;
    use crate::decimal::Decimal;
    use crate::entry::NO_DAY;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        /// Cells hold what a plain map holds, also where sums leave 64 bits and come back.
        #[test]
        fn cells_equal_a_map(entries in prop::collection::vec((-3i32..3, any::<i64>(), -2i32..3), 0..60), from in -4i32..3, days in 0i32..5) {
            let mut cells = Cells::default();
            let mut map: BTreeMap<Day, Sum> = BTreeMap::new();
            for (day, amount, records) in entries {
                let day = if day == -3 { NO_DAY } else { Day(day) };
                cells.add(day, Decimal::from_micros(amount.into()), records);
                map.entry(day).or_default().add(Decimal::from_micros(amount.into()), records.into());
            }
            let (start, end) = (Day(from), Day(from + days));
            let mut expected = Sum::default();
            for (day, sum) in map.iter().filter(|(day, _)| **day == NO_DAY || **day >= start && **day <= end) {
                prop_assert!(*day == NO_DAY || start <= *day);
                expected.add(sum.amount, sum.records);
            }
            prop_assert_eq!(cells.sum(start, end), expected);
        }
    }
}
