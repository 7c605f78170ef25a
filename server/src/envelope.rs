//! The envelope of a request: who sent it, and which address it was sent to. Reverse proxies stand
//! between the client and this server, and what they say about the client counts if they are in
//! `TRUSTED_PROXIES`: anybody can send such headers.

mod authority;
mod forwarded;
mod text;
mod well_formed;

pub use authority::Authority;
pub use text::text;
pub use well_formed::refuse_malformed;

use axum::extract::{ConnectInfo, Request};
use forwarded::{Hop, parse_forwarded, parse_node};
use http::{Extensions, HeaderMap, Uri, header, request::Parts};
use ipnet::IpNet;
use serde::Deserialize;
use std::net::{IpAddr, SocketAddr};

/// The reverse proxies that are trusted, and how they say what they know.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    trusted: Vec<IpNet>,
    headers: ProxyHeaders,
}

/// The headers of the trusted proxies. Those of the other kind are the client's own, which a proxy that
/// does not know them hands on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, clap::ValueEnum)]
pub enum ProxyHeaders {
    /// `X-Forwarded-For`, `X-Forwarded-Proto`, `X-Forwarded-Host`, `X-Forwarded-Port`
    #[default]
    XForwarded,
    /// `Forwarded` (RFC 7239)
    Forwarded,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    Http,
    Https,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The client's address; that of the nearest proxy which does not say whom it serves. `None` in
    /// tests without a connection.
    pub client: Option<IpAddr>,
    /// The scheme that the client used. `None` if no trusted proxy says it: it may be either.
    pub scheme: Option<Scheme>,
    /// The host and port that the client asked for.
    pub authority: Option<Authority>,
}

impl Proxies {
    pub fn new(trusted: Vec<IpNet>, headers: ProxyHeaders) -> Self {
        Self { trusted, headers }
    }

    pub fn envelope_of(&self, request: &Request) -> Envelope {
        self.envelope(request.headers(), request.uri(), request.extensions())
    }

    pub fn envelope_of_parts(&self, parts: &Parts) -> Envelope {
        self.envelope(&parts.headers, &parts.uri, &parts.extensions)
    }

    fn envelope(&self, headers: &HeaderMap, uri: &Uri, extensions: &Extensions) -> Envelope {
        let peer = extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map(|ConnectInfo(peer)| peer.ip().to_canonical());
        let host = headers.get(header::HOST).and_then(|it| it.to_str().ok());
        // HTTP/2 has the host in the address, HTTP/1.1 in `Host` (RFC 9113, 8.3.1).
        let host = uri.authority().map(http::uri::Authority::as_str).or(host);
        let direct = Envelope {
            client: peer,
            scheme: None,
            authority: host.and_then(Authority::parse),
        };
        match peer {
            Some(peer) if self.is_trusted(peer) => match self.headers {
                ProxyHeaders::XForwarded => self.x_forwarded(headers, direct),
                ProxyHeaders::Forwarded => self.forwarded(headers, direct),
            },
            _ => direct,
        }
    }

    fn is_trusted(&self, address: IpAddr) -> bool {
        self.trusted
            .iter()
            .any(|network| network.contains(&address))
    }

    fn x_forwarded(&self, headers: &HeaderMap, direct: Envelope) -> Envelope {
        let hops = values(headers, "x-forwarded-for").into_iter();
        let hops: Vec<_> = hops.map(|hop| parse_node(&hop)).collect();
        let client = self.client(hops.iter().copied());
        // Of several values the first is of the proxy that the client has asked.
        let first = |name| values(headers, name).into_iter().next();
        let authority = first("x-forwarded-host").and_then(|it| Authority::parse(&it));
        let port = first("x-forwarded-port").and_then(|port| port.parse().ok());
        Envelope {
            client: client.or(direct.client),
            scheme: first("x-forwarded-proto").and_then(|it| Scheme::parse(&it)),
            authority: authority
                .or(direct.authority)
                .map(|authority| authority.with_port(port)),
        }
    }

    fn forwarded(&self, headers: &HeaderMap, direct: Envelope) -> Envelope {
        let hops: Vec<Hop> = parse_forwarded(headers.get_all(header::FORWARDED).iter());
        let client = self.client(hops.iter().map(|hop| hop.client));
        // What the outermost of the trusted proxies has added; the client may have sent those before it.
        let outermost = hops
            .iter()
            .rev()
            .find(|hop| !hop.client.is_some_and(|it| self.is_trusted(it)))
            .or(hops.first());
        let told = |of: fn(&Hop) -> Option<&str>| outermost.and_then(of);
        Envelope {
            client: client.or(direct.client),
            scheme: told(|hop| hop.proto.as_deref()).and_then(Scheme::parse),
            authority: told(|hop| hop.host.as_deref())
                .and_then(Authority::parse)
                .or(direct.authority),
        }
    }

    /// The last address that is not one of the trusted proxies: anybody can forge those before it. A
    /// proxy may hide an address or not know it (`unknown`, `_hidden`): then its client is whoever it
    /// serves, known by the proxy's own address.
    fn client(&self, hops: impl DoubleEndedIterator<Item = Option<IpAddr>>) -> Option<IpAddr> {
        let mut nearest = None;
        for hop in hops.rev() {
            match hop {
                Some(address) if self.is_trusted(address) => nearest = Some(address),
                Some(address) => return Some(address),
                None => break,
            }
        }
        nearest
    }
}

/// The entries of a header that is a list, in all of its lines, in order.
fn values(headers: &HeaderMap, name: &str) -> Vec<String> {
    let mut entries = Vec::new();
    for line in headers.get_all(name) {
        let line = text(line);
        let line = line.split(',').map(str::trim).filter(|it| !it.is_empty());
        entries.extend(line.map(str::to_owned));
    }
    entries
}

impl Scheme {
    fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "http" | "ws" => Some(Self::Http),
            "https" | "wss" => Some(Self::Https),
            _ => None,
        }
    }

    fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

impl Envelope {
    /// Whether the browser used HTTPS, as far as is known.
    pub fn is_secure(&self) -> bool {
        self.scheme == Some(Scheme::Https)
    }

    /// Whether a page of that origin (`https://chat.example`) is this server's own: the request was sent
    /// to the same scheme, host and port. A port that is not named is the scheme's. A proxy that says
    /// `http` may have another one before it that speaks `https` with the browser; then what it says of
    /// the port may be that of `http`, too.
    pub fn is_own(&self, origin: &str) -> bool {
        let (Some((scheme, authority)), Some(own)) = (origin.split_once("://"), &self.authority)
        else {
            return false;
        };
        let (Some(scheme), Some(authority)) = (Scheme::parse(scheme), Authority::parse(authority))
        else {
            return false;
        };
        let is_downgraded = self.is_secure() && scheme == Scheme::Http;
        let default = scheme.default_port();
        let told = own.port.filter(|port| {
            let is_default = [80, 443].contains(port) && authority.port.is_none();
            !(is_default && self.scheme.is_some())
        });
        !is_downgraded
            && own.host == authority.host
            && told.unwrap_or(default) == authority.port.unwrap_or(default)
    }
}

#[cfg(test)]
mod tests;
