//! Addresses of the web that a page may lead to: absolute ones, whose host is where they lead.

use std::net::Ipv6Addr;

/// Whether a text is an absolute address with one of these schemes, such as `https`: with a host, and without user and
/// password. Browsers leave out white space and control characters, and take `\` for `/` (WHATWG URL, basic URL
/// parser), so there is none of these.
pub fn is_web_address(text: &str, schemes: &[&str]) -> bool {
    let is_changed = |c: char| c.is_control() || c.is_whitespace() || c == '\\';
    if text.contains(is_changed) {
        return false;
    }
    let Some((scheme, rest)) = text.split_once("://") else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    schemes.iter().any(|it| scheme.eq_ignore_ascii_case(it)) && is_host_with_port(authority)
}

fn is_host_with_port(authority: &str) -> bool {
    if let Some(rest) = authority.strip_prefix('[') {
        let address = rest.split_once(']');
        return address.is_some_and(|(address, rest)| {
            let has_port = rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port);
            address.parse::<Ipv6Addr>().is_ok() && has_port
        });
    }
    let (host, port) = authority.split_once(':').unwrap_or((authority, ""));
    let ascii = idna::domain_to_ascii_cow(host.as_bytes(), idna::AsciiDenyList::URL);
    ascii.is_ok_and(|it| !it.is_empty()) && is_port(port)
}

fn is_port(port: &str) -> bool {
    port.is_empty() || port.bytes().all(|it| it.is_ascii_digit()) && port.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::is_web_address;

    #[test]
    fn an_address_names_its_host() {
        for good in [
            "https://example.org",
            "HTTP://example.org/a.png?x=1:2#y",
            "https://münchen.de/a@b",
            "https://my_host:8443/",
            "https://127.0.0.1/x",
            "http://[::1]:80/x",
            "https://[2001:db8::1]",
        ] {
            assert!(is_web_address(good, &["http", "https"]), "{good}");
        }
        for bad in [
            "",
            "//example.org/a.png",
            "/uploads/1/x",
            "a.png",
            "https:example.org",
            "https:/example.org",
            "https:///example.org",
            "https://",
            "https://?x",
            "https://user@example.org",
            "https://user:password@example.org/",
            "https://example.org:x/",
            "https://example.org:+8/",
            "https://example.org:99999/",
            "https://[::1",
            "https://[::1]x",
            "https://exa%6dple.org",
            "https://example.org\\@evil.example",
            "https:\\\\example.org",
            "https://exam ple.org",
            " https://example.org",
            "java\tscript://example.org",
            "javascript://example.org/%0aalert(1)",
            "data://x",
            "ftp://example.org",
        ] {
            assert!(!is_web_address(bad, &["http", "https"]), "{bad:?}");
        }
        assert!(!is_web_address("http://example.org", &["https"]));
    }
}
