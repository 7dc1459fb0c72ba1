//! What a record says about a KPI, and what of it belongs to a scope and a period.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use jiff::civil::Date;

use super::Doubt;
use crate::recompute::{calendar::Period, config::Config, filter::V, number::Exact, scope::Scope};

/// What a record says about a KPI.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// The record's id.
    pub id: String,
    /// What it contributes, to whom and when.
    pub parts: Vec<Part>,
    /// To whom and when it may belong, where something about it is unknown or was missed.
    pub marks: Vec<Mark>,
    /// What that is.
    pub doubt: Doubt,
}

/// What a record contributes to one rep.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// The rep, or whoever else a split names; `None` for nobody.
    pub rep: Option<String>,
    /// The day it counts on, `None` for a stock.
    pub day: Option<Date>,
    /// How much.
    pub value: V,
    /// The share of the record in percent.
    pub share: Exact,
    /// Whether the share is on top of those that make up the whole.
    pub overlay: bool,
}

/// To whom and when a record may belong.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// The rep, `None` for nobody.
    pub rep: Known<Option<String>>,
    /// The day, `None` for a stock.
    pub day: Known<Option<Date>>,
}

/// Something that may not be known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known<T> {
    /// It is known.
    Yes(T),
    /// It is not.
    No,
}

/// One scope and period.
#[derive(Clone, Copy, Debug)]
pub struct Within<'a> {
    /// The config, with the reps of the day.
    pub config: &'a Config,
    /// The scope.
    pub scope: &'a Scope,
    /// The reps in it.
    pub members: &'a BTreeSet<String>,
    /// The period.
    pub period: &'a Period,
}

impl Fact {
    /// What it contributes there.
    pub(super) fn values(&self, within: &Within<'_>) -> Vec<&V> {
        let dated = self.counted(within).into_iter().filter(|part| within.holds(part.day));
        dated.map(|part| &part.value).collect()
    }

    /// The days on which it counts there, with what it contributes on each.
    pub(in crate::recompute) fn by_day(
        &self,
        within: &Within<'_>,
    ) -> BTreeMap<Option<Date>, Vec<V>> {
        let days = self.of_members(within).into_iter().map(|part| part.day);
        let days = days.filter(|day| within.holds(*day));
        let counted = self.counted(within);
        let on = |day: Option<Date>| {
            let parts = counted.iter().filter(|part| part.day == day);
            (day, parts.map(|part| part.value.clone()).collect())
        };
        days.map(on).collect()
    }

    /// How many times it is one of the records there: once for each day on which it counts for any member.
    pub(super) fn sample(&self, within: &Within<'_>) -> usize {
        let days = self.of_members(within).into_iter().map(|part| part.day);
        days.filter(|day| within.holds(*day)).collect::<BTreeSet<_>>().len()
    }

    /// What is in doubt there, or may be, for all that is known.
    pub(in crate::recompute) fn doubt(&self, within: &Within<'_>) -> Doubt {
        let may_be = self.marks.iter().any(|mark| mark.may_be(within));
        if may_be { self.doubt } else { Doubt::default() }
    }

    /// What the members have without overlay, unless the greatest overlay share of any is more than that.
    fn counted(&self, within: &Within<'_>) -> Vec<&Part> {
        let all = self.of_members(within);
        let (mut overlay, regular): (Vec<&Part>, Vec<&Part>) =
            all.into_iter().partition(|part| part.overlay);
        // The greatest share comes first; of equal ones that of the least rep.
        overlay.sort_by_key(|part| (Reverse(&part.share), &part.rep));
        let together: Exact = regular.iter().map(|part| &part.share).sum();
        match overlay.first() {
            Some(greatest) if greatest.share > together => vec![greatest],
            _ => regular,
        }
    }

    fn of_members(&self, within: &Within<'_>) -> Vec<&Part> {
        self.parts.iter().filter(|part| within.takes(part.rep.as_ref())).collect()
    }
}

impl Mark {
    fn may_be(&self, within: &Within<'_>) -> bool {
        let credited = match &self.rep {
            Known::Yes(rep) => within.takes(rep.as_ref()),
            Known::No => true,
        };
        let dated = match self.day {
            Known::Yes(day) => within.holds(day),
            Known::No => true,
        };
        credited && dated
    }
}

impl Within<'_> {
    /// Who is no rep is a member of what is nobody's.
    fn takes(&self, named: Option<&String>) -> bool {
        let rep = named.filter(|id| self.config.rep(id).is_some());
        self.scope.takes(self.members, rep)
    }

    fn holds(&self, day: Option<Date>) -> bool {
        day.is_none_or(|day| self.period.holds(day))
    }
}
