//! Polls over the API.

use crate::common::{App, text};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

fn asking(poll: &Value) -> Value {
    json!({ "body": "Which day?", "poll": poll })
}

#[sqlx::test(migrations = "../migrations")]
async fn members_vote_until_the_poll_is_closed(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let messages = format!("{}/messages", group.path);
    let at = OffsetDateTime::now_utc() + Duration::hours(1);
    let poll = json!({
        "options": [" Monday", "Tuesday", "Friday"], "maxChoices": 2,
        "closesAt": at.format(&Rfc3339).unwrap(),
    });
    let sent = group.ada.post(&messages, asking(&poll)).await.expect(201);
    assert_eq!(sent["body"], "Which day?");
    assert_eq!(
        sent["poll"]["options"][0],
        json!({ "text": "Monday", "votes": 0 })
    );
    assert!(sent["poll"]["closesAt"].is_string(), "{sent}");
    let path = format!("/messages/{}", text(&sent["id"]));
    let vote = format!("{path}/vote");
    let grace = &group.grace;
    let voted = grace.put_json(&vote, json!({ "options": [3, 1] })).await;
    let voted = voted.expect(200);
    assert_eq!(
        (&voted["options"], &voted["seq"]),
        (&json!([1, 3]), &json!(1))
    );
    assert_eq!(voted["poll"]["voterCount"], 1);
    let own = format!("/me/votes?messageIds={}", text(&sent["id"]));
    assert_eq!(grace.get(&own).await.items(), std::slice::from_ref(&voted));
    let of_ada = group.ada.get(&own).await.items();
    assert_eq!(
        (&of_ada[0]["options"], &of_ada[0]["seq"]),
        (&json!([]), &json!(0))
    );
    let nothing: [Value; 0] = [];
    assert_eq!(group.outsider.get(&own).await.items(), nothing);
    let voters = group
        .ada
        .get(&format!("{path}/votes?option=3"))
        .await
        .items();
    assert_eq!(voters[0]["user"]["id"], json!(grace.id));
    assert_eq!(
        group
            .ada
            .get(&format!("{path}/votes?option=2"))
            .await
            .items(),
        nothing
    );
    for option in ["0", "4", "-1", "x", "99999"] {
        let path = format!("{path}/votes?option={option}");
        let refused = group.ada.get(&path).await.refused(422, "invalid");
        assert_eq!(refused["errors"][0]["field"], "option");
    }
    for options in [
        json!([]),
        json!([4]),
        json!(vec![1; 21]),
        json!([1, 2, 3]),
        json!(["1"]),
        json!(1),
    ] {
        let answer = grace.put_json(&vote, json!({ "options": options })).await;
        answer.refused(422, "invalid");
    }
    let back = grace.delete(&vote).await.expect(200);
    assert_eq!(back["poll"]["voterCount"], 0);
    grace
        .put_json(&vote, json!({ "options": [2] }))
        .await
        .expect(200);

    let close = format!("{path}/poll/close");
    grace.post_empty(&close).await.refused(403, "forbidden");
    let closed = group.ada.post_empty(&close).await.expect(200);
    assert!(closed["poll"]["closedAt"].is_string(), "{closed}");
    assert_eq!(closed["poll"]["options"][1]["votes"], 1);
    let late = grace.put_json(&vote, json!({ "options": [1] })).await;
    late.refused(409, "conflict");
    grace.delete(&vote).await.refused(409, "conflict");
    let edit = json!({ "body": "Which week?" });
    group.ada.patch(&path, edit).await.refused(409, "conflict");
    assert_eq!(group.ada.get(&path).await.expect(200), closed);
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_is_told_who_has_voted_what_in_an_anonymous_poll(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let messages = format!("{}/messages", group.path);
    let poll = json!({ "options": ["yes", "no"], "anonymous": true, "results": "afterVote" });
    let sent = group.ada.post(&messages, asking(&poll)).await.expect(201);
    let path = format!("/messages/{}", text(&sent["id"]));
    let vote = json!({ "options": [2] });
    let voted = group
        .grace
        .put_json(&format!("{path}/vote"), vote)
        .await
        .expect(200);
    assert_eq!(voted["poll"]["options"][1]["votes"], 1);
    for who in [&group.ada, &group.grace] {
        let voters = who.get(&format!("{path}/votes")).await;
        voters.refused(403, "forbidden");
    }
    let shown = group.ada.get(&path).await.expect(200);
    assert_eq!(shown["poll"]["options"][1]["votes"], Value::Null);
    // Nothing has changed but that somebody has voted.
    let mut expected = sent;
    expected["seq"] = shown["seq"].clone();
    expected["poll"]["voterCount"] = json!(1);
    expected["poll"]["revision"] = json!(1);
    assert_eq!(shown, expected);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_no_poll_is_refused_with_its_field(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let messages = format!("{}/messages", group.path);
    for (poll, field) in [
        (json!({ "options": ["one"] }), "poll.options"),
        (json!({ "options": ["one", " "] }), "poll.options"),
        (json!({ "options": ["one", "One"] }), "poll.options"),
        (
            json!({ "options": ["one", "two"], "maxChoices": 3 }),
            "poll.maxChoices",
        ),
        (
            json!({ "options": ["one", "two"], "closesAt": "2020-01-01T00:00:00Z" }),
            "poll.closesAt",
        ),
    ] {
        let problem = group.ada.post(&messages, asking(&poll)).await;
        let problem = problem.refused(422, "invalid");
        assert_eq!(problem["errors"][0]["field"], field, "{poll}");
    }
    let options = json!(["one", "two"]);
    for (poll, field, reason) in [
        (
            json!({ "options": options, "max_choices": 2 }),
            "poll.max_choices",
            "is unknown",
        ),
        (
            json!({ "options": options, "results": null }),
            "poll.results",
            "must be a text",
        ),
        (
            json!({ "options": options, "maxChoices": "2" }),
            "poll.maxChoices",
            "must be a whole number",
        ),
        (json!("x"), "poll", "must be an object"),
    ] {
        let problem = group.ada.post(&messages, asking(&poll)).await;
        let problem = problem.refused(422, "invalid");
        let expected = json!([{ "field": field, "reason": reason }]);
        assert_eq!(problem["errors"], expected, "{poll}");
    }
    for poll in [
        json!({}),
        json!([]),
        json!({ "options": [1, 2] }),
        json!({ "options": ["a", "b"], "results": "never" }),
    ] {
        let answer = group.ada.post(&messages, asking(&poll)).await;
        answer.refused(422, "invalid");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_poll_is_refused_where_it_would_be_none(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    app.promote(&group.ada).await;
    let message = group.send("hello").await;
    let at = OffsetDateTime::now_utc() + Duration::hours(1);
    let at = at.format(&Rfc3339).unwrap();
    let later = json!({ "body": "Which day?", "sendAt": at });
    let path = format!("{}/scheduled", group.path);
    let scheduled = group.ada.post(&path, later.clone()).await.expect(201);
    for (method, path, mut body) in [
        (Method::POST, path, later),
        (
            Method::PATCH,
            format!("/me/scheduled/{}", text(&scheduled["id"])),
            json!({ "body": "Which day?" }),
        ),
        (
            Method::PUT,
            format!("{}/draft", group.path),
            json!({ "body": "Which day?", "base": 0 }),
        ),
        (
            Method::PATCH,
            format!("/messages/{}", text(&message["id"])),
            json!({ "body": "Which day?" }),
        ),
        (
            Method::POST,
            "/announcements".to_owned(),
            json!({ "body": "Which day?" }),
        ),
    ] {
        for poll in [json!({ "options": ["yes", "no"] }), json!({}), json!(false)] {
            body["poll"] = poll;
            let request = group.ada.request(method.clone(), &path).json(&body);
            let refused = group.ada.send(request).await.refused(422, "invalid");
            assert_eq!(refused["errors"][0]["field"], "poll", "{path}");
        }
        // Null is none.
        body["poll"] = Value::Null;
        let request = group.ada.request(method, &path).json(&body);
        let answer = group.ada.send(request).await;
        assert!(answer.status < 300, "{path}: {}", answer.status);
    }
}
