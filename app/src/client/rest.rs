//! Requests to the public API, authenticated by the session cookie of the page.

use super::{ChatClient, backoff, browser};
use crate::{error::AppError, json, store::ConnectionStatus};
use model::ErrorCode;
use serde::{Serialize, de::DeserializeOwned};
use std::{fmt::Write, pin::Pin};

impl ChatClient {
    pub(super) async fn get<T: DeserializeOwned>(self, path: &str) -> Result<T, AppError> {
        self.request_json("GET", path, None).await
    }

    /// The response as a `T`; `AppError::unreachable` if it is not one.
    pub(super) async fn request_json<T: DeserializeOwned>(
        self,
        method: &str,
        path: &str,
        body: Option<String>,
    ) -> Result<T, AppError> {
        let response = self.request(method, path, body).await?;
        json::read(&response).ok_or_else(AppError::unreachable)
    }

    /// Sends a request to `/api/v1{path}` with a JSON body. Returns the body of a response below
    /// 400, and the problem of any other. 401 marks the connection as signed out. The future is
    /// boxed, so that all callers share one compiled state machine.
    pub(super) fn request(
        self,
        method: &str,
        path: &str,
        body: Option<String>,
    ) -> Pin<Box<dyn Future<Output = Result<String, AppError>>>> {
        let (method, path) = (method.to_owned(), format!("/api/v1{path}"));
        let user = self.my_id();
        Box::pin(async move {
            let mut retries = 0;
            let response = loop {
                let response = browser::fetch(user, &method, &path, body.clone())
                    .await
                    .ok_or_else(AppError::unreachable)?;
                let Some(seconds) = response.retry_delay(&method, retries) else {
                    break response;
                };
                retries += 1;
                backoff::sleep(retries, seconds).await;
            };
            if response.status < 400 {
                return Ok(response.body);
            }
            let error = json::read(&response.body).map_or_else(AppError::unreachable, AppError);
            if error.0.code == ErrorCode::Unauthenticated {
                self.store
                    .update(|store| store.set_connection_status(ConnectionStatus::SignedOut));
            }
            Err(error)
        })
    }
}

/// The JSON body of a request.
pub(super) fn to_json(body: &impl Serialize) -> Option<String> {
    serde_json::to_string(body).ok()
}

/// Percent-encodes a path segment or a query value: all but the unreserved characters of RFC 3986,
/// 2.3. By hand: these lines are all that the browser needs of the `percent-encoding` crate, which only
/// the server's half depends on.
pub(super) fn percent_encode(text: &str) -> String {
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
    use super::percent_encode;

    #[test]
    fn encodes_all_but_unreserved_characters() {
        assert_eq!(percent_encode("a-Z_0.~"), "a-Z_0.~");
        assert_eq!(percent_encode("👍 &/?é"), "%F0%9F%91%8D%20%26%2F%3F%C3%A9");
    }
}
