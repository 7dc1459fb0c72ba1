//! Addresses: how much is of each, so that one of them cannot have all.

use std::net::IpAddr;
use std::sync::Arc;

use crate::places::{Place, Places};

/// Whoever counts as one: an address of IPv4, or the network of an address of IPv6, of which everybody has one with 2^64 addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Network {
    Four([u8; 4]),
    Six([u8; 8]),
}

/// What each address has.
#[derive(Clone, Debug)]
pub(crate) struct Addresses {
    places: Arc<Places<Network>>,
    of_each: usize,
    /// That of the loopback, behind which a proxy may speak for everybody.
    of_loopback: usize,
}

impl Addresses {
    /// So many places for all, of which one address has so many, and the loopback so many.
    pub(crate) fn new(all: usize, of_each: usize, of_loopback: usize) -> Self {
        Self { places: Places::new(all), of_each, of_loopback }
    }

    /// A place for an address; nothing if it has as many as it may, or if all are taken.
    pub(crate) fn enter(&self, address: IpAddr) -> Option<Place<Network>> {
        let address = address.to_canonical();
        let most = if address.is_loopback() { self.of_loopback } else { self.of_each };
        self.places.take(Network::of(address), most)
    }
}

impl Network {
    fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::Four(address.octets()),
            IpAddr::V6(address) => {
                let mut network = [0; 8];
                network.copy_from_slice(&address.octets()[..8]);
                Self::Six(network)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Addresses;

    #[test]
    fn each_address_has_so_many_places_and_no_more() {
        let addresses = Addresses::new(3, 2, 3);
        let enter = |address: &str| addresses.enter(address.parse().expect("an address"));
        for (group, most) in [
            (["192.0.2.1", "::ffff:192.0.2.1", "192.0.2.1", "192.0.2.1"], 2),
            (["192.0.2.2", "192.0.2.2", "192.0.2.2", "::ffff:192.0.2.2"], 2),
            (["2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8::1:0:4"], 2),
            (["2001:db8:0:1::1", "2001:db8:0:1::1", "2001:db8:0:1::1", "2001:db8:0:1::1"], 2),
            (["127.0.0.1", "127.0.0.1", "127.0.0.1", "::ffff:127.0.0.1"], 3),
            (["::1", "::1", "::1", "::1"], 3),
            (["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"], 3),
        ] {
            let entered: Vec<_> = group.iter().filter_map(|address| enter(address)).collect();
            assert_eq!(entered.len(), most, "{group:?}");
            drop(entered);
            assert!(enter(group[0]).is_some(), "there is room again");
        }
    }
}
