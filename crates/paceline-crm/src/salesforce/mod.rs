//! Salesforce Change Data Capture: [`Format::Salesforce`](crate::Format::Salesforce).
//!
//! Field semantics follow the Change Data Capture Developer Guide ("Change Event Header Fields" and "Change
//! Event Body Fields"): an event may be of many records, `GAP_*` says that a record changed but not how, and
//! `GAP_OVERFLOW` that any records of the entity did. A wildcard in `recordIds` (`001*`, after some
//! conversions of a field's type) is as unspecific, so it is an overflow too.
//!
//! The version is the replay id, which orders all events of an org. Where it is missing or no number (the Pub/Sub
//! API has opaque bytes) it is commit timestamp, commit number and sequence number, in this order.

mod event;
mod header;

use paceline_core::change::{Change, Fields, Op};

use crate::decoder::{Decoded, Entities, Guess, Ignored, Message};
use crate::error::DecodeError;
use crate::piece::Piece;
use crate::plan::Plan;
use crate::scalar::Dialect;
use event::Event;
use header::Ids;

/// Reads a message whose value is `text`.
pub(crate) fn decode<'a>(
    entities: &mut Entities,
    text: &'a str,
    message: &Message<'a>,
) -> Result<Decoded<'a>, DecodeError> {
    let mut event = Event::read(text, entities.likely_mut())?;
    if !entities.is_fixed() {
        let name = event.entity().ok_or(DecodeError::MissingEntity)?;
        match entities.settle(&name) {
            None => return Ok(Decoded::Ignored(Ignored::Entity)),
            Some(Guess::Right) => {}
            Some(Guess::Wrong) => event = Event::read(text, entities.likely_mut())?,
        }
    }
    change(event, entities.likely(), message).map(Decoded::Change)
}

fn change<'a>(
    mut event: Event<'a>,
    plan: &Plan,
    message: &Message<'a>,
) -> Result<Change<'a>, DecodeError> {
    let ids = event.header.ids()?;
    let op = match (event.header.op()?, &ids) {
        (_, Ids::Any) => Op::Overflow,
        (op, Ids::Of(_)) => op,
    };
    let op = if op == Op::Patch { settle_nulls(&mut event, plan)? } else { op };
    let mut change = Change {
        entity: plan.entity,
        ids: match (op, ids) {
            (Op::Overflow, _) | (_, Ids::Any) => Default::default(),
            (_, Ids::Of(ids)) if ids.is_empty() => return Err(DecodeError::MissingId),
            (_, Ids::Of(ids)) => ids,
        },
        op,
        version: event.version()?,
        time: event.header.time()?.unwrap_or(message.time),
        actor: event.header.user(),
        fields: Fields::new(),
    };
    if matches!(op, Op::Full | Op::Patch) {
        plan.read(&event.slots, |_| Dialect::Salesforce, &mut change.fields)?;
    }
    Ok(change)
}

/// Takes the nulls out of an update that only say "unchanged". A gap if what is left does not tell a bound
/// field's value.
fn settle_nulls(event: &mut Event<'_>, plan: &Plan) -> Result<Op, DecodeError> {
    if diff_hides_field(event, plan)? {
        return Ok(Op::Gap);
    }
    let Some(listed) = event.names_that_null() else { return Ok(Op::Patch) };
    if !event.slots.contains(&Some(Piece::Null)) {
        return Ok(Op::Patch);
    }
    let listed = listed.read()?;
    for (slot, path) in event.slots.iter_mut().zip(&plan.paths) {
        if *slot != Some(Piece::Null) {
            continue;
        }
        match listed.names(path) {
            Some(true) => {}
            Some(false) => *slot = None,
            None => return Ok(Op::Gap),
        }
    }
    Ok(Op::Patch)
}

/// Whether a bound field of the event may hold a diff. Where the list is a bitmap, any text may.
fn diff_hides_field(event: &Event<'_>, plan: &Plan) -> Result<bool, DecodeError> {
    let diffs = event.header.diffs.read()?;
    Ok(event.slots.iter().zip(&plan.paths).any(|(slot, path)| {
        let is_text = matches!(slot, Some(Piece::Text(_)));
        slot.is_some() && diffs.names(path).unwrap_or(is_text)
    }))
}
