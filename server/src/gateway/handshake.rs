//! The handshake of a socket: what it brings to say who connects.

use chat::Error;
use http::{HeaderMap, Uri, header};
use serde_json::Value;

#[derive(Clone, Copy)]
pub struct Handshake<'a> {
    /// What the client's option `auth` holds.
    pub auth: &'a Value,
    pub headers: &'a HeaderMap,
    pub uri: &'a Uri,
}

impl<'a> Handshake<'a> {
    /// The token, wherever it is: in `auth`, in the header `Authorization`, or in the query, for
    /// clients that have neither. With its `Bearer `, if it has one.
    pub fn token(&self) -> Result<Option<&'a str>, Error> {
        match self.auth.get("token") {
            None | Some(Value::Null) => {}
            Some(Value::String(token)) if token.is_empty() => {}
            Some(Value::String(token)) => return Ok(Some(token)),
            Some(_) => return Err(Error::Unauthenticated("`auth.token` must be a string.")),
        }
        let header = self.headers.get(header::AUTHORIZATION);
        if let Some(token) = header.and_then(|value| value.to_str().ok()) {
            return Ok(Some(token));
        }
        // The letters of a token need no escapes.
        Ok(self.in_query("token"))
    }

    /// A string or a number that `auth` holds, or the query.
    pub fn named(&self, name: &str) -> Option<String> {
        match self.auth.get(name) {
            Some(Value::String(text)) if !text.is_empty() => Some(text.clone()),
            Some(Value::Number(number)) => Some(number.to_string()),
            _ => self.in_query(name).map(str::to_owned),
        }
    }

    fn in_query(&self, name: &str) -> Option<&'a str> {
        let mut pairs = self.uri.query()?.split('&');
        let value = pairs.find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        value.filter(|value| !value.is_empty())
    }
}

/// A token without the `Bearer ` that may stand before it.
pub fn bare(token: &str) -> &str {
    match token.split_at_checked(7) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer ") => token.trim(),
        _ => token,
    }
}

#[cfg(test)]
mod tests {
    use super::{Handshake, bare};
    use http::{HeaderMap, HeaderValue, Uri, header};
    use serde_json::{Value, json};

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
        handshake.token().ok().flatten().map(str::to_owned)
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
        assert_eq!(token(&json!({ "token": "" }), None, "/?EIO=4"), None);
        assert_eq!(token(&json!({ "token": 7 }), None, "/?token=c"), None);
    }

    #[test]
    fn the_scheme_is_taken_off() {
        assert_eq!(bare("Bearer abc"), "abc");
        assert_eq!(bare("bearer  abc"), "abc");
        assert_eq!(bare("abc"), "abc");
        assert_eq!(bare("Bearer"), "Bearer");
    }
}
