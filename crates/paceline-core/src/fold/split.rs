//! What one record contributes to one KPI where several reps share in it.
//!
//! Each who shares gets an entry of their own: the amount of their regular share, on the day on which they date the record,
//! and one record. What that is too much in a scope with several of them is corrected by entries of
//! [joint owners](crate::joint): the second record of the same day, and the regular amounts where an overlay share counts
//! in their place.

use std::collections::BTreeSet;

use jiff::Timestamp;
use smallvec::SmallVec;

use super::contribution::{Amount, possible_day, value};
use super::instants;
use crate::basis::Basis;
use crate::day::Day;
use crate::decimal::Decimal;
use crate::entity::FieldId;
use crate::entry::{NO_DAY, Part};
use crate::expr::{Now, Outcome, Row, Tri};
use crate::joint::Joint;
use crate::kpi::Simple;
use crate::record::{Life, Scratch};
use crate::roster::ORG;
use crate::shares::{Holder, Shares};
use crate::symbol::{Intern, Symbol};

/// What a record contributes, each part with who is credited.
pub(super) type Parts = SmallVec<[(Symbol, Part); 6]>;

/// A record that reps share in, as one KPI sees it.
#[derive(Clone, Copy)]
pub(super) struct Sharing<'a> {
    simple: &'a Simple,
    shares: &'a Shares,
    row: &'a Row,
    basis: &'a Basis,
}

/// What the record is for one of those who share in it.
struct Counted {
    holder: Holder,
    /// Its index among the holders.
    nth: u16,
    day: Day,
    value: Decimal,
    regular: Decimal,
}

impl<'a> Sharing<'a> {
    /// The record before and after a change.
    pub(super) fn both(
        simple: &'a Simple,
        cell: FieldId,
        scratch: &'a Scratch,
        basis: &'a Basis,
    ) -> Option<[Self; 2]> {
        let [was, is] = scratch.shares(cell)?;
        let [old, new] = [&scratch.old, &scratch.new];
        let sharing = |shares, row| Self { simple, shares, row, basis };
        Some([sharing(was, old), sharing(is, new)])
    }

    /// The record as it is after its last change.
    pub(super) fn after(
        simple: &'a Simple,
        cell: FieldId,
        scratch: &'a Scratch,
        basis: &'a Basis,
    ) -> Option<Self> {
        let [_, shares] = scratch.shares(cell)?;
        Some(Self { simple, shares, row: &scratch.new, basis })
    }

    /// What it contributes; the clock does not matter.
    pub(super) fn parts(&self, life: Life, symbols: &mut impl Intern) -> Parts {
        if !life.alive {
            return Parts::new();
        }
        self.parts_if(self.simple.filter.eval(self.row), NO_DAY, symbols)
    }

    /// Its mark when it is in doubt, for each who shares in it.
    pub(super) fn marks(&self, in_doubt: bool, symbols: &mut impl Intern) -> Parts {
        let mut parts = Parts::new();
        if in_doubt {
            let days: Vec<(Symbol, Day)> = self.owners().map(|who| (who, self.day(who))).collect();
            self.mark(&days, (0, 1), symbols, &mut parts);
        }
        parts
    }

    /// What it contributes over all time: each change of it with its instant, beginning with nothing. It comes to count for
    /// all at once, so a day in the condition is one of the org and not of any who share.
    pub(super) fn timeline(
        &self,
        life: Life,
        symbols: &mut impl Intern,
        mut change: impl FnMut(Timestamp, Parts, Parts),
    ) {
        if !life.alive {
            return;
        }
        let place = Some(self.basis.workplace(Symbol::NONE));
        let org = self.basis.roster.zone(ORG);
        let mut before = Parts::new();
        for at in instants(self.simple, self.row, place, self.basis) {
            let now = Now { instant: at.as_nanosecond(), place };
            let belongs = self.simple.filter.eval_at(self.row, &now);
            let after = self.parts_if(belongs, Day::of(at, org), symbols);
            if after != before {
                change(at, before, after.clone());
            }
            before = after;
        }
    }

    /// Who shares in it; who does not know is anyone.
    pub(super) fn owners(&self) -> impl Iterator<Item = Symbol> {
        let known = self.shares.are_known();
        let holders = self.shares.holders().iter().filter(move |_| known);
        let anyone = (!known).then_some(Symbol::UNKNOWN);
        holders.map(|holder| holder.owner).chain(anyone)
    }

    fn day(&self, who: Symbol) -> Day {
        possible_day(self.simple, who, self.row, self.basis)
    }

    /// What it contributes when so it is with the filter, and `today` is the day of the org.
    fn parts_if(&self, belongs: Tri, today: Day, symbols: &mut impl Intern) -> Parts {
        if belongs == Tri::False {
            return Parts::new();
        }
        let mut doubtful: Vec<(Symbol, Day)> = Vec::new();
        let counted = self.counted(belongs, today, &mut doubtful);
        let mut parts = Parts::new();
        for Counted { holder, day, regular, .. } in &counted {
            let part = Part::Amount { day: *day, amount: *regular, records: 1 };
            parts.push((holder.owner, part));
        }
        let days: Vec<_> = counted.iter().map(|one| (one.holder.owner, one.day)).collect();
        let less = |day| Part::Amount { day, amount: Decimal::ZERO, records: -1 };
        once(&days, less, symbols, &mut parts);
        if self.shares.have_overlay() {
            self.overlay(&counted, symbols, &mut parts);
        }
        self.mark(&doubtful, (1, 0), symbols, &mut parts);
        parts
    }

    /// What it is for each for whom it counts, if it belongs. For whom that is not certain is added to `doubtful`.
    fn counted(
        &self,
        belongs: Tri,
        today: Day,
        doubtful: &mut Vec<(Symbol, Day)>,
    ) -> SmallVec<[Counted; 4]> {
        let certain = belongs == Tri::True;
        let values: SmallVec<[Outcome<(Day, Decimal)>; 4]> =
            self.owners().map(|who| self.value(who, today)).collect();
        let is_nothing = |value: &Outcome<_>| certain && *value == Outcome::Null;
        let mut counted = SmallVec::new();
        // Who shares is not known, or for one of them the rate of the day: then nothing of it is.
        if !self.shares.are_known() || !certain || values.contains(&Outcome::Unknown) {
            let all = self.owners().zip(&values).filter(|(_, value)| !is_nothing(value));
            doubtful.extend(all.map(|(who, _)| (who, self.day(who))));
            return counted;
        }
        let amounts: SmallVec<[Option<Decimal>; 4]> =
            values.iter().map(|value| known(value).map(|(_, value)| value)).collect();
        let regular = self.shares.regular(&amounts);
        for (at, holder) in self.shares.holders().iter().enumerate() {
            if is_nothing(&values[at]) {
                continue;
            }
            let regular = if holder.regular.is_some() { regular[at] } else { Some(Decimal::ZERO) };
            let value = known(&values[at]).zip(regular);
            if value.is_none() || !self.shares.add_up() {
                doubtful.push((holder.owner, self.day(holder.owner)));
            }
            counted.extend(value.map(|((day, value), regular)| {
                let nth = at as u16;
                Counted { holder: *holder, nth, day, value, regular }
            }));
        }
        counted
    }

    /// The value as a rep counts it; only sums and counts are shared in.
    fn value(&self, who: Symbol, today: Day) -> Outcome<(Day, Decimal)> {
        value(self.simple, who, self.row, self.basis, today).map(|(day, amount)| match amount {
            Amount::Sum(amount) => (day, amount),
            Amount::Member(micros) => (day, Decimal::from_micros(micros)),
        })
    }

    /// The overlay amounts, and the opposite of the regular ones, each to those scopes in which an overlay share counts.
    fn overlay(&self, counted: &[Counted], symbols: &mut impl Intern, parts: &mut Parts) {
        let of: std::sync::Arc<[Holder]> = self.shares.holders().into();
        let mut add = |joint: Joint, day: Day, amount: Decimal| {
            if amount != Decimal::ZERO {
                let part = Part::Amount { day, amount, records: 0 };
                parts.push((symbols.joint(&joint), part));
            }
        };
        for Counted { holder, nth: whose, day, value, regular } in counted {
            let overlaid = holder.overlaid(*value).unwrap_or_default();
            add(Joint::Overlay { of: of.clone(), whose: *whose }, *day, overlaid);
            add(Joint::Outweighed { of: of.clone(), whose: *whose }, *day, -*regular);
        }
    }

    /// Marks it as doubtful for some, each on a day: `records` are how many are incomplete, and how many have a gap.
    fn mark(
        &self,
        days: &[(Symbol, Day)],
        (incomplete, gap): (i32, i32),
        symbols: &mut impl Intern,
        parts: &mut Parts,
    ) {
        let mark = |day| Part::Doubt { day, incomplete, gap };
        parts.extend(days.iter().map(|(who, day)| (*who, mark(*day))));
        once(days, |day| mark(day).negated(), symbols, parts);
    }
}

fn known(value: &Outcome<(Day, Decimal)>) -> Option<(Day, Decimal)> {
    match value {
        Outcome::Known(value) => Some(*value),
        Outcome::Null | Outcome::Unknown => None,
    }
}

/// Takes away what is counted more than once on the same day, in each scope with more than one of the owners. `less` is the
/// part that takes it away.
fn once(
    days: &[(Symbol, Day)],
    less: impl Fn(Day) -> Part,
    symbols: &mut impl Intern,
    parts: &mut Parts,
) {
    let distinct: BTreeSet<Day> = days.iter().map(|(_, day)| *day).collect();
    for day in distinct {
        let same = days.iter().filter(|(_, other)| *other == day);
        let of: std::sync::Arc<[Symbol]> = same.map(|(who, _)| *who).collect();
        for count in 2..=of.len() as u16 {
            let joint = Joint::AtLeast { count, of: of.clone() };
            parts.push((symbols.joint(&joint), less(day)));
        }
    }
}
