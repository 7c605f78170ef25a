//! Announcements: everybody receives them once, at each API in its words, or not at all where the API
//! does not show them.

use crate::{
    MARKER,
    common::{client::Client, test_server::TestServer},
    contract_driver::{BROADCAST, ContractDriver, DRIVERS, Shows, Target, is_success},
};
use model::{ConversationId, NewAnnouncement};
use serde_json::{Value, json};
use sqlx::PgPool;

fn new(body: &str) -> NewAnnouncement {
    NewAnnouncement {
        body: body.to_owned(),
        ..NewAnnouncement::default()
    }
}

/// The events with this text that the client receives before the marker.
async fn events_with(
    driver: &ContractDriver,
    client: &mut Client,
    body: &str,
) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    loop {
        let (name, payload) = client.next().await;
        let (message, text) = driver.message_event;
        if name == message && payload.pointer(text).is_some_and(|it| it == MARKER) {
            return found;
        }
        if payload.to_string().contains(body) {
            found.push((name, payload));
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn every_api_tells_an_announcement_once(db: PgPool) {
    let server = TestServer::start_with_contracts(db).await;
    let admin = server.administrator("ada").await;
    let grace = server.person("grace").await;
    let group = server.group(&[&admin, &grace]).await;
    let direct = server.direct(&admin, &grace).await;
    let target = |driver: &ContractDriver, peer| Target {
        conversation: if driver.shows == Shows::Groups {
            group
        } else {
            direct
        },
        peer,
    };
    let mut listeners = Vec::new();
    for driver in &DRIVERS {
        let at = target(driver, admin.id());
        listeners.push((driver, driver.connect(&server, &grace, at).await));
    }
    let at = target(&BROADCAST, grace.id());
    let mut speaker = BROADCAST.connect(&server, &admin, at).await;
    let announce = json!({ "message": "the canteen is closed", "messageType": "text" });
    let answer = speaker.emit_with_ack("admin_broadcast", &announce).await;
    assert!(is_success(&answer), "{answer}");
    assert_eq!(answer["messageCount"], 1);
    for id in [group, direct] {
        server.send(&admin, id, MARKER).await;
    }
    for (driver, mut client) in listeners {
        let received = events_with(driver, &mut client, "canteen").await;
        let names: Vec<_> = received.iter().map(|(name, _)| name.as_str()).collect();
        let expected: &[&str] = match driver.name {
            "rooms" => &["chat:message"],
            "conversations" => &["newMessage"],
            "broadcast" => &["admin_broadcast", "conversation_updated"],
            "api" | "browser" => &["message:created", "announcement"],
            _ => &[],
        };
        assert_eq!(names, expected, "{}", driver.name);
        if driver.name == "api" {
            assert_eq!(received[0].1["message"]["id"], received[1].1["id"]);
            assert_eq!(received[1].1["reach"], 1);
        }
    }
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn members_cannot_announce_at_any_api(db: PgPool) {
    let server = TestServer::start_with_contracts(db).await;
    let admin = server.administrator("ada").await;
    let grace = server.person("grace").await;
    let mut listener = server.client(&admin).await;
    let direct = server.direct(&admin, &grace).await;
    for driver in DRIVERS.iter().filter(|it| it.name != "browser") {
        let at = Target {
            conversation: direct,
            peer: admin.id(),
        };
        let mut request = crate::common::client::request(driver.address(&server));
        request.headers_mut().remove("cookie");
        let mut client = Client::join(request, driver.namespace, &(driver.auth)(&grace))
            .await
            .unwrap();
        client.emit_with_ack("no such event", &Value::Null).await;
        // These name a user, and no conversation.
        if matches!(driver.name, "direct" | "broadcast") {
            continue;
        }
        let to = Target {
            conversation: ConversationId::ANNOUNCEMENTS,
            ..at
        };
        let (event, payload) = (driver.send)(to, "I announce");
        let answer = client.emit_with_ack(event, &payload).await;
        assert!(!is_success(&answer), "{}: {answer}", driver.name);
    }
    let marker = server.marker(&admin).await;
    let received = listener.drain_until(marker).await;
    let told = received
        .iter()
        .filter(|(_, it)| it.to_string().contains("I announce"));
    assert_eq!(told.count(), 0, "{received:?}");
    server.stop().await;
}

/// The announcement may be among what the socket missed, and come live as well.
#[sqlx::test(migrations = "../migrations")]
async fn an_announcement_while_a_socket_connects_comes_once(db: PgPool) {
    let server = TestServer::start_with_contracts(db).await;
    let admin = server.administrator("ada").await;
    for round in 0..12 {
        let reader = server.person(&format!("reader{round}")).await;
        let body = format!("news of round {round}");
        let chat = server.chat.clone();
        let (made, client) = tokio::join!(
            async {
                // From before the connection to after it.
                tokio::time::sleep(std::time::Duration::from_micros(round * 300)).await;
                chat.announce(&admin.caller, new(&body)).await
            },
            async {
                let request = crate::common::client::request(BROADCAST.address(&server));
                Client::join(request, "/", &(BROADCAST.auth)(&reader)).await
            }
        );
        made.unwrap();
        let mut client = client.unwrap();
        client.emit_with_ack("no such event", &Value::Null).await;
        let direct = server.direct(&admin, &reader).await;
        server.send(&admin, direct, MARKER).await;
        let mut received = events_with(&BROADCAST, &mut client, &body).await;
        received.retain(|(name, _)| name == "admin_broadcast");
        assert_eq!(received.len(), 1, "round {round}: {received:?}");
    }
    server.stop().await;
}
