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
use crate::error::{DecodeError, Part};
use crate::key;
use crate::piece::Piece;
use crate::plan::Plan;
use crate::scalar::{Dialect, Logical};
use envelope::{Envelope, Kind};
pub(crate) use schema::Schemas;

/// Reads a message whose value is `text`.
pub(crate) fn decode<'a>(
    entities: &mut Entities,
    schemas: &mut Schemas,
    text: &'a str,
    message: &Message<'a>,
) -> Result<Decoded<'a>, DecodeError> {
    let mut envelope = Envelope::default();
    read(&mut envelope, text, schemas, entities.likely_mut())?;
    let op = match envelope.kind()? {
        Kind::Ignored(reason) => return Ok(Decoded::Ignored(reason)),
        Kind::Change(op) => op,
    };
    if !entities.is_fixed() {
        let name = envelope.source.table.as_ref().and_then(Piece::scalar_text);
        let name = name.ok_or(DecodeError::MissingEntity)?;
        match entities.settle(&name) {
            None => return Ok(Decoded::Ignored(Ignored::Entity)),
            Some(Guess::Right) => {}
            Some(Guess::Wrong) => read(&mut envelope, text, schemas, entities.likely_mut())?,
        }
    }
    let plan = entities.likely();
    let mut change = Change {
        entity: plan.entity,
        ids: SmallVec::new(),
        op,
        version: envelope.source.version(message.offset)?,
        time: envelope.source.time()?.unwrap_or(message.time),
        actor: None,
        fields: Fields::new(),
    };
    if op != Op::Overflow {
        change.ids.push(key::id(message.key)?);
    }
    if op == Op::Full {
        fields(&envelope, plan, schemas, &mut change.fields)?;
    }
    Ok(Decoded::Change(change))
}

/// Reads by the shape of the last message, and again if the message turns out to have the other one. Into
/// `envelope`, because it is large.
fn read<'a>(
    envelope: &mut Envelope<'a>,
    text: &'a str,
    schemas: &mut Schemas,
    plan: &mut Plan,
) -> Result<(), DecodeError> {
    read_as_shaped(envelope, text, schemas, plan)?;
    if envelope.shape() == schemas.shape {
        return Ok(());
    }
    schemas.shape = envelope.shape();
    read_as_shaped(envelope, text, schemas, plan)
}

fn read_as_shaped<'a>(
    envelope: &mut Envelope<'a>,
    text: &'a str,
    schemas: &mut Schemas,
    plan: &mut Plan,
) -> Result<(), DecodeError> {
    let read = envelope.read(text, schemas.shape, plan);
    let care = read.map_err(|error| DecodeError::json(Part::Value, error))?;
    plan.learn(care, &envelope.slots);
    schemas.meet(envelope.schema);
    Ok(())
}

fn fields<'a>(
    envelope: &Envelope<'a>,
    plan: &Plan,
    schemas: &mut Schemas,
    fields: &mut Fields<'a>,
) -> Result<(), DecodeError> {
    if !envelope.row {
        return Err(DecodeError::Missing { what: "after" });
    }
    let columns = schemas.columns(plan)?;
    let logical = |slot: usize| columns.get(slot).copied().unwrap_or(Logical::Unknown);
    plan.read(&envelope.slots, |slot| Dialect::Debezium(logical(slot)), fields)
}
