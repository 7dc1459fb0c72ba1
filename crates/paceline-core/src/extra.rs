//! Extras: the cells of a record that no message speaks of.
//!
//! They stand behind the cells of its fields, so that a [`FieldId`] names them too and whatever looks at a record looks
//! at them alike: what it remembers of its past, what it borrows of a record that it names, and how it is split.

use crate::entity::{EntityId, FieldId, FieldType};
use crate::moment::Moment;

/// A cell of a record behind those of its fields.
#[derive(Clone, Debug, PartialEq)]
pub enum Extra {
    /// What it remembers.
    Moment(Moment),
    /// A field of the record that a link names: unknown while that was never seen, null when it is deleted or none is
    /// named.
    Borrowed {
        /// The link.
        link: Link,
        /// The field of the record it names.
        field: FieldId,
        /// What that holds.
        kind: FieldType,
    },
    /// Whether the record that a link names is in doubt.
    Doubt(Link),
    /// Whether one of its splits is in doubt. The cell stands for its splits as a whole: it counts as changed whenever
    /// one of them is another.
    Splits(Splits),
}

/// A text field that names a record of another entity by its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// The field.
    pub field: FieldId,
    /// The other entity.
    pub entity: EntityId,
}

/// Where it stands who shares in a record: in records of another entity, each of which names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Splits {
    /// The entity of the splits.
    pub entity: EntityId,
    /// Their text field that holds the id of the record.
    pub record: FieldId,
    /// Their text field that names the rep.
    pub who: FieldId,
    /// Their field of type int or decimal that holds the share, in percent.
    pub share: FieldId,
    /// Their field of type bool that says whether the share is overlay; without one none is.
    pub overlay: Option<FieldId>,
}

impl Extra {
    /// What the cell holds.
    pub const fn kind(&self) -> FieldType {
        match self {
            Self::Moment(moment) => moment.kind.field_type(),
            Self::Borrowed { kind, .. } => *kind,
            Self::Doubt(_) | Self::Splits(_) => FieldType::Bool,
        }
    }
}
