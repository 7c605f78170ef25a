//! The handshake of a Socket.IO namespace: the credentials that a client connects with.

use chat::Error;
use http::{HeaderMap, Uri, header};
use serde_json::Value;
use std::borrow::Cow;

#[derive(Clone, Copy)]
pub struct Handshake<'a> {
    /// The payload of the CONNECT packet: the client's option `auth`.
    pub auth: &'a Value,
    pub headers: &'a HeaderMap,
    pub uri: &'a Uri,
}

impl<'a> Handshake<'a> {
    /// The token from `auth`, else from the header `Authorization`, else from the query, for clients
    /// that can set neither. A prefix `Bearer ` is left on it.
    pub fn token(&self) -> Result<Option<Cow<'a, str>>, Error> {
        match self.auth.get("token") {
            None | Some(Value::Null) => {}
            Some(Value::String(token)) if token.is_empty() => {}
            Some(Value::String(token)) => return Ok(Some(Cow::Borrowed(token))),
            Some(_) => return Err(Error::Unauthenticated("`auth.token` must be a string.")),
        }
        if let Some(token) = header_token(self.headers) {
            return Ok(Some(Cow::Borrowed(token)));
        }
        Ok(self.query_param("token"))
    }

    /// A string or number from `auth`, else a parameter of the query.
    pub fn named(&self, name: &str) -> Option<String> {
        match self.auth.get(name) {
            Some(Value::String(text)) if !text.is_empty() => Some(text.clone()),
            Some(Value::Number(number)) => Some(number.to_string()),
            _ => self.query_param(name).map(Cow::into_owned),
        }
    }

    /// The first parameter of this name in the query, if it is not empty.
    fn query_param(&self, name: &str) -> Option<Cow<'a, str>> {
        let mut pairs = form_urlencoded::parse(self.uri.query()?.as_bytes());
        let (_, value) = pairs.find(|(key, _)| key == name)?;
        (!value.is_empty()).then_some(value)
    }
}

/// The token in the header `Authorization`, with its prefix `Bearer ` if it has one. Credentials of
/// another scheme (`Basic dTpw`) are for a proxy, and no token.
pub fn header_token(headers: &HeaderMap) -> Option<&str> {
    let lines = headers.get_all(header::AUTHORIZATION).iter();
    let mut values = lines.filter_map(|line| Some(line.to_str().ok()?.trim()));
    values.find(|value| {
        let scheme = value.split_once(' ').map(|(scheme, _)| scheme);
        let is_token = scheme.is_none_or(|scheme| scheme.eq_ignore_ascii_case("bearer"));
        is_token && !value.is_empty()
    })
}

/// A token without a prefix `Bearer `, and without space around it: a JWT has none inside.
pub fn strip_bearer(token: &str) -> &str {
    let token = token.trim();
    match token.split_once(char::is_whitespace) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim_start(),
        _ => token,
    }
}

#[cfg(test)]
mod tests {
    use super::{Handshake, strip_bearer};
    use http::{HeaderMap, HeaderValue, Uri, header};
    use serde_json::{Value, json};
    use std::borrow::Cow;

    fn token(auth: &Value, header: Option<&'static str>, uri: &'static str) -> Option<String> {
        let mut headers = HeaderMap::new();
        if let Some(value) = header {
            headers.insert(header::AUTHORIZATION, HeaderValue::from_static(value));
        }
        let uri = &Uri::from_static(uri);
        let handshake = Handshake {
            auth,
            headers: &headers,
            uri,
        };
        handshake.token().ok().flatten().map(Cow::into_owned)
    }

    #[test]
    fn a_token_is_found_in_three_places() {
        let auth = json!({ "token": "a" });
        assert_eq!(token(&auth, Some("Bearer b"), "/?token=c").unwrap(), "a");
        assert_eq!(
            token(&Value::Null, Some("Bearer b"), "/?token=c").unwrap(),
            "Bearer b"
        );
        assert_eq!(token(&json!({}), None, "/?EIO=4&token=c").unwrap(), "c");
        assert_eq!(token(&json!({}), None, "/?token=%63%2Ed").unwrap(), "c.d");
        assert_eq!(token(&json!({ "token": "" }), None, "/?EIO=4"), None);
        assert_eq!(token(&json!({ "token": 7 }), None, "/?token=c"), None);
        let basic = Some("Basic dTpw");
        assert_eq!(token(&Value::Null, basic, "/?token=c").unwrap(), "c");
    }

    #[test]
    fn the_scheme_is_taken_off() {
        assert_eq!(strip_bearer("Bearer abc"), "abc");
        assert_eq!(strip_bearer("bearer  abc"), "abc");
        assert_eq!(strip_bearer(" Bearer\tabc\r\n"), "abc");
        assert_eq!(strip_bearer("abc"), "abc");
        assert_eq!(strip_bearer("Bearer"), "Bearer");
    }
}
