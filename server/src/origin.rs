//! Allowed origins: whose pages may send requests and open sockets, and whether with the cookie of the
//! user who sees them. `check_origin` in `layers.rs` applies them to requests, `gateway/upgrade.rs` to
//! the handshakes of sockets.

mod allowed;

pub use allowed::{AllowedOrigin, OriginError, OriginList};

use crate::envelope::Envelope;
use http::{HeaderMap, header};
use std::{
    borrow::Cow,
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

/// What a request may do, by the page that sends it. The least comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    None,
    /// Its token counts, its cookie does not: every site can send this origin.
    WithoutCookie,
    Full,
}

impl Origins {
    pub fn new(allowed: impl IntoIterator<Item = AllowedOrigin>) -> Self {
        Self {
            allowed: allowed.into_iter().collect(),
            logged: Mutex::default(),
        }
    }

    /// Whether pages of this origin may read answers (CORS).
    pub fn allow(&self, origin: &[u8], envelope: &Envelope) -> bool {
        match self.access(origin, envelope) {
            Access::Full | Access::WithoutCookie => true,
            Access::None => {
                self.log_refused(origin, envelope);
                false
            }
        }
    }

    /// Whether pages of this origin may do so with the user's cookie.
    pub fn allow_cookies(&self, origin: &[u8], envelope: &Envelope) -> bool {
        self.access(origin, envelope) == Access::Full
    }

    /// What a request may do. Programs send neither `Origin` nor `Sec-Fetch-Site`; browsers send at
    /// least one of them, and pages cannot forge them. `same-origin` is the browser's own comparison
    /// (Fetch Metadata), which holds whatever a proxy has made of the host; browsers send it to HTTPS
    /// and to this machine only.
    pub fn judge(&self, headers: &HeaderMap, envelope: &Envelope) -> Access {
        let sites = headers.get_all("sec-fetch-site");
        let has_site = sites.iter().next().is_some();
        if has_site && sites.iter().all(|site| site == "same-origin") {
            return Access::Full;
        }
        // Browsers send one origin. Of several, each is to be allowed.
        let origins = headers.get_all(header::ORIGIN).iter();
        let of_origins = origins.map(|origin| {
            let access = self.access(origin.as_bytes(), envelope);
            if access == Access::None {
                self.log_refused(origin.as_bytes(), envelope);
            }
            access
        });
        if let Some(access) = of_origins.min() {
            return access;
        }
        if sites.iter().all(|site| site == "none") {
            Access::Full
        } else if self.allowed.contains(&AllowedOrigin::Any) {
            Access::WithoutCookie
        } else {
            Access::None
        }
    }

    /// Why a request was refused, with the two values that differ.
    pub fn refusal(headers: &HeaderMap, envelope: &Envelope) -> String {
        let origin = headers.get(header::ORIGIN);
        let origin = origin.map(|it| shown(it.as_bytes()));
        let page = origin.map_or_else(
            || "The page's site is another one".to_owned(),
            |origin| format!("The page's origin is {origin}"),
        );
        format!(
            "{page}, and this request was sent to {}.",
            sent_to(envelope)
        )
    }

    fn access(&self, origin: &[u8], envelope: &Envelope) -> Access {
        let Ok(origin) = str::from_utf8(origin) else {
            return Access::None;
        };
        if envelope.is_own(origin) {
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
    fn log_refused(&self, origin: &[u8], envelope: &Envelope) {
        let origin = shown(origin);
        let mut logged = self.logged.lock().unwrap_or_else(PoisonError::into_inner);
        if logged.len() >= MAX_LOGGED_ORIGINS || logged.contains(&*origin) {
            return;
        }
        logged.insert(origin.clone().into_owned());
        let count = logged.len();
        drop(logged);
        let allowed: Vec<_> = self.allowed.iter().map(ToString::to_string).collect();
        tracing::warn!(
            origin = ?origin,
            sent_to = ?sent_to(envelope),
            allowed_origins = ?allowed.join(","),
            "refused a page of an origin that is neither this server's own nor in ALLOWED_ORIGINS; behind \
            a reverse proxy, name it in TRUSTED_PROXIES and let it hand on the host that browsers ask for"
        );
        if count == MAX_LOGGED_ORIGINS {
            tracing::warn!("no more refused origins are logged");
        }
    }
}

fn shown(origin: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(&origin[..origin.len().min(MAX_LOGGED_BYTES)])
}

/// The scheme, as far as it is known, and the host that a request was sent to.
fn sent_to(envelope: &Envelope) -> String {
    let scheme = if envelope.is_secure() { "https://" } else { "" };
    let authority = envelope.authority.as_ref();
    authority.map_or_else(|| "no host".to_owned(), |it| format!("{scheme}{it}"))
}

#[cfg(test)]
mod tests;
