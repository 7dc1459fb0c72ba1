//! Changes as Kafka messages, in the three formats the engine reads.
//!
//! Writers append to a [`Messages`] buffer that the caller clears and reuses, so that writing costs no allocation per
//! message. One change may take several messages (a delete and its tombstone, a mass update) and says so only here.

pub mod debezium;
mod json;
mod messages;
pub mod native;
pub mod salesforce;

pub use messages::{Message, Messages};

use crate::Change;

/// A format with its options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The native change format.
    Native(native::Options),
    /// Salesforce Change Data Capture as JSON.
    Salesforce(salesforce::Options),
    /// Debezium change events as JSON.
    Debezium(debezium::Options),
}

impl Format {
    /// The native format with patches.
    #[must_use]
    pub fn native() -> Self {
        Self::Native(native::Options::default())
    }

    /// Salesforce in the CometD shape, with merged events.
    #[must_use]
    pub fn salesforce() -> Self {
        Self::Salesforce(salesforce::Options::default())
    }

    /// Debezium without schemas, amounts as strings.
    #[must_use]
    pub fn debezium() -> Self {
        Self::Debezium(debezium::Options::default())
    }

    /// The name in the config.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Native(_) => "paceline",
            Self::Salesforce(_) => "salesforce",
            Self::Debezium(_) => "debezium",
        }
    }

    /// Appends the messages of a change.
    pub fn write(self, change: &Change, out: &mut Messages) {
        match self {
            Self::Native(options) => native::write(change, options, out),
            Self::Salesforce(options) => salesforce::write(change, options, out),
            Self::Debezium(options) => debezium::write(change, options, out),
        }
    }
}
