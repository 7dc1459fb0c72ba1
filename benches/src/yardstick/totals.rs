//! What everybody's records add up to: the numbers by which the contenders are checked against each other.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use anyhow::{Context as _, bail};

use super::Month;
use crate::config::KPIS;

/// Cents by KPI (its place in [`KPIS`]) and month; sums of nothing are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals(BTreeMap<(usize, Month), i64>);

impl Totals {
    /// Adds cents to a sum.
    pub fn add(&mut self, kpi: usize, month: Month, cents: i64) {
        let sum = self.0.entry((kpi, month)).or_default();
        *sum += cents;
        if *sum == 0 {
            self.0.remove(&(kpi, month));
        }
    }

    /// Adds all sums of others.
    pub fn merge(&mut self, other: &Self) {
        other.iter().for_each(|(kpi, month, cents)| self.add(kpi, month, cents));
    }

    /// All sums.
    pub fn iter(&self) -> impl Iterator<Item = (usize, Month, i64)> {
        self.0.iter().map(|((kpi, month), cents)| (*kpi, *month, *cents))
    }

    /// The months in which anything counts.
    pub fn months(&self) -> Vec<Month> {
        let mut months: Vec<Month> = self.iter().map(|(_, month, _)| month).collect();
        months.sort_unstable();
        months.dedup();
        months.retain(|month| *month != Month::NONE);
        months
    }
}

/// One line: `kpi:month:cents`, with spaces between.
impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sums =
            self.iter().map(|(kpi, Month(month), cents)| format!("{}:{month}:{cents}", KPIS[kpi]));
        f.write_str(&sums.collect::<Vec<_>>().join(" "))
    }
}

impl FromStr for Totals {
    type Err = anyhow::Error;

    fn from_str(line: &str) -> anyhow::Result<Self> {
        let mut totals = Self::default();
        for sum in line.split_whitespace() {
            let [kpi, month, cents] = sum.split(':').collect::<Vec<_>>()[..] else {
                bail!("no sum: {sum}")
            };
            let kpi = KPIS.iter().position(|name| *name == kpi).context("no KPI")?;
            totals.add(kpi, Month(month.parse()?), cents.parse()?);
        }
        Ok(totals)
    }
}
