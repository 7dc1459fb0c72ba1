//! The audit log: who changed which goal and who was refused what, as records of which each holds the hash of the one before.
//!
//! [`record`] is what is written, [`chain`] finds what was changed, removed or moved of it, and [`verify`] asks that of a topic or
//! a file. It is written by `service::audit`.

pub mod chain;
pub mod record;
pub mod verify;
