//! KPIs of every kind.

use std::fmt::{self, Write as _};

use proptest::{collection::vec, prelude::*};

use super::World;

#[derive(Clone, Debug)]
pub(super) struct Kpi {
    pub(super) of_activities: bool,
    pub(super) filter: u8,
    pub(super) agg: u8,
    pub(super) at: u8,
    pub(super) goal_kind: u8,
    pub(super) lower: bool,
    pub(super) periods: Vec<&'static str>,
    pub(super) min_sample: u8,
}

/// A KPI as goals need to know it.
#[derive(Clone)]
pub(crate) struct Shown {
    pub(super) name: String,
    pub(super) periods: Vec<&'static str>,
    pub(super) lower: bool,
    pub(super) goal_kind: &'static str,
}

pub(super) fn kpi() -> impl Strategy<Value = Kpi> {
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

impl World {
    pub(super) fn write_kpis(&mut self, kpis: &[Kpi], ratio: bool, money: bool) -> fmt::Result {
        writeln!(self.yaml, "kpis:")?;
        for (at, kpi) in kpis.iter().enumerate() {
            let name = format!("kpi{at}");
            self.write_kpi(&name, kpi, money)?;
            let (periods, goal_kind) = (kpi.periods.clone(), kpi.goal_kind());
            self.shown.push(Shown { name, periods, lower: kpi.lower, goal_kind });
        }
        if ratio { self.write_ratio(kpis) } else { Ok(()) }
    }

    /// Of the first KPI by another that is of its sort.
    fn write_ratio(&mut self, kpis: &[Kpi]) -> fmt::Result {
        let dated = |kpi: &Kpi| kpi.at().is_some();
        let fits = |other: &Kpi| {
            let simple = [other, &kpis[0]].iter().all(|kpi| kpi.conversion().is_none());
            simple && dated(other) == dated(&kpis[0])
        };
        let Some(below) = kpis.iter().skip(1).position(fits).map(|at| at + 1) else {
            return Ok(());
        };
        let kpi = &kpis[below];
        let (better, periods) = (kpi.better(), kpi.periods.join(", "));
        let sample = kpi.min_sample;
        self.features.push(if dated(kpi) { "ratio of flows" } else { "ratio of stocks" });
        self.shown.push(Shown {
            name: "share".to_owned(),
            periods: kpi.periods.clone(),
            lower: kpi.lower,
            goal_kind: "rate",
        });
        writeln!(
            self.yaml,
            "  - {{name: share, type: ratio, numerator: kpi0, denominator: kpi{below}, better: {better}, \
             goal_kind: rate, min_sample: {sample}, periods: [{periods}]}}"
        )
    }

    fn write_kpi(&mut self, name: &str, kpi: &Kpi, money: bool) -> fmt::Result {
        if let Some(parts) = kpi.conversion() {
            return self.write_conversion(name, kpi, parts.map(|part| plain(part, money)));
        }
        let (entity, agg) = (kpi.entity(), kpi.agg(money));
        let counts_money =
            money && !kpi.of_activities && (agg.contains("amount") || agg.contains("fee"));
        self.features.push(agg.split(", expr").next().unwrap_or_default());
        self.features.extend(counts_money.then_some("money"));
        write!(
            self.yaml,
            "  - {{name: {name}, type: simple, entity: {entity}, credit: {}, {agg}",
            kpi.credit()
        )?;
        self.features.extend(agg.contains("days(").then_some("days between"));
        self.features.extend((kpi.credit() != "owner").then_some("kept credit"));
        if let Some(filter) = kpi.filter() {
            let has = |part: &str| filter.contains(part);
            let features = [
                (has("age(at") && !has("working"), "membership by age"),
                (has("age(since"), "membership by the age of a moment"),
                (has("'working'"), "membership by the age in working days"),
                (has("first("), "membership by a moment"),
                (has("since(stage)"), "membership by the age of a value"),
                (has("now()"), "membership from an instant on"),
                (has("today()"), "membership by the day"),
                (counts_money && (has("age(") || has("()")), "money by the clock"),
            ];
            self.features
                .extend(features.into_iter().filter_map(|(occurs, what)| occurs.then_some(what)));
            write!(self.yaml, ", where: \"{}\"", plain(filter, money))?;
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
            self.features.extend(counts_money.then_some("a flow of money"));
            write!(self.yaml, ", at: \"{}\"", plain(at, money))?;
        } else {
            self.features.push("stock");
            self.features.extend(counts_money.then_some("a stock of money"));
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
        [from, to, within]: [String; 3],
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
            Some("amount > -1.5 && amount * -0.5 < 20"),
            Some("close_date >= date('2026-11-10')"),
            Some("account != null && owner != 'U1'"),
            Some("at_time > timestamp('2026-11-01T00:00:00Z') || hot"),
            Some("(amount - days > 10 && hot) || stage in ['Won', 'Lost']"),
            Some("stage in ['Won', 'Lost'] && first(stage == 'Proposal') == null"),
            Some("since(stage) >= since(amount) || days(at_time, first(hot)) > 1.5"),
        ];
        filters[usize::from(self.filter) % filters.len()]
    }

    fn agg(&self, money: bool) -> &'static str {
        if self.of_activities {
            let aggs = [
                "agg: count",
                "agg: sum, expr: minutes",
                "agg: count_distinct, expr: kind",
                "agg: median, expr: minutes",
                "agg: p90, expr: minutes",
            ];
            return aggs[usize::from(self.agg) % aggs.len()];
        }
        if money {
            return MONEY[usize::from(self.agg) % MONEY.len()];
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
            "agg: median, expr: amount",
            "agg: p90, expr: amount",
            "agg: median, expr: \"amount / days\"",
            "agg: avg, expr: \"days(at_time, first(stage in states.won))\"",
            "agg: max, expr: \"days(close_date, date('2026-11-10')) + days / 7\"",
        ];
        aggs[usize::from(self.agg) % aggs.len()]
    }

    /// From, to, and within which time, now and then.
    fn conversion(&self) -> Option<[&'static str; 3]> {
        let conversions = if self.of_activities { &ACTIVITY_CONVERSIONS[..] } else { &CONVERSIONS };
        let nth = usize::from(self.agg);
        (nth >= 220).then(|| conversions[nth % conversions.len()])
    }

    fn at(&self) -> Option<&'static str> {
        if let Some([from, ..]) = self.conversion() {
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
        let other = ["age(", "now()", "today()", "first(", "since("];
        let no_keep =
            self.filter().is_some_and(|filter| other.iter().any(|word| filter.contains(word)));
        let keeps = self.goal_kind.is_multiple_of(5) && self.at().is_some() && !no_keep;
        if keeps { "{field: owner, on_change: keep}" } else { "owner" }
    }

    fn goal_kind(&self) -> &'static str {
        if self.conversion().is_some() {
            return "rate";
        }
        ["reach", "reach", "hold", "rate"][usize::from(self.goal_kind) % 4]
    }
}

/// A condition in a world where amounts are money: it compares them as they stand.
fn plain(condition: &str, money: bool) -> String {
    if money { condition.replace("amount", "bare") } else { condition.to_owned() }
}

/// Aggregates of money, some of which are numbers in the end.
const MONEY: [&str; 14] = [
    "agg: sum, expr: amount",
    "agg: count",
    "agg: avg, expr: amount",
    "agg: min, expr: amount",
    "agg: max, expr: \"amount - fee\"",
    "agg: count_distinct, expr: amount",
    "agg: sum, expr: \"hot ? amount : 0\"",
    "agg: sum, expr: \"amount * 0.333333 / days\"",
    "agg: avg, expr: \"fee / amount\"",
    "agg: median, expr: amount",
    "agg: p90, expr: \"-fee\"",
    "agg: sum, expr: \"hot ? fee + amount : fee\"",
    "agg: median, expr: \"amount / days\"",
    "agg: sum, expr: \"bare - days\"",
];

/// Moments of opportunities; the states make it possible to jump over one.
const MOMENTS: [&str; 10] = [
    "first(stage == 'Proposal')",
    "since(stage in states.open)",
    "first(stage in states.won, else: close_date)",
    "since(stage != 'Proposal')",
    "first(amount > 50 && stage != 'Lost', else: at_time)",
    "since(hot || days > 2)",
    "first(!hot)",
    "first(true, else: at_time)",
    "since(stage)",
    "since(amount)",
];

const ACTIVITY_MOMENTS: [&str; 3] =
    ["first(done)", "since(kind == 'Call' || minutes > 20)", "first(minutes > 1, else: at_time)"];

/// From, to, and within which time.
const CONVERSIONS: [[&str; 3]; 6] = [
    ["stage == 'Proposal'", "stage in states.won", "3d"],
    ["stage in states.open", "stage in ['Won', 'Lost']", "60d"],
    ["hot", "amount > 50", "90m"],
    ["amount > 0", "stage in states.won", "1s"],
    ["stage == 'Open'", "stage == 'Proposal'", "2h"],
    ["true", "hot && days > 0", "36h"],
];

const ACTIVITY_CONVERSIONS: [[&str; 3]; 2] =
    [["kind == 'Call'", "done", "1d"], ["minutes > 1", "kind != 'Call'", "12h"]];

/// Conditions that the clock alone changes.
const TIMED: [&str; 17] = [
    "age(at_time) > duration('1d')",
    "age(at_time) >= duration('36h') && hot",
    "age(at_time) < duration('90m') || stage == 'Won'",
    "age(since(stage in states.open)) > duration('1d12h')",
    "stage in states.open && age(since(stage == 'Proposal' || hot)) >= duration('2d')",
    "!(age(since(amount > 5)) <= duration('30h')) && days > 0",
    "stage in states.open && age(since(stage)) > duration('1d12h')",
    "close_date < today() && !(stage in states.won)",
    "close_date >= today()",
    "today() == close_date || close_date != today() && hot",
    "at_time <= now()",
    "now() < at_time && amount > 0",
    "duration('1d') < age(at_time) && duration('3d') > age(at_time)",
    "age(at_time, 'working') > duration('3d')",
    "age(at_time, 'working') <= duration('1d') || hot",
    "stage in states.open && age(since(stage), 'working') >= duration('2d')",
    "age(since(hot), 'working') < duration('1d') || age(at_time, 'working') >= duration('5d')",
];

const ACTIVITY_TIMED: [&str; 4] = [
    "at_time <= now() && done",
    "close_date <= today()",
    "age(at_time) > duration('1h')",
    "age(since(done)) < duration('1d')",
];
