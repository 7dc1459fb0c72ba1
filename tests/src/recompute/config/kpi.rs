//! KPIs, and the kinds of periods they are shown for.

use std::{fmt, str::FromStr};

use serde::Deserialize;

/// A KPI.
#[derive(Clone, Debug, Deserialize)]
pub struct Kpi {
    /// Its name.
    pub name: String,
    /// How it is made.
    #[serde(rename = "type")]
    pub kind: KpiType,
    /// The entity it counts.
    pub entity: Option<String>,
    /// Which records count; all when absent.
    #[serde(rename = "where")]
    pub filter: Option<String>,
    /// What is made of their values.
    pub agg: Option<Aggregate>,
    /// The value of a record.
    pub expr: Option<String>,
    /// The field or the moment that dates a record; a stock has none.
    pub at: Option<String>,
    /// The field that names the rep.
    pub credit: Option<Credit>,
    /// The condition by which a record enters a conversion.
    pub from: Option<String>,
    /// The condition it is to reach.
    pub to: Option<String>,
    /// The time for it, as `60d`.
    pub within: Option<String>,
    /// The KPI above the line of a ratio.
    pub numerator: Option<String>,
    /// The KPI below it.
    pub denominator: Option<String>,
    /// What a denominator of zero in a derived KPI means: `met`, or that there is no value.
    pub on_zero_denominator: Option<String>,
    /// Which direction is good.
    #[serde(default)]
    pub better: Better,
    /// Whether it drives others or results from them.
    #[serde(default)]
    pub role: Role,
    /// What its goals mean; see [`Kpi::goal_kind`].
    #[serde(rename = "goal_kind")]
    pub goal_kind_given: Option<GoalKind>,
    /// The fewest records by which a rate is judged.
    pub min_sample: Option<usize>,
    /// The kinds of periods it is shown for.
    #[serde(default)]
    pub periods: Vec<PeriodKind>,
}

impl Kpi {
    /// What its goals mean: as given, else `rate` for a ratio and a conversion, `reach` for a sum or a number of what happens in a period,
    /// and `hold` for the rest.
    #[must_use]
    pub fn goal_kind(&self) -> GoalKind {
        use Aggregate::{Avg, Max, Median, Min, P90};
        let grows = !matches!(self.agg, Some(Avg | Min | Max | Median | P90));
        self.goal_kind_given.unwrap_or(match (self.kind, &self.at) {
            (KpiType::Ratio | KpiType::Conversion, _) => GoalKind::Rate,
            (_, Some(_)) if grows => GoalKind::Reach,
            _ => GoalKind::Hold,
        })
    }

    /// Whether a team's goal is the sum of its members'.
    #[must_use]
    pub fn adds_up(&self) -> bool {
        let adds = matches!(self.agg, Some(Aggregate::Count | Aggregate::Sum));
        self.kind == KpiType::Simple && adds && self.goal_kind() != GoalKind::Rate
    }
}

/// Who is credited.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "CreditText")]
pub enum Credit {
    /// One rep.
    Owner {
        /// The field that names the rep.
        field: String,
        /// Whether it stays with the rep named when the record came to match.
        keep: bool,
    },
    /// Several.
    Splits(Splits),
}

/// The records that say who has which share of another one, and what their fields are called.
#[derive(Clone, Debug, Deserialize)]
pub struct Splits {
    /// Their entity.
    #[serde(rename = "splits")]
    pub entity: String,
    /// The id of the record that is split.
    pub record: String,
    /// The rep.
    pub who: String,
    /// The share in percent.
    pub share: String,
    /// Whether the share is on top.
    pub overlay: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum CreditText {
    Field(String),
    Splits(Splits),
    Rule { field: String, on_change: Option<String> },
}

impl From<CreditText> for Credit {
    fn from(text: CreditText) -> Self {
        match text {
            CreditText::Field(field) => Self::Owner { field, keep: false },
            CreditText::Splits(splits) => Self::Splits(splits),
            CreditText::Rule { field, on_change } => {
                Self::Owner { field, keep: on_change.as_deref() == Some("keep") }
            }
        }
    }
}

/// How a KPI is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KpiType {
    /// From records.
    Simple,
    /// From two others.
    Ratio,
    /// From others and goals, by an expression.
    Derived,
    /// From records that came from one condition to another.
    Conversion,
    /// In a way this recompute does not know; such a KPI is passed over.
    #[serde(other)]
    Other,
}

/// What is made of the values of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say all")]
pub enum Aggregate {
    Count,
    Sum,
    Avg,
    Min,
    Max,
    CountDistinct,
    Median,
    P90,
}

/// Which direction is good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Better {
    /// More is better.
    #[default]
    Higher,
    /// Less is better.
    Lower,
}

/// Whether a KPI drives others or results from them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// It drives others.
    Input,
    /// It results from others.
    #[default]
    Output,
}

/// What a goal means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GoalKind {
    /// To be reached by the end of the period; with `better: lower` a cap.
    Reach,
    /// To be held at every moment.
    Hold,
    /// A share or an average, to be held.
    Rate,
}

/// A kind of period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
#[expect(missing_docs, reason = "the names say all")]
pub enum PeriodKind {
    Day,
    Week,
    Month,
    Quarter,
    Year,
    /// So many days up to today.
    Rolling(i32),
}

impl FromStr for PeriodKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let rolling = || text.strip_prefix("rolling-")?.strip_suffix('d')?.parse().ok();
        match text {
            "day" => Ok(Self::Day),
            "week" => Ok(Self::Week),
            "month" => Ok(Self::Month),
            "quarter" => Ok(Self::Quarter),
            "year" => Ok(Self::Year),
            _ => rolling().map(Self::Rolling).ok_or_else(|| format!("no kind of period: {text}")),
        }
    }
}

impl TryFrom<String> for PeriodKind {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl fmt::Display for PeriodKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day => f.write_str("day"),
            Self::Week => f.write_str("week"),
            Self::Month => f.write_str("month"),
            Self::Quarter => f.write_str("quarter"),
            Self::Year => f.write_str("year"),
            Self::Rolling(days) => write!(f, "rolling-{days}d"),
        }
    }
}
