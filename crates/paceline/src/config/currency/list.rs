//! Rates as a list in the config, or as the rows of a CSV file put in its place.

use std::collections::HashMap;

use paceline_core::day::Day;
use paceline_core::rational::Rational;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::located::{Exact, Located, Text};
use crate::config::report::Report;
use crate::config::value;

/// What one unit of a currency is worth in another, from a day on.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Rate")]
pub(super) struct RawRate {
    /// The code of the currency of which one unit is meant. Required.
    from: Text,
    /// The code of the currency in which its worth is told: that of the org. Required.
    to: Text,
    /// The first day on which it is in force, `YYYY-MM-DD`. Required.
    #[schemars(extend("format" = "date"))]
    date: Text,
    /// The worth of one unit, above 0, with as many places as it has. Required.
    rate: Located<Exact>,
}

/// A rate that has nothing wrong with it.
pub(super) struct Quote {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) date: Day,
    pub(super) rate: Rational,
}

/// Compiles all rates of a list.
pub(super) fn compile(raw: &[RawRate], report: &mut Report) -> Vec<Quote> {
    let mut known = HashMap::new();
    for rate in raw {
        let key = (rate.from.as_str(), rate.to.as_str(), rate.date.as_str());
        if let Some(before) = known.insert(key, rate.rate.at) {
            let (from, to, date) = key;
            let place = report.places.shown(before);
            report.error(
                rate.rate.at,
                format_args!("two rates from {from} to {to} on {date}; the other is at {place}"),
                "keep one of the two",
            );
        }
    }
    raw.iter().filter_map(|rate| rate.compile(report)).collect()
}

/// What says nothing of the org's currency.
pub(super) fn idle(quotes: &[Quote], org: &str) -> Option<String> {
    let idle = quotes.iter().filter(|quote| quote.to != org).count();
    let (rates, have) = if idle == 1 { ("rate", "has") } else { ("rates", "have") };
    (idle > 0).then(|| {
        format!("{idle} {rates} of `currency.rates` {have} no effect: only rates to {org} are used")
    })
}

impl RawRate {
    fn compile(&self, report: &mut Report) -> Option<Quote> {
        value::not_empty(&self.from, "the code", report);
        value::not_empty(&self.to, "the code", report);
        if self.from.value == self.to.value {
            let message = format!("what is in {} is in it already", self.to.as_str());
            report.error(self.to.at, message, "leave this rate out, or name the other currency");
        }
        let date = value::date(&self.date, report);
        let rate = self.rate(report);
        Some(Quote {
            from: self.from.value.clone(),
            to: self.to.value.clone(),
            date: date?,
            rate: rate?,
        })
    }

    fn rate(&self, report: &mut Report) -> Option<Rational> {
        let text = self.rate.value.0.as_str();
        let Some(rate) = Rational::parse(text) else {
            let message = format!("`{text}` is not a number of at most 38 digits");
            report.error(self.rate.at, message, "write a number such as 0.9212345678");
            return None;
        };
        if rate.is_zero() || rate.is_negative() {
            let message = format!("a rate of {text} is not above 0");
            report.error(self.rate.at, message, "write what one unit of `from` is worth in `to`");
            return None;
        }
        Some(rate)
    }
}
