//! The shapes around header and row: CometD's `payload` and `event` (perhaps under `data`), and the flat row.

use std::borrow::Cow;

use paceline_core::version::Version;
use serde::de::MapAccess;

use super::header::{Header, List};
use crate::error::{DecodeError, Part};
use crate::json::{self, Member, Object};
use crate::piece::Piece;
use crate::plan::{Plan, Slots};

/// An event as JSON values.
#[derive(Default)]
pub(super) struct Event<'a> {
    pub(super) header: Header<'a>,
    pub(super) slots: Slots<'a>,
    object_type: Option<Piece<'a>>,
    replay_id: Option<Piece<'a>>,
    flat: bool,
}

impl<'a> Event<'a> {
    pub(super) fn read(text: &'a str, plan: &mut Plan) -> Result<Self, DecodeError> {
        let mut event = Self::default();
        let read = json::read(text, &mut Reader { row: plan, event: &mut event, outer: true });
        plan.learn(read.map_err(|error| DecodeError::json(Part::Value, error))?, &event.slots);
        if event.header.seen {
            Ok(event)
        } else {
            Err(DecodeError::Missing { what: "ChangeEventHeader" })
        }
    }

    /// The entity's name, from the header or else from the flat row's `_ObjectType` (`ContactChangeEvent`;
    /// of a custom object `Box__ChangeEvent`).
    pub(super) fn entity(&self) -> Option<Cow<'a, str>> {
        if let Some(name) = self.header.entity.as_ref().and_then(Piece::scalar_text) {
            return Some(name);
        }
        let name = self.object_type.as_ref()?.scalar_text()?;
        Some(match name.strip_suffix("ChangeEvent") {
            Some(custom) if custom.ends_with("__") => Cow::Owned(format!("{custom}c")),
            Some(standard) => Cow::Owned(standard.to_owned()),
            None => name,
        })
    }

    pub(super) fn version(&self) -> Result<Version, DecodeError> {
        match self.replay_id.as_ref().and_then(Piece::integer) {
            Some(replay_id) => Ok(Version::from_counter(replay_id)),
            None => self.header.version(),
        }
    }

    /// The names for which null on an update is a value; `None` when it is for every name.
    pub(super) fn names_that_null(&self) -> Option<List<'a>> {
        if self.flat {
            Some(self.header.nulled.unwrap_or(self.header.changed))
        } else {
            self.header.nulled
        }
    }
}

#[derive(Clone, Copy)]
enum Key {
    Header,
    ObjectType,
    FlatReplayId,
    ReplayId,
    Inner,
    Outer,
    Event,
    Field(usize),
}

struct Reader<'a, 'e, 'p> {
    row: &'p Plan,
    event: &'e mut Event<'a>,
    /// Whether this object may be a wrapper. Names of Salesforce's own fields start with a capital, custom
    /// ones end in `__c`, so the wrappers' keys are no fields.
    outer: bool,
}

impl<'a> Object<'a> for Reader<'a, '_, '_> {
    type Key = Key;
    const NOT_AN_OBJECT: &'static str = json::NO_MESSAGE;

    fn begin(&mut self) {
        self.row.empty(&mut self.event.slots);
    }

    fn key(&mut self, name: &str) -> Option<Key> {
        match name {
            "ChangeEventHeader" => Some(Key::Header),
            "ReplayId" => Some(Key::FlatReplayId),
            "_ObjectType" => Some(Key::ObjectType),
            "_EventType" => {
                self.event.flat = true;
                None
            }
            "payload" if self.outer => Some(Key::Inner),
            "data" if self.outer => Some(Key::Outer),
            "event" if self.outer => Some(Key::Event),
            "replayId" if self.outer => Some(Key::ReplayId),
            "schema" if self.outer => None,
            _ => self.row.find(name).map(Key::Field),
        }
    }

    fn value<M: MapAccess<'a>>(&mut self, key: Key, member: Member<'_, M>) -> Result<(), M::Error> {
        let event = &mut *self.event;
        match key {
            Key::Header => {
                event.header = Header::default();
                member.object(&mut event.header)?;
            }
            Key::ObjectType => (event.flat, event.object_type) = (true, Some(member.piece()?)),
            Key::FlatReplayId => (event.flat, event.replay_id) = (true, Some(member.piece()?)),
            Key::ReplayId => event.replay_id = Some(member.piece()?),
            Key::Inner => member.object(&mut Reader { row: self.row, event, outer: false })?,
            Key::Outer => member.object(&mut Reader { row: self.row, event, outer: true })?,
            Key::Event => member.object(&mut Delivery { replay_id: &mut event.replay_id })?,
            Key::Field(at) => self.row.take(&mut event.slots, at, member)?,
        }
        Ok(())
    }
}

/// `{"replayId":8407465}` beside the payload.
struct Delivery<'a, 'e> {
    replay_id: &'e mut Option<Piece<'a>>,
}

impl<'a> Object<'a> for Delivery<'a, '_> {
    type Key = ();
    const NOT_AN_OBJECT: &'static str = "event is not an object";

    fn key(&mut self, name: &str) -> Option<()> {
        (name == "replayId").then_some(())
    }

    fn value<M: MapAccess<'a>>(&mut self, (): (), member: Member<'_, M>) -> Result<(), M::Error> {
        *self.replay_id = Some(member.piece()?);
        Ok(())
    }
}
