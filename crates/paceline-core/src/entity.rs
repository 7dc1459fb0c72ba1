//! Entities and their fields: what of a CRM row the numbers need.

use std::fmt;

use crate::extra::{Extra, Link};

/// Which entity, as an index into the model's entities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityId(pub u16);

/// Which field of an entity, as an index into [`Entity::fields`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldId(pub u8);

/// The most fields of one entity that may be needed by KPIs: a set of fields is a bit mask of 64.
pub const FIELDS_MAX: usize = 64;

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FieldType {
    /// Text.
    Text,
    /// True or false.
    Bool,
    /// A whole number of 64 bits.
    Int,
    /// An exact decimal.
    Decimal,
    /// A calendar day.
    Date,
    /// An instant.
    Timestamp,
}

impl fmt::Display for FieldType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Decimal => "decimal",
            Self::Date => "date",
            Self::Timestamp => "timestamp",
        })
    }
}

/// A field of an entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name in filters and expressions; empty for one that only other fields refer to.
    pub name: String,
    /// What it holds.
    pub kind: FieldType,
    /// Of money the field that holds the code of its currency. Without one it is a number like any other.
    pub currency: Option<FieldId>,
}

/// An entity with the fields that are kept of its records.
#[derive(Clone, Debug, PartialEq)]
pub struct Entity {
    /// Its name in the config, lower case: `opportunity`.
    pub name: String,
    /// The kept fields; [`FieldId`] is the index. With the extras at most [`FIELDS_MAX`].
    pub fields: Vec<Field>,
    /// What else its records hold. Their cells come after those of the fields, so that a [`FieldId`] names them too.
    pub extras: Vec<Extra>,
}

impl Entity {
    /// The field of a name.
    pub fn field(&self, name: &str) -> Option<(FieldId, &Field)> {
        let is_it = |field: &Field| !name.is_empty() && field.name == name;
        let at = self.fields.iter().position(is_it)?;
        Some((FieldId(at as u8), &self.fields[at]))
    }

    /// The names of its fields.
    pub fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.fields.iter().map(|field| field.name.as_str()).filter(|name| !name.is_empty())
    }

    /// What the cells of a record hold, in their order.
    pub fn cell_types(&self) -> Vec<FieldType> {
        let fields = self.fields.iter().map(|field| field.kind);
        fields.chain(self.extras.iter().map(Extra::kind)).collect()
    }

    /// The extras, each with its cell.
    pub fn extra_cells(&self) -> impl Iterator<Item = (FieldId, &Extra)> {
        let first = self.fields.len();
        let cell = move |(nth, extra)| (FieldId((first + nth) as u8), extra);
        self.extras.iter().enumerate().map(cell)
    }

    /// The cells that say whether what stands in some cells, a bit mask, is in doubt for another record's sake.
    pub fn doubts_of(&self, cells: u64) -> u64 {
        let used = |(cell, extra)| match extra {
            &Extra::Borrowed { link, .. } if cells & FieldId::bit(cell) != 0 => Some(link),
            _ => None,
        };
        let links: Vec<Link> = self.extra_cells().filter_map(used).collect();
        let doubts = self.extra_cells().filter(|(cell, extra)| match extra {
            Extra::Doubt(link) => links.contains(link),
            Extra::Splits(_) => cells & cell.bit() != 0,
            Extra::Moment(_) | Extra::Borrowed { .. } => false,
        });
        doubts.fold(0, |mask, (cell, _)| mask | cell.bit())
    }
}

impl FieldId {
    /// The field as a bit of a mask.
    pub const fn bit(self) -> u64 {
        1 << self.0
    }
}
