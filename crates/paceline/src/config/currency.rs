//! `currency`: the org's currency, and the rates by which money of others becomes money of it.

mod entity;
mod list;

use std::fmt;

use paceline_core::rates::{Rate, RateFields, Rates};
use paceline_core::symbol::Intern;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

use self::entity::RawFields;
use self::list::{Quote, RawRate};
use super::csv::Table;
use super::entities::Declared;
use super::located::Text;
use super::report::Report;
use super::value;

/// A CSV of rates.
pub(super) const CSV: Table = Table {
    columns: &["from", "to", "date", "rate"],
    needed: &[
        ("from", "the currency of which one unit is meant"),
        ("to", "the currency in which its worth is told"),
        ("date", "the first day on which the rate is in force"),
        ("rate", "the worth of one unit"),
    ],
    header: "from,to,date,rate",
    label: None,
};

/// The currency that all money is counted in.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Currency")]
pub(super) struct RawCurrency {
    /// The code of the org's currency, written as records write it: `EUR`. All money is counted in it. Required.
    org: Text,
    /// What other currencies are worth in it, from a day on: a list, the path of a CSV file, or an entity whose records are
    /// rates. For a record counts the latest on or before its day; none is turned round, and none made of two others.
    /// Default: none; then money of other currencies is incomplete.
    rates: Option<RawRates>,
}

/// Where rates come from.
#[derive(JsonSchema)]
#[schemars(untagged, rename = "Rates")]
enum RawRates {
    /// A CSV file with the columns from, to, date, rate, in any order, by a path relative to this file.
    #[expect(dead_code, reason = "its rows are put in its place before the config is read")]
    File(String),
    /// The rates themselves.
    List(Vec<RawRate>),
    /// An entity whose records are rates, so that rates may come while it runs.
    Entity(RawFields),
}

/// The org's currency with its rates, as far as they are known without records.
pub(super) struct Currency {
    org: String,
    quotes: Vec<Quote>,
    /// Where records say rates.
    pub(super) fields: Option<RateFields>,
}

impl RawCurrency {
    pub(super) fn compile(
        &self,
        entities: &[Declared],
        notes: &mut Vec<String>,
        report: &mut Report,
    ) -> Currency {
        value::not_empty(&self.org, "the code", report);
        let org = self.org.value.clone();
        match &self.rates {
            None | Some(RawRates::File(_)) => Currency { org, quotes: Vec::new(), fields: None },
            Some(RawRates::List(rates)) => {
                let quotes = list::compile(rates, report);
                notes.extend(list::idle(&quotes, &org));
                Currency { org, quotes, fields: None }
            }
            Some(RawRates::Entity(fields)) => {
                let fields = fields.compile(entities, report);
                Currency { org, quotes: Vec::new(), fields }
            }
        }
    }

    /// Where records say rates, once nothing is wrong with it.
    pub(super) fn fields(&self, entities: &[Declared], report: &mut Report) -> Option<RateFields> {
        match &self.rates {
            Some(RawRates::Entity(fields)) => fields.compile(entities, report),
            None | Some(RawRates::File(_) | RawRates::List(_)) => None,
        }
    }
}

impl Currency {
    /// The rates of the config.
    pub(super) fn rates(&self, symbols: &mut dyn Intern) -> Rates {
        let org = symbols.intern(&self.org);
        let mut rate = |quote: &Quote| Rate {
            from: symbols.intern(&quote.from),
            to: symbols.intern(&quote.to),
            date: quote.date,
            rate: quote.rate.clone(),
        };
        Rates::new(org, self.quotes.iter().map(&mut rate).collect::<Vec<_>>())
    }
}

impl<'de> Deserialize<'de> for RawRates {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawRatesVisitor)
    }
}

struct RawRatesVisitor;

impl<'de> Visitor<'de> for RawRatesVisitor {
    type Value = RawRates;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of rates, the path of a CSV file, or `{entity: …}`")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, rates: A) -> Result<RawRates, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(rates)).map(RawRates::List)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RawRates, A::Error> {
        RawFields::deserialize(MapAccessDeserializer::new(map)).map(RawRates::Entity)
    }
}
