//! The network of an address: what counts as one stranger.

use std::net::{IpAddr, Ipv6Addr};

/// Bits of an IPv6 address that name its network. A provider gives every customer a /64 at least, whose
/// 2^64 addresses are all one machine's to use (RFC 6177, RFC 7421).
const IPV6_NETWORK_BITS: u32 = 64;

/// The network of an address, by its first address: an IPv4 address is one by itself, also when it is
/// written as IPv6 (`::ffff:192.0.2.1`); an IPv6 address belongs to its /64. Every limit of addresses
/// counts by it.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let host_bits = Ipv6Addr::BITS - IPV6_NETWORK_BITS;
            IpAddr::V6((v6.to_bits() >> host_bits << host_bits).into())
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::network;

    fn network_of(address: &str) -> String {
        network(address.parse().unwrap()).to_string()
    }

    #[test]
    fn an_ipv4_address_is_a_network_of_its_own() {
        assert_eq!(network_of("192.0.2.1"), "192.0.2.1");
        assert_eq!(network_of("::ffff:192.0.2.1"), "192.0.2.1");
    }

    #[test]
    fn a_64_is_one_network_of_ipv6() {
        assert_eq!(network_of("2001:db8:0:7::1"), "2001:db8:0:7::");
        assert_eq!(
            network_of("2001:db8:0:7:ffff:ffff:ffff:ffff"),
            "2001:db8:0:7::"
        );
        assert_eq!(network_of("2001:db8:0:8::1"), "2001:db8:0:8::");
        assert_eq!(network_of("::1"), "::");
    }
}
