//! Requests that no server can be asked for are answered 400, and panic nowhere.

use crate::common::App;
use sqlx::PgPool;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// The status of the answer to these bytes.
async fn status(app: &App, request: &str) -> String {
    let address = app.base().trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer[9..]).into_owned()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_target_or_host_that_is_none_is_answered_400(pool: PgPool) {
    let app = App::start(pool).await;
    let host = "Host: chat.example\r\n";
    for (line, headers, wanted) in [
        ("GET chat.example:443 HTTP/1.1", host, "400"),
        ("POST chat.example:443 HTTP/1.1", host, "400"),
        ("CONNECT chat.example:443 HTTP/1.1", host, "400"),
        ("GET * HTTP/1.1", host, "400"),
        ("GET /health HTTP/1.1", "", "400"),
        (
            "GET /health HTTP/1.1",
            "Host: a.example\r\nHost: b.example\r\n",
            "400",
        ),
        ("GET /health HTTP/1.1", "Host: ada@chat.example\r\n", "400"),
        ("OPTIONS * HTTP/1.1", host, "200"),
        ("GET http://chat.example/health HTTP/1.1", host, "200"),
        ("GET /health HTTP/1.1", host, "200"),
        ("GET /health HTTP/1.0", "", "200"),
    ] {
        let request = format!("{line}\r\n{headers}Connection: close\r\n\r\n");
        assert_eq!(status(&app, &request).await, wanted, "{request}");
    }
}
