//! Tokens of the apps of a file, over HTTP and sockets: at the doors that are theirs and at others.

use crate::common::{
    App, Person, SECRET,
    client::{Client, request},
};
use jsonwebtoken::{EncodingKey, Header, encode};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::PgPool;
use std::time::{SystemTime, UNIX_EPOCH};

pub const SHOP: &str = "a secret of the shop, long enough to sign with";
pub const FORUM: &str = "a secret of the forum, long enough to sign with";

pub const GAME: &str = "a secret of the game, long enough to sign with";

const APPS: &str = r#"
[apps.shop]
secret = "a secret of the shop, long enough to sign with"
doors = ["direct", "broadcast"]
admin_claim = "role=admin"

[apps.forum]
secret = "a secret of the forum, long enough to sign with"
doors = ["direct"]
unknown_users = "refuse"

[apps.game]
secret = "a secret of the game, long enough to sign with"
doors = ["groups", "rooms", "conversations"]
"#;

pub fn token(mut claims: Value, secret: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    if claims.get("exp").is_none() {
        claims["exp"] = (now.as_secs() + 60).into();
    }
    let key = EncodingKey::from_secret(secret.as_bytes());
    encode(&Header::default(), &claims, &key).unwrap()
}

pub async fn start(pool: PgPool) -> App {
    let path = std::env::temp_dir().join(format!("parlance-apps-{}.toml", rand::random::<u64>()));
    std::fs::write(&path, APPS).unwrap();
    let file = format!("--apps-file={}", path.display());
    let app = App::start_with(
        pool,
        &[
            &file,
            "--contracts=direct,broadcast,groups,rooms,conversations",
        ],
    )
    .await;
    std::fs::remove_file(&path).unwrap();
    app
}

pub fn with_token(app: &App, access_token: String) -> Person {
    let nobody = app.nobody();
    Person {
        access_token,
        ..nobody
    }
}

/// The status and body of a door's route.
pub async fn at_door(app: &App, path: &str, token: &str) -> (u16, Value) {
    let request = app.request(Method::GET, &format!("/contracts/{path}"));
    let response = request.bearer_auth(token).send().await.unwrap();
    let status = response.status().as_u16();
    (status, response.json().await.unwrap())
}

pub const DIRECT: &str = "direct/api/chat/conversations";
pub const BROADCAST: &str = "broadcast/api/v0/chat/conversations";
const GROUPS: &str = "groups/api/chat/messages/1";

#[sqlx::test(migrations = "../migrations")]
async fn a_door_takes_the_tokens_of_its_apps_and_ours(pool: PgPool) {
    let app = start(pool).await;
    let ada = app.person("ada").await.access_token;
    let shop = token(json!({ "id": 6 }), SHOP);
    let forum = token(json!({ "id": 6 }), FORUM);
    // A token with our own key and without a session has ids of ours.
    for (path, takes) in [
        (DIRECT, [&ada, &shop, &forum].as_slice()),
        (BROADCAST, &[&ada, &shop]),
        (GROUPS, &[&ada]),
    ] {
        for token in [&ada, &shop, &forum] {
            let (status, body) = at_door(&app, path, token).await;
            assert_eq!(status != 401, takes.contains(&token), "{path}: {body}");
        }
    }
    let address = app.base().strip_prefix("http://").unwrap().parse().unwrap();
    let game = token(json!({ "id": 6 }), GAME);
    for (door, namespace, takes) in [
        ("direct", "/", [true, true, false]),
        ("broadcast", "/", [true, false, false]),
        ("groups", "/", [false, false, true]),
        ("rooms", "/chat/", [false, false, true]),
        ("conversations", "/chat", [false, false, true]),
    ] {
        for (token, good) in [&shop, &forum, &game].into_iter().zip(takes) {
            let mut request = request(address);
            let path = format!("/contracts/{door}/socket.io/?EIO=4&transport=websocket");
            *request.uri_mut() = format!("ws://{address}{path}").parse().unwrap();
            let auth = match door {
                "rooms" => json!({ "token": format!("Bearer {token}"), "userId": "6" }),
                _ => json!({ "token": token }),
            };
            let connected = Client::join(request, namespace, &auth).await;
            assert_eq!(connected.is_ok(), good, "{door}: {:?}", connected.err());
        }
    }
    // The main address takes all of them.
    for token in [ada, shop, forum] {
        with_token(&app, token).get("/me").await.expect(200);
    }
    app.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_token_without_exp_is_refused_in_words_that_name_it(pool: PgPool) {
    let app = start(pool).await;
    let endless = |secret: &str| token(json!({ "id": 6, "exp": null }), secret);
    let answer = with_token(&app, endless(SHOP)).get("/me").await;
    let problem = answer.refused(401, "unauthenticated");
    assert_eq!(problem["detail"], "The token has no claim `exp`.");
    // Forged, it is refused as any other.
    let answer = with_token(&app, endless("another secret")).get("/me").await;
    let problem = answer.refused(401, "unauthenticated");
    assert_eq!(problem["detail"], "The token is not valid, or no longer.");
    // The contracts have words of their own.
    let (status, body) = at_door(&app, BROADCAST, &endless(SHOP)).await;
    assert_eq!(
        (status, &body["message"]),
        (401, &json!("Authentication failed"))
    );
    let (status, body) = at_door(&app, DIRECT, &endless(SHOP)).await;
    assert_eq!(
        (status, &body["error"]),
        (401, &json!("Unauthorized: Invalid token"))
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn a_claim_makes_an_administrator(pool: PgPool) {
    let app = start(pool).await;
    let boss = with_token(&app, token(json!({ "id": 1, "role": "admin" }), SHOP));
    let member = with_token(&app, token(json!({ "id": 2, "role": "user" }), SHOP));
    assert_eq!(boss.get("/me").await.expect(200)["role"], "admin");
    let id = member.get("/me").await.expect(200)["id"].clone();
    let path = format!("/users/{}/block", id.as_str().unwrap());
    member.put(&path).await.refused(403, "forbidden");
    boss.put(&path).await.expect(204);
    let elsewhere = with_token(&app, token(json!({ "id": 3, "role": "admin" }), FORUM));
    assert_eq!(elsewhere.get("/me").await.expect(200)["role"], "member");
}

#[sqlx::test(migrations = "../migrations")]
async fn two_tokens_make_one_person(pool: PgPool) {
    let app = start(pool).await;
    let ada = app.person("ada").await;
    let shop = with_token(&app, token(json!({ "id": 6, "name": "Ada" }), SHOP));
    assert_ne!(shop.get("/me").await.expect(200)["id"], ada.id);
    let link = |token: &str| json!({ "token": token });
    ada.post("/me/links", link("nonsense"))
        .await
        .refused(401, "unauthenticated");
    ada.post("/me/links", link(&ada.access_token))
        .await
        .refused(422, "invalid");
    let ours = token(json!({ "id": 6 }), SECRET);
    ada.post("/me/links", link(&ours))
        .await
        .refused(422, "invalid");
    ada.post("/me/links", json!({}))
        .await
        .refused(422, "invalid");
    let nobody = app.nobody();
    nobody
        .post("/me/links", link(&shop.access_token))
        .await
        .refused(401, "unauthenticated");

    ada.post("/me/links", link(&shop.access_token))
        .await
        .expect(204);
    assert_eq!(shop.get("/me").await.expect(200)["id"], ada.id);
    let other = app.person("grace").await;
    let taken = other.post("/me/links", link(&shop.access_token)).await;
    taken.refused(409, "conflict");
}
