//! Invented worlds: a config of a few reps, KPIs and goals, and an instant at which its story begins.
//!
//! A world is drawn as small numbers that choose from short lists, so that what fails shrinks towards the plainest
//! case: one rep, one KPI, UTC, Monday to Friday.

mod calendars;
mod derived;
mod extras;
mod goals;
mod kpis;
mod reps;

use std::fmt::{self, Write as _};

use jiff::{Timestamp, ToSpan, civil::Date};
use proptest::{collection::vec, prelude::*, sample::select};

use calendars::Calendar;
use derived::Derived;
use extras::Extras;
use goals::Goal;
use kpis::Kpi;
use reps::Rep;

use super::history::{self, Step};

/// A config and what a history needs to know of it.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) yaml: String,
    /// The partitions of the topics of opportunities and of activities.
    pub(crate) partitions: [usize; 2],
    pub(crate) lanes: usize,
    /// Whether the changes of one opportunity come through any partition.
    pub(crate) spread: bool,
    pub(crate) reps: usize,
    pub(crate) start: Timestamp,
    pub(crate) features: Vec<&'static str>,
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { yaml, partitions, lanes, start, .. } = self;
        write!(f, "{lanes} lanes over {partitions:?} partitions, from {start}:\n{yaml}")
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
    // Extras come last, so that a seed draws the same world and history with and without them.
    (parts(), history::histories(), extras::extras())
        .prop_map(|(parts, steps, extras)| (parts.world(&extras), steps))
}

fn parts() -> impl Strategy<Value = Parts> {
    let kpis = (vec(kpis::kpi(), 1..4), any::<bool>(), vec(derived::derived(), 0..3));
    let place =
        (select(&STARTS[..]), 0..4_320_i64, 1..4_usize, 1..4_usize, prop::bool::weighted(0.3));
    let calendar = calendars::calendar();
    (calendar, vec(reps::rep(), 1..6), kpis, vec(goals::goal(), 1..9), bands(), place).prop_map(
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
    fn world(&self, extras: &Extras) -> World {
        let day = if extras.samoa { SAMOA } else { self.day };
        let start: Date = day.parse().expect("a date");
        let mut world = World {
            yaml: String::new(),
            partitions: [self.partitions, 2],
            lanes: self.lanes,
            spread: self.spread,
            reps: self.reps.len(),
            start: instant(start, self.minutes),
            features: Vec::new(),
        };
        world.write(self, extras, start).expect("a string takes any text");
        world
    }
}

impl World {
    fn write(&mut self, parts: &Parts, extras: &Extras, start: Date) -> fmt::Result {
        let keyed = !self.spread;
        writeln!(self.yaml, "kafka: {{brokers: localhost:9092, group_id: test}}\nsources:")?;
        writeln!(
            self.yaml,
            "  - {{topic: opportunities, format: paceline, entity: opportunity, keyed: {keyed}}}"
        )?;
        writeln!(self.yaml, "  - {{topic: activities, format: paceline, keyed: false}}")?;
        self.yaml.push_str(ENTITIES);
        self.write_calendars(&parts.calendar, extras, start)?;
        self.write_reps(&parts.reps, extras, start)?;
        let mut shown = self.write_kpis(&parts.kpis, parts.ratio)?;
        for (at, derived) in parts.derived.iter().enumerate() {
            self.write_derived(at, derived, &mut shown)?;
        }
        self.write_goals(&parts.goals, &shown, &parts.reps, extras, start)?;
        writeln!(self.yaml, "status: {}", parts.bands)
    }
}

const ENTITIES: &str = "entities:
  opportunity:
    fields:
      owner: {path: OwnerId, type: text}
      amount: {path: Amount, type: decimal}
      stage: {path: StageName, type: text}
      close_date: {path: CloseDate, type: date}
      at_time: {path: ClosedAt, type: timestamp}
      days: {path: Days, type: int}
      hot: {path: Hot, type: bool}
      account: {path: AccountId, type: text}
    states:
      field: stage
      order: [Open, Proposal, Won, Lost]
      sets: {open: [Open, Proposal], won: [Won], lost: [Lost]}
  activity:
    names: [Task]
    fields:
      owner: {path: OwnerId, type: text}
      kind: {path: Type, type: text}
      done: {path: IsClosed, type: bool}
      minutes: {path: Minutes, type: decimal}
      close_date: {path: ActivityDate, type: date}
      at_time: {path: StartedAt, type: timestamp}
";
