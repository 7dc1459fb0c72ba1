//! A batch: the entries of many changes, added up before they are committed.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use jiff::Timestamp;

use crate::day::Day;
use crate::decimal::Decimal;
use crate::entry::{Entry, Part};
use crate::kpi::KpiId;
use crate::symbol::Symbol;

/// The entries of many changes, added up. Kept between commits for its memory.
#[derive(Debug, Default)]
pub struct Batch {
    sums: HashMap<(Symbol, KpiId, Day), (Decimal, i32, Timestamp), FixedState>,
    members: HashMap<(Symbol, KpiId, Day, i128), (i32, Timestamp), FixedState>,
    doubts: HashMap<(Symbol, KpiId, Day), (i32, i32, Timestamp), FixedState>,
}

impl Batch {
    /// Adds an entry of a change made at `time`.
    pub fn add(&mut self, entry: &Entry, time: Timestamp) {
        let Entry { owner, kpi, part } = *entry;
        match part {
            Part::Amount { day, amount, records } => {
                let sum = self.sums.entry((owner, kpi, day)).or_insert((Decimal::ZERO, 0, time));
                *sum = (sum.0 + amount, sum.1 + records, sum.2.max(time));
            }
            Part::Member { day, value, records } => {
                let member = self.members.entry((owner, kpi, day, value)).or_insert((0, time));
                *member = (member.0 + records, member.1.max(time));
            }
            Part::Doubt { day, incomplete, gap } => {
                let doubt = self.doubts.entry((owner, kpi, day)).or_insert((0, 0, time));
                *doubt = (doubt.0 + incomplete, doubt.1 + gap, doubt.2.max(time));
            }
        }
    }

    /// The summed entries that are not nothing, each with the time of its newest change.
    pub fn entries(&self) -> impl Iterator<Item = (Entry, Timestamp)> {
        let sums = self.sums.iter().map(|((owner, kpi, day), (amount, records, time))| {
            (
                Entry {
                    owner: *owner,
                    kpi: *kpi,
                    part: Part::Amount { day: *day, amount: *amount, records: *records },
                },
                *time,
            )
        });
        let members = self.members.iter().map(|((owner, kpi, day, value), (records, time))| {
            (
                Entry {
                    owner: *owner,
                    kpi: *kpi,
                    part: Part::Member { day: *day, value: *value, records: *records },
                },
                *time,
            )
        });
        let doubts = self.doubts.iter().map(|((owner, kpi, day), (incomplete, gap, time))| {
            let part = Part::Doubt { day: *day, incomplete: *incomplete, gap: *gap };
            (Entry { owner: *owner, kpi: *kpi, part }, *time)
        });
        sums.chain(members).chain(doubts).filter(|(entry, _)| !entry.part.is_nothing())
    }

    /// Whether nothing was added since it was cleared.
    pub fn is_empty(&self) -> bool {
        self.sums.is_empty() && self.members.is_empty() && self.doubts.is_empty()
    }

    /// Forgets all entries.
    pub fn clear(&mut self) {
        self.sums.clear();
        self.members.clear();
        self.doubts.clear();
    }
}
