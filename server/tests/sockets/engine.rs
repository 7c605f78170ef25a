//! Engine.IO below the sockets: its errors over HTTP, and the end of its sessions.

use crate::common::{
    client::{dial, request},
    test_server::TestServer,
};
use futures_util::{SinkExt, StreamExt};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio_tungstenite::tungstenite::Message;

/// The addresses of all paths of Engine.IO.
fn engines(server: &TestServer) -> Vec<String> {
    let main = format!("http://{}", server.address);
    let mut engines = vec![format!("{main}/socket.io/"), format!("{main}/socket.io")];
    for (name, address) in &server.contracts {
        engines.push(format!("http://{address}/socket.io/"));
        engines.push(format!("{main}/contracts/{name}/socket.io/"));
    }
    let rooms = server.contracts["rooms"];
    engines.push(format!("http://{rooms}/chat/"));
    engines.push(format!("http://{rooms}/chat"));
    engines
}

/// Asks for a WebSocket, with a client that does not go on with one.
fn upgrade(request: RequestBuilder) -> RequestBuilder {
    request
        .header("connection", "keep-alive, Upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
}

/// Sends a request that is refused, and compares the answer with that of Node's server.
async fn refused(what: &str, request: RequestBuilder, status: u16, error: &Value) {
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), status, "{what}");
    assert_eq!(
        answer.headers()["content-type"],
        "application/json",
        "{what}"
    );
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body, *error, "{what}");
}

#[sqlx::test(migrations = "../migrations")]
async fn errors_have_the_numbers_of_nodes_server(db: PgPool) {
    let server = TestServer::start_with_contracts(db).await;
    let http = reqwest::Client::new();
    let transport = json!({ "code": 0, "message": "Transport unknown" });
    let session = json!({ "code": 1, "message": "Session ID unknown" });
    let method = json!({ "code": 2, "message": "Bad handshake method" });
    let bad = json!({ "code": 3, "message": "Bad request" });
    let version = json!({ "code": 5, "message": "Unsupported protocol version" });
    for engine in engines(&server) {
        for (query, error) in [
            ("", &transport),
            ("?EIO=4", &transport),
            ("?EIO=4&transport=pigeon", &transport),
            ("?EIO=3&transport=polling&b64=1", &version),
            ("?transport=polling", &version),
            ("?EIO=abc&transport=polling", &version),
            ("?EIO=4&transport=polling&sid=zzzzzzzzzzzzzzzz", &session),
            ("?EIO=4&transport=polling&sid=AAAAAAAAAAAAAAAA", &session),
            ("?EIO=4&transport=polling&sid=~", &session),
            ("?EIO=4&transport=websocket", &bad),
        ] {
            let url = format!("{engine}{query}");
            refused(&url, http.get(&url), 400, error).await;
        }
        for (query, error) in [
            ("?EIO=3&transport=websocket", &version),
            ("?EIO=4&transport=websocket&sid=AAAAAAAAAAAAAAAA", &session),
            ("?EIO=4&transport=websocket&sid=~", &session),
            ("?EIO=4&transport=flashsocket", &transport),
        ] {
            let url = format!("{engine}{query}");
            refused(&url, upgrade(http.get(&url)), 400, error).await;
        }
        let url = format!("{engine}?EIO=4&transport=polling");
        for name in [Method::POST, Method::PUT, Method::DELETE] {
            let request = http.request(name.clone(), &url);
            refused(&format!("{name} {url}"), request, 400, &method).await;
        }
    }
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn errors_of_a_session_have_numbers(db: PgPool) {
    let server = TestServer::start_with_contracts(db).await;
    let http = reqwest::Client::new();
    let session = json!({ "code": 1, "message": "Session ID unknown" });
    let bad = json!({ "code": 3, "message": "Bad request" });
    let large = json!({ "code": 3, "message": "Payload too large" });
    for engine in engines(&server) {
        let open = format!("{engine}?EIO=4&transport=polling");
        let opened = http.get(&open).send().await.unwrap().text().await.unwrap();
        let sid: Value = serde_json::from_str(&opened[1..]).unwrap();
        let url = format!("{open}&sid={}", sid["sid"].as_str().unwrap());
        refused("PUT", http.put(&url), 400, &bad).await;
        // An upgrade of a session that exists is one, and an unknown packet ends the session.
        let websocket = url.replace("=polling", "=websocket");
        let upgraded = upgrade(http.get(&websocket)).send().await.unwrap();
        assert_eq!(upgraded.status(), 101, "{engine}");
        drop(upgraded);
        refused(&engine, http.post(&url).body("abc"), 400, &bad).await;
        refused(&engine, http.get(&url), 400, &session).await;

        let opened = http.get(&open).send().await.unwrap().text().await.unwrap();
        let sid: Value = serde_json::from_str(&opened[1..]).unwrap();
        let url = format!("{open}&sid={}", sid["sid"].as_str().unwrap());
        let body = format!("4{}", "x".repeat(3 * 1024 * 1024));
        refused(&engine, http.post(&url).body(body), 413, &large).await;
    }
    server.stop().await;
}

/// What nginx without its upgrade lines, HTTP/1.0 proxies and old or broken clients send. A 101 would
/// leave the client with a dead connection; after an error it polls.
#[sqlx::test(migrations = "../migrations")]
async fn only_a_whole_handshake_of_a_websocket_is_one(db: PgPool) {
    let server = TestServer::start_with_contracts(db).await;
    let http = reqwest::Client::new();
    let bad = json!({ "code": 3, "message": "Bad request" });
    let version = json!({ "code": 3, "message": "Unsupported WebSocket version" });
    let handshake = [
        ("connection", "keep-alive, Upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    for engine in engines(&server) {
        let url = format!("{engine}?EIO=4&transport=websocket");
        let with = |changed: &str, value: Option<&'static str>| {
            let mut request = http.get(&url);
            for (name, standard) in handshake {
                let value = if name == changed {
                    value
                } else {
                    Some(standard)
                };
                if let Some(value) = value {
                    request = request.header(name, value);
                }
            }
            request
        };
        for (name, value) in [
            ("connection", None),
            ("connection", Some("close")),
            ("upgrade", None),
            ("upgrade", Some("h2c")),
            ("sec-websocket-key", None),
            ("sec-websocket-key", Some("short")),
        ] {
            refused(
                &format!("{engine} {name} {value:?}"),
                with(name, value),
                400,
                &bad,
            )
            .await;
        }
        // A connection over which a server has answered in HTTP/1.0 stays with it: another client.
        let old = upgrade(reqwest::Client::new().get(&url)).version(reqwest::Version::HTTP_10);
        refused(&format!("{engine} HTTP/1.0"), old, 400, &bad).await;
        for other in [None, Some("8"), Some("14"), Some("13, 8")] {
            let request = with("sec-websocket-version", other);
            let answer = request.try_clone().unwrap().send().await.unwrap();
            let supported = answer.headers().get("sec-websocket-version");
            assert!(
                supported.is_some_and(|it| it == "13"),
                "{engine} {other:?}: {answer:?}"
            );
            refused(&format!("{engine} {other:?}"), request, 426, &version).await;
        }
        let upgraded = with("", None).send().await.unwrap();
        assert_eq!(upgraded.status(), 101, "{engine}");
    }
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn foreign_pages_get_the_number_of_forbidden(db: PgPool) {
    let server = TestServer::start_with_contracts(db).await;
    let http = reqwest::Client::new();
    for engine in engines(&server) {
        let host = engine.split('/').nth(2).unwrap();
        let detail = format!(
            "The page's origin is https://evil.example, and this request was sent to {host}."
        );
        let forbidden = json!({ "code": 4, "message": detail });
        let url = format!("{engine}?EIO=4&transport=polling");
        for request in [
            http.get(&url),
            http.post(&url).body("40"),
            http.post(&url).bearer_auth("x").body("40"),
            upgrade(http.get(url.replace("=polling", "=websocket"))),
        ] {
            let request = request.header("origin", "https://evil.example");
            refused(&url, request, 403, &forbidden).await;
        }
    }
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn the_end_of_the_server_is_not_the_packet_close(db: PgPool) {
    let server = TestServer::start(db).await;
    let ada = server.person("ada").await;
    let connect = format!("40{}", json!({ "token": ada.token }));
    let mut websocket = dial(server.address, request(server.address), false)
        .await
        .unwrap();
    websocket.send(Message::text(&connect)).await.unwrap();
    // One that has not connected to a namespace yet.
    let idle = dial(server.address, request(server.address), false)
        .await
        .unwrap();

    let http = reqwest::Client::new();
    let url = format!(
        "http://{}/socket.io/?EIO=4&transport=polling",
        server.address
    );
    let opened = http.get(&url).send().await.unwrap().text().await.unwrap();
    let sid: Value = serde_json::from_str(&opened[1..]).unwrap();
    let url = format!("{url}&sid={}", sid["sid"].as_str().unwrap());
    http.post(&url).body(connect).send().await.unwrap();
    let mut polled = String::new();
    while !polled.contains(r#"42["ready","#) {
        polled += &http.get(&url).send().await.unwrap().text().await.unwrap();
    }
    let poll = tokio::spawn(async move {
        let mut packets = Vec::new();
        // Until nobody is there, as a client does.
        while let Ok(answer) = http.get(&url).send().await {
            if !answer.status().is_success() {
                break;
            }
            let body = answer.text().await.unwrap();
            packets.extend(body.split('\x1e').map(str::to_owned));
        }
        packets
    });
    while !websocket
        .next()
        .await
        .unwrap()
        .unwrap()
        .to_string()
        .starts_with("42")
    {}
    server.stop().await;

    for mut socket in [websocket, idle] {
        let mut closes = false;
        while let Some(Ok(frame)) = socket.next().await {
            assert_ne!(frame, Message::text("1"));
            closes |= frame.is_close();
        }
        assert!(closes, "with the close frame of WebSockets");
    }
    let packets = poll.await.unwrap();
    assert!(packets.iter().all(|packet| packet != "1"), "{packets:?}");
    assert!(packets.contains(&"6".to_owned()), "{packets:?}");
}
