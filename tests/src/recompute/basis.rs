//! What facts are made of: the config, and how every record looks; also across, from a record to one it names.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    config::Config,
    filter::V,
    rates::Rates,
    records::{Image, Records},
};

/// How all records look, by entity and id.
#[derive(Clone, Debug, Default)]
pub struct Images(BTreeMap<String, BTreeMap<String, Image>>);

impl Images {
    /// The images of the records of all entities.
    #[must_use]
    pub fn of(config: &Config, records: &Records) -> Self {
        let of = |entity: &String| (entity.clone(), records.images(config, entity));
        let images = config.entities.keys().map(of);
        Self(images.map(|(entity, images)| (entity, images.into_iter().collect())).collect())
    }

    /// Those of an entity, by id.
    pub fn of_entity(&self, entity: &str) -> impl Iterator<Item = (&String, &Image)> {
        self.0.get(entity).into_iter().flatten()
    }

    /// A record's; `None` for one that no change ever mentioned.
    #[must_use]
    pub fn find(&self, entity: &str, id: &str) -> Option<&Image> {
        self.0.get(entity)?.get(id)
    }
}

/// What facts are made of.
#[derive(Clone, Copy, Debug)]
pub struct Basis<'a> {
    /// The config, with the reps in force.
    pub config: &'a Config,
    /// All changes.
    pub records: &'a Records,
    /// What all records look like after them.
    pub images: &'a Images,
    /// What other currencies are worth.
    pub rates: &'a Rates,
}

impl Basis<'_> {
    /// The value of a field, or with `link.field` that of a field of the record which the link names.
    #[must_use]
    pub fn cell(&self, entity: &str, image: &Image, name: &str) -> V {
        let Some((link, field)) = name.split_once('.') else { return image.field(name) };
        match image.field(link) {
            V::Unknown => V::Unknown,
            V::Text(id) => match self.named(entity, link, &id) {
                None => V::Unknown,
                Some(named) if !named.alive => V::Null,
                Some(named) => named.field(field),
            },
            _ => V::Null,
        }
    }

    /// Whether changes were missed of a record that this one names by one of these links.
    #[must_use]
    pub fn names_doubted(&self, entity: &str, image: &Image, links: &BTreeSet<String>) -> bool {
        let is_doubted = |link: &String| {
            let V::Text(id) = image.field(link) else { return false };
            self.named(entity, link, &id).is_some_and(|named| named.in_doubt)
        };
        links.iter().any(is_doubted)
    }

    /// The rep that a value names, `None` for nobody. Who is no rep is nobody.
    #[must_use]
    pub fn rep(&self, named: &V) -> Option<String> {
        let V::Text(id) = named else { return None };
        self.config.rep(id).map(|rep| rep.id.clone())
    }

    fn named(&self, entity: &str, link: &str, id: &str) -> Option<&Image> {
        let entity = self.config.entities.get(entity)?;
        self.images.find(entity.fields.get(link)?.entity.as_ref()?, id)
    }
}
