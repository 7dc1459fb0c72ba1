//! What each record says about a KPI, and what all of them together come to.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil::Date};
use num_traits::Zero;

use super::{
    calendar::{self, Period},
    config::{Aggregate, Config, Kpi, KpiType},
    filter::{Filter, V},
    formula::{F, Formula, Look},
    moment::{Conversion, Moment},
    number::{self, Exact},
    records::{Image, Records},
    scope::Scope,
};

/// What a record says about a KPI.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// The record.
    pub id: String,
    /// The rep it is credited to, `None` for nobody; unknown when the field was never seen.
    pub owner: Known<Option<String>>,
    /// The day it counts on, `None` for a stock; unknown when the field was never seen.
    pub day: Known<Option<Date>>,
    /// What it contributes, if it does.
    pub value: Option<V>,
    /// Whether something that was needed is unknown.
    pub incomplete: bool,
    /// Whether changes of the record were missed.
    pub in_doubt: bool,
}

/// Something that may not be known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known<T> {
    /// It is known.
    Yes(T),
    /// It is not.
    No,
}

/// The facts of a KPI: its own, for a ratio those above and below the line, for a derived one those of all it names.
#[derive(Clone, Debug)]
pub enum Facts {
    /// Of a simple KPI.
    Simple(Aggregate, Vec<Fact>, IsStock),
    /// Above and below the line.
    Ratio(Box<Self>, Box<Self>),
    /// The expression, whether a zero denominator is met, and by name the facts of what it names.
    Derived(Formula, IsMet, BTreeMap<String, Self>),
}

/// Whether a denominator of zero means that nothing is left to do.
pub type IsMet = bool;

/// Whether a KPI is the state right now instead of what happened in a period.
pub type IsStock = bool;

/// What the facts come to in one scope and period.
#[derive(Clone, Debug, PartialEq)]
pub struct Total {
    /// The number, if there is one.
    pub actual: Option<Exact>,
    /// Whether there is none because nothing is left to do.
    pub is_met: bool,
    /// How many records are behind it; of a ratio, below the line; of a derived one, behind what has the fewest of what
    /// tells.
    pub sample: usize,
    /// Whether a record that might belong to it is incomplete or was missed.
    pub in_doubt: bool,
}

/// Whether the clock alone changes the facts of a KPI.
#[must_use]
pub fn is_timed(config: &Config, kpi: &Kpi) -> bool {
    let by_clock = |text: &String| ["age(", "now()", "today()"].iter().any(|it| text.contains(it));
    let ratio = [&kpi.numerator, &kpi.denominator].into_iter().flatten().cloned();
    let formula = kpi.expr.as_ref().filter(|_| kpi.kind == KpiType::Derived);
    let named = formula.map(|expr| Formula::compile(expr).named()).unwrap_or_default();
    let is_timed = |name: String| config.kpi(&name).is_some_and(|kpi| is_timed(config, kpi));
    kpi.filter.as_ref().is_some_and(by_clock) || ratio.chain(named).any(is_timed)
}

/// The facts of a KPI at an instant; `None` for one that this recompute does not know.
#[must_use]
pub fn facts(config: &Config, records: &Records, kpi: &Kpi, now: Timestamp) -> Option<Facts> {
    match kpi.kind {
        KpiType::Simple | KpiType::Conversion => simple(config, records, kpi, now),
        KpiType::Ratio => {
            let part = |name: &Option<String>| {
                facts(config, records, config.kpi(name.as_ref()?)?, now).map(Box::new)
            };
            Some(Facts::Ratio(part(&kpi.numerator)?, part(&kpi.denominator)?))
        }
        KpiType::Derived => {
            let formula = Formula::compile(kpi.expr.as_ref()?);
            let part = |name: String| {
                let facts = facts(config, records, config.kpi(&name)?, now)?;
                Some((name, facts))
            };
            let parts = formula.named().into_iter().map(part).collect::<Option<_>>()?;
            let is_met = kpi.on_zero_denominator.as_deref() == Some("met");
            Some(Facts::Derived(formula, is_met, parts))
        }
        KpiType::Other => None,
    }
}

impl Facts {
    /// What they come to, given the goals of KPIs by name. A period that is `over` has no stock.
    #[must_use]
    pub fn total(
        &self,
        scope: &Scope,
        members: &BTreeSet<String>,
        period: &Period,
        over: bool,
        goal: Look<'_>,
    ) -> Total {
        let total = |facts: &Self| facts.total(scope, members, period, over, goal);
        match self {
            Self::Simple(_, _, true) if over => {
                Total { actual: None, is_met: false, sample: 0, in_doubt: false }
            }
            Self::Simple(aggregate, facts, _) => {
                let near: Vec<&Fact> =
                    facts.iter().filter(|fact| fact.may_be_in(scope, members, period)).collect();
                let values: Vec<&V> = near.iter().filter_map(|fact| fact.value.as_ref()).collect();
                let actual = aggregated(*aggregate, &values);
                let in_doubt = near.iter().any(|fact| fact.incomplete || fact.in_doubt);
                Total { actual, is_met: false, sample: values.len(), in_doubt }
            }
            Self::Ratio(above, below) => {
                let (above, below) = (total(above), total(below));
                let both = above.actual.zip(below.actual);
                let actual = both.and_then(|(above, below)| number::divided(&above, &below));
                let in_doubt = above.in_doubt || below.in_doubt;
                Total { actual, is_met: false, sample: below.sample, in_doubt }
            }
            Self::Derived(formula, is_met, parts) => {
                let totals: BTreeMap<&str, Total> =
                    parts.iter().map(|(name, facts)| (name.as_str(), total(facts))).collect();
                derived(formula, *is_met, &totals, goal)
            }
        }
    }

    /// The records that contribute nothing because something about them is unknown.
    #[must_use]
    pub fn incomplete(&self) -> BTreeSet<String> {
        match self {
            Self::Simple(_, facts, _) => {
                let incomplete = facts.iter().filter(|fact| fact.incomplete);
                incomplete.map(|fact| fact.id.clone()).collect()
            }
            Self::Ratio(above, below) => &above.incomplete() | &below.incomplete(),
            Self::Derived(_, _, parts) => parts.values().flat_map(Self::incomplete).collect(),
        }
    }
}

impl Fact {
    /// Whether it belongs there, or may, for all that is known.
    fn may_be_in(&self, scope: &Scope, members: &BTreeSet<String>, period: &Period) -> bool {
        let owned = match &self.owner {
            Known::Yes(owner) => scope.takes(members, owner.as_ref()),
            Known::No => true,
        };
        let dated = match self.day {
            Known::Yes(Some(day)) => period.holds(day),
            Known::Yes(None) | Known::No => true,
        };
        owned && dated
    }
}

fn derived(
    formula: &Formula,
    is_met: IsMet,
    totals: &BTreeMap<&str, Total>,
    goal: Look<'_>,
) -> Total {
    let value = formula.value(&|name| totals[name].actual.clone(), goal);
    let samples = formula.sampled().into_iter().map(|name| totals[name.as_str()].sample);
    Total {
        is_met: is_met && value == F::OverZero,
        sample: samples.min().unwrap_or(0),
        in_doubt: totals.values().any(|total| total.in_doubt),
        actual: if let F::Num(number) = value { Some(number) } else { None },
    }
}

fn simple(config: &Config, records: &Records, kpi: &Kpi, now: Timestamp) -> Option<Facts> {
    let name = kpi.entity.as_ref()?;
    let entity = config.entities.get(name)?;
    let compile = |text: &String| Filter::compile(text, entity).expect("the config is valid");
    let everything = || "true".to_owned();
    let condition = kpi.filter.clone().unwrap_or_else(everything);
    let mut moments = BTreeMap::new();
    let condition = Moment::take_out(condition, entity, &mut moments);
    let filter = compile(&condition);
    let expr = kpi.expr.clone().map(|expr| Moment::take_out(expr, entity, &mut moments));
    let expr = expr.as_ref().map(compile);
    let conversion = Conversion::read(kpi, entity);
    let dated_by = kpi.at.as_ref().and_then(|at| Moment::read(at, entity));
    let facts = records.images(config, name).into_iter().filter_map(|(id, image)| {
        let keeps = kpi.credit.as_ref().is_some_and(|credit| credit.keep);
        let remembers = dated_by.is_some() || !moments.is_empty() || keeps;
        let history = if remembers { records.history(config, name, &id) } else { Vec::new() };
        let day = match (&dated_by, &kpi.at) {
            (Some(moment), _) => moment.of(&history, &image),
            (None, Some(field)) => image.field(field),
            (None, None) => V::Null,
        };
        let row = |field: &str| match (field, moments.get(field)) {
            (_, Some(moment)) => moment.of(&history, &image),
            ("now()", _) => V::Instant(now),
            ("today()", _) => today(config, kpi, &image, now),
            (field, _) => image.field(field),
        };
        let passes = filter.passes(&row);
        let owner = owner(config, whom(kpi, &filter, &history, &image));
        let value = match (&conversion, &expr) {
            (Some(conversion), _) => conversion.of(&history),
            (None, Some(expr)) => expr.value(&row),
            (None, None) => V::Bool(true),
        };
        fact(config, kpi, id, &image, owner, passes, value, day)
    });
    Some(Facts::Simple(kpi.agg?, facts.collect(), kpi.at.is_none()))
}

/// The day it is where the owner is.
fn today(config: &Config, kpi: &Kpi, image: &Image, now: Timestamp) -> V {
    let named = kpi.credit.as_ref().map_or(V::Null, |credit| image.field(&credit.field));
    match day_known(config, &owner(config, named), V::Instant(now)) {
        Known::Yes(Some(day)) => V::Date(day),
        _ => V::Unknown,
    }
}

/// `None` for a record that says nothing and about which nothing was missed.
#[expect(clippy::too_many_arguments, reason = "that much is known of a record")]
fn fact(
    config: &Config,
    kpi: &Kpi,
    id: String,
    image: &Image,
    owner: Known<Option<String>>,
    passes: Option<bool>,
    value: V,
    day: V,
) -> Option<Fact> {
    let undated = kpi.at.is_some() && day == V::Null;
    let out = !image.alive || passes == Some(false) || undated || value == V::Null;
    let day = day_known(config, &owner, day);
    let known = passes.is_some() && value != V::Unknown;
    let known = known && owner != Known::No && day != Known::No;
    // A filter that is unknown is reported whatever else the record says.
    let unknown_filter = image.alive && passes.is_none();
    let incomplete = unknown_filter || (!out && !known);
    if out && !incomplete && !image.in_doubt {
        return None;
    }
    let value = (!out && known).then(|| rounded(value));
    let day = if undated { Known::No } else { day };
    Some(Fact { id, owner, day, value, incomplete, in_doubt: image.in_doubt })
}

/// Whom a record names as its owner. Where that is kept, the first one it is known to have named since it came to match.
fn whom(kpi: &Kpi, filter: &Filter, history: &[(Timestamp, Image)], image: &Image) -> V {
    let Some(credit) = &kpi.credit else { return V::Null };
    let named = |image: &Image| image.field(&credit.field);
    let matches = |image: &Image| filter.passes(&|field| image.field(field)) == Some(true);
    let looks = history.iter().rev().map(|(_, image)| image);
    let matching: Vec<&Image> = looks.take_while(|image| credit.keep && matches(image)).collect();
    let known = matching.into_iter().rev().map(named).find(|named| *named != V::Unknown);
    known.unwrap_or_else(|| named(image))
}

/// The rep a record is credited to. An owner who is no rep is nobody.
fn owner(config: &Config, named: V) -> Known<Option<String>> {
    match named {
        V::Unknown => Known::No,
        V::Text(id) => Known::Yes(config.rep(&id).map(|rep| rep.id.clone())),
        _ => Known::Yes(None),
    }
}

/// A date as it is; an instant by its day where the owner is.
fn day_known(config: &Config, owner: &Known<Option<String>>, at: V) -> Known<Option<Date>> {
    match (at, owner) {
        (V::Date(day), _) => Known::Yes(Some(day)),
        (V::Instant(instant), Known::Yes(owner)) => {
            let scope = owner.clone().map_or(Scope::Unassigned, Scope::Rep);
            Known::Yes(Some(calendar::day_of(instant, scope.zone(config))))
        }
        (V::Null, _) => Known::Yes(None),
        _ => Known::No,
    }
}

fn rounded(value: V) -> V {
    match value {
        V::Num(number) => V::Num(number::rounded(&number)),
        other => other,
    }
}

fn aggregated(aggregate: Aggregate, values: &[&V]) -> Option<Exact> {
    let numbers = || values.iter().map(|value| number_of(value));
    match aggregate {
        Aggregate::Count => Some(number::whole(values.len())),
        Aggregate::CountDistinct => {
            Some(number::whole(values.iter().collect::<BTreeSet<_>>().len()))
        }
        Aggregate::Sum => Some(numbers().sum()),
        Aggregate::Avg => {
            let sum: Exact = numbers().fold(Exact::zero(), |sum, number| sum + number);
            number::divided(&sum, &number::whole(values.len()))
        }
        Aggregate::Min => numbers().min().cloned(),
        Aggregate::Max => numbers().max().cloned(),
        Aggregate::Median => {
            let sorted = sorted(numbers());
            let last = sorted.len().checked_sub(1)?;
            Some((sorted[last / 2] + sorted[last.div_ceil(2)]) / number::whole(2))
        }
        // The first value for which ten times as many are at or below it as nine times all.
        Aggregate::P90 => {
            let sorted = sorted(numbers());
            let enough = |place: &usize| (place + 1) * 10 >= sorted.len() * 9;
            (0..sorted.len()).find(enough).map(|place| sorted[place].clone())
        }
    }
}

fn sorted<'a>(numbers: impl Iterator<Item = &'a Exact>) -> Vec<&'a Exact> {
    let mut sorted: Vec<&Exact> = numbers.collect();
    sorted.sort();
    sorted
}

fn number_of(value: &V) -> &Exact {
    match value {
        V::Num(number) => number,
        other => panic!("a valid config adds up numbers only: {other:?}"),
    }
}
