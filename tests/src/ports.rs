//! Ports for what has to be found again where it was after a restart.

use std::{collections::hash_map::RandomState, hash::BuildHasher as _, net::TcpListener};

use crate::wait;

/// Where ports are looked for: below those that systems give to outgoing connections, so that no such connection can sit on a
/// port while what listened there is down.
const PORTS: std::ops::Range<u64> = 20_000..32_000;

/// Two ports that nobody listens on. Both are held until both are known, so that they differ.
#[must_use]
pub fn two_free() -> [u16; 2] {
    let held = [(); 2].map(|()| wait::until("a free port is found", try_port));
    held.map(|listener| listener.local_addr().expect("a bound listener has an address").port())
}

/// Tries some port. Test binaries run side by side, so each goes through them in an order of its own.
fn try_port() -> Option<TcpListener> {
    let random = RandomState::new().hash_one(0);
    let port = PORTS.start + random % (PORTS.end - PORTS.start);
    TcpListener::bind(("127.0.0.1", u16::try_from(port).ok()?)).ok()
}
