//! Ages in working days: how many of a rep's working days lie between two instants.

use jiff::{Timestamp, ToSpan, civil::Date};
use num_traits::Zero;

use super::{
    calendar,
    config::Config,
    number::{self, Exact},
    scope::Scope,
};

/// The working days between two instants where a scope is. One that has begun counts by the share of its hours that has
/// passed. What is yet to come is younger than anything.
#[must_use]
pub fn age(config: &Config, scope: &Scope, of: Timestamp, now: Timestamp) -> Exact {
    if of > now {
        return number::whole(-1);
    }
    let zone = scope.zone(config);
    let (first, today) = (calendar::day_of(of, zone), calendar::day_of(now, zone));
    let days = first.series(1.day()).take_while(|day| *day <= today);
    let working = calendar::existing(zone, days.collect()).into_iter();
    let working = working.filter(|day| is_working(config, scope, *day)).count();
    // All of them, but for what had passed of the first and what is left of the last.
    let passed = |day: Date, instant: Timestamp| {
        calendar::share_passed(scope.calendar(config), zone, day, instant)
    };
    let mut age = number::whole(working);
    if is_working(config, scope, first) {
        age -= passed(first, of);
    }
    if is_working(config, scope, today) {
        age -= number::whole(1) - passed(today, now);
    }
    age
}

/// Whether any work is done on a day. Who is not employed yet, or any more, has working days all the same.
fn is_working(config: &Config, scope: &Scope, day: Date) -> bool {
    let rep = if let Scope::Rep(id) = scope { config.rep(id) } else { None };
    !calendar::weight(scope.calendar(config), day).is_zero()
        && !rep.is_some_and(|rep| rep.is_off(day))
}
