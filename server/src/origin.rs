//! Allowed origins: whose pages may send requests and open sockets, and whether with the cookie of the
//! user who sees them. `check_origin` in `layers.rs` applies them to requests, `gateway/upgrade.rs` to
//! the handshakes of sockets.

mod allowed;

pub use allowed::{AllowedOrigin, OriginError, OriginList};

use http::{HeaderMap, HeaderValue, header};
use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

/// Refused origins that are logged, each once. A page can make up any number of them.
const MAX_LOGGED_ORIGINS: usize = 100;

/// Bytes of a refused origin that are logged. Browsers send less than 300.
const MAX_LOGGED_BYTES: usize = 300;

/// The origins of the setting `ALLOWED_ORIGINS`. The server's own origin is always allowed.
#[derive(Debug, Default)]
pub struct Origins {
    allowed: Vec<AllowedOrigin>,
    logged: Mutex<HashSet<String>>,
}

/// What a request may do, by the page that sends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Full,
    /// Its token counts, its cookie does not: every site can send this origin.
    WithoutCookie,
    None,
}

impl Origins {
    pub fn new(allowed: impl IntoIterator<Item = AllowedOrigin>) -> Self {
        Self {
            allowed: allowed.into_iter().collect(),
            logged: Mutex::default(),
        }
    }

    /// Whether pages of this origin may read answers (CORS).
    pub fn allow(&self, origin: &[u8], headers: &HeaderMap) -> bool {
        match self.access(origin, headers) {
            Access::Full | Access::WithoutCookie => true,
            Access::None => {
                self.log_refused(origin, headers);
                false
            }
        }
    }

    /// Whether pages of this origin may do so with the user's cookie.
    pub fn allow_cookies(&self, origin: &[u8], headers: &HeaderMap) -> bool {
        self.access(origin, headers) == Access::Full
    }

    /// What a request may do. Programs send neither `Origin` nor `Sec-Fetch-Site`; browsers send at
    /// least one of them, and pages cannot forge them.
    pub fn judge(&self, headers: &HeaderMap) -> Access {
        if let Some(origin) = headers.get(header::ORIGIN) {
            let access = self.access(origin.as_bytes(), headers);
            if access == Access::None {
                self.log_refused(origin.as_bytes(), headers);
            }
            return access;
        }
        let site = headers.get("sec-fetch-site");
        if site.is_none_or(|site| site == "same-origin" || site == "none") {
            Access::Full
        } else if self.allowed.contains(&AllowedOrigin::Any) {
            Access::WithoutCookie
        } else {
            Access::None
        }
    }

    fn access(&self, origin: &[u8], headers: &HeaderMap) -> Access {
        let Ok(origin) = str::from_utf8(origin) else {
            return Access::None;
        };
        if is_own(origin, headers) {
            return Access::Full;
        }
        let mut access = Access::None;
        for allowed in self.allowed.iter().filter(|it| it.matches(origin)) {
            if allowed.allows_cookies() {
                return Access::Full;
            }
            access = Access::WithoutCookie;
        }
        access
    }

    /// Logs an origin when it is refused for the first time, with what would have been allowed.
    fn log_refused(&self, origin: &[u8], headers: &HeaderMap) {
        let origin = String::from_utf8_lossy(&origin[..origin.len().min(MAX_LOGGED_BYTES)]);
        let mut logged = self.logged.lock().unwrap_or_else(PoisonError::into_inner);
        if logged.len() >= MAX_LOGGED_ORIGINS || logged.contains(&*origin) {
            return;
        }
        logged.insert(origin.clone().into_owned());
        let count = logged.len();
        drop(logged);
        let host = headers.get(header::HOST).map(HeaderValue::as_bytes);
        let host =
            host.map(|host| String::from_utf8_lossy(&host[..host.len().min(MAX_LOGGED_BYTES)]));
        let allowed: Vec<_> = self.allowed.iter().map(ToString::to_string).collect();
        tracing::warn!(
            origin = ?origin,
            own_host = ?host.unwrap_or_default(),
            allowed_origins = ?allowed.join(","),
            "refused a page of an origin that is neither this server's own nor in ALLOWED_ORIGINS"
        );
        if count == MAX_LOGGED_ORIGINS {
            tracing::warn!("no more refused origins are logged");
        }
    }
}

/// Whether the origin is that of the host that the request was sent to.
fn is_own(origin: &str, headers: &HeaderMap) -> bool {
    let Some(Ok(host)) = headers.get(header::HOST).map(|host| host.to_str()) else {
        return false;
    };
    origin
        .split_once("://")
        .is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests;
