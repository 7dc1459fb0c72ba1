//! What the decoders make of messages: captured ones, made-up ones, and broken ones.

mod common;
mod debezium;
mod native;
mod properties;
mod salesforce;
