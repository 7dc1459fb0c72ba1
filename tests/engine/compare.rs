//! What differs between a standing and the oracle's row about it.

use std::fmt::Write as _;

use paceline_core::{board::Standing, decimal::Decimal, ledger::Doubt};
use paceline_tests::recompute::Row;

use crate::engine;

/// The differences of everything but the status, one a line.
pub(crate) fn numbers(row: &Row, standing: &Standing) -> String {
    let text =
        |number: Option<Decimal>| number.map(|number| number.to_string()).unwrap_or_default();
    let (numbers, period) = (&standing.numbers, &standing.key.period);
    let pairs = [
        (
            "period",
            format!("{} to {}", row.period.start, row.period.end),
            format!("{} to {}", period.start, period.end),
        ),
        ("actual", row.actual.clone(), text(numbers.actual)),
        ("goal", row.goal.clone(), text(numbers.goal)),
        ("expected", row.expected.clone(), text(numbers.expected)),
        ("remaining", row.remaining.clone(), text(numbers.remaining)),
        ("projected", row.projected.clone(), text(numbers.projected)),
        ("required_per_day", row.required_per_day.clone(), text(numbers.required_per_day)),
        ("sample", row.sample.to_string(), standing.sample.to_string()),
        ("in doubt", row.in_doubt.to_string(), (standing.doubt != Doubt::default()).to_string()),
        (
            "incomplete",
            row.doubt.incomplete.to_string(),
            (standing.doubt.incomplete > 0).to_string(),
        ),
        ("missed", row.doubt.missed.to_string(), (standing.doubt.gap > 0).to_string()),
    ];
    let mut found = String::new();
    let mut differ = |what: &str, expected: &str, given: &str| {
        write!(found, "\n  {what} is {given:?} instead of {expected:?}")
            .expect("a string takes any text");
    };
    for (what, expected, given) in pairs.iter().filter(|(_, expected, given)| expected != given) {
        differ(what, expected, given);
    }
    for (what, expected, given) in [
        ("attainment", row.attainment_float(), numbers.attainment),
        ("pace", row.pace_float(), numbers.pace),
    ] {
        if !near(expected, given) {
            differ(what, &format!("{expected:?}"), &format!("{given:?}"));
        }
    }
    found
}

/// The difference of the status.
pub(crate) fn status(row: &Row, standing: &Standing) -> String {
    let status = engine::status(standing.status);
    if status == row.status {
        return String::new();
    }
    format!("\n  status is {status:?} instead of {:?}", row.status)
}

/// Whether two floats are the same, or neighbours.
fn near(one: Option<f64>, other: Option<f64>) -> bool {
    match (one, other) {
        (None, None) => true,
        (Some(one), Some(other)) => {
            one == other
                || one.is_sign_negative() == other.is_sign_negative()
                    && one.to_bits().abs_diff(other.to_bits()) <= 1
        }
        _ => false,
    }
}
