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
pub(super) struct Shown {
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
    /// Answers the name and the kinds of period of each KPI that was written.
    pub(super) fn write_kpis(
        &mut self,
        kpis: &[Kpi],
        ratio: bool,
    ) -> Result<Vec<Shown>, fmt::Error> {
        writeln!(self.yaml, "kpis:")?;
        let mut shown = Vec::new();
        for (at, kpi) in kpis.iter().enumerate() {
            let name = format!("kpi{at}");
            self.write_kpi(&name, kpi)?;
            let (periods, goal_kind) = (kpi.periods.clone(), kpi.goal_kind());
            shown.push(Shown { name, periods, lower: kpi.lower, goal_kind });
        }
        let dated = |kpi: &Kpi| kpi.at().is_some();
        let below =
            kpis.iter().skip(1).position(|other| dated(other) == dated(&kpis[0])).map(|at| at + 1);
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
                goal_kind: "rate",
            });
        }
        Ok(shown)
    }

    fn write_kpi(&mut self, name: &str, kpi: &Kpi) -> fmt::Result {
        let (entity, filter) = (kpi.entity(), kpi.filter());
        self.features.push(kpi.agg().split(", expr").next().unwrap_or_default());
        write!(
            self.yaml,
            "  - {{name: {name}, type: simple, entity: {entity}, credit: owner, {}",
            kpi.agg()
        )?;
        if let Some(filter) = filter {
            write!(self.yaml, ", where: \"{filter}\"")?;
        }
        if let Some(at) = kpi.at() {
            self.features.push(if at.starts_with("close") {
                "flow by date"
            } else {
                "flow by timestamp"
            });
            write!(self.yaml, ", at: {at}")?;
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
}

impl Kpi {
    fn entity(&self) -> &'static str {
        if self.of_activities { "activity" } else { "opportunity" }
    }

    fn better(&self) -> &'static str {
        if self.lower { "lower" } else { "higher" }
    }

    fn filter(&self) -> Option<&'static str> {
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
        ];
        filters[usize::from(self.filter) % filters.len()]
    }

    fn agg(&self) -> &'static str {
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
        ];
        aggs[usize::from(self.agg) % aggs.len()]
    }

    fn at(&self) -> Option<&'static str> {
        [Some("close_date"), Some("at_time"), Some("at_time"), None][usize::from(self.at) % 4]
    }

    fn goal_kind(&self) -> &'static str {
        ["reach", "reach", "hold", "rate"][usize::from(self.goal_kind) % 4]
    }
}
