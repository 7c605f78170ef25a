//! Scheduled messages on three servers without a bus, of which one after the other is killed: each message is
//! written once, none before its time, and none later than 2 s after it.

mod common;

use common::{
    process::Process,
    test_server::{Person, TestServer},
};
use model::{ConversationId, NewScheduledMessage};
use sqlx::{ConnectOptions, PgPool};
use std::time::Duration;
use time::OffsetDateTime;

/// Messages, one every `STEP`, from `DELAY` after the start on.
const COUNT: i64 = 240;
const STEP: Duration = Duration::from_millis(50);
const DELAY: Duration = Duration::from_secs(3);

/// The longest delay that is allowed, in seconds.
const MAX_DELAY: f64 = 2.0;

async fn schedule(server: &TestServer, people: &[&Person], id: ConversationId) {
    for n in 0..COUNT {
        let new = NewScheduledMessage {
            body: n.to_string(),
            reply_to_id: None,
            thread_id: None,
            also_to_conversation: false,
            send_at: OffsetDateTime::now_utc() + time::Duration::days(1),
            client_id: Some(n.to_string()),
            draft_seq: None,
            attachment_ids: Vec::new(),
            poll: model::NoPoll,
        };
        let who = people[usize::try_from(n).unwrap() % people.len()];
        let chat = &server.chat;
        chat.schedule_message(&who.caller, id, new).await.unwrap();
    }
}

/// Gives the messages their times: half of them at the same one, with the other half before and after it.
async fn set_times(db: &PgPool) {
    sqlx::query(
        "update scheduled_messages set send_at = t.at, attempt_at = t.at
        from (
            select id, clock_timestamp() + make_interval(secs => $1) + case
                when body::bigint % 2 = 0 then make_interval(secs => $2 * $3 / 2)
                else make_interval(secs => $2 * body::bigint) end as at
            from scheduled_messages
        ) t where t.id = scheduled_messages.id",
    )
    .bind(DELAY.as_secs_f64())
    .bind(STEP.as_secs_f64())
    .bind(f64::from(i32::try_from(COUNT).unwrap()))
    .execute(db)
    .await
    .unwrap();
}

async fn count_waiting(db: &PgPool) -> i64 {
    sqlx::query_scalar("select count(*) from scheduled_messages where state = 'scheduled'")
        .fetch_one(db)
        .await
        .unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn each_is_sent_once_and_in_time_while_servers_are_killed(db: PgPool) {
    let server = TestServer::start(db.clone()).await;
    let ada = server.person("ada").await;
    let grace = server.person("grace").await;
    let id = server.group(&[&ada, &grace]).await;
    schedule(&server, &[&ada, &grace], id).await;
    // It shall not send itself.
    server.stop().await;
    let database = db.connect_options().to_url_lossy();
    let flags = ["--rate-limit=off", "--contracts=off"];
    let start = async || Process::start(database.as_str(), &flags).await;
    let mut nodes = [start().await, start().await, start().await];
    set_times(&db).await;
    let mut killed = 0;
    let ends_at = tokio::time::Instant::now() + Duration::from_secs(40);
    while count_waiting(&db).await > 0 {
        assert!(tokio::time::Instant::now() < ends_at, "some were not sent");
        // The first time before anything is due, then in the middle of the work. Two others live.
        nodes[killed % 3].kill().await;
        killed += 1;
        tokio::time::sleep(Duration::from_millis(350)).await;
        nodes[(killed - 1) % 3] = start().await;
    }
    assert!(killed > 5, "only {killed} were killed");
    let (written, distinct, sent, early, late, latest): (i64, i64, i64, i64, i64, f64) =
        sqlx::query_as(
            "select count(m.id), count(distinct m.client_id),
                count(*) filter (where s.state = 'sent' and s.message_id = m.id),
                count(*) filter (where m.created_at < s.send_at),
                count(*) filter (where m.created_at > s.send_at + make_interval(secs => $1)),
                max(extract(epoch from m.created_at - s.send_at))::float8
            from scheduled_messages s
            left join messages m on m.client_id = 'scheduled-' || s.id and m.sender_id = s.user_id",
        )
        .bind(MAX_DELAY)
        .fetch_one(&db)
        .await
        .unwrap();
    println!("{killed} kills; {written} messages, the latest {latest:.3} s after its time");
    assert_eq!((written, distinct, sent), (COUNT, COUNT, COUNT));
    assert_eq!(
        (early, late),
        (0, 0),
        "the latest came {latest:.3} s after its time"
    );
    let all: i64 = sqlx::query_scalar("select count(*) from messages where conversation_id = $1")
        .bind(id.0)
        .fetch_one(&db)
        .await
        .unwrap();
    assert_eq!(all, COUNT);
}
