//! What the CRM said: one change of one or more records, in the one form every source format is read into.

use std::borrow::Cow;

use jiff::Timestamp;
use smallvec::SmallVec;

use crate::day::Day;
use crate::decimal::Decimal;
use crate::entity::{EntityId, FieldId};
use crate::version::Version;

/// One change of one or more records of one entity.
#[derive(Clone, Debug, PartialEq)]
pub struct Change<'a> {
    /// The entity of the records.
    pub entity: EntityId,
    /// The records that changed; empty only for [`Op::Overflow`].
    pub ids: SmallVec<[Cow<'a, str>; 1]>,
    /// What happened to them.
    pub op: Op,
    /// When in each record's history; ignored for [`Op::Tombstone`].
    pub version: Version,
    /// When it happened in the CRM, else the Kafka timestamp.
    pub time: Timestamp,
    /// Who made it, where the message tells: an id of a user of the CRM.
    pub actor: Option<Cow<'a, str>>,
    /// The fields the change speaks of. Of a full image, what is not listed is null.
    pub fields: Fields<'a>,
}

/// The fields a change speaks of, each at most once.
pub type Fields<'a> = SmallVec<[(FieldId, Mention<'a>); 12]>;

/// What happened to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// A full image: created, undeleted, read by a snapshot, or an update that carries the whole row.
    Full,
    /// Only what is listed changed.
    Patch,
    /// The record is gone.
    Delete,
    /// A null value on the record's key: gone, at whatever version the image has.
    Tombstone,
    /// The record changed, but the source does not say how.
    Gap,
    /// Any records of the entity changed, and the source does not say which.
    Overflow,
}

/// What a change says of one field.
#[derive(Clone, Debug, PartialEq)]
pub enum Mention<'a> {
    /// It has this value.
    Set(Value<'a>),
    /// It is empty.
    Null,
    /// Nothing, although the image is full: the source left the value out because it did not change.
    Kept,
}

/// A value of a field.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// Of [`crate::entity::FieldType::Text`].
    Text(Cow<'a, str>),
    /// Of [`crate::entity::FieldType::Bool`].
    Bool(bool),
    /// Of [`crate::entity::FieldType::Int`].
    Int(i64),
    /// Of [`crate::entity::FieldType::Decimal`].
    Decimal(Decimal),
    /// Of [`crate::entity::FieldType::Date`].
    Date(Day),
    /// Of [`crate::entity::FieldType::Timestamp`].
    Timestamp(Timestamp),
}
