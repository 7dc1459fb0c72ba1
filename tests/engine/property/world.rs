//! Invented worlds: a config of a few reps, KPIs and goals, and an instant at which its story begins.
//!
//! A world is drawn as small numbers that choose from short lists, so that what fails shrinks towards the plainest
//! case: one rep, one KPI, UTC, Monday to Friday.

use std::fmt::{self, Write as _};

use jiff::{Timestamp, ToSpan, civil::Date};
use proptest::{collection::vec, prelude::*, sample::select};

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

const ZONES: [&str; 5] =
    ["UTC", "Europe/Madrid", "America/New_York", "Pacific/Auckland", "Asia/Kolkata"];

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

const WEEKS: [&str; 7] = [
    "mon: 1, tue: 1, wed: 1, thu: 1, fri: 1",
    "mon: 1, tue: 1, wed: 1, thu: 1, fri: 0.6",
    "mon: 1, tue: 1, wed: 1, thu: 1, fri: 1, sat: 1, sun: 1",
    "sun: 1, mon: 1, tue: 1, wed: 1, thu: 0.5",
    "wed: 1",
    "mon: 0.333333, fri: 0.1",
    "sat: 0.25, sun: 2",
];

#[derive(Clone, Debug)]
struct Calendar {
    zone: &'static str,
    week_start: &'static str,
    week: &'static str,
    hours: &'static str,
    holidays: Vec<i32>,
    fiscal: &'static str,
}

#[derive(Clone, Debug)]
struct Rep {
    manager: Option<u8>,
    role: Option<&'static str>,
    zone: Option<&'static str>,
}

#[derive(Clone, Debug)]
struct Kpi {
    of_activities: bool,
    filter: u8,
    agg: u8,
    at: u8,
    goal_kind: u8,
    lower: bool,
    periods: Vec<&'static str>,
    min_sample: u8,
}

#[derive(Clone, Debug)]
struct Goal {
    kpi: u8,
    period: u8,
    target: &'static str,
    whose: u8,
    who: u8,
    from: Option<i32>,
    lasts: Option<i32>,
}

pub(crate) fn worlds() -> impl Strategy<Value = World> {
    let kpis = (vec(kpi(), 1..4), any::<bool>());
    let place =
        (select(&STARTS[..]), 0..4_320_i64, 1..4_usize, 1..4_usize, prop::bool::weighted(0.3));
    (calendar(), vec(rep(), 1..6), kpis, vec(goal(), 1..7), bands(), place).prop_map(
        |(calendar, reps, (kpis, ratio), goals, bands, place)| {
            let (start, minutes, lanes, partitions, spread) = place;
            let start: Date = start.parse().expect("a date");
            let mut world = World {
                yaml: String::new(),
                partitions: [partitions, 2],
                lanes,
                spread,
                reps: reps.len(),
                start: instant(start, minutes),
                features: Vec::new(),
            };
            world
                .write(&calendar, &reps, &kpis, ratio, &goals, bands, start)
                .expect("a string takes any text");
            world
        },
    )
}

fn instant(day: Date, minutes: i64) -> Timestamp {
    let zoned = day.at(0, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC).expect("in range");
    zoned.timestamp() + minutes.minutes()
}

fn calendar() -> impl Strategy<Value = Calendar> {
    let plain_or = |plain: &'static str, others: &'static [&'static str]| prop_oneof![2 => Just(plain), 3 => select(others)];
    (
        select(&ZONES[..]),
        plain_or("monday", &["monday", "sunday", "saturday"]),
        plain_or(WEEKS[0], &WEEKS),
        plain_or("09:00-17:00", &["00:00-24:00", "08:30-12:15", "22:00-24:00", "00:00-06:00"]),
        vec(-10..40_i32, 0..4),
        plain_or("01-01", &["02-01", "04-06", "10-01", "07-28", "11-23"]),
    )
        .prop_map(|(zone, week_start, week, hours, holidays, fiscal)| Calendar {
            zone,
            week_start,
            week,
            hours,
            holidays,
            fiscal,
        })
}

fn rep() -> impl Strategy<Value = Rep> {
    let manager = prop::option::weighted(0.75, any::<u8>());
    let role = prop::option::of(select(&["ae", "se"][..]));
    (manager, role, prop::option::of(select(&ZONES[..]))).prop_map(|(manager, role, zone)| Rep {
        manager,
        role,
        zone,
    })
}

fn kpi() -> impl Strategy<Value = Kpi> {
    let kind = prop_oneof![
        6 => Just("month"), 3 => Just("week"), 3 => Just("day"), 1 => Just("quarter"),
        2 => Just("rolling-7d"), 1 => Just("rolling-1d"), 2 => Just("rolling-30d"),
    ];
    // A year costs the oracle more than all the others together.
    let kinds = prop_oneof![30 => vec(kind, 1..3), 1 => Just(vec!["year"])];
    (
        prop::bool::weighted(0.25),
        any::<u8>(),
        any::<u8>(),
        any::<u8>(),
        any::<u8>(),
        prop::bool::weighted(0.3),
        kinds,
        1..4_u8,
    )
        .prop_map(
            |(of_activities, filter, agg, at, goal_kind, lower, mut periods, min_sample)| {
                periods.sort_unstable();
                periods.dedup();
                Kpi { of_activities, filter, agg, at, goal_kind, lower, periods, min_sample }
            },
        )
}

fn goal() -> impl Strategy<Value = Goal> {
    let targets =
        ["100", "1", "0.5", "3", "42000", "1000.5", "0", "7.333333", "250", "2", "0.000001", "10"];
    (
        any::<u8>(),
        any::<u8>(),
        select(targets.to_vec()),
        0..8_u8,
        any::<u8>(),
        prop::option::weighted(0.4, -60..45_i32),
        prop::option::weighted(0.3, 0..60_i32),
    )
        .prop_map(|(kpi, period, target, whose, who, from, lasts)| Goal {
            kpi,
            period,
            target,
            whose,
            who,
            from,
            lasts,
        })
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

impl World {
    #[expect(clippy::too_many_arguments, reason = "a config has that many parts")]
    fn write(
        &mut self,
        calendar: &Calendar,
        reps: &[Rep],
        kpis: &[Kpi],
        ratio: bool,
        goals: &[Goal],
        bands: &str,
        start: Date,
    ) -> fmt::Result {
        let keyed = !self.spread;
        writeln!(self.yaml, "kafka: {{brokers: localhost:9092, group_id: test}}\nsources:")?;
        writeln!(
            self.yaml,
            "  - {{topic: opportunities, format: paceline, entity: opportunity, keyed: {keyed}}}"
        )?;
        writeln!(self.yaml, "  - {{topic: activities, format: paceline, keyed: false}}")?;
        self.yaml.push_str(ENTITIES);
        self.write_calendar(calendar, start)?;
        self.write_reps(reps)?;
        let shown = self.write_kpis(kpis, ratio)?;
        self.write_goals(goals, kpis, &shown, reps, start)?;
        writeln!(self.yaml, "status: {bands}")
    }

    fn write_calendar(&mut self, calendar: &Calendar, start: Date) -> fmt::Result {
        let Calendar { zone, week_start, week, hours, holidays, fiscal } = calendar;
        let holidays: Vec<String> =
            holidays.iter().map(|days| (start + days.days()).to_string()).collect();
        self.features.extend((!holidays.is_empty()).then_some("holidays"));
        self.features.extend((*fiscal != "01-01").then_some("fiscal year of its own"));
        self.features.extend((*fiscal == "02-01").then_some("fiscal year from February"));
        self.features.extend((week.contains('.')).then_some("weights"));
        self.features.extend((*week_start != "monday").then_some("week not from Monday"));
        let holidays = holidays.join(", ");
        writeln!(
            self.yaml,
            "calendars:\n  default: {{time_zone: {zone}, week_start: {week_start}, working_days: {{{week}}}, \
             hours: \"{hours}\", holidays: [{holidays}], fiscal_year_start: {fiscal}}}"
        )
    }

    fn write_reps(&mut self, reps: &[Rep]) -> fmt::Result {
        writeln!(self.yaml, "reps:\n  list:")?;
        for (at, rep) in reps.iter().enumerate() {
            write!(self.yaml, "    - {{id: U{at}")?;
            if let Some(manager) = manager_of(reps, at) {
                write!(self.yaml, ", manager: U{manager}")?;
                let above = manager_of(reps, manager).map(|above| manager_of(reps, above));
                self.features.extend(above.is_some().then_some("managers on two levels"));
                self.features
                    .extend(above.flatten().is_some().then_some("managers on three levels"));
            }
            if let Some(role) = rep.role {
                write!(self.yaml, ", role: {role}")?;
            }
            if let Some(zone) = rep.zone {
                self.features.push("zone of a rep");
                write!(self.yaml, ", time_zone: {zone}")?;
            }
            writeln!(self.yaml, "}}")?;
        }
        Ok(())
    }

    /// Answers the name and the kinds of period of each KPI that was written.
    fn write_kpis(&mut self, kpis: &[Kpi], ratio: bool) -> Result<Vec<Shown>, fmt::Error> {
        writeln!(self.yaml, "kpis:")?;
        let mut shown = Vec::new();
        for (at, kpi) in kpis.iter().enumerate() {
            let name = format!("kpi{at}");
            self.write_kpi(&name, kpi)?;
            shown.push(Shown { name, periods: kpi.periods.clone(), lower: kpi.lower });
        }
        let dated = |kpi: &Kpi| kpi.at().is_some();
        let fits = |other: &Kpi| {
            let simple = [other, &kpis[0]].iter().all(|kpi| kpi.conversion().is_none());
            simple && dated(other) == dated(&kpis[0])
        };
        let below = kpis.iter().skip(1).position(fits).map(|at| at + 1);
        if let (true, Some(below)) = (ratio, below) {
            let kpi = &kpis[below];
            let (better, periods) = (kpi.better(), kpi.periods.join(", "));
            let sample = kpi.min_sample;
            writeln!(
                self.yaml,
                "  - {{name: share, type: ratio, numerator: kpi0, denominator: kpi{below}, better: {better}, \
                 goal_kind: rate, min_sample: {sample}, periods: [{periods}]}}"
            )?;
            self.features.push(if dated(kpi) { "ratio of flows" } else { "ratio of stocks" });
            shown.push(Shown {
                name: "share".to_owned(),
                periods: kpi.periods.clone(),
                lower: kpi.lower,
            });
        }
        Ok(shown)
    }

    fn write_kpi(&mut self, name: &str, kpi: &Kpi) -> fmt::Result {
        if let Some((from, to, within)) = kpi.conversion() {
            return self.write_conversion(name, kpi, [from, to, within]);
        }
        let (entity, filter) = (kpi.entity(), kpi.filter());
        self.features.push(kpi.agg().split(", expr").next().unwrap_or_default());
        write!(
            self.yaml,
            "  - {{name: {name}, type: simple, entity: {entity}, credit: {}, {}",
            kpi.credit(),
            kpi.agg()
        )?;
        self.features.extend((kpi.credit() != "owner").then_some("kept credit"));
        if let Some(filter) = filter {
            let has = |part: &str| filter.contains(part);
            self.features.extend(has("age(at").then_some("membership by age"));
            self.features.extend(has("age(since").then_some("membership by the age of a moment"));
            self.features.extend(has("now()").then_some("membership from an instant on"));
            self.features.extend(has("today()").then_some("membership by the day"));
            write!(self.yaml, ", where: \"{filter}\"")?;
        }
        if let Some(at) = kpi.at() {
            self.features.push(match at.split_once('(') {
                Some((_, condition)) if condition.contains("else:") => {
                    "flow by a moment or a field"
                }
                Some(("first", _)) => "flow by the first moment",
                Some(_) => "flow by the moment since",
                None if at.starts_with("close") => "flow by date",
                None => "flow by timestamp",
            });
            write!(self.yaml, ", at: \"{at}\"")?;
        } else {
            self.features.push("stock");
        }
        let goal_kind = kpi.goal_kind();
        self.features.push(goal_kind);
        self.features.extend(kpi.periods.iter().copied());
        self.features.push(kpi.better());
        write!(self.yaml, ", goal_kind: {goal_kind}, better: {}", kpi.better())?;
        if goal_kind == "rate" {
            write!(self.yaml, ", min_sample: {}", kpi.min_sample)?;
        }
        writeln!(self.yaml, ", periods: [{}]}}", kpi.periods.join(", "))
    }

    fn write_conversion(
        &mut self,
        name: &str,
        kpi: &Kpi,
        [from, to, within]: [&str; 3],
    ) -> fmt::Result {
        self.features.push("conversion");
        self.features.extend(kpi.periods.iter().copied());
        writeln!(
            self.yaml,
            "  - {{name: {name}, type: conversion, entity: {}, credit: owner, from: \"{from}\", to: \"{to}\", \
             within: {within}, better: {}, min_sample: {}, periods: [{}]}}",
            kpi.entity(),
            kpi.better(),
            kpi.min_sample,
            kpi.periods.join(", ")
        )
    }

    fn write_goals(
        &mut self,
        goals: &[Goal],
        kpis: &[Kpi],
        shown: &[Shown],
        reps: &[Rep],
        start: Date,
    ) -> fmt::Result {
        writeln!(self.yaml, "goals:")?;
        let mut written: Vec<(String, String, String, Option<Date>)> = Vec::new();
        for (nth, goal) in goals.iter().enumerate() {
            // The first ones go around, so that most KPIs have one.
            let kpi = &shown[(nth + usize::from(goal.kpi) / 128) % shown.len()];
            let period = kpi.periods[usize::from(goal.period) % kpi.periods.len()];
            let (kind, whose) = goal.whose(reps);
            let from = goal.from.map(|days| start + days.days());
            let names = (kpi.name.clone(), period.to_owned(), whose.clone(), from);
            // Two goals with nothing to choose between them are a mistake of the config.
            if written.contains(&names) {
                continue;
            }
            written.push(names);
            self.features.push(kind);
            let target = if goal.target == "0" && !kpi.lower { "1" } else { goal.target };
            self.features.extend((target == "0").then_some("goal of 0"));
            write!(
                self.yaml,
                "  - {{kpi: {}, period: {period}, target: {target}, for: {whose}",
                kpi.name
            )?;
            if let Some(from) = from {
                write!(self.yaml, ", from: {from}")?;
                self.features.push("goal with a first day");
            }
            if let Some(lasts) = goal.lasts {
                write!(self.yaml, ", until: {}", from.unwrap_or(start) + lasts.days())?;
                self.features.push("goal with a last day");
            }
            writeln!(self.yaml, "}}")?;
        }
        assert!(!kpis.is_empty() && !written.is_empty());
        Ok(())
    }
}

/// A KPI as goals need to know it.
struct Shown {
    name: String,
    periods: Vec<&'static str>,
    lower: bool,
}

/// Managers come first in the list, so there is no circle.
fn manager_of(reps: &[Rep], rep: usize) -> Option<usize> {
    let chosen = usize::from(reps[rep].manager?);
    (rep > 0).then(|| chosen % rep)
}

impl Goal {
    fn whose(&self, reps: &[Rep]) -> (&'static str, String) {
        let who = usize::from(self.who);
        let managers: Vec<usize> =
            (0..reps.len()).filter_map(|rep| manager_of(reps, rep)).collect();
        let manager = managers.get(who % managers.len().max(1));
        let roles: Vec<&str> = reps.iter().filter_map(|rep| rep.role).collect();
        let role = roles.get(who % roles.len().max(1));
        match (self.whose, manager, role) {
            (1 | 2, ..) => ("goal of a rep", format!("{{rep: U{}}}", who % reps.len())),
            (3, _, Some(role)) => ("goal of a role", format!("{{role: {role}}}")),
            (4, Some(manager), _) => ("goal of each of a team", format!("{{each_of: U{manager}}}")),
            (5, Some(manager), _) => ("goal of a team", format!("{{team: U{manager}}}")),
            _ => ("goal of everyone", "everyone".to_owned()),
        }
    }
}

impl Kpi {
    fn entity(&self) -> &'static str {
        if self.of_activities { "activity" } else { "opportunity" }
    }

    fn better(&self) -> &'static str {
        if self.lower { "lower" } else { "higher" }
    }

    fn filter(&self) -> Option<&'static str> {
        if self.filter >= 216 {
            let timed = if self.of_activities { &ACTIVITY_TIMED[..] } else { &TIMED };
            return Some(timed[usize::from(self.filter) % timed.len()]);
        }
        if self.of_activities {
            return [None, Some("done"), Some("kind == 'Call' || minutes > 20")]
                [usize::from(self.filter) % 3];
        }
        let filters = [
            Some("stage in states.won"),
            None,
            Some("stage in states.won && amount > 0"),
            Some("!(stage in states.open)"),
            Some("hot"),
            Some("!hot || stage == 'Won'"),
            Some("amount >= 50 || days < 3"),
            Some("close_date >= date('2026-11-10')"),
            Some("account != null && owner != 'U1'"),
            Some("at_time > timestamp('2026-11-01T00:00:00Z') || hot"),
            Some("(amount - days > 10 && hot) || stage in ['Won', 'Lost']"),
        ];
        filters[usize::from(self.filter) % filters.len()]
    }

    fn agg(&self) -> &'static str {
        if self.of_activities {
            return ["agg: count", "agg: sum, expr: minutes", "agg: count_distinct, expr: kind"]
                [usize::from(self.agg) % 3];
        }
        let aggs = [
            "agg: sum, expr: amount",
            "agg: count",
            "agg: avg, expr: amount",
            "agg: min, expr: amount",
            "agg: max, expr: amount - days",
            "agg: count_distinct, expr: account",
            "agg: sum, expr: \"hot ? amount : days\"",
            "agg: sum, expr: \"amount * 0.333333 / days\"",
            "agg: avg, expr: days",
            "agg: count_distinct, expr: amount",
        ];
        aggs[usize::from(self.agg) % aggs.len()]
    }

    /// From, to, and within which time, now and then.
    fn conversion(&self) -> Option<(&'static str, &'static str, &'static str)> {
        let conversions = if self.of_activities { &ACTIVITY_CONVERSIONS[..] } else { &CONVERSIONS };
        let nth = usize::from(self.agg);
        (nth >= 220).then(|| conversions[nth % conversions.len()])
    }

    fn at(&self) -> Option<&'static str> {
        if let Some((from, ..)) = self.conversion() {
            return Some(from);
        }
        let moments = if self.of_activities { &ACTIVITY_MOMENTS[..] } else { &MOMENTS };
        let plain = [Some("close_date"), Some("at_time"), Some("at_time"), None];
        let at = usize::from(self.at);
        match at % 8 {
            4.. => plain[at % 4],
            1..4 => Some(moments[at / 8 % moments.len()]),
            _ => None,
        }
    }

    /// Kept now and then, where that is allowed.
    fn credit(&self) -> &'static str {
        let clock = ["age(", "now()", "today()"];
        let timed =
            self.filter().is_some_and(|filter| clock.iter().any(|word| filter.contains(word)));
        let keeps = self.goal_kind.is_multiple_of(5) && self.at().is_some() && !timed;
        if keeps { "{field: owner, on_change: keep}" } else { "owner" }
    }

    fn goal_kind(&self) -> &'static str {
        ["reach", "reach", "hold", "rate"][usize::from(self.goal_kind) % 4]
    }
}

/// Moments of opportunities; the states make it possible to jump over one.
const MOMENTS: [&str; 8] = [
    "first(stage == 'Proposal')",
    "since(stage in states.open)",
    "first(stage in states.won, else: close_date)",
    "since(stage != 'Proposal')",
    "first(amount > 50 && stage != 'Lost', else: at_time)",
    "since(hot || days > 2)",
    "first(!hot)",
    "first(true, else: at_time)",
];

const ACTIVITY_MOMENTS: [&str; 3] =
    ["first(done)", "since(kind == 'Call' || minutes > 20)", "first(minutes > 1, else: at_time)"];

/// From, to, and within which time.
const CONVERSIONS: [(&str, &str, &str); 6] = [
    ("stage == 'Proposal'", "stage in states.won", "3d"),
    ("stage in states.open", "stage in ['Won', 'Lost']", "60d"),
    ("hot", "amount > 50", "90m"),
    ("amount > 0", "stage in states.won", "0s"),
    ("stage == 'Open'", "stage == 'Proposal'", "2h"),
    ("true", "hot && days > 0", "36h"),
];

const ACTIVITY_CONVERSIONS: [(&str, &str, &str); 2] =
    [("kind == 'Call'", "done", "1d"), ("minutes > 1", "kind != 'Call'", "12h")];

/// Conditions that the clock alone changes.
const TIMED: [&str; 12] = [
    "age(at_time) > duration('1d')",
    "age(at_time) >= duration('36h') && hot",
    "age(at_time) < duration('90m') || stage == 'Won'",
    "age(since(stage in states.open)) > duration('1d12h')",
    "stage in states.open && age(since(stage == 'Proposal' || hot)) >= duration('2d')",
    "!(age(since(amount > 5)) <= duration('30h')) && days > 0",
    "close_date < today() && !(stage in states.won)",
    "close_date >= today()",
    "today() == close_date || close_date != today() && hot",
    "at_time <= now()",
    "now() < at_time && amount > 0",
    "duration('1d') < age(at_time) && duration('3d') > age(at_time)",
];

const ACTIVITY_TIMED: [&str; 4] = [
    "at_time <= now() && done",
    "close_date <= today()",
    "age(at_time) > duration('1h')",
    "age(since(done)) < duration('1d')",
];

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
