//! HTTP/1.1 client over one keep-alive connection. It finds the end of a response, and does not
//! parse the body.

use crate::error::{Error, Result};
use bench::client::Endpoint;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

pub struct HttpClient {
    stream: TcpStream,
    host: String,
    /// All header lines, `Authorization` included, without the request line.
    headers: String,
    buffer: Vec<u8>,
}

impl HttpClient {
    pub async fn open(endpoint: Endpoint, token: &str) -> Result<Self> {
        let mut client = Self {
            stream: endpoint.open().await?,
            host: endpoint.server.to_string(),
            headers: String::new(),
            buffer: Vec::new(),
        };
        client.set_token(token);
        Ok(client)
    }

    /// Replaces the bearer token of all later requests.
    pub fn set_token(&mut self, token: &str) {
        let host = &self.host;
        self.headers = format!(
            "Host: {host}\r\nAuthorization: Bearer {token}\r\nAccept: application/json\r\n\r\n"
        );
    }

    /// Returns the body. Any status but 200 is an error.
    pub async fn get(&mut self, path: &str) -> Result<&[u8]> {
        let request = format!("GET {path} HTTP/1.1\r\n{}", self.headers);
        self.stream.write_all(request.as_bytes()).await?;
        self.buffer.clear();
        let (body_start, body_length) = loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(Error::wrong("the server hung up"));
            }
            if let Some(found) = parse_head(&self.buffer)? {
                break found;
            }
        };
        while self.buffer.len() < body_start + body_length {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(Error::wrong("the server hung up"));
            }
        }
        Ok(&self.buffer[body_start..body_start + body_length])
    }
}

/// Length of the head and of the body; `None` while the head is incomplete.
fn parse_head(response: &[u8]) -> Result<Option<(usize, usize)>> {
    let Some(end) = response.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let text = String::from_utf8_lossy(&response[..end]);
    let mut lines = text.lines();
    let status = lines.next().unwrap_or_default();
    if status.split(' ').nth(1) != Some("200") {
        return Err(Error::wrong(format!("the server answered {status}")));
    }
    let length = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_length = name.eq_ignore_ascii_case("content-length");
        is_length.then(|| value.trim().parse().ok()).flatten()
    });
    match length {
        Some(length) => Ok(Some((end + 4, length))),
        None => Err(Error::wrong("an answer without a length")),
    }
}

#[cfg(test)]
mod tests {
    use super::parse_head;

    #[test]
    fn the_body_begins_after_the_head() {
        let response = b"HTTP/1.1 200 OK\r\ncontent-Length: 2\r\n\r\nab";
        assert_eq!(parse_head(response).unwrap(), Some((38, 2)));
        assert_eq!(parse_head(&response[..30]).unwrap(), None);
        assert!(parse_head(b"HTTP/1.1 404 Not Found\r\n\r\n").is_err());
        assert!(parse_head(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }
}
