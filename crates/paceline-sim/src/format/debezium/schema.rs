//! The Kafka Connect schemas that travel with each message when schemas are on.
//!
//! Only the schema says what scale an amount has and that a number is a date, so a decoder has to read it.

use super::{super::json::Out, full_name};
use crate::{
    Entity, Field,
    format::json::{self, lit},
};

const TEXT: &str = r#"{"type":"string","optional":true"#;
const INSTANT: &str =
    r#"{"type":"string","optional":true,"name":"io.debezium.time.ZonedTimestamp","version":1"#;
const DATE: &str = r#"{"type":"int32","optional":true,"name":"io.debezium.time.Date","version":1"#;
const MONEY: &str = r#"{"type":"bytes","optional":true,"name":"org.apache.kafka.connect.data.Decimal","version":1,"parameters":{"scale":"2","connect.decimal.precision":"18"}"#;
const SMALL: &str = r#"{"type":"int16","optional":true"#;
const ID: &str = r#"{"type":"string","optional":false,"field":"id"}"#;
const SOURCE: &str = r#"{"type":"struct","fields":[{"type":"string","optional":false,"field":"version"},{"type":"string","optional":false,"field":"connector"},{"type":"string","optional":false,"field":"name"},{"type":"int64","optional":false,"field":"ts_ms"},{"type":"string","optional":true,"name":"io.debezium.data.Enum","version":1,"parameters":{"allowed":"true,first,first_in_data_collection,last_in_data_collection,last,false,incremental"},"default":"false","field":"snapshot"},{"type":"string","optional":false,"field":"db"},{"type":"string","optional":true,"field":"sequence"},{"type":"string","optional":false,"field":"schema"},{"type":"string","optional":false,"field":"table"},{"type":"int64","optional":true,"field":"txId"},{"type":"int64","optional":true,"field":"lsn"},{"type":"int64","optional":true,"field":"xmin"}],"optional":false,"name":"io.debezium.connector.postgresql.Source","version":1,"field":"source"}"#;
const TAIL: &str = r#"{"type":"struct","fields":[{"type":"string","optional":false,"field":"id"},{"type":"int64","optional":false,"field":"total_order"},{"type":"int64","optional":false,"field":"data_collection_order"}],"optional":true,"name":"event.block","version":1,"field":"transaction"},{"type":"string","optional":false,"field":"op"},{"type":"int64","optional":true,"field":"ts_ms"}"#;

/// The schema of a key.
pub(super) fn key(out: &mut Out, entity: Entity) {
    lit(out, "{\"type\":\"struct\",\"fields\":[");
    lit(out, ID);
    lit(out, "],\"optional\":false,\"name\":\"");
    named(out, entity, ".Key\"}");
}

/// The schema of a value.
pub(super) fn value(out: &mut Out, entity: Entity) {
    lit(out, "{\"type\":\"struct\",\"fields\":[");
    row(out, entity, "before");
    row(out, entity, "after");
    lit(out, SOURCE);
    out.push(b',');
    lit(out, TAIL);
    lit(out, "],\"optional\":false,\"name\":\"");
    named(out, entity, ".Envelope\",\"version\":2}");
}

fn row(out: &mut Out, entity: Entity, image: &str) {
    lit(out, "{\"type\":\"struct\",\"fields\":[");
    lit(out, ID);
    for field in Field::of(entity) {
        out.push(b',');
        lit(out, kind(*field));
        lit(out, ",\"field\":");
        json::quoted(out, |out| lit(out, field.column()));
        out.push(b'}');
    }
    lit(out, "],\"optional\":true,\"name\":\"");
    named(out, entity, ".Value\",\"field\":\"");
    lit(out, image);
    lit(out, "\"},");
}

fn kind(field: Field) -> &'static str {
    match field {
        Field::Amount => MONEY,
        Field::CloseDate => DATE,
        Field::Probability => SMALL,
        Field::CreatedDate
        | Field::LastModifiedDate
        | Field::StartDateTime
        | Field::EndDateTime
        | Field::CompletedDateTime => INSTANT,
        _ => TEXT,
    }
}

fn named(out: &mut Out, entity: Entity, rest: &str) {
    for part in full_name(entity) {
        lit(out, part);
    }
    lit(out, rest);
}
