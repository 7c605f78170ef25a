//! `Token`: the parts of a JWT in compact form, before anything is verified.

use crate::readable_json::parse_readable;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::{Map, Value};

/// Bytes of the longest token. A longer one counts as malformed; headers and handshakes have lower
/// limits in most servers.
const MAX_BYTES: usize = 16 * 1024;

pub struct Token<'a> {
    pub algorithm: Algorithm,
    /// The claim of the header by which an issuer names one of its keys.
    pub key_id: Option<String>,
    /// The claims as the token has them. Nothing of it is to be believed before `is_signed_by`.
    pub claims: Map<String, Value>,
    signed: &'a str,
    signature: &'a str,
}

impl<'a> Token<'a> {
    /// `None` for what is no token, for an algorithm that no key here could have (`none` among them),
    /// and for a token with extensions that have to be understood (`crit`, RFC 7515, 4.1.11).
    pub fn parse(token: &'a str) -> Option<Self> {
        if token.len() > MAX_BYTES {
            return None;
        }
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let header = object(header)?;
        if header.contains_key("crit") {
            return None;
        }
        Some(Self {
            algorithm: header.get("alg")?.as_str()?.parse().ok()?,
            key_id: header.get("kid").and_then(Value::as_str).map(str::to_owned),
            claims: object(claims)?,
            signed,
            signature,
        })
    }

    /// Whether the key has signed the token with the algorithm that the token names. The caller makes
    /// sure that the key is one of that algorithm.
    pub fn is_signed_by(&self, key: &DecodingKey) -> bool {
        let signed = self.signed.as_bytes();
        jsonwebtoken::crypto::verify(self.signature, signed, key, self.algorithm).unwrap_or(false)
    }
}

/// A claim that cannot be read costs the others nothing.
fn object(part: &str) -> Option<Map<String, Value>> {
    let json = BASE64_URL_SAFE_NO_PAD.decode(part).ok()?;
    match parse_readable(&json)? {
        Value::Object(fields) => Some(fields),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::Token;
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

    fn parses(header: &str, claims: &str) -> bool {
        let encode = |json: &str| BASE64_URL_SAFE_NO_PAD.encode(json);
        Token::parse(&format!("{}.{}.AA", encode(header), encode(claims))).is_some()
    }

    #[test]
    fn a_header_names_an_algorithm_that_exists() {
        assert!(parses(r#"{"alg":"HS256","kid":5}"#, "{}"));
        assert!(parses(r#"{"alg":"EdDSA","typ":7}"#, r#"{"sub":null}"#));
        for header in [
            "{}",
            "[]",
            r#"{"alg":"none"}"#,
            r#"{"alg":"None"}"#,
            r#"{"alg":["HS256"]}"#,
            r#"{"alg":"HS256","crit":["exp"]}"#,
        ] {
            assert!(!parses(header, "{}"), "{header}");
        }
        assert!(!parses(r#"{"alg":"HS256"}"#, "[]"));
        for bad in [r#""\ud83d""#, "1e400"] {
            let claims = format!(r#"{{"sub":"7","name":{bad}}}"#);
            assert!(parses(r#"{"alg":"HS256"}"#, &claims), "{bad}");
        }
        for token in ["", ".", "..", "a.b", "a.b.c", &"a".repeat(20_000)] {
            assert!(Token::parse(token).is_none(), "{token}");
        }
    }
}
