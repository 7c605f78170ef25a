//! `ClientAddress`: the address of a client, kept with the handshake of its connection.

use crate::envelope::Proxies;
use axum::extract::Request;
use std::net::IpAddr;

/// Behind a trusted proxy, the address that the proxy tells.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClientAddress(pub Option<IpAddr>);

impl ClientAddress {
    pub fn of(request: &Request, proxies: &Proxies) -> Self {
        Self(proxies.envelope_of(request).client)
    }
}
