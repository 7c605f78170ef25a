//! The request context of pages and server functions: who calls, the query parameters, and the
//! response's cookies.

use crate::{error::AppError, refused_form::RefusedForm};
use axum::{
    extract::Query,
    http::{HeaderValue, header, request::Parts},
};
use chat::{BrowserSession, Caller, Chat, Client, RememberedBrowser};
use cookie::{Cookie, SameSite};
use leptos::prelude::{expect_context, use_context};
use leptos_axum::ResponseOptions;
use model::UserId;
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
    /// `None` for nobody, and for somebody who has to set a second factor up first.
    pub caller: Option<Caller>,
    /// Who has signed in, and has to set a second factor up before anything else.
    pub in_setup: Option<Caller>,
    pub client: Client,
    pub session_cookie: SessionCookie,
    /// The form of this page that was refused just before.
    pub refused: Option<RefusedForm>,
}

pub fn chat() -> Chat {
    expect_context()
}

pub fn request() -> RequestContext {
    expect_context()
}

impl RequestContext {
    /// Who has signed in, whatever they have to do first.
    pub fn anybody(&self) -> Option<Caller> {
        self.caller.or(self.in_setup)
    }
}

/// The caller of the request; `Unauthenticated` if there is no session, `TwoFactorSetupRequired` if a second factor is to be
/// set up first, `Forbidden` if the form was painted for somebody else.
pub fn caller() -> Result<Caller, AppError> {
    match request() {
        RequestContext {
            caller: None,
            in_setup: Some(_),
            ..
        } => Err(chat::Error::TwoFactorSetupRequired.into()),
        request => painted_caller(request.caller),
    }
}

/// The caller of the few forms of those who have to set a second factor up first.
pub fn caller_in_setup() -> Result<Caller, AppError> {
    painted_caller(request().anybody())
}

fn painted_caller(caller: Option<Caller>) -> Result<Caller, AppError> {
    let caller = caller.ok_or(chat::Error::Unauthenticated("Sign in first."))?;
    match painted_for() {
        Some(user) if user != caller.user_id => Err(chat::Error::Forbidden(
            "Somebody else has signed in since this form was shown. Nothing was done.",
        )
        .into()),
        _ => Ok(caller),
    }
}

/// Who has signed in: for what is shown, and never for what is done.
pub fn signed_in() -> Option<Caller> {
    use_context::<RequestContext>()?.anybody()
}

/// The parameter of a form's address with the id of the user whom it was painted for.
pub const PAINTED_FOR: &str = "of";

/// The address of a server function, for a form of the caller's page.
pub fn action_of_caller(url: &str) -> String {
    match signed_in() {
        Some(caller) => format!("{url}?{PAINTED_FOR}={}", caller.user_id),
        None => url.to_owned(),
    }
}

/// Whom the submitted form was painted for; `None` if it does not say.
pub fn painted_for() -> Option<UserId> {
    query_param(PAINTED_FOR).parse().ok()
}

/// Sets the session cookie, for as long as the browser may keep it.
pub fn set_session_cookie(session: &BrowserSession) {
    append_cookie(&session_cookie(session, &request().session_cookie));
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

/// What the name of the cookie of a remembered device ends with.
const REMEMBERED_COOKIE: &str = "parlance_remembered";

/// The name of the cookie by which a browser needs no code to sign in. Over HTTPS a browser takes it for this host only
/// (RFC 6265bis, 4.1.3.2).
pub fn remembered_cookie_name(is_secure: bool) -> String {
    let prefix = if is_secure { "__Host-" } else { "" };
    format!("{prefix}{REMEMBERED_COOKIE}")
}

/// Sets that cookie. `HttpOnly`, and `SameSite=Lax`, as a sign-in with a provider comes back from another site.
pub fn set_remembered_cookie(browser: &RememberedBrowser) {
    let is_secure = request().session_cookie.is_secure;
    let cookie = Cookie::build((remembered_cookie_name(is_secure), browser.cookie.clone()))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .max_age(browser.lifetime)
        .secure(is_secure)
        .build();
    append_cookie(&cookie);
}

/// Removes the session cookie from the browser.
pub fn remove_session_cookie() {
    let nothing = time::Duration::ZERO;
    append_cookie(&cookie_with("", nothing, &request().session_cookie));
}

/// The cookie of a session, under the name that it has here.
pub fn session_cookie<'a>(session: &'a BrowserSession, cookie: &'a SessionCookie) -> Cookie<'a> {
    let age = session.expires_at - time::OffsetDateTime::now_utc();
    let age = time::Duration::seconds(age.whole_seconds().max(0));
    cookie_with(&session.secret, age, cookie)
}

fn cookie_with<'a>(
    value: &'a str,
    max_age: time::Duration,
    cookie: &'a SessionCookie,
) -> Cookie<'a> {
    Cookie::build((cookie.name.as_str(), value))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .max_age(max_age)
        .secure(cookie.is_secure)
        .build()
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

/// The value of a cookie of a request.
pub fn cookie_of(parts: &Parts, name: &str) -> Option<String> {
    let lines = parts.headers.get_all(header::COOKIE).iter();
    let mut cookies = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(Cookie::split_parse);
    let cookie = cookies.find_map(|it| it.ok().filter(|it| it.name() == name))?;
    Some(cookie.value().to_owned())
}

/// A query parameter of this request; empty if there is none.
pub fn query_param(name: &str) -> String {
    use_context::<Parts>()
        .and_then(|parts| query_param_of(&parts, name))
        .unwrap_or_default()
}

/// A query parameter of a request; `None` if there is none, or it is empty.
pub fn query_param_of(parts: &Parts, name: &str) -> Option<String> {
    let Query(mut params) = Query::<BTreeMap<String, String>>::try_from_uri(&parts.uri).ok()?;
    params.remove(name).filter(|value| !value.is_empty())
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
