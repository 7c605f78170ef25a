//! The cookie of a sign-in with a provider that has begun, by which the answer is known to be for this browser.

use cookie::{Cookie, SameSite};
use time::Duration;

/// What the name begins with; the provider's follows.
const ATTEMPT_COOKIE: &str = "parlance_sso_";

/// The name. Over HTTPS a browser takes it from this host only: another host of the domain could plant the cookie of its
/// own sign-in otherwise, and have somebody write in its account (RFC 6265bis, 4.1.3.2).
pub fn attempt_cookie_name(provider: &str, is_secure: bool) -> String {
    let prefix = if is_secure { "__Host-" } else { "" };
    format!("{prefix}{ATTEMPT_COOKIE}{provider}")
}

/// `HttpOnly`, and `SameSite=Lax`, as the browser comes back from another site. The empty value removes it.
pub fn attempt_cookie(provider: &str, value: &str, is_secure: bool) -> Cookie<'static> {
    let max_age = match value {
        "" => Duration::ZERO,
        _ => chat::ATTEMPT_LIFETIME,
    };
    Cookie::build((attempt_cookie_name(provider, is_secure), value.to_owned()))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .max_age(max_age)
        .secure(is_secure)
        .build()
}
