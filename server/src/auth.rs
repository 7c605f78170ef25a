//! Authentication of HTTP requests: by access token, or by the cookie of a browser's session.

use crate::{State, problem::ApiError};
use app::request_context::SESSION_COOKIE;
use axum::extract::FromRequestParts;
use axum_extra::extract::cookie::Cookie;
use chat::{Authentication, Caller, Chat, Error};
use http::{HeaderMap, header, request::Parts};

impl FromRequestParts<State> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, ApiError> {
        Ok(caller(&state.chat, &parts.headers).await?)
    }
}

/// The caller at the main address.
pub async fn caller(chat: &Chat, headers: &HeaderMap) -> chat::Result<Caller> {
    caller_at(chat, None, headers).await
}

/// The caller by the header `Authorization`; only without that header, by the cookie. At the door of a
/// contract, the tokens of the apps that have this door are taken.
pub async fn caller_at(
    chat: &Chat,
    door: Option<&str>,
    headers: &HeaderMap,
) -> chat::Result<Caller> {
    Ok(authenticate(chat, door, headers).await?.caller)
}

/// The same, with what else the token says.
pub async fn authenticate(
    chat: &Chat,
    door: Option<&str>,
    headers: &HeaderMap,
) -> chat::Result<Authentication> {
    match (headers.get(header::AUTHORIZATION), session_cookie(headers)) {
        (Some(authorization), _) => {
            let token =
                authorization
                    .to_str()
                    .ok()
                    .and_then(bearer)
                    .ok_or(Error::Unauthenticated(
                        "Send `Authorization: Bearer <access token>`.",
                    ))?;
            chat.authenticate_token(door, token).await
        }
        (None, Some(secret)) => Ok(chat.authenticate_cookie(&secret).await?.into()),
        (None, None) => Err(Error::Unauthenticated("Sign in first.")),
    }
}

/// The secret of the browser's session.
pub fn session_cookie(headers: &HeaderMap) -> Option<String> {
    cookie(headers, SESSION_COOKIE)
}

/// The first cookie of this name that is not empty.
pub fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|cookies| cookies.to_str().ok())
        .flat_map(Cookie::split_parse)
        .filter_map(Result::ok)
        .find(|cookie| cookie.name() == name && !cookie.value().is_empty())
        .map(|cookie| cookie.value().to_owned())
}

fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use super::{bearer, session_cookie};
    use http::{HeaderMap, HeaderValue, header};

    #[test]
    fn the_scheme_is_bearer_in_any_case() {
        assert_eq!(bearer("Bearer abc"), Some("abc"));
        assert_eq!(bearer("bearer  abc"), Some("abc"));
        assert_eq!(bearer("Basic abc"), None);
        assert_eq!(bearer("abc"), None);
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        assert_eq!(session_cookie(&headers), None);
        headers.append(
            header::COOKIE,
            HeaderValue::from_static("a=1; parlance_session="),
        );
        assert_eq!(session_cookie(&headers), None);
        headers.append(
            header::COOKIE,
            HeaderValue::from_static("b=2; parlance_session=x=y; c"),
        );
        assert_eq!(session_cookie(&headers).as_deref(), Some("x=y"));
    }
}
