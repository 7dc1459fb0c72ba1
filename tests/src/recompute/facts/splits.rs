//! Records whose credit is split over several reps by records of their own.

use std::collections::{BTreeMap, BTreeSet};

use num_traits::Zero;

use super::fact::{Known, Part};
use crate::recompute::{
    basis::Basis,
    config::Splits,
    filter::V,
    number::{self, Exact},
    records::Image,
};

/// Whom a split names, rep or not; `None` for nobody.
type Who = Option<String>;

/// How a record is split, and what there is to say about that.
pub(super) struct Division {
    /// The regular shares in percent. Together they are 100 or more.
    regular: BTreeMap<Who, Exact>,
    /// Who takes what is left when all others have theirs.
    last: Who,
    /// The overlay shares in percent.
    overlay: BTreeMap<Who, Exact>,
    /// Whether the regular shares as given are 100 together.
    pub(super) adds_up: bool,
}

/// All splits by the record that they split, each record's in the order of their ids.
pub(super) struct Divisions<'a> {
    rule: &'a Splits,
    by_record: BTreeMap<String, Vec<&'a Image>>,
}

impl<'a> Divisions<'a> {
    pub(super) fn new(basis: &'a Basis<'a>, rule: &'a Splits) -> Self {
        let mut by_record: BTreeMap<String, Vec<&Image>> = BTreeMap::new();
        let living = basis.images.of_entity(&rule.entity).filter(|(_, image)| image.alive);
        for (_, image) in living {
            if let V::Text(record) = image.field(&rule.record) {
                by_record.entry(record).or_default().push(image);
            }
        }
        Self { rule, by_record }
    }

    /// How a record is split; unknown where something about any of its splits is.
    pub(super) fn of(&self, record: &str) -> Known<Division> {
        let mut regular = BTreeMap::new();
        let mut overlay = BTreeMap::new();
        let mut last = None;
        for image in self.splits(record) {
            let Known::Yes((who, share, is_overlay)) = self.read(image) else { return Known::No };
            let shares = if is_overlay { &mut overlay } else { &mut regular };
            *shares.entry(who.clone()).or_insert_with(Exact::zero) += share;
            if !is_overlay {
                last = who;
            }
        }
        let hundred = number::whole(100);
        let sum: Exact = regular.values().sum();
        if sum < hundred {
            *regular.entry(None).or_insert_with(Exact::zero) += &hundred - &sum;
            last = None;
        }
        Known::Yes(Division { regular, last, overlay, adds_up: sum == hundred })
    }

    /// Whether changes of any of its splits were missed.
    pub(super) fn is_doubted(&self, record: &str) -> bool {
        self.splits(record).iter().any(|image| image.in_doubt)
    }

    fn splits(&self, record: &str) -> &[&'a Image] {
        self.by_record.get(record).map_or(&[], Vec::as_slice)
    }

    /// Whose split it is, its share, and whether it is overlay.
    fn read(&self, image: &Image) -> Known<(Who, Exact, bool)> {
        let overlay = self.rule.overlay.as_ref().map_or(V::Null, |field| image.field(field));
        let (who, share) = (image.field(&self.rule.who), image.field(&self.rule.share));
        if [&who, &share, &overlay].contains(&&V::Unknown) {
            return Known::No;
        }
        let share = if let V::Num(share) = share { share } else { Exact::zero() };
        let who = if let V::Text(who) = who { Some(who) } else { None };
        Known::Yes((who, share, overlay == V::Bool(true)))
    }
}

impl Division {
    /// Everybody with a share.
    pub(super) fn all(&self) -> BTreeSet<Who> {
        self.regular.keys().chain(self.overlay.keys()).cloned().collect()
    }

    /// What a rep has of a value.
    pub(super) fn parts(&self, who: &Who, value: &Exact) -> Vec<Part> {
        let part = |amount: Exact, share: &Exact, overlay| Part {
            rep: who.clone(),
            day: None,
            value: V::Num(amount),
            share: share.clone(),
            overlay,
        };
        let regular = self.regular.get(who);
        let regular = regular.map(|share| part(self.regular(who, share, value), share, false));
        let overlay = self.overlay.get(who);
        let overlay = overlay.map(|share| part(of(value, share), share, true));
        regular.into_iter().chain(overlay).collect()
    }

    /// The last one takes what the others leave.
    fn regular(&self, who: &Who, share: &Exact, value: &Exact) -> Exact {
        if *who != self.last {
            return of(value, share);
        }
        let others = self.regular.iter().filter(|(other, _)| *other != who);
        let others: Exact = others.map(|(_, share)| of(value, share)).sum();
        of(value, &self.regular.values().sum()) - others
    }
}

/// So many percent of a value.
fn of(value: &Exact, percent: &Exact) -> Exact {
    number::rounded(&(value * percent / number::whole(100)))
}
