//! A message about a record.

use std::fmt::Write as _;

use jiff::{Timestamp, ToSpan};
use proptest::{array::uniform10, prelude::*};

use super::value::fields;
use crate::property::world::{Subject, World};

/// A message about a record.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    subject: Subject,
    record: u8,
    op: Op,
    /// Its place in the record's history, which need not be that of its arrival.
    rank: u8,
    /// What it says of each field: nothing, null, or a value.
    values: [u8; 10],
    partition: u8,
    time: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Op {
    Upsert,
    Patch,
    Undelete,
    Delete,
    Gap,
    Tombstone,
}

/// A message as it is put on a topic.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) source: usize,
    pub(crate) partition: usize,
    pub(crate) key: String,
    pub(crate) value: Option<String>,
    pub(crate) time: Timestamp,
    /// Its place in the record's history, where it says one.
    pub(crate) version: Option<i64>,
    pub(crate) kind: &'static str,
    pub(crate) subject: Subject,
}

pub(super) fn change() -> impl Strategy<Value = Change> {
    let op = prop_oneof![
        6 => Just(Op::Upsert), 8 => Just(Op::Patch), 1 => Just(Op::Undelete), 2 => Just(Op::Delete),
        1 => Just(Op::Gap), 1 => Just(Op::Tombstone),
    ];
    let subject = prop_oneof![
        8 => Just(Subject::Opportunity), 4 => Just(Subject::Activity), 2 => Just(Subject::User),
        2 => Just(Subject::Rate), 2 => Just(Subject::Account), 4 => Just(Subject::Split),
    ];
    let place = (subject, any::<u8>());
    (place, op, 0..12_u8, uniform10(any::<u8>()), any::<u8>(), any::<u8>()).prop_map(
        |((subject, record), op, rank, values, partition, time)| Change {
            subject,
            record,
            op,
            rank,
            values,
            partition,
            time,
        },
    )
}

/// A message about a rate.
pub(super) fn rate() -> impl Strategy<Value = Change> {
    let op = prop_oneof![4 => Just(Op::Upsert), 2 => Just(Op::Patch), 1 => Just(Op::Delete)];
    (change(), op).prop_map(|(change, op)| Change { subject: Subject::Rate, op, ..change })
}

/// How a record looks at first.
pub(crate) fn first_image(world: &World, subject: Subject, record: u8, set: &str) -> Message {
    let source = world.source(subject).expect("the world has such records");
    let (key, version) = (subject.id(record), (!goes_by_offset(subject, record)).then_some(1));
    let versioned = version.map_or_else(String::new, |version| format!(r#","version":{version}"#));
    Message {
        source,
        partition: usize::from(record) % world.topics[source].partitions,
        value: Some(format!(r#"{{"op":"upsert","id":"{key}"{versioned},"set":{set}}}"#)),
        key,
        time: world.start - 24.hours(),
        version,
        kind: "upsert",
        subject,
    }
}

/// A record without versions goes by offsets, which only one partition puts in an order.
fn goes_by_offset(subject: Subject, record: u8) -> bool {
    record == subject.records() - 1
}

impl Change {
    /// The message in a world, after others were sent; `nth` makes versions unique.
    pub(crate) fn message(
        &self,
        world: &World,
        now: Timestamp,
        nth: usize,
        sent: &[Message],
    ) -> Message {
        // A world without such records has more opportunities instead.
        let (subject, source) = match world.source(self.subject) {
            Some(source) => (self.subject, source),
            None => (Subject::Opportunity, 0),
        };
        let record = self.record % subject.records();
        let scattered = subject == Subject::Activity || world.spread && source == 0;
        let by_offset = goes_by_offset(subject, record);
        let place = if scattered && !by_offset { self.partition } else { record };
        let key = subject.id(record);
        let says = self.op != Op::Tombstone;
        // After the first image of a record.
        let own = i64::from(self.rank + 1) * 1_000 + nth as i64;
        let tied = || self.tied(sent.iter().filter(|other| other.key == key));
        let version = (says && !by_offset).then(|| tied().unwrap_or(own));
        let value = says.then(|| self.json(world, &key, subject, version, now));
        Message {
            source,
            partition: usize::from(place) % world.topics[source].partitions,
            key,
            value,
            time: now - i64::from(self.time % 7).hours(),
            version,
            kind: self.op.name(),
            subject,
        }
    }

    /// The version of another change of the record, now and then. Two that speak of fields are never equally new:
    /// nobody could say which of them is right.
    fn tied<'m>(&self, others: impl Iterator<Item = &'m Message> + Clone) -> Option<i64> {
        let speaks = |kind: &str| kind != "delete" && kind != "gap";
        let mut tied = others.clone().filter(|_| self.partition.is_multiple_of(5));
        tied.find_map(|other| {
            let version = other.version?;
            let mut equals = others.clone().filter(|other| other.version == Some(version));
            let clear = !speaks(self.op.name()) || !equals.any(|equal| speaks(equal.kind));
            clear.then_some(version)
        })
    }

    fn json(
        &self,
        world: &World,
        id: &str,
        subject: Subject,
        version: Option<i64>,
        now: Timestamp,
    ) -> String {
        let op = self.op.name();
        let mut json = format!(r#"{{"op":"{op}""#);
        self.write(&mut json, world, id, subject, version, now).expect("a string takes any text");
        json
    }

    fn write(
        &self,
        json: &mut String,
        world: &World,
        id: &str,
        subject: Subject,
        version: Option<i64>,
        now: Timestamp,
    ) -> std::fmt::Result {
        if subject == Subject::Activity {
            // As the entity's own name or another one it is known by.
            let name = if self.partition.is_multiple_of(2) { "activity" } else { "Task" };
            write!(json, r#","entity":"{name}""#)?;
        }
        if !self.time.is_multiple_of(3) {
            write!(json, r#","id":"{id}""#)?;
        }
        if let Some(version) = version {
            write!(json, r#","version":{version}"#)?;
        }
        if self.time.is_multiple_of(2) {
            // Sometimes a clock is ahead of ours.
            let ago = i64::from(self.time) - 40;
            write!(json, r#","time":"{}""#, now - ago.minutes())?;
        }
        if matches!(self.op, Op::Upsert | Op::Patch | Op::Undelete) {
            self.write_fields(json, world, subject)?;
        }
        json.push('}');
        Ok(())
    }

    fn write_fields(&self, json: &mut String, world: &World, subject: Subject) -> std::fmt::Result {
        let (mut set, mut unset) = (Vec::new(), Vec::new());
        for ((path, kind), drawn) in fields(subject).iter().zip(self.values) {
            match mentioned(self.op, drawn) {
                None => {}
                Some(None) if drawn.is_multiple_of(2) => unset.push(format!(r#""{path}""#)),
                Some(None) => set.push(format!(r#""{path}":null"#)),
                Some(Some(chosen)) => {
                    set.push(format!(r#""{path}":{}"#, kind.value(world, chosen)))
                }
            }
        }
        write!(json, r#","set":{{{}}},"unset":[{}]"#, set.join(","), unset.join(","))
    }
}

/// What is said of a field: nothing, that it is null, or one of many values.
#[expect(clippy::option_option, reason = "the three cases of a patch: not mentioned, nulled, set")]
fn mentioned(op: Op, drawn: u8) -> Option<Option<u8>> {
    let left_out = if op == Op::Patch { 100 } else { 8 };
    match drawn {
        _ if drawn < left_out => None,
        _ if drawn < left_out + 16 => Some(None),
        _ => Some(Some(drawn - left_out - 16)),
    }
}

impl Op {
    fn name(self) -> &'static str {
        match self {
            Self::Upsert => "upsert",
            Self::Patch => "patch",
            Self::Undelete => "undelete",
            Self::Delete => "delete",
            Self::Gap => "gap",
            Self::Tombstone => "tombstone",
        }
    }
}

/// What no decoder should accept, as a message of the first topic.
pub(crate) fn garbage(chosen: u8) -> Message {
    let values = [
        "{",
        "[]",
        r#"{"id":"O1","version":5,"set":{"Amount":"1"}}"#,
        r#"{"id":"O1","op":"upset","version":5}"#,
        r#"{"id":"O1","op":"patch","version":"x","set":{}}"#,
        r#"{"id":"O1","op":"patch","version":90000,"set":["Amount"]}"#,
        r#"{"id":"O1","op":"patch","version":90000,"time":"yesterday","set":{"Amount":1}}"#,
    ];
    Message {
        source: 0,
        partition: 0,
        key: "O1".to_owned(),
        value: Some(values[usize::from(chosen) % values.len()].to_owned()),
        time: Timestamp::UNIX_EPOCH,
        version: None,
        kind: "garbage",
        subject: Subject::Opportunity,
    }
}
