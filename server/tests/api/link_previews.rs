//! Link previews over the API: in a message, their picture, their removal, and where there are none. That pages are fetched
//! is in the tests of the verbs; here their rows are as those verbs write them.

use crate::common::{App, text};
use serde_json::{Value, json};
use sqlx::PgPool;

const KEY: &str = "AAAAAAAAAAAAAAAAAAAAAA";
const URL: &str = "https://parlance.test/a?x=1&y";

/// Gives a message a preview, as the worker does; returns its id.
async fn preview(pool: &PgPool, message: &Value) -> i64 {
    let page: i64 = sqlx::query_scalar(
        "insert into link_pages (address_hash, fetched_at, expires_at, host, site, title, description,
            picture_key, picture_width, picture_height)
        values (sha256('a'), now(), now() + interval '1 day', 'parlance.test', 'Parlance', 'A <b>page</b>', 'About it',
            $1, 256, 128)
        returning id",
    )
    .bind(KEY)
    .fetch_one(pool)
    .await
    .unwrap();
    sqlx::query("insert into link_pictures (page_id, webp) values ($1, 'RIFF')")
        .bind(page)
        .execute(pool)
        .await
        .unwrap();
    let id: i64 = text(&message["id"]).parse().unwrap();
    sqlx::query(
        "insert into link_previews (message_id, address_hash, page_id, url, number)
        values ($1, sha256('a'), $2, $3, 1)",
    )
    .bind(id)
    .bind(page)
    .bind(URL)
    .execute(pool)
    .await
    .unwrap();
    page
}

#[sqlx::test(migrations = "../migrations")]
async fn a_message_brings_its_previews_and_their_pictures(pool: PgPool) {
    let app = App::start(pool.clone()).await;
    let group = app.group().await;
    let message = group.send(&format!("see {URL}")).await;
    assert!(message.get("linkPreviews").is_none());
    let path = format!("/messages/{}", text(&message["id"]));
    let id = preview(&pool, &message).await;
    let shown = group.grace.get(&path).await.expect(200);
    let expected = json!([{
        "id": id.to_string(), "url": URL, "host": "parlance.test", "site": "Parlance",
        "title": "A <b>page</b>", "description": "About it",
        "picture": { "url": format!("/link-pictures/{KEY}"), "width": 256, "height": 128 },
    }]);
    assert_eq!(shown["linkPreviews"], expected);
    let html = text(&shown["linkPreviewsHtml"]);
    assert!(html.contains("A &lt;b&gt;page&lt;/b&gt;"), "{html}");
    assert!(
        html.contains("href=\"https://parlance.test/a?x=1&amp;y\""),
        "{html}"
    );
    let listed = group.ada.get(&format!("{}/messages", group.path)).await;
    assert_eq!(listed.items()[0]["linkPreviews"], expected);
    group.outsider.get(&path).await.refused(404, "not_found");

    // The picture is for whoever knows its key, and is nothing but a picture.
    let http = reqwest::Client::new();
    let picture = format!("{}/link-pictures/{KEY}", app.base());
    let answer = http.get(&picture).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    for (name, value) in [
        ("content-type", "image/webp"),
        ("content-disposition", "inline"),
        ("content-security-policy", "sandbox; default-src 'none'"),
        ("cache-control", "private, max-age=86400, immutable"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(answer.headers()[name], value, "{name}");
    }
    assert_eq!(answer.bytes().await.unwrap(), "RIFF");
    for unknown in ["x", "BAAAAAAAAAAAAAAAAAAAAA", "%00", "%27"] {
        let address = format!("{}/link-pictures/{unknown}", app.base());
        let answer = http.get(address).send().await.unwrap();
        assert_eq!(answer.status(), 404, "{unknown}");
    }

    // Its sender removes it, and nobody else.
    let preview = format!("{path}/link-previews/{id}");
    group.grace.delete(&preview).await.refused(403, "forbidden");
    group
        .outsider
        .delete(&preview)
        .await
        .refused(404, "not_found");
    let other = format!("{path}/link-previews/{}", id + 1);
    assert_eq!(group.ada.delete(&other).await.expect(200), shown);
    let removed = group.ada.delete(&preview).await.expect(200);
    assert!(removed.get("linkPreviews").is_none());
    assert!(removed.get("linkPreviewsHtml").is_none());
    assert_eq!(removed["editedAt"], Value::Null);
    assert_eq!(group.ada.delete(&preview).await.expect(200), removed);
    let gone = http.get(&picture).send().await.unwrap();
    assert_eq!(gone.status(), 404);
}

#[sqlx::test(migrations = "../migrations")]
async fn those_who_administer_a_conversation_choose(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let path = format!("{}/link-previews", group.path);
    let off = json!({ "enabled": false });
    let state = |enabled: bool| json!({ "enabled": enabled, "available": true });
    assert_eq!(group.grace.get(&path).await.expect(200), state(true));
    group.outsider.get(&path).await.refused(404, "not_found");
    let by_member = group.grace.put_json(&path, off.clone()).await;
    by_member.refused(403, "forbidden");
    let by_outsider = group.outsider.put_json(&path, off.clone()).await;
    by_outsider.refused(404, "not_found");
    let nothing = group.ada.put_json(&path, json!({})).await;
    nothing.refused(422, "invalid");
    let chosen = group.ada.put_json(&path, off).await;
    assert_eq!(chosen.expect(200), state(false));
    assert_eq!(group.grace.get(&path).await.expect(200), state(false));
}

#[sqlx::test(migrations = "../migrations")]
async fn the_operator_turns_them_off(pool: PgPool) {
    let app = App::start_with(pool.clone(), &["--link-previews=off"]).await;
    let group = app.group().await;
    let path = format!("{}/link-previews", group.path);
    let state = group.ada.get(&path).await.expect(200);
    assert_eq!(state, json!({ "enabled": true, "available": false }));
    group.send("https://parlance.test/").await;
    app.chat().make_link_previews().await.unwrap();
    let jobs: i64 = sqlx::query_scalar("select count(*) from link_preview_jobs")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(jobs, 0);
}
