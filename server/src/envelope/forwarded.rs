//! The header `Forwarded` (RFC 7239), and the nodes that it and `X-Forwarded-For` name.

use super::text::text;
use http::HeaderValue;
use std::net::{IpAddr, Ipv6Addr};

/// What one proxy says of the connection that came to it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Hop {
    /// `None` if it is hidden or unknown.
    pub client: Option<IpAddr>,
    pub host: Option<String>,
    pub proto: Option<String>,
}

/// The elements of all lines of the header, in order. One that breaks the grammar says nothing, and those
/// that are empty do not count (RFC 9110, 5.6.1).
pub fn parse_forwarded<'a>(lines: impl Iterator<Item = &'a HeaderValue>) -> Vec<Hop> {
    let mut hops = Vec::new();
    for line in lines {
        let line = text(line);
        let elements = split_unquoted(&line, ',').into_iter();
        let elements = elements.filter(|element| !element.trim().is_empty());
        hops.extend(elements.map(parse_element));
    }
    hops
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
    let address = match text.strip_prefix('[') {
        Some(rest) => {
            let (inner, port) = rest.split_once(']')?;
            let is_port = port.is_empty() || port.starts_with(':');
            parse_v6(inner).filter(|_| is_port)?
        }
        None => text.parse().ok().or_else(|| parse_v6(text)).or_else(|| {
            // The port may be hidden, or not be there: `192.0.2.1:_p`, `192.0.2.1:`.
            let (address, port) = text.rsplit_once(':')?;
            let is_port = port.is_empty() || port.starts_with('_') || port.parse::<u16>().is_ok();
            address
                .parse()
                .ok()
                .filter(|it: &IpAddr| is_port && it.is_ipv4())
        })?,
    };
    Some(address.to_canonical())
}

fn parse_v6(text: &str) -> Option<IpAddr> {
    let (address, _zone) = text.split_once('%').unwrap_or((text, ""));
    address.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
}

/// Splits at a character that is not in quotes. Read from the end, where the proxy wrote: a quote that
/// the client opened and did not close would hide what comes after it.
fn split_unquoted(text: &str, separator: char) -> Vec<&str> {
    let (mut parts, mut end, mut is_quoted) = (Vec::new(), text.len(), false);
    for (at, c) in text.char_indices().rev() {
        let before = &text[..at];
        let backslashes = before.len() - before.trim_end_matches('\\').len();
        if c == '"' && backslashes.is_multiple_of(2) {
            is_quoted = !is_quoted;
        } else if c == separator && !is_quoted {
            parts.push(&text[at + c.len_utf8()..end]);
            end = at;
        }
    }
    parts.push(&text[..end]);
    parts.reverse();
    parts
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
