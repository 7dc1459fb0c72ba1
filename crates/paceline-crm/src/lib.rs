//! CRM change messages as bytes, read into [`Change`](paceline_core::change::Change): one module per source format.
//!
//! A [`Decoder`] belongs to one source. It reads a message by `serde_json` in one pass, keeps the fields that the
//! model binds and turns those into values when the entity, the operation and (for Debezium) the schema are
//! known, wherever in the message they stand. Nothing else of the message is looked at beyond its JSON syntax.
//!
//! A message with one malformed bound field is rejected whole: half a change would be a wrong change.
//! How a JSON value becomes a value of a field's type is written in [`FieldBinding`]; what the three formats
//! look like in [`Format`].

mod binding;
mod debezium;
mod decoder;
mod error;
mod json;
mod key;
mod native;
mod number;
mod piece;
mod plan;
mod salesforce;
mod scalar;
mod time;

pub use binding::{EntityBinding, FieldBinding, Format, UnknownFormat};
pub use decoder::{Decoded, Decoder, Ignored, Message};
pub use error::{DecodeError, Fault, Part, without_values};
