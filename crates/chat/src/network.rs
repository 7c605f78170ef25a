//! The network of an address: what counts as one stranger.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Bits of an IPv6 address that name its network. A provider gives every customer a /64 at least, whose
/// 2^64 addresses are all one machine's to use (RFC 6177, RFC 7421).
const IPV6_NETWORK_BITS: u32 = 64;

/// The network of an address, by its first address: an IPv4 address is one by itself, also when IPv6
/// carries it; an IPv6 address belongs to its /64. Every limit of addresses counts by it.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => carried_ipv4(v6).map_or_else(|| first_of_network(v6), IpAddr::V4),
        v4 @ IpAddr::V4(_) => v4,
    }
}

fn first_of_network(v6: Ipv6Addr) -> IpAddr {
    let host_bits = Ipv6Addr::BITS - IPV6_NETWORK_BITS;
    IpAddr::V6((v6.to_bits() >> host_bits << host_bits).into())
}

/// The IPv4 address of a client that a translator or tunnel shows as IPv6. By its /64, all of IPv4 would
/// be one network behind a translator, and one IPv4 address of 6to4 would be 65,536.
fn carried_ipv4(v6: Ipv6Addr) -> Option<Ipv4Addr> {
    let join = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match v6.segments() {
        // NAT64, `64:ff9b::/96` (RFC 6052, 2.1), and 6to4, `2002::/16` (RFC 3056, 2).
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => Some(join(high, low)),
        // Teredo, `2001::/32`, which turns each bit of the address round (RFC 4380, 4).
        [0x2001, 0, .., high, low] => Some(join(!high, !low)),
        _ => None,
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

    #[test]
    fn an_ipv4_address_that_ipv6_carries_is_the_same_network() {
        assert_eq!(network_of("64:ff9b::192.0.2.33"), "192.0.2.33");
        assert_eq!(network_of("64:ff9b::192.0.2.34"), "192.0.2.34");
        assert_eq!(network_of("2002:c000:204::1"), "192.0.2.4");
        assert_eq!(network_of("2002:c000:204:ffff::1"), "192.0.2.4");
        // The example of RFC 4380, 4.
        let teredo = "2001:0:4136:e378:8000:63bf:3fff:fdd2";
        assert_eq!(network_of(teredo), "192.0.2.45");
        assert_eq!(network_of("2001:1::1"), "2001:1::");
    }
}
