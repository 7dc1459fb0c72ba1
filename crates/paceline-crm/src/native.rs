//! Paceline's own format: [`Format::Paceline`](crate::Format::Paceline).

use jiff::Timestamp;
use paceline_core::change::{Change, Fields, Op};
use paceline_core::entity::FieldType;
use paceline_core::version::Version;
use smallvec::SmallVec;

use crate::decoder::{Decoded, Entities, Guess, Ignored, Message};
use crate::error::{DecodeError, Fault, Part, Problem};
use crate::json::{self, Object, Piece};
use crate::key;
use crate::plan::{Plan, Slots};
use crate::scalar::Dialect;
use crate::scan::{Cursor, Malformed};
use crate::time;

/// Reads a message whose value is `text`.
pub(crate) fn decode<'a>(
    entities: &mut Entities,
    text: &'a str,
    message: &Message<'a>,
) -> Result<Decoded<'a>, DecodeError> {
    let mut record = Record::default();
    record.read(text, entities.likely())?;
    if !entities.is_fixed() {
        let name = record.entity.and_then(json::scalar_text).ok_or(DecodeError::MissingEntity)?;
        match entities.settle(&name) {
            None => return Ok(Decoded::Ignored(Ignored::Entity)),
            Some(Guess::Right) => {}
            Some(Guess::Wrong) => record.read(text, entities.likely())?,
        }
    }
    let mut change = record.change(entities.likely(), message)?;
    record.fields(&mut change, entities.likely())?;
    Ok(Decoded::Change(change))
}

/// A message as raw text.
#[derive(Default)]
struct Record<'a> {
    entity: Option<&'a str>,
    id: Option<&'a str>,
    op: Option<&'a str>,
    version: Option<&'a str>,
    time: Option<&'a str>,
    set: Slots<'a>,
    unset: Option<&'a str>,
}

impl<'a> Record<'a> {
    fn read(&mut self, text: &'a str, plan: &Plan) -> Result<(), DecodeError> {
        json::walk(text, &mut Reader { plan, record: self })
            .map_err(|malformed| malformed.within(text, Part::Value))
    }

    /// The change, still without its fields.
    fn change(&self, plan: &Plan, message: &Message<'a>) -> Result<Change<'a>, DecodeError> {
        let op = self.op()?;
        Ok(Change {
            entity: plan.entity,
            ids: SmallVec::from_buf([match self.id.map(key::id_text).transpose()?.flatten() {
                Some(id) => id,
                None => key::plain(message.key)?,
            }]),
            op,
            version: self.version(message)?,
            time: self.time()?.unwrap_or(message.time),
            fields: Fields::new(),
        })
    }

    fn op(&self) -> Result<Op, DecodeError> {
        let op = self.op.and_then(json::scalar_text).ok_or(DecodeError::Missing { what: "op" })?;
        Ok(match &*op {
            "upsert" | "undelete" => Op::Full,
            "patch" => Op::Patch,
            "delete" => Op::Delete,
            "gap" => Op::Gap,
            _ => return Err(DecodeError::op(&op)),
        })
    }

    fn version(&self, message: &Message<'_>) -> Result<Version, DecodeError> {
        let counter = match self.version {
            None | Some("null") => message.offset,
            Some(raw) => raw.parse().map_err(|_| DecodeError::Version { what: "version" })?,
        };
        Ok(Version::from_counter(counter))
    }

    fn time(&self) -> Result<Option<Timestamp>, DecodeError> {
        let Some(raw) = self.time.filter(|raw| *raw != "null") else { return Ok(None) };
        let instant = match json::piece(raw) {
            Ok(Piece::Text(text)) => time::instant(&text),
            _ => None,
        };
        let fault = Fault::Expected(FieldType::Timestamp);
        instant.map(Some).ok_or(DecodeError::Envelope { what: "time", fault })
    }

    fn fields(&mut self, change: &mut Change<'a>, plan: &Plan) -> Result<(), DecodeError> {
        if !matches!(change.op, Op::Full | Op::Patch) {
            return Ok(());
        }
        self.set.resize(plan.paths.len(), None);
        self.apply_unset(plan)?;
        plan.read(&self.set, |_| Dialect::Paceline, &mut change.fields)
    }

    /// A name in `unset` nulls its own path and, of a nested object, every path below it.
    fn apply_unset(&mut self, plan: &Plan) -> Result<(), DecodeError> {
        let Some(raw) = self.unset.filter(|raw| *raw != "null") else { return Ok(()) };
        let fault =
            DecodeError::Envelope { what: "unset", fault: Fault::Expected(FieldType::Text) };
        let Some(names) = json::elements(raw) else { return Err(fault) };
        for name in names {
            let Ok(Piece::Text(name)) = json::piece(name) else { return Err(fault) };
            for (path, slot) in plan.paths.iter().zip(&mut self.set) {
                let below = path.strip_prefix(&*name);
                if below.is_some_and(|below| below.is_empty() || below.starts_with('.')) {
                    *slot = Some("null");
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
    const NOT_AN_OBJECT: Problem = Problem::MessageShape;

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

    fn value(&mut self, key: Key, cursor: &mut Cursor<'a>) -> Result<(), Malformed> {
        let record = &mut *self.record;
        let part = match key {
            Key::Set => {
                let mut row = self.plan.row(&mut record.set);
                cursor.walk(&mut row)?;
                return if row.null { Err(cursor.malformed(Problem::RowShape)) } else { Ok(()) };
            }
            Key::Entity => &mut record.entity,
            Key::Id => &mut record.id,
            Key::Op => &mut record.op,
            Key::Version => &mut record.version,
            Key::Time => &mut record.time,
            Key::Unset => &mut record.unset,
        };
        *part = Some(cursor.raw()?);
        Ok(())
    }
}
