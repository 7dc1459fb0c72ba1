//! To whom a record is credited.

use super::{
    fact::{Known, Mark, Part},
    splits::Division,
};
use crate::recompute::{
    filter::V,
    number::{self, Exact},
};

/// To whom a record is credited.
pub(super) enum Credited {
    /// One rep, `None` for nobody.
    To(Known<Option<String>>),
    /// Several.
    Split(Division),
}

impl Credited {
    /// Everybody who is, as far as that is known.
    pub(super) fn all(&self) -> Vec<Known<Option<String>>> {
        match self {
            Self::To(rep) => vec![rep.clone()],
            Self::Split(division) => division.all().into_iter().map(Known::Yes).collect(),
        }
    }

    /// Whether all is as it should be.
    pub(super) fn adds_up(&self) -> bool {
        match self {
            Self::To(_) => true,
            Self::Split(division) => division.adds_up,
        }
    }

    /// What one of them has of a value, on the day on which it counts there; `None` when something is unknown.
    pub(super) fn parts(&self, place: &Mark, value: V) -> Option<Vec<Part>> {
        let (Known::Yes(rep), Known::Yes(day)) = (&place.rep, &place.day) else {
            return None;
        };
        let whole = number::whole(100);
        Some(match self {
            Self::To(_) => {
                vec![Part { rep: rep.clone(), day: *day, value, share: whole, overlay: false }]
            }
            Self::Split(division) => {
                let parts = division.parts(rep, &amount(value)).into_iter();
                parts.map(|part| Part { day: *day, ..part }).collect()
            }
        })
    }
}

/// Of what is counted, each is one.
fn amount(value: V) -> Exact {
    if let V::Num(number) = value { number } else { number::whole(1) }
}
