//! Tokens of a simulated client: the access token of its connections, and the refresh token that
//! replaces an expired one.

use super::spec::ClientSpec;
use serde::Deserialize;
use serde_json::json;
use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// How long the refresh request may take.
const REFRESH_TIMEOUT: Duration = Duration::from_secs(10);

pub struct AuthTokens {
    /// The token that the server has issued. Until the first refresh the client signs one for each
    /// connection.
    access: Option<String>,
    refresh: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TokenPair {
    access_token: String,
    refresh_token: String,
}

impl AuthTokens {
    pub fn new(spec: &ClientSpec) -> Self {
        Self {
            access: None,
            refresh: first_refresh_token(spec.user.user_id.0),
        }
    }

    pub fn access(&self, spec: &ClientSpec) -> Option<String> {
        let signed = || spec.seeder.token(&spec.user).ok();
        self.access.clone().or_else(signed)
    }

    /// Exchanges the refresh token. True when there is another access token now.
    pub async fn refresh(&mut self, server: SocketAddr) -> bool {
        let body = json!({ "refreshToken": self.refresh }).to_string();
        let answer = timeout(REFRESH_TIMEOUT, post(server, "/api/v1/auth/refresh", &body)).await;
        let Ok(Some(answer)) = answer else {
            return false;
        };
        let Ok(pair) = serde_json::from_str::<TokenPair>(&answer) else {
            return false;
        };
        self.access = Some(pair.access_token);
        self.refresh = pair.refresh_token;
        true
    }
}

/// Refresh token that the client of that user starts with; it can be used once.
pub fn first_refresh_token(user: i64) -> String {
    format!("the first refresh token of {user}")
}

/// Body of the HTTP response.
async fn post(server: SocketAddr, path: &str, body: &str) -> Option<String> {
    let mut stream = TcpStream::connect(server).await.ok()?;
    let length = body.len();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: {server}\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.ok()?;
    Some(answer.split_once("\r\n\r\n")?.1.to_owned())
}
