//! Where a token may be in a handshake, and how it may be spelled there, at every door.

use crate::common::{
    client::{Client, request},
    test_server::{Person, TestServer},
};
use http::header;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use sqlx::PgPool;
use std::net::SocketAddr;

/// The namespaces of the doors.
pub const DOORS: [(&str, &str); 6] = [
    ("api", "/"),
    ("groups", "/"),
    ("rooms", "/chat/"),
    ("direct", "/"),
    ("conversations", "/chat"),
    ("broadcast", "/"),
];

pub fn address(server: &TestServer, door: &str) -> SocketAddr {
    *server.contracts.get(door).unwrap_or(&server.address)
}

/// Percent-encodes all but letters and digits, so that a dot is `%2E` too.
fn encode(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

async fn by_query(server: &TestServer, door: (&str, &str), query: &str) -> Result<Client, String> {
    let mut handshake = request(address(server, door.0));
    let uri = format!("{}&{query}", handshake.uri());
    *handshake.uri_mut() = uri.parse().unwrap();
    Client::join(handshake, door.1, &json!({})).await
}

#[sqlx::test(migrations = "../migrations")]
async fn a_query_is_decoded_as_its_standard_says(db: PgPool) {
    let server = TestServer::start_with_contracts(db).await;
    let ada = server.person("ada").await;
    let (token, id) = (&ada.token, ada.id());
    let dots = token.replace('.', "%2E");
    for door in DOORS.iter().filter(|door| door.0 != "api") {
        for spelling in [
            format!("Bearer%20{token}"),
            format!("Bearer+{token}"),
            format!("Bearer%20{dots}"),
            format!("Bearer+{dots}"),
            encode(&format!("Bearer {token}")),
        ] {
            for query in [
                format!("userId={id}&token={spelling}"),
                format!(
                    "userId={}&{}={spelling}",
                    encode(&id.to_string()),
                    encode("token")
                ),
            ] {
                let connected = by_query(&server, *door, &query).await;
                assert!(connected.is_ok(), "{door:?} {query}: {:?}", connected.err());
            }
        }
        // rooms wants the scheme.
        if door.0 != "rooms" {
            for spelling in [token, &dots, &encode(token)] {
                let query = format!("token={spelling}");
                assert!(by_query(&server, *door, &query).await.is_ok(), "{door:?}");
            }
        }
        let refused = by_query(&server, *door, &format!("userId={id}&token=Bearer%20x")).await;
        assert!(refused.is_err(), "{door:?}");
    }
    server.stop().await;
}

fn auth(ada: &Person, token: &str) -> Value {
    json!({ "token": token, "userId": ada.id().to_string() })
}

#[sqlx::test(migrations = "../migrations")]
async fn space_around_a_token_is_not_part_of_it(db: PgPool) {
    let server = TestServer::start_with_contracts(db).await;
    let ada = server.person("ada").await;
    for (name, namespace) in DOORS {
        for token in [
            format!("Bearer {}\n", ada.token),
            format!(" Bearer  {} ", ada.token),
            format!("Bearer\t{}", ada.token),
        ] {
            let handshake = request(address(&server, name));
            let connected = Client::join(handshake, namespace, &auth(&ada, &token)).await;
            assert!(connected.is_ok(), "{name} {token:?}: {:?}", connected.err());
        }
        for token in ["Bearer", "Bearer ", " ", "Basic x", "Bearerx"] {
            let handshake = request(address(&server, name));
            let refused = Client::join(handshake, namespace, &auth(&ada, token)).await;
            assert!(refused.is_err(), "{name} {token:?}");
        }
    }
    server.stop().await;
}

/// Express writes values of cookies percent-encoded.
#[sqlx::test(migrations = "../migrations")]
async fn a_cookie_with_a_token_is_decoded(db: PgPool) {
    let server = TestServer::start_with_contracts(db).await;
    let (ada, grace) = (server.person("ada").await, server.person("grace").await);
    let direct = address(&server, "direct");
    let dots = ada.token.replace('.', "%2E");
    for value in [
        ada.token.clone(),
        format!("Bearer%20{}", ada.token),
        format!("Bearer%20{dots}"),
        dots,
    ] {
        let cookie = format!("theme=dark; session={value}");
        let mut handshake = request(direct);
        let header = cookie.parse().unwrap();
        handshake.headers_mut().insert(header::COOKIE, header);
        Client::connect_with(handshake, &json!({})).await.unwrap();
        let answer = reqwest::Client::new()
            .post(format!("http://{direct}/api/chat/send"))
            .header(header::COOKIE, cookie)
            .json(&json!({ "receiverId": grace.id().to_string(), "content": "By cookie" }))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 201, "{value}");
    }
    server.stop().await;
}
