//! A real Apache Kafka broker for tests, and the few things tests do with one.
//!
//! A mock answers what its author believed. What the engine depends on (compaction, rebalances, a broker that dies
//! and comes back with what it had acknowledged) is the broker's own behaviour, so tests talk to the broker itself,
//! started from the published jars on this machine without any container.

mod broker;
mod installation;
mod produce;
mod read;
mod topic;

use std::sync::OnceLock;

pub use broker::Broker;
pub use produce::{Message, Writer};
pub use read::Record;

/// The broker that all tests of one binary share, started by whoever asks first.
///
/// Use topics of your own: the name of the test makes a good prefix. It cannot be killed or restarted, since nobody
/// has it alone; a test that needs to starts its own with [`Broker::start`].
pub fn shared() -> &'static Broker {
    static SHARED: OnceLock<Broker> = OnceLock::new();
    SHARED.get_or_init(Broker::start)
}
