//! What a rep has booked this quarter against what the rep was going to book.
//!
//! Left to pure chance, a handful of deals would scatter reps so widely that nobody is ever on track. Real reps push when
//! they are behind and hold back when they are ahead; `lead` lets the deals do the same around the rep's form.

use crate::{calendar, organisation::Rep, rng::Rng};

/// The account of one rep in the current quarter.
#[derive(Debug, Clone)]
pub(super) struct Quota {
    /// First day of the quarter, and first day of the next.
    quarter: (i32, i32),
    /// Cents booked in it.
    booked: i64,
    /// The share of the rep's productivity that this quarter will bring, per mille.
    form: i32,
}

impl Quota {
    pub(super) fn new(rng: &mut Rng) -> Self {
        Self { quarter: (0, 0), booked: 0, form: form(rng) }
    }

    /// Adds cents (negative to take back) that count on a day; days of other quarters do not matter.
    pub(super) fn add(&mut self, cents: i64, day: i32) {
        if (self.quarter.0..self.quarter.1).contains(&day) {
            self.booked += cents;
        }
    }

    /// Starts over when the day is in another quarter than the account.
    pub(super) fn open(&mut self, day: i32, rng: &mut Rng) {
        if !(self.quarter.0..self.quarter.1).contains(&day) {
            *self = Self { quarter: calendar::quarter(day), ..Self::new(rng) };
        }
    }

    /// Cents booked above (negative: below) what is due by the end of this day of the quarter.
    pub(super) fn lead(&self, rep: &Rep, day: i32) -> i64 {
        let (first, next) = self.quarter;
        let elapsed = calendar::working_days(first, day + 1);
        let due = rep.monthly_bookings * 3 * elapsed / calendar::working_days(first, next).max(1);
        self.booked - due * i64::from(self.form) / 1000
    }

    /// Lets the form wander a little, so that over time everybody is ahead once and behind once.
    pub(super) fn wander(&mut self, rng: &mut Rng) {
        self.form = (self.form + rng.range(-25, 26)).clamp(750, 1300);
    }
}

/// A quarter of quarters are bad, a quarter are good.
fn form(rng: &mut Rng) -> i32 {
    match rng.below(4) {
        0 => rng.range(700, 860),
        1 => rng.range(1180, 1400),
        _ => rng.range(970, 1050),
    }
}
