//! The handshake: tokens, cookies, origins and transports.

use crate::common::{
    client::{Client, dial, request},
    test_server::TestServer,
};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio_tungstenite::tungstenite::Error;

#[sqlx::test(migrations = "../migrations")]
async fn ready_is_the_first_event_and_has_the_current_state(db: PgPool) {
    let server = TestServer::start(db).await;
    let (ada, grace) = (server.person("ada").await, server.person("grace").await);
    let group = server.group(&[&ada, &grace]).await;
    server.send(&grace, group, "Hello").await;

    let (_client, ready) = Client::ready(server.address, &ada.token).await;
    assert_eq!(ready["user"]["username"], "ada");
    let conversations = ready["conversations"].as_array().unwrap();
    assert_eq!(conversations.len(), 1);
    assert_eq!(conversations[0]["id"], group.to_string());
    assert_eq!(conversations[0]["unread"], 1);
    assert!(ready["presence"].is_array());
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_token_may_come_three_ways(db: PgPool) {
    let server = TestServer::start(db).await;
    let ada = server.person("ada").await;
    let bearer = format!("Bearer {}", ada.token);

    let auth = json!({ "token": bearer });
    Client::connect_with(request(server.address), &auth)
        .await
        .unwrap();

    let mut by_header = request(server.address);
    by_header
        .headers_mut()
        .insert(header::AUTHORIZATION, bearer.parse().unwrap());
    Client::connect_with(by_header.clone(), &json!({}))
        .await
        .unwrap();
    let headers = by_header.headers_mut();
    let basic = HeaderValue::from_static("Basic dTpw");
    let own = headers.insert(header::AUTHORIZATION, basic).unwrap();
    headers.append(header::AUTHORIZATION, own);
    Client::connect_with(by_header, &json!({})).await.unwrap();

    let client = chat::Client::default();
    let login = model::Login {
        login: "ada".to_owned(),
        password: crate::common::PASSWORD.to_owned(),
    };
    let who = server.chat.login(login, &client).await.unwrap();
    let session = server.chat.issue_cookie(&who, &client).await.unwrap();
    let mut by_cookie = request(server.address);
    let cookie = format!("parlance_session={}", session.secret);
    by_cookie
        .headers_mut()
        .insert(header::COOKIE, cookie.parse().unwrap());
    // Beside cookies and credentials that are for others.
    let mut beside_others = by_cookie.clone();
    let headers = beside_others.headers_mut();
    let name = HeaderValue::from_bytes(b"name=J\xf6rg").unwrap();
    let own = headers.insert(header::COOKIE, name).unwrap();
    headers.append(header::COOKIE, own);
    Client::connect_with(beside_others, &json!({}))
        .await
        .unwrap();
    for auth in [json!({}), json!({ "token": null }), json!({ "token": "" })] {
        Client::connect_with(by_cookie.clone(), &auth)
            .await
            .unwrap();
    }
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn connects_without_a_valid_token_are_rejected(db: PgPool) {
    let server = TestServer::start(db).await;
    for auth in [
        json!({}),
        json!([]),
        json!("token"),
        json!({ "token": "nonsense" }),
        json!({ "token": 42 }),
        json!({ "token": { "token": "x" } }),
    ] {
        let refused = Client::connect_with(request(server.address), &auth)
            .await
            .err()
            .unwrap();
        assert!(
            refused.starts_with("unauthenticated: "),
            "{auth}: {refused}"
        );
    }
    server.stop().await;
}

async fn status(server: &TestServer, headers: &[(HeaderName, HeaderValue)]) -> [StatusCode; 2] {
    let mut websocket = request(server.address);
    websocket
        .headers_mut()
        .extend(headers.iter().cloned().map(|(k, v)| (Some(k), v)));
    let websocket = match dial(server.address, websocket, false).await {
        Ok(_) => StatusCode::SWITCHING_PROTOCOLS,
        Err(Error::Http(response)) => response.status(),
        Err(other) => panic!("{other}"),
    };
    let url = format!(
        "http://{}/socket.io/?EIO=4&transport=polling",
        server.address
    );
    let mut polling = reqwest::Client::new().get(url);
    for (name, value) in headers {
        polling = polling.header(name, value);
    }
    [polling.send().await.unwrap().status(), websocket]
}

#[sqlx::test(migrations = "../migrations")]
async fn what_the_engine_refuses_is_not_upgraded(db: PgPool) {
    let server = TestServer::start(db).await;
    for query in [
        "EIO=3&transport=websocket",
        "EIO=%34&transport=websocket",
        "%45IO=4&transport=websocket",
        "EIO=4&transport=web%73ocket",
        "EIO=4",
        "",
    ] {
        let mut handshake = request(server.address);
        let uri = format!("ws://{}/socket.io/?{query}", server.address);
        *handshake.uri_mut() = uri.parse().unwrap();
        let Err(Error::Http(answer)) = dial(server.address, handshake, false).await else {
            panic!("{query:?} was upgraded");
        };
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{query}");
    }
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn foreign_pages_are_refused_on_both_transports(db: PgPool) {
    let server = TestServer::start_with(db, &["--allowed-origins=https://friend.example"]).await;
    let open = [StatusCode::OK, StatusCode::SWITCHING_PROTOCOLS];
    let cookie = (
        header::COOKIE,
        HeaderValue::from_static("parlance_session=x"),
    );
    let origin = |origin: &str| (header::ORIGIN, origin.parse().unwrap());
    let own = format!("http://{}", server.address);
    assert_eq!(status(&server, &[]).await, open);
    assert_eq!(status(&server, &[origin(&own)]).await, open);
    assert_eq!(
        status(&server, &[origin("https://friend.example")]).await,
        open
    );
    for foreign in ["https://evil.example", "null", "http://127.0.0.1:1"] {
        let headers = [origin(foreign), cookie.clone()];
        assert_eq!(
            status(&server, &headers).await,
            [StatusCode::FORBIDDEN; 2],
            "{foreign}"
        );
    }
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn long_polling_works_and_dead_peers_are_noticed(db: PgPool) {
    let server = TestServer::start(db).await;
    let ada = server.person("ada").await;
    let http = reqwest::Client::new();
    let url = format!(
        "http://{}/socket.io/?EIO=4&transport=polling",
        server.address
    );
    let open = http.get(&url).send().await.unwrap().text().await.unwrap();
    let open: Value = serde_json::from_str(open.strip_prefix('0').unwrap()).unwrap();
    let [interval, timeout] = ["pingInterval", "pingTimeout"].map(|it| open[it].as_u64().unwrap());
    assert!(interval + timeout <= 45_000);

    let url = format!("{url}&sid={}", open["sid"].as_str().unwrap());
    let connect = format!("40{}", json!({ "token": ada.token }));
    let posted = http.post(&url).body(connect).send().await.unwrap();
    assert_eq!(posted.status(), StatusCode::OK);
    let mut received = String::new();
    while !received.contains(r#"42["ready","#) {
        let polled = http.get(&url).send().await.unwrap();
        received += &polled.text().await.unwrap();
    }
    let connected = received.find("40{").unwrap();
    assert!(connected < received.find("42[").unwrap(), "{received}");
    server.stop().await;
}
