//! Tokens for programs over HTTP: made and deleted, and a matrix of every route and every scope.

use crate::common::{App, PASSWORD, Person, authenticator::code, text};
use crate::two_factor;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::PgPool;
use std::collections::BTreeMap;

const SCOPES: [&str; 4] = ["read", "write", "manage", "admin"];

fn wanted(scopes: &[&str]) -> Value {
    json!({ "name": "Nightly build", "scopes": scopes, "currentPassword": PASSWORD })
}

/// A program of this person, with a token that has these scopes.
async fn program(person: &Person, new: Value) -> Person {
    let created = person.post("/me/tokens", new).await.expect(201);
    Person {
        access_token: text(&created["token"]),
        ..person.clone()
    }
}

/// The scopes that a token has by one of them.
fn includes(scope: &str, needed: &str) -> bool {
    scope == needed || needed == "read" && ["write", "manage"].contains(&scope)
}

#[sqlx::test(migrations = "../migrations")]
async fn a_token_is_made_used_listed_and_deleted(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let (ada, grace) = (&group.ada, &group.grace);
    let wrong = json!({ "name": "x", "currentPassword": "wrong horse" });
    let problem = ada.post("/me/tokens", wrong).await.refused(422, "invalid");
    assert_eq!(problem["errors"][0]["field"], "currentPassword");
    let least = json!({ "name": "Least", "currentPassword": PASSWORD });
    let created = ada.post("/me/tokens", least).await.expect(201);
    assert_eq!(created["scopes"], json!(["read"]));
    assert_eq!(created["lastUsedAt"], Value::Null);
    assert_eq!(created["conversationIds"], Value::Null);

    let program = program(ada, wanted(&["write"])).await;
    assert_eq!(program.get("/me").await.expect(200)["id"], ada.id);
    let path = format!("{}/messages", group.path);
    let sent = program.post(&path, json!({ "body": "Built." })).await;
    assert_eq!(sent.expect(201)["sender"]["id"], ada.id);
    let listed = ada.get("/me/tokens").await;
    let listed = listed.items();
    assert_eq!(listed.len(), 2);
    assert!(listed.iter().all(|it| it.get("token").is_none()));
    assert!(grace.get("/me/tokens").await.items().is_empty());
    assert_eq!(ada.get("/me/sessions").await.items().len(), 1);

    let id = text(&listed[0]["id"]);
    let path = format!("/me/tokens/{id}");
    grace.delete(&path).await.refused(404, "not_found");
    let session = format!("/me/sessions/{id}");
    ada.delete(&session).await.refused(404, "not_found");
    ada.delete(&path).await.expect(204);
    program.get("/me").await.refused(401, "unauthenticated");
    ada.delete(&path).await.refused(404, "not_found");
}

#[sqlx::test(migrations = "../migrations")]
async fn who_has_a_second_factor_shows_a_code(pool: PgPool) {
    let app = App::start(pool).await;
    let factor = two_factor::ada(&app).await;
    let mut new = wanted(&["read"]);
    let without = factor.ada.post("/me/tokens", new.clone()).await;
    assert_eq!(
        without.refused(422, "invalid")["errors"][0]["field"],
        "code"
    );
    new["code"] = code(&factor.secret, 1).into();
    factor.ada.post("/me/tokens", new).await.expect(201);
}

/// Sends a request of this operation, with values that are of the right kind and name nothing. The answer is the status
/// and the detail.
pub async fn attempt(app: &App, token: &str, method: &Method, path: &str) -> (u16, String) {
    let mut path = path.to_owned();
    for (name, value) in [
        ("{emoji}", "👍"),
        ("{app}", "default"),
        ("{previewId}", "999999"),
        ("{tokenId}", "999999"),
        ("{webhookId}", "999999"),
        ("{userId}", "999999"),
        ("{id}", "999999"),
    ] {
        path = path.replace(name, value);
    }
    let request = app.request(method.clone(), &path).bearer_auth(token);
    let request = match *method {
        Method::GET => request,
        _ => request
            .header("content-type", "application/json")
            .body("{}"),
    };
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let problem: Value = answer.json().await.unwrap_or_default();
    (
        status,
        problem["detail"].as_str().unwrap_or_default().to_owned(),
    )
}

/// Whether a refusal is one for the sake of the token.
fn is_of_token(detail: &str) -> bool {
    detail.starts_with("This token ") || detail.contains("token for programs")
}

#[sqlx::test(migrations = "../migrations")]
async fn no_token_does_more_than_it_says_at_any_route(pool: PgPool) {
    let app = App::start(pool).await;
    let ada = app.administrator("ada").await;
    let mut tokens = BTreeMap::new();
    for scope in SCOPES {
        let program = program(&ada, wanted(&[scope])).await;
        tokens.insert(scope, program.access_token);
    }
    let all = program(&ada, wanted(&SCOPES)).await.access_token;
    let mut seen = BTreeMap::<String, usize>::new();
    let document = app.document();
    let operations: Vec<_> = document
        .operations()
        .map(|(method, path, operation)| (method, path.to_owned(), operation.clone()))
        .collect();
    for (method, path, operation) in operations {
        let Some(needed) = operation["x-token-scope"].as_str() else {
            assert_eq!(operation["security"], json!([]), "{method} {path}");
            continue;
        };
        *seen.entry(needed.to_owned()).or_default() += 1;
        for (scope, token) in &tokens {
            let (status, detail) = attempt(&app, token, &method, &path).await;
            let what = format!("{method} {path} with {scope}: {status} {detail}");
            if includes(scope, needed) {
                assert!(status != 401 && !is_of_token(&detail), "{what}");
            } else {
                assert_eq!(status, 403, "{what}");
                assert!(is_of_token(&detail), "{what}");
            }
        }
        if needed == "none" {
            let (status, detail) = attempt(&app, &all, &method, &path).await;
            assert!(
                status == 403 && is_of_token(&detail),
                "{method} {path}: {detail}"
            );
        }
    }
    for needed in SCOPES.into_iter().chain(["none"]) {
        assert!(seen[needed] > 3, "{needed}: {seen:?}");
    }
    // Nobody was signed out, and nothing was made.
    assert_eq!(ada.get("/me/tokens").await.items().len(), 5);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_limited_token_is_taken_where_its_conversation_is_named(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let new = json!({ "kind": "group", "title": "Other", "memberIds": [] });
    let other = group.ada.post("/conversations", new).await.expect(201);
    let other = text(&other["id"]);
    let message = text(&group.send("Here").await["id"]);
    let elsewhere = format!("/conversations/{other}/messages");
    let there = group.ada.post(&elsewhere, json!({ "body": "There" })).await;
    let there = text(&there.expect(201)["id"]);

    let mut new = wanted(&["write", "manage"]);
    new["conversationIds"] = json!([group.id]);
    let program = program(&group.ada, new.clone()).await;
    let own = format!("{}/messages", group.path);
    program.get(&own).await.expect(200);
    program
        .post(&own, json!({ "body": "Hello" }))
        .await
        .expect(201);
    program
        .get(&format!("/messages/{message}"))
        .await
        .expect(200);
    program.get("/me").await.expect(200);
    for path in [
        elsewhere.clone(),
        format!("/messages/{there}"),
        "/messages/999999".to_owned(),
        "/conversations".to_owned(),
        "/search?q=there".to_owned(),
        "/unread".to_owned(),
        "/users".to_owned(),
        "/me/changes?after=0".to_owned(),
    ] {
        let problem = program.get(&path).await.refused(403, "forbidden");
        assert!(text(&problem["detail"]).contains("limited"), "{path}");
    }
    let forward = json!({ "messageIds": [there] });
    let path = format!("{}/forwards", group.path);
    program.post(&path, forward).await.refused(403, "forbidden");
    // Only conversations that its maker has joined.
    let foreign = group.outsider.post("/me/tokens", new).await;
    foreign.refused(404, "not_found");
}

#[sqlx::test(migrations = "../migrations")]
async fn no_page_takes_a_token_and_no_log_in_makes_one_of_it(pool: PgPool) {
    let app = App::start(pool).await;
    let ada = app.person("ada").await;
    let token = program(&ada, wanted(&SCOPES)).await.access_token;
    for path in ["/", "/settings", "/settings/tokens"] {
        let request = app.request(Method::GET, path).bearer_auth(&token);
        let page = request.send().await.unwrap();
        assert!(page.url().path().starts_with("/sign-in"), "{path}");
    }
    let refresh = json!({ "refreshToken": token });
    let refused = app.nobody().post("/auth/refresh", refresh).await;
    refused.refused(401, "unauthenticated");
    let request = app.request(Method::GET, "/api/v1/me");
    let cookie = format!("parlance_session={token}");
    let answer = app.send(request.header("cookie", cookie)).await;
    answer.refused(401, "unauthenticated");
}

#[sqlx::test(migrations = "../migrations")]
async fn an_administrator_blocks_a_user_with_a_token(pool: PgPool) {
    let app = App::start(pool).await;
    let ada = app.administrator("ada").await;
    let grace = app.person("grace").await;
    let of_grace = program(&grace, wanted(&["read"])).await;
    let programs = program(&ada, wanted(&["admin"])).await;
    let block = format!("/users/{}/block", grace.id);
    // The scope makes nobody an administrator.
    let forger = program(&grace, wanted(&["admin"])).await;
    let path = format!("/users/{}/block", ada.id);
    forger.put(&path).await.refused(403, "forbidden");
    programs.put(&block).await.expect(204);
    of_grace.get("/me").await.refused(403, "forbidden");
    let invitation =
        json!({ "role": "admin", "note": "", "maxUses": 1, "hours": 1, "conversationIds": [] });
    let made = programs.post("/invitations", invitation).await;
    made.refused(403, "forbidden");
}
