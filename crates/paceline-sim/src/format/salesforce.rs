//! Salesforce Change Data Capture as JSON, in the two shapes seen on Kafka.
//!
//! The shapes differ where it hurts: in CometD a null means "nulled" and what did not change is absent; in Confluent's
//! connector every field is present and a null counts only when the header lists it.

use super::{
    Messages,
    json::{self, Out},
};
use crate::{Change, Entity, Field, Id, Op, Row, Value, calendar::DAY_MS, rng::mix};

/// Which producer put the event on Kafka.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shape {
    /// The event as the Streaming API sends it: `schema`, `payload`, `event`.
    #[default]
    Cometd,
    /// The flat record of Confluent's CDC source connector, version 1.
    Confluent,
}

/// How to write Salesforce events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// The shape; default CometD.
    pub shape: Shape,
    /// Whether the same change to several records becomes one event with several ids, as Salesforce does; default true.
    pub merge: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { shape: Shape::Cometd, merge: true }
    }
}

/// One event: a part of a change, or all of it.
struct Event<'a> {
    change: &'a Change,
    row: &'a Row,
    ids: &'a [Id],
    replay: u64,
    /// From 1 within the transaction.
    sequence: u64,
}

/// Appends the event or events of a change, keyed by the (first) record id.
pub fn write(change: &Change, options: Options, out: &mut Messages) {
    if options.merge && !change.rest.is_empty() {
        let ids: Vec<Id> = change.records().map(|(_, row)| row.id()).collect();
        return push(
            Event {
                change,
                row: &change.row,
                ids: &ids,
                replay: change.last_version(),
                sequence: 1,
            },
            options,
            out,
        );
    }
    for (replay, row) in change.records() {
        let sequence = replay - change.version + 1;
        push(Event { change, row, ids: &[row.id()], replay, sequence }, options, out);
    }
}

fn push(event: Event<'_>, options: Options, out: &mut Messages) {
    out.push(
        (event.change.entity(), event.change.time),
        |out| out.extend_from_slice(&event.row.id().bytes()),
        |out| match options.shape {
            Shape::Cometd => cometd(out, &event),
            Shape::Confluent => confluent(out, &event),
        },
    );
}

fn cometd(out: &mut Out, event: &Event<'_>) {
    json::lit(out, "{\"schema\":\"");
    json::lit(out, fingerprint(event.change.entity()));
    json::lit(out, "\",\"payload\":{");
    for field in event.change.fields() {
        let value = event.row.value(field);
        if value != Value::Null || event.change.op == Op::Update {
            json::name(out, field.name());
            json::value(out, value, |out| cometd_value(out, value));
        }
    }
    json::name(out, "ChangeEventHeader");
    header(out, event);
    json::lit(out, "},\"event\":{\"replayId\":");
    json::int(out, event.replay);
    json::lit(out, "}}");
}

fn confluent(out: &mut Out, event: &Event<'_>) {
    json::lit(out, "{\"Id\":");
    json::id(out, event.row.id());
    json::lit(out, ",\"ReplayId\":\"");
    json::int(out, event.replay);
    json::lit(out, "\",\"ChangeEventHeader\":");
    header(out, event);
    for field in Field::of(event.change.entity()) {
        let spoken = event.change.fields().any(|f| f == *field);
        let value = if spoken { event.row.value(*field) } else { Value::Null };
        json::name(out, field.name());
        json::value(out, value, |out| confluent_value(out, value));
    }
    json::lit(out, ",\"_ObjectType\":\"");
    json::lit(out, event.change.entity().object());
    json::lit(out, "ChangeEvent\",\"_EventType\":\"");
    json::lit(out, fingerprint(event.change.entity()));
    json::lit(out, "\"}");
}

fn header(out: &mut Out, event: &Event<'_>) {
    let change = event.change;
    json::lit(out, "{\"commitNumber\":");
    json::int(out, 10_832_042_000_000 + event.replay * 17);
    json::lit(out, ",\"commitUser\":");
    json::id(out, change.actor);
    json::lit(out, ",\"sequenceNumber\":");
    json::int(out, event.sequence);
    json::lit(out, ",\"entityName\":\"");
    json::lit(out, change.entity().object());
    json::lit(out, "\",\"changeType\":\"");
    json::lit(out, change_type(change.op));
    json::lit(out, "\",\"changedFields\":[");
    if change.op == Op::Update {
        list(out, change.fields(), |out, field| {
            json::quoted(out, |out| json::lit(out, field.name()))
        });
    }
    json::lit(
        out,
        "],\"changeOrigin\":\"com/salesforce/api/rest/63.0;client=SalesApp\",\"transactionKey\":\"",
    );
    transaction_key(out, change.transaction);
    json::lit(out, "\",\"commitTimestamp\":");
    json::int(out, change.time.as_millisecond());
    json::lit(out, ",\"recordIds\":[");
    list(out, event.ids.iter().copied(), json::id);
    json::lit(out, "]}");
}

fn list<T>(out: &mut Out, items: impl Iterator<Item = T>, write: impl Fn(&mut Out, T)) {
    for (place, item) in items.enumerate() {
        if place > 0 {
            out.push(b',');
        }
        write(out, item);
    }
}

fn change_type(op: Op) -> &'static str {
    match op {
        Op::Create => "CREATE",
        Op::Update => "UPDATE",
        Op::Delete => "DELETE",
        Op::Undelete => "UNDELETE",
    }
}

fn fingerprint(entity: Entity) -> &'static str {
    match entity {
        Entity::Opportunity => "bDnzY1EFkTYEKV0HYghVyg",
        Entity::Event => "R1-FSrKj5SMSfaXy7QNdEw",
        Entity::Task => "q3Zt0cJxVwWm2dBhE9aLrA",
    }
}

/// A UUID that a transaction keeps.
fn transaction_key(out: &mut Out, transaction: u64) {
    let bits = (u128::from(mix(transaction)) << 64) | u128::from(mix(!transaction));
    for place in 0..32 {
        if matches!(place, 8 | 12 | 16 | 20) {
            out.push(b'-');
        }
        out.push(b"0123456789abcdef"[(bits >> (124 - 4 * place)) as usize & 15]);
    }
}

fn cometd_value(out: &mut Out, value: Value) {
    match value {
        Value::Cents(cents) => json::cents(out, cents),
        Value::Day(day) => json::quoted(out, |out| json::date(out, day)),
        Value::Time(ms) => json::quoted(out, |out| json::instant(out, ms, "Z")),
        Value::Null | Value::Text(_) | Value::Phrase(_) | Value::Id(_) | Value::Percent(_) => {}
    }
}

fn confluent_value(out: &mut Out, value: Value) {
    match value {
        Value::Cents(cents) => json::cents(out, cents),
        Value::Day(day) => json::int(out, i64::from(day) * DAY_MS),
        Value::Time(ms) => json::int(out, ms),
        Value::Null | Value::Text(_) | Value::Phrase(_) | Value::Id(_) | Value::Percent(_) => {}
    }
}
