//! A batch: the entries of many changes, added up before they are committed.

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::FixedState;
use jiff::Timestamp;

use crate::day::Day;
use crate::decimal::Decimal;
use crate::entry::{Entry, Part, PartKey};
use crate::joint::Joint;
use crate::kpi::KpiId;
use crate::moves::Notes;
use crate::symbol::Symbol;

/// What an entry that counts from an instant on is of.
type Timed = (Timestamp, Symbol, KpiId, PartKey);

/// The entries of many changes, added up. Kept between commits for its memory.
#[derive(Debug, Default)]
pub struct Batch {
    sums: HashMap<(Symbol, KpiId, Day), (Decimal, i32, Timestamp), FixedState>,
    members: HashMap<(Symbol, KpiId, Day, i128), (i32, Timestamp), FixedState>,
    doubts: HashMap<(Symbol, KpiId, Day), (i32, i32, Timestamp), FixedState>,
    /// What counts from an instant on, by the instant, by whose and what it is, and by what it changes.
    timed: BTreeMap<Timed, (Part, Timestamp)>,
    /// What the symbols of joint owners stand for that its entries may be the first to name.
    joints: Vec<(Symbol, Joint)>,
    /// Of which changes its entries are.
    notes: Notes,
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

    /// Of which changes its entries are, to be noted beside them; what is not is moved by nobody knows what.
    pub fn notes(&mut self) -> &mut Notes {
        &mut self.notes
    }

    /// What was noted.
    pub(super) fn noted(&self) -> &Notes {
        &self.notes
    }

    /// Says what a symbol stands for, before or together with the first entry that names it; more often does no harm.
    pub fn define(&mut self, symbol: Symbol, joint: Joint) {
        self.joints.push((symbol, joint));
    }

    /// What symbols stand for.
    pub(super) fn joints(&self) -> &[(Symbol, Joint)] {
        &self.joints
    }

    /// Adds an entry of a change made at `time` that counts from an instant on.
    pub fn schedule(&mut self, at: Timestamp, entry: &Entry, time: Timestamp) {
        let Entry { owner, kpi, part } = *entry;
        let known = self.timed.entry((at, owner, kpi, part.key()));
        known
            .and_modify(|(sum, newest)| (*sum, *newest) = (sum.plus(part), time.max(*newest)))
            .or_insert((part, time));
    }

    /// The summed entries that count from an instant on which has come, each with the time of its newest change or that
    /// instant. Their sum over all instants is what counts: a part of it may take away what another adds.
    pub(super) fn due(&self, now: Timestamp) -> Vec<(Entry, Timestamp)> {
        let mut due = BTreeMap::new();
        let come = self.timed.iter().take_while(|((at, ..), _)| *at <= now);
        for ((at, owner, kpi, cell), (part, time)) in come {
            let time = *time.max(at);
            due.entry((*owner, *kpi, *cell))
                .and_modify(|(sum, newest): &mut (Part, Timestamp)| {
                    (*sum, *newest) = (sum.plus(*part), time.max(*newest));
                })
                .or_insert((*part, time));
        }
        let sums = due.into_iter().filter(|(_, (part, _))| !part.is_nothing());
        sums.map(|((owner, kpi, _), (part, time))| (Entry { owner, kpi, part }, time)).collect()
    }

    /// The summed entries that count from an instant on which is yet to come, and are not nothing, each with that
    /// instant and the time of its newest change. Without a clock all are.
    pub(super) fn scheduled(
        &self,
        now: Option<Timestamp>,
    ) -> impl Iterator<Item = (Timestamp, Entry, Timestamp)> {
        let later = self.timed.iter().skip_while(move |((at, ..), _)| Some(*at) <= now);
        later.filter(|(_, (part, _))| !part.is_nothing()).map(
            |((at, owner, kpi, _), (part, time))| {
                (*at, Entry { owner: *owner, kpi: *kpi, part: *part }, *time)
            },
        )
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
        self.sums.is_empty()
            && self.members.is_empty()
            && self.doubts.is_empty()
            && self.timed.is_empty()
            && self.joints.is_empty()
    }

    /// Forgets all entries.
    pub fn clear(&mut self) {
        self.sums.clear();
        self.members.clear();
        self.doubts.clear();
        self.timed.clear();
        self.joints.clear();
        self.notes.clear();
    }
}
