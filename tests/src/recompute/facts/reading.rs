//! How the records of a simple KPI or a conversion are read, one by one.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{
    Doubt,
    fact::{Fact, Known, Mark},
    seen::Seen,
    splits::Divisions,
};
use crate::recompute::{
    basis::Basis,
    config::{Aggregate, Config, Credit, Kpi},
    filter::{Filter, V},
    moment::{Conversion, Moment},
    records::Image,
};

/// A KPI, ready to be asked what a record says about it at an instant.
pub(super) struct Reading<'a> {
    pub(super) basis: &'a Basis<'a>,
    pub(super) kpi: &'a Kpi,
    pub(super) entity: &'a str,
    pub(super) now: Timestamp,
    pub(super) condition: Filter,
    /// Those of the condition and the value, by the names that stand for them there.
    pub(super) moments: BTreeMap<String, Moment>,
    pub(super) value: Option<Filter>,
    pub(super) conversion: Option<Conversion>,
    pub(super) dated_by: Option<Moment>,
    /// The field with the currency of the values, where these are to be converted.
    pub(super) currency: Option<String>,
    /// Where credit is split.
    pub(super) divisions: Option<Divisions<'a>>,
    /// The fields by which the KPI looks across to other records.
    links: BTreeSet<String>,
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
        let (passes, value, at) = (self.condition.passes(&seen), seen.value(), seen.at());
        let credited = seen.credited(id);
        let places = seen.places(&credited, &at);
        let undated = self.kpi.at.is_some() && at == V::Null;
        let out = !image.alive || passes == Some(false) || undated || value == V::Null;
        let contributes = !out && passes.is_some();
        let parts = if contributes { seen.parts(&credited, &value, &places) } else { None };
        let lacks = !out && (parts.is_none() || !credited.adds_up());
        // A condition that is unknown is reported whatever else the record says.
        let incomplete = lacks || image.alive && passes.is_none();
        let doubt = Doubt { incomplete, missed: self.is_missed(id, image) };
        if parts.is_none() && !doubt.is_any() {
            return None;
        }
        let anytime = |mark: Mark| if undated { Mark { day: Known::No, ..mark } } else { mark };
        let marks = places.into_iter().filter(|_| doubt.is_any()).map(anytime).collect();
        let id = id.to_owned();
        Some(Fact { id, parts: parts.unwrap_or_default(), marks, doubt })
    }

    /// Whether changes were missed of the record, or of others that have a say in it. Those have none while it is
    /// deleted.
    fn is_missed(&self, id: &str, image: &Image) -> bool {
        let splits_missed =
            || self.divisions.as_ref().is_some_and(|divisions| divisions.is_doubted(id));
        let others_missed =
            || self.basis.names_doubted(self.entity, image, &self.links) || splits_missed();
        image.in_doubt || image.alive && others_missed()
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
        names.extend(match &self.dated_by {
            Some(moment) => moment.otherwise().map(str::to_owned),
            None => self.kpi.at.clone(),
        });
        if let Some(Credit::Owner { field, .. }) = &self.kpi.credit {
            names.insert(field.clone());
        }
        let link = |name: String| name.split_once('.').map(|(link, _)| link.to_owned());
        names.into_iter().filter_map(link).collect()
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
