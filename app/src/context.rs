//! The one seam to the server: what a request brings, for server functions and first paints.

use crate::error::AppError;
use axum::{
    extract::Query,
    http::{Uri, request::Parts},
};
use chat::{BrowserSession, Caller, Chat, Client};
use leptos::prelude::{expect_context, use_context};
use leptos_axum::ResponseOptions;
use model::Problem;
use std::collections::BTreeMap;

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

/// What the query of an address asks for: what a form that was refused had in it, and why.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(transparent)]
pub struct Asked(BTreeMap<String, String>);

impl Asked {
    pub fn in_address(uri: &Uri) -> Self {
        Query::try_from_uri(uri).map_or_else(|_| Self::default(), |Query(asked)| asked)
    }

    pub fn refused(&self) -> Option<Problem> {
        serde_json::from_str(self.0.get(REFUSED)?).ok()
    }
}

const REFUSED: &str = "refused";

/// What the address of this request has under a name.
pub fn asked(name: &str) -> String {
    let Asked(mut asked) = asked_all();
    asked.remove(name).unwrap_or_default()
}

/// Why the form of this page was refused.
pub fn refused() -> Option<Problem> {
    asked_all().refused()
}

fn asked_all() -> Asked {
    use_context::<Parts>().map_or_else(Asked::default, |parts| Asked::in_address(&parts.uri))
}

/// Answers a form whose input was refused: a browser that runs no scripts gets the same page
/// again, at `path`, with what it had filled in.
pub fn refuse_form<T>(
    path: &str,
    filled_in: &[(&str, String)],
    result: Result<T, AppError>,
) -> Result<T, AppError> {
    if let Err(AppError(problem)) = &result
        && is_plain_form()
    {
        let problem = serde_json::to_string(problem).unwrap_or_default();
        let refused = (REFUSED, &problem);
        let filled_in = filled_in.iter().map(|(name, value)| (*name, value));
        let query: Vec<_> = std::iter::once(refused)
            .chain(filled_in)
            .map(|(name, value)| format!("{name}={}", percent_encode(value)))
            .collect();
        leptos_axum::redirect(&format!("{path}?{}", query.join("&")));
    }
    result
}

/// Whether a browser submits a form by itself, and will show whatever it gets as a page.
fn is_plain_form() -> bool {
    use_context::<Parts>().is_some_and(|parts| {
        parts
            .headers
            .get(axum::http::header::ACCEPT)
            .and_then(|accept| accept.to_str().ok())
            .is_some_and(|accept| accept.contains("text/html"))
    })
}

pub fn percent_encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
