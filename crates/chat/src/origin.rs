//! `Origin`: from where a caller asks.

use std::net::IpAddr;

/// Where a request has come from. The audit log writes it down; no rule goes by it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// Behind a trusted proxy, the address that the proxy tells. `None` for commands, and for what the server does by
    /// itself.
    pub address: Option<IpAddr>,
    /// `api`, or the contract; `None` for the page.
    pub door: Option<&'static str>,
    /// Whether the server acts by itself, with the rights of the caller, who does not know of it.
    pub is_server: bool,
}
