//! Coming in: who may, by what, and from which pages.

use crate::common::{
    client::{Client, dial, request},
    house::House,
};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio_tungstenite::tungstenite::Error;

#[sqlx::test(migrations = "../migrations")]
async fn ready_comes_first_and_says_where_everything_stands(db: PgPool) {
    let house = House::open(db).await;
    let (ada, grace) = (house.person("ada").await, house.person("grace").await);
    let group = house.group(&[&ada, &grace]).await;
    house.say(&grace, group, "Hello").await;

    let (_client, ready) = Client::ready(house.address, &ada.token).await;
    assert_eq!(ready["user"]["username"], "ada");
    let conversations = ready["conversations"].as_array().unwrap();
    assert_eq!(conversations.len(), 1);
    assert_eq!(conversations[0]["id"], group.to_string());
    assert_eq!(conversations[0]["unread"], 1);
    assert!(ready["presence"].is_array());
    house.close().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_token_may_come_three_ways(db: PgPool) {
    let house = House::open(db).await;
    let ada = house.person("ada").await;
    let bearer = format!("Bearer {}", ada.token);

    let auth = json!({ "token": bearer });
    Client::connect_with(request(house.address), &auth)
        .await
        .unwrap();

    let mut by_header = request(house.address);
    by_header
        .headers_mut()
        .insert(header::AUTHORIZATION, bearer.parse().unwrap());
    Client::connect_with(by_header, &json!({})).await.unwrap();

    let client = chat::Client::default();
    let login = model::Login {
        login: "ada".to_owned(),
        password: "correct horse battery".to_owned(),
    };
    let who = house.chat.login(login, &client).await.unwrap();
    let session = house.chat.issue_cookie(&who, &client).await.unwrap();
    let mut by_cookie = request(house.address);
    let cookie = format!("{}={}", app::context::SESSION_COOKIE, session.secret);
    by_cookie
        .headers_mut()
        .insert(header::COOKIE, cookie.parse().unwrap());
    for auth in [json!({}), json!({ "token": null }), json!({ "token": "" })] {
        Client::connect_with(by_cookie.clone(), &auth)
            .await
            .unwrap();
    }
    house.close().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn strangers_are_refused_in_words(db: PgPool) {
    let house = House::open(db).await;
    for auth in [
        json!({}),
        json!([]),
        json!("token"),
        json!({ "token": "nonsense" }),
        json!({ "token": 42 }),
        json!({ "token": { "token": "x" } }),
    ] {
        let refused = Client::connect_with(request(house.address), &auth)
            .await
            .err()
            .unwrap();
        assert!(
            refused.starts_with("unauthenticated: "),
            "{auth}: {refused}"
        );
    }
    house.close().await;
}

async fn status(house: &House, headers: &[(HeaderName, HeaderValue)]) -> [StatusCode; 2] {
    let mut websocket = request(house.address);
    websocket
        .headers_mut()
        .extend(headers.iter().cloned().map(|(k, v)| (Some(k), v)));
    let websocket = match dial(house.address, websocket, false).await {
        Ok(_) => StatusCode::SWITCHING_PROTOCOLS,
        Err(Error::Http(response)) => response.status(),
        Err(other) => panic!("{other}"),
    };
    let url = format!(
        "http://{}/socket.io/?EIO=4&transport=polling",
        house.address
    );
    let mut polling = reqwest::Client::new().get(url);
    for (name, value) in headers {
        polling = polling.header(name, value);
    }
    [polling.send().await.unwrap().status(), websocket]
}

#[sqlx::test(migrations = "../migrations")]
async fn foreign_pages_are_refused_on_both_transports(db: PgPool) {
    let house = House::with(db, &["--allowed-origins=https://friend.example"]).await;
    let open = [StatusCode::OK, StatusCode::SWITCHING_PROTOCOLS];
    let cookie = (
        header::COOKIE,
        HeaderValue::from_static("parlance_session=x"),
    );
    let origin = |origin: &str| (header::ORIGIN, origin.parse().unwrap());
    let own = format!("http://{}", house.address);
    assert_eq!(status(&house, &[]).await, open);
    assert_eq!(status(&house, &[origin(&own)]).await, open);
    assert_eq!(
        status(&house, &[origin("https://friend.example")]).await,
        open
    );
    for foreign in ["https://evil.example", "null", "http://127.0.0.1:1"] {
        let headers = [origin(foreign), cookie.clone()];
        assert_eq!(
            status(&house, &headers).await,
            [StatusCode::FORBIDDEN; 2],
            "{foreign}"
        );
    }
    house.close().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn long_polling_works_and_dead_peers_are_noticed(db: PgPool) {
    let house = House::open(db).await;
    let ada = house.person("ada").await;
    let http = reqwest::Client::new();
    let url = format!(
        "http://{}/socket.io/?EIO=4&transport=polling",
        house.address
    );
    let open = http.get(&url).send().await.unwrap().text().await.unwrap();
    let open: Value = serde_json::from_str(open.strip_prefix('0').unwrap()).unwrap();
    let [interval, patience] = ["pingInterval", "pingTimeout"].map(|it| open[it].as_u64().unwrap());
    assert!(interval + patience <= 45_000);

    let url = format!("{url}&sid={}", open["sid"].as_str().unwrap());
    let connect = format!("40{}", json!({ "token": ada.token }));
    let posted = http.post(&url).body(connect).send().await.unwrap();
    assert_eq!(posted.status(), StatusCode::OK);
    let mut heard = String::new();
    while !heard.contains(r#"42["ready","#) {
        let polled = http.get(&url).send().await.unwrap();
        heard += &polled.text().await.unwrap();
    }
    let connected = heard.find("40{").unwrap();
    assert!(connected < heard.find("42[").unwrap(), "{heard}");
    house.close().await;
}
