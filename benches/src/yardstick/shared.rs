//! The yardstick on paceline's own reader, so that the rest of the engine can be compared apart from the reading.
//!
//! paceline walks JSON by itself, faster than serde_json does. A comparison by serde_json alone would let the reader pay
//! for what the engine costs on top; with this reader on both sides it cannot.

use std::borrow::Cow;

use anyhow::bail;
use jiff::Timestamp;
use paceline::config::Config;
use paceline_core::change::{Change, Mention, Op, Value};
use paceline_crm::{Decoded, Decoder, Format, Message};

use super::{Deal, Month, Read, Said, Stage};
use crate::config::bindings;

/// Cents are hundredths, a decimal counts millionths.
const MICROS_PER_CENT: i128 = 10_000;
const SECONDS_PER_DAY: i64 = 86_400;

/// Reads with paceline's decoder.
#[derive(Clone, Debug)]
pub struct SharedReader {
    decoder: Decoder,
    /// The fields' places in the config: owner, amount, stage, close date, created.
    places: [u8; 5],
}

impl SharedReader {
    /// A reader of the fields of the bench's config.
    pub fn new(config: &Config) -> Self {
        let entity = config.bindings[0].entity;
        let field = |name| config.model.entity(entity).field(name).map_or(u8::MAX, |(id, _)| id.0);
        Self {
            decoder: Decoder::new(Format::Debezium, Some(entity), bindings(config)),
            places: ["owner", "amount", "stage", "close_date", "created"].map(field),
        }
    }
}

impl Read for SharedReader {
    fn read<'a>(
        &mut self,
        key: Option<&'a [u8]>,
        value: Option<&'a [u8]>,
    ) -> anyhow::Result<Option<Said<'a>>> {
        if value.is_none() {
            return Ok(None);
        }
        let message = Message { key, value, time: Timestamp::UNIX_EPOCH, offset: 0 };
        let Decoded::Change(change) = self.decoder.decode(&message)? else { return Ok(None) };
        let Some(Cow::Borrowed(id)) = change.ids.first() else { bail!("an id is not plain text") };
        let deal = (change.op == Op::Full).then(|| deal(&change, &self.places));
        Ok(Some(Said { id, deal }))
    }
}

fn deal<'a>(change: &Change<'a>, [owner, amount, stage, close, created]: &[u8; 5]) -> Deal<'a> {
    let mut deal = Deal { owner: "", cents: None, stage: Stage::Open, close: None, created: None };
    for (field, mention) in &change.fields {
        let Mention::Set(value) = mention else { continue };
        match value {
            Value::Text(Cow::Borrowed(text)) if field.0 == *owner => deal.owner = text,
            Value::Text(text) if field.0 == *stage => deal.stage = Stage::named(text),
            Value::Decimal(value) if field.0 == *amount => {
                deal.cents = i64::try_from(value.micros() / MICROS_PER_CENT).ok();
            }
            Value::Date(day) if field.0 == *close => deal.close = Some(Month::of_day(day.0.into())),
            Value::Timestamp(instant) if field.0 == *created => {
                deal.created = Some(Month::of_day(instant.as_second().div_euclid(SECONDS_PER_DAY)));
            }
            _ => {}
        }
    }
    deal
}
