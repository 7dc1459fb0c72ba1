//! How a KPI is computed, in one line and in the words of the config: what an explanation of a number begins with.

use super::credit::{OnChange, RawCredit};
use super::{Agg, Kind, RawKpi, RawOnZero};
use crate::config::located::Text;

impl RawKpi {
    /// The line.
    pub(super) fn wording(&self) -> String {
        match self.kind.value {
            Kind::Simple => self.simple_wording(),
            Kind::Ratio => format!("{} / {}", text(&self.numerator), text(&self.denominator)),
            Kind::Derived => {
                let met = match self.on_zero_denominator.as_ref().map(|on_zero| on_zero.value) {
                    Some(RawOnZero::Met) => "; with a denominator of 0 nothing is left to do",
                    None => "",
                };
                format!("{}{met}", text(&self.expr))
            }
            Kind::Conversion => format!(
                "share of {} whose `{}` first became true in the period, that reached `{}` within {}{}",
                text(&self.entity),
                text(&self.from),
                text(&self.to),
                text(&self.within),
                self.credit_wording(),
            ),
        }
    }

    fn simple_wording(&self) -> String {
        let what = self.agg.as_ref().map_or("", |agg| agg.value.wording());
        let of = self.expr.as_ref().map(|expr| format!(" `{}`", expr.value)).unwrap_or_default();
        let filter = self.filter.as_ref().map(|filter| format!(" where `{}`", filter.value));
        let at = match &self.at {
            Some(at) => format!(", on the day of `{}`", at.value),
            None => ", as they are now".to_owned(),
        };
        let (entity, filter) = (text(&self.entity), filter.unwrap_or_default());
        format!("{what}{of} of {entity}{filter}{at}{}", self.credit_wording())
    }

    fn credit_wording(&self) -> String {
        match self.credit.as_ref().map(|credit| &credit.value) {
            None => String::new(),
            Some(RawCredit::Field(field)) => format!(", credited to `{field}`"),
            Some(RawCredit::Rule(rule)) => match (&rule.splits, &rule.field) {
                (Some(splits), _) => {
                    format!(", credited to those who share in it by `{}`", splits.value)
                }
                (None, field) => {
                    let keeps =
                        rule.on_change.as_ref().is_some_and(|rule| rule.value == OnChange::Keep);
                    let then = if keeps { ", as it was when it came to count" } else { "" };
                    format!(", credited to `{}`{then}", text(field))
                }
            },
        }
    }
}

impl Agg {
    const fn wording(self) -> &'static str {
        match self {
            Self::Count => "number",
            Self::Sum => "sum of",
            Self::Avg => "average of",
            Self::Min => "least",
            Self::Max => "greatest",
            Self::CountDistinct => "number of different",
            Self::Median => "median of",
            Self::P90 => "90th percentile of",
        }
    }
}

fn text(text: &Option<Text>) -> &str {
    text.as_ref().map_or("", |text| text.value.trim())
}
