//! What the config says of a source: its format, its entities and where their fields stand in a message.

use std::fmt;
use std::str::FromStr;

use paceline_core::entity::{EntityId, FieldId, FieldType};

/// The format of a source's messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Paceline's own: `{"entity","id","op","version","time","set","unset"}`.
    ///
    /// `op` is `upsert` or `undelete` (full image: what is not in `set` is null), `patch`, `delete` or `gap`.
    /// A name in `unset` is null even if it is also in `set`. Without `id` the Kafka key is the id, without
    /// `version` the Kafka offset is the version, without `time` the Kafka timestamp is the time. A null value
    /// is a delete of the record that the Kafka key names.
    Paceline,
    /// Salesforce Change Data Capture as JSON: the CometD message, the flat row of Confluent's source
    /// connector (version 1), and decoded Pub/Sub messages.
    ///
    /// They differ in what a null on an update means. CometD carries only what changed, so null is a value.
    /// A flat row carries every field, so null counts only for a name in `changedFields`; where the header
    /// has `nulledFields`, only for a name in those. A bound field in `diffFields` holds a diff instead of a
    /// value: the change is then a gap.
    Salesforce,
    /// The change envelope of Debezium, with or without its schema, and the flat row that its unwrap
    /// transform makes of it (recognised by `__op`, `__deleted` or another added field).
    Debezium,
}

impl Format {
    const NAMES: [(Self, &'static str); 3] = [
        (Self::Paceline, "paceline"),
        (Self::Salesforce, "salesforce"),
        (Self::Debezium, "debezium"),
    ];
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Paceline => "paceline",
            Self::Salesforce => "salesforce",
            Self::Debezium => "debezium",
        })
    }
}

/// A format name that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected one of paceline, salesforce, debezium")]
pub struct UnknownFormat;

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        let named = Self::NAMES.iter().find(|(_, candidate)| *candidate == name);
        named.map(|(format, _)| *format).ok_or(UnknownFormat)
    }
}

/// An entity as a source knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntityBinding {
    /// The entity.
    pub entity: EntityId,
    /// The lower-case names it goes by in messages, the config's own name first.
    pub names: Vec<String>,
    /// Its fields.
    pub fields: Vec<FieldBinding>,
}

/// Where a field stands in a row, and what it must hold. JSON null is null for every type; besides:
///
/// | type | JSON |
/// |---|---|
/// | text | a string; a number or a bool as its literal text |
/// | bool | `true`, `false`, also as strings; Debezium also 0 and 1 |
/// | int | an integer (`40` or `40.0`) as number or string |
/// | decimal | a number or string, read exactly; `NaN` in any case is null; Debezium: see `scale`, and ±infinity is null |
/// | date | `YYYY-MM-DD`, also with `Z` or midnight behind it; Salesforce: epoch milliseconds; Debezium: epoch days, or as the schema says; its infinities are null |
/// | timestamp | ISO 8601 with an offset; Salesforce: epoch milliseconds; Debezium: a number in the unit the schema says, else by magnitude (below 10^14 milliseconds, below 10^17 microseconds, else nanoseconds); its infinities are null |
///
/// A time of day other than midnight in a date is an error, because its day depends on a time zone. An
/// instant beyond what [`jiff::Timestamp`] holds, but of a year to 9999, is the last (first) one it holds.
/// In Salesforce an empty string is null for every type but text; elsewhere it is an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldBinding {
    /// The field.
    pub id: FieldId,
    /// Its key in the row; dotted for a key of a nested object.
    pub path: String,
    /// What it holds.
    pub kind: FieldType,
    /// Debezium only: the decimal places of a decimal that is sent as base64 of its unscaled bytes
    /// (`decimal.handling.mode=precise`) without a schema that says so. A schema wins over it.
    pub scale: Option<i32>,
}
