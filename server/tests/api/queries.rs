//! Texts in queries are bounded: every parameter of every endpoint, as the document says.

use crate::common::{App, text};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::PgPool;

/// The schema of a parameter, without a reference, and without the alternative `null`.
fn schema_of<'a>(document: &'a Value, parameter: &'a Value) -> &'a Value {
    let mut schema = &parameter["schema"];
    if let Some(alternatives) = schema["oneOf"].as_array() {
        let is_value = |it: &&Value| it["type"] != "null";
        schema = alternatives.iter().find(is_value).unwrap();
    }
    match schema["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
        None => schema,
    }
}

fn is_text(schema: &Value) -> bool {
    let kinds = &schema["type"];
    let is_string = kinds == "string"
        || kinds
            .as_array()
            .is_some_and(|all| all.contains(&"string".into()));
    is_string && schema["enum"].is_null()
}

#[sqlx::test(migrations = "../migrations")]
async fn every_text_has_a_bound_that_is_documented_and_kept(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    // An administrator may ask for everything.
    app.promote(&group.ada).await;
    let root = text(&group.send("The root of a thread").await["id"]);
    let reply = json!({ "body": "In it", "threadId": root });
    let path = format!("{}/messages", group.path);
    group.ada.post(&path, reply).await.expect(201);
    let bot = json!({ "username": "robot" });
    let bot = group.ada.post("/bots", bot).await.expect(201);
    let bot = text(&bot["user"]["id"]);
    let request = app.request(Method::GET, "/api/v1/openapi.json");
    let document: Value = request.send().await.unwrap().json().await.unwrap();
    let mut checked = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for parameter in operations["get"]["parameters"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let schema = schema_of(&document, parameter);
            if parameter["in"] != "query" || !is_text(schema) {
                continue;
            }
            let name = parameter["name"].as_str().unwrap();
            let id = match path.as_str() {
                _ if path.starts_with("/api/v1/conversations/") => &group.id,
                _ if path.starts_with("/api/v1/messages/") => &root,
                _ if path.starts_with("/api/v1/threads/") => &root,
                _ if path.starts_with("/api/v1/bots/") => &bot,
                _ => &group.grace.id,
            };
            let path = path.replace("{id}", id).replace("{app}", "app");
            let path = path.strip_prefix("/api/v1").unwrap();
            let what = format!("{name} of {path}");
            let longest = match schema["format"].as_str() {
                Some("date-time") => 64,
                _ => schema["maxLength"]
                    .as_u64()
                    .unwrap_or_else(|| panic!("{what} has no bound")),
            };
            assert!(longest <= 2_000, "{what}: {longest}");
            for text in [
                "x".repeat(20_000),
                "9".repeat(20_000),
                format!("2026-01-01T00:00:00.{}Z", "0".repeat(20_000)),
                format!("app:{}", "x".repeat(20_000)),
            ] {
                // A time with many digits after the point is a time, and kept as one.
                if schema["format"] == "date-time" && text.starts_with("2026") {
                    continue;
                }
                let mut query = vec![(name, text.as_str())];
                if path == "/search" && name != "q" {
                    query.push(("q", "x"));
                }
                let request = group.ada.request(Method::GET, path).query(&query);
                let answer = group.ada.send(request).await.refused(422, "invalid");
                assert_eq!(answer["errors"][0]["field"], name, "{what}: {answer}");
            }
            checked.push(what);
        }
    }
    for expected in [
        "q of /search",
        "q of /find",
        "query of /users",
        "cursor of /users",
    ] {
        assert!(
            checked.iter().any(|it| it == expected),
            "{expected}: {checked:?}"
        );
    }
    // As long as is documented, and a character more; whatever its bytes.
    for (path, name, max) in [
        ("/search", "q", 200),
        ("/find", "q", 100),
        ("/users", "query", 100),
        ("/conversations", "query", 100),
    ] {
        for (length, status) in [(max, 200), (max + 1, 422)] {
            let text = "ж".repeat(length);
            let request = group.grace.request(Method::GET, path);
            let answer = group.grace.send(request.query(&[(name, text)])).await;
            assert_eq!(answer.status, status, "{path}: {}", answer.body);
        }
    }
}
