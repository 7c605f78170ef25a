//! Reactions to a message.

use crate::common::{App, text};
use serde_json::json;
use sqlx::PgPool;

#[sqlx::test(migrations = "../migrations")]
async fn an_emoji_counts_once_per_person(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let message = group.send("look").await;
    let path = format!("/messages/{}/reactions/👍🏽", text(&message["id"]));
    for _ in 0..2 {
        group.grace.put(&path).await.expect(200);
    }
    let message = group.ada.put(&path).await.expect(200);
    let both = json!([{ "emoji": "👍🏽", "count": 2, "userIds": [group.grace.id, group.ada.id] }]);
    assert_eq!(message["reactions"], both);
    group.grace.delete(&path).await.expect(200);
    let message = group.grace.delete(&path).await.expect(200);
    let one = json!([{ "emoji": "👍🏽", "count": 1, "userIds": [group.ada.id] }]);
    assert_eq!(message["reactions"], one);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_no_emoji_is_refused(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let message = group.send("look").await;
    let invisible = ["%E2%80%AE", "%E2%80%8B", "👍%E2%80%AE", "→"];
    let others = ["word", "%20", &"👍".repeat(40)];
    for emoji in others.into_iter().chain(invisible) {
        let path = format!("/messages/{}/reactions/{emoji}", text(&message["id"]));
        group.ada.put(&path).await.refused(422, "invalid");
    }
    // No path has a NUL (bad_input.rs).
    let path = format!("/messages/{}", text(&message["id"]));
    let nul = format!("{path}/reactions/%00");
    group.ada.put(&nul).await.refused(404, "not_found");
    assert_eq!(
        group.ada.get(&path).await.expect(200)["reactions"],
        json!([])
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn every_spelling_of_an_emoji_is_one_reaction(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let message = group.send("look").await;
    let path = |emoji| format!("/messages/{}/reactions/{emoji}", text(&message["id"]));
    let heart = "❤\u{fe0f}";
    group.grace.put(&path("❤")).await.expect(200);
    let reacted = group.ada.put(&path(heart)).await.expect(200);
    let both = json!([{ "emoji": heart, "count": 2, "userIds": [group.grace.id, group.ada.id] }]);
    assert_eq!(reacted["reactions"], both);
    for emoji in ["ℹ", "🅰", "1\u{20e3}"] {
        let reacted = group.ada.put(&path(emoji)).await.expect(200);
        let last = &reacted["reactions"].as_array().unwrap().last().unwrap()["emoji"];
        assert!(text(last).contains('\u{fe0f}'), "{last}");
    }
    group.ada.delete(&path("❤")).await.expect(200);
    let reacted = group.grace.delete(&path(heart)).await.expect(200);
    assert_eq!(reacted["reactions"].as_array().unwrap().len(), 3);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_message_says_what_in_it_is_a_link_or_a_mention(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let username = text(&group.grace.get("/me").await.expect(200)["username"]).clone();
    let written = format!("@{username}_");
    let body = format!("你好{written} 见https://a.example/路。");
    let sent = group.send(&body).await;
    let mention_end = 2 + written.len() - 1;
    let link_start = mention_end + 3;
    let expected = json!([
        { "type": "mention", "start": 2, "end": mention_end, "userId": group.grace.id },
        { "type": "link", "start": link_start, "end": link_start + "https://a.example/".len() + 1 },
    ]);
    assert_eq!(sent["entities"], expected);
    let read = group
        .grace
        .get(&format!("/messages/{}", text(&sent["id"])))
        .await;
    assert_eq!(read.expect(200)["entities"], expected);
    let plain = group.send("hello").await;
    assert!(plain.get("entities").is_none());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_mention_of_many_says_whom_it_means(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    // It counts where she has muted the conversation, as a mention of her alone does.
    let mute = format!("{}/mute", group.path);
    let muted = group.grace.put_json(&mute, json!({})).await;
    assert_eq!(muted.expect(200)["muted"], true);
    let sent = group.send("@all lunch").await;
    let expected = json!([{ "type": "mention", "start": 0, "end": 4, "who": "all" }]);
    assert_eq!(sent["entities"], expected);
    let html = "<span class=\"mention\" data-who=\"all\">@all</span> lunch";
    assert_eq!(sent["html"], html);
    let path = format!("/messages/{}", text(&sent["id"]));
    assert_eq!(
        group.grace.get(&path).await.expect(200)["entities"],
        expected
    );
    group.outsider.get(&path).await.refused(404, "not_found");
    let mentions = async |who: &crate::common::Person| {
        let unread = who.get("/unread").await.expect(200);
        unread["conversations"][0]["mentions"].clone()
    };
    assert_eq!(mentions(&group.grace).await, 1);
    assert_eq!(mentions(&group.outsider).await, json!(null));
    let render = format!("{}/messages/render", group.path);
    let rendered = group.grace.post(&render, json!({ "body": "@here" })).await;
    assert_eq!(rendered.expect(200)["entities"][0]["who"], "here");
    let edited = group.ada.patch(&path, json!({ "body": "lunch" })).await;
    assert!(edited.expect(200).get("entities").is_none());
    assert_eq!(mentions(&group.grace).await, 0);
}
