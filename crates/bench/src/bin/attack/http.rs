//! Requests over a connection of their own, as hostile clients make them.

use crate::target::endpoint;
use serde_json::Value;
use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// Bytes of an answer that are read: enough for its status and a session's id.
const MAX_ANSWER_BYTES: u64 = 64 * 1024;

const TIMEOUT: Duration = Duration::from_mins(1);

pub struct Answer {
    pub status: u16,
    pub body: String,
}

pub async fn connect(server: SocketAddr, source: Ipv4Addr) -> io::Result<TcpStream> {
    endpoint(server, source).open().await
}

/// Sends a request with these lines of its head, and reads the answer to the end of the connection.
pub async fn send(
    server: SocketAddr,
    source: Ipv4Addr,
    request_line: &str,
    headers: &str,
    body: &str,
) -> io::Result<Answer> {
    let exchange = async {
        let mut stream = connect(server, source).await?;
        let length = body.len();
        let request = format!(
            "{request_line} HTTP/1.1\r\nhost: {server}\r\nconnection: close\r\n\
            content-length: {length}\r\n{headers}\r\n{body}"
        );
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream
            .take(MAX_ANSWER_BYTES)
            .read_to_end(&mut answer)
            .await?;
        parse(&answer)
    };
    timeout(TIMEOUT, exchange)
        .await
        .map_err(|_| io::ErrorKind::TimedOut)?
}

pub async fn post_json(
    server: SocketAddr,
    source: Ipv4Addr,
    path: &str,
    token: Option<&str>,
    body: &Value,
) -> io::Result<Answer> {
    let authorization = token.map(|it| format!("authorization: Bearer {it}\r\n"));
    let headers = format!(
        "content-type: application/json\r\n{}",
        authorization.unwrap_or_default()
    );
    send(
        server,
        source,
        &format!("POST {path}"),
        &headers,
        &body.to_string(),
    )
    .await
}

/// Opens a session of long polling; the path of its requests, if the server takes it.
pub async fn open_session(server: SocketAddr, source: Ipv4Addr) -> io::Result<Option<String>> {
    let path = "/socket.io/?EIO=4&transport=polling";
    let answer = send(server, source, &format!("GET {path}"), "", "").await?;
    let sid = answer
        .body
        .split_once(r#""sid":""#)
        .and_then(|(_, rest)| rest.split('"').next());
    Ok(sid.map(|sid| format!("{path}&sid={sid}")))
}

fn parse(answer: &[u8]) -> io::Result<Answer> {
    let text = String::from_utf8_lossy(answer);
    let status = text
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    Ok(Answer {
        status: status.ok_or(io::ErrorKind::UnexpectedEof)?,
        body: text
            .split_once("\r\n\r\n")
            .map_or_else(String::new, |(_, body)| body.to_owned()),
    })
}
