//! What is owed, and of what it is made: the goals of members, which add up or are the same, and the days on which it falls due.

use std::sync::Arc;

use super::scaling::Scale;
use crate::day::Day;
use crate::decimal::Decimal;
use crate::goal::Goal;
use crate::rational::Rational;
use crate::spread::{self, Due, Spread};

/// What one rep or team owes.
pub(super) struct Owed {
    /// By which goal; of what members have in common that of one of them.
    pub(super) goal: Arc<Goal>,
    /// The rep, if it is one.
    pub(super) rep: Option<usize>,
    /// Whether it falls due by the curve of the goal, if that has one.
    pub(super) curved: bool,
    pub(super) target: Rational,
    /// The face by whose days it falls due.
    pub(super) face: usize,
    /// The shares of the target that fall due.
    pub(super) spread: Arc<Spread>,
}

/// A target, and what ramp, presence and calendar leave of it.
pub(super) struct Asked {
    pub(super) target: Rational,
    pub(super) left: Rational,
}

/// Of what the goal of a scope is made.
pub(super) enum Made<T> {
    /// There is none.
    Nothing,
    /// Its own goal.
    Own(T),
    /// Those of its members, which add up.
    Sum(Vec<T>),
    /// Those of its members, which count where they are the same.
    Common(Vec<T>),
}

/// Who bears a goal.
pub(super) enum Bearer {
    /// A rep, whose goal is still to be found.
    Rep(usize),
    /// A team as such.
    Team(Arc<Goal>),
}

/// What is owed on one working day is the target times the share of the day and what scales it.
pub(super) struct OwedOnDay {
    pub(super) day: Day,
    pub(super) weight: Decimal,
    pub(super) share: Rational,
    /// The part of a curve that holds it, by its place among them.
    pub(super) part: usize,
    pub(super) scale: Scale,
}

impl Owed {
    pub(super) fn goal(&self) -> Rational {
        &self.target * self.spread.total()
    }

    pub(super) fn asked(&self) -> Asked {
        Asked { target: self.target.clone(), left: self.goal() }
    }
}

/// The value that members have in common; a member of whose target nothing is left is taken by that. `None` when they
/// differ. Where nothing is left of any, nothing is left of what they have in common.
pub(super) fn common(members: &[Asked]) -> Option<Asked> {
    let value = |member: &Asked| match member.left.is_zero() {
        true => member.target.clone(),
        false => member.left.clone(),
    };
    let common = value(members.first()?);
    if members.iter().any(|member| value(member) != common) {
        return None;
    }
    let is_left = members.iter().any(|member| !member.left.is_zero() || member.target.is_zero());
    let left = if is_left { common.clone() } else { Rational::ZERO };
    Some(Asked { target: common, left })
}

/// What falls due when.
pub(super) fn due(owed: Vec<Owed>) -> Due {
    Due::new(by_face(owed).into_iter().map(|(_, part)| part).collect())
}

/// What is owed by the days of each face: alike targets added up, and what differs only by rep merged into one.
pub(super) fn by_face(owed: Vec<Owed>) -> Vec<(usize, spread::Part)> {
    let mut by_face: Vec<(usize, Vec<spread::Part>)> = Vec::new();
    for Owed { target, face, spread, .. } in owed {
        let at = by_face.iter().position(|(known, _)| *known == face).unwrap_or_else(|| {
            by_face.push((face, Vec::new()));
            by_face.len() - 1
        });
        let parts = &mut by_face[at].1;
        match parts.iter_mut().find(|(_, known)| Arc::ptr_eq(known, &spread)) {
            Some((sum, _)) => *sum = &*sum + &target,
            None => parts.push((target, spread)),
        }
    }
    let one = |(face, mut parts): (usize, Vec<_>)| match parts.len() {
        1 => (face, parts.remove(0)),
        _ => (face, (Rational::ONE, Arc::new(Spread::merged(&parts)))),
    };
    by_face.into_iter().map(one).collect()
}
