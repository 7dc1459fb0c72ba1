//! KPIs of every kind.

mod words;

use std::fmt::{self, Write as _};

use proptest::{collection::vec, prelude::*};

use super::{World, wider::Wider};

#[derive(Clone, Debug)]
pub(super) struct Kpi {
    of_activities: bool,
    filter: u8,
    agg: u8,
    at: u8,
    goal_kind: u8,
    lower: bool,
    periods: Vec<&'static str>,
    min_sample: u8,
    /// What it looks at beyond the record itself, where there is something.
    beyond: u8,
}

/// A KPI as goals need to know it.
#[derive(Clone)]
pub(crate) struct Shown {
    pub(super) name: String,
    pub(super) periods: Vec<&'static str>,
    pub(super) lower: bool,
    pub(super) goal_kind: &'static str,
}

/// What a KPI is in a world.
struct Chosen<'a> {
    kpi: &'a Kpi,
    agg: &'static str,
    filter: Option<&'static str>,
    at: Option<&'static str>,
    credit: &'static str,
    conversion: Option<[&'static str; 3]>,
    /// Whether amounts of opportunities are money.
    money: bool,
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
        (any::<u8>(), any::<u8>(), any::<u8>(), any::<u8>(), any::<u8>()),
        prop::bool::weighted(0.3),
        kinds,
        1..4_u8,
    )
        .prop_map(
            |(
                of_activities,
                (filter, agg, at, goal_kind, beyond),
                lower,
                mut periods,
                min_sample,
            )| {
                periods.sort_unstable();
                periods.dedup();
                Kpi {
                    of_activities,
                    filter,
                    agg,
                    at,
                    goal_kind,
                    lower,
                    periods,
                    min_sample,
                    beyond,
                }
            },
        )
}

impl World {
    pub(super) fn write_kpis(&mut self, kpis: &[Kpi], ratio: bool, wider: &Wider) -> fmt::Result {
        writeln!(self.yaml, "kpis:")?;
        let kpis: Vec<Chosen<'_>> = kpis.iter().map(|kpi| kpi.chosen(wider)).collect();
        for (at, chosen) in kpis.iter().enumerate() {
            let name = format!("kpi{at}");
            self.write_kpi(&name, chosen)?;
            let (periods, goal_kind) = (chosen.kpi.periods.clone(), chosen.goal_kind());
            self.shown.push(Shown { name, periods, lower: chosen.kpi.lower, goal_kind });
        }
        if ratio { self.write_ratio(&kpis) } else { Ok(()) }
    }

    /// Of the first KPI by another that is of its sort.
    fn write_ratio(&mut self, kpis: &[Chosen<'_>]) -> fmt::Result {
        let simple = |chosen: &Chosen<'_>| chosen.conversion.is_none();
        let dated = |chosen: &Chosen<'_>| chosen.at.is_some();
        let fits = |other: &Chosen<'_>| {
            simple(other) && simple(&kpis[0]) && dated(other) == dated(&kpis[0])
        };
        let Some(below) = kpis.iter().skip(1).position(fits).map(|at| at + 1) else {
            return Ok(());
        };
        self.features.push(if dated(&kpis[below]) { "ratio of flows" } else { "ratio of stocks" });
        let kpi = kpis[below].kpi;
        let (better, sample, periods) = (kpi.better(), kpi.min_sample, kpi.periods.join(", "));
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

    fn write_kpi(&mut self, name: &str, chosen: &Chosen<'_>) -> fmt::Result {
        let kpi = chosen.kpi;
        let (better, periods, sample) = (kpi.better(), kpi.periods.join(", "), kpi.min_sample);
        self.features.extend(chosen.features());
        self.features.extend(kpi.periods.iter().copied());
        write!(self.yaml, "  - {{name: {name}, entity: {}, better: {better}", kpi.entity())?;
        // Nothing is drawn for it: every second one drives the others.
        let role = if self.shown.len() % 2 == 1 { "input" } else { "output" };
        write!(self.yaml, ", role: {role}")?;
        write!(self.yaml, ", credit: {}, periods: [{periods}]", chosen.credit)?;
        if let Some(parts) = chosen.conversion {
            let [from, to, within] = parts.map(|part| chosen.plain(part));
            return writeln!(
                self.yaml,
                ", type: conversion, from: \"{from}\", to: \"{to}\", within: {within}, min_sample: {sample}}}"
            );
        }
        write!(self.yaml, ", type: simple, {}", chosen.agg)?;
        if let Some(filter) = chosen.filter {
            write!(self.yaml, ", where: \"{}\"", chosen.plain(filter))?;
        }
        if let Some(at) = chosen.at {
            write!(self.yaml, ", at: \"{}\"", chosen.plain(at))?;
        }
        let goal_kind = chosen.goal_kind();
        write!(self.yaml, ", goal_kind: {goal_kind}")?;
        if goal_kind == "rate" {
            write!(self.yaml, ", min_sample: {sample}")?;
        }
        writeln!(self.yaml, "}}")
    }
}

/// One of some, by number.
fn pick<T: Copy>(from: &[T], nth: u8) -> T {
    from[usize::from(nth) % from.len()]
}

impl Kpi {
    fn entity(&self) -> &'static str {
        if self.of_activities { "activity" } else { "opportunity" }
    }

    fn better(&self) -> &'static str {
        if self.lower { "lower" } else { "higher" }
    }

    /// What it is in a world.
    fn chosen(&self, wider: &Wider) -> Chosen<'_> {
        let conversion = self.conversion();
        let mut chosen = Chosen {
            kpi: self,
            agg: self.agg(wider.money.is_some()),
            filter: self.filter(),
            at: conversion.map_or_else(|| self.at(), |[from, ..]| Some(from)),
            credit: "owner",
            conversion,
            money: wider.money.is_some(),
        };
        if conversion.is_some() || self.of_activities {
            chosen.keep_credit();
            return chosen;
        }
        if wider.linked {
            self.look_across(&mut chosen);
        }
        if wider.split && self.beyond.is_multiple_of(3) {
            chosen.agg = pick(&words::SPLIT_AGGS, self.agg);
            chosen.credit = if self.agg.is_multiple_of(4) { SPLITS } else { SPLITS_AND_OVERLAY };
        }
        chosen.keep_credit();
        chosen
    }

    /// Has it look at the accounts of opportunities, in some of the places where it can.
    fn look_across(&self, chosen: &mut Chosen<'_>) {
        let some = self.beyond / 16;
        if some.is_multiple_of(2) {
            chosen.filter = Some(pick(&words::LINKED_FILTERS, self.filter));
        }
        if some.is_multiple_of(5) && chosen.at.is_some() {
            chosen.at = Some(pick(&["account.day", "account.since"], self.at));
        }
        if some.is_multiple_of(3) {
            chosen.credit = "account.owner";
        }
        if some.is_multiple_of(4) {
            chosen.agg = pick(&words::LINKED_AGGS, self.agg);
        }
    }

    fn filter(&self) -> Option<&'static str> {
        match (self.filter, self.of_activities) {
            (216.., true) => Some(pick(&words::ACTIVITY_TIMED, self.filter)),
            (216.., false) => Some(pick(&words::TIMED, self.filter)),
            (_, true) => pick(&words::ACTIVITY_FILTERS, self.filter),
            (_, false) => pick(&words::FILTERS, self.filter),
        }
    }

    fn agg(&self, money: bool) -> &'static str {
        match (self.of_activities, money) {
            (true, _) => pick(&words::ACTIVITY_AGGS, self.agg),
            (false, true) => pick(&words::MONEY, self.agg),
            (false, false) => pick(&words::AGGS, self.agg),
        }
    }

    /// From, to, and within which time, now and then.
    fn conversion(&self) -> Option<[&'static str; 3]> {
        let conversions =
            if self.of_activities { &words::ACTIVITY_CONVERSIONS[..] } else { &words::CONVERSIONS };
        (self.agg >= 220).then(|| pick(conversions, self.agg))
    }

    fn at(&self) -> Option<&'static str> {
        let moments =
            if self.of_activities { &words::ACTIVITY_MOMENTS[..] } else { &words::MOMENTS };
        match self.at % 8 {
            4.. => pick(&[Some("close_date"), Some("at_time"), Some("at_time"), None], self.at),
            1..4 => Some(pick(moments, self.at / 8)),
            _ => None,
        }
    }
}

const SPLITS: &str =
    "{splits: opportunity_split, record: opportunity_id, who: owner, share: percent}";
const SPLITS_AND_OVERLAY: &str = "{splits: opportunity_split, record: opportunity_id, who: owner, share: percent, overlay: is_overlay}";

impl Chosen<'_> {
    fn goal_kind(&self) -> &'static str {
        if self.conversion.is_some() {
            return "rate";
        }
        pick(&["reach", "reach", "hold", "rate"], self.kpi.goal_kind)
    }

    /// Keeps the credit now and then, where that is allowed.
    fn keep_credit(&mut self) {
        let others = ["age(", "now()", "today()", "first(", "since(", "account."];
        let no_keep =
            self.filter.is_some_and(|filter| others.iter().any(|word| filter.contains(word)));
        let may = self.credit == "owner" && self.conversion.is_none() && self.at.is_some();
        if self.kpi.goal_kind.is_multiple_of(5) && may && !no_keep {
            self.credit = "{field: owner, on_change: keep}";
        }
    }

    /// A condition in this world: where amounts are money, it compares them as they stand.
    fn plain(&self, condition: &str) -> String {
        if self.money { condition.replace("amount", "bare") } else { condition.to_owned() }
    }

    /// What occurs in it.
    fn features(&self) -> Vec<&'static str> {
        if self.conversion.is_some() {
            return vec!["conversion", self.kpi.better()];
        }
        let of_opportunities = self.money && !self.kpi.of_activities;
        let money =
            of_opportunities && ["amount", "fee", "size"].iter().any(|it| self.agg.contains(it));
        let filter = self.filter.unwrap_or_default();
        let has = |part: &str| filter.contains(part);
        let by_clock = has("age(") || has("now()") || has("today()");
        let at = self.at.unwrap_or_default();
        let linked = |text: &str| text.contains("account.");
        let splits = self.credit.contains("splits");
        let occurs = [
            (money, "money"),
            (money && self.at.is_some(), "a flow of money"),
            (money && self.at.is_none(), "a stock of money"),
            (money && by_clock, "money by the clock"),
            (money && splits, "money by splits"),
            (self.agg.contains("days("), "days between"),
            (self.credit.contains("keep"), "kept credit"),
            (has("age(at") && !has("working"), "membership by age"),
            (has("age(since"), "membership by the age of a moment"),
            (has("'working'"), "membership by the age in working days"),
            (has("first("), "membership by a moment"),
            (has("since(stage)"), "membership by the age of a value"),
            (has("now()"), "membership from an instant on"),
            (has("today()"), "membership by the day"),
            (self.at.is_none(), "stock"),
            (at.contains("else:"), "flow by a moment or a field"),
            (at.starts_with("first(") && !at.contains("else:"), "flow by the first moment"),
            (at.starts_with("since("), "flow by the moment since"),
            (at == "close_date", "flow by date"),
            (at == "at_time", "flow by timestamp"),
            (linked(filter), "a condition on another record"),
            (linked(filter) && by_clock, "another record by the clock"),
            (linked(at), "a date of another record"),
            (linked(self.credit), "credit by another record"),
            (linked(self.agg), "a number of another record"),
            (splits, "credit by splits"),
            (splits && !self.credit.contains("overlay"), "credit by splits without overlay"),
            (splits && by_clock, "splits by the clock"),
        ];
        let occurs = occurs.into_iter().filter_map(|(occurs, what)| occurs.then_some(what));
        let agg = self.agg.split(", expr").next().unwrap_or_default();
        occurs.chain([agg, self.goal_kind(), self.kpi.better()]).collect()
    }
}
