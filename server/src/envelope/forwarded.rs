//! The header `Forwarded` (RFC 7239), and the nodes that it and `X-Forwarded-For` name.

use http::HeaderValue;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// What one proxy says of the connection that came to it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Hop {
    /// `None` if it is hidden or unknown.
    pub client: Option<IpAddr>,
    pub host: Option<String>,
    pub proto: Option<String>,
}

/// The elements of all lines of the header, in order. One that breaks the grammar says nothing.
pub fn parse_forwarded<'a>(lines: impl Iterator<Item = &'a HeaderValue>) -> Vec<Hop> {
    let lines = lines.filter_map(|line| line.to_str().ok());
    let elements = lines.flat_map(|line| split_unquoted(line, ','));
    elements.map(parse_element).collect()
}

fn parse_element(element: &str) -> Hop {
    let mut hop = Hop::default();
    for pair in split_unquoted(element, ';') {
        let Some((name, value)) = pair.split_once('=') else {
            continue;
        };
        let value = unquote(value.trim());
        match name.trim().to_ascii_lowercase().as_str() {
            "for" => hop.client = parse_node(&value),
            "host" => hop.host = Some(value),
            "proto" => hop.proto = Some(value),
            _ => {}
        }
    }
    hop
}

/// The address of a node: `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]`,
/// `[2001:db8::1]:4711`, in quotes or not; a zone is left out. `None` for `unknown` and `_names`.
pub fn parse_node(text: &str) -> Option<IpAddr> {
    let text = text.trim().trim_matches('"');
    let address = match text.parse() {
        Ok(address) => address,
        Err(_) => match text.strip_prefix('[') {
            Some(rest) => {
                let (inner, port) = rest.split_once(']')?;
                let is_port = |it: &str| it.is_empty() || it.starts_with(':');
                let (inner, _zone) = inner.split_once('%').unwrap_or((inner, ""));
                IpAddr::V6(inner.parse::<Ipv6Addr>().ok().filter(|_| is_port(port))?)
            }
            // A port may be hidden, too: `192.0.2.1:_p`.
            None => match text.parse::<SocketAddr>() {
                Ok(address) => address.ip(),
                Err(_) => text.rsplit_once(":_")?.0.parse().ok()?,
            },
        },
    };
    Some(address.to_canonical())
}

/// Splits at a character that is not in quotes.
fn split_unquoted(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    text.split(move |c| {
        if is_escaped {
            is_escaped = false;
            return false;
        }
        match c {
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            _ => return c == separator && !is_quoted,
        }
        false
    })
}

fn unquote(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"').and_then(|it| it.strip_suffix('"')) else {
        return value.to_owned();
    };
    let mut text = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        text.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    text
}
