//! Limits: what one client may hold, what all of them may, and for how long.

use std::time::Duration;

/// What clients may hold, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at a time, of each listener; further ones wait to be accepted. Each holds a file descriptor and about 50 KiB.
    pub connections: usize,
    /// Of those from one address; further ones are closed at once. Of IPv6 it is the network of 64 bits that counts.
    pub address_connections: usize,
    /// Of those from an address of the loopback, behind which a proxy may speak for everybody.
    pub loopback_connections: usize,
    /// How long a request may take to come in whole, and a connection over HTTP/1.1 may wait for its next one. A connection that
    /// has asked for nothing by then is told to go.
    pub head: Duration,
    /// Watches at a time, over all connections; further ones are refused. Each holds about 6 KiB, and what its client's
    /// window lets it send; who stalls amid a frame holds that too, see `frames`.
    pub streams: usize,
    /// The bytes of frames that are kept for watches to take, over which no more are opened. Who watches the same shares
    /// them; who stalls amid a large one holds it until its stream ends.
    pub frames: usize,
    /// How often watches may be opened, by all together.
    pub openings: Rate,
    /// Calls that may be under way at a time; further ones are refused.
    pub calls: usize,
    /// How often anything may be called that is answered at once, by all together.
    pub call_rate: Rate,
    /// The bytes of answers that are kept for clients that are slow to take them. What is over is not kept: its call breaks off.
    pub answers: usize,
    /// What one person may have, where it is known who asks.
    pub person: Allowance,
    /// What one program of the role `service` may have: it may speak for many people.
    pub service: Allowance,
    /// How long a frame may wait to be taken before its stream ends, what is open on a connection of age to end, and an
    /// answer to be taken whole.
    pub patience: Duration,
    /// How long a call for contributors waits for lanes to answer, the calls of others before it included.
    pub listing: Duration,
    /// How long a stream lives, and a connection before it is told to go, give or take a tenth, so that clients spread anew
    /// over servers.
    pub age: Duration,
    /// How long a shutdown waits for clients to take the ends of their streams.
    pub drain: Duration,
}

/// What one principal may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Watches at a time.
    pub streams: usize,
    /// How often watches may be opened.
    pub openings: Rate,
    /// How often anything else may be called.
    pub calls: Rate,
}

/// How often something may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many times a second, in the long run.
    pub per_second: u32,
    /// How many times at once, after a rest.
    pub burst: u32,
}

impl Default for Limits {
    fn default() -> Self {
        let rate = |per_second, burst| Rate { per_second, burst };
        Self {
            connections: 12_000,
            address_connections: 256,
            loopback_connections: 12_000,
            head: Duration::from_secs(30),
            streams: 12_000,
            frames: 512 * 1024 * 1024,
            openings: rate(1_000, 12_000),
            calls: 1_024,
            call_rate: rate(10_000, 20_000),
            answers: 64 * 1024 * 1024,
            person: Allowance { streams: 16, openings: rate(5, 20), calls: rate(50, 100) },
            service: Allowance {
                streams: 12_000,
                openings: rate(500, 12_000),
                calls: rate(1_000, 2_000),
            },
            patience: Duration::from_secs(60),
            listing: Duration::from_secs(20),
            age: Duration::from_secs(30 * 60),
            drain: Duration::from_secs(20),
        }
    }
}
