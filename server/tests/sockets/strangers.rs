//! What strangers may hold and do: bytes before a namespace is joined, connections, handshakes.

use crate::common::{
    client::{dial, request},
    test_server::TestServer,
};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use sqlx::PgPool;
use std::{
    io,
    net::SocketAddr,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};
use tokio_tungstenite::tungstenite::Message;

/// Longer than every time-out that these tests set.
const LONG: Duration = Duration::from_secs(10);

/// The addresses at which Engine.IO answers, with its path.
fn engines(server: &TestServer) -> Vec<(SocketAddr, String)> {
    let mut engines = vec![(server.address, "/socket.io/".to_owned())];
    for (name, address) in &server.contracts {
        engines.push((*address, "/socket.io/".to_owned()));
        engines.push((server.address, format!("/contracts/{name}/socket.io/")));
    }
    engines
}

async fn open_session(address: SocketAddr, path: &str) -> String {
    let url = format!("http://{address}{path}?EIO=4&transport=polling");
    let opened = reqwest::get(&url).await.unwrap().text().await.unwrap();
    let opened: Value = serde_json::from_str(&opened[1..]).unwrap();
    format!("{url}&sid={}", opened["sid"].as_str().unwrap())
}

/// What the server sends until it closes the connection.
async fn read_to_end(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let read = timeout(LONG, stream.read_to_end(&mut answer)).await;
    match read.expect("the server closes the connection") {
        Ok(_) => {}
        Err(error) => assert_eq!(error.kind(), io::ErrorKind::ConnectionReset),
    }
    String::from_utf8(answer).unwrap()
}

async fn connect_from(source: &str, address: SocketAddr) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::new(source.parse().unwrap(), 0))?;
    socket.connect(address).await
}

/// Whether the server answers a request over this connection.
async fn is_served(stream: &mut TcpStream) -> bool {
    let request = b"GET /health HTTP/1.1\r\nhost: here\r\n\r\n";
    if stream.write_all(request).await.is_err() {
        return false;
    }
    let mut answer = [0; 12];
    matches!(
        timeout(LONG, stream.read_exact(&mut answer)).await,
        Ok(Ok(_))
    ) && answer == *b"HTTP/1.1 200"
}

#[sqlx::test(migrations = "../migrations")]
async fn a_body_before_a_namespace_is_short_and_ends_in_time(db: PgPool) {
    let contracts = "--contracts=groups=0,rooms=0,direct=0,conversations=0,broadcast=0";
    let flags = ["--rate-limit=off", contracts, "--request-timeout=1"];
    let server = TestServer::start_with(db, &flags).await;
    let http = reqwest::Client::new();
    for (address, path) in engines(&server) {
        let url = open_session(address, &path).await;
        let long = format!("4{}", "x".repeat(40 * 1024));
        let answer = http.post(&url).body(long).send().await.unwrap();
        assert_eq!(answer.status(), 413, "{path}");
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer, json!({ "code": 3, "message": "Payload too large" }));

        let mut slow = TcpStream::connect(address).await.unwrap();
        let target = url.split_once(&address.to_string()).unwrap().1;
        let head = format!("POST {target} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n40");
        slow.write_all(head.as_bytes()).await.unwrap();
        let answer = read_to_end(&mut slow).await;
        assert!(answer.starts_with("HTTP/1.1 408 "), "{path}: {answer}");
        assert!(answer.contains("retry-after: 1"), "{answer}");
        assert!(answer.ends_with(r#"{"code":3,"message":"The payload did not arrive in time"}"#));
        // The session goes on.
        let answer = http.post(&url).body("40").send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
    }
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_body_of_a_user_may_be_long(db: PgPool) {
    let server = TestServer::start(db).await;
    let ada = server.person("ada").await;
    let url = open_session(server.address, "/socket.io/").await;
    let http = reqwest::Client::new();
    let connect = format!("40{}", json!({ "token": ada.token }));
    http.post(&url).body(connect).send().await.unwrap();
    let mut polled = String::new();
    while !polled.contains(r#"42["ready","#) {
        polled += &http.get(&url).send().await.unwrap().text().await.unwrap();
    }
    let long = json!(["message:send", { "body": "x".repeat(300 * 1024) }]);
    let answer = http
        .post(&url)
        .body(format!("420{long}"))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    let answer = http.get(&url).send().await.unwrap().text().await.unwrap();
    assert!(
        answer.starts_with("430[{\"error\":{\"code\":\"invalid\""),
        "{answer}"
    );
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_long_message_before_a_namespace_ends_the_connection(db: PgPool) {
    let server = TestServer::start(db).await;
    let ada = server.person("ada").await;
    // A message of 2 MB is announced, and does not come.
    let mut socket = dial(server.address, request(server.address), false)
        .await
        .unwrap();
    let head = [
        &[0x81, 0xff][..],
        &2_000_000_u64.to_be_bytes(),
        &[0; 4],
        b"4",
    ]
    .concat();
    socket.get_mut().write_all(&head).await.unwrap();
    let ended = async { while let Some(Ok(_)) = socket.next().await {} };
    timeout(LONG, ended)
        .await
        .expect("the announcement is enough");

    // Attachments that are announced are bytes of a stranger, too.
    let mut socket = dial(server.address, request(server.address), false)
        .await
        .unwrap();
    socket
        .send(Message::text(
            "451-[\"x\",{\"_placeholder\":true,\"num\":0}]",
        ))
        .await
        .unwrap();
    let ended = async {
        while socket
            .send(Message::binary(vec![7; 8 * 1024]))
            .await
            .is_ok()
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(LONG, ended)
        .await
        .expect("many short ones are as much");

    // A user's message may be as long.
    let mut client = server.client(&ada).await;
    let long = json!({ "conversationId": "1", "body": "x".repeat(1_000_000) });
    let answer = client.emit_with_ack("message:send", &long).await;
    assert_eq!(answer["error"]["code"], "invalid");
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_connection_that_asks_for_nothing_is_closed(db: PgPool) {
    let flags = [
        "--rate-limit=on",
        "--contracts=rooms=0",
        "--head-timeout=1",
        "--idle-timeout=2",
    ];
    let server = TestServer::start_with(db, &flags).await;
    for address in [server.address, server.contracts["rooms"]] {
        let mut silent = TcpStream::connect(address).await.unwrap();
        assert_eq!(read_to_end(&mut silent).await, "");

        let mut slow = TcpStream::connect(address).await.unwrap();
        let trickle = async {
            for byte in b"GET /health HTTP/1.1\r\nx-pad: 01234567890123456789"
                .iter()
                .cycle()
            {
                if slow.write_all(&[*byte]).await.is_err() {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(LONG, trickle).await.expect("a head has to end");

        let mut idle = TcpStream::connect(address).await.unwrap();
        assert!(is_served(&mut idle).await);
        tokio::time::sleep(Duration::from_millis(1200)).await;
        let began = Instant::now();
        read_to_end(&mut idle).await;
        assert!(
            began.elapsed() > Duration::from_millis(300),
            "it is longer between requests"
        );
    }
    // A socket is not idle, however long it is silent.
    let ada = server.person("ada").await;
    let mut client = server.client(&ada).await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    client
        .emit_ok("presence:set", &json!({ "status": "online" }))
        .await;
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn connections_of_a_network_leave_room_for_others(db: PgPool) {
    let flags = ["--rate-limit=on", "--max-connections-per-network=3"];
    let server = TestServer::start_with(db, &flags).await;
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut stream = connect_from("127.0.0.5", server.address).await.unwrap();
        assert!(is_served(&mut stream).await);
        held.push(stream);
    }
    let mut fourth = connect_from("127.0.0.5", server.address).await.unwrap();
    assert!(!is_served(&mut fourth).await);
    let mut neighbour = connect_from("127.0.0.6", server.address).await.unwrap();
    assert!(is_served(&mut neighbour).await);
    // A socket counts as long as it is there.
    drop(held.split_off(1));
    let ended = async {
        loop {
            let mut next = connect_from("127.0.0.5", server.address).await.unwrap();
            if is_served(&mut next).await {
                return;
            }
        }
    };
    timeout(LONG, ended)
        .await
        .expect("those that ended do not count");
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn sockets_behind_a_proxy_count_for_their_clients(db: PgPool) {
    let flags = [
        "--rate-limit=on",
        "--max-connections-per-network=2",
        "--trusted-proxies=127.0.0.1",
    ];
    let server = TestServer::start_with(db, &flags).await;
    let dial_as = async |client: &'static str| {
        let mut request = request(server.address);
        let headers = request.headers_mut();
        headers.insert("x-forwarded-for", client.parse().unwrap());
        dial(server.address, request, false).await
    };
    let _one = dial_as("2001:db8::1").await.unwrap();
    let _two = dial_as("2001:db8::2").await.unwrap();
    let third = dial_as("2001:db8::3").await.unwrap_err().to_string();
    assert!(third.contains("429"), "{third}");
    dial_as("2001:db8:0:1::1").await.unwrap();
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn handshakes_of_a_network_are_limited(db: PgPool) {
    let flags = [
        "--rate-limit=on",
        "--contracts=rooms=0",
        "--rate-limit-handshakes-burst=5",
        "--rate-limit-handshakes-per-second=1",
        "--trusted-proxies=127.0.0.1",
    ];
    let server = TestServer::start_with(db, &flags).await;
    let http = reqwest::Client::new();
    let ask = |address: SocketAddr, client: &str| {
        let url = format!("http://{address}/socket.io/?EIO=4&transport=polling");
        http.get(url).header("x-forwarded-for", client).send()
    };
    let rooms = server.contracts["rooms"];
    for _ in 0..5 {
        assert_eq!(ask(rooms, "2001:db8::1").await.unwrap().status(), 200);
    }
    for address in [server.address, rooms] {
        let answer = ask(address, "2001:db8::ffff:2").await.unwrap();
        assert_eq!(answer.status(), 429);
        let wait: u64 = answer.headers()["retry-after"]
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        assert!((1..=3).contains(&wait), "{wait}");
        let answer: Value = answer.json().await.unwrap();
        let message = "Too many connections of this network. Try again.";
        assert_eq!(answer, json!({ "code": 3, "message": message }));
    }
    assert_eq!(ask(rooms, "2001:db8:0:1::1").await.unwrap().status(), 200);
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn connects_to_namespaces_are_limited(db: PgPool) {
    let flags = [
        "--rate-limit=on",
        "--rate-limit-handshakes-burst=5",
        "--rate-limit-handshakes-per-second=1",
    ];
    let server = TestServer::start_with(db, &flags).await;
    let mut socket = dial(server.address, request(server.address), false)
        .await
        .unwrap();
    let mut refused = 0;
    for _ in 0..1000 {
        if socket
            .send(Message::text("40{\"token\":\"x\"}"))
            .await
            .is_err()
        {
            break;
        }
    }
    while let Ok(Some(Ok(frame))) = timeout(LONG, socket.next()).await {
        refused += usize::from(frame.to_string().starts_with("44"));
    }
    assert!(refused <= 30, "{refused} were checked");
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_peer_that_takes_no_answer_is_given_up_on(db: PgPool) {
    let server = TestServer::start(db).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(1024).unwrap();
    let mut stream = socket.connect(server.address).await.unwrap();
    let request = "GET /api/v1/openapi.json HTTP/1.1\r\nhost: x\r\n\r\n".repeat(200);
    let _ = timeout(Duration::from_secs(2), stream.write_all(request.as_bytes())).await;
    let cut = async {
        // It takes nothing; writing fails once the server has closed.
        while stream.write_all(b"GET / HTTP/1.1\r\n").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    timeout(Duration::from_secs(40), cut)
        .await
        .expect("the connection ends");
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn connects_that_are_refused_again_and_again_wait(db: PgPool) {
    let server = TestServer::start_with(db, &["--rate-limit=on"]).await;
    let url = format!(
        "ws://{}/socket.io/?EIO=4&transport=websocket",
        server.address
    );
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    let mut refuse = async || {
        let began = Instant::now();
        let connect = Message::text(r#"40{"token":"nonsense"}"#);
        socket.send(connect).await.unwrap();
        loop {
            let next = timeout(LONG, socket.next()).await.expect("an answer");
            if next.unwrap().unwrap().to_string().starts_with("44") {
                return began.elapsed();
            }
        }
    };
    // The pause is behind the answer to the eleventh.
    for _ in 0..11 {
        refuse().await;
    }
    for _ in 0..2 {
        let took = refuse().await;
        assert!(took >= Duration::from_millis(900), "{took:?}");
    }
}
