//! The two shapes of a Debezium value: the envelope, and the flat row that the unwrap transform
//! (`ExtractNewRecordState`) makes of it, with the added fields `__op`, `__deleted`, `__source_lsn` ….

use paceline_core::change::Op;
use serde::de::MapAccess;

use super::source::{self, Source};
use crate::decoder::Ignored;
use crate::error::DecodeError;
use crate::json::{self, Care, Member, Object, Other};
use crate::piece::Piece;
use crate::plan::{Plan, Row, Slots};

/// How a message is laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `before`, `after`, `source`, `op`.
    #[default]
    Nested,
    /// Columns, and added fields that start with two underscores.
    Flat,
}

/// What a message is about.
pub(super) enum Kind {
    Change(Op),
    Ignored(Ignored),
}

/// A message as JSON values.
#[derive(Default)]
pub(super) struct Envelope<'a> {
    pub(super) slots: Slots<'a>,
    /// Whether there is a row.
    pub(super) row: bool,
    pub(super) source: Source<'a>,
    /// As written.
    pub(super) schema: Option<&'a str>,
    op: Option<Piece<'a>>,
    deleted: Option<Piece<'a>>,
    status: Option<Piece<'a>>,
    /// Whether there is an added field of a flat row.
    added: bool,
    /// Whether there is a key besides times.
    more: bool,
}

impl<'a> Envelope<'a> {
    pub(super) fn read(
        &mut self,
        text: &'a str,
        shape: Shape,
        plan: &Plan,
    ) -> Result<Care, serde_json::Error> {
        *self = Self::default();
        json::read(text, &mut Reader { plan, envelope: self, shape, outer: true })
    }

    /// The shape the message has, whichever it was read by.
    pub(super) fn shape(&self) -> Shape {
        if self.added { Shape::Flat } else { Shape::Nested }
    }

    pub(super) fn kind(&self) -> Result<Kind, DecodeError> {
        let op = self.op.as_ref().and_then(Piece::scalar_text);
        let deleted = self.deleted.as_ref().and_then(Piece::scalar_text);
        let deleted = deleted.is_some_and(|deleted| deleted == "true");
        Ok(Kind::Change(match op.as_deref() {
            _ if deleted => Op::Delete,
            Some("c" | "u" | "r") => Op::Full,
            Some("d") => Op::Delete,
            Some("t") => Op::Overflow,
            Some("m") => return Ok(Kind::Ignored(Ignored::LogicalMessage)),
            Some(op) => return Err(DecodeError::op(op)),
            None if self.added => Op::Full,
            None => {
                return self
                    .bookkeeping()
                    .map(Kind::Ignored)
                    .ok_or(DecodeError::Missing { what: "op" });
            }
        }))
    }

    /// Records without an operation: `{"status":"BEGIN","id":…}` and `{"ts_ms":…}`.
    fn bookkeeping(&self) -> Option<Ignored> {
        match &self.status {
            Some(Piece::Text(status)) if matches!(&**status, "BEGIN" | "END") => {
                Some(Ignored::Transaction)
            }
            _ => (!self.more).then_some(Ignored::Heartbeat),
        }
    }
}

#[derive(Clone, Copy)]
enum Key {
    Schema,
    Payload,
    After,
    Source,
    Op,
    Deleted,
    Status,
    Added(source::Key),
    Column(usize),
}

struct Reader<'a, 'e, 'p> {
    plan: &'p Plan,
    envelope: &'e mut Envelope<'a>,
    shape: Shape,
    /// Whether a schema may be around the message here.
    outer: bool,
}

impl Reader<'_, '_, '_> {
    fn added(&mut self, name: &str) -> Option<Key> {
        self.envelope.added = true;
        Some(match name {
            "op" => Key::Op,
            "deleted" => Key::Deleted,
            _ => {
                let name = name.strip_prefix("source_").unwrap_or(name);
                return source::key(name).map(Key::Added);
            }
        })
    }

    fn nested(&mut self, name: &str) -> Option<Key> {
        let key = match name {
            "after" => Some(Key::After),
            "source" => Some(Key::Source),
            "op" => Some(Key::Op),
            "status" => Some(Key::Status),
            _ => None,
        };
        self.envelope.more |= key.is_some() || !matches!(name, "ts_ms" | "ts_us" | "ts_ns");
        key
    }
}

impl<'a> Object<'a> for Reader<'a, '_, '_> {
    type Key = Key;
    const NOT_AN_OBJECT: &'static str = json::NO_MESSAGE;

    fn begin(&mut self) {
        self.envelope.row = self.shape == Shape::Flat;
        self.plan.empty(&mut self.envelope.slots);
    }

    fn key(&mut self, name: &str) -> Option<Key> {
        match name {
            "schema" if self.outer => return Some(Key::Schema),
            "payload" if self.outer => return Some(Key::Payload),
            _ => {}
        }
        match (name.strip_prefix("__"), self.shape) {
            (Some(added), _) => self.added(added),
            (None, Shape::Nested) => self.nested(name),
            (None, Shape::Flat) => self.plan.find(name).map(Key::Column),
        }
    }

    fn value<M: MapAccess<'a>>(&mut self, key: Key, member: Member<'_, M>) -> Result<(), M::Error> {
        let (plan, shape) = (self.plan, self.shape);
        let envelope = &mut *self.envelope;
        match key {
            Key::After => {
                let mut row = After { row: plan.row(&mut envelope.slots), seen: true };
                member.maybe_object(&mut row)?;
                envelope.row = row.seen;
            }
            Key::Source => member.maybe_object(&mut envelope.source)?,
            Key::Op => envelope.op = Some(member.piece()?),
            Key::Schema => envelope.schema = Some(member.raw()?),
            Key::Payload => member.object(&mut Reader { plan, envelope, shape, outer: false })?,
            Key::Deleted => envelope.deleted = Some(member.piece()?),
            Key::Status => envelope.status = Some(member.piece()?),
            Key::Added(part) => envelope.source.value(part, member)?,
            Key::Column(at) => plan.take(&mut envelope.slots, at, member)?,
        }
        Ok(())
    }
}

/// The row image. Something else than an object is no row, which only an operation that needs one minds: a
/// flat row may have a column of this name.
struct After<'a, 's, 'p> {
    row: Row<'p, 's, 'a>,
    seen: bool,
}

impl<'a> Object<'a> for After<'a, '_, '_> {
    type Key = usize;
    const NOT_AN_OBJECT: &'static str = "the row is not an object";

    fn key(&mut self, name: &str) -> Option<usize> {
        self.row.key(name)
    }

    fn value<M: MapAccess<'a>>(
        &mut self,
        key: usize,
        member: Member<'_, M>,
    ) -> Result<(), M::Error> {
        self.row.value(key, member)
    }

    fn otherwise(&mut self, _other: Other) -> bool {
        self.seen = false;
        true
    }
}
