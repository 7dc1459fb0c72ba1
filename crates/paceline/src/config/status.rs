//! `status`: the dead zones between behind, on track and ahead.

use jiff::SignedDuration;
use paceline_core::decimal::Decimal;
use paceline_core::kpi::{Band, Bands};
use schemars::JsonSchema;
use serde::Deserialize;

use super::located::{Exact, Located, Text};
use super::place::At;
use super::report::Report;
use super::value;

/// When a standing is behind or ahead, as shares of what is expected by now.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Status")]
pub(super) struct RawStatus {
    /// BEHIND is entered below `enter` and left at `leave`. Default: enter 0.90, leave 0.95.
    behind: Option<RawBand>,
    /// AHEAD is entered at `enter` and left below `leave`. Default: enter 1.10, leave 1.05.
    ahead: Option<RawBand>,
    /// The share of the goal that must be expected by now before a goal to reach is judged. Default: 0.05.
    grace: Option<Located<Exact>>,
    /// For how long what has come on a topic may stay uncounted, before all that is counted of it is in doubt and `complete` is
    /// false: `30s`, `5m`. Default: 1m.
    max_lag: Option<Text>,
}

/// For how long what has come may stay uncounted, where the config does not say.
const MAX_LAG: SignedDuration = SignedDuration::from_secs(60);

/// For how long what has come may stay uncounted.
pub(super) fn max_lag(raw: &RawStatus, report: &mut Report) -> SignedDuration {
    let Some(text) = &raw.max_lag else { return MAX_LAG };
    let Some(lag) = value::duration(text, report) else { return MAX_LAG };
    SignedDuration::try_from(lag).unwrap_or(SignedDuration::MAX)
}

/// Where a status is entered and left.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Band")]
struct RawBand {
    /// The share at which it is entered. Required.
    enter: Located<Exact>,
    /// The share at which it is left. Required.
    leave: Located<Exact>,
}

/// Nobody is so many times ahead: it is meant in percent.
const AHEAD_MAX: Decimal = Decimal::from_int(10);

const ONE: Decimal = Decimal::from_int(1);

/// Compiles the dead zones.
pub(super) fn compile(raw: &RawStatus, report: &mut Report) -> Bands {
    let behind = raw.behind.as_ref().and_then(|band| band.compile(report));
    let ahead = raw.ahead.as_ref().and_then(|band| band.compile(report));
    let grace = raw.grace.as_ref().and_then(|grace| check_grace(grace, report));
    if let (Some(band), Some(raw)) = (behind, &raw.behind) {
        let order = "behind: 0 < enter ≤ leave ≤ 1";
        in_order(
            Decimal::ZERO < band.enter,
            raw.enter.at,
            "`behind.enter` is not above 0",
            order,
            report,
        );
        in_order(
            band.enter <= band.leave,
            raw.leave.at,
            "`behind.leave` is below `behind.enter`",
            order,
            report,
        );
        in_order(band.leave <= ONE, raw.leave.at, "`behind.leave` is above 1", order, report);
    }
    if let (Some(band), Some(raw)) = (ahead, &raw.ahead) {
        let order = "ahead: 1 ≤ leave ≤ enter";
        in_order(ONE <= band.leave, raw.leave.at, "`ahead.leave` is below 1", order, report);
        in_order(
            band.leave <= band.enter,
            raw.enter.at,
            "`ahead.enter` is below `ahead.leave`",
            order,
            report,
        );
        if band.enter > AHEAD_MAX {
            let message = format!("`ahead.enter` is {} times what is expected", band.enter);
            report.error(raw.enter.at, message, "write a share: 1.10 for 110 %");
        }
    }
    Bands {
        behind: behind.unwrap_or(Band { enter: hundredths(90), leave: hundredths(95) }),
        ahead: ahead.unwrap_or(Band { enter: hundredths(110), leave: hundredths(105) }),
        grace: grace.unwrap_or(hundredths(5)),
    }
}

const fn hundredths(count: i128) -> Decimal {
    Decimal::from_micros(count * 10_000)
}

fn in_order(holds: bool, at: At, message: &str, order: &str, report: &mut Report) {
    if !holds {
        report.error(at, message, format_args!("keep the order {order}"));
    }
}

impl RawBand {
    fn compile(&self, report: &mut Report) -> Option<Band> {
        let enter = value::decimal(&self.enter, report);
        let leave = value::decimal(&self.leave, report);
        Some(Band { enter: enter?, leave: leave? })
    }
}

fn check_grace(grace: &Located<Exact>, report: &mut Report) -> Option<Decimal> {
    let share = value::decimal(grace, report)?;
    if share < Decimal::ZERO || share > ONE {
        let message = format!("a grace of {share} is not between 0 and 1");
        report.error(grace.at, message, "write a share of the goal, such as 0.05");
    }
    if share == ONE {
        let message = "with a grace of 1 it is too early until all of the goal is due";
        report.error(grace.at, message, "write a share of the goal, such as 0.05");
    }
    Some(share)
}
