//! Two emits back to back, without waiting: they are worked off in the order in which they came.

use crate::{
    common::{client::Packet, house::House},
    way::{BROADCAST, CONVERSATIONS, DIRECT, GROUPS, Place, ROOMS, Way, Words, is_fine},
};
use serde_json::{Value, json};
use sqlx::PgPool;

const REPETITIONS: usize = 1_000;

/// `first` and then a message, a thousand times, as the documents' snippets do it.
async fn keeps_its_order(db: PgPool, way: &'static Way, first: Words) {
    let house = House::with_doors(db).await;
    let ada = house.person("ada").await;
    let grace = house.person("grace").await;
    let conversation = if way.name == GROUPS.name {
        house.group(&[&ada, &grace]).await
    } else {
        house.direct(&ada, &grace).await
    };
    let place = Place {
        conversation,
        peer: grace.id(),
    };
    let mut client = way.open(&house, &ada, place).await;
    let mut heard = 0;
    for repetition in 0..REPETITIONS {
        let (event, payload) = first(place);
        let one = client.call(&json!([event, payload])).await;
        let (event, payload) = (way.send)(place, &repetition.to_string());
        let other = client.call(&json!([event, payload])).await;
        let mut answered = Vec::new();
        while answered.len() < 2 {
            match client.packet().await.expect("a connection") {
                Packet::Ack(id, answer) => {
                    assert!(is_fine(&answer), "{answer}");
                    answered.push(id);
                }
                Packet::Event(name, payload) => {
                    heard += usize::from(is_next(way, &name, &payload, heard));
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(answered, [one, other], "{repetition}");
    }
    while heard < REPETITIONS {
        let (name, payload) = client.next().await;
        heard += usize::from(is_next(way, &name, &payload, heard));
    }
    house.close().await;
}

/// Whether it is one of the messages; then it must be the next.
fn is_next(way: &Way, name: &str, payload: &Value, heard: usize) -> bool {
    // On this door the sender hears of their own message by another name.
    let event = if way.name == BROADCAST.name {
        "message_sent"
    } else {
        way.message.0
    };
    if name != event {
        return false;
    }
    let text = payload.pointer(way.message.1).and_then(Value::as_str);
    assert_eq!(text, Some(heard.to_string().as_str()));
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
    keeps_its_order(db, &BROADCAST, BROADCAST.typing).await;
}
