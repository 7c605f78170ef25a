//! The cookie with the ticket of a sign-in that waits for a code, which is therefore good in this browser only.

use crate::request_context::{self, cookie_of};
use axum::http::request::Parts;
use chat::SignInTicket;
use cookie::{Cookie, SameSite};
use time::Duration;

/// The page that asks for the code.
pub const CODE_PATH: &str = "/sign-in/code";

/// The cookie. `HttpOnly`, and `SameSite=Strict` after a password.
const TICKET_COOKIE: &str = "parlance_ticket";

/// As long as the ticket.
const VALID_FOR: Duration = Duration::minutes(5);

/// The ticket that the browser has, good or not.
pub fn ticket_of(parts: &Parts) -> Option<String> {
    cookie_of(parts, TICKET_COOKIE)
}

/// Gives the browser a ticket.
pub fn keep_ticket(ticket: &SignInTicket) {
    append(ticket.secret(), VALID_FOR);
}

/// Removes the ticket from the browser.
pub fn forget_ticket() {
    append("", Duration::ZERO);
}

fn append(value: &str, max_age: Duration) {
    let is_secure = request_context::request().session_cookie.is_secure;
    let cookie = cookie_with(value, max_age, SameSite::Strict, is_secure);
    request_context::append_cookie(&cookie);
}

/// The cookie with a ticket after a sign-in with a provider: that is another site, from which a browser takes no cookie
/// with `SameSite=Strict` along.
pub fn ticket_cookie(ticket: &SignInTicket, is_secure: bool) -> Cookie<'_> {
    cookie_with(ticket.secret(), VALID_FOR, SameSite::Lax, is_secure)
}

fn cookie_with(value: &str, max_age: Duration, same_site: SameSite, is_secure: bool) -> Cookie<'_> {
    Cookie::build((TICKET_COOKIE, value))
        .path("/")
        .http_only(true)
        .same_site(same_site)
        .max_age(max_age)
        .secure(is_secure)
        .build()
}
