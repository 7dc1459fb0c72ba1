//! Alerts and the status memory on Kafka: both topics are read by a thread each, and written by one task.

pub mod event;
mod follow;
pub mod record;
mod writer;

pub(super) use follow::{Remembering, Telling};
pub(super) use writer::run as write;
