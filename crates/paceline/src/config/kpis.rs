//! `kpis`: what is measured.

mod check;
mod conversion;
mod credit;
mod derived;
mod fields;
mod moments;
mod simple;
mod splits;
mod uses;
mod wording;

use paceline_core::goal::About;
use paceline_core::kpi::{Better, GoalKind, Kpi, KpiId, Measure, OnZero, Role, Unit};
use paceline_core::period::PeriodKind;
use paceline_core::symbol::Symbols;
use schemars::JsonSchema;
use serde::Deserialize;

use super::entities::Declared;
use super::located::{Located, Text};
use super::place::At;
use super::report::Report;

use credit::RawCredit;

pub(super) use check::period;
pub(super) use derived::goals_that_cannot_be;
pub(super) use uses::needed;

/// A named measure over records.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Kpi")]
pub(super) struct RawKpi {
    /// Its name, unique and stable: goals and clients use it. Lower-case letters, digits and `_`. Required.
    name: Text,
    /// What people call it. Default: the name.
    title: Option<String>,
    /// What it means, in one line, for whoever reads the number. Default: none.
    description: Option<Text>,
    /// An aggregate over the records of one entity (simple), one simple KPI over another (ratio), a computation over any
    /// KPIs and goals (derived), or the share of records that came from one condition to another in time (conversion).
    /// Required.
    #[serde(rename = "type")]
    kind: Located<Kind>,
    /// The entity whose records are measured. Required for simple and conversion.
    entity: Option<Text>,
    /// Which records count: a CEL condition over the entity's fields, such as `stage in states.won && amount > 0`, and
    /// over those of the record that a field with an `entity` names: `account.type == 'Partner'`.
    /// It may look at the clock: `age(created) > duration('14d')` (also `36h`, `90m`), `age(created, 'working') >
    /// duration('3d')` in whole working days of the rep, `age(since(stage == 'Proposal'))` for how long a condition has
    /// been true, `age(first(…))` for how long ago it first was, `starts <= now()`, and `close_date < today()` for the
    /// day where the rep is. A record with splits is judged for all who share in it at once, by the day and the working
    /// days of the calendar `default`. Then records come to count, or cease to, at the first instant at which that holds. It may
    /// ask what a record remembers, too: `first(stage in states.qualified) == null` for what never came to be so,
    /// `age(since(stage))` for how long a field has had its value. Default: all. Only for simple.
    #[serde(rename = "where")]
    filter: Option<Text>,
    /// What is computed of the records; for a team of those of all its members together. Of an even number of values the
    /// median is the mean of the two in the middle; p90 is the least value that nine in ten do not exceed. Required for
    /// simple.
    agg: Option<Located<Agg>>,
    /// The number that is aggregated: a CEL expression over int and decimal fields, and `days(from, to)` between two
    /// timestamps or two dates, such as `days(created, first(stage in states.won))`; for count_distinct the name of
    /// one field. Required for simple, except that count takes none. For derived, where it is required: a CEL
    /// expression over KPIs, `goal(kpi)`, `remaining(kpi)` (what is left of its goal, at least 0), `max(a, b)`, `min(a, b)`,
    /// `+ - * /` and `condition ? a : b`, evaluated on the values of the same scope and period. A value or a goal that is
    /// missing makes it missing.
    expr: Option<Text>,
    /// What dates a record: with it the KPI counts what falls into a period, without it the state right now. A date or
    /// timestamp field; or `first(…)`, the moment at which a condition such as `stage == 'Proposal'` first became true;
    /// or `since(…)`, the moment since which it has been true without a break, or, with a field alone as in `since(stage)`,
    /// since which the field has had its value. `first(…, else: created)` names the date or timestamp field, of the record
    /// or of one that it names, that stands for the moment when the first that is seen of a record is that the condition
    /// is true already. Default: none. Only for simple.
    at: Option<Text>,
    /// The text field that holds the rep's id; or `{field: owner, on_change: keep}`, by which the rep that it names when the
    /// record comes to match `where` is credited until it ceases to, whoever the field names later; or
    /// `{splits: opportunity_split, record: opportunity_id, who: owner, share: percent, overlay: is_overlay}`, by which
    /// several reps share in the record. Required for simple and conversion, which knows neither `keep` nor splits.
    credit: Option<Located<RawCredit>>,
    /// The condition that takes a record into the cohort: it is counted in the period in which this first became true.
    /// Required for conversion.
    from: Option<Text>,
    /// The condition to be reached, at that moment or later. Required for conversion.
    to: Option<Text>,
    /// In which time it must be reached: a whole number and s, m, h or d, such as `60d`. Until it is over, the share of a
    /// period may still grow. Required for conversion.
    within: Option<Text>,
    /// The KPI above the line. Required for ratio.
    numerator: Option<Text>,
    /// The KPI below the line. Required for ratio.
    denominator: Option<Text>,
    /// What a denominator of 0 in `expr` means, where nothing is missing. `met`: nothing is left to do, so there is no
    /// value and the status is AHEAD of whatever goal is in force. Default: there is no value. Only for derived.
    on_zero_denominator: Option<Located<RawOnZero>>,
    /// What its numbers are. Default: count for simple, ratio for the rest.
    unit: Option<RawUnit>,
    /// Which direction is good. Default: higher.
    better: Option<RawBetter>,
    /// How it is compared with a goal: reach (due at the period's end, spread over its working time), hold (due at
    /// every moment) or rate (like hold, for shares of a sample). Default: reach for sums and counts with `at`, rate
    /// for ratios and conversions, hold for the rest.
    goal_kind: Option<RawGoalKind>,
    /// Whether it drives others (input) or results from them (output); coaching looks at inputs first. Default: output.
    role: Option<RawRole>,
    /// The kinds of period it is shown for: day, week, month, quarter, year, rolling-Nd with N up to 1096.
    /// Default: month, quarter and year. Each costs memory for every scope.
    periods: Option<Located<Vec<Text>>>,
    /// The fewest records for which a rate is judged. Default: 1. Only for `goal_kind: rate`.
    #[schemars(range(min = 1))]
    min_sample: Option<Located<u64>>,
}

/// Where a KPI's value comes from.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "KpiType")]
enum Kind {
    Simple,
    Ratio,
    Derived,
    Conversion,
}

/// What is computed of the records that count.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Aggregate")]
enum Agg {
    Count,
    Sum,
    Avg,
    Min,
    Max,
    CountDistinct,
    Median,
    P90,
}

/// What a denominator of 0 means.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "OnZeroDenominator")]
enum RawOnZero {
    Met,
}

/// What a KPI's numbers are.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Unit")]
enum RawUnit {
    Currency,
    Count,
    Ratio,
    Days,
}

/// Which direction is good.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Better")]
enum RawBetter {
    Higher,
    Lower,
}

/// How a KPI is compared with a goal.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "GoalKind")]
enum RawGoalKind {
    Reach,
    Hold,
    Rate,
}

/// Whether a KPI drives others or results from them.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Role")]
enum RawRole {
    Input,
    Output,
}

/// A KPI as far as goals need to know it, and whole when nothing is wrong with it.
pub(super) struct Draft {
    pub(super) name: String,
    pub(super) periods: Vec<PeriodKind>,
    pub(super) better: Better,
    pub(super) goal_kind: GoalKind,
    pub(super) kpi: Option<Kpi>,
}

impl Draft {
    /// What the rules of goals need to know.
    pub(super) fn about(&self) -> About<'_> {
        let Self { name, periods, better, goal_kind, .. } = self;
        About { name, periods, better: *better, goal_kind: *goal_kind }
    }
}

/// Compiles all KPIs; [`KpiId`] is the index. The entities get the extras that the KPIs need.
pub(super) fn compile(
    raw: &[RawKpi],
    entities: &mut [Declared],
    symbols: &mut Symbols,
    report: &mut Report,
) -> Vec<Draft> {
    check::names(raw, report);
    entities.iter_mut().for_each(|declared| declared.entity.extras.clear());
    let drafts: Vec<Draft> =
        raw.iter().map(|kpi| kpi.draft(raw, entities, symbols, report)).collect();
    derived::check_cycles(raw, &drafts, report);
    drafts
}

impl RawKpi {
    /// Where it names an entity, if it is that one.
    pub(super) fn place_of_entity(&self, name: &str) -> Option<At> {
        self.entity.as_ref().filter(|entity| entity.as_str() == name).map(|entity| entity.at)
    }

    /// Where it names its entity.
    pub(super) fn place(&self) -> Option<At> {
        self.entity.as_ref().map(|entity| entity.at)
    }

    fn draft(
        &self,
        all: &[Self],
        entities: &mut [Declared],
        symbols: &mut Symbols,
        report: &mut Report,
    ) -> Draft {
        check::keys(self, report);
        check::description(self.description.as_ref(), report);
        let measure = match self.kind.value {
            Kind::Simple => simple::compile(self, entities, symbols, report).map(Measure::Simple),
            Kind::Ratio => self.ratio(all, report),
            Kind::Derived => derived::compile(self, all, report).map(Measure::Derived),
            Kind::Conversion => {
                conversion::compile(self, entities, symbols, report).map(Measure::Simple)
            }
        };
        let periods = check::periods(self.periods.as_ref(), report);
        let better = self.better.map_or(Better::Higher, RawBetter::compile);
        let kpi = measure.map(|measure| self.with(measure, periods.clone(), better));
        let goal_kind = self.goal_kind().compile();
        Draft { name: self.name.value.clone(), periods, better, goal_kind, kpi }
    }

    fn with(&self, measure: Measure, periods: Vec<PeriodKind>, better: Better) -> Kpi {
        Kpi {
            name: self.name.value.clone(),
            title: self.title.clone().unwrap_or_else(|| self.name.value.clone()),
            description: self
                .description
                .as_ref()
                .map(|text| text.value.clone())
                .unwrap_or_default(),
            wording: self.wording(),
            unit: self.unit(),
            better,
            goal_kind: self.goal_kind().compile(),
            role: self.role.map_or(Role::Output, RawRole::compile),
            periods,
            min_sample: self.min_sample.map_or(1, |sample| sample.value),
            measure,
        }
    }

    fn ratio(&self, all: &[Self], report: &mut Report) -> Option<Measure> {
        let (above, below) = (self.numerator.as_ref()?, self.denominator.as_ref()?);
        let numerator = check::part(above, all, report);
        let denominator = check::part(below, all, report);
        let (numerator, denominator) = (numerator?, denominator?);
        check::two_parts(above, below, report);
        check::same_time(self, &all[numerator], &all[denominator], report);
        Some(Measure::Ratio {
            numerator: KpiId(numerator as u16),
            denominator: KpiId(denominator as u16),
        })
    }

    fn is_share(&self) -> bool {
        matches!(self.kind.value, Kind::Ratio | Kind::Conversion)
    }

    fn unit(&self) -> Unit {
        match self.unit {
            Some(RawUnit::Currency) => Unit::Currency,
            Some(RawUnit::Count) => Unit::Count,
            Some(RawUnit::Ratio) => Unit::Ratio,
            Some(RawUnit::Days) => Unit::Days,
            None if self.kind.value == Kind::Simple => Unit::Count,
            None => Unit::Ratio,
        }
    }

    fn goal_kind(&self) -> RawGoalKind {
        let adds_up = self
            .agg
            .is_some_and(|agg| matches!(agg.value, Agg::Sum | Agg::Count | Agg::CountDistinct));
        match self.goal_kind {
            Some(kind) => kind,
            None if self.is_share() => RawGoalKind::Rate,
            None if adds_up && self.at.is_some() => RawGoalKind::Reach,
            None => RawGoalKind::Hold,
        }
    }
}

impl RawOnZero {
    const fn compile(self) -> OnZero {
        match self {
            Self::Met => OnZero::Met,
        }
    }
}

impl RawBetter {
    const fn compile(self) -> Better {
        match self {
            Self::Higher => Better::Higher,
            Self::Lower => Better::Lower,
        }
    }
}

impl RawGoalKind {
    const fn compile(self) -> GoalKind {
        match self {
            Self::Reach => GoalKind::Reach,
            Self::Hold => GoalKind::Hold,
            Self::Rate => GoalKind::Rate,
        }
    }
}

impl RawRole {
    const fn compile(self) -> Role {
        match self {
            Self::Input => Role::Input,
            Self::Output => Role::Output,
        }
    }
}
