//! What a world has beside the plain things: other calendars, days off, tenures, and goals that go by them.

use jiff::{ToSpan, civil::Date};
use proptest::{collection::vec, prelude::*, sample::select};

use super::{
    calendars::{self, Calendar},
    kpis::Shown,
};

/// All that a world has beside the plain things.
#[derive(Clone, Debug, Default)]
pub(super) struct Extras {
    /// Whether the world begins where Samoa is about to skip a day, and its reps who have a zone of their own are there.
    pub(super) samoa: bool,
    /// Whether the year of everybody's calendar is one of weeks.
    pub(super) weeks: bool,
    /// The other calendars, and whether their years are.
    pub(super) calendars: Vec<(Calendar, bool)>,
    /// By place in the list of reps.
    pub(super) reps: Vec<RepExtra>,
    /// By place in the list of goals.
    pub(super) goals: Vec<GoalExtra>,
}

/// More about a rep. Days are counted from the day on which the world begins.
#[derive(Clone, Debug)]
pub(super) struct RepExtra {
    pub(super) calendar: Option<u8>,
    start: Option<i32>,
    end: Option<i32>,
    off: Vec<(i32, Option<i32>)>,
}

/// More about a goal.
#[derive(Clone, Debug)]
pub(crate) struct GoalExtra {
    pub(super) ramp: Vec<(u32, &'static str)>,
    pub(super) presence: bool,
    curve: Option<u8>,
}

pub(super) fn extras() -> BoxedStrategy<Extras> {
    let calendars = vec((calendars::calendar(), prop::bool::weighted(0.3)), 0..3);
    // As many as the longest lists of reps and goals.
    let lists = (vec(rep(), 5), vec(goal_extra(), 8));
    (prop::bool::weighted(0.05), prop::bool::weighted(0.2), calendars, lists)
        .prop_map(|(samoa, weeks, calendars, (reps, goals))| Extras {
            samoa,
            weeks,
            calendars,
            reps,
            goals,
        })
        .boxed()
}

fn rep() -> impl Strategy<Value = RepExtra> {
    let start = prop_oneof![3 => -100..40_i32, 1 => -400..-100_i32];
    let off = (-20..50_i32, prop::option::of(0..20_i32));
    (
        prop::option::weighted(0.6, any::<u8>()),
        prop::option::weighted(0.6, start),
        prop::option::weighted(0.2, -20..50_i32),
        vec(off, 0..3),
    )
        .prop_map(|(calendar, start, end, off)| RepExtra { calendar, start, end, off })
}

pub(crate) fn goal_extra() -> impl Strategy<Value = GoalExtra> {
    let shares = select(&["0.25", "0.5", "0.6", "0.333333", "0", "1"][..]);
    (vec((1..9_u32, shares), 0..4), any::<bool>(), prop::option::of(any::<u8>())).prop_map(
        |(mut ramp, presence, curve)| {
            ramp.sort_unstable();
            ramp.dedup_by_key(|(until, _)| *until);
            GoalExtra { ramp, presence, curve }
        },
    )
}

impl RepExtra {
    pub(super) fn first_day(&self, zero: Date) -> Option<Date> {
        self.start.map(|days| zero + days.days())
    }

    /// Not before the first.
    pub(super) fn last_day(&self, zero: Date) -> Option<Date> {
        let end = zero + self.end?.days();
        Some(self.first_day(zero).map_or(end, |first| first.max(end)))
    }

    /// The first day of each stretch, and the last where it is said.
    pub(super) fn time_off(&self, zero: Date) -> impl Iterator<Item = (Date, Option<Date>)> {
        self.off.iter().map(move |(from, lasts)| {
            let from = zero + from.days();
            (from, lasts.map(|days| from + days.days()))
        })
    }
}

impl GoalExtra {
    /// The curve of a goal that is reached in parts of a period.
    pub(super) fn curve_of(&self, kpi: &Shown, period: &str) -> Option<Curve> {
        let chosen = self.curve.filter(|_| kpi.goal_kind == "reach")?;
        curve_of(period, chosen)
    }
}

/// How a goal is spread over the parts of its period.
pub(super) struct Curve {
    pub(super) feature: &'static str,
    pub(super) by: &'static str,
    pub(super) shares: &'static str,
}

/// A curve over a quarter or a year.
fn curve_of(period: &str, chosen: u8) -> Option<Curve> {
    let quarters = ["0.25, 0.30, 0.45", "0.333333, 0.333333, 0.333334", "0, 0.5, 0.5", "1, 0, 0"];
    let chosen = usize::from(chosen);
    let (feature, by, shares) = match (period, chosen % 2) {
        ("quarter", _) => ("curve over a quarter", "month", quarters[chosen % quarters.len()]),
        ("year", 0) => ("curve by quarters", "quarter", "0.1, 0.2, 0.3, 0.4"),
        ("year", _) => (
            "curve by months of a year",
            "month",
            "0.05, 0.05, 0.1, 0, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1",
        ),
        _ => return None,
    };
    Some(Curve { feature, by, shares })
}
