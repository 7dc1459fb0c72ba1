//! Invented worlds: a config of a few reps, KPIs and goals, and an instant at which its story begins.
//!
//! A world is drawn as small numbers that choose from short lists, so that what fails shrinks towards the plainest
//! case: one rep, one KPI, UTC, Monday to Friday.

mod calendars;
mod derived;
mod extras;
mod goals;
mod kpis;
mod money;
mod reps;
mod subjects;
mod wider;

use std::fmt::{self, Write as _};

use jiff::{Timestamp, ToSpan, civil::Date};
use proptest::{collection::vec, prelude::*, sample::select};

use calendars::Calendar;
use derived::Derived;
use extras::Extras;
use kpis::{Kpi, Shown};
use reps::Rep;
use wider::Wider;

pub(crate) use calendars::ZONES;
pub(crate) use extras::{GoalExtra, goal_extra};
pub(crate) use goals::{Goal, goal};
pub(crate) use money::CURRENCIES;
pub(crate) use subjects::{Subject, Topic};

use super::history::{self, Step};

/// A config and what a history needs to know of it.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) yaml: String,
    /// The config with other calendars, for a restart.
    pub(crate) other: Option<String>,
    /// In the order of the config.
    pub(crate) topics: Vec<Topic>,
    pub(crate) lanes: usize,
    /// Whether the changes of one opportunity come through any partition.
    pub(crate) spread: bool,
    pub(crate) reps: Vec<Rep>,
    pub(crate) shown: Vec<Shown>,
    /// The records that there are at first: what each is, which one, and its fields as JSON.
    pub(crate) opening: Vec<(Subject, u8, String)>,
    /// The days from which rows of reps hold.
    pub(crate) dates: Vec<Date>,
    /// Whether something is told of reps on their topic.
    pub(crate) told: bool,
    pub(crate) start: Timestamp,
    pub(crate) features: Vec<&'static str>,
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { yaml, other, topics, lanes, start, .. } = self;
        write!(f, "{lanes} lanes over {topics:?}, from {start}:\n{yaml}")?;
        if let Some(other) = other {
            write!(f, "and after a restart:\n{other}")?;
        }
        Ok(())
    }
}

/// Days around which something is special: clocks change, a month, a year or a fiscal year ends.
const STARTS: [&str; 9] = [
    "2026-11-20",
    "2026-10-23",
    "2026-10-30",
    "2026-12-29",
    "2027-01-29",
    "2027-03-12",
    "2027-03-26",
    "2027-04-02",
    "2028-02-27",
];

/// Some days before the one that Samoa skipped.
const SAMOA: &str = "2011-12-28";

/// What a world is made of.
#[derive(Clone, Debug)]
struct Parts {
    calendar: Calendar,
    reps: Vec<Rep>,
    kpis: Vec<Kpi>,
    ratio: bool,
    derived: Vec<Derived>,
    goals: Vec<Goal>,
    bands: &'static str,
    day: &'static str,
    minutes: i64,
    lanes: usize,
    partitions: usize,
    spread: bool,
}

/// A world, and what happens in it.
pub(crate) fn cases() -> impl Strategy<Value = (World, Vec<Step>)> {
    // A failure shrinks to a plain world first, and then to a short history.
    (extras::extras(), wider::wider(), parts(), history::histories())
        .prop_map(|(extras, wider, parts, steps)| (parts.world(&extras, &wider), steps))
}

/// The same with rates that are records and reps of whom something is told, and with turns in the end, when there is most that they
/// may move.
pub(crate) fn turning_cases() -> impl Strategy<Value = (World, Vec<Step>)> {
    (extras::extras(), wider::turning(), parts(), history::histories(), history::turns()).prop_map(
        |(extras, wider, parts, steps, turns)| {
            let steps = steps.into_iter().chain(turns).collect();
            (parts.world(&extras, &wider), steps)
        },
    )
}

fn parts() -> impl Strategy<Value = Parts> {
    let kpis = (vec(kpis::kpi(), 1..4), any::<bool>(), vec(derived::derived(), 0..3));
    let place =
        (select(&STARTS[..]), 0..4_320_i64, 1..4_usize, 1..4_usize, prop::bool::weighted(0.3));
    let calendar = calendars::calendar();
    (calendar, vec(reps::rep(), 1..6), kpis, vec(goal(), 1..9), bands(), place).prop_map(
        |(calendar, reps, (kpis, ratio, derived), goals, bands, place)| {
            let (day, minutes, lanes, partitions, spread) = place;
            Parts {
                calendar,
                reps,
                kpis,
                ratio,
                derived,
                goals,
                bands,
                day,
                minutes,
                lanes,
                partitions,
                spread,
            }
        },
    )
}

fn instant(day: Date, minutes: i64) -> Timestamp {
    let zoned = day.at(0, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC).expect("in range");
    zoned.timestamp() + minutes.minutes()
}

fn bands() -> impl Strategy<Value = &'static str> {
    select(
        &[
            "{behind: {enter: 0.90, leave: 0.95}, ahead: {enter: 1.10, leave: 1.05}, grace: 0.05}",
            "{behind: {enter: 0.90, leave: 0.95}, ahead: {enter: 1.10, leave: 1.05}, grace: 0}",
            "{behind: {enter: 0.5, leave: 0.9}, ahead: {enter: 2, leave: 1.1}, grace: 0.2}",
            "{behind: {enter: 1, leave: 1}, ahead: {enter: 1, leave: 1}, grace: 0}",
        ][..],
    )
}

impl Parts {
    fn world(&self, extras: &Extras, wider: &Wider) -> World {
        let world = self.written(extras, wider);
        let Some(((calendar, weeks), others)) =
            wider.calendars.as_deref().and_then(<[_]>::split_first)
        else {
            return world;
        };
        let calendars = others[..extras.calendars.len()].to_vec();
        let extras = Extras { weeks: *weeks, calendars, ..extras.clone() };
        let parts = Self { calendar: calendar.clone(), ..self.clone() };
        World { other: Some(parts.written(&extras, wider).yaml), ..world }
    }

    fn written(&self, extras: &Extras, wider: &Wider) -> World {
        let day = if extras.samoa { SAMOA } else { self.day };
        let start: Date = day.parse().expect("a date");
        let mut world = World {
            yaml: String::new(),
            other: None,
            topics: Vec::new(),
            lanes: self.lanes,
            spread: self.spread,
            reps: Vec::new(),
            shown: Vec::new(),
            opening: Vec::new(),
            dates: Vec::new(),
            told: wider.told,
            start: instant(start, self.minutes),
            features: Vec::new(),
        };
        world.write(self, extras, wider, start).expect("a string takes any text");
        world
    }
}

impl World {
    fn write(&mut self, parts: &Parts, extras: &Extras, wider: &Wider, start: Date) -> fmt::Result {
        writeln!(self.yaml, "kafka: {{brokers: localhost:9092, group_id: test}}")?;
        self.write_sources(parts.partitions, wider)?;
        self.write_calendars(&parts.calendar, extras, start)?;
        self.write_reps(&parts.reps, extras, wider, start)?;
        if let Some(money) = &wider.money {
            self.write_currency(money, start)?;
        }
        self.write_kpis(&parts.kpis, parts.ratio, wider)?;
        for (at, derived) in parts.derived.iter().enumerate() {
            self.write_derived(at, derived)?;
        }
        self.write_goals(&parts.goals, extras, start)?;
        writeln!(self.yaml, "status: {}", parts.bands)
    }

    /// The day on which it begins.
    pub(crate) fn first_day(&self) -> Date {
        self.start.to_zoned(jiff::tz::TimeZone::UTC).date()
    }

    /// Whether reps or rates may change while it runs.
    pub(crate) fn is_lively(&self) -> bool {
        let follows = |subject| self.source(subject).is_some();
        self.told || !self.dates.is_empty() || follows(Subject::User) || follows(Subject::Rate)
    }
}
