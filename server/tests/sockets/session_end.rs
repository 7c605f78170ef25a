//! A socket ends with what it was opened with: with a token that expires, with its session; and it has
//! the role that its user has now.

use crate::{
    common::{
        SECRET,
        client::{Client, Packet, request},
        test_server::TestServer,
    },
    token_places::{DOORS, address},
};
use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::{Value, json};
use sqlx::PgPool;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const FOREIGN: [&str; 4] = [
    "--rate-limit=off",
    "--contracts=groups=0,rooms=0,direct=0,conversations=0,broadcast=0",
    "--jwt-subjects=foreign",
    "--jwt-admin-claim=role=admin",
];

fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
}

fn token(claims: &Value) -> String {
    encode(
        &Header::default(),
        claims,
        &EncodingKey::from_secret(SECRET.as_bytes()),
    )
    .unwrap()
}

async fn connect(
    server: &TestServer,
    (door, namespace): (&str, &str),
    token: &str,
    id: &str,
) -> Result<Client, String> {
    let auth = json!({ "token": format!("Bearer {token}"), "userId": id });
    Client::join(request(address(server, door)), namespace, &auth).await
}

/// The names and payloads of the events until the end, and whether the connection closed.
async fn until_the_end(client: &mut Client) -> (Vec<(String, Value)>, bool) {
    let mut events = Vec::new();
    loop {
        match client.packet().await {
            None => return (events, true),
            Some(Packet::Disconnect) => return (events, false),
            Some(Packet::Event(name, payload)) => events.push((name, payload)),
            Some(_) => {}
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_foreign_token_that_expires_ends_its_sockets_and_a_new_one_opens_them(db: PgPool) {
    let server = TestServer::start_with(db, &FOREIGN).await;
    let own = server.person("ada").await;
    let mut with_session = server.client(&own).await;
    for door in DOORS {
        let exp = now() + 2;
        let short = token(&json!({ "sub": "6", "exp": exp }));
        let mut client = connect(&server, door, &short, "6").await.unwrap();
        let (events, is_closed) = until_the_end(&mut client).await;
        assert!(now() >= exp, "{door:?}: too early");
        assert!(now() <= exp + 3, "{door:?}: too late");
        assert!(
            is_closed,
            "{door:?}: clients do not reconnect after a DISCONNECT"
        );
        let told = events.iter().rev().find_map(|(name, payload)| {
            let text = payload["message"].as_str().or(payload["error"].as_str())?;
            let is_error = name.ends_with("error") || name == "exception";
            is_error.then_some(text)
        });
        assert_eq!(told.is_some(), door.0 != "api", "{door:?}: {events:?}");

        let refused = connect(&server, door, &short, "6").await.err().unwrap();
        let words = match door.0 {
            "api" => "unauthenticated: ",
            "groups" => "Invalid authentication token",
            "rooms" => "Authentication error: invalid or expired token",
            "direct" => "Authentication error: Invalid token",
            "conversations" => "Unauthorized",
            _ => "Authentication failed",
        };
        assert!(refused.starts_with(words), "{door:?}: {refused}");
        let fresh = token(&json!({ "sub": "6", "exp": now() + 60 }));
        connect(&server, door, &fresh, "6").await.unwrap();
    }
    with_session.drain().await;
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_token_that_expires_over_long_polling_ends_the_session_of_the_engine(db: PgPool) {
    let server = TestServer::start_with(db, &FOREIGN).await;
    let http = reqwest::Client::new();
    let url = format!(
        "http://{}/socket.io/?EIO=4&transport=polling",
        address(&server, "groups")
    );
    let open = http.get(&url).send().await.unwrap().text().await.unwrap();
    let open: Value = serde_json::from_str(open.strip_prefix('0').unwrap()).unwrap();
    let url = format!("{url}&sid={}", open["sid"].as_str().unwrap());
    let short = token(&json!({ "sub": "6", "exp": now() + 2 }));
    let connect = format!("40{}", json!({ "token": short }));
    http.post(&url).body(connect).send().await.unwrap();
    let started = Instant::now();
    loop {
        let polled = http.get(&url).send().await.unwrap();
        if polled.status() == 400 {
            break;
        }
        assert!(started.elapsed() < Duration::from_secs(30));
        if polled.text().await.unwrap().contains('2') {
            let _ = http.post(&url).body("3").send().await.unwrap();
        }
    }
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_session_that_ends_in_the_database_ends_its_sockets_and_no_others(db: PgPool) {
    let server = TestServer::start(db.clone()).await;
    let ada = server.person("ada").await;
    let grace = server.person("grace").await;
    let mut client = server.client(&ada).await;
    let mut neighbour = server.client(&grace).await;
    sqlx::query("update sessions set expires_at = now() where user_id = $1")
        .bind(ada.id().0)
        .execute(&db)
        .await
        .unwrap();
    let (_, is_closed) = until_the_end(&mut client).await;
    assert!(!is_closed, "as when a session is revoked");
    let refused = Client::connect(server.address, &ada.token).await;
    assert!(refused.err().unwrap().starts_with("unauthenticated: "));
    neighbour.drain().await;
    server.stop().await;
}

/// Announces until the answer says what is wanted.
async fn announces(client: &mut Client, wanted: bool) {
    let announce = json!({ "message": "the canteen is closed", "messageType": "text" });
    let started = Instant::now();
    loop {
        let answer = client.emit_with_ack("admin_broadcast", &announce).await;
        if answer["success"] == wanted {
            return;
        }
        assert!(started.elapsed() < Duration::from_secs(20), "{answer}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn an_open_socket_has_the_role_that_its_user_has_now(db: PgPool) {
    let server = TestServer::start_with(db.clone(), &FOREIGN).await;
    let broadcast = DOORS[5];
    let ada = server.administrator("ada").await;
    let mut own = connect(&server, broadcast, &ada.token, "").await.unwrap();
    announces(&mut own, true).await;
    for (role, may) in [("member", false), ("admin", true)] {
        sqlx::query("update users set role = $2 where id = $1")
            .bind(ada.id().0)
            .bind(role)
            .execute(&db)
            .await
            .unwrap();
        announces(&mut own, may).await;
    }

    let claims = |role: &str, ago: u64| {
        let (iat, exp) = (now() - ago, now() + 60);
        token(&json!({ "sub": "6", "role": role, "iat": iat, "exp": exp }))
    };
    let admin = claims("admin", 9);
    let mut of_app = connect(&server, broadcast, &admin, "6").await.unwrap();
    announces(&mut of_app, true).await;
    // Another token of the same user takes the role back.
    let member = claims("member", 5);
    connect(&server, broadcast, &member, "6").await.unwrap();
    announces(&mut of_app, false).await;
    server.stop().await;
}

/// A profile that the tables would refuse is stored as far as it can be, and never cuts the socket.
#[sqlx::test(migrations = "../migrations")]
async fn a_profile_that_cannot_be_stored_as_it_is_connects_at_every_door(db: PgPool) {
    let server = TestServer::start_with(db, &FOREIGN).await;
    let address = format!("{}@shop.example", "local".repeat(40));
    let profiles = [
        json!({ "email": address }),
        json!({ "name": "a\0b\u{7}", "username": "\0" }),
        json!({ "name": "n".repeat(2_000), "username": "u".repeat(2_000) }),
    ];
    for (at, profile) in profiles.iter().enumerate() {
        for door in DOORS {
            let id = format!("{}-{at}", door.0);
            let mut claims = profile.clone();
            claims["sub"] = json!(id);
            claims["exp"] = json!(now() + 60);
            let connected = connect(&server, door, &token(&claims), &id).await;
            assert!(
                connected.is_ok(),
                "{door:?} {profile}: {:?}",
                connected.err()
            );
        }
    }
    for bad in ["a\0b", "", &"x".repeat(300)] {
        for door in DOORS {
            let claims = json!({ "sub": bad, "exp": now() + 60 });
            let refused = connect(&server, door, &token(&claims), bad).await;
            assert!(refused.is_err(), "{door:?} {bad:?} is answered");
        }
    }
    server.stop().await;
}
