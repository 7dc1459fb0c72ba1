//! The terms of a goal: how its target ramps up with tenure and is spread over its period.

use paceline_core::decimal::Decimal;
use paceline_core::goal::{self, Curve, Step, curve};
use paceline_core::kpi::GoalKind;
use paceline_core::period::PeriodKind;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::located::{Exact, Located};
use crate::config::report::Report;
use crate::config::value;

/// A step of a ramp.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RampStep")]
pub(super) struct RawStep {
    /// The step holds while fewer months since the rep's `start` are completed than this. Required.
    #[schemars(range(min = 1, max = 1200))]
    until_month: Located<u64>,
    /// The share of the target that is asked, from 0 to 1. Required.
    share: Located<Exact>,
}

/// How a target is spread over the parts of a quarter or year.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Curve")]
pub(super) struct RawCurve {
    /// What the parts are: month or quarter. Required.
    by: Located<By>,
    /// The share of each part in their order; they add up to 1. Required.
    shares: Located<Vec<Located<Exact>>>,
}

/// The parts of a curve.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "CurveBy")]
enum By {
    /// The fiscal months of a quarter or year.
    Month,
    /// The quarters of a year.
    Quarter,
}

impl By {
    fn months(self) -> u8 {
        match self {
            Self::Month => 1,
            Self::Quarter => 3,
        }
    }
}

/// Compiles a ramp: its steps rise, and each asks for a part of the target.
pub(super) fn ramp(raw: &[RawStep], report: &mut Report) -> Option<Vec<Step>> {
    let mut steps: Vec<Step> = Vec::new();
    let before = report.len();
    for raw in raw {
        let months = raw.until_month.value;
        let last = steps.last().map(|step| step.until_month.into());
        if let Err(mistake) = goal::months(last, months) {
            report.mistake(raw.until_month.at, &mistake);
        }
        let share = share(&raw.share, report)?;
        steps.push(Step { until_month: months.min(goal::MONTHS_MAX) as u32, share });
    }
    (report.len() == before).then_some(steps)
}

/// Compiles a curve: as many shares as the period has parts, adding up to the whole target.
pub(super) fn curve(
    raw: &Located<RawCurve>,
    period: Option<PeriodKind>,
    goal_kind: Option<GoalKind>,
    report: &mut Report,
) -> Option<Curve> {
    let before = report.len();
    if let Some(Err(mistake)) = goal_kind.map(curve::kind) {
        report.mistake(raw.at, &mistake);
    }
    let RawCurve { by, shares } = &raw.value;
    if let Some(period) = period {
        check_parts(by, shares, period, report);
    }
    let mut values = Vec::new();
    for raw in &shares.value {
        values.push(share(raw, report)?);
    }
    if report.len() == before
        && let Err(mistake) = curve::sum(&values)
    {
        report.mistake(shares.at, &mistake);
    }
    (report.len() == before).then(|| Curve { months: by.value.months(), shares: values })
}

fn check_parts(
    by: &Located<By>,
    shares: &Located<Vec<Located<Exact>>>,
    period: PeriodKind,
    report: &mut Report,
) {
    match curve::parts(period, by.value.months()) {
        Err(mistake) => report.mistake(by.at, &mistake),
        Ok(parts) => {
            if let Err(mistake) = curve::count(shares.value.len(), parts, period) {
                report.mistake(shares.at, &mistake);
            }
        }
    }
}

fn share(raw: &Located<Exact>, report: &mut Report) -> Option<Decimal> {
    let share = value::decimal(raw, report)?;
    if let Err(mistake) = goal::share(share) {
        report.mistake(raw.at, &mistake);
    }
    Some(share)
}
