//! How the days of a period share in a target: by their weights, and with a curve by the share of the part that holds them.

use crate::day::Day;
use crate::goal::Curve;
use crate::rational::Rational;
use crate::workdays::{Workday, Workdays};

/// The share of a target that falls on a day, with a curve within the part that holds it.
pub(super) fn share(days: &Workdays, parts: Option<&[Part]>, day: &Workday) -> Rational {
    let Some(parts) = parts else { return days.share(day) };
    let part = parts.iter().find(|part| part.first <= day.day && day.day <= part.last);
    part.map_or(Rational::ZERO, |part| {
        (&part.share * &day.weight.into()).checked_div(&part.load).unwrap_or(Rational::ZERO)
    })
}

/// How many parts end before a day.
pub(super) fn part_of(parts: &[Part], day: Day) -> usize {
    parts.iter().filter(|part| part.last < day).count()
}

/// A part of a curve that has working days, with its share of the target.
pub(super) struct Part {
    first: Day,
    last: Day,
    share: Rational,
    load: Rational,
}

/// The parts of a curve. One without working days passes its share on to the next, the last ones back.
pub(super) fn parts(days: &Workdays, curve: &Curve, bounds: &[(Day, Day)]) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut passed_on = Rational::ZERO;
    for ((first, last), share) in bounds.iter().zip(&curve.shares) {
        let (load, share) = (Rational::from(days.between(*first, *last)), Rational::from(*share));
        let share = &share + &passed_on;
        passed_on = Rational::ZERO;
        if load.is_zero() {
            passed_on = share;
        } else {
            parts.push(Part { first: *first, last: *last, share, load });
        }
    }
    if let Some(last) = parts.last_mut() {
        last.share = &last.share + &passed_on;
    }
    parts
}
