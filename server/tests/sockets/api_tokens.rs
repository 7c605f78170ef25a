//! Tokens for programs at sockets: a matrix of every event and every scope, and the end of a socket with its token.

use crate::common::{
    client::{Client, Packet, request},
    test_server::{PASSWORD, Person, TestServer},
};
use crate::token_places::{DOORS, address};
use chat::Caller;
use http::header;
use model::{ConversationId, CreatedApiToken, NewApiToken, NewPersonalToken, Scope, UserRole};
use serde_json::{Value, json};
use sqlx::PgPool;
use std::time::{Duration, Instant};

async fn token(
    server: &TestServer,
    person: &Person,
    scopes: &[Scope],
    limit: Option<ConversationId>,
) -> CreatedApiToken {
    let new = NewPersonalToken {
        token: NewApiToken {
            name: "Robot".to_owned(),
            scopes: scopes.to_vec(),
            conversation_ids: limit.map(|id| vec![id]),
            expires_in_days: 1,
        },
        current_password: PASSWORD.to_owned(),
        code: None,
    };
    let client = chat::Client::default();
    let created = server.chat.create_api_token(&person.caller, new, &client);
    created.await.unwrap()
}

/// Whether the socket ends with a DISCONNECT packet.
async fn is_disconnected(client: &mut Client) -> bool {
    loop {
        match client.packet().await {
            None => return false,
            Some(Packet::Disconnect) => return true,
            Some(_) => {}
        }
    }
}

/// The events that clients emit, as the document has them, each with the scope that it needs.
async fn events(server: &TestServer) -> Vec<(String, Scope)> {
    let path = format!("http://{}/api/v1/asyncapi.json", server.address);
    let document: Value = reqwest::get(path).await.unwrap().json().await.unwrap();
    let messages = document["components"]["messages"].as_object().unwrap();
    let operations = document["operations"].as_object().unwrap();
    let received = operations
        .keys()
        .filter_map(|name| name.strip_prefix("receive."));
    let names = received.map(|key| messages[key]["name"].as_str().unwrap().to_owned());
    let events = names.map(|name| {
        let needed = match name.as_str() {
            "sync" => Scope::Read,
            _ => Scope::Write,
        };
        (name, needed)
    });
    events.collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn no_token_does_more_than_it_says_at_any_event(db: PgPool) {
    let server = TestServer::start(db).await;
    let ada = server.person("ada").await;
    let events = events(&server).await;
    assert!(events.len() > 20, "{events:?}");
    for scope in Scope::ALL {
        let made = token(&server, &ada, &[scope], None).await;
        let connected = Client::connect(server.address, &made.token).await;
        if scope == Scope::Admin {
            let refused = connected.err().unwrap();
            assert!(
                refused.starts_with("forbidden: This token lacks"),
                "{refused}"
            );
            continue;
        }
        let mut client = connected.unwrap();
        for (event, needed) in &events {
            let answer = client.emit_with_ack(event, &json!({})).await;
            let detail = answer["error"]["detail"].as_str().unwrap_or_default();
            let is_of_token = detail.starts_with("This token lacks");
            let may = *needed == Scope::Read || scope == Scope::Write;
            assert_eq!(!is_of_token, may, "{event} with {scope}: {answer}");
            if !may {
                assert_eq!(answer["error"]["code"], "forbidden");
            }
        }
    }
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_program_hears_and_sends_with_a_token_in_either_place(db: PgPool) {
    let server = TestServer::start(db).await;
    let (ada, grace) = (server.person("ada").await, server.person("grace").await);
    let group = server.group(&[&ada, &grace]).await;
    let made = token(&server, &ada, &[Scope::Write], None).await;
    let mut program = Client::of(server.address, &made.token).await;
    let mut with_header = request(server.address);
    let bearer = format!("Bearer {}", made.token).parse().unwrap();
    with_header
        .headers_mut()
        .insert(header::AUTHORIZATION, bearer);
    let mut listener = Client::connect_with(with_header, &json!({})).await.unwrap();
    let mut other = server.client(&grace).await;
    let new = json!({ "conversationId": group, "body": "Built.", "clientId": "1" });
    program.emit_ok("message:send", &new).await;
    for client in [&mut listener, &mut other] {
        let heard = client.wait_for("message:created").await;
        assert_eq!(heard["message"]["body"], "Built.");
    }
    let limited = token(&server, &ada, &[Scope::Write], Some(group)).await;
    let refused = Client::connect(server.address, &limited.token).await;
    let refused = refused.err().unwrap();
    assert!(
        refused.starts_with("forbidden: This token is limited"),
        "{refused}"
    );
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_deleted_token_ends_its_sockets_and_no_others(db: PgPool) {
    let server = TestServer::start(db).await;
    let ada = server.person("ada").await;
    let [first, second] = [
        token(&server, &ada, &[Scope::Read], None).await,
        token(&server, &ada, &[Scope::Read], None).await,
    ];
    let mut ended = Client::of(server.address, &first.token).await;
    let mut kept = Client::of(server.address, &second.token).await;
    let mut person = server.client(&ada).await;
    let deleted = server.chat.delete_api_token(&ada.caller, first.details.id);
    deleted.await.unwrap();
    assert!(is_disconnected(&mut ended).await);
    let refused = Client::connect(server.address, &first.token).await;
    let refused = refused.err().unwrap();
    assert!(refused.starts_with("unauthenticated: "), "{refused}");
    let sync = json!({ "conversations": {} });
    kept.emit_ok("sync", &sync).await;
    person.emit_ok("sync", &sync).await;
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_socket_ends_when_its_token_expires(db: PgPool) {
    let server = TestServer::start(db.clone()).await;
    let ada = server.person("ada").await;
    let made = token(&server, &ada, &[Scope::Read], None).await;
    let sql = "update sessions set expires_at = now() + interval '2 seconds' where is_token";
    sqlx::query(sql).execute(&db).await.unwrap();
    let mut client = Client::of(server.address, &made.token).await;
    let started = Instant::now();
    assert!(client.connection_closes().await);
    assert!(started.elapsed() < Duration::from_secs(6));
    let refused = Client::connect(server.address, &made.token).await;
    assert!(refused.is_err());
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_blocked_user_has_no_program_either(db: PgPool) {
    let server = TestServer::start(db).await;
    let (ada, grace) = (server.person("ada").await, server.person("grace").await);
    let made = token(&server, &grace, &[Scope::Write], None).await;
    let mut client = Client::of(server.address, &made.token).await;
    let admin = Caller {
        role: UserRole::Admin,
        ..ada.caller
    };
    let blocked = server.chat.block_user(&admin, grace.id());
    blocked.await.unwrap();
    assert!(is_disconnected(&mut client).await);
    let refused = Client::connect(server.address, &made.token).await;
    let refused = refused.err().unwrap();
    assert!(refused.starts_with("forbidden: "), "{refused}");
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn no_contract_takes_a_token_for_programs(db: PgPool) {
    let server = TestServer::start_with_contracts(db).await;
    let ada = server.person("ada").await;
    let made = token(&server, &ada, &Scope::ALL, None).await;
    for door in DOORS.into_iter().filter(|door| door.0 != "api") {
        let address = address(&server, door.0);
        let auth = json!({ "token": made.token, "userId": ada.id() });
        let joined = Client::join(request(address), door.1, &auth).await;
        assert!(joined.is_err(), "{door:?}");
    }
    server.stop().await;
}
