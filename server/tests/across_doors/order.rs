//! Order: two events that a client emits without waiting between them are handled in that order.

use crate::{
    common::{client::Packet, test_server::TestServer},
    contract_driver::{
        BROADCAST, CONVERSATIONS, ContractDriver, DIRECT, Emit, GROUPS, ROOMS, Target, is_success,
    },
};
use serde_json::{Value, json};
use sqlx::PgPool;

const REPETITIONS: usize = 1_000;

/// Emits `first` and then a message, a thousand times, as the snippets of the contracts' documents do.
async fn keeps_its_order(db: PgPool, driver: &'static ContractDriver, first: Emit) {
    let server = TestServer::start_with_contracts(db).await;
    let ada = server.person("ada").await;
    let grace = server.person("grace").await;
    let conversation = if driver.name == GROUPS.name {
        server.group(&[&ada, &grace]).await
    } else {
        server.direct(&ada, &grace).await
    };
    let target = Target {
        conversation,
        peer: grace.id(),
    };
    let mut client = driver.connect(&server, &ada, target).await;
    let mut received = 0;
    for repetition in 0..REPETITIONS {
        let (event, payload) = first(target);
        let one = client.emit_args(&json!([event, payload])).await;
        let (event, payload) = (driver.send)(target, &repetition.to_string());
        let other = client.emit_args(&json!([event, payload])).await;
        let mut answered = Vec::new();
        while answered.len() < 2 {
            match client.packet().await.expect("a connection") {
                Packet::Ack(id, answer) => {
                    assert!(is_success(&answer), "{answer}");
                    answered.push(id);
                }
                Packet::Event(name, payload) => {
                    received += usize::from(is_next(driver, &name, &payload, received));
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(answered, [one, other], "{repetition}");
    }
    while received < REPETITIONS {
        let (name, payload) = client.next().await;
        received += usize::from(is_next(driver, &name, &payload, received));
    }
    server.stop().await;
}

/// Whether the event is one of the messages. Asserts that it is the next one.
fn is_next(driver: &ContractDriver, name: &str, payload: &Value, received: usize) -> bool {
    // This contract has another event for the sender of a message.
    let event = if driver.name == BROADCAST.name {
        "message_sent"
    } else {
        driver.message_event.0
    };
    if name != event {
        return false;
    }
    let text = payload
        .pointer(driver.message_event.1)
        .and_then(Value::as_str);
    assert_eq!(text, Some(received.to_string().as_str()));
    true
}

#[sqlx::test(migrations = "../migrations")]
async fn join_group_then_send_message(db: PgPool) {
    keeps_its_order(db, &GROUPS, |at| {
        ("join_group", json!(at.conversation.to_string()))
    })
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn chat_join_then_chat_send_message(db: PgPool) {
    keeps_its_order(db, &ROOMS, |at| {
        ("chat:join", json!(at.conversation.to_string()))
    })
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn join_conversation_then_send_message(db: PgPool) {
    keeps_its_order(db, &DIRECT, |at| {
        let payload = json!({ "conversationId": at.conversation.0 });
        ("join_conversation", payload)
    })
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn join_room_then_send_message(db: PgPool) {
    keeps_its_order(db, &CONVERSATIONS, |at| {
        let payload = json!({ "conversationId": at.conversation.to_string() });
        ("joinRoom", payload)
    })
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn typing_start_then_send_message(db: PgPool) {
    keeps_its_order(db, &BROADCAST, BROADCAST.start_typing).await;
}
