//! Work statistics.

use crate::fixtures::{people, refused, text};
use chat::WorkCounts;
use model::{ErrorCode, PresenceChoice};
use sqlx::PgPool;

#[sqlx::test(migrations = "../../migrations")]
async fn counts_what_waits_runs_and_is_done(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, id) = (&people.chat, people.group().await);
    assert_eq!(chat.work_stats(), chat::WorkStats::default());
    people.say(&people.ada, id, "one").await;
    refused(
        chat.send_message(&people.outsider, id, text("psst", None))
            .await,
        ErrorCode::NotFound,
    );
    let done = |completed| WorkCounts {
        completed,
        ..WorkCounts::default()
    };
    assert_eq!(
        chat.work_stats().messages,
        done(2),
        "a refused send is complete"
    );
    assert_eq!(chat.work_stats().presence, done(0));

    // With the row locked, one send is active and two wait for the next batch.
    let mut tx = db.begin().await.unwrap();
    sqlx::query("select from conversations where id = $1 for update")
        .bind(id.0)
        .execute(&mut *tx)
        .await
        .unwrap();
    let send = |n: i32| {
        let (chat, ada) = (chat.clone(), people.ada);
        let new = text(&n.to_string(), None);
        tokio::spawn(async move { chat.send_message(&ada, id, new).await.unwrap() })
    };
    let mut sends = vec![send(1)];
    while chat.work_stats().messages.active < 1 {
        tokio::task::yield_now().await;
    }
    sends.extend([send(2), send(3)]);
    while chat.work_stats().messages.waiting < 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(chat.work_stats().messages.active, 1);
    tx.rollback().await.unwrap();
    for send in sends {
        send.await.unwrap();
    }
    assert_eq!(chat.work_stats().messages, done(5));

    let _guard = chat.connect(&people.ada).await.unwrap();
    chat.set_presence(&people.ada, PresenceChoice::Away)
        .await
        .unwrap();
    assert_eq!(chat.work_stats().presence, done(2));
    db.close().await;
    let failed = chat.send_message(&people.ada, id, text("late", None));
    refused(failed.await, ErrorCode::Unavailable);
    assert_eq!(chat.work_stats().messages.failed, 1);
}
