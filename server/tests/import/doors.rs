//! The imported history at the door of its contract, for a user of the app with the app's own token.

use crate::{
    common::{SECRET, test_server::TestServer},
    history::{dump, import},
};
use jsonwebtoken::{EncodingKey, Header, encode};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;
use std::time::{SystemTime, UNIX_EPOCH};

struct Door {
    base: String,
    token: String,
}

impl Door {
    async fn send(&self, method: Method, path: &str, body: &Value) -> (StatusCode, Value) {
        let request = reqwest::Client::new()
            .request(method, format!("{}{path}", self.base))
            .bearer_auth(&self.token);
        let request = if body.is_null() {
            request
        } else {
            request.json(body)
        };
        let response = request.send().await.unwrap();
        let status = response.status();
        (status, response.json().await.unwrap())
    }

    async fn get(&self, path: &str) -> Value {
        let (status, body) = self.send(Method::GET, path, &Value::Null).await;
        assert_eq!(status, 200, "{path} {body}");
        body
    }
}

/// Imports the dump of a contract, and opens its door for a user of the app.
async fn open(pool: PgPool, contract: &'static str, user: Value) -> (TestServer, Door) {
    import(&pool, contract, &dump(contract), &[]).await;
    let contracts = "--contracts=groups=0,rooms=0,direct=0,conversations=0,broadcast=0";
    let flags = ["--rate-limit=off", contracts, "--jwt-subjects=foreign"];
    let server = TestServer::start_with(pool, &flags).await;
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let claims = json!({ "id": user, "exp": now + 600 });
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    let token = encode(&Header::default(), &claims, &key).unwrap();
    let base = format!("http://{}", server.contracts[contract]);
    (server, Door { base, token })
}

/// The object with this text in one of its fields.
fn find<'a>(value: &'a Value, text: &str) -> Option<&'a Value> {
    match value {
        Value::Object(fields) => {
            let mut values = fields.values();
            let is_it = values.any(|value| value == text);
            if is_it {
                return Some(value);
            }
            fields.values().find_map(|value| find(value, text))
        }
        Value::Array(list) => list.iter().find_map(|value| find(value, text)),
        _ => None,
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn broadcast(pool: PgPool) {
    let (server, door) = open(pool, "broadcast", json!("650000000000000000000002")).await;
    let page = door
        .get("/api/v0/chat/conversation/650000000000000000000101/messages")
        .await;
    let hello = find(&page, "Hello back").unwrap();
    assert_eq!(hello["sender"]["_id"], "650000000000000000000001");
    assert_eq!(hello["sender"]["name"], "Ada Lovelace");
    assert_eq!(hello["isRead"], true);
    assert_eq!(hello["createdAt"], "2026-01-01T10:01:00.000Z");
    assert!(find(&page, "Oops").is_none(), "it is deleted");
    let unread = door.get("/api/v0/chat/unread-count").await;
    assert!(
        unread.to_string().contains(r#""unreadCount":1"#),
        "{unread}"
    );
    // The client knows the message by its old id.
    let path = "/api/v0/chat/message/650000000000000000000208/read";
    let (status, body) = door.send(Method::PUT, path, &Value::Null).await;
    assert_eq!(status, 200, "{body}");
    let unread = door.get("/api/v0/chat/unread-count").await;
    assert!(
        unread.to_string().contains(r#""unreadCount":0"#),
        "{unread}"
    );
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn conversations(pool: PgPool) {
    let (server, door) = open(pool, "conversations", json!("660000000000000000000002")).await;
    let page = door
        .get("/chats/conversations/660000000000000000000102/messages")
        .await;
    let message = find(&page, "今日は").unwrap();
    assert_eq!(message["sender"]["_id"], "660000000000000000000001");
    let readers = message["readBy"].to_string();
    assert!(
        readers.contains("660000000000000000000003")
            && readers.contains("2026-01-02T10:00:30.000Z")
    );
    let before =
        "/chats/conversations/660000000000000000000102/messages?before=660000000000000000000202";
    let page = door.get(before).await;
    assert!(find(&page, "今日は").is_some() && find(&page, "See the file").is_none());
    let path = "/chats/messages/660000000000000000000202";
    let (status, body) = door.send(Method::DELETE, path, &Value::Null).await;
    assert_eq!(status, 200, "{body}");
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn groups(pool: PgPool) {
    let (server, door) = open(pool, "groups", json!("cmu2")).await;
    let page = door.get("/api/chat/cmg1/messages?limit=20").await;
    let hello = find(&page, "Hello, edited").unwrap();
    assert_eq!(hello["senderId"], "cmu1");
    let page = door.get("/api/chat/cmg1/messages?cursor=cmx2").await;
    assert!(find(&page, "Hello, edited").is_some() && find(&page, "A picture").is_none());
    let message = door.get("/api/chat/messages/cmx3").await;
    assert!(find(&message, "A picture").is_some());
    let members = door.get("/api/chat/cmg1/members").await;
    let roles: Vec<_> = members["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["userId"].clone(), it["role"].clone()))
        .collect();
    let role = |user: &str, role: &str| (json!(user), json!(role));
    assert_eq!(
        roles,
        [
            role("cmu1", "OWNER"),
            role("cmu2", "ADMIN"),
            role("cmu3", "MEMBER")
        ]
    );
    let edit = json!({ "content": "Hello once more" });
    let (status, body) = door
        .send(Method::PUT, "/api/chat/messages/cmx2", &edit)
        .await;
    assert_eq!(status, 200, "{body}");
    let (status, _) = door
        .send(Method::GET, "/api/chat/cmg9/messages", &Value::Null)
        .await;
    assert_ne!(status, 200);
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn rooms(pool: PgPool) {
    let (server, door) = open(pool, "rooms", json!("cmu1")).await;
    let page = door.get("/api/v2/chat/messages?roomId=r1").await;
    let hello = find(&page, "Hello").unwrap();
    assert_eq!(hello["sender"]["id"], "cmu2");
    assert_eq!(hello["reactions"][0]["users"][0]["id"], "cmu1");
    let reaction = json!({ "messageId": "m1", "emoji": "🎉" });
    let (status, body) = door
        .send(Method::POST, "/api/v2/chat/reactions", &reaction)
        .await;
    assert!(status.is_success(), "{body}");
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn direct(pool: PgPool) {
    let (server, door) = open(pool, "direct", json!(5)).await;
    let page = door.get("/api/chat/conversations/17/messages").await;
    let bye = find(&page, "Bye").unwrap();
    assert_eq!(bye["id"], 1012);
    assert_eq!(bye["sender_id"], 6);
    assert_eq!(bye["receiver_id"], 5);
    assert_eq!(bye["attachment_url"], "https://files.example.org/bye.png");
    let sent = json!({ "receiverId": 6, "content": "Here now" });
    let (status, body) = door.send(Method::POST, "/api/chat/send", &sent).await;
    assert!(status.is_success(), "{body}");
    let page = door.get("/api/chat/conversations/17/messages").await;
    assert_eq!(find(&page, "Here now").unwrap()["sender_id"], 5);
    // The old number is the message's here.
    let (status, body) = door
        .send(Method::DELETE, "/api/chat/messages/999", &Value::Null)
        .await;
    assert!(status.is_success(), "{body}");
    let page = door.get("/api/chat/conversations/17/messages").await;
    assert!(find(&page, "Hello 🙂").is_none());
    server.stop().await;
}
