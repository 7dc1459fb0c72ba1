//! What the tests of the whole program stand on: a real Kafka broker and the real binary, started and ended safely.
//!
//! Crates test themselves; the tests of this package look at paceline from outside, as an operator and a client do.
//! They fail, and say what to do, when something they need is missing: a skipped test proves nothing. Nothing here
//! asserts on wall time; waiting has one generous limit ([`wait::LIMIT`]) and fails loudly when it is reached.
//!
//! Linking librdkafka takes its time, so this package keeps few test binaries: prefer a new module in one of them.

pub mod chance;
mod guard;
pub mod history;
pub mod issuer;
pub mod kafka;
pub mod ports;
pub mod process;
pub mod proxy;
pub mod recompute;
pub mod wait;
