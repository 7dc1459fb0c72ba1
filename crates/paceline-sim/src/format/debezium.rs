//! Debezium change events of a PostgreSQL connector, as its JSON converter writes them.
//!
//! Replica identity is the default one: updates carry no before-image and deletes only the key. A delete is followed by a
//! tombstone.

mod schema;

use super::{
    Messages,
    json::{self, Out},
};
use crate::{Change, Entity, Field, Op, Row, Value};

/// The logical name of the connector.
const SERVER: &str = "crm";
/// Log positions start here and grow by a fixed step with every record changed.
const LSN_START: u64 = 26_739_976;
const LSN_STEP: u64 = 232;

/// How to write Debezium events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// Wrap keys and values in `schema` and `payload`, with amounts as base64 of the unscaled integer
    /// (`decimal.handling.mode=precise`); default false: no schemas, amounts as strings.
    pub with_schema: bool,
    /// Write creates as snapshot reads (`op` r); default false.
    pub snapshot: bool,
}

/// Appends one message for every record of the change, and a tombstone after each delete.
pub fn write(change: &Change, options: Options, out: &mut Messages) {
    let entity = change.entity();
    for (version, row) in change.records() {
        let about = (entity, change.time);
        out.push(
            about,
            |out| key(out, row, options),
            |out| value(out, change, options, version, row),
        );
        if change.op == Op::Delete {
            out.push_tombstone(about, |out| key(out, row, options));
        }
    }
}

fn key(out: &mut Out, row: &Row, options: Options) {
    if options.with_schema {
        json::lit(out, "{\"schema\":");
        schema::key(out, row.entity());
        json::lit(out, ",\"payload\":");
    }
    json::lit(out, "{\"id\":");
    json::id(out, row.id());
    json::lit(out, if options.with_schema { "}}" } else { "}" });
}

fn value(out: &mut Out, change: &Change, options: Options, version: u64, row: &Row) {
    if options.with_schema {
        json::lit(out, "{\"schema\":");
        schema::value(out, row.entity());
        json::lit(out, ",\"payload\":");
    }
    envelope(out, change, options, version, row);
    if options.with_schema {
        out.push(b'}');
    }
}

fn envelope(out: &mut Out, change: &Change, options: Options, version: u64, row: &Row) {
    json::lit(out, "{\"before\":");
    if change.op == Op::Delete {
        columns(out, row, |_, out| json::lit(out, "null"));
        json::lit(out, ",\"after\":null");
    } else {
        json::lit(out, "null,\"after\":");
        columns(out, row, |value, out| column(out, value, options));
    }
    let ms = change.time.as_millisecond();
    source(out, change, options, version, ms);
    json::lit(out, ",\"transaction\":null,\"op\":\"");
    json::lit(out, op(change.op, options));
    json::lit(out, "\",\"ts_ms\":");
    let read = ms + 40 + (version % 500) as i64;
    json::int(out, read);
    out.push(b'}');
}

fn op(op: Op, options: Options) -> &'static str {
    match op {
        Op::Create if options.snapshot => "r",
        Op::Create | Op::Undelete => "c",
        Op::Update => "u",
        Op::Delete => "d",
    }
}

fn columns(out: &mut Out, row: &Row, write: impl Fn(Value, &mut Out)) {
    json::lit(out, "{\"id\":");
    json::id(out, row.id());
    for field in Field::of(row.entity()) {
        json::name(out, field.column());
        write(row.value(*field), out);
    }
    out.push(b'}');
}

fn column(out: &mut Out, value: Value, options: Options) {
    json::value(out, value, |out| match value {
        Value::Cents(cents) if options.with_schema => json::quoted(out, |out| base64(out, cents)),
        Value::Cents(cents) => json::quoted(out, |out| json::cents(out, cents)),
        Value::Day(day) => json::int(out, day),
        Value::Time(ms) => json::quoted(out, |out| json::instant(out, ms, "000Z")),
        Value::Null | Value::Text(_) | Value::Phrase(_) | Value::Id(_) | Value::Percent(_) => {}
    });
}

fn source(out: &mut Out, change: &Change, options: Options, version: u64, ms: i64) {
    let lsn = LSN_START + version * LSN_STEP;
    json::lit(
        out,
        ",\"source\":{\"version\":\"3.6.3.Final\",\"connector\":\"postgresql\",\"name\":\"",
    );
    json::lit(out, SERVER);
    json::lit(out, "\",\"ts_ms\":");
    json::int(out, ms);
    let snapshot = options.snapshot && change.op == Op::Create;
    json::lit(out, if snapshot { ",\"snapshot\":\"true\"" } else { ",\"snapshot\":\"false\"" });
    json::lit(out, ",\"db\":\"crm\",\"sequence\":\"[\\\"");
    json::int(out, LSN_START + (change.version - 1) * LSN_STEP);
    json::lit(out, "\\\",\\\"");
    json::int(out, lsn);
    json::lit(out, "\\\"]\",\"schema\":\"public\",\"table\":\"");
    json::lit(out, change.entity().name());
    json::lit(out, "\",\"txId\":");
    json::int(out, 700 + change.transaction);
    json::lit(out, ",\"lsn\":");
    json::int(out, lsn);
    json::lit(out, ",\"xmin\":null}");
}

/// Base64 of the shortest two's-complement big-endian form, as Kafka Connect writes decimals.
fn base64(out: &mut Out, unscaled: i64) {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bytes = unscaled.to_be_bytes();
    let redundant = |i: &usize| {
        (bytes[*i] == 0 && bytes[i + 1] < 128) || (bytes[*i] == 255 && bytes[i + 1] >= 128)
    };
    let skip = (0..7).take_while(redundant).count();
    for chunk in bytes[skip..].chunks(3) {
        let bits = (0..3)
            .fold(0_usize, |bits, i| bits << 8 | usize::from(chunk.get(i).copied().unwrap_or(0)));
        for letter in 0..4 {
            let used = letter <= chunk.len();
            out.push(if used { LETTERS[bits >> (18 - 6 * letter) & 63] } else { b'=' });
        }
    }
}

fn full_name(entity: Entity) -> [&'static str; 3] {
    [SERVER, ".public.", entity.name()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_spelt_as_a_real_connector_does() {
        for (cents, text) in [
            (1_234_567, "EtaH"),
            (-1, "/w=="),
            (0, "AA=="),
            (128, "AIA="),
            (i64::MAX, "f/////////8="),
        ] {
            let mut out = Vec::new();
            base64(&mut out, cents);
            assert_eq!(String::from_utf8(out).unwrap(), text);
        }
    }
}
