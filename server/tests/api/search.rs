//! Search: its parameters and pages.

use crate::common::{App, Person, text};
use serde_json::Value;
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
    let here = [("q", "会議"), ("conversationId", &group.id)];
    assert_eq!(bodies(&found(grace, &here).await), ["明日の会議"]);
    let by_grace = [("q", "lunch"), ("from", &grace.id)];
    assert!(bodies(&found(grace, &by_grace).await).is_empty());
    let past = [("q", "lunch"), ("before", "2020-01-01T00:00:00Z")];
    assert!(bodies(&found(grace, &past).await).is_empty());
    let since = [("q", "lunch"), ("after", "2020-01-01T00:00:00Z")];
    assert_eq!(bodies(&found(grace, &since).await).len(), 2);

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
        (vec![("q", "x"), ("from", "x")], 422, "invalid"),
    ] {
        let request = outsider.request(reqwest::Method::GET, "/search");
        let answer = outsider.send(request.query(&query)).await;
        answer.refused(status, code);
    }
    let nobody = app.nobody().get("/search?q=lunch").await;
    nobody.refused(401, "unauthenticated");
}
