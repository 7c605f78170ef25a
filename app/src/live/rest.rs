//! Requests to the public API, with the page's own session.

use super::{Live, browser};
use crate::{error::AppError, json, store::LinkState};
use model::ErrorCode;
use serde::{Serialize, de::DeserializeOwned};
use std::{fmt::Write, pin::Pin};

impl Live {
    pub(super) async fn get<T: DeserializeOwned>(self, path: &str) -> Result<T, AppError> {
        self.ask("GET", path, None).await
    }

    pub(super) async fn ask<T: DeserializeOwned>(
        self,
        method: &str,
        path: &str,
        body: Option<String>,
    ) -> Result<T, AppError> {
        let answer = self.request(method, path, body).await?;
        json::read(&answer).ok_or_else(AppError::unreachable)
    }

    /// The body of a good answer; a problem otherwise. In a box, which all who wait for it share.
    pub(super) fn request(
        self,
        method: &str,
        path: &str,
        body: Option<String>,
    ) -> Pin<Box<dyn Future<Output = Result<String, AppError>>>> {
        let (method, path) = (method.to_owned(), format!("/api/v1{path}"));
        Box::pin(async move {
            let body = body.map(|body| (browser::JSON, body));
            let (status, answer) = browser::fetch(&method, &path, body)
                .await
                .ok_or_else(AppError::unreachable)?;
            if status < 400 {
                return Ok(answer);
            }
            let error = json::read(&answer).map_or_else(AppError::unreachable, AppError);
            if error.0.code == ErrorCode::Unauthenticated {
                self.store
                    .update(|store| store.set_link(LinkState::SignedOut));
            }
            Err(error)
        })
    }
}

/// As the body of a request.
pub(super) fn write(body: &impl Serialize) -> Option<String> {
    serde_json::to_string(body).ok()
}

/// As a part of a URL.
pub(super) fn encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::encode;

    #[test]
    fn encodes_all_but_plain_characters() {
        assert_eq!(encode("a-Z_0.~"), "a-Z_0.~");
        assert_eq!(encode("👍 &/?é"), "%F0%9F%91%8D%20%26%2F%3F%C3%A9");
    }
}
