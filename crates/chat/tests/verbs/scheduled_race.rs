//! A scheduled message that is sent and taken back at the same time: one of the two is told that it was done.

use crate::fixtures::{People, people};
use model::{ErrorCode, NewScheduledMessage, ScheduledChange, ScheduledMessageId};
use sqlx::PgPool;
use std::time::Duration;
use time::OffsetDateTime;
use tokio::time::{sleep, timeout};

async fn schedule(people: &People) -> ScheduledMessageId {
    let id = people.group().await;
    let new = NewScheduledMessage {
        body: "Later".to_owned(),
        reply_to_id: None,
        thread_id: None,
        also_to_conversation: false,
        send_at: OffsetDateTime::now_utc() + time::Duration::hours(1),
        client_id: None,
        draft_seq: None,
        attachment_ids: Vec::new(),
        poll: model::NoPoll,
    };
    let scheduled = people.chat.schedule_message(&people.ada, id, new).await;
    scheduled.unwrap().0.id
}

/// Until a statement waits for the lock of a row.
async fn until_one_waits(db: &PgPool) {
    let waits = async {
        loop {
            let waiting: i64 = sqlx::query_scalar(
                "select count(*) from pg_stat_activity
                where wait_event_type = 'Lock' and datname = current_database()",
            )
            .fetch_one(db)
            .await
            .unwrap();
            if waiting > 0 {
                return;
            }
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(30), waits).await.unwrap();
}

/// What is answered to a change of a message that another request takes for its send meanwhile.
async fn answer<F>(db: &PgPool, id: ScheduledMessageId, change: F) -> ErrorCode
where
    F: Future<Output = chat::Result<()>> + Send + 'static,
{
    let mut sending = db.begin().await.unwrap();
    // As `take_now` does.
    sqlx::query(
        "update scheduled_messages set send_at = clock_timestamp(),
            attempt_at = clock_timestamp() + interval '1 minute' where id = $1",
    )
    .bind(id.0)
    .execute(&mut *sending)
    .await
    .unwrap();
    let changing = tokio::spawn(change);
    until_one_waits(db).await;
    sending.commit().await.unwrap();
    changing.await.unwrap().unwrap_err().code()
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_is_being_sent_is_neither_cancelled_nor_changed(db: PgPool) {
    let people = people(db.clone()).await;
    for changes_text in [false, true] {
        let id = schedule(&people).await;
        let (chat, ada) = (people.chat.clone(), people.ada);
        let change = async move {
            if changes_text {
                let change = ScheduledChange {
                    body: Some("Other".to_owned()),
                    send_at: None,
                    attachment_ids: None,
                    poll: model::NoPoll,
                };
                chat.change_scheduled(&ada, id, change).await.map(drop)
            } else {
                chat.cancel_scheduled(&ada, id).await.map(drop)
            }
        };
        assert_eq!(answer(&db, id, change).await, ErrorCode::Conflict);
    }
}
