//! The currency of the organisation, and what others are worth in it.

use std::fmt;

use jiff::civil::Date;
use serde::{
    Deserialize, Deserializer,
    de::{
        MapAccess, SeqAccess, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};

use super::read::{date, exact};
use crate::recompute::number::Exact;

/// The currency of the organisation, and where the rates of others are found.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Currency {
    /// Its code.
    pub org: String,
    /// Where the rates are.
    #[serde(default)]
    pub rates: Rates,
}

/// Where the rates are.
#[derive(Clone, Debug)]
pub enum Rates {
    /// Here.
    List(Vec<Rate>),
    /// In the records of an entity.
    Entity(RateFields),
    /// In a file, which is not read here.
    File(String),
}

/// By hand: told apart by serde, numbers would be floats.
impl<'de> Deserialize<'de> for Rates {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Read)
    }
}

struct Read;

impl<'de> Visitor<'de> for Read {
    type Value = Rates;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("rates")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Rates, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(list)).map(Rates::List)
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Rates, A::Error> {
        RateFields::deserialize(MapAccessDeserializer::new(fields)).map(Rates::Entity)
    }

    fn visit_str<E>(self, path: &str) -> Result<Rates, E> {
        Ok(Rates::File(path.to_owned()))
    }
}

impl Default for Rates {
    fn default() -> Self {
        Self::List(Vec::new())
    }
}

/// A rate.
#[derive(Clone, Debug, Deserialize)]
pub struct Rate {
    /// The code of the currency that it is for.
    pub from: String,
    /// The code of the one in which it is said.
    pub to: String,
    /// The first day on which it holds.
    #[serde(deserialize_with = "date")]
    pub date: Date,
    /// How much one is worth.
    #[serde(deserialize_with = "exact")]
    pub rate: Exact,
}

/// What the parts of a rate are called in the records of an entity.
#[derive(Clone, Debug, Deserialize)]
#[expect(missing_docs, reason = "they are those of a rate")]
pub struct RateFields {
    pub entity: String,
    pub from: String,
    pub to: String,
    pub date: String,
    pub rate: String,
}
