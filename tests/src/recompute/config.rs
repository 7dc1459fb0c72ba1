//! The part of `paceline.yaml` that decides numbers, as plain structs.
//!
//! It is read loosely: what is not needed here is ignored, and whether a config is right is for `paceline check` to
//! say. Defaults are those of the documented config.

use std::{collections::BTreeMap, fmt, str::FromStr};

use jiff::{
    civil::{Date, Weekday},
    tz::TimeZone,
};
use serde::{Deserialize, Deserializer, de::Error};

use super::number::{self, Exact};

/// A whole config.
#[derive(Clone, Debug, Deserialize)]
pub struct Config {
    /// The topics and what is on them.
    #[serde(default)]
    pub sources: Vec<Source>,
    /// The entities by name.
    #[serde(default)]
    pub entities: BTreeMap<String, Entity>,
    /// The reps.
    #[serde(default)]
    pub reps: Reps,
    /// The calendars.
    #[serde(default)]
    pub calendars: Calendars,
    /// The KPIs in their order.
    #[serde(default)]
    pub kpis: Vec<Kpi>,
    /// The goals; a test may add more, with [`Goal::edit`] set.
    #[serde(default)]
    pub goals: Vec<Goal>,
    /// The bands of the status.
    #[serde(default)]
    pub status: Bands,
}

impl Config {
    /// Reads a config.
    ///
    /// # Errors
    /// What the YAML reader says.
    pub fn read(yaml: &str) -> Result<Self, String> {
        let mut config: Self = serde_saphyr::from_str(yaml).map_err(|error| error.to_string())?;
        for kpi in &mut config.kpis {
            // A conversion is the average of 1 and 0, dated by the moment at which its records came in.
            if kpi.kind == KpiType::Conversion {
                kpi.at = kpi.from.as_ref().map(|from| format!("first({from})"));
                kpi.agg = Some(Aggregate::Avg);
            }
        }
        Ok(config)
    }

    /// The KPI of this name.
    #[must_use]
    pub fn kpi(&self, name: &str) -> Option<&Kpi> {
        self.kpis.iter().find(|kpi| kpi.name == name)
    }

    /// The rep of this id.
    #[must_use]
    pub fn rep(&self, id: &str) -> Option<&Rep> {
        self.reps.list.iter().find(|rep| rep.id == id)
    }
}

/// A topic.
#[derive(Clone, Debug, Deserialize)]
pub struct Source {
    /// Its name.
    pub topic: String,
    /// The entity of all its messages; wins over the one they name.
    pub entity: Option<String>,
}

/// An entity of the CRM.
#[derive(Clone, Debug, Deserialize)]
pub struct Entity {
    /// Other names it has in messages.
    #[serde(default)]
    pub names: Vec<String>,
    /// The fields by name.
    pub fields: BTreeMap<String, Field>,
    /// The ordered states, where it has any.
    #[serde(default)]
    pub states: States,
}

/// A field of an entity.
#[derive(Clone, Debug, Deserialize)]
pub struct Field {
    /// Its key in messages.
    pub path: String,
    /// What it holds.
    #[serde(rename = "type")]
    pub kind: FieldType,
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldType {
    /// Any text.
    Text,
    /// True or false.
    Bool,
    /// A whole number.
    Int,
    /// A number with places.
    #[serde(alias = "money")]
    Decimal,
    /// A calendar day.
    Date,
    /// An instant.
    Timestamp,
}

/// The ordered states and their named sets.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct States {
    /// The field that holds the state.
    #[serde(default)]
    pub field: String,
    /// All states, the first first.
    #[serde(default)]
    pub order: Vec<String>,
    /// `open`, `won` and so on.
    #[serde(default)]
    pub sets: BTreeMap<String, Vec<String>>,
}

/// The reps.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Reps {
    /// One by one.
    #[serde(default)]
    pub list: Vec<Rep>,
}

/// A rep.
#[derive(Clone, Debug, Deserialize)]
pub struct Rep {
    /// The id that records name.
    pub id: String,
    /// The id of the manager.
    pub manager: Option<String>,
    /// The role that goals name.
    pub role: Option<String>,
    /// The own time zone; without one the calendar's.
    #[serde(default, deserialize_with = "some_zone")]
    pub time_zone: Option<TimeZone>,
}

/// The calendars. There is one so far.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Calendars {
    /// Everybody's.
    pub default: Calendar,
}

/// A calendar.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct Calendar {
    /// The time zone of whoever has none.
    #[serde(deserialize_with = "zone")]
    pub time_zone: TimeZone,
    /// The first day of the week.
    #[serde(deserialize_with = "weekday")]
    pub week_start: Weekday,
    /// How much of a working day each day of the week is, Monday first.
    #[serde(deserialize_with = "weights")]
    pub working_days: [Exact; 7],
    /// The working hours, as minutes of the day.
    #[serde(deserialize_with = "hours")]
    pub hours: (u16, u16),
    /// Days that are no working days.
    #[serde(deserialize_with = "dates")]
    pub holidays: Vec<Date>,
    /// The month and the day on which the fiscal year starts.
    #[serde(deserialize_with = "month_and_day")]
    pub fiscal_year_start: (i8, i8),
}

impl Default for Calendar {
    fn default() -> Self {
        let working_days = [1, 1, 1, 1, 1, 0, 0].map(number::whole);
        Self {
            time_zone: TimeZone::UTC,
            week_start: Weekday::Monday,
            working_days,
            hours: (9 * 60, 17 * 60),
            holidays: Vec::new(),
            fiscal_year_start: (1, 1),
        }
    }
}

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
    /// Which direction is good.
    #[serde(default)]
    pub better: Better,
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
    /// What its goals mean: as given, else `rate` for a ratio, `reach` for a flow and `hold` for a stock.
    #[must_use]
    pub fn goal_kind(&self) -> GoalKind {
        self.goal_kind_given.unwrap_or(match (self.kind, &self.at) {
            (KpiType::Ratio | KpiType::Conversion, _) => GoalKind::Rate,
            (_, Some(_)) => GoalKind::Reach,
            (_, None) => GoalKind::Hold,
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
pub struct Credit {
    /// The field that names the rep.
    pub field: String,
    /// Whether it stays with the rep named when the record came to match.
    pub keep: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum CreditText {
    Field(String),
    Rule { field: String, on_change: Option<String> },
}

impl From<CreditText> for Credit {
    fn from(text: CreditText) -> Self {
        match text {
            CreditText::Field(field) => Self { field, keep: false },
            CreditText::Rule { field, on_change } => {
                Self { field, keep: on_change.as_deref() == Some("keep") }
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
    /// For a goal set while running: its place in the order of edits. The file's have none and give way.
    #[serde(skip)]
    pub edit: Option<u64>,
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

/// The bands of the status.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct Bands {
    /// Of BEHIND.
    pub behind: Band,
    /// Of AHEAD.
    pub ahead: Band,
    /// The share of the goal that must be due before a status is given.
    #[serde(deserialize_with = "exact")]
    pub grace: Exact,
}

impl Default for Bands {
    fn default() -> Self {
        let percent = |percent: u32| Exact::new(percent.into(), 100.into());
        Self {
            behind: Band { enter: percent(90), leave: percent(95) },
            ahead: Band { enter: percent(110), leave: percent(105) },
            grace: percent(5),
        }
    }
}

/// Where a status is entered and where it is left, as shares of the reference.
#[derive(Clone, Debug, Deserialize)]
pub struct Band {
    /// Entered here.
    #[serde(deserialize_with = "exact")]
    pub enter: Exact,
    /// Left here.
    #[serde(deserialize_with = "exact")]
    pub leave: Exact,
}

fn exact<'de, D: Deserializer<'de>>(from: D) -> Result<Exact, D::Error> {
    let text = String::deserialize(from)?;
    number::parse(&text).ok_or_else(|| Error::custom(format!("no number: {text}")))
}

fn some_date<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Date>, D::Error> {
    Option::<String>::deserialize(from)?.map(|text| text.parse().map_err(Error::custom)).transpose()
}

fn dates<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Date>, D::Error> {
    let texts = Vec::<String>::deserialize(from)?;
    texts.iter().map(|text| text.parse().map_err(Error::custom)).collect()
}

fn zone<'de, D: Deserializer<'de>>(from: D) -> Result<TimeZone, D::Error> {
    TimeZone::get(&String::deserialize(from)?).map_err(Error::custom)
}

fn some_zone<'de, D: Deserializer<'de>>(from: D) -> Result<Option<TimeZone>, D::Error> {
    Option::<String>::deserialize(from)?
        .map(|name| TimeZone::get(&name).map_err(Error::custom))
        .transpose()
}

fn weekday<'de, D: Deserializer<'de>>(from: D) -> Result<Weekday, D::Error> {
    let name = String::deserialize(from)?;
    day_of_week(&name).ok_or_else(|| Error::custom(format!("no day of the week: {name}")))
}

fn day_of_week(name: &str) -> Option<Weekday> {
    let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let place = names.iter().position(|short| name.to_lowercase().starts_with(short))?;
    Weekday::from_monday_zero_offset(i8::try_from(place).ok()?).ok()
}

fn weights<'de, D: Deserializer<'de>>(from: D) -> Result<[Exact; 7], D::Error> {
    let mut weights = [0; 7].map(number::whole);
    for (name, text) in BTreeMap::<String, String>::deserialize(from)? {
        let wrong = || Error::custom(format!("no working day: {name}: {text}"));
        let place = day_of_week(&name).ok_or_else(wrong)?.to_monday_zero_offset();
        weights[place.unsigned_abs() as usize] = number::parse(&text).ok_or_else(wrong)?;
    }
    Ok(weights)
}

fn hours<'de, D: Deserializer<'de>>(from: D) -> Result<(u16, u16), D::Error> {
    let text = String::deserialize(from)?;
    let minutes = |time: &str| {
        let (hour, minute) = time.trim().split_once(':')?;
        Some(hour.parse::<u16>().ok()? * 60 + minute.parse::<u16>().ok()?)
    };
    let both = text.split_once('-').and_then(|(from, to)| Some((minutes(from)?, minutes(to)?)));
    both.ok_or_else(|| Error::custom(format!("no hours: {text}")))
}

fn month_and_day<'de, D: Deserializer<'de>>(from: D) -> Result<(i8, i8), D::Error> {
    let text = String::deserialize(from)?;
    let both = text.split_once('-').and_then(|(m, d)| Some((m.parse().ok()?, d.parse().ok()?)));
    both.ok_or_else(|| Error::custom(format!("no month and day: {text}")))
}
