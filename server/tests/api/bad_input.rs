//! Bad input, and requests for what belongs to others: every endpoint answers with a problem and
//! changes nothing.

use crate::common::{App, Group, text};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::PgPool;

/// Every endpoint of a group and of a message in it, with a body that is valid for members.
fn endpoints(group: &Group, message: &Value) -> Vec<(Method, String, Option<Value>)> {
    let (path, message) = (&group.path, format!("/messages/{}", text(&message["id"])));
    let grace = format!("{path}/members/{}", group.grace.id);
    vec![
        (Method::GET, path.clone(), None),
        (
            Method::PATCH,
            path.clone(),
            Some(json!({ "title": "Mine" })),
        ),
        (Method::DELETE, path.clone(), None),
        (Method::POST, format!("{path}/join"), None),
        (Method::POST, format!("{path}/leave"), None),
        (Method::GET, format!("{path}/members"), None),
        (
            Method::POST,
            format!("{path}/members"),
            Some(json!({ "userIds": [group.outsider.id] })),
        ),
        (
            Method::PATCH,
            grace.clone(),
            Some(json!({ "role": "owner" })),
        ),
        (Method::DELETE, grace, None),
        (Method::GET, format!("{path}/messages"), None),
        (
            Method::POST,
            format!("{path}/messages"),
            Some(json!({ "body": "hello" })),
        ),
        (
            Method::POST,
            format!("{path}/read"),
            Some(json!({ "position": 1 })),
        ),
        (
            Method::POST,
            format!("{path}/delivered"),
            Some(json!({ "position": 1 })),
        ),
        (Method::PUT, format!("{path}/mute"), Some(json!({}))),
        (Method::DELETE, format!("{path}/mute"), None),
        (Method::GET, format!("{path}/changes"), None),
        (Method::GET, message.clone(), None),
        (
            Method::PATCH,
            message.clone(),
            Some(json!({ "body": "mine" })),
        ),
        (Method::GET, format!("{message}/edits"), None),
        (Method::PUT, format!("{message}/reactions/👍"), None),
        (Method::DELETE, format!("{message}/reactions/👍"), None),
        (
            Method::PUT,
            format!("{message}/vote"),
            Some(json!({ "options": [1] })),
        ),
        (Method::DELETE, format!("{message}/vote"), None),
        (Method::GET, format!("{message}/votes"), None),
        (Method::POST, format!("{message}/poll/close"), None),
        (Method::DELETE, message, None),
    ]
}

#[sqlx::test(migrations = "../migrations")]
async fn an_outsider_finds_nothing_and_changes_nothing(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let message = group.send("between us").await;
    let before = group.ada.get(&group.path).await.expect(200);
    for (method, path, body) in endpoints(&group, &message) {
        let mut request = group.outsider.request(method, &path);
        if let Some(body) = body {
            request = request.json(&body);
        }
        group.outsider.send(request).await.refused(404, "not_found");
    }
    assert_eq!(
        group.outsider.get("/conversations").await.items(),
        Vec::<Value>::new()
    );
    assert_eq!(group.outsider.get("/unread").await.expect(200)["total"], 0);
    assert_eq!(group.ada.get(&group.path).await.expect(200), before);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_unknown_id_is_found_nowhere(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let message = group.send("hello").await;
    let (id, message_id) = (&group.id, text(&message["id"]));
    for (method, path, body) in endpoints(&group, &message) {
        for unknown in [
            "9999",
            // The conversation 0 is that of the announcements.
            "-1",
            "x",
            "1.5",
            "99999999999999999999",
            "%00",
            "%F0",
        ] {
            let path = path
                .replace(
                    &format!("/conversations/{id}"),
                    &format!("/conversations/{unknown}"),
                )
                .replace(
                    &format!("/messages/{message_id}"),
                    &format!("/messages/{unknown}"),
                );
            let mut request = group.ada.request(method.clone(), &path);
            if let Some(body) = &body {
                request = request.json(body);
            }
            group.ada.send(request).await.refused(404, "not_found");
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn bodies_of_any_other_form_are_refused(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let message = group.send("hello").await;
    let mut inputs: Vec<_> = endpoints(&group, &message)
        .into_iter()
        .filter_map(|(method, path, body)| Some((method, path, body?)))
        .collect();
    let everywhere = [
        (
            "/auth/register",
            json!({ "username": "x", "password": "x" }),
        ),
        ("/auth/login", json!({ "login": "x", "password": "x" })),
        ("/auth/refresh", json!({ "refreshToken": "x" })),
        (
            "/conversations",
            json!({ "kind": "group", "memberIds": [], "title": "x" }),
        ),
        ("/sync", json!({ "conversations": {} })),
    ];
    inputs.extend(everywhere.map(|(path, body)| (Method::POST, path.to_owned(), body)));
    inputs.push((Method::PATCH, "/me".to_owned(), json!({ "name": "x" })));

    for (method, path, good) in inputs {
        let request = || group.ada.request(method.clone(), &path);
        for form in [
            json!(null),
            json!([]),
            json!("x"),
            json!(4),
            json!(true),
            json!([good]),
        ] {
            group
                .ada
                .send(request().json(&form))
                .await
                .refused(422, "invalid");
        }
        for name in good.as_object().unwrap().keys() {
            for value in [json!({ "a": 1 }), json!([[]]), json!(true), json!(1.5)] {
                let mut bad = good.clone();
                bad[name] = value;
                group
                    .ada
                    .send(request().json(&bad))
                    .await
                    .refused(422, "invalid");
            }
            if method == Method::POST && name != "memberIds" && name != "title" {
                let mut bad = good.clone();
                bad[name] = json!(null);
                group
                    .ada
                    .send(request().json(&bad))
                    .await
                    .refused(422, "invalid");
                bad.as_object_mut().unwrap().remove(name);
                let problem = group
                    .ada
                    .send(request().json(&bad))
                    .await
                    .refused(422, "invalid");
                assert_eq!(problem["errors"][0]["field"], *name, "{method} {path}");
            }
        }
        let json = "application/json";
        for (body, kind, status) in [
            ("{", json, 400),
            ("", json, 400),
            (&format!("{good} {{}}"), json, 400),
            ("\u{0}", json, 400),
            (&"[".repeat(1000), json, 400),
            ("{}", "text/plain", 415),
            ("{}", "", 415),
        ] {
            let request = request().header("content-type", kind).body(body.to_owned());
            group.ada.send(request).await.refused(status, "invalid");
        }
        let big = json!({ "body": "x".repeat(1 << 20) });
        group
            .ada
            .send(request().json(&big))
            .await
            .refused(413, "invalid");
        let bytes = request()
            .header("content-type", json)
            .body(vec![0xff, 0xfe, b'"']);
        group.ada.send(bytes).await.refused(400, "invalid");
    }
    group.ada.get("/me").await.expect(200);
}

#[sqlx::test(migrations = "../migrations")]
async fn errors_name_what_was_sent(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let (path, ada) = (&group.path, &group.ada);
    let message = format!("/messages/{}", text(&group.send("hello").await["id"]));
    let nul = "a\u{0}b";
    for (method, path, field, body) in [
        (Method::PATCH, "/me", "name", json!({ "name": nul })),
        (
            Method::PATCH,
            "/me",
            "avatarUrl",
            json!({ "avatarUrl": nul }),
        ),
        (Method::PATCH, "/me", "email", json!({ "email": nul })),
        (Method::PATCH, path, "title", json!({ "title": nul })),
        (
            Method::PATCH,
            path,
            "description",
            json!({ "description": nul }),
        ),
        (
            Method::POST,
            &format!("{path}/messages"),
            "body",
            json!({ "body": nul }),
        ),
        (
            Method::POST,
            &format!("{path}/messages"),
            "clientId",
            json!({ "body": "x", "clientId": nul }),
        ),
        (Method::PATCH, &message, "body", json!({ "body": nul })),
        (
            Method::POST,
            "/auth/login",
            "login",
            json!({ "login": nul, "password": "correct horse" }),
        ),
        (
            Method::POST,
            "/auth/register",
            "username",
            json!({ "username": nul, "password": "correct horse" }),
        ),
    ] {
        let answer = ada.send(ada.request(method, path).json(&body)).await;
        let problem = answer.refused(422, "invalid");
        assert_eq!(problem["errors"][0]["field"], field, "{path} {body}");
    }
    for (path, field) in [
        ("/search?q=", "q"),
        ("/search?q=%20", "q"),
        ("/search?q=a%00b", "q"),
        ("/users?query=a%00b", "query"),
    ] {
        let problem = ada.get(path).await.refused(422, "invalid");
        assert_eq!(problem["errors"][0]["field"], field, "{path}");
    }
    // Twice escaped, it is no NUL but six characters.
    let body = json!({ "body": "a\\u0000b" });
    ada.post(&format!("{path}/messages"), body)
        .await
        .expect(201);
    for body in [
        "{\"body\":\"\\ud800\"}",
        "{\"body\":\"a\\udc00b\"}",
        "{\"body\":\"\\ud83dx\"}",
    ] {
        let request = ada.request(Method::POST, &format!("{path}/messages"));
        let request = request.header("content-type", "application/json");
        let answer = ada.send(request.body(body)).await;
        assert!([400, 422].contains(&answer.status), "{body}");
        let detail = text(&answer.body["detail"]);
        assert!(
            detail.contains("half of a character, a surrogate"),
            "{detail}"
        );
        assert!(!detail.contains("hex escape"), "{detail}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn forms_without_a_field_are_refused_as_such(pool: PgPool) {
    let app = App::start(pool).await;
    let post = async |form: &str, body: &'static str| {
        let request = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap()
            .post(format!("{}/form/{form}", app.base()))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("origin", app.base())
            .body(body);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let (status, body) = post("register", "username=ada&password=correct+horse").await;
    assert!(status < 400, "{status} {body}");
    for (form, body, field) in [
        ("register", "username=grace", "password"),
        ("sign-in", "login=ada", "password"),
        ("sign-in", "", "login"),
    ] {
        let (status, answer) = post(form, body).await;
        assert_eq!(status, 422, "{form} {answer}");
        let problem: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(problem["status"], 422, "{answer}");
        assert_eq!(problem["errors"][0]["field"], field, "{answer}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_not_there_is_told_as_a_problem(pool: PgPool) {
    let app = App::start(pool).await;
    let ada = app.person("ada").await;
    for path in ["/", "", "/nothing", "/users/1/nothing", "/%00"] {
        ada.get(path).await.refused(404, "not_found");
    }
    for (method, path) in [
        (Method::DELETE, "/unread"),
        (Method::PUT, "/conversations"),
        (Method::GET, "/auth/login"),
        (Method::GET, "/sync"),
    ] {
        let answer = ada.send(ada.request(method, path)).await;
        assert!(answer.headers.contains_key("allow"));
        answer.refused(405, "invalid");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_wrong_is_said_in_words_for_people(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    for (path, field, reason) in [
        ("/me/changes?after=x", "after", "must be a whole number"),
        ("/me/changes?after=-1", "after", "must be 0 or greater"),
        ("/search?q=x&order=y", "order", "must be newest or best"),
        ("/me/drafts?limit=many", "limit", "must be a whole number"),
        (
            "/me/drafts?limit=1&limit=2",
            "limit",
            "is given more than once",
        ),
        (
            "/search?q=x&order=y,+expected+one+of+z",
            "order",
            "must be newest or best",
        ),
        ("/search", "q", "is missing"),
    ] {
        let refused = group.ada.get(path).await.refused(422, "invalid");
        let expected = json!([{ "field": field, "reason": reason }]);
        assert_eq!(refused["errors"], expected, "{path}");
    }
    let path = format!("{}/scheduled", group.path);
    let time = "must be a time, such as 2027-01-04T08:00:00Z";
    for (body, field, reason) in [
        (json!({ "body": "x", "sendAt": "tomorrow" }), "sendAt", time),
        (json!({ "body": "x", "sendAt": 5 }), "sendAt", time),
        (json!({ "body": 5, "sendAt": "" }), "body", "must be a text"),
    ] {
        let refused = group.ada.post(&path, body.clone()).await;
        let refused = refused.refused(422, "invalid");
        let expected = json!([{ "field": field, "reason": reason }]);
        assert_eq!(refused["errors"], expected, "{body}");
    }
    let long = format!("{{\"{}\": \"\\u0000\"}}", "x".repeat(10_000));
    for (body, field, reason) in [
        (
            "{\"body\": \"a\", \"body\": \"b\"}",
            "body",
            "is given more than once",
        ),
        (
            "{\"body\": \"hex escape at line 1\", \"sendAt\": \"hex escape at line 1\"}",
            "sendAt",
            time,
        ),
        (&long, "body", "is missing"),
    ] {
        let request = group.ada.request(Method::POST, &path);
        let request = request.header("content-type", "application/json");
        let refused = group.ada.send(request.body(body.to_owned())).await;
        let refused = refused.refused(422, "invalid");
        let expected = json!([{ "field": field, "reason": reason }]);
        assert_eq!(refused["errors"], expected);
    }
}
