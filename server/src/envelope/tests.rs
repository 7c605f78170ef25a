//! Tests of what requests look like behind proxies.

use super::{Authority, Envelope, Proxies, ProxyHeaders, Scheme};
use axum::extract::ConnectInfo;
use http::Request;
use std::net::SocketAddr;

fn envelope(headers: ProxyHeaders, peer: &str, given: &[(&str, &str)]) -> Envelope {
    let mut request = Request::builder();
    for (name, value) in given {
        request = request.header(*name, value.as_bytes());
    }
    let (mut parts, ()) = request.body(()).unwrap().into_parts();
    let peer: SocketAddr = peer.parse().unwrap();
    parts.extensions.insert(ConnectInfo(peer));
    let trusted = vec!["10.0.0.0/8".parse().unwrap()];
    Proxies { trusted, headers }.envelope_of_parts(&parts)
}

const PROXY: &str = "10.0.0.1:5";

fn client(forwarded: &[&str]) -> String {
    let given: Vec<_> = forwarded
        .iter()
        .map(|it| ("x-forwarded-for", *it))
        .collect();
    let envelope = envelope(ProxyHeaders::XForwarded, PROXY, &given);
    envelope.client.unwrap().to_string()
}

#[test]
fn untrusted_peers_cannot_say_who_they_are() {
    for headers in [ProxyHeaders::XForwarded, ProxyHeaders::Forwarded] {
        let given = [
            ("host", "chat.example"),
            ("x-forwarded-for", "198.51.100.7"),
            ("x-forwarded-host", "evil.example"),
            ("x-forwarded-proto", "https"),
            (
                "forwarded",
                "for=198.51.100.7;host=evil.example;proto=https",
            ),
        ];
        let envelope = envelope(headers, "192.0.2.1:5", &given);
        assert_eq!(envelope.client.unwrap().to_string(), "192.0.2.1");
        assert_eq!(envelope.scheme, None);
        assert_eq!(envelope.authority.unwrap().to_string(), "chat.example");
    }
}

#[test]
fn a_trusted_proxy_says_the_address_in_any_spelling() {
    for (forwarded, address) in [
        (vec!["198.51.100.7"], "198.51.100.7"),
        (vec!["1.1.1.1, 198.51.100.7, 10.0.0.2"], "198.51.100.7"),
        (vec!["1.1.1.1", "198.51.100.7"], "198.51.100.7"),
        // Azure's gateway adds the port, and others brackets.
        (vec!["198.51.100.7:50123"], "198.51.100.7"),
        (vec!["2001:db8::7"], "2001:db8::7"),
        (vec!["[2001:db8::7]"], "2001:db8::7"),
        (vec!["[2001:db8::7]:50123"], "2001:db8::7"),
        (vec!["\"[2001:db8::7]:50123\""], "2001:db8::7"),
        (vec!["[fe80::1%eth0]"], "fe80::1"),
        (vec!["fe80::1%eth0"], "fe80::1"),
        (vec!["198.51.100.7:"], "198.51.100.7"),
        (vec!["::ffff:198.51.100.7"], "198.51.100.7"),
        // What the client sent is not looked at, however broken.
        (vec!["nonsense, , 198.51.100.7:1"], "198.51.100.7"),
        (vec!["Jörg ÿ, 198.51.100.7,"], "198.51.100.7"),
        (vec!["1.1.1.1, \u{ff}, 10.0.0.2"], "10.0.0.2"),
        // What the proxy hides or does not know.
        (vec!["1.1.1.1, unknown"], "10.0.0.1"),
        (vec!["1.1.1.1, _hidden, 10.0.0.2:99"], "10.0.0.2"),
        (vec![], "10.0.0.1"),
        (vec!["10.0.0.3"], "10.0.0.3"),
    ] {
        assert_eq!(client(&forwarded), address, "{forwarded:?}");
    }
}

#[test]
fn forwarded_is_read_as_its_grammar_says() {
    for (value, told) in [
        (
            "for=198.51.100.7;proto=https;host=chat.example",
            "198.51.100.7 Https chat.example",
        ),
        (
            "For=\"[2001:db8::7]:47\";Proto=HTTPS;host=\"chat.example:8443\"",
            "2001:db8::7 Https chat.example:8443",
        ),
        // Of two elements the last is of the proxy that has connected; the first the client's own.
        (
            "for=1.1.1.1;host=evil.example, for=198.51.100.7;host=chat.example",
            "198.51.100.7 - chat.example",
        ),
        // The outer proxy knows the client, the inner one the outer one.
        (
            "for=198.51.100.7;host=chat.example;proto=https, for=10.0.0.2;host=inner",
            "198.51.100.7 Https chat.example",
        ),
        (
            "for=\"_a,b;c\\\"d\";host=chat.example",
            "10.0.0.1 - chat.example",
        ),
        // Elements that are empty count for nothing.
        (
            ",for=198.51.100.7;proto=https;, ,for=10.0.0.2,",
            "198.51.100.7 Https upstream:8080",
        ),
        // What the client sent is not looked at, however broken: a quote that it leaves open, bytes of
        // another encoding.
        (
            "for=\"1.1.1.1, for=198.51.100.7",
            "198.51.100.7 - upstream:8080",
        ),
        (
            "x=\"\\, for=\"[2001:db8::7]:47\";host=chat.example",
            "2001:db8::7 - chat.example",
        ),
        (
            "for=ÿ\", for=\"198.51.100.7\"",
            "198.51.100.7 - upstream:8080",
        ),
        ("for=unknown", "10.0.0.1 - upstream:8080"),
        ("nonsense", "10.0.0.1 - upstream:8080"),
    ] {
        let given = [
            ("host", "upstream:8080"),
            ("forwarded", value),
            ("x-forwarded-for", "203.0.113.9"),
            ("x-forwarded-host", "evil.example"),
        ];
        let it = envelope(ProxyHeaders::Forwarded, PROXY, &given);
        let scheme = it.scheme.map_or("-".to_owned(), |it| format!("{it:?}"));
        let seen = format!("{} {scheme} {}", it.client.unwrap(), it.authority.unwrap());
        assert_eq!(seen, told, "{value}");
    }
}

#[test]
fn the_host_is_the_one_that_the_client_asked_for() {
    for (given, authority) in [
        (vec![("host", "Chat.Example")], "chat.example"),
        (
            vec![("host", "up:80"), ("x-forwarded-host", "chat.example")],
            "chat.example",
        ),
        (
            vec![
                ("host", "up"),
                ("x-forwarded-host", "chat.example:8443, inner"),
            ],
            "chat.example:8443",
        ),
        (
            vec![("host", "chat.example"), ("x-forwarded-port", "8443")],
            "chat.example:8443",
        ),
        (
            vec![("host", "chat.example:1"), ("x-forwarded-port", "8443")],
            "chat.example:1",
        ),
        (vec![("host", "[2001:db8::1]:8080")], "[2001:db8::1]:8080"),
    ] {
        let envelope = envelope(ProxyHeaders::XForwarded, PROXY, &given);
        assert_eq!(
            envelope.authority.unwrap().to_string(),
            authority,
            "{given:?}"
        );
    }
    for host in [
        "",
        "ada@chat.example",
        "chat.example:port",
        "chat.example:99999",
        "a b",
    ] {
        assert_eq!(Authority::parse(host), None, "{host}");
    }
}

#[test]
fn an_origin_is_own_by_scheme_host_and_port() {
    let own = |scheme, authority: &str, origin: &str| {
        let envelope = Envelope {
            client: None,
            scheme,
            authority: Authority::parse(authority),
        };
        envelope.is_own(origin)
    };
    for (scheme, authority, origin) in [
        (None, "chat.example", "https://chat.example"),
        (None, "chat.example", "http://Chat.example"),
        (None, "chat.example:443", "https://chat.example"),
        (None, "chat.example:80", "http://chat.example"),
        (None, "chat.example:8443", "https://chat.example:8443"),
        (None, "[::1]:8080", "http://[::1]:8080"),
        (Some(Scheme::Https), "chat.example", "https://chat.example"),
        (Some(Scheme::Http), "chat.example", "https://chat.example"),
        // The port of the scheme that the nearest proxy was asked over.
        (
            Some(Scheme::Http),
            "chat.example:80",
            "https://chat.example",
        ),
        (
            Some(Scheme::Https),
            "chat.example:80",
            "https://chat.example",
        ),
        (None, "chat.example:", "https://chat.example"),
    ] {
        assert!(own(scheme, authority, origin), "{authority} {origin}");
    }
    for (scheme, authority, origin) in [
        (None, "chat.example", "https://chat.example:81"),
        (None, "chat.example:81", "https://chat.example"),
        (None, "chat.example:80", "https://chat.example"),
        (None, "chat.example", "https://chat.example.evil.example"),
        (None, "chat.example", "https://evil.example/chat.example"),
        (None, "chat.example", "ftp://chat.example"),
        (None, "chat.example", "null"),
        (None, "chat.example", ""),
        (None, "", "https://"),
        (Some(Scheme::Https), "chat.example", "http://chat.example"),
        (
            Some(Scheme::Https),
            "chat.example:80",
            "http://chat.example",
        ),
        (
            Some(Scheme::Http),
            "chat.example:80",
            "https://chat.example:8443",
        ),
        (
            Some(Scheme::Http),
            "chat.example:8080",
            "https://chat.example",
        ),
    ] {
        assert!(!own(scheme, authority, origin), "{authority} {origin}");
    }
}
