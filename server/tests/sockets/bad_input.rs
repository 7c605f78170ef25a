//! Bad input: each gets its error, and nobody is harmed, the sender included.

use crate::common::{client::Client, house::House};
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio_tungstenite::tungstenite::Message;

const EVENTS: [&str; 11] = [
    "message:send",
    "message:edit",
    "message:delete",
    "reaction:add",
    "reaction:remove",
    "conversation:read",
    "conversation:delivered",
    "typing:start",
    "typing:stop",
    "presence:set",
    "sync",
];

/// Wrong for every event, whatever it is.
fn wrong_payloads() -> Vec<Value> {
    let fields = [
        "id",
        "body",
        "conversationId",
        "messageId",
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
    let house = House::open(db).await;
    let mut client = house.client(&house.person("ada").await).await;
    for event in EVENTS {
        for payload in wrong_payloads() {
            let answer = client.ask(event, &payload).await;
            is_invalid(event, &payload, &answer);
        }
        for arguments in [
            json!([event]),
            json!([event, {}, {}]),
            json!([event, null, null, null]),
        ] {
            let call = client.call(&arguments).await;
            is_invalid(event, &arguments, &client.answer(call).await);
        }
    }
    lives(&mut client).await;
    house.close().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn unknown_and_foreign_ids_do_not_exist(db: PgPool) {
    let house = House::open(db).await;
    let ada = house.person("ada").await;
    let group = house.group(&[&ada]).await;
    let message = house.say(&ada, group, "Private").await;
    let mut stranger = house.client(&house.person("eve").await).await;
    let ids = [
        (group.to_string(), message.id.to_string()),
        ("9007199254740991".to_owned(), "9007199254740991".to_owned()),
        ("-1".to_owned(), "0".to_owned()),
    ];
    for (conversation, message) in ids {
        let payload = json!({
            "conversationId": conversation, "messageId": message, "id": message,
            "body": "Mine now", "emoji": "👍", "position": 1,
        });
        for event in &EVENTS[..9] {
            let answer = stranger.ask(event, &payload).await;
            assert_eq!(answer["ok"], false);
            assert_eq!(answer["error"]["code"], "not_found", "{event}: {answer}");
        }
    }
    lives(&mut stranger).await;
    house.close().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn unknown_events_and_odd_names_are_answered(db: PgPool) {
    let house = House::open(db).await;
    let mut client = house.client(&house.person("ada").await).await;
    for event in [
        "nonsense",
        "",
        "connect",
        "disconnect",
        "ready",
        "привет",
        "a b",
    ] {
        let answer = client.ask(event, &json!({})).await;
        is_invalid(event, &Value::Null, &answer);
    }
    client.emit("message:send", &json!(null)).await;
    client.emit("nonsense", &json!(null)).await;
    lives(&mut client).await;
    house.close().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn binary_data_is_answered(db: PgPool) {
    let house = House::open(db).await;
    let mut client = house.client(&house.person("ada").await).await;
    let placeholder = json!(["message:send", { "_placeholder": true, "num": 0 }]);
    client.frame(format!("451-77{placeholder}")).await;
    client.frame(Message::binary(vec![0, 159, 146, 150])).await;
    is_invalid("binary", &placeholder, &client.answer(77).await);
    lives(&mut client).await;
    house.close().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn attachments_are_not_supported_yet(db: PgPool) {
    let house = House::open(db).await;
    let ada = house.person("ada").await;
    let group = house.group(&[&ada]).await;
    let mut client = house.client(&ada).await;
    let mut send = json!({ "conversationId": group, "body": "See", "attachmentIds": ["1"] });
    is_invalid("send", &send, &client.ask("message:send", &send).await);
    send["attachmentIds"] = json!([]);
    client.done("message:send", &send).await;
    house.close().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_megabyte_is_answered_and_three_end_only_the_connection(db: PgPool) {
    let house = House::open(db).await;
    let ada = house.person("ada").await;
    let group = house.group(&[&ada]).await;
    let mut neighbour = house.client(&ada).await;
    let mut client = house.client(&ada).await;
    let body = "x".repeat(1024 * 1024);
    for event in ["message:send", "sync", "nonsense"] {
        let payload = json!({ "conversationId": group, "body": body });
        let answer = client.ask(event, &payload).await;
        is_invalid(event, &Value::Null, &answer);
    }
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    client.frame(format!(r#"4299["sync",{deep}]"#)).await;
    is_invalid("deep", &Value::Null, &client.answer(99).await);
    lives(&mut client).await;

    client
        .frame(format!("42[\"sync\",\"{}\"]", "x".repeat(3 << 20)))
        .await;
    assert!(client.is_hung_up().await);
    lives(&mut neighbour).await;
    house.close().await;
}

fn is_invalid(event: &str, payload: &Value, answer: &Value) {
    assert_eq!(answer["ok"], false, "{event} {payload}: {answer}");
    assert_eq!(
        answer["error"]["code"], "invalid",
        "{event} {payload}: {answer}"
    );
    let detail = answer["error"]["detail"].as_str().unwrap();
    assert!(!detail.is_empty() && detail.len() < 500, "{detail}");
}

async fn lives(client: &mut Client) {
    client
        .done("presence:set", &json!({ "status": "online" }))
        .await;
}
