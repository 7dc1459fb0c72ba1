//! The terms of a goal: how its target ramps up with tenure and is spread over its period.

use paceline_core::decimal::Decimal;
use paceline_core::goal::{Curve, Step};
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

    fn name(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Quarter => "quarter",
        }
    }
}

/// The longest tenure a ramp may speak of, in months.
const MONTHS_MAX: u64 = 1_200;

/// Compiles a ramp: its steps rise, and each asks for a part of the target.
pub(super) fn ramp(raw: &[RawStep], report: &mut Report) -> Option<Vec<Step>> {
    let mut steps: Vec<Step> = Vec::new();
    let before = report.len();
    for raw in raw {
        let months = raw.until_month.value;
        if !(1..=MONTHS_MAX).contains(&months) {
            let message = format!("{months} months are not between 1 and {MONTHS_MAX}");
            report.error(raw.until_month.at, message, "count the completed months since the start");
        } else if let Some(last) = steps.last().filter(|last| months <= last.until_month.into()) {
            let message = format!(
                "the step ends with month {months}, and the one before it with month {}: they overlap",
                last.until_month
            );
            report.error(raw.until_month.at, message, "list the steps by rising `until_month`");
        }
        let share = share(&raw.share, report)?;
        steps.push(Step { until_month: months.min(MONTHS_MAX) as u32, share });
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
    if goal_kind.is_some_and(|kind| kind != GoalKind::Reach) {
        report.error(
            raw.at,
            "only a goal that is to be reached is spread: this KPI's is the same at every moment",
            "leave `curve` out",
        );
    }
    let RawCurve { by, shares } = &raw.value;
    if let Some(period) = period {
        check_parts(by, shares, period, report);
    }
    let mut values = Vec::new();
    for raw in &shares.value {
        values.push(share(raw, report)?);
    }
    let sum = values.iter().fold(Decimal::ZERO, |sum, share| sum + *share);
    if sum != Decimal::from_int(1) && report.len() == before {
        let message = format!("the shares add up to {sum}, not to 1");
        report.error(shares.at, message, "change one of them so that nothing is left over");
    }
    (report.len() == before).then(|| Curve { months: by.value.months(), shares: values })
}

fn check_parts(
    by: &Located<By>,
    shares: &Located<Vec<Located<Exact>>>,
    period: PeriodKind,
    report: &mut Report,
) {
    let parts = match (period, by.value) {
        (PeriodKind::Quarter, By::Month) => 3,
        (PeriodKind::Year, By::Month) => 12,
        (PeriodKind::Year, By::Quarter) => 4,
        _ => {
            let message = format!("a {period} is not cut by {}", by.value.name());
            let remedy = "cut a quarter by month, a year by month or quarter, or leave `curve` out";
            report.error(by.at, message, remedy);
            return;
        }
    };
    let given = shares.value.len();
    if given != parts {
        let message = format!("{given} shares for a {period}, which has {parts} parts");
        report.error(shares.at, message, "give a share for each part, 0 where nothing is due");
    }
}

fn share(raw: &Located<Exact>, report: &mut Report) -> Option<Decimal> {
    let share = value::decimal(raw, report)?;
    if share < Decimal::ZERO || share > Decimal::from_int(1) {
        let message = format!("a share of {share} is not between 0 and 1");
        report.error(raw.at, message, "write 0.25 for a quarter of the target");
    }
    Some(share)
}
