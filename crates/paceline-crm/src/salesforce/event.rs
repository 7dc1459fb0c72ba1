//! The shapes around header and row: CometD's `payload` and `event` (perhaps under `data`), and the flat row.

use std::borrow::Cow;

use paceline_core::version::Version;

use super::header::{Header, Names};
use crate::error::{DecodeError, Part, Problem};
use crate::json::{self, Object};
use crate::plan::{Plan, Slots};
use crate::scan::{Cursor, Malformed};
use crate::wrapped::Wrapper;

/// An event as raw text.
#[derive(Default)]
pub(super) struct Event<'a> {
    pub(super) header: Header<'a>,
    pub(super) slots: Slots<'a>,
    object_type: Option<&'a str>,
    replay_id: Option<&'a str>,
    schema: Option<&'a str>,
    flat: bool,
}

impl<'a> Event<'a> {
    pub(super) fn read(
        text: &'a str,
        wrapper: &mut Option<Wrapper>,
        plan: &Plan,
    ) -> Result<Self, DecodeError> {
        let event = match Self::unwrapped(text, wrapper.as_ref(), plan) {
            Some(event) => event,
            None => Self::walked(text, plan, true)
                .map_err(|malformed| malformed.within(text, Part::Value))?,
        };
        if let Some(schema) = event.schema.filter(|schema| schema.starts_with('{')) {
            *wrapper = Wrapper::around(text, schema);
        }
        if event.header.seen {
            Ok(event)
        } else {
            Err(DecodeError::Missing { what: "ChangeEventHeader" })
        }
    }

    /// Reads only the payload behind a known schema.
    fn unwrapped(text: &'a str, wrapper: Option<&Wrapper>, plan: &Plan) -> Option<Self> {
        Self::walked(wrapper?.strip(text)?, plan, false).ok()
    }

    fn walked(text: &'a str, plan: &Plan, outer: bool) -> Result<Self, Malformed> {
        let mut event = Self::default();
        let mut reader = Reader { row: plan, event: &mut event, outer };
        json::walk(text, &mut reader)?;
        Ok(event)
    }

    /// The entity's name, from the header or else from the flat row's `_ObjectType` (`ContactChangeEvent`;
    /// of a custom object `Box__ChangeEvent`).
    pub(super) fn entity(&self) -> Option<Cow<'a, str>> {
        if let Some(name) = self.header.entity.and_then(json::scalar_text) {
            return Some(name);
        }
        let name = json::scalar_text(self.object_type?)?;
        Some(match name.strip_suffix("ChangeEvent") {
            Some(custom) if custom.ends_with("__") => Cow::Owned(format!("{custom}c")),
            Some(standard) => Cow::Owned(standard.to_owned()),
            None => name,
        })
    }

    pub(super) fn version(&self) -> Result<Version, DecodeError> {
        match self.replay_id.and_then(json::integer) {
            Some(replay_id) => Ok(Version::from_counter(replay_id)),
            None => self.header.version(),
        }
    }

    /// The names for which null on an update is a value; `None` when it is for every name.
    pub(super) fn names_that_null(&self) -> Option<Names<'a>> {
        if self.flat {
            self.header.nulled.or(Some(self.header.changed))
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
    Flat,
    Inner,
    Outer,
    Event,
    Schema,
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
    const NOT_AN_OBJECT: Problem = Problem::MessageShape;

    fn begin(&mut self) {
        self.event.slots.clear();
        self.event.slots.resize(self.row.paths.len(), None);
    }

    fn key(&mut self, name: &str) -> Option<Key> {
        match name {
            "ChangeEventHeader" => Some(Key::Header),
            "ReplayId" => Some(Key::FlatReplayId),
            "_ObjectType" => Some(Key::ObjectType),
            "_EventType" => Some(Key::Flat),
            "payload" if self.outer => Some(Key::Inner),
            "data" if self.outer => Some(Key::Outer),
            "event" if self.outer => Some(Key::Event),
            "replayId" if self.outer => Some(Key::ReplayId),
            "schema" if self.outer => Some(Key::Schema),
            _ => self.row.find(name).map(Key::Field),
        }
    }

    fn value(&mut self, key: Key, cursor: &mut Cursor<'a>) -> Result<(), Malformed> {
        let event = &mut *self.event;
        match key {
            Key::Header => {
                event.header = Header::default();
                cursor.walk(&mut event.header)?;
            }
            Key::ObjectType => (event.flat, event.object_type) = (true, Some(cursor.raw()?)),
            Key::FlatReplayId => (event.flat, event.replay_id) = (true, Some(cursor.raw()?)),
            Key::ReplayId => event.replay_id = Some(cursor.raw()?),
            Key::Flat => (event.flat, _) = (true, cursor.raw()?),
            Key::Inner => cursor.walk(&mut Reader { row: self.row, event, outer: false })?,
            Key::Outer => cursor.walk(&mut Reader { row: self.row, event, outer: true })?,
            Key::Event => cursor.walk(&mut Delivery { replay_id: &mut event.replay_id })?,
            Key::Schema => event.schema = Some(cursor.raw()?),
            Key::Field(at) => self.row.take(&mut event.slots, at, cursor)?,
        }
        Ok(())
    }
}

/// `{"replayId":8407465}` beside the payload.
struct Delivery<'a, 'e> {
    replay_id: &'e mut Option<&'a str>,
}

impl<'a> Object<'a> for Delivery<'a, '_> {
    type Key = ();
    const NOT_AN_OBJECT: Problem = Problem::EventShape;

    fn key(&mut self, name: &str) -> Option<()> {
        (name == "replayId").then_some(())
    }

    fn value(&mut self, (): (), cursor: &mut Cursor<'a>) -> Result<(), Malformed> {
        *self.replay_id = Some(cursor.raw()?);
        Ok(())
    }
}
