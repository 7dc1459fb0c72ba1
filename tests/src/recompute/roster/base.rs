//! The rows that everything else is laid over: those of the config, or the users of the CRM.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::draft::Draft;
use crate::recompute::{
    basis::Images,
    config::{Config, Rep},
    filter::{Filter, V},
    records::Image,
};

/// Those in force on a day.
pub(super) fn on(config: &Config, images: &Images, day: Date) -> Vec<Draft> {
    match &config.reps.from {
        Some(entity) => users(config, images, entity),
        None => listed(&config.reps.list, day),
    }
}

/// Of each rep the latest row that has begun.
fn listed(rows: &[Rep], day: Date) -> Vec<Draft> {
    let mut latest: BTreeMap<&str, &Rep> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.from.is_none_or(|from| from <= day)) {
        let found = latest.entry(&row.id).or_insert(row);
        if row.from > found.from {
            *found = row;
        }
    }
    latest.into_values().map(|row| Draft::new(Rep { from: None, ..row.clone() })).collect()
}

/// The living users who pass the condition.
fn users(config: &Config, images: &Images, entity: &str) -> Vec<Draft> {
    let condition = config.reps.filter.as_deref().unwrap_or("true");
    let condition =
        Filter::compile(condition, &config.entities[entity]).expect("the config is valid");
    let passes = |image: &Image| condition.passes(&|field: &str| image.field(field)) == Some(true);
    let living = images.of_entity(entity).filter(|(_, image)| image.alive && passes(image));
    living.map(|(id, image)| user(config, id, image)).collect()
}

fn user(config: &Config, id: &str, image: &Image) -> Draft {
    let text = |name: &str| match image.field(name) {
        V::Text(text) => Some(text),
        _ => None,
    };
    let date = |name: &str| match image.field(name) {
        V::Date(date) => Some(date),
        _ => None,
    };
    let mut draft = Draft::new(Rep {
        manager: text("manager"),
        role: text("role"),
        start: date("start"),
        end: date("end"),
        ..Rep::named(id)
    });
    draft.set_time_zone(text("time_zone").as_deref());
    draft.set_calendar(config, text("calendar"));
    draft
}
