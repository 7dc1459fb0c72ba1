//! Ages in working days: how many of a rep's working days lie between two instants.

use std::cmp::Ordering;

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
    let today = calendar::day_of(now, zone);
    let days = calendar::day_of(of, zone).series(1.day()).take_while(|day| *day <= today);
    let days = calendar::existing(zone, days.collect());
    let working = days.into_iter().filter(|day| is_working(config, scope, *day));
    let passed = |day: Date| passed(config, scope, day, now) - passed(config, scope, day, of);
    working.map(passed).sum()
}

/// Whether any work is done on a day. Who is not employed yet, or any more, has working days all the same.
fn is_working(config: &Config, scope: &Scope, day: Date) -> bool {
    let rep = if let Scope::Rep(id) = scope { config.rep(id) } else { None };
    !calendar::weight(scope.calendar(config), day).is_zero()
        && !rep.is_some_and(|rep| rep.is_off(day))
}

/// How much of a day has passed at an instant.
fn passed(config: &Config, scope: &Scope, day: Date, instant: Timestamp) -> Exact {
    let zone = scope.zone(config);
    match calendar::day_of(instant, zone).cmp(&day) {
        Ordering::Less => number::whole(0),
        Ordering::Greater => number::whole(1),
        Ordering::Equal => calendar::share_passed(scope.calendar(config), zone, day, instant),
    }
}
