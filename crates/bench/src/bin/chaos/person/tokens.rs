//! What a person shows at the door: an access token, and a refresh token for when it is too old.

use super::Character;
use serde::Deserialize;
use serde_json::json;
use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// How long a refresh may take.
const PATIENCE: Duration = Duration::from_secs(10);

pub struct Tokens {
    /// What the server gave; until it has given any, a fresh one is signed each time.
    access: Option<String>,
    refresh: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pair {
    access_token: String,
    refresh_token: String,
}

impl Tokens {
    pub fn new(character: &Character) -> Self {
        Self {
            access: None,
            refresh: first_refresh_token(character.account.user_id.0),
        }
    }

    pub fn access(&self, character: &Character) -> Option<String> {
        let fresh = || character.people.token(&character.account).ok();
        self.access.clone().or_else(fresh)
    }

    /// Whether there is another access token now.
    pub async fn refresh(&mut self, server: SocketAddr) -> bool {
        let body = json!({ "refreshToken": self.refresh }).to_string();
        let answer = timeout(PATIENCE, post(server, "/api/v1/auth/refresh", &body)).await;
        let Ok(Some(answer)) = answer else {
            return false;
        };
        let Ok(pair) = serde_json::from_str::<Pair>(&answer) else {
            return false;
        };
        self.access = Some(pair.access_token);
        self.refresh = pair.refresh_token;
        true
    }
}

/// With this everybody comes into the world; each is good once.
pub fn first_refresh_token(user: i64) -> String {
    format!("the first refresh token of {user}")
}

/// The body of the answer.
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
