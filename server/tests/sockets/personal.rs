//! The personal sequence: drafts, scheduled messages, reminders and mutes reach all sockets of their user at once or
//! at their time, and nobody else.

use crate::common::test_server::TestServer;
use model::{DraftChange, NewMute};
use serde_json::json;
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};

#[sqlx::test(migrations = "../migrations")]
async fn own_changes_reach_the_own_sockets_only(db: PgPool) {
    let server = TestServer::start(db.clone()).await;
    let ada = server.person("ada").await;
    let grace = server.person("grace").await;
    let group = server.group(&[&ada, &grace]).await;
    let message = server.send(&ada, group, "hi").await;
    let mut stranger = server.client(&ada).await;
    let mut desk = server.client(&grace).await;
    let mut phone = server.client(&grace).await;
    let draft = DraftChange {
        body: "Lunch?".to_owned(),
        ..DraftChange::default()
    };
    let saved = server.chat.save_draft(&grace.caller, group, draft).await;
    for client in [&mut desk, &mut phone] {
        let event = client.wait_for("draft").await;
        assert_eq!(event["draft"]["body"], "Lunch?");
        assert_eq!(event["draft"]["seq"], 1);
    }
    let send =
        json!({ "conversationId": group, "body": "Lunch?", "draftSeq": saved.unwrap().draft.seq });
    desk.emit_ok("message:send", &send).await;
    let event = phone.wait_for("draft").await;
    assert_eq!(
        (&event["draft"]["body"], &event["draft"]["seq"]),
        (&json!(""), &json!(2))
    );

    // The timer of the server finds it.
    let in_an_hour = OffsetDateTime::now_utc() + Duration::hours(1);
    let set = server
        .chat
        .set_reminder(&grace.caller, message.id, in_an_hour);
    set.await.unwrap();
    assert_eq!(
        phone.wait_for("reminder").await["reminder"]["state"],
        "waiting"
    );
    sqlx::query("update reminders set remind_at = now()")
        .execute(&db)
        .await
        .unwrap();
    let due = phone.wait_for("reminder").await;
    assert_eq!(due["reminder"]["state"], "due");
    assert_eq!(due["reminder"]["message"]["body"], "hi");

    let until = Some(in_an_hour);
    let mute = NewMute {
        until,
        ..NewMute::default()
    };
    let muted = server.chat.set_mute(&grace.caller, group, mute).await;
    let muted = serde_json::to_value(muted.unwrap()).unwrap();
    for client in [&mut desk, &mut phone] {
        assert_eq!(client.wait_for("mute").await["mute"], muted);
    }

    let marker = server.marker(&ada).await;
    let told = stranger.drain_until(marker).await;
    for (name, _) in &told {
        assert!(!["draft", "reminder", "scheduled", "mute", "personal"].contains(&name.as_str()));
    }
    server.stop().await;
}
