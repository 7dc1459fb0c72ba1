//! How the records of a simple KPI or a conversion are read, one by one.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil::Date};

use super::{
    credit::Credited,
    fact::{Fact, Known, Mark},
    splits::Divisions,
};
use crate::recompute::{
    basis::Basis,
    calendar,
    config::{Aggregate, Config, Credit, Kpi},
    filter::{Cells, Filter, V},
    moment::{Conversion, Moment},
    number,
    records::Image,
    scope::Scope,
    working,
};

/// A KPI, ready to be asked what a record says about it at an instant.
pub(super) struct Reading<'a> {
    basis: &'a Basis<'a>,
    kpi: &'a Kpi,
    entity: &'a str,
    now: Timestamp,
    condition: Filter,
    /// Those of the condition and the value, by the names that stand for them there.
    moments: BTreeMap<String, Moment>,
    value: Option<Filter>,
    conversion: Option<Conversion>,
    dated_by: Option<Moment>,
    /// The field with the currency of the values, where these are to be converted.
    currency: Option<String>,
    /// Where credit is split.
    divisions: Option<Divisions<'a>>,
    /// The fields by which the KPI looks across to other records.
    links: BTreeSet<String>,
}

/// A record and how it came to look as it does.
struct Seen<'a> {
    reading: &'a Reading<'a>,
    image: &'a Image,
    history: Vec<(Timestamp, Image)>,
}

impl<'a> Reading<'a> {
    /// `None` for a KPI that this recompute does not know.
    ///
    /// # Panics
    /// On one that `paceline check` refuses.
    pub(super) fn new(basis: &'a Basis<'a>, kpi: &'a Kpi, now: Timestamp) -> Option<Self> {
        let name = kpi.entity.as_ref()?;
        let entity = basis.config.entities.get(name)?;
        let compile = |text: &String| Filter::compile(text, entity).expect("the config is valid");
        let condition = kpi.filter.clone().unwrap_or_else(|| "true".to_owned());
        let mut moments = BTreeMap::new();
        let condition = Moment::take_out(condition, entity, &mut moments);
        let value = kpi.expr.clone().map(|expr| Moment::take_out(expr, entity, &mut moments));
        let mut reading = Self {
            basis,
            kpi,
            entity: name,
            now,
            condition: compile(&condition),
            moments,
            value: value.as_ref().map(compile),
            conversion: Conversion::read(kpi, entity),
            dated_by: kpi.at.as_ref().and_then(|at| Moment::read(at, entity)),
            currency: currency(basis.config, kpi),
            divisions: match &kpi.credit {
                Some(Credit::Splits(rule)) => Some(Divisions::new(basis, rule)),
                _ => None,
            },
            links: BTreeSet::new(),
        };
        reading.links = reading.links();
        Some(reading)
    }

    /// What each record says.
    pub(super) fn facts(&self) -> Vec<Fact> {
        let images = self.basis.images.of_entity(self.entity);
        images.filter_map(|(id, image)| self.fact(id, image)).collect()
    }

    /// `None` for a record that says nothing and about which nothing was missed.
    fn fact(&self, id: &str, image: &Image) -> Option<Fact> {
        let seen = Seen { reading: self, image, history: self.history(id) };
        let passes = self.condition.passes(&seen);
        let (value, at) = (seen.value(), seen.at());
        let credited = seen.credited(id);
        let undated = self.kpi.at.is_some() && at == V::Null;
        let out = !image.alive || passes == Some(false) || undated || value == V::Null;
        let known = !out && passes.is_some();
        let mut places = Vec::new();
        let mut parts = Vec::new();
        for rep in credited.all() {
            let day = day_known(self.basis.config, &rep, &at);
            let place = Mark { rep, day };
            parts.push(match seen.worth(&value, &place.day) {
                V::Unknown => Vec::new(),
                value => credited.parts(&place, value),
            });
            places.push(place);
        }
        let known = known && parts.iter().all(|parts| !parts.is_empty());
        // A condition that is unknown is reported whatever else the record says.
        let incomplete = image.alive && passes.is_none() || !(out || known && credited.adds_up());
        let parts = if known { parts.concat() } else { Vec::new() };
        let marks = if incomplete || self.is_doubted(id, image) { places } else { Vec::new() };
        if parts.is_empty() && marks.is_empty() {
            return None;
        }
        let anytime = |mark: Mark| if undated { Mark { day: Known::No, ..mark } } else { mark };
        let marks = marks.into_iter().map(anytime).collect();
        Some(Fact { id: id.to_owned(), parts, marks, incomplete })
    }

    /// Whether changes were missed of the record, or of others that have a say in it.
    fn is_doubted(&self, id: &str, image: &Image) -> bool {
        image.in_doubt
            || self.basis.names_doubted(self.entity, image, &self.links)
            || self.divisions.as_ref().is_some_and(|divisions| divisions.is_doubted(id))
    }

    /// Only where it is looked at: it takes its time.
    fn history(&self, id: &str) -> Vec<(Timestamp, Image)> {
        let keeps = matches!(self.kpi.credit, Some(Credit::Owner { keep: true, .. }));
        if self.dated_by.is_none() && self.moments.is_empty() && !keeps {
            return Vec::new();
        }
        self.basis.records.history(self.basis.config, self.entity, id)
    }

    fn links(&self) -> BTreeSet<String> {
        let mut names = self.condition.named();
        names.extend(self.value.iter().flat_map(Filter::named));
        names.extend(self.kpi.at.clone().filter(|_| self.dated_by.is_none()));
        if let Some(Credit::Owner { field, .. }) = &self.kpi.credit {
            names.insert(field.clone());
        }
        let link = |name: String| name.split_once('.').map(|(link, _)| link.to_owned());
        names.into_iter().filter_map(link).collect()
    }
}

impl Cells for Seen<'_> {
    fn cell(&self, name: &str) -> V {
        match (name, self.reading.moments.get(name)) {
            (_, Some(moment)) => moment.of(&self.history, self.image),
            ("now()", _) => V::Instant(self.reading.now),
            ("today()", _) => self.today(),
            (name, _) => self.field(name),
        }
    }

    fn working_days(&self, since: &V) -> V {
        match (self.owner(), since) {
            (Known::No, _) => V::Unknown,
            (Known::Yes(owner), V::Instant(since)) => {
                let (config, now) = (self.reading.basis.config, self.reading.now);
                V::Num(working::age(config, &scope(owner), *since, now))
            }
            (_, other) => other.clone(),
        }
    }
}

impl Seen<'_> {
    fn field(&self, name: &str) -> V {
        self.reading.basis.cell(self.reading.entity, self.image, name)
    }

    fn value(&self) -> V {
        match (&self.reading.conversion, &self.reading.value) {
            (Some(conversion), _) => conversion.of(&self.history),
            (None, Some(value)) => value.value(self),
            (None, None) => V::Bool(true),
        }
    }

    /// What a value is worth on the day on which it counts; that of a stock, on the day it is in the organisation.
    fn worth(&self, value: &V, day: &Known<Option<Date>>) -> V {
        let basis = self.reading.basis;
        match (value, &self.reading.currency, day) {
            (V::Num(_), Some(_), Known::No) => V::Unknown,
            (V::Num(amount), Some(currency), Known::Yes(day)) => {
                let zone = &basis.config.calendars.default.time_zone;
                let day = day.unwrap_or_else(|| calendar::day_of(self.reading.now, zone));
                basis.rates.worth(amount, &self.field(currency), day)
            }
            (V::Num(number), None, _) => V::Num(number::rounded(number)),
            (other, ..) => other.clone(),
        }
    }

    fn at(&self) -> V {
        match (&self.reading.dated_by, &self.reading.kpi.at) {
            (Some(moment), _) => moment.of(&self.history, self.image),
            (None, Some(field)) => self.field(field),
            (None, None) => V::Null,
        }
    }

    /// The day it is where the owner is.
    fn today(&self) -> V {
        let now = V::Instant(self.reading.now);
        match day_known(self.reading.basis.config, &self.owner(), &now) {
            Known::Yes(Some(day)) => V::Date(day),
            _ => V::Unknown,
        }
    }

    /// The rep by whose clock the condition goes; where credit is split, nobody.
    fn owner(&self) -> Known<Option<String>> {
        match &self.reading.kpi.credit {
            Some(Credit::Owner { field, .. }) => self.rep(&self.field(field)),
            _ => Known::Yes(None),
        }
    }

    fn credited(&self, id: &str) -> Credited {
        if let Some(divisions) = &self.reading.divisions {
            return match divisions.of(id) {
                Known::Yes(division) => Credited::Split(division),
                Known::No => Credited::To(Known::No),
            };
        }
        Credited::To(match &self.reading.kpi.credit {
            Some(Credit::Owner { field, keep: true }) => self.rep(&self.kept(field)),
            Some(Credit::Owner { field, keep: false }) => self.rep(&self.field(field)),
            _ => Known::Yes(None),
        })
    }

    /// The first owner that the record is known to have named since it came to match.
    fn kept(&self, field: &str) -> V {
        let matches = |image: &Image| {
            self.reading.condition.passes(&|field: &str| image.field(field)) == Some(true)
        };
        let looks = self.history.iter().rev().map(|(_, image)| image);
        let matching: Vec<&Image> = looks.take_while(|image| matches(image)).collect();
        let mut named = matching.into_iter().rev().map(|image| image.field(field));
        named.find(|named| *named != V::Unknown).unwrap_or_else(|| self.field(field))
    }

    fn rep(&self, named: &V) -> Known<Option<String>> {
        if *named == V::Unknown { Known::No } else { Known::Yes(self.reading.basis.rep(named)) }
    }
}

/// The field with the currency of a KPI's values, where these are to be converted. What is only counted is not.
pub(super) fn currency(config: &Config, kpi: &Kpi) -> Option<String> {
    use Aggregate::{Count, CountDistinct};
    let (name, expr) = (kpi.entity.as_ref()?, kpi.expr.as_ref()?);
    if matches!(kpi.agg, None | Some(Count | CountDistinct)) {
        return None;
    }
    let expr = Filter::compile(expr, config.entities.get(name)?).expect("the config is valid");
    expr.currency(&|field| config.currency_field(name, field))
}

/// A date as it is; an instant by its day where the rep is.
fn day_known(config: &Config, rep: &Known<Option<String>>, at: &V) -> Known<Option<Date>> {
    match (at, rep) {
        (V::Date(day), _) => Known::Yes(Some(*day)),
        (V::Instant(instant), Known::Yes(rep)) => {
            let day = calendar::day_of(*instant, scope(rep.clone()).zone(config));
            Known::Yes(Some(day))
        }
        (V::Null, _) => Known::Yes(None),
        _ => Known::No,
    }
}

fn scope(rep: Option<String>) -> Scope {
    rep.map_or(Scope::Unassigned, Scope::Rep)
}
