//! Addresses: how many connections are open from each, so that one of them cannot have all.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::limits::Limits;
use crate::network::Network;

/// The connections of each address.
#[derive(Debug)]
pub(super) struct Addresses {
    /// Held to count one up or down.
    open: Mutex<HashMap<Network, usize>>,
    of_each: usize,
    of_loopback: usize,
}

/// A connection that is counted, until it is dropped.
#[derive(Debug)]
pub(super) struct Counted {
    addresses: Arc<Addresses>,
    network: Network,
}

impl Addresses {
    pub(super) fn new(limits: &Limits) -> Arc<Self> {
        Arc::new(Self {
            open: Mutex::default(),
            of_each: limits.address_connections,
            of_loopback: limits.loopback_connections,
        })
    }

    /// Counts a connection; nothing if as many are open from its address as may be.
    pub(super) fn enter(self: &Arc<Self>, address: IpAddr) -> Option<Counted> {
        let address = address.to_canonical();
        let most = if address.is_loopback() { self.of_loopback } else { self.of_each };
        let network = Network::of(address);
        let mut open = self.open();
        let count = open.get(&network).copied().unwrap_or_default();
        if count >= most {
            return None;
        }
        open.insert(network, count + 1);
        drop(open);
        Some(Counted { addresses: self.clone(), network })
    }

    fn open(&self) -> MutexGuard<'_, HashMap<Network, usize>> {
        // Each change is made in one go.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut open = self.addresses.open();
        match open.get_mut(&self.network) {
            Some(count) if *count > 1 => *count -= 1,
            // What has no connections takes no room.
            Some(_) | None => drop(open.remove(&self.network)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Addresses;
    use crate::limits::Limits;

    #[test]
    fn each_address_has_so_many_connections_and_no_more() {
        let limits =
            Limits { address_connections: 2, loopback_connections: 3, ..Limits::default() };
        let addresses = Addresses::new(&limits);
        let enter = |address: &str| addresses.enter(address.parse().expect("an address"));
        for (group, most) in [
            (["192.0.2.1", "::ffff:192.0.2.1", "192.0.2.1", "192.0.2.1"], 2),
            (["192.0.2.2", "192.0.2.2", "192.0.2.2", "::ffff:192.0.2.2"], 2),
            (["2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8::1:0:4"], 2),
            (["2001:db8:0:1::1", "2001:db8:0:1::1", "2001:db8:0:1::1", "2001:db8:0:1::1"], 2),
            (["127.0.0.1", "127.0.0.1", "127.0.0.1", "::ffff:127.0.0.1"], 3),
            (["::1", "::1", "::1", "::1"], 3),
        ] {
            let counted: Vec<_> = group.iter().filter_map(|address| enter(address)).collect();
            assert_eq!(counted.len(), most, "{group:?}");
            drop(counted);
            assert!(enter(group[0]).is_some(), "there is room again");
        }
        assert!(addresses.open().is_empty(), "what has none is not kept");
    }
}
