//! Working time that many standings share, worked out once.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::rests::Rests;
use crate::calendar::Calendar;
use crate::day::Day;
use crate::goal::Curve;
use crate::period::{Period, PeriodKind};
use crate::rational::Rational;
use crate::spread::Spread;
use crate::workdays::Workdays;

/// A period of a face: the face, the kind of period and its first day.
type Place = (usize, PeriodKind, Day);

/// Working days and what is spread over them, by whose they are.
#[derive(Debug, Default)]
pub(super) struct WorkingTimes {
    days: HashMap<Place, Arc<Workdays>>,
    loads: HashMap<Place, Arc<Spread>>,
    shares: HashMap<(Place, Option<Curve>), Arc<Spread>>,
    /// Of rolling windows, by all calendars.
    rests: HashMap<(PeriodKind, Day), Arc<Rests>>,
}

impl WorkingTimes {
    /// The working days of a period.
    pub(super) fn days(
        &mut self,
        face: usize,
        calendar: &Calendar,
        zone: &TimeZone,
        period: &Period,
    ) -> Arc<Workdays> {
        let days = || Arc::new(Workdays::new(calendar, zone, period));
        self.days.entry(place(face, period)).or_insert_with(days).clone()
    }

    /// The working days themselves, spread over their hours.
    pub(super) fn load(&mut self, face: usize, period: &Period, days: &Workdays) -> Arc<Spread> {
        let load = || Arc::new(Spread::new(days, |day| Rational::from(day.weight)));
        self.loads.entry(place(face, period)).or_insert_with(load).clone()
    }

    /// The shares of a target that fall on each day, for whoever owes all of it.
    pub(super) fn shares(
        &mut self,
        face: usize,
        period: &Period,
        curve: Option<&Curve>,
        spread: impl FnOnce() -> Spread,
    ) -> Arc<Spread> {
        let key = (place(face, period), curve.cloned());
        self.shares.entry(key).or_insert_with(|| Arc::new(spread())).clone()
    }

    /// When a rolling window holds no working day in some calendar.
    pub(super) fn rests(&mut self, calendars: &[Calendar], window: &Period) -> Arc<Rests> {
        let rests = || Arc::new(Rests::new(calendars, window));
        self.rests.entry((window.kind, window.start)).or_insert_with(rests).clone()
    }

    /// Forgets what nothing refers to.
    pub(super) fn forget_unused(&mut self) {
        self.loads.retain(|_, load| Arc::strong_count(load) > 1);
        self.shares.retain(|_, shares| Arc::strong_count(shares) > 1);
        self.days.clear();
        self.rests.clear();
    }
}

fn place(face: usize, period: &Period) -> Place {
    (face, period.kind, period.start)
}
