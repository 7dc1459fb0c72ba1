//! What of a record's entries is shown of it as a contributor: the entries of one scope and period, those of a day as one.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use super::contribution::{Contribution as Folded, contribution, owner};
use super::money::origin;
use super::split::Sharing;
use super::{Fold, in_doubt, mark, timeline};
use crate::basis::Basis;
use crate::contributor::{Credit, Part, Sought};
use crate::day::Day;
use crate::decimal::Decimal;
use crate::entry::{self, NO_DAY};
use crate::expr::Row;
use crate::joint::Joint;
use crate::kpi::{self, Aggregate, KpiId, Simple};
use crate::record::{Life, Scratch};
use crate::roster::ORG;
use crate::shares::Holder;
use crate::symbol::{Intern, Symbol};

/// From when on a record contributes what.
type States = Vec<(Timestamp, Vec<Part>)>;

/// Entries as the fold makes them.
type Entries = Vec<(Symbol, entry::Part)>;

impl Fold {
    /// What a record contributes to a standing: for each simple KPI to which it does, or may, from when on it does what. The
    /// record is as `scratch` has it after its last change.
    pub fn contributions(
        &self,
        sought: &Sought,
        life: Life,
        scratch: &Scratch,
        basis: &Basis,
        symbols: &mut impl Intern,
        mut emit: impl FnMut(KpiId, States),
    ) {
        for folded in self.kpis.iter().filter(|folded| sought.leaves.contains(&folded.id)) {
            if is_elsewhere(&folded.simple, sought, &scratch.new, basis) {
                continue;
            }
            let mut noting = Noting { symbols, joints: HashMap::new() };
            let all = folded.all(life, scratch, basis, &mut noting);
            let joints = noting.joints;
            let holders = folded.holders(scratch);
            let shown = Shown { simple: &folded.simple, sought, basis, joints: &joints, holders };
            let states: States = all
                .into_iter()
                .map(|(at, entries)| (at, shown.parts(at, &scratch.new, &entries)))
                .collect();
            if states.iter().any(|(_, parts)| !parts.is_empty()) {
                emit(folded.id, states);
            }
        }
    }
}

impl super::Folded {
    /// All entries of a record, from when on they are those.
    fn all(
        &self,
        life: Life,
        scratch: &Scratch,
        basis: &Basis,
        symbols: &mut impl Intern,
    ) -> Vec<(Timestamp, Entries)> {
        let Self { doubts, timed, simple, .. } = self;
        let row = &scratch.new;
        let doubtful = in_doubt(life, row, *doubts);
        let mut states: Vec<(Timestamp, Entries)> = vec![(Timestamp::MIN, Entries::new())];
        let marks: Entries = match simple.credit {
            kpi::Credit::Splits(cell) => {
                let Some(sharing) = Sharing::after(simple, cell, scratch, basis) else {
                    return Vec::new();
                };
                if *timed {
                    sharing.timeline(life, symbols, |at, _, new| states.push((at, new.to_vec())));
                } else {
                    states = vec![(Timestamp::MIN, sharing.parts(life, symbols).to_vec())];
                }
                sharing.marks(doubtful, symbols).to_vec()
            }
            kpi::Credit::Field(_) => {
                if *timed {
                    timeline(simple, life, row, basis, |at, _, new| states.push((at, plain(new))));
                } else {
                    let now = contribution(simple, life, row, basis);
                    states = vec![(Timestamp::MIN, plain(now))];
                }
                plain(mark(simple, doubtful, row, basis))
            }
        };
        states.iter_mut().for_each(|(_, entries)| entries.extend(&marks));
        states
    }

    fn holders<'a>(&self, scratch: &'a Scratch) -> &'a [Holder] {
        match self.simple.credit {
            kpi::Credit::Field(_) => &[],
            kpi::Credit::Splits(cell) => {
                scratch.shares(cell).map_or(&[], |[_, shares]| shares.holders())
            }
        }
    }
}

/// Whether all of a record is credited to somebody outside of the scope, which is seen at a glance: most are, where the scope is
/// small.
fn is_elsewhere(simple: &Simple, sought: &Sought, row: &Row, basis: &Basis) -> bool {
    let alone = matches!(simple.credit, kpi::Credit::Field(_));
    alone && !basis.roster.path(owner(simple, row)).contains(&sought.scope)
}

fn plain(contribution: Folded) -> Entries {
    match contribution {
        Folded::Nothing => Entries::new(),
        Folded::Part(owner, part) => vec![(owner, part)],
    }
}

/// A table of symbols that notes which joint owner is which.
struct Noting<'a, I> {
    symbols: &'a mut I,
    joints: HashMap<Symbol, Joint>,
}

impl<I: Intern> Intern for Noting<'_, I> {
    fn intern(&mut self, text: &str) -> Symbol {
        self.symbols.intern(text)
    }

    fn joint(&mut self, joint: &Joint) -> Symbol {
        let symbol = self.symbols.joint(joint);
        self.joints.entry(symbol).or_insert_with(|| joint.clone());
        symbol
    }
}

/// One record, as one scope and period see it.
struct Shown<'a> {
    simple: &'a Simple,
    sought: &'a Sought,
    basis: &'a Basis,
    joints: &'a HashMap<Symbol, Joint>,
    holders: &'a [Holder],
}

impl Shown<'_> {
    /// What entries come to, day by day.
    fn parts(&self, since: Timestamp, row: &Row, entries: &[(Symbol, entry::Part)]) -> Vec<Part> {
        let mut days: BTreeMap<Day, Part> = BTreeMap::new();
        for (owner, part) in entries {
            if self.sought.holds(part.day()) && self.counts(*owner) {
                self.add(days.entry(part.day()).or_default(), *owner, *part);
            }
        }
        let shown = days.into_iter().filter(|(_, part)| !is_nothing(part));
        shown.map(|(day, part)| self.dated(since, row, day, part)).collect()
    }

    fn counts(&self, owner: Symbol) -> bool {
        let (scope, roster) = (self.sought.scope, &self.basis.roster);
        match self.joints.get(&owner) {
            Some(joint) => joint.scopes(roster).contains(&scope),
            None => roster.path(owner).contains(&scope),
        }
    }

    fn add(&self, part: &mut Part, owner: Symbol, entry: entry::Part) {
        match entry {
            entry::Part::Amount { amount, records, .. } => {
                part.records += i64::from(records);
                part.amount = Some(part.amount.unwrap_or_default() + amount);
                self.credit(part, owner, amount);
            }
            entry::Part::Member { value, records, .. } => {
                part.records += i64::from(records);
                part.value = Some(value);
                let number = !matches!(self.simple.aggregate, Aggregate::CountDistinct(..));
                part.amount = number.then(|| Decimal::from_micros(value));
                self.credit(part, owner, part.amount.unwrap_or_default());
            }
            entry::Part::Doubt { incomplete, gap, .. } => {
                part.doubt.incomplete += i64::from(incomplete);
                part.doubt.gap += i64::from(gap);
                self.credit(part, owner, Decimal::ZERO);
            }
        }
    }

    /// Adds to what one of those who are credited has. A correction of how many records it is credits nobody.
    fn credit(&self, part: &mut Part, owner: Symbol, amount: Decimal) {
        let (owner, overlay) = match self.joints.get(&owner) {
            None => (owner, false),
            Some(Joint::AtLeast { .. }) => return,
            Some(Joint::Overlay { of, whose }) => (of[usize::from(*whose)].owner, true),
            Some(Joint::Outweighed { of, whose }) => (of[usize::from(*whose)].owner, false),
        };
        let known = part.credits.iter().position(|credit| credit.owner == owner);
        let at = known.unwrap_or_else(|| {
            let share = Decimal::ZERO;
            part.credits.push(Credit { owner, amount: Decimal::ZERO, share, overlay });
            part.credits.len() - 1
        });
        let credit = &mut part.credits[at];
        credit.amount += amount;
        credit.overlay |= overlay;
        credit.share = self.share(owner, credit.overlay);
    }

    fn share(&self, owner: Symbol, overlay: bool) -> Decimal {
        if matches!(self.simple.credit, kpi::Credit::Field(_)) {
            return Decimal::from_int(100);
        }
        let holder = self.holders.iter().find(|holder| holder.owner == owner);
        let share = holder.and_then(|holder| match overlay {
            true => holder.overlay,
            false => holder.regular,
        });
        share.unwrap_or_default()
    }

    fn dated(&self, since: Timestamp, row: &Row, day: Day, part: Part) -> Part {
        let day = (day != NO_DAY).then_some(day);
        let today = Day::of(since, self.basis.roster.zone(ORG));
        // What is only in doubt adds no money.
        let money = part.amount.and_then(|_| {
            let on = match self.simple.at {
                Some(_) => day?,
                None => self.basis.rates.today(today),
            };
            origin(self.simple, row, on, self.basis)
        });
        Part { day, money, ..part }
    }
}

fn is_nothing(part: &Part) -> bool {
    let adds = part.amount.is_some_and(|amount| amount != Decimal::ZERO);
    !adds && part.records == 0 && part.doubt == Default::default()
}
