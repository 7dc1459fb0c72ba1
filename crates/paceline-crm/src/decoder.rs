//! The door: a Kafka record in, a change out.

use std::fmt;

use jiff::Timestamp;
use paceline_core::change::{Change, Fields, Op};
use paceline_core::entity::EntityId;
use paceline_core::version::Version;
use smallvec::SmallVec;

use crate::binding::{EntityBinding, Format};
use crate::debezium::{self, Schemas};
use crate::error::{DecodeError, Part};
use crate::plan::Plan;
use crate::{key, native, salesforce};

/// A Kafka record, as far as a decoder needs it.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// Its key.
    pub key: Option<&'a [u8]>,
    /// Its value; `None` is a tombstone.
    pub value: Option<&'a [u8]>,
    /// Its Kafka timestamp.
    pub time: Timestamp,
    /// Its offset in its partition.
    pub offset: i64,
}

/// What a message says.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "a change is what nearly every message is, and boxing it would allocate"
)]
pub enum Decoded<'a> {
    /// A change of records.
    Change(Change<'a>),
    /// Nothing that concerns the model.
    Ignored(Ignored),
}

/// Why a well-formed message says nothing that concerns the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ignored {
    /// It is of an entity that is not configured.
    Entity,
    /// A heartbeat of Debezium.
    Heartbeat,
    /// The begin or end of a transaction, from Debezium.
    Transaction,
    /// A logical decoding message, from Debezium.
    LogicalMessage,
    /// A null value in a source without a fixed entity, of a format that sends a delete before it.
    Tombstone,
}

impl Ignored {
    /// Why, in a word.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Entity => "entity",
            Self::Heartbeat => "heartbeat",
            Self::Transaction => "transaction",
            Self::LogicalMessage => "logical_message",
            Self::Tombstone => "tombstone",
        }
    }
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}

/// Reads the messages of one source.
///
/// What it remembers between messages (the entity of the last one, the last schemas, which fields hold
/// fractions) only makes it faster: the same message reads the same at any time.
#[derive(Clone, Debug)]
pub struct Decoder {
    format: Format,
    entities: Entities,
    schemas: Schemas,
}

impl Decoder {
    /// A decoder of a source in `format` whose rows are of the entity `fixed`, or else of the entity that
    /// each message names.
    pub fn new(format: Format, fixed: Option<EntityId>, entities: Vec<EntityBinding>) -> Self {
        Self { format, entities: Entities::new(fixed, entities), schemas: Schemas::default() }
    }

    /// Reads a message.
    ///
    /// # Errors
    /// [`DecodeError`] when the message is not of the source's format or a bound field is malformed.
    pub fn decode<'a>(&mut self, message: &Message<'a>) -> Result<Decoded<'a>, DecodeError> {
        let Some(value) = message.value else { return self.tombstone(message) };
        let text = key::utf8(value, Part::Value)?;
        match self.format {
            Format::Paceline => native::decode(&mut self.entities, text, message),
            Format::Salesforce => salesforce::decode(&mut self.entities, text, message),
            Format::Debezium => {
                debezium::decode(&mut self.entities, &mut self.schemas, text, message)
            }
        }
    }

    fn tombstone<'a>(&mut self, message: &Message<'a>) -> Result<Decoded<'a>, DecodeError> {
        let Some(plan) = self.entities.fixed() else {
            return match self.format {
                Format::Paceline => Err(DecodeError::MissingEntity),
                Format::Salesforce | Format::Debezium => Ok(Decoded::Ignored(Ignored::Tombstone)),
            };
        };
        let id = match self.format {
            Format::Paceline => key::plain(message.key),
            Format::Salesforce | Format::Debezium => key::id(message.key),
        }?;
        Ok(Decoded::Change(Change {
            entity: plan.entity,
            ids: SmallVec::from_buf([id]),
            op: Op::Tombstone,
            version: Version::MIN,
            time: message.time,
            actor: None,
            fields: Fields::new(),
        }))
    }
}

/// The entities of a source, and which of them a message is probably of.
#[derive(Clone, Debug)]
pub(crate) struct Entities {
    /// At least one.
    plans: Vec<Plan>,
    fixed: bool,
    /// The fixed entity, or that of the last message.
    likely: usize,
}

impl Entities {
    fn new(fixed: Option<EntityId>, entities: Vec<EntityBinding>) -> Self {
        let mut plans: Vec<Plan> = entities.into_iter().map(Plan::new).collect();
        let found = fixed.and_then(|entity| plans.iter().position(|plan| plan.entity == entity));
        if plans.is_empty() || found.is_none() && fixed.is_some() {
            let entity = fixed.unwrap_or(EntityId(u16::MAX));
            plans.push(Plan::new(EntityBinding { entity, names: Vec::new(), fields: Vec::new() }));
        }
        let likely = if fixed.is_some() { plans.len() - 1 } else { 0 };
        Self { likely: found.unwrap_or(likely), fixed: fixed.is_some(), plans }
    }

    /// The plan a message is first read by, before its entity is known.
    pub(crate) fn likely(&self) -> &Plan {
        &self.plans[self.likely]
    }

    /// The same, to learn from a message.
    pub(crate) fn likely_mut(&mut self) -> &mut Plan {
        &mut self.plans[self.likely]
    }

    /// Settles the entity: whether the likely plan was right, else it becomes so and the message is to be
    /// read again. A fixed entity is always right. `None`: no such entity is configured.
    pub(crate) fn settle(&mut self, name: &str) -> Option<Guess> {
        if self.fixed || answers(self.likely(), name) {
            return Some(Guess::Right);
        }
        self.likely = self.plans.iter().position(|plan| answers(plan, name))?;
        Some(Guess::Wrong)
    }

    /// Whether the config names the entity.
    pub(crate) fn is_fixed(&self) -> bool {
        self.fixed
    }

    fn fixed(&self) -> Option<&Plan> {
        self.fixed.then(|| self.likely())
    }
}

/// Whether a message was read by its own entity's plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Guess {
    Right,
    Wrong,
}

fn answers(plan: &Plan, name: &str) -> bool {
    let same = |known: &String| {
        known.eq_ignore_ascii_case(name) || !name.is_ascii() && *known == name.to_lowercase()
    };
    plan.names.iter().any(same)
}
