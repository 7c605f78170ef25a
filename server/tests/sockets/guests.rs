//! The namespace `/` of contracts that live in another one.

use crate::common::{
    client::{Client, Packet, request},
    test_server::{Person, TestServer},
};
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio_tungstenite::tungstenite::Message;

/// The contracts, with the first event of a socket and the event of an error.
const CONTRACTS: [(&str, &str, &str); 2] = [
    ("rooms", "chat:init_data", "chat:error"),
    ("conversations", "onlineUsers", "exception"),
];

fn auth(person: &Person) -> Value {
    let token = format!("Bearer {}", person.token);
    json!({ "token": token, "userId": person.id().to_string() })
}

#[sqlx::test(migrations = "../migrations")]
async fn a_user_has_the_same_session_in_every_namespace(db: PgPool) {
    let server = TestServer::start_with_contracts(db).await;
    let ada = server.person("ada").await;
    for (name, first, _) in CONTRACTS {
        for namespace in ["/", "/chat", "/chat/"] {
            let request = request(server.contracts[name]);
            let client = Client::join(request, namespace, &auth(&ada)).await;
            let (event, _) = client.unwrap().next().await;
            assert_eq!(event, first, "{name} {namespace}");
        }
    }
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_guest_is_let_in_and_told_nothing(db: PgPool) {
    let server = TestServer::start_with_contracts(db).await;
    let (ada, grace) = (server.person("ada").await, server.person("grace").await);
    let group = server.group(&[&ada, &grace]).await;
    for (name, first, error) in CONTRACTS {
        let address = server.contracts[name];
        for credentials in [
            json!({}),
            json!({ "token": "Bearer nonsense", "userId": ada.id().to_string() }),
            json!({ "token": 7 }),
        ] {
            let mut guest = Client::join(request(address), "/", &credentials)
                .await
                .unwrap();
            let mut user = Client::join(request(address), "/", &auth(&ada))
                .await
                .unwrap();
            user.wait_for(first).await;
            server.send(&grace, group, "Not for guests").await;
            while !user.next().await.1.to_string().contains("Not for guests") {}
            // Whatever the guest had been told would come before the answer.
            let answer = guest.emit_with_ack("sendMessage", &json!({})).await;
            assert_eq!(answer["success"], false, "{name}: {answer}");
            let (event, _) = guest.next().await;
            assert_eq!(event, error, "{name}");
            // The contract's namespace still wants a user.
            let refused = Client::join(request(address), "/chat", &credentials).await;
            assert!(refused.is_err(), "{name} {credentials}");
        }
    }
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_guest_may_become_a_user_on_the_same_connection(db: PgPool) {
    let server = TestServer::start_with_contracts(db).await;
    let ada = server.person("ada").await;
    for (name, first, _) in CONTRACTS {
        let guest = Client::join(request(server.contracts[name]), "/", &json!({})).await;
        let mut guest = guest.unwrap();
        guest.frame(format!("40/chat,{}", auth(&ada))).await;
        let connected = guest.packet().await;
        assert!(matches!(connected, Some(Packet::Connected)), "{name}");
        let (event, _) = guest.next().await;
        assert_eq!(event, first, "{name}");
    }
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn guests_are_bounded(db: PgPool) {
    let server = TestServer::start_with_contracts(db).await;
    let ada = server.person("ada").await;
    let address = server.contracts["conversations"];
    let mut guests = Vec::new();
    let refused = loop {
        match Client::join(request(address), "/", &json!({})).await {
            Ok(guest) => guests.push(guest),
            Err(refused) => break refused,
        }
    };
    assert_eq!(guests.len(), 1000, "{refused}");
    // Users are not counted.
    for namespace in ["/", "/chat"] {
        Client::join(request(address), namespace, &auth(&ada))
            .await
            .unwrap();
    }
    // Whoever leaves makes room.
    for guest in guests.drain(900..) {
        guest.frame(Message::Close(None)).await;
    }
    let admitted = async {
        while Client::join(request(address), "/", &json!({}))
            .await
            .is_err()
        {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), admitted)
        .await
        .unwrap();
    drop(guests);
    server.stop().await;
}
