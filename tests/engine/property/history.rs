//! Invented histories: messages of the native format in any order of arrival, commits, and what the clock does.
//!
//! Like a world, a history is drawn as small numbers, which are given a meaning only when it is played: a step means
//! something in every world, so that both shrink freely.

use std::fmt::Write as _;

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use proptest::{array::uniform8, collection::vec, prelude::*};

use super::world::World;

/// One step of a history.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// A message about a record.
    Change(Change),
    /// The message so many before the last one, again.
    Again(u8),
    /// A message that is none.
    Garbage(u8),
    /// What a lane has taken is committed.
    Commit(u8),
    /// Time passes.
    Clock(Jump),
    /// All standings are looked at, also those of the periods so many days ago.
    Look(u8),
}

/// A message about a record.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    record: u8,
    op: Op,
    /// Its place in the record's history, which need not be that of its arrival.
    rank: u8,
    /// What it says of each field: nothing, null, or a value.
    values: [u8; 8],
    partition: u8,
    time: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Upsert,
    Patch,
    Undelete,
    Delete,
    Gap,
    Tombstone,
}

/// How far the clock goes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Jump {
    Nanos(u8),
    Minutes(u16),
    Days(u8),
    /// To the next instant at which the engine says that something changes, and so many nanoseconds beyond.
    Due(i8),
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
}

/// So many opportunities; the other records are activities.
const OPPORTUNITIES: u8 = 7;
const RECORDS: u8 = 11;

pub(crate) fn histories() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        20 => change().prop_map(Step::Change),
        2 => any::<u8>().prop_map(Step::Again),
        1 => any::<u8>().prop_map(Step::Garbage),
        5 => any::<u8>().prop_map(Step::Commit),
        5 => jump().prop_map(Step::Clock),
        1 => any::<u8>().prop_map(Step::Look),
    ];
    vec(step, 1..41)
}

fn change() -> impl Strategy<Value = Change> {
    let op = prop_oneof![
        6 => Just(Op::Upsert), 8 => Just(Op::Patch), 1 => Just(Op::Undelete), 2 => Just(Op::Delete),
        1 => Just(Op::Gap), 1 => Just(Op::Tombstone),
    ];
    (0..RECORDS, op, 0..12_u8, uniform8(any::<u8>()), any::<u8>(), any::<u8>()).prop_map(
        |(record, op, rank, values, partition, time)| Change {
            record,
            op,
            rank,
            values,
            partition,
            time,
        },
    )
}

fn jump() -> impl Strategy<Value = Jump> {
    prop_oneof![
        1 => any::<u8>().prop_map(Jump::Nanos),
        6 => any::<u16>().prop_map(|minutes| Jump::Minutes(minutes % 2_000)),
        3 => (1..12_u8).prop_map(Jump::Days),
        1 => (20..45_u8).prop_map(Jump::Days),
        3 => (-1..2_i8).prop_map(Jump::Due),
    ]
}

impl Jump {
    /// The instant it leads to.
    pub(crate) fn from(self, now: Timestamp, due: Option<Timestamp>) -> Timestamp {
        let to = match self {
            Self::Nanos(nanos) => now + i64::from(nanos).nanoseconds(),
            Self::Minutes(minutes) => now + i64::from(minutes).minutes(),
            Self::Days(days) => now + (i64::from(days) * 24).hours(),
            Self::Due(nanos) => due.unwrap_or(now) + i64::from(nanos).nanoseconds(),
        };
        to.max(now)
    }
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
        let record = self.record % RECORDS;
        let of_activities = record >= OPPORTUNITIES;
        let source = usize::from(of_activities);
        let scattered = of_activities || world.spread;
        // A record without versions goes by offsets, which only one partition puts in an order.
        let by_offset = record == OPPORTUNITIES - 1 || record == RECORDS - 1;
        let place = if scattered && !by_offset { self.partition } else { record };
        let key = format!("{}{record}", if of_activities { 'T' } else { 'O' });
        let says = self.op != Op::Tombstone;
        let own = i64::from(self.rank) * 1_000 + nth as i64;
        let tied = || self.tied(sent.iter().filter(|other| other.key == key));
        let version = (says && !by_offset).then(|| tied().unwrap_or(own));
        let value = says.then(|| self.json(world, &key, of_activities, version, now));
        Message {
            source,
            partition: usize::from(place) % world.partitions[source],
            key,
            value,
            time: now - i64::from(self.time % 7).hours(),
            version,
            kind: self.op.name(),
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
        of_activities: bool,
        version: Option<i64>,
        now: Timestamp,
    ) -> String {
        let op = self.op.name();
        let mut json = format!(r#"{{"op":"{op}""#);
        self.write(&mut json, world, id, of_activities, version, now)
            .expect("a string takes any text");
        json
    }

    fn write(
        &self,
        json: &mut String,
        world: &World,
        id: &str,
        of_activities: bool,
        version: Option<i64>,
        now: Timestamp,
    ) -> std::fmt::Result {
        if of_activities {
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
            self.write_fields(json, world, of_activities)?;
        }
        json.push('}');
        Ok(())
    }

    fn write_fields(
        &self,
        json: &mut String,
        world: &World,
        of_activities: bool,
    ) -> std::fmt::Result {
        let fields = if of_activities { &ACTIVITY[..] } else { &OPPORTUNITY[..] };
        let (mut set, mut unset) = (Vec::new(), Vec::new());
        for ((path, kind), drawn) in fields.iter().zip(self.values) {
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
    pub(crate) fn name(self) -> &'static str {
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

#[derive(Clone, Copy)]
enum Kind {
    Owner,
    Amount,
    Stage,
    Date,
    Instant,
    Int,
    Bool,
    Text,
}

const OPPORTUNITY: [(&str, Kind); 8] = [
    ("OwnerId", Kind::Owner),
    ("Amount", Kind::Amount),
    ("StageName", Kind::Stage),
    ("CloseDate", Kind::Date),
    ("ClosedAt", Kind::Instant),
    ("Days", Kind::Int),
    ("Hot", Kind::Bool),
    ("AccountId", Kind::Text),
];

const ACTIVITY: [(&str, Kind); 6] = [
    ("OwnerId", Kind::Owner),
    ("Type", Kind::Text),
    ("IsClosed", Kind::Bool),
    ("Minutes", Kind::Amount),
    ("ActivityDate", Kind::Date),
    ("StartedAt", Kind::Instant),
];

/// Zones whose midnights the instants of changes lie around.
const MIDNIGHTS: [&str; 4] = ["UTC", "Europe/Madrid", "America/New_York", "Pacific/Auckland"];

impl Kind {
    /// One of the values of its type, as JSON.
    fn value(self, world: &World, chosen: u8) -> String {
        let of = |values: &[&str]| values[usize::from(chosen) % values.len()].to_owned();
        let day = |days: i64| world.start.to_zoned(TimeZone::UTC).date() + days.days();
        match self {
            Self::Owner => match usize::from(chosen) % (world.reps + 2) {
                stranger if stranger >= world.reps => format!(r#""X{stranger}""#),
                rep => format!(r#""U{rep}""#),
            },
            Self::Amount => of(&[
                "100",
                "\"0.5\"",
                "42000",
                "1.25e3",
                "-3.000001",
                "0",
                "\"0.333333\"",
                "7",
                "\"250.00\"",
                "1e-6",
                "0.0000015",
                "12",
                "\"33.333333\"",
                "1",
                "2",
                "5",
                "1000.5",
            ]),
            Self::Stage => {
                of(&["\"Won\"", "\"Won\"", "\"Open\"", "\"Proposal\"", "\"Lost\"", "\"Größe\""])
            }
            Self::Date => date(day(i64::from(chosen) % 61 - 20), chosen),
            Self::Instant => instant(day(i64::from(chosen) % 53 - 20), chosen),
            Self::Int => of(&["1", "3", "0", "-2", "\"7\"", "12"]),
            Self::Bool => of(&["true", "false"]),
            Self::Text => of(&["\"Call\"", "\"A\"", "\"B\"", "\"\"", "\"C\""]),
        }
    }
}

fn date(day: Date, chosen: u8) -> String {
    if chosen.is_multiple_of(7) { format!(r#""{day}T00:00:00Z""#) } else { format!(r#""{day}""#) }
}

/// Around a midnight somewhere: a nanosecond before it, at it, or any time after.
fn instant(day: Date, chosen: u8) -> String {
    let zone = TimeZone::get(MIDNIGHTS[usize::from(chosen) % MIDNIGHTS.len()]).expect("a zone");
    let midnight = day.to_zoned(zone).expect("in range").timestamp();
    let nanos = [-1_i64, 0, 1, 3_600_000_000_000, 45_000_000_000_000][usize::from(chosen) % 5];
    format!(r#""{}""#, midnight + nanos.nanoseconds())
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
    }
}
