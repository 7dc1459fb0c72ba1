//! Goals: how much, for whom, from when, and how they come to bear.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

use super::{
    kpi::PeriodKind,
    read::{exact, exacts, some_date},
};
use crate::recompute::number::Exact;

/// A goal.
#[derive(Clone, Debug, Deserialize)]
pub struct Goal {
    /// The KPI.
    pub kpi: String,
    /// The kind of period.
    pub period: PeriodKind,
    /// How much.
    #[serde(deserialize_with = "exact")]
    pub target: Exact,
    /// Whose it is.
    #[serde(rename = "for")]
    pub whose: Whose,
    /// The first day on which it holds.
    #[serde(default, deserialize_with = "some_date")]
    pub from: Option<Date>,
    /// The last day on which it holds.
    #[serde(default, deserialize_with = "some_date")]
    pub until: Option<Date>,
    /// How it grows with a rep's tenure, in rising order; after the last step it is whole.
    #[serde(default)]
    pub ramp: Vec<Step>,
    /// Whether only the days count on which the rep is employed and not off.
    #[serde(default)]
    pub presence: bool,
    /// How it spreads over the parts of the period; without one evenly.
    pub curve: Option<Curve>,
    /// For a goal set while running: its place in the order of edits. The file's have none and give way.
    #[serde(skip)]
    pub edit: Option<u64>,
}

/// A step of a ramp.
#[derive(Clone, Debug, Deserialize)]
pub struct Step {
    /// It holds while fewer months of tenure than this are completed.
    pub until_month: u32,
    /// The share of the target that counts meanwhile.
    #[serde(deserialize_with = "exact")]
    pub share: Exact,
}

/// How a target spreads over the parts of its period.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Curve {
    /// What the parts are.
    pub by: Part,
    /// The share of each part; together they are 1.
    #[serde(deserialize_with = "exacts")]
    pub shares: Vec<Exact>,
}

/// A part of a quarter or a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// The fiscal months of a quarter or of a year.
    Month,
    /// The quarters of a year.
    Quarter,
}

/// Whose goal it is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "WhoseText")]
pub enum Whose {
    /// One rep's.
    Rep(String),
    /// Of every rep with this role.
    Role(String),
    /// Of every rep below this manager.
    EachOf(String),
    /// Of every rep.
    Everyone,
    /// The team's own, and nobody else's.
    Team(String),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum WhoseText {
    Word(String),
    One(BTreeMap<String, String>),
}

impl TryFrom<WhoseText> for Whose {
    type Error = String;

    fn try_from(text: WhoseText) -> Result<Self, String> {
        let (kind, id) = match text {
            WhoseText::Word(word) => (word, String::new()),
            WhoseText::One(map) => map.into_iter().next().ok_or("a goal for nobody")?,
        };
        match kind.as_str() {
            "rep" => Ok(Self::Rep(id)),
            "role" => Ok(Self::Role(id)),
            "each_of" => Ok(Self::EachOf(id)),
            "everyone" => Ok(Self::Everyone),
            "team" => Ok(Self::Team(id)),
            _ => Err(format!("a goal for {kind}")),
        }
    }
}
