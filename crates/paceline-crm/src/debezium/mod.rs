//! Debezium's change events: [`Format::Debezium`](crate::Format::Debezium).
//!
//! From the Debezium documentation of its connectors ("Data change events") and messages captured from the
//! PostgreSQL connector 3.6: `after` is the whole row, whatever `op` says; a column that is missing from it was
//! dropped and is null, as in any full image. The record id is the Kafka key, because only that names the
//! primary key. A changed primary key is a delete of the old key and a create of the new one.

mod envelope;
mod schema;
mod source;

use paceline_core::change::{Change, Fields, Op};
use smallvec::SmallVec;

use crate::decoder::{Decoded, Entities, Guess, Ignored, Message};
use crate::error::DecodeError;
use crate::json;
use crate::key::Columns;
use crate::plan::Plan;
use crate::scalar::{Dialect, Logical};
use envelope::{Envelope, Kind, Shape};
pub(crate) use schema::Schemas;

/// Reads a message whose value is `text`.
pub(crate) fn decode<'a>(
    entities: &mut Entities,
    schemas: &mut Schemas,
    keys: &mut Columns,
    text: &'a str,
    message: &Message<'a>,
) -> Result<Decoded<'a>, DecodeError> {
    let mut envelope = read(text, schemas, entities.likely())?;
    let op = match envelope.kind()? {
        Kind::Ignored(reason) => return Ok(Decoded::Ignored(reason)),
        Kind::Change(op) => op,
    };
    if !entities.is_fixed() {
        let name = envelope.source.table.and_then(json::scalar_text).ok_or(DecodeError::MissingEntity)?;
        match entities.settle(&name) {
            None => return Ok(Decoded::Ignored(Ignored::Entity)),
            Some(Guess::Right) => {}
            Some(Guess::Wrong) => envelope = read(text, schemas, entities.likely())?,
        }
    }
    change(&envelope, op, entities.likely(), schemas, keys, message).map(Decoded::Change)
}

/// Reads by the shape of the last message, and again if the message turns out to have the other one.
fn read<'a>(text: &'a str, schemas: &mut Schemas, plan: &Plan) -> Result<Envelope<'a>, DecodeError> {
    let envelope = read_as(schemas.shape, text, schemas, plan)?;
    let shape = envelope.shape();
    if shape == schemas.shape {
        return Ok(envelope);
    }
    schemas.shape = shape;
    read_as(shape, text, schemas, plan)
}

fn read_as<'a>(
    shape: Shape,
    text: &'a str,
    schemas: &mut Schemas,
    plan: &Plan,
) -> Result<Envelope<'a>, DecodeError> {
    if let Some(body) = schemas.strip(text)
        && let Ok(envelope) = Envelope::read(body, shape, false, plan)
    {
        return Ok(envelope);
    }
    schemas.forget();
    let envelope = Envelope::read(text, shape, true, plan).map_err(DecodeError::value)?;
    if let Some(schema) = envelope.schema.filter(|schema| schema.starts_with('{')) {
        schemas.remember(text, schema);
    }
    Ok(envelope)
}

fn change<'a>(
    envelope: &Envelope<'a>,
    op: Op,
    plan: &Plan,
    schemas: &mut Schemas,
    keys: &mut Columns,
    message: &Message<'a>,
) -> Result<Change<'a>, DecodeError> {
    Ok(Change {
        entity: plan.entity,
        ids: if op == Op::Overflow { SmallVec::new() } else { SmallVec::from_buf([keys.id(message.key)?]) },
        op,
        version: envelope.source.version(message.offset)?,
        time: envelope.source.time()?.unwrap_or(message.time),
        fields: if op == Op::Full { fields(envelope, plan, schemas)? } else { Fields::new() },
    })
}

fn fields<'a>(envelope: &Envelope<'a>, plan: &Plan, schemas: &mut Schemas) -> Result<Fields<'a>, DecodeError> {
    if !envelope.row {
        return Err(DecodeError::Missing { what: "after" });
    }
    let columns = schemas.columns(plan, schemas.shape)?;
    plan.fields(&envelope.slots, |slot| Dialect::Debezium(columns.get(slot).copied().unwrap_or(Logical::Unknown)))
}
