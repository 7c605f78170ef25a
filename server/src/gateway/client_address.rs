//! `ClientAddress`: the address of a client, kept with the handshake of its connection.

use crate::{Config, client};
use axum::extract::{ConnectInfo, Request};
use http::HeaderMap;
use std::net::{IpAddr, SocketAddr};

/// Behind a trusted proxy, the address that the proxy tells.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClientAddress(pub Option<IpAddr>);

impl ClientAddress {
    pub fn of(request: &Request, config: &Config) -> Self {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
        Self(peer.map(|ConnectInfo(peer)| {
            let headers: &HeaderMap = request.headers();
            client::address_of(peer.ip(), headers, config)
        }))
    }
}
