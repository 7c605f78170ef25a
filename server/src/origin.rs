//! Origins: which pages may speak for the person whose browser shows them.

use http::{HeaderMap, header};

/// The server's own origin, and those of the configuration.
#[derive(Clone, Debug, Default)]
pub struct Origins(Vec<String>);

impl Origins {
    pub fn new(allowed: &[String]) -> Self {
        Self(allowed.to_vec())
    }

    /// Whether the configuration names this origin.
    pub fn names(&self, origin: &[u8]) -> bool {
        self.0
            .iter()
            .any(|allowed| origin.eq_ignore_ascii_case(allowed.as_bytes()))
    }

    /// Whether a request may act with the cookie that came along. A program sends neither `Origin`
    /// nor `Sec-Fetch-Site`; a browser sends at least one of them, and no page can forge it.
    pub fn allow(&self, headers: &HeaderMap) -> bool {
        match headers.get(header::ORIGIN) {
            Some(origin) => self.names(origin.as_bytes()) || is_own(origin.as_bytes(), headers),
            None => headers
                .get("sec-fetch-site")
                .is_none_or(|site| site == "same-origin" || site == "none"),
        }
    }
}

/// Whether the origin is the host that the request was sent to.
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
    fn programs_and_own_pages_and_friends_may() {
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
    fn strangers_may_not() {
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
