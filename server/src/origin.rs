//! Allowed origins: whose pages may send requests and open sockets with the cookie of the user who
//! sees them. `reject_foreign_origins` in `layers.rs` applies them to requests, `gateway/upgrade.rs` to
//! the handshakes of sockets.

use http::{HeaderMap, header};

/// The origins of the setting `ALLOWED_ORIGINS`. The server's own origin is always allowed.
#[derive(Clone, Debug, Default)]
pub struct Origins(Vec<String>);

impl Origins {
    pub fn new(allowed: &[String]) -> Self {
        Self(allowed.to_vec())
    }

    /// Whether the setting has this origin.
    pub fn contains(&self, origin: &[u8]) -> bool {
        self.0
            .iter()
            .any(|allowed| origin.eq_ignore_ascii_case(allowed.as_bytes()))
    }

    /// Whether the cookie of a request may authenticate it. Programs send neither `Origin` nor
    /// `Sec-Fetch-Site`; browsers send at least one of them, and pages cannot forge them.
    pub fn allow(&self, headers: &HeaderMap) -> bool {
        match headers.get(header::ORIGIN) {
            Some(origin) => self.contains(origin.as_bytes()) || is_own(origin.as_bytes(), headers),
            None => headers
                .get("sec-fetch-site")
                .is_none_or(|site| site == "same-origin" || site == "none"),
        }
    }
}

/// Whether the origin is that of the host that the request was sent to.
fn is_own(origin: &[u8], headers: &HeaderMap) -> bool {
    let (Ok(origin), Some(Ok(host))) = (
        str::from_utf8(origin),
        headers.get(header::HOST).map(|host| host.to_str()),
    ) else {
        return false;
    };
    origin
        .split_once("://")
        .is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::Origins;
    use http::{HeaderMap, HeaderName, HeaderValue};

    fn allows(headers: &[(&'static str, &'static str)]) -> bool {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect();
        Origins::new(&["https://friend.example".to_owned()]).allow(&headers)
    }

    #[test]
    fn programs_and_own_pages_and_allowed_origins_pass() {
        assert!(allows(&[("host", "chat.example")]));
        assert!(allows(&[
            ("host", "chat.example:8080"),
            ("origin", "http://chat.example:8080")
        ]));
        assert!(allows(&[
            ("host", "chat.example"),
            ("origin", "https://friend.example")
        ]));
        assert!(allows(&[
            ("host", "chat.example"),
            ("sec-fetch-site", "same-origin")
        ]));
        assert!(allows(&[
            ("host", "chat.example"),
            ("sec-fetch-site", "none")
        ]));
    }

    #[test]
    fn other_origins_do_not_pass() {
        for origin in [
            "https://evil.example",
            "https://chat.example.evil.example",
            "https://chat.example:81",
            "null",
            "",
        ] {
            assert!(
                !allows(&[("host", "chat.example"), ("origin", origin)]),
                "{origin}"
            );
        }
        assert!(
            !allows(&[("origin", "https://chat.example")]),
            "no host to compare with"
        );
        assert!(!allows(&[
            ("host", "chat.example"),
            ("sec-fetch-site", "cross-site")
        ]));
        assert!(!allows(&[
            ("host", "chat.example"),
            ("sec-fetch-site", "same-site")
        ]));
    }
}
