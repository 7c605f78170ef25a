//! Which addresses are hosts of the public internet: those that the registries of special purposes name are none (RFC
//! 6890, and what IANA has added to its lists since).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether a host at this address may be asked for what a stranger has named.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// Networks that are none of the public internet: address, length of the prefix.
const RESERVED_V4: [([u8; 4], u32); 19] = [
    // This network, which Linux takes for this machine.
    ([0, 0, 0, 0], 8),
    // Private (RFC 1918).
    ([10, 0, 0, 0], 8),
    ([172, 16, 0, 0], 12),
    ([192, 168, 0, 0], 16),
    // Carrier-grade NAT (RFC 6598).
    ([100, 64, 0, 0], 10),
    // Loopback.
    ([127, 0, 0, 0], 8),
    // Link-local, where clouds keep their metadata (RFC 3927).
    ([169, 254, 0, 0], 16),
    // Protocol assignments of the IETF (RFC 6890), and anycast servers of its own (RFC 7534, 7535, 7450).
    ([192, 0, 0, 0], 24),
    ([192, 31, 196, 0], 24),
    ([192, 52, 193, 0], 24),
    ([192, 175, 48, 0], 24),
    // Documentation (RFC 5737).
    ([192, 0, 2, 0], 24),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    // Relays of 6to4 (RFC 7526).
    ([192, 88, 99, 0], 24),
    // Benchmarks (RFC 2544).
    ([198, 18, 0, 0], 15),
    // Multicast.
    ([224, 0, 0, 0], 4),
    // Reserved, with the address of everybody.
    ([240, 0, 0, 0], 4),
    // Metadata of a cloud at an address that is public elsewhere (Azure, `WireServer`).
    ([168, 63, 129, 16], 32),
];

fn is_public_v4(address: Ipv4Addr) -> bool {
    !RESERVED_V4.iter().any(|(network, length)| {
        let shift = 32 - length;
        address.to_bits() >> shift == Ipv4Addr::from(*network).to_bits() >> shift
    })
}

/// Only `2000::/3` is given to hosts. So loopback, unspecified, mapped and compatible IPv4, NAT64, unique local,
/// link-local, site-local and multicast addresses, and prefixes that nobody has yet, are none.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, .., e, f, _, _] = address.segments();
    let is_global = a & 0xe000 == 0x2000;
    // `2001::/23`: Teredo, ORCHID, benchmarks, and others that carry or stand for something else (RFC 2928).
    let is_protocol = a == 0x2001 && b < 0x0200;
    // Documentation (RFC 3849, RFC 9637).
    let is_documentation = (a == 0x2001 && b == 0x0db8) || (a == 0x3fff && b < 0x1000);
    // An IPv4 address follows (RFC 3056).
    let is_6to4 = a == 0x2002;
    // An IPv4 address is at the end (ISATAP, RFC 5214).
    let is_isatap = e & 0xfdff == 0 && f == 0x5efe;
    is_global && !is_protocol && !is_documentation && !is_6to4 && !is_isatap
}

#[cfg(test)]
mod tests {
    use super::is_public;
    use std::net::IpAddr;

    fn all(addresses: &[&str], expected: bool) {
        for address in addresses {
            let ip: IpAddr = address.parse().unwrap();
            assert_eq!(is_public(ip), expected, "{address}");
        }
    }

    #[test]
    fn networks_of_special_purposes_are_not_public() {
        all(
            &[
                "0.0.0.0",
                "0.1.2.3",
                "10.0.0.1",
                "10.255.255.255",
                "100.64.0.1",
                "100.127.255.255",
                "127.0.0.1",
                "127.255.255.254",
                "168.63.129.16",
                "169.254.169.254",
                "172.16.0.1",
                "172.31.255.255",
                "192.0.0.8",
                "192.0.2.1",
                "192.31.196.1",
                "192.52.193.1",
                "192.88.99.1",
                "192.168.0.1",
                "192.175.48.1",
                "198.18.0.1",
                "198.19.255.255",
                "198.51.100.1",
                "203.0.113.1",
                "224.0.0.1",
                "239.255.255.255",
                "240.0.0.1",
                "255.255.255.255",
                "::",
                "::1",
                "::127.0.0.1",
                "::ffff:127.0.0.1",
                "::ffff:8.8.8.8",
                "64:ff9b::127.0.0.1",
                "64:ff9b::8.8.8.8",
                "64:ff9b:1::10.0.0.1",
                "100::1",
                "2001::1",
                "2001:0:4136:e378:8000:63bf:3fff:fdd2",
                "2001:2::1",
                "2001:10::1",
                "2001:20::1",
                "2001:db8::1",
                "2002:7f00:1::1",
                "2002:0a00:1::",
                "2a00:1450:4001:82a:0:5efe:10.0.0.1",
                "2a00:1450:4001:82a:200:5efe:10.0.0.1",
                "3fff::1",
                "4000::1",
                "5f00::1",
                "fc00::1",
                "fd12:3456:789a::1",
                "fe80::1",
                "fec0::1",
                "ff02::1",
            ],
            false,
        );
    }

    #[test]
    fn what_is_beside_them_is_public() {
        all(
            &[
                "1.1.1.1",
                "8.8.8.8",
                "9.255.255.255",
                "11.0.0.1",
                "100.63.255.255",
                "100.128.0.1",
                "126.255.255.255",
                "128.0.0.1",
                "169.253.255.255",
                "172.15.255.255",
                "172.32.0.1",
                "192.167.255.255",
                "192.169.0.1",
                "198.17.255.255",
                "198.20.0.1",
                "223.255.255.255",
                "2001:200::1",
                "2001:db9::1",
                "2606:4700::1111",
                "2a00:1450:4001:82a::200e",
                "3fff:1000::1",
            ],
            true,
        );
    }
}
