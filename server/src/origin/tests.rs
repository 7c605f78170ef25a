//! Tests of what requests may do, by their headers.

use super::{Access, OriginList, Origins};
use crate::envelope::{Authority, Envelope};
use http::{HeaderMap, HeaderName, HeaderValue};

fn judge(allowed: &str, headers: &[(&'static str, &'static str)]) -> Access {
    let headers: HeaderMap = headers
        .iter()
        .map(|(name, value)| {
            let name = HeaderName::from_static(name);
            (name, HeaderValue::from_static(value))
        })
        .collect();
    let list: OriginList = allowed.parse().unwrap();
    let host = headers.get("host").and_then(|host| host.to_str().ok());
    let envelope = Envelope {
        client: None,
        scheme: None,
        authority: host.and_then(Authority::parse),
    };
    Origins::new(list.0).judge(&headers, &envelope)
}

const FRIEND: &str = "https://friend.example";

#[test]
fn programs_and_own_pages_and_allowed_origins_have_full_access() {
    for headers in [
        vec![("host", "chat.example")],
        vec![
            ("host", "chat.example:8080"),
            ("origin", "http://chat.example:8080"),
        ],
        vec![("host", "chat.example"), ("origin", FRIEND)],
        vec![("host", "chat.example"), ("sec-fetch-site", "same-origin")],
        vec![("host", "chat.example"), ("sec-fetch-site", "none")],
    ] {
        for allowed in [FRIEND, "*,null,https://friend.example"] {
            assert_eq!(judge(allowed, &headers), Access::Full, "{headers:?}");
        }
    }
}

#[test]
fn other_origins_have_no_access() {
    for origin in [
        "https://evil.example",
        "https://chat.example.evil.example",
        "https://chat.example:81",
        "null",
        "",
    ] {
        let headers = [("host", "chat.example"), ("origin", origin)];
        assert_eq!(judge(FRIEND, &headers), Access::None, "{origin}");
    }
    // Of headers that a browser sends once, each is to be right.
    for more in [
        [("origin", FRIEND), ("origin", "https://evil.example")],
        [
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-site", "cross-site"),
        ],
        [("sec-fetch-site", "none"), ("sec-fetch-site", "same-site")],
    ] {
        let headers = [[("host", "chat.example")].as_slice(), more.as_slice()].concat();
        assert_eq!(judge(FRIEND, &headers), Access::None, "{headers:?}");
    }
    let without_host = [("origin", "https://chat.example")];
    assert_eq!(judge(FRIEND, &without_host), Access::None);
    for site in ["cross-site", "same-site"] {
        let headers = [("host", "chat.example"), ("sec-fetch-site", site)];
        assert_eq!(judge(FRIEND, &headers), Access::None, "{site}");
    }
}

#[test]
fn what_every_site_can_send_has_no_cookie() {
    for (allowed, origin, access) in [
        ("*", "https://evil.example", Access::WithoutCookie),
        ("*", "null", Access::WithoutCookie),
        ("null", "null", Access::WithoutCookie),
        ("null", "https://evil.example", Access::None),
        ("*,https://friend.example", FRIEND, Access::Full),
    ] {
        let headers = [("host", "chat.example"), ("origin", origin)];
        assert_eq!(judge(allowed, &headers), access, "{allowed} {origin}");
    }
    let script = [("host", "chat.example"), ("sec-fetch-site", "cross-site")];
    assert_eq!(judge("*", &script), Access::WithoutCookie);
    assert_eq!(judge("null", &script), Access::None);
}
