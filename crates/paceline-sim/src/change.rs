//! One change to one record, or the same change to several at once: what the simulation yields.

use std::fmt;

use jiff::Timestamp;

use crate::{Field, Fields, Id, Row};

/// The three kinds of records that change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Entity {
    /// A deal.
    Opportunity,
    /// A meeting.
    Event,
    /// A thing to do.
    Task,
}

impl Entity {
    /// All entities.
    pub const ALL: [Self; 3] = [Self::Opportunity, Self::Event, Self::Task];

    /// The name in config, native messages and database tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Opportunity => "opportunity",
            Self::Event => "event",
            Self::Task => "task",
        }
    }

    /// The name in Salesforce.
    #[must_use]
    pub fn object(self) -> &'static str {
        match self {
            Self::Opportunity => "Opportunity",
            Self::Event => "Event",
            Self::Task => "Task",
        }
    }
}

impl fmt::Display for Entity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What happened to the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the operation of that name")]
pub enum Op {
    Create,
    Update,
    Delete,
    Undelete,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What happened.
    pub op: Op,
    /// Grows with every record changed anywhere in the simulation, so also within a record.
    pub version: u64,
    /// When it happened; never before the change that came before it.
    pub time: Timestamp,
    /// The record after the change; of a deleted one, as it was.
    pub row: Row,
    /// The fields an update touched, `LastModifiedDate` always among them; empty for the other operations.
    pub changed: Fields,
    /// The user who did it.
    pub actor: Id,
    /// Groups the records that were written together; grows with every change.
    pub transaction: u64,
    /// Further records that got the very same change in the same transaction; almost always empty. The n-th has the
    /// version `version + n`, counting from 1.
    pub rest: Vec<Row>,
}

impl Change {
    /// The entity of the record.
    #[must_use]
    pub fn entity(&self) -> Entity {
        self.row.entity()
    }

    /// The id of the (first) record.
    #[must_use]
    pub fn id(&self) -> Id {
        self.row.id()
    }

    /// Every record changed, with its version.
    pub fn records(&self) -> impl Iterator<Item = (u64, &Row)> {
        (self.version..).zip(std::iter::once(&self.row).chain(&self.rest))
    }

    /// The version of the last record.
    #[must_use]
    pub fn last_version(&self) -> u64 {
        self.version + self.rest.len() as u64
    }

    /// The fields that this change speaks for: all of a full image, the touched ones of an update, none of a delete.
    pub fn fields(&self) -> impl Iterator<Item = Field> + '_ {
        Field::of(self.entity()).iter().copied().filter(|field| match self.op {
            Op::Create | Op::Undelete => true,
            Op::Update => self.changed.contains(*field),
            Op::Delete => false,
        })
    }
}
