//! Limits: what one client may hold, and for how long.

use std::time::Duration;

/// What clients may hold, and for how long.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections at a time, of each listener; further ones wait to be accepted. Each holds a file descriptor and about 50 KiB.
    pub connections: usize,
    /// How long the head of a request over HTTP/1.1 may take, and a connection may wait for its next request.
    pub head: Duration,
    /// Watches at a time, over all connections; further ones are refused. Each holds about 6 KiB, and what its client's
    /// window lets it send; who stalls amid a frame holds that too, see `frames`.
    pub streams: usize,
    /// The bytes of frames that are kept for watches to take, over which no more are opened. Who watches the same shares
    /// them; who stalls amid a large one holds it until its stream ends.
    pub frames: usize,
    /// How long a frame may wait to be taken before its stream ends, and what is open on a connection of age to end.
    pub patience: Duration,
    /// How long a stream lives, and a connection before it is told to go, give or take a tenth, so that clients spread anew
    /// over servers.
    pub age: Duration,
    /// How long a shutdown waits for clients to take the ends of their streams.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 12_000,
            head: Duration::from_secs(30),
            streams: 12_000,
            frames: 512 * 1024 * 1024,
            patience: Duration::from_secs(60),
            age: Duration::from_secs(30 * 60),
            drain: Duration::from_secs(20),
        }
    }
}
