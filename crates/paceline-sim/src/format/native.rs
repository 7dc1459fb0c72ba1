//! The native change format: one JSON object per record, updates as patches or as full images.

use super::{
    Messages,
    json::{self, Out},
};
use crate::{Change, Field, Op, Row, Value};

/// How to write the native format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// Write updates as full images (`upsert`) instead of patches; default false.
    pub full: bool,
}

/// Appends one message for every record of the change, keyed by record id.
pub fn write(change: &Change, options: Options, out: &mut Messages) {
    for (version, row) in change.records() {
        out.push(
            (change.entity(), change.time),
            |out| out.extend_from_slice(&row.id().bytes()),
            |out| value(out, change, options, version, row),
        );
    }
}

fn value(out: &mut Out, change: &Change, options: Options, version: u64, row: &Row) {
    let patch = change.op == Op::Update && !options.full;
    json::lit(out, "{\"entity\":\"");
    json::lit(out, change.entity().name());
    json::lit(out, "\",\"id\":");
    json::id(out, row.id());
    json::lit(out, ",\"op\":\"");
    json::lit(out, op(change.op, patch));
    json::lit(out, "\",\"version\":");
    json::int(out, version);
    json::lit(out, ",\"time\":\"");
    json::instant(out, change.time.as_millisecond(), "Z\"");
    match change.op {
        Op::Delete => {}
        Op::Update if patch => {
            set(out, row, change.fields());
            unset(out, row, change.fields());
        }
        Op::Create | Op::Update | Op::Undelete => {
            set(out, row, Field::of(change.entity()).iter().copied())
        }
    }
    out.push(b'}');
}

fn op(op: Op, patch: bool) -> &'static str {
    match op {
        Op::Update if patch => "patch",
        Op::Create | Op::Update => "upsert",
        Op::Delete => "delete",
        Op::Undelete => "undelete",
    }
}

fn set(out: &mut Out, row: &Row, fields: impl Iterator<Item = Field>) {
    json::lit(out, ",\"set\":{");
    for field in fields {
        let value = row.value(field);
        if value != Value::Null {
            json::name(out, field.name());
            json::value(out, value, |out| json::quoted(out, |out| special(out, value)));
        }
    }
    out.push(b'}');
}

fn unset(out: &mut Out, row: &Row, fields: impl Iterator<Item = Field>) {
    let mut nulled = fields.filter(|field| row.value(*field) == Value::Null).peekable();
    if nulled.peek().is_none() {
        return;
    }
    json::lit(out, ",\"unset\":[");
    while let Some(field) = nulled.next() {
        json::quoted(out, |out| json::lit(out, field.name()));
        json::lit(out, if nulled.peek().is_some() { "," } else { "]" });
    }
}

fn special(out: &mut Out, value: Value) {
    match value {
        Value::Cents(cents) => json::cents(out, cents),
        Value::Day(day) => json::date(out, day),
        Value::Time(ms) => json::instant(out, ms, "Z"),
        Value::Null | Value::Text(_) | Value::Phrase(_) | Value::Id(_) | Value::Percent(_) => {}
    }
}
