//! The contract `direct` takes a token from the cookie `session`, but not for foreign pages.

use crate::common::{
    client::{Client, dial, request},
    test_server::{Person, TestServer},
};
use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;
use std::net::SocketAddr;
use tokio_tungstenite::tungstenite::Error;

const DIRECT: &str = "--contracts=direct=0";
const EVIL: &str = "https://evil.example";

fn cookie(person: &Person) -> String {
    format!("theme=dark; session={}", person.token)
}

async fn connect(address: SocketAddr, headers: &[(&'static str, &str)]) -> Result<Client, String> {
    let mut request = request(address);
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    Client::connect_with(request, &json!({})).await
}

fn send(address: SocketAddr, to: &Person) -> RequestBuilder {
    let url = format!("http://{address}/api/chat/send");
    let body = json!({ "receiverId": to.id().to_string(), "content": "By cookie" });
    reqwest::Client::new().post(url).json(&body)
}

async fn status(request: RequestBuilder) -> StatusCode {
    request.send().await.unwrap().status()
}

#[sqlx::test(migrations = "../migrations")]
async fn programs_and_own_pages_use_the_cookie(db: PgPool) {
    let flags = ["--allowed-origins=https://friend.example", DIRECT];
    let server = TestServer::start_with(db, &flags).await;
    let (ada, grace) = (server.person("ada").await, server.person("grace").await);
    let address = server.contracts["direct"];
    let own = format!("http://{address}");
    let (cookie, grace_cookie) = (cookie(&ada), cookie(&grace));
    for origin in [None, Some(own.as_str()), Some("https://friend.example")] {
        let mut headers = vec![("cookie", cookie.as_str())];
        headers.extend(origin.map(|origin| ("origin", origin)));
        connect(address, &headers).await.unwrap();
        let request = headers
            .iter()
            .fold(send(address, &grace), |request, (name, value)| {
                request.header(*name, *value)
            });
        assert_eq!(status(request).await, StatusCode::CREATED, "{origin:?}");
    }
    // A token in another place comes first.
    let bearer = format!("Bearer {}", ada.token);
    let both = [
        ("cookie", grace_cookie.as_str()),
        ("authorization", &bearer),
    ];
    let mut client = connect(address, &both).await.unwrap();
    let call = json!({ "receiverId": grace.id().to_string(), "content": "By Ada" });
    let answer = client.emit_with_ack("send_message", &call).await;
    assert_eq!(answer["success"], true, "{answer}");
    let message = client.wait_for("new_message").await;
    assert_eq!(message["senderId"].to_string(), ada.id().to_string());
    for bad in ["session=", "session=nonsense", "parlance_session=x"] {
        let refused = connect(address, &[("cookie", bad)]).await.err().unwrap();
        assert!(refused.starts_with("Authentication error: "), "{refused}");
    }
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn foreign_pages_do_not_use_the_cookie(db: PgPool) {
    let server = TestServer::start_with(db, &[DIRECT]).await;
    let (ada, grace) = (server.person("ada").await, server.person("grace").await);
    let address = server.contracts["direct"];
    let mut handshake = request(address);
    for (name, value) in [("cookie", cookie(&ada).as_str()), ("origin", EVIL)] {
        handshake.headers_mut().insert(name, value.parse().unwrap());
    }
    let Err(Error::Http(refused)) = dial(address, handshake, false).await else {
        panic!("a foreign page opened a socket");
    };
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let evil = send(address, &grace)
        .header("cookie", cookie(&ada))
        .header("origin", EVIL);
    assert_eq!(
        status(evil.try_clone().unwrap()).await,
        StatusCode::FORBIDDEN
    );
    // Credentials that browsers add by themselves do not bring the cookie back.
    let basic = evil.basic_auth("ada", Some("secret"));
    assert_eq!(status(basic).await, StatusCode::FORBIDDEN);
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_star_allows_tokens_and_not_the_cookie(db: PgPool) {
    let server = TestServer::start_with(db, &["--allowed-origins=*", DIRECT]).await;
    let (ada, grace) = (server.person("ada").await, server.person("grace").await);
    let address = server.contracts["direct"];
    let cookie = cookie(&ada);
    let foreign = [("cookie", cookie.as_str()), ("origin", EVIL)];
    let refused = connect(address, &foreign).await.err().unwrap();
    assert_eq!(refused, "Authentication error: No token provided");
    let bearer = format!("Bearer {}", ada.token);
    connect(address, &[("authorization", &bearer), ("origin", EVIL)])
        .await
        .unwrap();

    let evil = || send(address, &grace).header("origin", EVIL);
    let with_cookie = evil().header("cookie", &cookie);
    assert_eq!(status(with_cookie).await, StatusCode::UNAUTHORIZED);
    let with_token = evil().bearer_auth(&ada.token);
    assert_eq!(status(with_token).await, StatusCode::CREATED);
    // Over long polling, the cookie of the first request does not count either.
    let http = reqwest::Client::new();
    let url = format!("http://{address}/socket.io/?EIO=4&transport=polling");
    let open = http
        .get(&url)
        .header("cookie", &cookie)
        .header("origin", EVIL);
    let open = open.send().await.unwrap().text().await.unwrap();
    let open: Value = serde_json::from_str(&open[1..]).unwrap();
    let url = format!("{url}&sid={}", open["sid"].as_str().unwrap());
    let post = http
        .post(&url)
        .header("cookie", &cookie)
        .header("origin", EVIL);
    post.body("40").send().await.unwrap();
    let mut polled = String::new();
    while !polled.contains("44") {
        let poll = http
            .get(&url)
            .header("cookie", &cookie)
            .header("origin", EVIL);
        polled += &poll.send().await.unwrap().text().await.unwrap();
        assert!(!polled.contains("40"), "{polled}");
    }
    server.stop().await;
}
