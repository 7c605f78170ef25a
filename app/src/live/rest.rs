//! Requests to the public API, with the page's own session.

use super::{Live, backoff, browser};
use crate::{error::AppError, json, store::LinkState};
use model::ErrorCode;
use serde::{Serialize, de::DeserializeOwned};
use std::{fmt::Write, pin::Pin};

/// So often is a request made again that the server could not take, within such seconds.
const TRIES: u32 = 3;
const PATIENCE: u32 = 5;

pub struct Answer {
    pub status: u16,
    /// Seconds until another try can succeed.
    pub retry_after: Option<u32>,
    pub body: String,
}

impl Answer {
    /// How long to wait before asking the same again; none when that is of no use, or when it may
    /// have been done already.
    fn wait(&self, method: &str, tries: u32) -> Option<u32> {
        let undone = self.status == 429 || (self.status == 503 && method == "GET");
        self.retry_after
            .filter(|seconds| undone && tries < TRIES && *seconds <= PATIENCE)
    }
}

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
            let mut tries = 0;
            let answer = loop {
                let body = body.clone().map(|body| (browser::JSON, body));
                let answer = browser::fetch(&method, &path, body)
                    .await
                    .ok_or_else(AppError::unreachable)?;
                let Some(seconds) = answer.wait(&method, tries) else {
                    break answer;
                };
                tries += 1;
                backoff::pause(tries, seconds).await;
            };
            if answer.status < 400 {
                return Ok(answer.body);
            }
            let error = json::read(&answer.body).map_or_else(AppError::unreachable, AppError);
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
    use super::{Answer, encode};

    #[test]
    fn asks_again_only_what_has_not_been_done_and_soon() {
        let wait = |status, seconds, method, tries| {
            let answer = Answer {
                status,
                retry_after: seconds,
                body: String::new(),
            };
            answer.wait(method, tries)
        };
        assert_eq!(wait(429, Some(2), "POST", 0), Some(2));
        assert_eq!(wait(503, Some(1), "GET", 2), Some(1));
        assert_eq!(wait(503, Some(1), "POST", 0), None);
        assert_eq!(wait(429, Some(800), "GET", 0), None);
        assert_eq!(wait(429, None, "GET", 0), None);
        assert_eq!(wait(429, Some(2), "GET", 3), None);
        assert_eq!(wait(200, Some(2), "GET", 0), None);
    }

    #[test]
    fn encodes_all_but_plain_characters() {
        assert_eq!(encode("a-Z_0.~"), "a-Z_0.~");
        assert_eq!(encode("👍 &/?é"), "%F0%9F%91%8D%20%26%2F%3F%C3%A9");
    }
}
