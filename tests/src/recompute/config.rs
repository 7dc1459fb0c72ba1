//! The part of `paceline.yaml` that decides numbers, as plain structs.
//!
//! It is read loosely: what is not needed here is ignored, and whether a config is right is for `paceline check` to
//! say. Defaults are those of the documented config.

mod bands;
mod calendar;
mod currency;
mod entity;
mod goal;
mod kpi;
mod read;
mod rep;
mod topics;

use std::collections::BTreeMap;

use serde::Deserialize;

pub use bands::{Band, Bands};
pub use calendar::{Calendar, Calendars, Pattern};
pub use currency::{Currency, Rate, RateFields, Rates};
pub use entity::{Entity, Field, FieldType, Source, States};
pub use goal::{Curve, Goal, Part, Step, Whose};
pub use kpi::{Aggregate, Better, Credit, GoalKind, Kpi, KpiType, PeriodKind, Role, Splits};
pub use rep::{Rep, Reps, TimeOff};
pub use topics::Topics;

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
    /// The topics of the program itself.
    #[serde(default)]
    pub topics: Topics,
    /// The currency of the organisation.
    pub currency: Option<Currency>,
}

impl Config {
    /// Reads a config.
    ///
    /// # Errors
    /// What the YAML reader says.
    pub fn read(yaml: &str) -> Result<Self, String> {
        let mut config: Self = serde_saphyr::from_str(yaml).map_err(|error| error.to_string())?;
        config.look_across();
        config.entities.values_mut().for_each(Entity::read_currencies);
        for kpi in &mut config.kpis {
            // A conversion is the average of 1 and 0, dated by the moment at which its records came in.
            if kpi.kind == KpiType::Conversion {
                kpi.at = kpi.from.as_ref().map(|from| format!("first({from})"));
                kpi.agg = Some(Aggregate::Avg);
            }
        }
        Ok(config)
    }

    /// Tells each entity the sets of states of those whose records it names.
    fn look_across(&mut self) {
        let known = self.entities.clone();
        for entity in self.entities.values_mut() {
            for (link, field) in &entity.fields {
                let named = field.entity.as_ref().and_then(|name| known.get(name));
                let sets = named.into_iter().flat_map(|named| &named.states.sets);
                entity
                    .states_across
                    .extend(sets.map(|(set, states)| (format!("{link}.{set}"), states.clone())));
            }
        }
    }

    /// The field that holds the currency of a field, which may be one of another entity's as `link.field`.
    #[must_use]
    pub fn currency_field(&self, entity: &str, name: &str) -> Option<String> {
        let fields = &self.entities.get(entity)?.fields;
        match name.split_once('.') {
            None => fields.get(name)?.currency_field(),
            Some((link, name)) => {
                let currency = self.currency_field(fields.get(link)?.entity.as_ref()?, name)?;
                Some(format!("{link}.{currency}"))
            }
        }
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
