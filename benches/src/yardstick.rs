//! The yardstick: the three KPIs as a single-purpose program would count them, and nothing else.
//!
//! It is the program that somebody writes in an afternoon instead of taking an engine, made well: it reads only the
//! fields it needs and borrows them from the message, keeps amounts as exact cents and owners as numbers, takes back
//! what a record said before, and touches a sum only when it changes. It has no goals, no calendar, no versions, no
//! doubt, and serves nobody. What a general engine costs is what it costs more than this.

mod deal;
mod read;
mod totals;

use std::collections::HashMap;

pub use deal::{Deal, Month, Said, Stage, cents};
pub use read::read;
pub use totals::Totals;

/// What is kept of a record, to take back what it counts. A record that is gone has no cents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Kept {
    cents: i64,
    owner: u32,
    close: Month,
    created: Month,
    stage: Stage,
}

/// What a record adds to the sum of a KPI: in which month, and how many cents, 0 being nothing.
type Part = (Month, i64);

/// The state of one thread: the records of its partitions, and what they add up to.
#[derive(Debug, Default)]
pub struct Yardstick {
    records: HashMap<String, Kept>,
    owners: HashMap<String, u32>,
    sums: [HashMap<(u32, Month), i64>; 3],
}

impl Yardstick {
    /// Counts what a message says in place of what the record said before.
    pub fn count(&mut self, said: Said<'_>) {
        let new = said.deal.map_or(Kept::NOTHING, |deal| self.kept(&deal));
        let old = match self.records.get_mut(said.id) {
            Some(known) => std::mem::replace(known, new),
            None => {
                self.records.insert(said.id.to_owned(), new);
                Kept::NOTHING
            }
        };
        let moved = old.owner != new.owner;
        for (sums, (was, is)) in self.sums.iter_mut().zip(old.parts().into_iter().zip(new.parts()))
        {
            if moved || was != is {
                add(sums, old.owner, (was.0, -was.1));
                add(sums, new.owner, is);
            }
        }
    }

    /// What all records add up to, by month.
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for (kpi, sums) in self.sums.iter().enumerate() {
            sums.iter().for_each(|((_, month), cents)| totals.add(kpi, *month, *cents));
        }
        totals
    }

    /// How many records were ever seen.
    pub fn records(&self) -> usize {
        self.records.len()
    }

    fn kept(&mut self, deal: &Deal<'_>) -> Kept {
        Kept {
            cents: deal.cents.unwrap_or_default(),
            owner: self.owner(deal.owner),
            close: deal.close.unwrap_or(Month::NONE),
            created: deal.created.unwrap_or(Month::NONE),
            stage: deal.stage,
        }
    }

    fn owner(&mut self, owner: &str) -> u32 {
        if let Some(known) = self.owners.get(owner) {
            return *known;
        }
        let number = self.owners.len() as u32;
        self.owners.insert(owner.to_owned(), number);
        number
    }
}

impl Kept {
    const NOTHING: Self =
        Self { cents: 0, owner: 0, close: Month::NONE, created: Month::NONE, stage: Stage::Lost };

    /// The parts in the order of [`crate::config::KPIS`].
    fn parts(&self) -> [Part; 3] {
        let when =
            |counts: bool, month| if counts { (month, self.cents) } else { (Month::NONE, 0) };
        [
            when(self.stage == Stage::Won && self.close != Month::NONE, self.close),
            when(self.stage == Stage::Open, Month::NONE),
            when(self.created != Month::NONE, self.created),
        ]
    }
}

fn add(sums: &mut HashMap<(u32, Month), i64>, owner: u32, (month, cents): Part) {
    if cents != 0 {
        *sums.entry((owner, month)).or_default() += cents;
    }
}

#[cfg(test)]
mod tests;
