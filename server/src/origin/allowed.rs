//! The entries of the setting `ALLOWED_ORIGINS`: what may be written, and which origins it allows.

use std::{fmt, str::FromStr};

/// An origin, or a pattern of origins, in the form in which browsers send them: lower case, without
/// path and default port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllowedOrigin {
    /// `*`: every origin.
    Any,
    /// `null`: pages of files, of sandboxed frames and of `data:` addresses. Any site can make one.
    Null,
    Pages(Pages),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pages {
    scheme: String,
    host: Host,
    port: Port,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Host {
    Exact(String),
    /// `*.example.com`: every host that ends in this, which begins with a dot; not `example.com`.
    Below(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Port {
    /// That of the scheme, which browsers leave out.
    Default,
    Number(u16),
    Any,
}

/// A list of entries, separated by commas. Empty entries are passed over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OriginList(pub Vec<AllowedOrigin>);

/// Why an entry is refused, with the right spelling where there is one.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{entry:?} {reason}")]
pub struct OriginError {
    entry: String,
    reason: String,
}

impl AllowedOrigin {
    /// Whether this origin, as a browser sends it, is allowed.
    pub fn matches(&self, origin: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Null => origin == "null",
            Self::Pages(pages) => parse_pages(&origin.to_ascii_lowercase())
                .is_ok_and(|origin| pages.includes(&origin)),
        }
    }

    /// Whether requests of such a page may use the cookie of the browser's user. Not where every site
    /// can send the origin.
    pub fn allows_cookies(&self) -> bool {
        matches!(self, Self::Pages(_))
    }
}

impl Pages {
    fn includes(&self, origin: &Self) -> bool {
        let Host::Exact(host) = &origin.host else {
            return false;
        };
        let is_host = match &self.host {
            Host::Exact(allowed) => allowed == host,
            Host::Below(suffix) => host.len() > suffix.len() && host.ends_with(suffix),
        };
        let is_port = self.port == Port::Any || self.port == origin.port;
        self.scheme == origin.scheme && is_host && is_port && origin.port != Port::Any
    }
}

impl FromStr for OriginList {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        let entries = text.split(',').map(str::trim);
        let entries = entries.filter(|entry| !entry.is_empty());
        entries.map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

impl FromStr for AllowedOrigin {
    type Err = OriginError;

    fn from_str(entry: &str) -> Result<Self, OriginError> {
        let parsed = match entry.trim().to_lowercase().as_str() {
            "*" => Ok(Self::Any),
            "null" => Ok(Self::Null),
            text => parse_pages(text).map(Self::Pages),
        };
        parsed.map_err(|reason| OriginError {
            entry: entry.to_owned(),
            reason,
        })
    }
}

/// Parses an entry in lower case. A path is cut off, as an origin has none.
fn parse_pages(text: &str) -> Result<Pages, String> {
    let Some((scheme, rest)) = text.split_once("://") else {
        return Err(format!("has no scheme: write {}", with_scheme(text)));
    };
    let authority = rest
        .split_once('/')
        .map_or(rest, |(authority, _)| authority);
    match scheme {
        "ws" => return Err(format!("is no page's: write http://{authority}")),
        "wss" => return Err(format!("is no page's: write https://{authority}")),
        "file" => return Err("is no origin: pages of files have the origin null".to_owned()),
        _ => {}
    }
    let is_scheme = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    if !scheme.starts_with(|c: char| c.is_ascii_lowercase()) || !scheme.chars().all(is_scheme) {
        return Err("has no valid scheme: write http:// or https://".to_owned());
    }
    if let Some((_, host)) = authority.rsplit_once('@') {
        return Err(format!("has a user: write {scheme}://{host}"));
    }
    let (host, port) = split_port(authority);
    let port = match (scheme, port) {
        (_, None) | ("http", Some("80")) | ("https", Some("443")) => Port::Default,
        (_, Some("*")) => Port::Any,
        (_, Some(number)) => match number.parse() {
            Ok(number @ 1..) => Port::Number(number),
            _ => return Err(format!("has no valid port: write {scheme}://{host}")),
        },
    };
    Ok(Pages {
        scheme: scheme.to_owned(),
        host: parse_host(host)?,
        port,
    })
}

/// The entry with the scheme that was probably meant.
fn with_scheme(text: &str) -> String {
    let text = text.trim_start_matches('/').trim_end_matches('/');
    let host = split_port(text).0;
    let is_local = host == "localhost" || host.starts_with("127.") || host == "[::1]";
    format!("{}://{text}", if is_local { "http" } else { "https" })
}

/// The host, and what stands behind its colon. Colons within the brackets of IPv6 are the host's.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

fn parse_host(host: &str) -> Result<Host, String> {
    if host == "*" {
        return Err("allows every host: write * to allow every origin".to_owned());
    }
    if !host.is_ascii() {
        return Err("is not ASCII: write the host as browsers send it, xn--…".to_owned());
    }
    let (is_pattern, name) = match host.strip_prefix("*.") {
        Some(name) => (true, name),
        None => (false, host),
    };
    if name.contains('*') {
        return Err(
            "may have a * for the whole first part of the host, or for the port".to_owned(),
        );
    }
    if is_pattern && !name.contains('.') && name != "localhost" {
        return Err(format!("would allow everybody below .{name}"));
    }
    let is_address = |name: &str| {
        let inner = name.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
        inner.is_some_and(|it| it.parse::<std::net::Ipv6Addr>().is_ok())
    };
    let is_name = |name: &str| {
        let is_letter = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        !name.is_empty() && name.chars().all(is_letter)
    };
    match (is_pattern, is_name(name), is_address(name)) {
        (true, true, _) => Ok(Host::Below(format!(".{name}"))),
        (false, true, _) | (false, _, true) => Ok(Host::Exact(name.to_owned())),
        _ => Err("has no valid host: write https://host or https://host:port".to_owned()),
    }
}

impl fmt::Display for AllowedOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Pages { scheme, host, port } = match self {
            Self::Any => return f.write_str("*"),
            Self::Null => return f.write_str("null"),
            Self::Pages(pages) => pages,
        };
        match host {
            Host::Exact(host) => write!(f, "{scheme}://{host}")?,
            Host::Below(suffix) => write!(f, "{scheme}://*{suffix}")?,
        }
        match port {
            Port::Default => Ok(()),
            Port::Number(number) => write!(f, ":{number}"),
            Port::Any => f.write_str(":*"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{AllowedOrigin, OriginList};

    fn written(text: &str) -> Result<String, String> {
        let parsed = text.parse::<AllowedOrigin>();
        parsed.map(|it| it.to_string()).map_err(|it| it.to_string())
    }

    #[test]
    fn entries_get_the_form_of_browsers() {
        for (entry, form) in [
            ("https://Chat.Example/", "https://chat.example"),
            ("https://chat.example:443/app/login", "https://chat.example"),
            ("http://localhost:80", "http://localhost"),
            ("http://localhost:443", "http://localhost:443"),
            ("http://[::1]:3000", "http://[::1]:3000"),
            ("http://[::1]", "http://[::1]"),
            ("http://127.0.0.1:5173", "http://127.0.0.1:5173"),
            ("capacitor://localhost", "capacitor://localhost"),
            ("https://*.Example.com", "https://*.example.com"),
            ("http://localhost:*", "http://localhost:*"),
            ("http://*.localhost:*", "http://*.localhost:*"),
            ("NULL", "null"),
            (" * ", "*"),
        ] {
            assert_eq!(written(entry).as_deref(), Ok(form));
        }
    }

    #[test]
    fn what_cannot_work_is_refused_with_the_right_spelling() {
        for (entry, spelling) in [
            ("example.com", "write https://example.com"),
            ("example.com:8443/", "write https://example.com:8443"),
            ("//example.com", "write https://example.com"),
            ("localhost:3000", "write http://localhost:3000"),
            ("localhost:*", "write http://localhost:*"),
            ("127.0.0.1", "write http://127.0.0.1"),
            ("*.example.com", "write https://*.example.com"),
            ("wss://example.com", "write https://example.com"),
            ("ws://localhost:3000/", "write http://localhost:3000"),
            ("file:///", "null"),
            ("https://*", "write *"),
            ("http://*:3000", "write *"),
            ("https://*.com", "below .com"),
            ("https://app-*.example.com", "whole first part"),
            ("https://*.*.example.com", "whole first part"),
            (
                "https://ada:secret@example.com",
                "write https://example.com",
            ),
            ("https://example.com:port", "write https://example.com"),
            ("https://example.com:0", "write https://example.com"),
            ("https://example.com?x", "has no valid host"),
            ("https://exa mple.com", "has no valid host"),
            ("https://", "has no valid host"),
            ("https://müller.example", "xn--"),
            ("://example.com", "has no valid scheme"),
        ] {
            let refused = written(entry).unwrap_err();
            assert!(refused.contains(spelling), "{refused}");
            assert!(refused.contains(entry), "{refused}");
        }
    }

    #[test]
    fn a_list_is_as_good_as_its_entries() {
        let list: OriginList = "https://a.example, , http://localhost:*".parse().unwrap();
        assert_eq!(list.0.len(), 2);
        assert_eq!("".parse(), Ok(OriginList::default()));
        assert!("https://a.example,b.example".parse::<OriginList>().is_err());
    }

    #[test]
    fn patterns_match_whole_parts() {
        let matches =
            |entry: &str, origin: &str| entry.parse::<AllowedOrigin>().unwrap().matches(origin);
        for (entry, origin) in [
            ("https://chat.example", "https://chat.example"),
            ("https://chat.example", "HTTPS://Chat.Example"),
            ("https://*.example.com", "https://a.example.com"),
            ("https://*.example.com", "https://a.b.example.com"),
            ("http://localhost:*", "http://localhost"),
            ("http://localhost:*", "http://localhost:5173"),
            ("https://*.example.com:*", "https://a.example.com:8443"),
            ("null", "null"),
            ("*", "null"),
            ("*", "https://anything.example"),
        ] {
            assert!(matches(entry, origin), "{entry} {origin}");
        }
        for (entry, origin) in [
            ("https://chat.example", "http://chat.example"),
            ("https://chat.example", "https://chat.example:8443"),
            ("https://chat.example", "https://chat.example.evil.example"),
            ("https://*.example.com", "https://example.com"),
            ("https://*.example.com", "https://.example.com"),
            ("https://*.example.com", "https://evilexample.com"),
            (
                "https://*.example.com",
                "https://a.example.com.evil.example",
            ),
            ("https://*.example.com", "https://evil.example/.example.com"),
            ("https://*.example.com", "https://a.example.com:8443"),
            ("https://*.example.com", "https://*.example.com"),
            ("http://localhost:*", "http://localhost.evil.example"),
            ("http://localhost:*", "http://localhost:*"),
            ("http://localhost:*", "https://localhost:5173"),
            ("https://chat.example", "null"),
            ("https://chat.example", ""),
            ("null", "https://null"),
        ] {
            assert!(!matches(entry, origin), "{entry} {origin}");
        }
    }
}
