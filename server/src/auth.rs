//! Authentication of HTTP requests: by access token, or by the cookie of a browser's session.

use crate::{
    State,
    envelope::{Envelope, text},
    problem::ApiError,
    token_scopes,
};
use app::request_context::SessionCookie;
use axum::extract::FromRequestParts;
use axum_extra::extract::cookie::Cookie;
use chat::{
    Authentication, BrowserSession, Caller, Chat, Error, Origin, PendingCaller, is_api_token,
};
use http::{HeaderMap, HeaderValue, header, request::Parts};

/// What the names of all session cookies begin with.
pub const SESSION_COOKIE: &str = "parlance_session";

/// A browser takes a cookie of such a name over HTTPS only, and for this host only (RFC 6265bis, 4.1.3.2).
const HOST_PREFIX: &str = "__Host-";

/// Session cookies that are tried. Those of other servers on this host come along, as cookies do not
/// know ports.
const MAX_SESSION_COOKIES: usize = 5;

/// The user whose page asks, by id.
const PAGE_USER: &str = "parlance-user";

/// The message for a caller who shows nothing.
const NO_CREDENTIALS: Error = Error::Unauthenticated("Sign in first.");

/// The message for a caller who shows no token, where only one is taken.
pub const NO_BEARER: Error = Error::Unauthenticated("Send `Authorization: Bearer <access token>`.");

impl FromRequestParts<State> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, ApiError> {
        let origin = origin(parts, state);
        let Some(token) = bearer(&parts.headers).filter(|it| is_api_token(it)) else {
            let authentication = authenticate(&state.chat, &parts.headers).await?;
            return Ok(authentication.caller.from(origin));
        };
        let authentication = state.chat.authenticate_api_token(token).await?;
        token_scopes::require(&state.chat, &authentication.caller, parts).await?;
        Ok(authentication.caller.from(origin))
    }
}

/// From where a request of the public API comes.
fn origin(parts: &Parts, state: &State) -> Origin {
    Origin {
        address: state.proxies.envelope_of_parts(parts).client,
        door: Some("api"),
        ..Origin::default()
    }
}

/// The caller of one of the few routes that somebody may call who owes a second factor: to set it up, to read themself, and to
/// sign out. All other routes take a `Caller`.
pub struct CallerInSetup(pub Caller);

impl FromRequestParts<State> for CallerInSetup {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, ApiError> {
        let pending = match bearer(&parts.headers) {
            Some(token) if is_api_token(token) => {
                return Ok(Self(Caller::from_request_parts(parts, state).await?));
            }
            Some("") => return Err(NO_BEARER.into()),
            Some(token) => state.chat.authenticate_pending(token).await?,
            None => pending_of_page(&state.chat, &parts.headers).await?,
        };
        Ok(Self(pending.for_setup().from(origin(parts, state))))
    }
}

/// The caller of a socket of the public API: by the token of its handshake, or else as a request's. A token for programs
/// has to be one that hears everything.
pub async fn authenticate_socket(
    chat: &Chat,
    token: Option<&str>,
    headers: &HeaderMap,
) -> chat::Result<Authentication> {
    match token.or_else(|| bearer(headers)) {
        Some(token) if is_api_token(token) => {
            let authentication = chat.authenticate_api_token(token).await?;
            token_scopes::require_socket(&authentication.caller)?;
            Ok(authentication)
        }
        _ => match token {
            Some(token) => chat.authenticate_token(None, token).await,
            None => authenticate(chat, headers).await,
        },
    }
}

/// The caller at the main address: by the bearer token, and only without one by the session cookie.
/// Credentials of another scheme (`Basic`, `Negotiate`) are for a proxy, and prove nothing here. Tokens for programs are
/// taken where scopes are looked at: by the extractor of callers, and by `authenticate_socket`.
async fn authenticate(chat: &Chat, headers: &HeaderMap) -> chat::Result<Authentication> {
    if has_bearer(headers) {
        return authenticate_bearer(chat, None, headers).await;
    }
    Ok(pending_of_page(chat, headers).await?.ready()?.into())
}

async fn pending_of_page(chat: &Chat, headers: &HeaderMap) -> chat::Result<PendingCaller> {
    match cookie_session(chat, headers).await? {
        Some((caller, _)) if is_of_page(caller, headers) => Ok(caller),
        _ => Err(NO_CREDENTIALS),
    }
}

/// Whether the session is of the user whose page asks, if a page does. One of an earlier session does nothing as
/// somebody else who has signed in since.
fn is_of_page(caller: PendingCaller, headers: &HeaderMap) -> bool {
    let user = headers.get(PAGE_USER).map(HeaderValue::as_bytes);
    user.is_none_or(|user| user == caller.user_id().to_string().as_bytes())
}

/// The caller by the bearer token. At the door of a contract, the tokens of the apps that have this door
/// are taken.
pub async fn bearer_caller(
    chat: &Chat,
    door: Option<&str>,
    headers: &HeaderMap,
) -> chat::Result<Caller> {
    Ok(authenticate_bearer(chat, door, headers).await?.caller)
}

async fn authenticate_bearer(
    chat: &Chat,
    door: Option<&str>,
    headers: &HeaderMap,
) -> chat::Result<Authentication> {
    let token = bearer(headers).filter(|token| !token.is_empty());
    chat.authenticate_token(door, token.ok_or(NO_BEARER)?).await
}

/// The caller by the session cookie, who may owe a second factor, and what a page sets the cookie to anew; `None` if no
/// session of ours is open.
pub async fn cookie_session(
    chat: &Chat,
    headers: &HeaderMap,
) -> chat::Result<Option<(PendingCaller, BrowserSession)>> {
    for secret in session_secrets(headers, chat.key_id()) {
        match chat.renew_cookie(&secret).await {
            Ok(session) => return Ok(Some(session)),
            Err(Error::Unauthenticated(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// The cookie for a new session. Its name has the id of our keys, as another server may run at another
/// port of this host: the two would sign each other out.
pub fn new_session_cookie(chat: &Chat, envelope: &Envelope) -> SessionCookie {
    let is_secure = envelope.is_secure();
    let prefix = if is_secure { HOST_PREFIX } else { "" };
    SessionCookie {
        name: format!("{prefix}{SESSION_COOKIE}_{}", chat.key_id()),
        is_secure,
    }
}

/// The secrets in the session cookies: of our own name first, over HTTPS before HTTP; then of other names,
/// which a cookie has that is older than our keys.
fn session_secrets(headers: &HeaderMap, key_id: &str) -> Vec<String> {
    let mut found: Vec<_> = cookies(headers)
        .filter_map(|cookie| {
            let (is_secure, name) = match cookie.name().strip_prefix(HOST_PREFIX) {
                Some(name) => (true, name),
                None => (false, cookie.name()),
            };
            let rest = name.strip_prefix(SESSION_COOKIE)?;
            let is_own = rest.strip_prefix('_') == Some(key_id);
            Some(((!is_own, !is_secure), cookie.value_trimmed().to_owned()))
        })
        .filter(|(_, secret)| !secret.is_empty())
        .collect();
    found.sort_by_key(|(rank, _)| *rank);
    found.truncate(MAX_SESSION_COOKIES);
    found.into_iter().map(|(_, secret)| secret).collect()
}

/// The first cookie of this name that is not empty.
pub fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    cookies(headers)
        .find(|cookie| cookie.name() == name && !cookie.value_trimmed().is_empty())
        .map(|cookie| cookie.value_trimmed().to_owned())
}

/// All cookies. Their values may stand in quotes (RFC 6265, 4.1.1).
fn cookies(headers: &HeaderMap) -> impl Iterator<Item = Cookie<'_>> {
    headers
        .get_all(header::COOKIE)
        .iter()
        // Other cookies of this host may have bytes that are no ASCII.
        .flat_map(|cookies| Cookie::split_parse(text(cookies)))
        .filter_map(Result::ok)
}

/// Whether the request has a bearer token, valid or not.
pub fn has_bearer(headers: &HeaderMap) -> bool {
    bearer(headers).is_some()
}

/// The first bearer token: a line for a proxy (`Basic dTpw`) may stand before it.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let lines = headers.get_all(header::AUTHORIZATION).iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .find_map(|line| {
            let (scheme, token) = line.split_once(' ').unwrap_or((line, ""));
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
        })
}

#[cfg(test)]
mod tests {
    use super::{bearer, session_secrets};
    use http::{HeaderMap, HeaderValue, header};

    #[test]
    fn the_scheme_is_bearer_in_any_case() {
        let bearer = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, HeaderValue::from_static(value));
            bearer(&headers).map(str::to_owned)
        };
        assert_eq!(bearer("Bearer abc").as_deref(), Some("abc"));
        assert_eq!(bearer("bearer  abc").as_deref(), Some("abc"));
        assert_eq!(bearer("Bearer").as_deref(), Some(""));
        assert_eq!(bearer("Basic abc"), None);
        assert_eq!(bearer("abc"), None);

        let mut headers = HeaderMap::new();
        for line in ["Basic dTpw", "Bearer abc"] {
            headers.append(header::AUTHORIZATION, HeaderValue::from_static(line));
        }
        assert_eq!(super::bearer(&headers), Some("abc"));
    }

    #[test]
    fn cookies_of_others_hide_no_session() {
        for line in [
            "name=J\u{f6}rg; parlance_session_ab=s",
            "x=\"a b\"; parlance_session_ab=\"s\"",
        ] {
            let mut headers = HeaderMap::new();
            let bytes: Vec<u8> = line.chars().map(|c| c as u8).collect();
            headers.insert(header::COOKIE, HeaderValue::from_bytes(&bytes).unwrap());
            assert_eq!(session_secrets(&headers, "ab"), ["s"], "{line}");
        }
    }

    #[test]
    fn session_cookies_are_found_among_others() {
        let mut headers = HeaderMap::new();
        assert!(session_secrets(&headers, "ab").is_empty());
        for cookies in [
            "a=1; parlance_session_ab=",
            "b=2; parlance_session=x=y; c; parlance_session_cd=other",
            "parlance_session_ab=plain; __Host-parlance_session_ab=secure",
        ] {
            headers.append(header::COOKIE, HeaderValue::from_static(cookies));
        }
        let found = session_secrets(&headers, "ab");
        assert_eq!(found, ["secure", "plain", "x=y", "other"]);
        let many = "parlance_session_1=1; parlance_session_2=2; parlance_session_3=3; ".repeat(9);
        headers.append(header::COOKIE, HeaderValue::try_from(many).unwrap());
        assert_eq!(session_secrets(&headers, "ab").len(), 5);
        assert_eq!(session_secrets(&headers, "ab")[0], "secure");
    }
}
