//! How the records of a simple KPI or a conversion are read, one by one.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil::Date};

use super::fact::{Fact, Known, Mark, Part};
use crate::recompute::{
    basis::Basis,
    calendar,
    config::{Config, Kpi},
    filter::{Cells, Filter, V},
    moment::{Conversion, Moment},
    number,
    records::Image,
    scope::Scope,
};

/// A KPI, ready to be asked what a record says about it at an instant.
pub(super) struct Reading<'a> {
    basis: &'a Basis<'a>,
    kpi: &'a Kpi,
    entity: &'a str,
    now: Timestamp,
    condition: Filter,
    /// Those of the condition, by the names that stand for them in it.
    moments: BTreeMap<String, Moment>,
    value: Option<Filter>,
    conversion: Option<Conversion>,
    dated_by: Option<Moment>,
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
        let (condition, moments) = Moment::take_out(condition, entity);
        let mut reading = Self {
            basis,
            kpi,
            entity: name,
            now,
            condition: compile(&condition),
            moments,
            value: kpi.expr.as_ref().map(compile),
            conversion: Conversion::read(kpi, entity),
            dated_by: kpi.at.as_ref().and_then(|at| Moment::read(at, entity)),
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
        let rep = seen.rep();
        let undated = self.kpi.at.is_some() && at == V::Null;
        let out = !image.alive || passes == Some(false) || undated || value == V::Null;
        let day = day_known(self.basis.config, &rep, at);
        let known = passes.is_some() && value != V::Unknown;
        let part = match (&rep, &day) {
            (Known::Yes(rep), Known::Yes(day)) if known && !out => {
                Some(Part { rep: rep.clone(), day: *day, value: rounded(value) })
            }
            _ => None,
        };
        // A condition that is unknown is reported whatever else the record says.
        let incomplete = image.alive && passes.is_none() || !out && part.is_none();
        let missed = image.in_doubt || self.basis.names_doubted(self.entity, image, &self.links);
        let day = if undated { Known::No } else { day };
        let marks = (incomplete || missed).then_some(Mark { rep, day });
        if part.is_none() && marks.is_none() {
            return None;
        }
        let (parts, marks) = (part.into_iter().collect(), marks.into_iter().collect());
        Some(Fact { id: id.to_owned(), parts, marks, incomplete })
    }

    /// Only where it is looked at: it takes its time.
    fn history(&self, id: &str) -> Vec<(Timestamp, Image)> {
        let keeps = self.kpi.credit.as_ref().is_some_and(|credit| credit.keep);
        if self.dated_by.is_none() && self.moments.is_empty() && !keeps {
            return Vec::new();
        }
        self.basis.records.history(self.basis.config, self.entity, id)
    }

    fn links(&self) -> BTreeSet<String> {
        let mut names = self.condition.named();
        names.extend(self.value.iter().flat_map(Filter::named));
        names.extend(self.kpi.at.clone().filter(|_| self.dated_by.is_none()));
        names.extend(self.kpi.credit.as_ref().map(|credit| credit.field.clone()));
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

    fn at(&self) -> V {
        match (&self.reading.dated_by, &self.reading.kpi.at) {
            (Some(moment), _) => moment.of(&self.history, self.image),
            (None, Some(field)) => self.field(field),
            (None, None) => V::Null,
        }
    }

    /// The day it is where the owner is.
    fn today(&self) -> V {
        let credit = self.reading.kpi.credit.as_ref();
        let named = credit.map_or(V::Null, |credit| self.field(&credit.field));
        let config = self.reading.basis.config;
        match day_known(config, &rep(config, named), V::Instant(self.reading.now)) {
            Known::Yes(Some(day)) => V::Date(day),
            _ => V::Unknown,
        }
    }

    /// The rep it is credited to. Where credit is kept, the first that the record is known to have named since it came to
    /// match.
    fn rep(&self) -> Known<Option<String>> {
        let config = self.reading.basis.config;
        let Some(credit) = &self.reading.kpi.credit else { return Known::Yes(None) };
        let matches = |image: &Image| {
            self.reading.condition.passes(&|field: &str| image.field(field)) == Some(true)
        };
        let looks = self.history.iter().rev().map(|(_, image)| image);
        let matching: Vec<&Image> =
            looks.take_while(|image| credit.keep && matches(image)).collect();
        let named = matching.into_iter().rev().map(|image| image.field(&credit.field));
        let known = named.into_iter().find(|named| *named != V::Unknown);
        rep(config, known.unwrap_or_else(|| self.field(&credit.field)))
    }
}

/// The rep of this id. An owner who is no rep is nobody.
fn rep(config: &Config, named: V) -> Known<Option<String>> {
    match named {
        V::Unknown => Known::No,
        V::Text(id) => Known::Yes(config.rep(&id).map(|rep| rep.id.clone())),
        _ => Known::Yes(None),
    }
}

/// A date as it is; an instant by its day where the rep is.
fn day_known(config: &Config, rep: &Known<Option<String>>, at: V) -> Known<Option<Date>> {
    match (at, rep) {
        (V::Date(day), _) => Known::Yes(Some(day)),
        (V::Instant(instant), Known::Yes(rep)) => {
            let scope = rep.clone().map_or(Scope::Unassigned, Scope::Rep);
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
