//! What the doors show to users of apps and to others, and what they make of it: e-mail addresses, users
//! whom nobody has seen, times beyond every range.

use super::app_tokens::{BROADCAST, DIRECT, FORUM, GAME, SHOP, at_door, start, token, with_token};
use crate::common::{
    App,
    client::{Client, request},
};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::PgPool;

const STATUS: &str = "broadcast/api/v0/chat/user-status";

async fn count_users(pool: &PgPool) -> i64 {
    sqlx::query_scalar("select count(*) from users")
        .fetch_one(pool)
        .await
        .unwrap()
}

/// A request to a door with a body.
async fn send(app: &App, method: Method, path: &str, token: &str, body: &Value) -> (u16, Value) {
    let request = app.request(method, &format!("/contracts/{path}"));
    let response = request.bearer_auth(token).json(body).send().await.unwrap();
    let status = response.status().as_u16();
    (status, response.json().await.unwrap())
}

#[sqlx::test(migrations = "../migrations")]
async fn an_address_is_shown_to_its_owner_and_to_the_owners_app(pool: PgPool) {
    let app = start(pool).await;
    let account = app.person("ada").await;
    let own = account.patch("/me", json!({ "email": "ada@own.example" }));
    own.await.expect(200);
    let private = json!({ "id": 6, "name": "Pat", "email": "private@shop.example" });
    let shop = token(private, SHOP);
    let other = token(json!({ "id": 7, "name": "Other" }), SHOP);
    let pat = with_token(&app, shop.clone()).get("/me").await.expect(200);
    let pat = pat["id"].as_str().unwrap().to_owned();
    with_token(&app, other.clone()).get("/me").await.expect(200);

    let email = async |of: &str, token: &str| {
        let (status, body) = at_door(&app, &format!("{STATUS}/{of}"), token).await;
        assert_eq!(status, 200, "{body}");
        body["data"]["user"]["email"].clone()
    };
    let (ada, ada_at_shop) = (account.id.clone(), format!("-{}", account.id));
    assert_eq!(email(&pat, &account.access_token).await, json!(null));
    assert_eq!(email("6", &other).await, "private@shop.example");
    assert_eq!(email("6", &shop).await, "private@shop.example");
    assert_eq!(email(&ada_at_shop, &shop).await, json!(null));
    assert_eq!(email(&ada, &account.access_token).await, "ada@own.example");
    let grace = app.person("grace").await;
    assert_eq!(email(&ada, &grace.access_token).await, json!(null));

    // Unless it is shared.
    let share = async |shares: bool| {
        let changed = account.patch("/me", json!({ "sharesEmail": shares }));
        let changed = changed.await.expect(200);
        assert_eq!(changed["sharesEmail"], shares);
        assert_eq!(changed["email"], "ada@own.example");
        let shown = account.get("/me").await.expect(200);
        assert_eq!(shown["sharesEmail"], shares);
    };
    let in_api = async || {
        let shown = grace.get(&format!("/users/{ada}")).await.expect(200);
        shown["email"].clone()
    };
    let shown = account.get("/me").await.expect(200);
    assert_eq!(shown["sharesEmail"], false, "private by default");
    assert_eq!(in_api().await, json!(null));
    share(true).await;
    assert_eq!(email(&ada, &grace.access_token).await, "ada@own.example");
    assert_eq!(email(&ada_at_shop, &shop).await, "ada@own.example");
    assert_eq!(in_api().await, "ada@own.example");
    share(false).await;
    assert_eq!(email(&ada, &grace.access_token).await, json!(null));
    assert_eq!(email(&ada_at_shop, &shop).await, json!(null));
    assert_eq!(in_api().await, json!(null));
}

#[sqlx::test(migrations = "../migrations")]
async fn reading_creates_nobody(pool: PgPool) {
    let app = start(pool.clone()).await;
    let shop = token(json!({ "id": 6 }), SHOP);
    let game = token(json!({ "id": "6" }), GAME);
    for token in [&shop, &game] {
        let me = with_token(&app, token.clone()).get("/me").await;
        me.expect(200);
    }
    let group = json!({ "name": "Engines", "isPrivate": true });
    let (status, group) = send(&app, Method::POST, "groups/api/groups", &game, &group).await;
    assert_eq!(status, 201, "{group}");
    let group = group["data"]["id"].as_str().unwrap();
    let before = count_users(&pool).await;

    let (status, body) = at_door(&app, &format!("{STATUS}/999"), &shop).await;
    assert_eq!((status, &body["message"]), (404, &json!("User not found")));
    let address = app.base().strip_prefix("http://").unwrap().parse().unwrap();
    let mut socket = request(address);
    let path = "/contracts/direct/socket.io/?EIO=4&transport=websocket";
    *socket.uri_mut() = format!("ws://{address}{path}").parse().unwrap();
    let mut client = Client::join(socket, "/", &json!({ "token": shop }))
        .await
        .unwrap();
    let asked = json!({ "userIds": [998, 997, 6] });
    let answer = client.emit_with_ack("check_online", &asked).await;
    assert_eq!(answer["success"], true, "{answer}");
    let mut socket = request(address);
    let path = "/contracts/broadcast/socket.io/?EIO=4&transport=websocket";
    *socket.uri_mut() = format!("ws://{address}{path}").parse().unwrap();
    let mut client = Client::join(socket, "/", &json!({ "token": shop }))
        .await
        .unwrap();
    let typing = json!({ "receiverId": 996 });
    let answer = client.emit_with_ack("typing_start", &typing).await;
    assert_eq!(answer["success"], true, "{answer}");
    let path = format!("groups/api/groups/{group}/members/995");
    let (status, body) = send(&app, Method::DELETE, &path, &game, &json!({})).await;
    assert_eq!(status, 404, "{body}");
    let path = format!("groups/api/groups/{group}/members/994/role");
    let (status, body) = send(&app, Method::PUT, &path, &game, &json!({ "role": "ADMIN" })).await;
    assert_eq!(status, 404, "{body}");
    let path = format!("conversations/chats/conversations/{group}/participants/993");
    let (status, body) = send(&app, Method::DELETE, &path, &game, &json!({})).await;
    assert_eq!(status, 404, "{body}");
    assert_eq!(count_users(&pool).await, before);
    app.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_request_that_is_refused_creates_nobody(pool: PgPool) {
    let app = start(pool.clone()).await;
    let game = token(json!({ "id": 6 }), GAME);
    let me = with_token(&app, game.clone());
    me.get("/me").await.expect(200);
    let before = count_users(&pool).await;
    let many: Vec<_> = (1_000..3_000).collect();
    let one_is_none: Vec<_> = [json!(1_000), json!("no integer")].into();
    for ids in [json!(many), json!(one_is_none)] {
        for (path, body) in [
            (
                "rooms/api/v2/chat/rooms",
                json!({ "name": "x", "participants": ids }),
            ),
            (
                "conversations/chats/conversations",
                json!({ "type": "group", "name": "x", "participants": ids }),
            ),
            (
                "groups/api/groups",
                json!({ "name": "x", "memberIds": ids }),
            ),
        ] {
            let (status, answer) = send(&app, Method::POST, path, &game, &body).await;
            assert!((400..500).contains(&status), "{path}: {answer}");
        }
    }
    let named = |ids: &[&str]| {
        let ids: Vec<_> = ids.iter().map(|id| format!("game:{id}")).collect();
        json!({ "kind": "group", "title": "x", "memberIds": ids })
    };
    for ids in [&["1000", "not-int"][..], &["not-int"]] {
        let answer = me.post("/conversations", named(ids)).await;
        answer.refused(404, "not_found");
    }
    assert_eq!(count_users(&pool).await, before);
    me.post("/conversations", named(&["1000"]))
        .await
        .expect(201);
    assert_eq!(count_users(&pool).await, before + 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_time_beyond_the_range_is_refused(pool: PgPool) {
    let app = start(pool).await;
    let ada = app.person("ada").await;
    let new = json!({ "kind": "group", "title": "Engines", "memberIds": [] });
    let id = ada.post("/conversations", new).await.expect(201)["id"].clone();
    let id = id.as_str().unwrap();
    for bad in [
        "9999-12-31T23:59:59-23:59",
        "0000-01-01T00:00:00%2B23:59",
        "-377705116800000",
        "-62200000000000",
    ] {
        let path = format!("rooms/api/v2/chat/messages?roomId={id}&before={bad}");
        let (status, body) = at_door(&app, &path, &ada.access_token).await;
        assert_eq!(status, 400, "{bad}: {body}");
    }
    for name in ["before", "after"] {
        for bad in ["9999-12-31T23:59:59-23:59", "0000-01-01T00:00:00%2B23:59"] {
            let answer = ada.get(&format!("/search?q=x&{name}={bad}")).await;
            let problem = answer.refused(422, "invalid");
            assert_eq!(problem["errors"][0]["field"], name);
        }
    }
    let good = format!("rooms/api/v2/chat/messages?roomId={id}&before=9999-12-31T23:59:59Z");
    let (status, body) = at_door(&app, &good, &ada.access_token).await;
    assert_eq!(status, 200, "{body}");
}

#[sqlx::test(migrations = "../migrations")]
async fn who_has_ended_is_told_so_in_the_contracts_words(pool: PgPool) {
    let app = start(pool.clone()).await;
    let shop = token(json!({ "id": 6 }), SHOP);
    with_token(&app, shop.clone()).get("/me").await.expect(200);
    sqlx::query("update app_users set ended_at = now()")
        .execute(&pool)
        .await
        .unwrap();
    let (status, body) = at_door(&app, BROADCAST, &shop).await;
    let inactive = json!("User account is inactive or blocked");
    assert_eq!((status, &body["message"]), (401, &inactive));
    let (status, body) = at_door(&app, DIRECT, &shop).await;
    assert_eq!(
        (status, &body["error"]),
        (401, &json!("This account is blocked."))
    );
    let address = app.base().strip_prefix("http://").unwrap().parse().unwrap();
    for (door, text) in [
        ("direct", "Authentication error: This account is blocked."),
        ("broadcast", "User account is inactive or blocked"),
    ] {
        let mut socket = request(address);
        let path = format!("/contracts/{door}/socket.io/?EIO=4&transport=websocket");
        *socket.uri_mut() = format!("ws://{address}{path}").parse().unwrap();
        let refused = Client::join(socket, "/", &json!({ "token": shop })).await;
        assert_eq!(refused.err().as_deref(), Some(text));
    }
    app.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn one_unreadable_entry_costs_a_directory_only_itself(pool: PgPool) {
    let app = start(pool).await;
    let admin = app.administrator("root").await;
    let body =
        r#"{"users":[{"id":1,"name":"Ada"},{"id":2,"name":"cut \ud83d"},{"id":3,"x":1e400}]}"#;
    let request = admin
        .request(Method::PUT, "/apps/shop/users")
        .header("content-type", "application/json")
        .body(body);
    let report = admin.send(request).await.expect(200);
    assert_eq!(report["created"], 2, "{report}");
    assert_eq!(report["rejected"][0]["index"], 1);
    assert_eq!(report["rejected"][0]["errors"][0]["field"], "name");
    let forum = token(json!({ "id": 1 }), FORUM);
    with_token(&app, forum).get("/me").await.expect(200);
}
