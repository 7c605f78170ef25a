//! Sets of keys at an address (JWKS): rotation, an issuer that is away, floods, and answers that are
//! none.

use crate::{
    app_fixtures::{SHOP, chat_with, in_seconds, shop},
    fixtures::refused,
};
use chat::{AppConfig, Chat, Error, IssuerKey, KeySetAddress};
use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use model::ErrorCode;
use serde_json::{Value, json};
use sqlx::PgPool;
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// An issuer of tokens: its set of keys at an address of this machine.
#[derive(Clone)]
struct Idp {
    url: String,
    /// The whole response; `None` closes the connection without one.
    response: Arc<Mutex<Option<String>>>,
    fetches: Arc<AtomicUsize>,
}

fn p256() -> EncodingKey {
    EncodingKey::from_ec_pem(include_bytes!("keys/p256.pem")).unwrap()
}

fn other() -> EncodingKey {
    EncodingKey::from_ec_pem(include_bytes!("keys/other_p256.pem")).unwrap()
}

fn jwk(key: &EncodingKey, id: &str) -> Value {
    let mut jwk = Jwk::from_encoding_key(key, Algorithm::ES256).unwrap();
    jwk.common.key_id = Some(id.to_owned());
    serde_json::to_value(jwk).unwrap()
}

fn token(key: &EncodingKey, id: &str) -> String {
    let mut header = Header::new(Algorithm::ES256);
    header.kid = Some(id.to_owned()).filter(|id| !id.is_empty());
    let claims = json!({ "sub": "6", "exp": in_seconds(60) });
    jsonwebtoken::encode(&header, &claims, key).unwrap()
}

impl Idp {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let idp = Self {
            url: format!("http://{}/jwks.json", listener.local_addr().unwrap()),
            response: Arc::default(),
            fetches: Arc::default(),
        };
        let served = idp.clone();
        tokio::spawn(async move {
            loop {
                let (mut socket, _) = listener.accept().await.unwrap();
                let mut request = [0; 4096];
                let read = socket.read(&mut request).await.unwrap();
                assert!(request[..read].starts_with(b"GET /jwks.json"));
                served.fetches.fetch_add(1, Ordering::SeqCst);
                let response = served.response.lock().unwrap().clone();
                if let Some(response) = response {
                    let _ = socket.write_all(response.as_bytes()).await;
                }
            }
        });
        idp
    }

    fn has(&self, keys: &[Value]) {
        self.says("200 OK", &json!({ "keys": keys }).to_string());
    }

    fn says(&self, status: &str, body: &str) {
        let response = format!(
            "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        *self.response.lock().unwrap() = Some(response);
    }

    fn is_away(&self) {
        *self.response.lock().unwrap() = None;
    }

    fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }

    fn chat(&self, db: PgPool, refresh: Duration, pause: Duration) -> Chat {
        let mut address: KeySetAddress = self.url.parse().unwrap();
        address.refresh = refresh;
        address.pause = pause;
        let app = AppConfig {
            keys: vec![IssuerKey::Set(address)],
            ..AppConfig::new("bank")
        };
        chat_with(db, vec![app])
    }
}

const LONG: Duration = Duration::from_hours(1);
const NONE: Duration = Duration::ZERO;

async fn is_accepted(chat: &Chat, token: &str) -> bool {
    match chat.authenticate(token).await {
        Ok(_) => true,
        Err(Error::Unauthenticated(_)) => false,
        Err(other) => panic!("{other:?}"),
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn keys_are_fetched_once_and_rotate(db: PgPool) {
    let idp = Idp::start().await;
    idp.has(&[jwk(&p256(), "a")]);
    let chat = idp.chat(db, LONG, NONE);
    let first = token(&p256(), "a");
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (chat, first) = (chat.clone(), first.clone());
        tasks.spawn(async move { is_accepted(&chat, &first).await });
    }
    assert!(tasks.join_all().await.iter().all(|it| *it));
    assert_eq!(idp.fetches(), 1, "twenty first requests share one fetch");
    // The key of another name, or the name of another key.
    assert!(!is_accepted(&chat, &token(&other(), "a")).await);
    assert_eq!(idp.fetches(), 1, "a forged signature fetches nothing");
    // A new key is found by its name, and by a token without one.
    idp.has(&[jwk(&p256(), "a"), jwk(&other(), "b")]);
    assert!(is_accepted(&chat, &token(&other(), "b")).await);
    assert_eq!(idp.fetches(), 2);
    assert!(is_accepted(&chat, &token(&other(), "")).await);
    assert!(is_accepted(&chat, &first).await);
    assert!(
        !is_accepted(&chat, &token(&p256(), "b")).await,
        "the name is another key's"
    );
    assert_eq!(idp.fetches(), 2);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_flood_of_unknown_keys_is_no_flood_of_fetches(db: PgPool) {
    let idp = Idp::start().await;
    idp.has(&[jwk(&p256(), "a")]);
    let chat = idp.chat(db, LONG, LONG);
    assert!(is_accepted(&chat, &token(&p256(), "a")).await);
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..200 {
        let (chat, unknown) = (chat.clone(), token(&other(), &format!("unknown-{n}")));
        tasks.spawn(async move { is_accepted(&chat, &unknown).await });
    }
    assert!(tasks.join_all().await.iter().all(|it| !it));
    assert_eq!(idp.fetches(), 1);
    assert!(is_accepted(&chat, &token(&p256(), "a")).await);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_key_that_is_gone_from_the_set_is_not_valid_after_the_refresh(db: PgPool) {
    let idp = Idp::start().await;
    idp.has(&[jwk(&p256(), "a"), jwk(&other(), "b")]);
    // Each token refreshes the set.
    let chat = idp.chat(db, NONE, NONE);
    assert!(is_accepted(&chat, &token(&p256(), "a")).await);
    idp.has(&[jwk(&other(), "b")]);
    assert!(!is_accepted(&chat, &token(&p256(), "a")).await);
    assert!(is_accepted(&chat, &token(&other(), "b")).await);
}

#[sqlx::test(migrations = "../../migrations")]
async fn keys_stay_while_the_issuer_is_away(db: PgPool) {
    let idp = Idp::start().await;
    let chat = idp.chat(db, NONE, NONE);
    let good = token(&p256(), "a");
    // Nothing can be said about a token before there was a first answer.
    idp.is_away();
    refused(chat.authenticate(&good).await, ErrorCode::Unavailable);
    idp.has(&[jwk(&p256(), "a")]);
    assert!(is_accepted(&chat, &good).await);
    let long = format!("{{\"keys\":[],\"padding\":\"{}\"}}", "x".repeat(300_000));
    for (status, body) in [
        ("500 Internal Server Error", "{\"keys\":[]}"),
        ("302 Found\r\nlocation: http://127.0.0.1:1/jwks.json", ""),
        ("200 OK", "<html>"),
        ("200 OK", "{\"keys\":[]}"),
        (
            "200 OK",
            "{\"keys\":[{\"kty\":\"oct\",\"k\":\"c2VjcmV0\",\"kid\":\"a\"}]}",
        ),
        ("200 OK", &long),
    ] {
        idp.says(status, body);
        assert!(is_accepted(&chat, &good).await, "{status} {}", body.len());
        assert!(!is_accepted(&chat, &token(&other(), "b")).await, "{status}");
    }
    idp.is_away();
    assert!(is_accepted(&chat, &good).await);
    // A secret that the set would give away signs nothing.
    let secret = EncodingKey::from_secret(b"secret");
    let mut header = Header::new(Algorithm::HS256);
    header.kid = Some("a".to_owned());
    let claims = json!({ "sub": "6", "exp": in_seconds(60) });
    let forged = jsonwebtoken::encode(&header, &claims, &secret).unwrap();
    assert!(!is_accepted(&chat, &forged).await);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_key_of_a_set_is_for_what_the_set_says(db: PgPool) {
    let idp = Idp::start().await;
    let mut for_encryption = jwk(&p256(), "a");
    for_encryption["use"] = "enc".into();
    let mut of_other_algorithm = jwk(&p256(), "b");
    of_other_algorithm["alg"] = "ES384".into();
    idp.has(&[
        for_encryption,
        of_other_algorithm,
        jwk(&other(), "c"),
        json!(7),
        json!({}),
    ]);
    let chat = idp.chat(db, LONG, LONG);
    assert!(is_accepted(&chat, &token(&other(), "c")).await);
    assert!(!is_accepted(&chat, &token(&p256(), "a")).await);
    assert!(!is_accepted(&chat, &token(&p256(), "b")).await);
    assert!(!is_accepted(&chat, &token(&p256(), "")).await);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_host_that_never_answers_delays_no_other_app(db: PgPool) {
    // It takes connections, and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/jwks.json", silent.local_addr().unwrap());
    let bank = AppConfig {
        keys: vec![IssuerKey::Set(address.parse().unwrap())],
        ..AppConfig::new("bank")
    };
    let chat = chat_with(db, vec![bank, shop()]);
    let of_shop = crate::app_fixtures::token(json!({ "sub": "6" }), SHOP);
    for _ in 0..3 {
        let accepted = tokio::time::timeout(Duration::from_secs(3), chat.authenticate(&of_shop));
        accepted.await.expect("no wait for the bank").unwrap();
    }
    // Once the host has been given up, its own tokens are refused at once for a while.
    let of_bank = token(&p256(), "a");
    let refused_token = chat.authenticate(&of_bank).await;
    assert!(
        matches!(refused_token, Err(Error::NoIssuerKeys)),
        "{refused_token:?}"
    );
    let again = tokio::time::timeout(Duration::from_secs(2), chat.authenticate(&of_bank));
    let again = again.await.expect("no second wait");
    assert!(matches!(again, Err(Error::NoIssuerKeys)), "{again:?}");
}
