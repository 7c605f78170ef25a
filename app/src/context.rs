//! The one seam to the server: what a request brings, for server functions and first paints.

use crate::error::AppError;
use chat::{BrowserSession, Caller, Chat, Client};
use leptos::prelude::{expect_context, use_context};
use leptos_axum::ResponseOptions;

/// The cookie of a browser's session. `HttpOnly`, `SameSite=Lax`.
pub const SESSION_COOKIE: &str = "parlance_session";

/// What the server found out about the request, before any page ran.
#[derive(Clone, Debug)]
pub struct Visitor {
    pub caller: Option<Caller>,
    pub client: Client,
    /// Whether the browser came by HTTPS, and the cookie may demand it.
    pub secure: bool,
}

pub fn chat() -> Chat {
    expect_context()
}

pub fn visitor() -> Visitor {
    expect_context()
}

/// Who asks; an error for those who are not signed in.
pub fn caller() -> Result<Caller, AppError> {
    use_context::<Visitor>()
        .and_then(|visitor| visitor.caller)
        .ok_or_else(|| chat::Error::Unauthenticated("Sign in first.").into())
}

/// Puts the browser's session into its cookie.
pub fn open_session(session: &BrowserSession) {
    let seconds = (session.expires_at - time::OffsetDateTime::now_utc()).whole_seconds();
    set_cookie(&session.secret, seconds);
}

/// Takes the cookie away again.
pub fn close_session() {
    set_cookie("", 0);
}

fn set_cookie(value: &str, seconds: i64) {
    let secure = if visitor().secure { "; Secure" } else { "" };
    let cookie = format!(
        "{SESSION_COOKIE}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}"
    );
    if let Ok(cookie) = axum::http::HeaderValue::from_str(&cookie) {
        expect_context::<ResponseOptions>().append_header(axum::http::header::SET_COOKIE, cookie);
    }
}
