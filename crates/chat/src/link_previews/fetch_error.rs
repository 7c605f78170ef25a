//! Why nothing was fetched.

use super::{lookups::LookupError, reach::Unreachable};
use hyper::StatusCode;
use std::io;

/// Redirects that are followed. The last one may lead to a page.
pub const MAX_REDIRECTS: usize = 3;

/// Why nothing was fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("{0}")]
    Unreachable(#[from] Unreachable),
    #[error("the host has been asked too often")]
    Limited,
    #[error("{0}")]
    Lookup(#[from] LookupError),
    #[error("{0}")]
    Connect(#[from] io::Error),
    #[error("{0}")]
    Tls(#[from] rustls::Error),
    #[error("{0}")]
    Http(#[from] hyper::Error),
    #[error("nothing that can be asked for: {0}")]
    Request(#[from] http::Error),
    #[error("this server had no means to read it")]
    Busy,
    #[error("no answer in time")]
    Timeout,
    #[error("the answer has the status {0}")]
    Status(StatusCode),
    #[error("a redirect that leads nowhere")]
    Location,
    #[error("a redirect from https to http")]
    Insecure,
    #[error("more than {MAX_REDIRECTS} redirects")]
    Redirects,
    #[error("another type than is read: {0}")]
    Type(String),
    #[error("the answer is packed, though nobody asked for that")]
    Packed,
    #[error("more bytes than are read")]
    TooLong,
}

impl FetchError {
    /// What the metric says of it.
    pub fn outcome(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "refused",
            Self::Limited => "limited",
            Self::Lookup(_)
            | Self::Connect(_)
            | Self::Tls(_)
            | Self::Http(_)
            | Self::Timeout
            | Self::Busy => "failed",
            _ => "nothing",
        }
    }

    /// Whether it says nothing of the page: this server asks too often, or has no means of asking now.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Limited | Self::Busy => true,
            Self::Lookup(error) => error.may_pass(),
            _ => false,
        }
    }
}
