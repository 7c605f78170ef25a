//! The client of a request: its address, also behind trusted proxies, and its `User-Agent`.

use crate::{Config, State, auth};
use app::request_context::DEVICE_COOKIE;
use axum::extract::{ConnectInfo, FromRequestParts};
use chat::Client;
use http::{HeaderMap, header, request::Parts};
use ipnet::IpNet;
use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
};

/// Characters of a `User-Agent` that are kept for the list of sessions.
const MAX_USER_AGENT_LENGTH: usize = 300;

impl FromRequestParts<State> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Infallible> {
        Ok(from_parts(parts, &state.config))
    }
}

/// The client that sent a request, by the head of the request.
pub fn from_parts(parts: &Parts, config: &Config) -> Client {
    Client {
        address: address(parts, &config.trusted_proxies),
        user_agent: parts
            .headers
            .get(header::USER_AGENT)
            .and_then(|name| name.to_str().ok())
            .map(|name| name.chars().take(MAX_USER_AGENT_LENGTH).collect()),
        device: auth::cookie(&parts.headers, DEVICE_COOKIE),
    }
}

/// Whether the browser used HTTPS: only if a trusted proxy says so in `X-Forwarded-Proto`.
pub fn is_secure(parts: &Parts, config: &Config) -> bool {
    peer(parts).is_some_and(|peer| is_trusted(peer, &config.trusted_proxies))
        && parts
            .headers
            .get("x-forwarded-proto")
            .is_some_and(|scheme| scheme.as_bytes().eq_ignore_ascii_case(b"https"))
}

/// The address of the client of a request with these headers, by the address of the TCP connection.
pub fn address_of(peer: IpAddr, headers: &HeaderMap, config: &Config) -> IpAddr {
    address_behind(peer.to_canonical(), headers, &config.trusted_proxies)
}

fn address(parts: &Parts, proxies: &[IpNet]) -> Option<IpAddr> {
    Some(address_behind(peer(parts)?, &parts.headers, proxies))
}

fn address_behind(peer: IpAddr, headers: &HeaderMap, proxies: &[IpNet]) -> IpAddr {
    if is_trusted(peer, proxies) {
        forwarded_for(headers, proxies).unwrap_or(peer)
    } else {
        peer
    }
}

fn peer(parts: &Parts) -> Option<IpAddr> {
    let ConnectInfo(peer) = parts.extensions.get::<ConnectInfo<SocketAddr>>()?;
    Some(peer.ip().to_canonical())
}

fn is_trusted(address: IpAddr, proxies: &[IpNet]) -> bool {
    proxies.iter().any(|network| network.contains(&address))
}

/// The last address that is not one of the trusted proxies. Anybody can forge those before it.
fn forwarded_for(headers: &HeaderMap, proxies: &[IpNet]) -> Option<IpAddr> {
    headers
        .get_all("x-forwarded-for")
        .iter()
        .rev()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.rsplit(','))
        .map_while(|text| text.trim().parse::<IpAddr>().ok())
        .map(|address| address.to_canonical())
        .find(|address| !is_trusted(*address, proxies))
}

#[cfg(test)]
mod tests {
    use super::address;
    use axum::extract::ConnectInfo;
    use http::Request;
    use std::net::SocketAddr;

    fn address_of(peer: &str, forwarded: &[&str]) -> String {
        let mut request = Request::builder();
        for value in forwarded {
            request = request.header("x-forwarded-for", *value);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        let peer: SocketAddr = peer.parse().unwrap();
        parts.extensions.insert(ConnectInfo(peer));
        let proxies = ["10.0.0.0/8".parse().unwrap()];
        address(&parts, &proxies).unwrap().to_string()
    }

    #[test]
    fn untrusted_peers_cannot_set_their_address() {
        assert_eq!(address_of("192.0.2.1:5", &["198.51.100.7"]), "192.0.2.1");
    }

    #[test]
    fn a_trusted_proxy_sets_the_address() {
        assert_eq!(address_of("10.0.0.1:5", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(
            address_of("10.0.0.1:5", &["1.1.1.1, 198.51.100.7, 10.0.0.2"]),
            "198.51.100.7"
        );
        assert_eq!(
            address_of("10.0.0.1:5", &["1.1.1.1", "198.51.100.7"]),
            "198.51.100.7"
        );
        assert_eq!(address_of("10.0.0.1:5", &["1.1.1.1, nonsense"]), "10.0.0.1");
        assert_eq!(address_of("10.0.0.1:5", &[]), "10.0.0.1");
    }
}
