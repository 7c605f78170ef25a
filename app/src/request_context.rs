//! The request context of pages and server functions: who calls, the query parameters, and the
//! response's cookies and redirects.

use crate::error::AppError;
use axum::{
    extract::Query,
    http::{HeaderValue, Uri, header, request::Parts},
};
use chat::{BrowserSession, Caller, Chat, Client};
use cookie::{Cookie, SameSite};
use leptos::prelude::{expect_context, use_context};
use leptos_axum::ResponseOptions;
use model::Problem;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::collections::BTreeMap;

/// The cookie that a new session of a browser gets. `HttpOnly`, `SameSite=Lax`.
#[derive(Clone, Debug)]
pub struct SessionCookie {
    pub name: String,
    /// The attribute `Secure`: the browser has used HTTPS.
    pub is_secure: bool,
}

/// The cookie by which a browser is known that has signed in before, so that guesses of others do not
/// lock its owner out. `HttpOnly`, `SameSite=Lax`.
pub const DEVICE_COOKIE: &str = "parlance_device";

/// What the server knows about a request before it runs a page or a server function.
#[derive(Clone, Debug)]
pub struct RequestContext {
    pub caller: Option<Caller>,
    pub client: Client,
    pub session_cookie: SessionCookie,
}

pub fn chat() -> Chat {
    expect_context()
}

pub fn request() -> RequestContext {
    expect_context()
}

/// The caller of the request; `Unauthenticated` if there is no session.
pub fn caller() -> Result<Caller, AppError> {
    use_context::<RequestContext>()
        .and_then(|request| request.caller)
        .ok_or_else(|| chat::Error::Unauthenticated("Sign in first.").into())
}

/// Sets the session cookie, for as long as the session lasts.
pub fn set_session_cookie(session: &BrowserSession) {
    let age = session.expires_at - time::OffsetDateTime::now_utc();
    append_session_cookie(
        &session.secret,
        time::Duration::seconds(age.whole_seconds()),
    );
}

/// Sets the cookie by which this browser is known when it signs in again.
pub fn set_device_cookie(value: &str) {
    append_cookie(&device_cookie(value, request().session_cookie.is_secure));
}

/// `secure`: whether the browser uses HTTPS.
pub fn device_cookie(value: &str, secure: bool) -> Cookie<'_> {
    Cookie::build((DEVICE_COOKIE, value))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .max_age(chat::DEVICE_LIFETIME)
        .secure(secure)
        .build()
}

/// Removes the session cookie from the browser.
pub fn remove_session_cookie() {
    append_session_cookie("", time::Duration::ZERO);
}

fn append_session_cookie(value: &str, max_age: time::Duration) {
    let SessionCookie { name, is_secure } = request().session_cookie;
    let cookie = Cookie::build((name, value))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .max_age(max_age)
        .secure(is_secure);
    append_cookie(&cookie.build());
}

/// Adds a `Set-Cookie` to the response. Nothing outside of a request.
pub fn append_cookie(cookie: &Cookie<'_>) {
    if let (Ok(cookie), Some(response)) = (
        HeaderValue::from_str(&cookie.to_string()),
        use_context::<ResponseOptions>(),
    ) {
        response.append_header(header::SET_COOKIE, cookie);
    }
}

/// The query parameters of a page: the fields of a form that was rejected, and why.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(transparent)]
pub struct QueryParams(BTreeMap<String, String>);

impl QueryParams {
    /// Empty if the query is malformed.
    pub fn from_uri(uri: &Uri) -> Self {
        Query::try_from_uri(uri).map_or_else(|_| Self::default(), |Query(params)| params)
    }

    /// Why the form was rejected.
    pub fn form_error(&self) -> Option<Problem> {
        serde_json::from_str(self.0.get(FORM_ERROR)?).ok()
    }

    fn from_request() -> Self {
        use_context::<Parts>().map_or_else(Self::default, |parts| Self::from_uri(&parts.uri))
    }
}

/// The parameter that has the problem of a rejected form, as JSON.
const FORM_ERROR: &str = "refused";

/// A query parameter of this request; empty if there is none.
pub fn query_param(name: &str) -> String {
    let QueryParams(mut params) = QueryParams::from_request();
    params.remove(name).unwrap_or_default()
}

/// Why the form of this page was rejected.
pub fn form_error() -> Option<Problem> {
    QueryParams::from_request().form_error()
}

/// Passes `result` on. If it is an error and the browser submitted the form without scripts, the
/// response redirects to the page at `path` with the error and the values that were filled in.
pub fn redirect_with_form_error<T>(
    path: &str,
    filled_in: &[(&str, String)],
    result: Result<T, AppError>,
) -> Result<T, AppError> {
    if let Err(AppError(problem)) = &result
        && is_plain_form()
    {
        let problem = serde_json::to_string(problem).unwrap_or_default();
        let error = (FORM_ERROR, &problem);
        let filled_in = filled_in.iter().map(|(name, value)| (*name, value));
        let query: Vec<_> = std::iter::once(error)
            .chain(filled_in)
            .map(|(name, value)| format!("{name}={}", percent_encode(value)))
            .collect();
        leptos_axum::redirect(&format!("{path}?{}", query.join("&")));
    }
    result
}

/// Whether the browser submitted a form by itself and shows the response as a page.
fn is_plain_form() -> bool {
    use_context::<Parts>().is_some_and(|parts| {
        parts
            .headers
            .get(header::ACCEPT)
            .and_then(|accept| accept.to_str().ok())
            .is_some_and(|accept| accept.contains("text/html"))
    })
}

/// All but the unreserved characters of RFC 3986, 2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Percent-encodes a value of a query.
pub fn percent_encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}
