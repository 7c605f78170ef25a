//! Floods: what others make delays and cuts nobody who reads, and what is not read is not kept.

use crate::common::{
    client::{Client, Packet, dial, request},
    test_server::{Person, TestServer},
};
use futures_util::{SinkExt, StreamExt, future::join_all};
use model::{ConversationChanges, ConversationId};
use serde_json::{Value, json};
use sqlx::PgPool;
use std::time::{Duration, Instant};
use tokio_tungstenite::tungstenite::Message;

/// How long a message may take to those who have nothing to do with a flood.
const PROMPT: Duration = Duration::from_secs(1);

/// Connects to the door `rooms`.
async fn rooms_client(server: &TestServer, person: &Person) -> Client {
    let address = server.contracts["rooms"];
    let token = format!("Bearer {}", person.token);
    let auth = json!({ "token": token, "userId": person.id().to_string() });
    Client::join(request(address), "/chat/", &auth)
        .await
        .unwrap()
}

async fn rename(server: &TestServer, owner: &Person, id: ConversationId, title: String) {
    let changes = ConversationChanges {
        title: Some(title),
        ..ConversationChanges::default()
    };
    server
        .chat
        .update_conversation(&owner.caller, id, changes)
        .await
        .unwrap();
}

fn titles(rooms: &Value) -> Vec<String> {
    let rooms = rooms.as_array().unwrap().iter();
    rooms.map(|room| room["name"].to_string()).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn lists_delay_nobody_and_the_newest_wins(db: PgPool) {
    let server = TestServer::start_with_contracts(db).await;
    let owner = server.person("owner").await;
    let mut members = Vec::new();
    for number in 0..8 {
        members.push(server.person(&format!("member{number}")).await);
    }
    let (ada, grace) = (server.person("ada").await, server.person("grace").await);
    let everybody: Vec<&Person> = std::iter::once(&owner).chain(&members).collect();
    let mut groups = Vec::new();
    for _ in 0..150 {
        groups.push(server.group(&everybody).await);
    }
    let direct = server.direct(&ada, &grace).await;
    let mut sockets = Vec::new();
    for member in &members {
        sockets.push(rooms_client(&server, member).await);
    }
    let mut bystander = rooms_client(&server, &grace).await;
    bystander.wait_for("chat:init_data").await;

    for (round, group) in groups.iter().enumerate() {
        rename(&server, &owner, *group, format!("Renamed {round}")).await;
    }
    let started = Instant::now();
    server.send(&ada, direct, "Prompt").await;
    bystander.wait_for("chat:message").await;
    let took = started.elapsed();
    assert!(took < PROMPT, "{took:?}");
    for socket in &mut sockets {
        let last = format!("\"Renamed {}\"", groups.len() - 1);
        while !titles(&socket.wait_for("chat:room_list_update").await).contains(&last) {}
    }
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_flood_while_a_socket_connects_does_not_cut_it(db: PgPool) {
    let server = TestServer::start_with_contracts(db.clone()).await;
    let (ada, grace) = (server.person("ada").await, server.person("grace").await);
    let group = server.group(&[&ada, &grace]).await;
    // The first events of the door wait for this table.
    let mut lock = db.begin().await.unwrap();
    sqlx::query("lock table favorites in access exclusive mode")
        .execute(&mut *lock)
        .await
        .unwrap();
    let mut client = rooms_client(&server, &grace).await;
    let body = "x".repeat(1000);
    for _ in 0..700 {
        server.send(&ada, group, &body).await;
    }
    lock.rollback().await.unwrap();
    let (name, _) = client.next().await;
    assert_eq!(name, "chat:init_data");
    let last = server.send(&ada, group, "The last one").await;
    while client.wait_for("chat:message").await["id"] != last.id.to_string() {}
    server.stop().await;
}

/// A message of 40 kB.
fn long_body() -> String {
    "😀".repeat(9_900)
}

/// A session over long polling, without a WebSocket.
struct Polling {
    http: reqwest::Client,
    url: String,
}

impl Polling {
    /// Opens a session and joins the namespace; reads the answer, and nothing else.
    async fn open(server: &TestServer, person: &Person) -> Self {
        let http = reqwest::Client::new();
        let url = format!(
            "http://{}/socket.io/?EIO=4&transport=polling",
            server.address
        );
        let open = http.get(&url).send().await.unwrap().text().await.unwrap();
        let open: Value = serde_json::from_str(open.strip_prefix('0').unwrap()).unwrap();
        let url = format!("{url}&sid={}", open["sid"].as_str().unwrap());
        let polling = Self { http, url };
        let connect = format!("40{}", json!({ "token": person.token }));
        assert_eq!(polling.post(connect).await, 200);
        let mut received = String::new();
        while !received.contains(r#"42["ready""#) {
            received.push_str(&polling.poll().await.unwrap());
        }
        polling
    }

    async fn post(&self, body: String) -> u16 {
        let request = self.http.post(&self.url).body(body);
        request.send().await.unwrap().status().as_u16()
    }

    /// What waits, or the next thing; the status if the session has ended.
    async fn poll(&self) -> Result<String, u16> {
        let answer = self.http.get(&self.url).send().await.unwrap();
        match answer.status().as_u16() {
            200 => Ok(answer.text().await.unwrap()),
            status => Err(status),
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_not_polled_is_not_kept(db: PgPool) {
    let server = TestServer::start(db).await;
    let (ada, grace) = (server.person("ada").await, server.person("grace").await);
    let group = server.group(&[&ada, &grace]).await;
    let silent = Polling::open(&server, &grace).await;
    let reader = Polling::open(&server, &grace).await;
    let mut received = 0;
    for round in 1..=40 {
        server.send(&ada, group, &long_body()).await;
        while received < round {
            let packets = reader.poll().await.expect("a session that polls");
            received += packets.matches(r#"42["message:created""#).count();
        }
    }
    // 1.6 MB have been emitted to it.
    assert_eq!(silent.poll().await.map(|packets| packets.len()), Err(400));
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn the_connections_of_an_account_share_a_bound_of_bytes(db: PgPool) {
    let server = TestServer::start(db).await;
    let (ada, grace) = (server.person("ada").await, server.person("grace").await);
    let other = server.person("other").await;
    let group = server.group(&[&ada, &grace, &other]).await;
    let neighbour = Polling::open(&server, &other).await;
    let silent = join_all((0..12).map(|_| Polling::open(&server, &grace))).await;
    for _ in 0..3 {
        server.send(&ada, group, &long_body()).await;
    }
    let packets = silent[0]
        .poll()
        .await
        .expect("there is room for 1.4 MB, which count twice");
    assert_eq!(packets.matches(r#"42["message:created""#).count(), 3);
    // 0.6 MB more for each of them, of which each alone could have one. Another account's reads.
    let mut received = 0;
    for sent in 4..=20 {
        server.send(&ada, group, &long_body()).await;
        while received < sent {
            let packets = neighbour.poll().await.expect("a session that polls");
            received += packets.matches(r#"42["message:created""#).count();
        }
    }
    let mut held = 0;
    for session in &silent {
        held += session.poll().await.map_or(0, |packets| packets.len());
    }
    assert!(held <= 3 * 1024 * 1024, "{held}");
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_session_that_does_not_poll_ends_though_it_answers_pings(db: PgPool) {
    let server = TestServer::start(db).await;
    let ada = server.person("ada").await;
    let session = Polling::open(&server, &ada).await;
    let started = Instant::now();
    let mut status = 200;
    while status == 200 && started.elapsed() < Duration::from_secs(50) {
        tokio::time::sleep(Duration::from_secs(1)).await;
        status = session.post("3".to_owned()).await;
    }
    assert_eq!(status, 400);
    assert!(started.elapsed() > Duration::from_secs(15));
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn an_account_holds_a_number_of_sockets(db: PgPool) {
    let server = TestServer::start_with_contracts(db).await;
    let (ada, grace) = (server.person("ada").await, server.person("grace").await);
    let mut sockets = Vec::new();
    let refused = loop {
        match Client::connect(server.address, &ada.token).await {
            Ok(client) => sockets.push(client),
            Err(refused) => break refused,
        }
        assert!(sockets.len() <= 200, "no limit");
    };
    assert_eq!(sockets.len(), 200);
    assert!(refused.contains("too many connections"), "{refused}");
    // The doors count together, and everybody for themselves.
    let address = server.contracts["groups"];
    let refused = Client::connect(address, &ada.token).await.err().unwrap();
    assert!(refused.contains("too many connections"), "{refused}");
    server.client(&grace).await;
    // One that ends makes room.
    sockets[0].frame(Message::Close(None)).await;
    let mut again = Client::connect(server.address, &ada.token).await;
    while again.is_err() {
        tokio::time::sleep(Duration::from_millis(50)).await;
        again = Client::connect(server.address, &ada.token).await;
    }
    let packet = again.unwrap().packet().await;
    assert!(matches!(packet, Some(Packet::Event(..))), "{packet:?}");
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_client_that_reads_nothing_is_not_read_either(db: PgPool) {
    let server = TestServer::start(db).await;
    let ada = server.person("ada").await;
    let mut socket = dial(server.address, request(server.address), true)
        .await
        .unwrap();
    let connect = format!("40{}", json!({ "token": ada.token }));
    socket.send(Message::text(connect)).await.unwrap();
    let mut is_ready = false;
    while !is_ready {
        let frame = socket.next().await.unwrap().unwrap();
        is_ready = frame.to_text().unwrap().starts_with(r#"42["ready""#);
    }
    // The engine repeats the name of a namespace that there is not.
    let connect = format!("40/{},", "x".repeat(1_000_000));
    let mut sent = 0;
    while sent < 200 {
        let send = socket.send(Message::text(connect.clone()));
        match tokio::time::timeout(Duration::from_secs(3), send).await {
            Ok(Ok(())) => sent += 1,
            Ok(Err(_)) | Err(_) => break,
        }
    }
    assert!(sent < 50, "{sent} MB");
    server.client(&ada).await;
    drop(socket);
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn what_waits_to_be_processed_has_a_bound_of_bytes(db: PgPool) {
    let server = TestServer::start(db.clone()).await;
    let ada = server.person("ada").await;
    let group = server.group(&[&ada]).await;
    let mut client = server.client(&ada).await;
    // The first event waits for this table, and the others for it.
    let mut lock = db.begin().await.unwrap();
    sqlx::query("lock table messages in access exclusive mode")
        .execute(&mut *lock)
        .await
        .unwrap();
    let long = json!(["nonsense", { "rest": "x".repeat(200_000) }]);
    let first = json!(["message:send", { "conversationId": group, "body": "First" }]);
    let mut calls = vec![client.emit_args(&first).await];
    for _ in 0..20 {
        calls.push(client.emit_args(&long).await);
    }
    let mut refused = 0;
    while refused < 14 {
        let Some(Packet::Ack(_, answer)) = client.packet().await else {
            continue;
        };
        assert_eq!(answer["error"]["code"], "unavailable", "{answer}");
        refused += 1;
    }
    lock.rollback().await.unwrap();
    client
        .emit_ok("presence:set", &json!({ "status": "online" }))
        .await;
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn who_sends_too_many_events_waits_over_every_transport(db: PgPool) {
    const PAUSE: Duration = Duration::from_millis(900);
    let server = TestServer::start_with(db, &["--rate-limit=on"]).await;
    let ada = server.person("ada").await;
    let polling = Polling::open(&server, &ada).await;
    let events = [r#"42["nonsense",{}]"#; 400];
    let began = Instant::now();
    assert_eq!(polling.post(events.join("\u{1e}")).await, 200);
    assert!(began.elapsed() >= PAUSE, "{:?}", began.elapsed());
    // As the official clients do, which begin with long polling.
    let upgraded = Polling::open(&server, &ada).await;
    let url = upgraded.url.replacen("http", "ws", 1);
    let url = url.replace("=polling", "=websocket");
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    socket.send(Message::text("2probe")).await.unwrap();
    let probed = socket.next().await.unwrap().unwrap();
    assert_eq!(probed, Message::text("3probe"));
    socket.send(Message::text("5")).await.unwrap();
    let began = Instant::now();
    for event in events {
        socket.send(Message::text(event)).await.unwrap();
    }
    let marker = Message::text(r#"421["nonsense",{}]"#);
    socket.send(marker).await.unwrap();
    while let Some(Ok(packet)) = socket.next().await {
        if packet.to_string().starts_with("431") {
            break;
        }
    }
    assert!(began.elapsed() >= PAUSE, "{:?}", began.elapsed());
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn who_is_refused_again_and_again_waits(db: PgPool) {
    const PAUSE: Duration = Duration::from_millis(900);
    let server = TestServer::start_with(db, &["--rate-limit=on"]).await;
    let (ada, grace) = (server.person("ada").await, server.person("grace").await);
    let (mut client, mut other) = (server.client(&ada).await, server.client(&grace).await);
    let online = json!({ "status": "online" });
    for _ in 0..70 {
        client.emit("nonsense", &json!({})).await;
    }
    // What comes next waits, too, and nobody else.
    let began = Instant::now();
    let (ended, others_ended) = tokio::join!(
        async {
            client.emit_ok("presence:set", &online).await;
            began.elapsed()
        },
        async {
            other.emit_ok("presence:set", &online).await;
            began.elapsed()
        },
    );
    assert!(ended >= PAUSE, "{ended:?}");
    assert!(others_ended < ended, "{others_ended:?}");
    server.stop().await;
}
