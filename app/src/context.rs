//! The one seam to the server: what a request brings, for server functions and first paints.

use crate::error::AppError;
use chat::{BrowserSession, Caller, Chat, Client};
use leptos::{
    prelude::{expect_context, use_context},
    server_fn::error::ServerFnUrlError,
};
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

/// Answers a form whose input was refused: a browser that runs no scripts gets the same page
/// again, at `path`, with what it had filled in.
pub fn refuse_form<T>(
    form: &str,
    path: &str,
    filled_in: &[(&str, String)],
    result: Result<T, AppError>,
) -> Result<T, AppError> {
    if let Err(error) = &result
        && is_plain_form()
    {
        let query: Vec<_> = filled_in
            .iter()
            .map(|(name, value)| format!("{name}={}", percent_encode(value)))
            .collect();
        let page = format!("http://page{path}?{}", query.join("&"));
        if let Ok(url) = ServerFnUrlError::new(form, error.clone()).to_url(&page) {
            leptos_axum::redirect(url.as_str().trim_start_matches("http://page"));
        }
    }
    result
}

/// Whether a browser submits a form by itself, and will show whatever it gets as a page.
fn is_plain_form() -> bool {
    use_context::<axum::http::request::Parts>().is_some_and(|parts| {
        parts
            .headers
            .get(axum::http::header::ACCEPT)
            .and_then(|accept| accept.to_str().ok())
            .is_some_and(|accept| accept.contains("text/html"))
    })
}

fn percent_encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
