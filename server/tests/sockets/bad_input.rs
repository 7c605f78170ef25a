//! Bad input gets an error, and neither the sender's nor other sockets end.

use crate::common::{client::Client, test_server::TestServer};
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio_tungstenite::tungstenite::Message;

const EVENTS: [&str; 22] = [
    "message:send",
    "message:edit",
    "message:delete",
    "message:pin",
    "message:unpin",
    "message:save",
    "message:unsave",
    "reaction:add",
    "reaction:remove",
    "poll:vote",
    "poll:retract",
    "poll:close",
    "conversation:read",
    "conversation:delivered",
    "conversation:unread",
    "thread:read",
    "thread:follow",
    "thread:unfollow",
    "typing:start",
    "typing:stop",
    "presence:set",
    "sync",
];

/// Payloads that are invalid for every event.
fn wrong_payloads() -> Vec<Value> {
    let fields = [
        "id",
        "body",
        "conversationId",
        "messageId",
        "threadId",
        "emoji",
        "position",
        "status",
        "conversations",
    ];
    let all = |value: Value| -> Value {
        fields
            .iter()
            .map(|field| ((*field).to_owned(), value.clone()))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    vec![
        Value::Null,
        json!(true),
        json!(42),
        json!(-1.5),
        json!("text"),
        json!([]),
        json!([1, "2", 3]),
        json!({}),
        json!({ "unknown": 1 }),
        all(Value::Null),
        all(json!(true)),
        all(json!([])),
        all(json!({ "a": 1 })),
        all(json!(1e300)),
        all(json!("99999999999999999999")),
        all(json!("' or 1=1 --")),
        all(json!("\u{0}")),
    ]
}

#[sqlx::test(migrations = "../migrations")]
async fn every_event_answers_every_wrong_payload(db: PgPool) {
    let server = TestServer::start(db).await;
    let mut client = server.client(&server.person("ada").await).await;
    for event in EVENTS {
        for payload in wrong_payloads() {
            let answer = client.emit_with_ack(event, &payload).await;
            assert_invalid(event, &payload, &answer);
        }
        for arguments in [
            json!([event]),
            json!([event, {}, {}]),
            json!([event, null, null, null]),
        ] {
            let call = client.emit_args(&arguments).await;
            assert_invalid(event, &arguments, &client.ack(call).await);
        }
    }
    assert_alive(&mut client).await;
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn unknown_and_foreign_ids_do_not_exist(db: PgPool) {
    let server = TestServer::start(db).await;
    let ada = server.person("ada").await;
    let group = server.group(&[&ada]).await;
    let message = server.send(&ada, group, "Private").await;
    let mut stranger = server.client(&server.person("eve").await).await;
    let ids = [
        (group.to_string(), message.id.to_string()),
        ("9007199254740991".to_owned(), "9007199254740991".to_owned()),
        ("9223372036854775807".to_owned(), "0".to_owned()),
    ];
    for (conversation, message) in ids {
        let payload = json!({
            "conversationId": conversation, "messageId": message, "id": message,
            "threadId": message, "body": "Mine now", "emoji": "👍", "position": 1,
            "options": [1],
        });
        // Those about a message or a conversation. What is not saved is taken off the list without a word.
        for event in EVENTS[..18].iter().filter(|it| **it != "message:unsave") {
            let answer = stranger.emit_with_ack(event, &payload).await;
            assert_eq!(answer["ok"], false);
            assert_eq!(answer["error"]["code"], "not_found", "{event}: {answer}");
        }
    }
    assert_alive(&mut stranger).await;
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn unknown_events_and_odd_names_are_answered(db: PgPool) {
    let server = TestServer::start(db).await;
    let mut client = server.client(&server.person("ada").await).await;
    for event in [
        "nonsense",
        "",
        "connect",
        "disconnect",
        "ready",
        "привет",
        "a b",
    ] {
        let answer = client.emit_with_ack(event, &json!({})).await;
        assert_invalid(event, &Value::Null, &answer);
    }
    client.emit("message:send", &json!(null)).await;
    client.emit("nonsense", &json!(null)).await;
    assert_alive(&mut client).await;
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn binary_data_is_answered(db: PgPool) {
    let server = TestServer::start(db).await;
    let mut client = server.client(&server.person("ada").await).await;
    let placeholder = json!(["message:send", { "_placeholder": true, "num": 0 }]);
    client.frame(format!("451-77{placeholder}")).await;
    client.frame(Message::binary(vec![0, 159, 146, 150])).await;
    assert_invalid("binary", &placeholder, &client.ack(77).await);
    assert_alive(&mut client).await;
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn attachments_must_be_uploads_of_the_sender(db: PgPool) {
    let server = TestServer::start(db).await;
    let ada = server.person("ada").await;
    let group = server.group(&[&ada]).await;
    let mut client = server.client(&ada).await;
    let mut send = json!({ "conversationId": group, "body": "See", "attachmentIds": ["1"] });
    assert_invalid(
        "send",
        &send,
        &client.emit_with_ack("message:send", &send).await,
    );
    send["attachmentIds"] = json!([]);
    client.emit_ok("message:send", &send).await;
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn an_event_of_1_mb_is_answered_and_one_of_3_mb_ends_only_the_connection(db: PgPool) {
    let server = TestServer::start(db).await;
    let ada = server.person("ada").await;
    let group = server.group(&[&ada]).await;
    let mut neighbour = server.client(&ada).await;
    let mut client = server.client(&ada).await;
    let body = "x".repeat(1024 * 1024);
    for event in ["message:send", "sync", "nonsense"] {
        let payload = json!({ "conversationId": group, "body": body });
        let answer = client.emit_with_ack(event, &payload).await;
        assert_invalid(event, &Value::Null, &answer);
    }
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    client.frame(format!(r#"4299["sync",{deep}]"#)).await;
    assert_invalid("deep", &Value::Null, &client.ack(99).await);
    assert_alive(&mut client).await;

    client
        .frame(format!("42[\"sync\",\"{}\"]", "x".repeat(3 << 20)))
        .await;
    assert!(client.connection_closes().await);
    assert_alive(&mut neighbour).await;
    server.stop().await;
}

fn assert_invalid(event: &str, payload: &Value, answer: &Value) {
    assert_eq!(answer["ok"], false, "{event} {payload}: {answer}");
    assert_eq!(
        answer["error"]["code"], "invalid",
        "{event} {payload}: {answer}"
    );
    let detail = answer["error"]["detail"].as_str().unwrap();
    assert!(!detail.is_empty() && detail.len() < 500, "{detail}");
}

/// Asserts that the socket still answers.
async fn assert_alive(client: &mut Client) {
    client
        .emit_ok("presence:set", &json!({ "status": "online" }))
        .await;
}
