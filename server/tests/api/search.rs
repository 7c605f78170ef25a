//! Search: its parameters and pages.

use crate::common::{App, Person, text};
use serde_json::{Value, json};
use sqlx::PgPool;

async fn found(person: &Person, query: &[(&str, &str)]) -> Value {
    let request = person.request(reqwest::Method::GET, "/search").query(query);
    person.send(request).await.expect(200)
}

fn bodies(page: &Value) -> Vec<&str> {
    let items = page["items"].as_array().unwrap().iter();
    items.map(|it| it["body"].as_str().unwrap()).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn members_find_what_was_said_in_pages(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    for body in ["Lunch at noon?", "明日の会議", "lunch is over"] {
        group.send(body).await;
    }
    let grace = &group.grace;
    let first = found(grace, &[("q", "LUNCH"), ("limit", "1")]).await;
    assert_eq!(bodies(&first), ["lunch is over"]);
    let cursor = text(&first["nextCursor"]);
    let rest = found(grace, &[("q", "LUNCH"), ("cursor", &cursor)]).await;
    assert_eq!(bodies(&rest), ["Lunch at noon?"]);
    assert_eq!(rest["nextCursor"], Value::Null);
    // Counted anew, and not taken from the cursor.
    assert_eq!(
        (&rest["total"], &rest["totalIsExact"]),
        (&json!(2), &json!(true))
    );
    let here = [("q", "会議"), ("conversationId", &group.id)];
    assert_eq!(bodies(&found(grace, &here).await), ["明日の会議"]);
    let by_grace = [("q", "lunch"), ("from", &grace.id)];
    assert!(bodies(&found(grace, &by_grace).await).is_empty());
    let past = [("q", "lunch"), ("before", "2020-01-01T00:00:00Z")];
    assert!(bodies(&found(grace, &past).await).is_empty());
    let since = [("q", "lunch"), ("after", "2020-01-01T00:00:00Z")];
    assert_eq!(bodies(&found(grace, &since).await).len(), 2);

    assert_eq!(
        (&first["total"], &first["totalIsExact"]),
        (&json!(2), &json!(true))
    );
    let item = &first["items"][0];
    assert_eq!(item["match"], "exact");
    assert_eq!(
        item["snippet"],
        json!({ "text": "lunch is over", "matches": [{ "start": 0, "end": 5 }] })
    );
    let by_me = [
        ("q", "lunch -over from:ada in:Engines"),
        ("order", "best"),
        ("timeZone", "Africa/Casablanca"),
    ];
    assert_eq!(bodies(&found(grace, &by_me).await), ["Lunch at noon?"]);

    let outsider = &group.outsider;
    assert!(bodies(&found(outsider, &[("q", "lunch")]).await).is_empty());
    for (query, status, code) in [
        (
            vec![("q", "lunch"), ("conversationId", &group.id)],
            404,
            "not_found",
        ),
        (vec![("q", "")], 422, "invalid"),
        (vec![], 422, "invalid"),
        (vec![("q", "x"), ("before", "yesterday")], 422, "invalid"),
        (vec![("q", "x"), ("cursor", "x")], 422, "invalid"),
        // There is no place in it for a total.
        (vec![("q", "x"), ("cursor", "1.999")], 422, "invalid"),
        (vec![("q", "x"), ("order", "oldest")], 422, "invalid"),
        (
            vec![("q", "x"), ("timeZone", "Europe/Atlantis")],
            422,
            "invalid",
        ),
        // To Postgres, this is two hours west of Greenwich.
        (vec![("q", "x"), ("timeZone", "+02:00")], 422, "invalid"),
        (vec![("q", "x"), ("timeZone", "UTC+2")], 422, "invalid"),
        (
            vec![("q", "x"), ("timeZone", "Etc/GMT+002")],
            422,
            "invalid",
        ),
        (
            vec![("q", "x"), ("timeZone", "right/Europe/Berlin")],
            422,
            "invalid",
        ),
        (vec![("q", "x"), ("timeZone", "Etc/AAA5")], 422, "invalid"),
        (vec![("q", "x"), ("timeZone", "")], 422, "invalid"),
        (vec![("q", "x"), ("from", "x")], 422, "invalid"),
    ] {
        let request = outsider.request(reqwest::Method::GET, "/search");
        let answer = outsider.send(request.query(&query)).await;
        answer.refused(status, code);
    }
    let nobody = app.nobody().get("/search?q=lunch").await;
    nobody.refused(401, "unauthenticated");
}

#[sqlx::test(migrations = "../migrations")]
async fn filters_that_mean_nothing_are_told_beside_the_results(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    group.send("lunch at ||noon||").await;
    let page = found(
        &group.grace,
        &[("q", "lunch has:foo on:tomorrow in:ngines")],
    )
    .await;
    assert_eq!(bodies(&page), [""; 0], "in: finds nothing");
    let problems = page["problems"].as_array().unwrap();
    let codes: Vec<_> = problems
        .iter()
        .map(|it| (text(&it["filter"]), text(&it["code"])))
        .collect();
    let expected = [
        ("has:foo", "unknown_value"),
        ("on:tomorrow", "invalid_date"),
        ("in:ngines", "unknown_conversation"),
    ];
    assert_eq!(
        codes,
        expected.map(|(filter, code)| (filter.to_owned(), code.to_owned()))
    );
    assert_eq!(
        problems[0]["detail"],
        "“has:” takes link, file, image or reaction."
    );
    assert_eq!(problems[2]["suggestions"], json!(["in:Engines"]));

    let page = found(&group.grace, &[("q", "lunch has:foo on:today")]).await;
    assert_eq!(bodies(&page), ["lunch at ||noon||"]);
    assert_eq!(page["items"][0]["snippet"]["text"], "lunch at [spoiler]");
    let here = [("q", "is:foo"), ("conversationId", &group.id)];
    let nothing_else = found(&group.grace, &here).await;
    assert_eq!(
        (&nothing_else["items"], &nothing_else["total"]),
        (&json!([]), &json!(0))
    );
    assert_eq!(nothing_else["problems"][0]["code"], "unknown_value");
    let outside = found(&group.outsider, &[("q", "in:ngines")]).await;
    assert_eq!(outside["problems"][0]["suggestions"], json!([]));
    let none = found(&group.grace, &[("q", "lunch")]).await;
    assert_eq!(none["problems"], json!([]));
}

#[sqlx::test(migrations = "../migrations")]
async fn places_are_found_by_what_is_typed(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    group.send("engines need oil").await;
    let find = async |person: &Person, query: &[(&str, &str)]| {
        let request = person.request(reqwest::Method::GET, "/find").query(query);
        person.send(request).await.expect(200)
    };
    let found = find(&group.grace, &[("q", "ENGI")]).await;
    assert_eq!(found["places"][0]["type"], "conversation");
    assert_eq!(found["places"][0]["conversation"]["id"], group.id.as_str());
    assert_eq!(found["messages"][0]["body"], "engines need oil");
    let found = find(&group.grace, &[]).await;
    assert_eq!(found["places"].as_array().unwrap().len(), 1);
    let found = find(&group.grace, &[("q", "ÉNGIN")]).await;
    assert_eq!(found["places"][0]["conversation"]["id"], group.id.as_str());
    let found = find(&group.grace, &[("q", "engnies")]).await;
    assert_eq!(found["places"], json!([]));
    assert_eq!(found["meant"][0]["conversation"]["id"], group.id.as_str());
    for query in ["engi", "éngin", "engnies"] {
        let found = find(&group.outsider, &[("q", query)]).await;
        assert_eq!(found, json!({ "places": [], "meant": [], "messages": [] }));
    }
    for bad in [
        ("q", "x".repeat(101)),
        ("limit", "51".to_owned()),
        ("limit", "x".to_owned()),
    ] {
        let request = group
            .grace
            .request(reqwest::Method::GET, "/find")
            .query(&[bad]);
        group.grace.send(request).await.refused(422, "invalid");
    }
    app.nobody()
        .get("/find?q=x")
        .await
        .refused(401, "unauthenticated");

    let mine = group
        .grace
        .get("/conversations?query=ngin")
        .await
        .expect(200);
    assert_eq!(mine["items"][0]["id"], group.id.as_str());
    let none = group
        .outsider
        .get("/conversations?query=ngin")
        .await
        .expect(200);
    assert_eq!(none["items"], json!([]));
}

#[sqlx::test(migrations = "../migrations")]
async fn the_lag_of_the_index_is_reported(pool: PgPool) {
    let app = App::start(pool.clone()).await;
    let group = app.group().await;
    group.send("index me").await;
    // The worker of the server is behind by half a second.
    for _ in 0..100 {
        let rows: i64 = sqlx::query_scalar("select count(*) from message_search")
            .fetch_one(&pool)
            .await
            .unwrap();
        if rows == 1 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let ready = app
        .send(app.request(reqwest::Method::GET, "/health/ready"))
        .await;
    assert!(ready.expect(200)["searchLagChanges"].is_number());
    let metrics = app
        .send(app.request(reqwest::Method::GET, "/metrics"))
        .await;
    let metrics = text(&metrics.expect(200));
    for name in [
        "parlance_search_lag_changes",
        "parlance_search_indexed_total",
    ] {
        assert!(metrics.contains(name), "{name}");
    }
}
