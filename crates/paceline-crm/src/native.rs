//! Paceline's own format: [`Format::Paceline`](crate::Format::Paceline).

use jiff::Timestamp;
use paceline_core::change::{Change, Fields, Op};
use paceline_core::entity::FieldType;
use paceline_core::version::Version;
use serde::de::MapAccess;
use smallvec::SmallVec;

use crate::decoder::{Decoded, Entities, Guess, Ignored, Message};
use crate::error::{DecodeError, Fault, Part};
use crate::json::{self, Member, Object};
use crate::key;
use crate::piece::{Piece, texts};
use crate::plan::{Plan, Slots};
use crate::scalar::Dialect;
use crate::time;

/// Reads a message whose value is `text`.
pub(crate) fn decode<'a>(
    entities: &mut Entities,
    text: &'a str,
    message: &Message<'a>,
) -> Result<Decoded<'a>, DecodeError> {
    let mut record = Record::default();
    record.read(text, entities.likely_mut())?;
    if !entities.is_fixed() {
        let name = record.entity.as_ref().and_then(Piece::scalar_text);
        let name = name.ok_or(DecodeError::MissingEntity)?;
        match entities.settle(&name) {
            None => return Ok(Decoded::Ignored(Ignored::Entity)),
            Some(Guess::Right) => {}
            Some(Guess::Wrong) => record.read(text, entities.likely_mut())?,
        }
    }
    let mut change = record.change(entities.likely(), message)?;
    record.fields(&mut change, entities.likely())?;
    Ok(Decoded::Change(change))
}

/// A message as JSON values.
#[derive(Default)]
struct Record<'a> {
    entity: Option<Piece<'a>>,
    id: Option<Piece<'a>>,
    op: Option<Piece<'a>>,
    version: Option<Piece<'a>>,
    time: Option<Piece<'a>>,
    set: Slots<'a>,
    /// As written.
    unset: Option<&'a str>,
}

impl<'a> Record<'a> {
    fn read(&mut self, text: &'a str, plan: &mut Plan) -> Result<(), DecodeError> {
        let read = json::read(text, &mut Reader { plan, record: self });
        plan.learn(read.map_err(|error| DecodeError::json(Part::Value, error))?, &self.set);
        Ok(())
    }

    /// The change, still without its fields.
    fn change(&self, plan: &Plan, message: &Message<'a>) -> Result<Change<'a>, DecodeError> {
        let op = self.op()?;
        Ok(Change {
            entity: plan.entity,
            ids: SmallVec::from_buf([
                match self.id.as_ref().map(key::id_text).transpose()?.flatten() {
                    Some(id) => id,
                    None => key::plain(message.key)?,
                },
            ]),
            op,
            version: self.version(message)?,
            time: self.time()?.unwrap_or(message.time),
            actor: None,
            fields: Fields::new(),
        })
    }

    fn op(&self) -> Result<Op, DecodeError> {
        let op = self.op.as_ref().and_then(Piece::scalar_text);
        let op = op.ok_or(DecodeError::Missing { what: "op" })?;
        Ok(match &*op {
            "upsert" | "undelete" => Op::Full,
            "patch" => Op::Patch,
            "delete" => Op::Delete,
            "gap" => Op::Gap,
            _ => return Err(DecodeError::op(&op)),
        })
    }

    fn version(&self, message: &Message<'_>) -> Result<Version, DecodeError> {
        let counter = match &self.version {
            None | Some(Piece::Null) => message.offset,
            Some(piece @ (Piece::Int(_) | Piece::Number(_))) => {
                piece.integer().ok_or(DecodeError::Version { what: "version" })?
            }
            Some(_) => return Err(DecodeError::Version { what: "version" }),
        };
        Ok(Version::from_counter(counter))
    }

    fn time(&self) -> Result<Option<Timestamp>, DecodeError> {
        let instant = match &self.time {
            None | Some(Piece::Null) => return Ok(None),
            Some(Piece::Text(text)) => time::instant(text),
            Some(_) => None,
        };
        let fault = Fault::Expected(FieldType::Timestamp);
        instant.map(Some).ok_or(DecodeError::Envelope { what: "time", fault })
    }

    fn fields(&mut self, change: &mut Change<'a>, plan: &Plan) -> Result<(), DecodeError> {
        if !matches!(change.op, Op::Full | Op::Patch) {
            return Ok(());
        }
        self.set.resize_with(plan.paths.len(), || None);
        self.apply_unset(plan)?;
        plan.read(&self.set, |_| Dialect::Paceline, &mut change.fields)
    }

    /// A name in `unset` nulls its own path and, of a nested object, every path below it.
    fn apply_unset(&mut self, plan: &Plan) -> Result<(), DecodeError> {
        let Some(raw) = self.unset else { return Ok(()) };
        let names = texts(raw).ok_or(DecodeError::Envelope {
            what: "unset",
            fault: Fault::Expected(FieldType::Text),
        })?;
        for name in names {
            for (path, slot) in plan.paths.iter().zip(&mut self.set) {
                let below = path.strip_prefix(&*name);
                if below.is_some_and(|below| below.is_empty() || below.starts_with('.')) {
                    *slot = Some(Piece::Null);
                }
            }
        }
        Ok(())
    }
}

#[derive(Clone, Copy)]
enum Key {
    Entity,
    Id,
    Op,
    Version,
    Time,
    Set,
    Unset,
}

struct Reader<'a, 'r, 'p> {
    plan: &'p Plan,
    record: &'r mut Record<'a>,
}

impl<'a> Object<'a> for Reader<'a, '_, '_> {
    type Key = Key;
    const NOT_AN_OBJECT: &'static str = json::NO_MESSAGE;

    fn key(&mut self, name: &str) -> Option<Key> {
        Some(match name {
            "entity" => Key::Entity,
            "id" => Key::Id,
            "op" => Key::Op,
            "version" => Key::Version,
            "time" => Key::Time,
            "set" => Key::Set,
            "unset" => Key::Unset,
            _ => return None,
        })
    }

    fn value<M: MapAccess<'a>>(&mut self, key: Key, member: Member<'_, M>) -> Result<(), M::Error> {
        let record = &mut *self.record;
        let part = match key {
            Key::Set => return member.object(&mut self.plan.row(&mut record.set)),
            Key::Unset => {
                record.unset = Some(member.raw()?);
                return Ok(());
            }
            Key::Entity => &mut record.entity,
            Key::Id => &mut record.id,
            Key::Op => &mut record.op,
            Key::Version => &mut record.version,
            Key::Time => &mut record.time,
        };
        *part = Some(member.piece()?);
        Ok(())
    }
}
