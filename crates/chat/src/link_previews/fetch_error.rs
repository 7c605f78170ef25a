//! Why nothing was fetched.

use super::{lookups::LookupError, reach::Unreachable};
use hyper::StatusCode;
use std::io;

/// What Linux says where it has no more open files (`ENFILE`, `EMFILE`) or no room for a socket (`ENOBUFS`).
const SHORTAGES: [i32; 3] = [23, 24, 105];

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
    /// That of this server: an error of the site is one of the connection.
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
            Self::Limited | Self::Busy | Self::Tls(_) => true,
            Self::Lookup(error) => error.may_pass(),
            Self::Connect(error) => {
                let number = error.raw_os_error();
                self.is_doubtful() || number.is_some_and(|it| SHORTAGES.contains(&it))
            }
            _ => false,
        }
    }

    /// Whether it may pass, but more likely stays: the system says the same of a name that is not there as of some that
    /// could not be looked up, and of IPv6 that is turned off as of ports that are all taken (`EADDRNOTAVAIL`).
    pub fn is_doubtful(&self) -> bool {
        match self {
            Self::Lookup(LookupError::Failed(_)) => self.may_pass(),
            Self::Connect(error) => error.kind() == io::ErrorKind::AddrNotAvailable,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{FetchError, LookupError, SHORTAGES, io};

    #[test]
    fn what_this_server_lacks_may_pass() {
        for number in SHORTAGES {
            let error = FetchError::from(io::Error::from_raw_os_error(number));
            assert!(error.may_pass() && !error.is_doubtful(), "{error}");
        }
        let tls = FetchError::from(rustls::Error::General("no certificates".to_owned()));
        assert!(tls.may_pass() && !tls.is_doubtful());
        let port = FetchError::from(io::Error::from(io::ErrorKind::AddrNotAvailable));
        assert!(port.may_pass() && port.is_doubtful());
        let refused = FetchError::from(io::Error::from(io::ErrorKind::ConnectionRefused));
        assert!(!refused.may_pass() && !refused.is_doubtful());
    }

    #[test]
    fn a_name_that_fails_is_doubtful() {
        let failed =
            |kind: io::ErrorKind| FetchError::from(LookupError::from(io::Error::from(kind)));
        let unknown = failed(io::ErrorKind::Other);
        assert!(unknown.may_pass() && unknown.is_doubtful());
        let missing = failed(io::ErrorKind::NotFound);
        assert!(!missing.may_pass() && !missing.is_doubtful());
        let silent = FetchError::from(LookupError::Silent);
        assert!(silent.may_pass() && !silent.is_doubtful());
    }
}
