//! Networks: who counts as one where it is only known where they come from.

use std::net::IpAddr;

/// Whoever counts as one: an address of IPv4, or the network of an address of IPv6, of which everybody has one with 2^64 addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Network {
    /// An address of IPv4, also if it is written as one of IPv6.
    Four([u8; 4]),
    /// The first 64 bits of an address of IPv6.
    Six([u8; 8]),
}

impl Network {
    /// That of an address.
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::Four(address.octets()),
            IpAddr::V6(address) => {
                let mut network = [0; 8];
                network.copy_from_slice(&address.octets()[..8]);
                Self::Six(network)
            }
        }
    }
}
